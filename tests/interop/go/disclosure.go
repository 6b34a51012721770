package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"
)

const maxDisclosureChars = 87448

type status int

const (
	disclosed status = iota
	withheld
	redacted
)

// parseDisclosureLine reads the one line that belongs to a commitment of entry seq. There is only one way to
// write each of the three forms, so the line is compared, not parsed as JSON.
func parseDisclosureLine(line string, seq int64, name string) (status, string, error) {
	rest := strings.TrimPrefix(line, fmt.Sprintf(`{"seq":%d,"name":"%s",`, seq, name))
	const before, after = `"disclosure":"`, `"}`
	switch {
	case rest == line:
		return 0, "", fmt.Errorf("the line of disclosure %q is missing or not in its place", name)
	case rest == `"status":"withheld"}`:
		return withheld, "", nil
	case rest == `"status":"redacted"}`:
		return redacted, "", nil
	case len(rest) >= len(before)+len(after) && strings.HasPrefix(rest, before) && strings.HasSuffix(rest, after):
		return disclosed, rest[len(before) : len(rest)-len(after)], nil
	}
	return 0, "", fmt.Errorf("the line of disclosure %q has none of the three forms", name)
}

var disclosureStart = regexp.MustCompile(`^\["([A-Za-z0-9_-]{22})","([a-z]+)",`)

// openDisclosure returns the JSON value that the commitment stands for.
func openDisclosure(text string, want commitment) (string, error) {
	if sha256Of(text) != want.digest {
		return "", fmt.Errorf("disclosure %q is not the one that the entry commits to", want.name)
	}
	if len(text) > maxDisclosureChars {
		return "", fmt.Errorf("disclosure %q is too long", want.name)
	}
	array, err := decodeExact(base64.RawURLEncoding, text)
	if err != nil {
		return "", err
	}
	start := disclosureStart.FindSubmatch(array)
	if start == nil || string(start[2]) != want.name || array[len(array)-1] != ']' {
		return "", fmt.Errorf("disclosure %q is not an array of salt, name and value", want.name)
	}
	if _, err := decodeExact(base64.RawURLEncoding, string(start[1])); err != nil {
		return "", err
	}
	return string(array[len(start[0]) : len(array)-1]), nil
}

// escapedNul finds \u0000 where its backslash is not itself escaped.
var escapedNul = regexp.MustCompile(`(?:^|[^\\])(?:\\\\)*\\u0000`)

// isJSON is a little stricter than Go: other languages' strings end at NUL, and their readers refuse bad UTF-8.
func isJSON(text string) bool {
	return json.Valid([]byte(text)) && utf8.ValidString(text) && !escapedNul.MatchString(text) && numbersFit(text)
}

// numbersFit tells whether 64 bits hold each number: of those without fraction and exponent as an integer.
func numbersFit(text string) bool {
	tokens := json.NewDecoder(strings.NewReader(text))
	tokens.UseNumber()
	for {
		token, err := tokens.Token()
		if err != nil {
			return err == io.EOF
		}
		number, isNumber := token.(json.Number)
		if !isNumber {
			continue
		}
		if strings.ContainsAny(string(number), ".eE") {
			_, err = number.Float64()
		} else {
			_, err = number.Int64()
		}
		if err != nil {
			return false
		}
	}
}

// A body is a JSON object whose member names count letter by letter, which Go's decoding into structs does not.
type body map[string]json.RawMessage

// parseBody returns an empty body for what is no object.
func parseBody(value string) body {
	var b body
	if !isJSON(value) || json.Unmarshal([]byte(value), &b) != nil {
		return nil
	}
	return b
}

// jsonString refuses null, which Go would read into a string.
func jsonString(raw json.RawMessage) (s string, ok bool) {
	return s, len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil
}

func (b body) text(member string) string {
	s, _ := jsonString(b[member])
	return s
}

func (b body) number(member string) (int64, bool) {
	n, err := parseNumber(string(b[member]))
	return n, err == nil
}

// A target is one disclosure of one entry.
type target struct {
	seq  int64
	name string
}

// redaction returns what a body erases; ok is false when it is no redaction.
func (b body) redaction() (of target, digest tlog.Hash, ok bool) {
	if b.text("act") != "redaction" {
		return of, digest, false
	}
	digest, err := parseHash(base64.RawURLEncoding, b.text("digest"))
	of.seq, ok = b.number("seq")
	of.name = b.text("name")
	return of, digest, err == nil && ok && b.isApproved()
}

// isApproved demands two different approvers.
func (b body) isApproved() bool {
	var list []json.RawMessage
	if json.Unmarshal(b["approved_by"], &list) != nil {
		return false
	}
	people := map[string]bool{}
	for _, raw := range list {
		if id, ok := jsonString(raw); ok {
			people[id] = true
		}
	}
	return len(people) >= 2
}

var blobNameForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// blobNames returns the stored files that a `files` value names.
func blobNames(value string) (names []string) {
	var files []body
	if !isJSON(value) || json.Unmarshal([]byte(value), &files) != nil {
		return nil
	}
	for _, file := range files {
		if name := file.text("sha256"); blobNameForm.MatchString(name) {
			names = append(names, name)
		}
	}
	return names
}
