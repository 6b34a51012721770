package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

type verdict int

const (
	good verdict = iota
	bad
	cannotTell
)

// The words are those of kannuki-verify --json.
func (v verdict) MarshalText() ([]byte, error) {
	return []byte([...]string{"good", "bad", "unknown"}[v]), nil
}

func (v verdict) String() string { return [...]string{"good", "bad", "cannot tell"}[v] }

// A report is the verdict on one bundle and what it rests on.
type report struct {
	Bundle  string  `json:"bundle"`
	Verdict verdict `json:"verdict"`
	Reason  string  `json:"reason,omitempty"`
	File    string  `json:"file,omitempty"`
	Entry   *int64  `json:"entry,omitempty"`

	Origin  string `json:"origin,omitempty"`
	Genesis string `json:"genesis,omitempty"`
	Entries int64  `json:"size"`
	Epochs  int64  `json:"epochs"`
	Root    string `json:"root,omitempty"`

	Disclosed    int `json:"disclosed"`
	Withheld     int `json:"withheld"`
	Redacted     int `json:"redacted"`
	BlobsPresent int `json:"blobs_checked"`
	BlobsAbsent  int `json:"blobs_absent"`
	BlobsUnnamed int `json:"blobs_unnamed"`

	From              int64       `json:"from,omitempty"`
	To                int64       `json:"to,omitempty"`
	RedactedElsewhere int         `json:"redacted_elsewhere,omitempty"`
	BlobsEncrypted    int         `json:"blobs_encrypted"`
	Proofs            int         `json:"proofs"`
	Since             int64       `json:"since,omitempty"`
	Paper             int64       `json:"paper,omitempty"`
	Witnessed         *int64      `json:"witnessed,omitempty"`
	Continues         []continued `json:"continues,omitempty"`

	UncheckedSignatures int      `json:"unchecked_witness_lines"`
	Unsigned            []string `json:"unsigned,omitempty"`
	Foreign             []string `json:"foreign,omitempty"`
}

// conclude turns the outcome of verify into the verdict. What is named by whoever made the bundle is made harmless.
func (r *report) conclude(err error, known pin) {
	var f *fault
	for _, names := range [][]string{r.Unsigned, r.Foreign} {
		for i := range names {
			names[i] = shown(names[i])
		}
	}
	switch {
	case errors.As(err, &f):
		r.Verdict, r.Reason, r.File = bad, shown(f.Error()), shown(f.file)
		if f.entry != noEntry {
			r.Entry = &f.entry
		}
	case err != nil:
		r.Verdict, r.Reason = cannotTell, shown(err.Error())
	case known == "":
		r.Verdict = cannotTell
		r.Reason = "nothing is wrong inside, but without --genesis nobody can tell whose log it is"
	default:
		r.Verdict = good
	}
}

// shown writes a text without what could move a terminal's cursor or turn the direction of writing.
func shown(name string) string {
	var out strings.Builder
	for len(name) > 0 {
		c, length := utf8.DecodeRuneInString(name)
		if unicode.In(c, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control) || c == utf8.RuneError && length == 1 {
			for _, one := range []byte(name[:length]) {
				fmt.Fprintf(&out, "\\x%02x", one)
			}
		} else {
			out.WriteString(name[:length])
		}
		name = name[length:]
	}
	return out.String()
}

func (r *report) writeJSON(w io.Writer) error { return json.NewEncoder(w).Encode(r) }

func (r *report) writeText(w io.Writer) error {
	if r.Verdict != good {
		_, err := fmt.Fprintf(w, "%s: %s: %s\n", r.Verdict, r.Bundle, r.Reason)
		return err
	}
	lines := []string{
		fmt.Sprintf("good: %s: %d entries of %s in %d epochs", r.Bundle, r.Entries, r.Origin, r.Epochs),
		"  root " + r.Root,
		fmt.Sprintf("  disclosures: %d disclosed, %d withheld, %d redacted", r.Disclosed, r.Withheld, r.Redacted),
		fmt.Sprintf("  stored files: %d right, %d absent, %d named by no disclosed entry", r.BlobsPresent, r.BlobsAbsent,
			r.BlobsUnnamed),
	}
	lines = append(lines, r.remarks()...)
	if r.UncheckedSignatures > 0 {
		lines = append(lines, fmt.Sprintf("  not checked: %d signatures of witnesses", r.UncheckedSignatures))
	}
	if len(r.Unsigned) > 0 {
		lines = append(lines, "  not signed by the log: "+strings.Join(r.Unsigned, " "))
	}
	if len(r.Foreign) > 0 {
		lines = append(lines, "  not part of a bundle: "+strings.Join(r.Foreign, " "))
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

// remarks are what only some bundles and some auditors have.
func (r *report) remarks() (lines []string) {
	for _, c := range r.Continues {
		lines = append(lines, fmt.Sprintf("  continues %s of %d entries, root %s, genesis %s", c.Origin, c.Size, c.Root, c.Genesis))
	}
	for _, remark := range []struct {
		count int64
		text  string
	}{
		{r.To - r.From, fmt.Sprintf("of these only entries %d to %d are here", r.From, r.To-1)},
		{int64(r.RedactedElsewhere), fmt.Sprintf("%d redactions lie outside of this part", r.RedactedElsewhere)},
		{int64(r.BlobsEncrypted), fmt.Sprintf("not checked: %d encrypted files", r.BlobsEncrypted)},
		{int64(r.Proofs), fmt.Sprintf("%d proofs are right", r.Proofs)},
		{r.Since, fmt.Sprintf("the older checkpoint of %d entries is kept", r.Since)},
		{r.Paper, fmt.Sprintf("the code on paper of %d entries fits", r.Paper)},
	} {
		if remark.count > 0 {
			lines = append(lines, "  "+remark.text)
		}
	}
	if r.Witnessed != nil {
		lines = append(lines, fmt.Sprintf("  witnesses agree on the first %d entries", *r.Witnessed))
	}
	return lines
}
