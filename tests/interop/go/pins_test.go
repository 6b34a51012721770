package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func cosignatureVkey(letter string) string {
	name, key := "witness.example/"+letter, "\x04"+strings.Repeat(letter, 32)
	id := sha256Of(name + "\n" + key)
	return fmt.Sprintf("%s+%x+%s", name, id[:4], base64.StdEncoding.EncodeToString([]byte(key)))
}

// TestPolicies reads the example of C2SP tlog-policy, and what breaks its rules.
func TestPolicies(t *testing.T) {
	const start = "# a comment\n\nwitness A WA\n\twitness B WB https://b.example/\nwitness C WC\n"
	for text, isGood := range map[string]bool{
		start + "group g 2 A B C\nquorum g\n":                           true,
		start + "group g any A B\ngroup h all g C\nquorum h\n":          true,
		start + "quorum none\n":                                         true,
		start + "quorum A":                                              false,
		start:                                                           false,
		start + "quorum A\nquorum A\n":                                  false,
		start + "quorum D\n":                                            false,
		start + "quorum g\ngroup g all A\n":                             false,
		start + "group g 0 A\nquorum g\n":                               false,
		start + "group g 2 A\nquorum g\n":                               false,
		start + "group g all\nquorum g\n":                               false,
		start + "group g all A A\nquorum g\n":                           false,
		start + "group g all A\ngroup h all A\nquorum h\n":              false,
		start + "group g all none\nquorum g\n":                          false,
		start + "witness none WD\nquorum none\n":                        false,
		start + "witness D WA\nquorum none\n":                           false,
		start + "witness A WD\nquorum none\n":                           false,
		start + "witness D WD x y\nquorum none\n":                       false,
		start + "group A all B\nquorum A\n":                             false,
		start + "log WD\nquorum none\n":                                 false,
		start + "quorum none\r\n":                                       false,
		start + "wait\nquorum none\n":                                   false,
		start + "witness D witness.example/D+00000000+AAAA\nquorum D\n": false,
	} {
		for _, name := range "ABCD" {
			text = strings.ReplaceAll(text, "W"+string(name), cosignatureVkey(string(name)))
		}
		if _, err := parsePolicy(text); (err == nil) != isGood {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestPaper(t *testing.T) {
	code := strings.Repeat("ABCD", 5)
	for text, isGood := range map[string]bool{
		"12-" + code: true, "12-abcd abcd-abcd abcd-abcd": true, "0-" + code: true,
		" 1\u30002 -\tabcd\u00a0abcdabcdabcdabcd\r\n": true, "12-\u017f" + code: false, "12-\u2003" + code: false, "\ufeff12-" + code: false,
		code: false, "012-" + code: false, "12-" + code[:19]: false, "-" + code: false, "12 " + code: false,
	} {
		if _, err := parsePaper(text); (err == nil) != isGood {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestOlder pins a log by itself as it was, from a note and from a bundle.
func TestOlder(t *testing.T) {
	folder := t.TempDir()
	young := sample(20)
	young.finish()
	writeBundle(folder, young.files)
	old := sample(20)
	old.add(simple("more"))
	honest := old.finish()
	for _, path := range []string{folder, filepath.Join(folder, "checkpoint.log")} {
		older, err := parseOlder(path)
		must(err)
		if r := verdictWith(honest, pins{genesis: old.pin(), older: older}); r.Verdict != good || r.Since != older.size {
			t.Errorf("%+v", r)
		}
		older.root[0] ^= 1
		if r := verdictWith(honest, pins{genesis: old.pin(), older: older}); r.Verdict != bad {
			t.Errorf("%+v", r)
		}
	}
	must(os.WriteFile(filepath.Join(folder, "checkpoint.log"), []byte("x\n"), 0o644))
	if _, err := parseOlder(folder); err == nil {
		t.Error("this is no checkpoint")
	}
}
