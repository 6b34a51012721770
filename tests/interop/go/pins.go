package main

import (
	"encoding/base32"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Pins are what an auditor knows from outside the bundle. Each is optional; a bundle must fit those that are there.
type pins struct {
	genesis pin
	older   *checkpoint
	paper   *paperCode
	policy  *policy
}

func base32Of(hash [32]byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(hash[:])
}

// gaps are what stands between letters that people type or copy out of a document.
var gaps = strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "", "\u00a0", "", "\u3000", "")

// upper leaves alone what is no ASCII: Unicode makes an S of some letters.
func upper(c rune) rune {
	if 'a' <= c && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

// parseCode takes what people copied from paper: the beginning of a hash in base32.
func parseCode(s string) (string, error) {
	code := strings.Map(upper, strings.ReplaceAll(gaps.Replace(s), "-", ""))
	full := len(base32Of([32]byte{}))
	if len(code) < minCodeChars || len(code) > full || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
		return "", fmt.Errorf("%q is not a code of %d to %d letters A-Z and digits 2-7", s, minCodeChars, full)
	}
	return code, nil
}

// A paperCode is the code of a checkpoint, printed on a report.
type paperCode struct {
	size int64
	code string
}

func parsePaper(s string) (*paperCode, error) {
	size, code, found := strings.Cut(gaps.Replace(s), "-")
	if !found {
		return nil, fmt.Errorf("%q is not a code of a checkpoint: SIZE-ABCDE-FGHIJ-...", s)
	}
	n, err := parseNumber(size)
	if err != nil {
		return nil, err
	}
	code, err = parseCode(code)
	return &paperCode{n, code}, err
}

// parseOlder takes a checkpoint kept as a note, or a bundle that has one.
func parseOlder(path string) (*checkpoint, error) {
	raw, err := os.ReadFile(path)
	if err != nil || strings.HasPrefix(string(raw), localMagic) {
		list, closeFiles, err := openFiles(path)
		if err != nil {
			return nil, err
		}
		defer closeFiles()
		if raw, err = newBundle(list).read("checkpoint.log"); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	text, err := noteText(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	c, err := parseCheckpoint(text)
	return &c, err
}

func (v *verifier) checkOlder() error {
	older := v.pins.older
	if older == nil {
		return nil
	}
	if older.origin != v.genesis.origin {
		return pinFault("the older checkpoint is of another log")
	}
	root, err := v.rootAt(older.size)
	if err != nil {
		return pinFault("the older checkpoint: %v", err)
	}
	if root != older.root {
		return pinFault("the older checkpoint is not one of these entries: they were changed since")
	}
	v.Since = older.size
	return nil
}

func (v *verifier) checkPaper() error {
	paper := v.pins.paper
	if paper == nil {
		return nil
	}
	root, err := v.rootAt(paper.size)
	if err != nil {
		return pinFault("the code on paper: %v", err)
	}
	text := checkpoint{v.genesis.origin, paper.size, root}.text()
	if !strings.HasPrefix(base32Of(sha256Of(text)), paper.code) {
		return pinFault("the code on paper is not that of the first %d entries", paper.size)
	}
	v.Paper = paper.size
	return nil
}

// rootAt is the root of the first entries, of which the log must have as many.
func (v *verifier) rootAt(size int64) (root [32]byte, err error) {
	if size < 1 {
		return root, errors.New("a size is at least 1")
	}
	if size > v.tree.size {
		return root, fmt.Errorf("it has %d entries, and the bundle %d: its end was cut off", size, v.tree.size)
	}
	return v.tree.root(size)
}

func pinFault(format string, args ...interface{}) *fault {
	return &fault{"", noEntry, fmt.Sprintf(format, args...)}
}
