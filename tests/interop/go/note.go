package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

const (
	maxNoteBytes      = 65536
	maxSignatureLines = 64
	maxNameBytes      = 255
	minSignature      = 4 + 1 // key id and signature
	maxSignature      = 4096
)

func checkKeyName(name string) error {
	bad := func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) || c == '+' }
	if name == "" || len(name) > maxNameBytes || !utf8.ValidString(name) || strings.IndexFunc(name, bad) >= 0 {
		return fmt.Errorf("%.60q is not the name of a key", name)
	}
	return nil
}

// checkSignatureLine demands the form; note.Open forgives unused bits, control characters and any length.
func checkSignatureLine(line string) error {
	words := strings.Split(line, " ")
	if len(words) != 3 || words[0] != "—" {
		return fmt.Errorf("%.60q is not the line of a signature", line)
	}
	if err := checkKeyName(words[1]); err != nil {
		return err
	}
	signature, err := decodeExact(base64.StdEncoding, words[2])
	if err == nil && (len(signature) < minSignature || len(signature) > maxSignature) {
		err = fmt.Errorf("a signature has %d bytes", len(signature))
	}
	return err
}

// signatureLines splits a note into its text and its signature lines.
func signatureLines(raw []byte) (text string, lines []string, err error) {
	end := bytes.LastIndex(raw, []byte("\n\n"))
	if end < 1 || end+2 == len(raw) || len(raw) > maxNoteBytes || raw[len(raw)-1] != '\n' {
		return "", nil, errors.New("this is not a note")
	}
	lines = strings.Split(string(raw[end+2:len(raw)-1]), "\n")
	if len(lines) > maxSignatureLines {
		return "", nil, fmt.Errorf("the note has %d signature lines", len(lines))
	}
	for _, line := range lines {
		if err := checkSignatureLine(line); err != nil {
			return "", nil, err
		}
	}
	return string(raw[:end+1]), lines, nil
}

// readNote opens a note. Its text may be relied on only if the keys are known.
func readNote(raw []byte, known ...note.Verifier) (*note.Note, error) {
	_, lines, err := signatureLines(raw)
	if err != nil {
		return nil, err
	}
	n, err := note.Open(raw, note.VerifierList(known...))
	var unverified *note.UnverifiedNoteError
	if errors.As(err, &unverified) && len(known) == 0 {
		n, err = unverified.Note, nil
	}
	if err == nil && len(n.Sigs)+len(n.UnverifiedSigs) != len(lines) {
		err = errors.New("the note has a signature twice")
	}
	return n, err
}

// noteText returns the text of a note whose signatures are still to be checked.
func noteText(raw []byte) (string, error) {
	n, err := readNote(raw)
	if err != nil {
		return "", err
	}
	return n.Text, nil
}

// openNote returns the text of a note that carries exactly the two signatures of the log, in order.
func openNote(raw []byte, epoch, identity note.Verifier) (string, error) {
	n, err := readNote(raw, epoch, identity)
	if err != nil {
		return "", err
	}
	if len(n.Sigs) != 2 || len(n.UnverifiedSigs) != 0 {
		return "", errors.New("the note must be signed by the epoch and by the identity, and nobody else")
	}
	if n.Sigs[0].Hash != epoch.KeyHash() || n.Sigs[1].Hash != identity.KeyHash() {
		return "", errors.New("the epoch's signature must stand before the identity's")
	}
	return n.Text, nil
}

// parseKey reads a vkey that must be written exactly and be named like the log.
func parseKey(vkey, origin string) (note.Verifier, error) {
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, fmt.Errorf("%.80q: %w", vkey, err)
	}
	key := strings.SplitN(vkey, "+", 3)[2] // base64 has a + of its own
	if vkey != fmt.Sprintf("%s+%08x+%s", origin, v.KeyHash(), key) {
		return nil, fmt.Errorf("%.80q is not a key of %s", vkey, origin)
	}
	raw, err := decodeExact(base64.StdEncoding, key)
	if err != nil {
		return nil, err
	}
	return strictKey{v, raw[1:]}, nil
}
