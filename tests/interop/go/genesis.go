package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A genesis is what a log began with.
type genesis struct {
	origin       string
	identityVkey string
	identity     note.Verifier
	firstEpoch   note.Verifier
	hash         tlog.Hash
}

func parseGenesis(raw []byte) (*genesis, error) {
	text, err := noteText(raw)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || lines[0] != "kannuki-genesis/v1" || lines[4] != "" {
		return nil, errors.New("this is not a genesis note")
	}
	g := &genesis{origin: lines[1], identityVkey: lines[2], hash: sha256Of(text)}
	if err := checkOrigin(g.origin); err != nil {
		return nil, err
	}
	if g.identity, err = parseKey(lines[2], g.origin); err != nil {
		return nil, err
	}
	if g.firstEpoch, err = parseKey(lines[3], g.origin); err != nil {
		return nil, err
	}
	if _, err := openNote(raw, g.firstEpoch, g.identity); err != nil {
		return nil, err
	}
	return g, nil
}

const minCodeChars = 20

func (g *genesis) code() string { return base32Of(g.hash) }

// A pin is the genesis as known from outside the bundle: the beginning of its code. Empty: not known.
type pin string

// parsePin takes a file with the genesis note, or a code copied from paper.
func parsePin(argument string) (pin, error) {
	if raw, err := os.ReadFile(argument); err == nil {
		g, err := parseGenesis(raw)
		if err != nil {
			return "", fmt.Errorf("%s: %w", argument, err)
		}
		return pin(g.code()), nil
	}
	code, err := parseCode(argument)
	if err != nil {
		return "", fmt.Errorf("this is no readable file, and %w", err)
	}
	return pin(code), nil
}

func (p pin) matches(g *genesis) bool { return strings.HasPrefix(g.code(), string(p)) }
