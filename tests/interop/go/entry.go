package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

const maxEntryBytes = 4096

type commitment struct {
	name   string
	digest tlog.Hash
}

// An entry holds the fields that the log's own rules need; the others are only checked for form.
type entry struct {
	seq, boot, epoch int64
	prev, leaf       tlog.Hash
	class            string
	commitments      []commitment
}

var (
	channels     = []string{"panel", "web", "serial", "cli", "keeper"}
	classes      = []string{"incident", "panel", "register", "people", "system", "epoch"}
	clockSources = []string{"ntp", "rtc", "manual", "unset"}
	// disclosureNames are in the order in which an entry names them.
	disclosureNames = []string{"body", "files", "person", "text"}

	idemForm = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

func contains(list []string, s string) bool {
	for _, member := range list {
		if member == s {
			return true
		}
	}
	return false
}

// A fieldReader takes the lines of an entry in turn and keeps the first thing that is wrong.
type fieldReader struct {
	lines []string
	err   error
}

func (r *fieldReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *fieldReader) has(key string) bool {
	return len(r.lines) > 0 && strings.HasPrefix(r.lines[0], key+" ")
}

func (r *fieldReader) field(key string) string {
	if !r.has(key) {
		r.fail(fmt.Errorf("the line %q is missing or not in its place", key))
		return ""
	}
	value := r.lines[0][len(key)+1:]
	r.lines = r.lines[1:]
	return value
}

func (r *fieldReader) number(key string) int64 {
	n, err := parseNumber(r.field(key))
	if err != nil {
		r.fail(fmt.Errorf("%s: %w", key, err))
	}
	return n
}

func (r *fieldReader) hash(key string) tlog.Hash {
	h, err := parseHash(base64.StdEncoding, r.field(key))
	if err != nil {
		r.fail(fmt.Errorf("%s: %w", key, err))
	}
	return h
}

func (r *fieldReader) matching(key string, form *regexp.Regexp) {
	if value := r.field(key); !form.MatchString(value) {
		r.fail(fmt.Errorf("%s: %.80q is not allowed here", key, value))
	}
}

func (r *fieldReader) oneOf(key string, allowed []string) string {
	value := r.field(key)
	if !contains(allowed, value) {
		r.fail(fmt.Errorf("%s: %.80q is not one of %v", key, value, allowed))
	}
	return value
}

func checkWall(value string) error {
	parts := strings.Split(value, " ")
	if len(parts) != 3 {
		return errors.New("wall must be a time, an uncertainty and a source")
	}
	const layout = "2006-01-02T15:04:05.000Z"
	at, err := time.Parse(layout, parts[0])
	if err != nil || at.Format(layout) != parts[0] || at.Year() < 1970 {
		return fmt.Errorf("wall: %q is not a time", parts[0])
	}
	if !contains(clockSources, parts[2]) {
		return fmt.Errorf("wall: %q is not a source of time", parts[2])
	}
	if (parts[1] == "-") != (parts[2] == "unset") {
		return errors.New("wall: the uncertainty is - with an unset clock, and only then")
	}
	if parts[1] != "-" {
		_, err = parseNumber(parts[1])
	}
	return err
}

func (r *fieldReader) commitments() (list []commitment) {
	for r.has("sd") {
		words := strings.Split(r.field("sd"), " ")
		if len(words) != 2 || !contains(disclosureNames, words[0]) {
			r.fail(errors.New("sd must be the name of a disclosure and a digest"))
			return nil
		}
		if len(list) > 0 && list[len(list)-1].name >= words[0] {
			r.fail(errors.New("sd lines must be in order, each name once"))
		}
		digest, err := parseHash(base64.RawURLEncoding, words[1])
		if err != nil {
			r.fail(err)
		}
		list = append(list, commitment{words[0], digest})
	}
	return list
}

func parseEntry(raw []byte) (*entry, error) {
	if len(raw) > maxEntryBytes {
		return nil, fmt.Errorf("the entry has %d bytes, more than %d", len(raw), maxEntryBytes)
	}
	r := &fieldReader{lines: strings.Split(string(raw), "\n")}
	if r.lines[0] != "kannuki-entry/v1" {
		return nil, errors.New("the entry does not begin with kannuki-entry/v1")
	}
	r.lines = r.lines[1:]

	e := &entry{leaf: tlog.RecordHash(raw)}
	e.seq = r.number("seq")
	e.prev = r.hash("prev")
	e.boot = r.number("boot")
	r.number("mono")
	if err := checkWall(r.field("wall")); err != nil {
		r.fail(err)
	}
	e.epoch = r.number("epoch")
	r.matching("who", wordForm)
	r.oneOf("via", channels)
	e.class = r.oneOf("type", classes)
	r.matching("about", wordForm)
	if r.has("idem") {
		r.matching("idem", idemForm)
	}
	e.commitments = r.commitments()
	if r.err == nil && (len(r.lines) != 1 || r.lines[0] != "") {
		r.fail(errors.New("the entry goes on where it must end"))
	}
	if len(e.commitments) == 0 || e.commitments[0].name != "body" {
		r.fail(errors.New("the entry has no body"))
	}
	return e, r.err
}
