package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// The scalars of the format, each with exactly one spelling.

var (
	wordForm   = regexp.MustCompile(`^[A-Za-z0-9._:/@-]{1,64}$`)
	originForm = regexp.MustCompile(`^[!-*,.0-~-]+/[!-*,.0-~-]+/([1-9][0-9]*)$`)
)

func parseNumber(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	return n, nil
}

// decodeExact refuses every spelling that the encoder would not write: Go's decoders, even the strict ones,
// skip line ends, and the lenient ones ignore unused low bits.
func decodeExact(encoding *base64.Encoding, s string) ([]byte, error) {
	b, err := encoding.DecodeString(s)
	if err != nil || encoding.EncodeToString(b) != s {
		return nil, fmt.Errorf("%.60q is not strict base64", s)
	}
	return b, nil
}

func parseHash(encoding *base64.Encoding, s string) (h tlog.Hash, err error) {
	b, err := decodeExact(encoding, s)
	if err != nil {
		return h, err
	}
	if len(b) != tlog.HashSize {
		return h, fmt.Errorf("%.60q is not a hash", s)
	}
	copy(h[:], b)
	return h, nil
}

func base64Hash(h tlog.Hash) string { return base64.StdEncoding.EncodeToString(h[:]) }

func sha256Of(s string) tlog.Hash { return sha256.Sum256([]byte(s)) }

func checkOrigin(s string) error {
	parts := originForm.FindStringSubmatch(s)
	if parts == nil || len(s) > 255 {
		return fmt.Errorf("%.60q is not an origin", s)
	}
	_, err := parseNumber(parts[1])
	return err
}
