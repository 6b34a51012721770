package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
)

// A policy (C2SP tlog-policy) says which witnesses must have seen a checkpoint.

const (
	logKey         = 1
	cosignatureKey = 4
)

type witness struct {
	name, id string // as signature lines call its key
	key      ed25519.PublicKey
}

// A member of a policy is a witness, or a group of which enough members must have signed.
type member struct {
	witness *witness
	of      []string
	enough  int64
}

type policy struct {
	logs    []string // vkeys
	members map[string]member
	listed  map[string]bool // in a group
	keys    map[string]bool
	quorum  string
}

func readPolicy(path string) (*policy, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	p, err := parsePolicy(string(raw))
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return p, err
}

func parsePolicy(text string) (*policy, error) {
	for _, c := range []byte(text) {
		if c < ' ' && c != '\t' && c != '\n' || c == 0x7f {
			return nil, errors.New("a policy has no control characters")
		}
	}
	lines := strings.Split(text, "\n")
	if lines[len(lines)-1] != "" {
		return nil, errors.New("the last line of a policy does not end")
	}
	p := &policy{members: map[string]member{}, listed: map[string]bool{}, keys: map[string]bool{}}
	for _, line := range lines {
		words := strings.FieldsFunc(line, func(c rune) bool { return c == ' ' || c == '\t' })
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := p.take(words); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
	}
	if p.quorum == "" {
		return nil, errors.New("a policy has a quorum")
	}
	return p, nil
}

func (p *policy) take(words []string) error {
	switch n := len(words); {
	case words[0] == "log" && (n == 2 || n == 3):
		_, err := p.takeKey(words[1], logKey)
		p.logs = append(p.logs, words[1])
		return err
	case words[0] == "witness" && (n == 3 || n == 4):
		w, err := p.takeKey(words[2], cosignatureKey)
		if err != nil {
			return err
		}
		return p.define(words[1], member{witness: w})
	case words[0] == "group" && n >= 4:
		return p.takeGroup(words[1], words[2], words[3:])
	case words[0] == "quorum" && n == 2:
		if _, defined := p.members[words[1]]; p.quorum != "" || !defined && words[1] != "none" {
			return errors.New("there is one quorum, of what was named before")
		}
		p.quorum = words[1]
		return nil
	}
	return errors.New("this is not a line of a policy")
}

func (p *policy) define(name string, m member) error {
	if _, defined := p.members[name]; defined || name == "none" {
		return errors.New("the name is taken")
	}
	p.members[name] = m
	return nil
}

func (p *policy) takeGroup(name, enough string, of []string) error {
	for _, member := range of {
		if _, defined := p.members[member]; !defined || p.listed[member] {
			return errors.New("a member is named before, and is in one group")
		}
		p.listed[member] = true
	}
	need, err := int64(1), error(nil)
	switch enough {
	case "any":
	case "all":
		need = int64(len(of))
	default:
		need, err = parseNumber(enough)
	}
	if err != nil || need < 1 || need > int64(len(of)) {
		return errors.New("so many members a group does not have")
	}
	return p.define(name, member{of: of, enough: need})
}

func (p *policy) takeKey(vkey string, kind byte) (*witness, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 || checkKeyName(parts[0]) != nil {
		return nil, errors.New("this is not a key")
	}
	raw, err := decodeExact(base64.StdEncoding, parts[2])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize || raw[0] != kind {
		return nil, errors.New("this is not a key of the right kind")
	}
	sum := sha256.Sum256([]byte(parts[0] + "\n" + string(raw)))
	if hex.EncodeToString(sum[:4]) != parts[1] {
		return nil, errors.New("the key id is not that of the key")
	}
	unique := string(raw)
	if p.keys[unique] {
		return nil, errors.New("the key is there twice")
	}
	p.keys[unique] = true
	return &witness{parts[0], string(sum[:4]), raw[1:]}, nil
}

// holds tells whether enough have signed.
func (p *policy) holds(name string, signed map[*witness]bool) bool {
	m := p.members[name]
	if name == "none" || m.witness != nil {
		return name == "none" || signed[m.witness]
	}
	have := int64(0)
	for _, inner := range m.of {
		if p.holds(inner, signed) {
			have++
		}
	}
	return have >= m.enough
}

// cosigned tells who of the policy has signed a note, and how many lines are theirs. A known key under a wrong
// signature is an error.
func (p *policy) cosigned(text string, lines []string) (signed map[*witness]bool, known int, err error) {
	signed = map[*witness]bool{}
	for _, line := range lines {
		words := strings.Split(line, " ")
		raw, err := decodeExact(base64.StdEncoding, words[2])
		if err != nil {
			return nil, 0, err
		}
		for _, m := range p.members {
			w := m.witness
			if w == nil || w.name != words[1] || w.id != string(raw[:4]) {
				continue
			}
			if !w.hasSigned(text, raw[4:]) {
				return nil, 0, fmt.Errorf("the cosignature of %s is not right", w.name)
			}
			signed[w] = true
			known++
		}
	}
	return signed, known, nil
}

func (w *witness) hasSigned(text string, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize || signature[0] > 0x7f {
		return false
	}
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(signature), text)
	return signatureFits(w.key, []byte(message), signature[8:])
}
