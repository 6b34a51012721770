package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// readNote opens a note and demands that it is written in the one right way: note.Open forgives repeated lines
// and unused bits, the format does not.
func readNote(raw []byte, known ...note.Verifier) (*note.Note, error) {
	n, err := note.Open(raw, note.VerifierList(known...))
	var unverified *note.UnverifiedNoteError
	if errors.As(err, &unverified) && len(known) == 0 {
		n, err = unverified.Note, nil
	}
	if err != nil {
		return nil, err
	}
	if n.Text == "\n" {
		return nil, errors.New("the note has no text")
	}
	written := n.Text + "\n"
	for _, s := range append(n.Sigs, n.UnverifiedSigs...) {
		if _, err := decodeExact(base64.StdEncoding, s.Base64); err != nil {
			return nil, err
		}
		written += fmt.Sprintf("— %s %s\n", s.Name, s.Base64)
	}
	if !bytes.Equal(raw, []byte(written)) {
		return nil, errors.New("the note has a signature twice, or in the wrong place")
	}
	return n, nil
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

// countSignatureLines demands that the lines have the form of signatures; whose they are stays open.
func countSignatureLines(lines []byte) (int, error) {
	if len(lines) == 0 {
		return 0, nil
	}
	if _, err := noteText(append([]byte("-\n\n"), lines...)); err != nil {
		return 0, err
	}
	if lines[0] == '\n' || bytes.Contains(lines, []byte("\n\n")) {
		return 0, errors.New("an empty line among signatures")
	}
	return bytes.Count(lines, []byte("\n")), nil
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
	if _, err := decodeExact(base64.StdEncoding, key); err != nil {
		return nil, err
	}
	return v, nil
}
