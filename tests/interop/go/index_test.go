package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A vector is a line of vectors/index.json: a file, and what it must be found to be.
type vector struct {
	Kind, File, Why                       string
	Good                                  *bool  // absent of bundles
	Verdict                               string // of bundles
	Keys                                  []string
	Leaf, Checkpoint, Name, Witness, Hash string
	Value                                 *string
	Seq                                   int64
	OldRoot                               string `json:"old_root"`
	Holds                                 *bool
	Pins                                  map[string]string
}

func vectorFile(name string) []byte {
	raw, err := os.ReadFile("../vectors/" + name)
	must(err)
	return raw
}

// vectorChecks tell for each kind what is wrong with a vector.
var vectorChecks = map[string]func(v vector, text string) error{
	"note":        checkNoteVector,
	"checkpoint":  checkCheckpointVector,
	"entry":       checkEntryVector,
	"disclosure":  checkDisclosureVector,
	"proof":       checkProofVector,
	"consistency": checkConsistencyVector,
	"cosignature": checkCosignatureVector,
	"policy":      checkPolicyVector,
	"paper":       checkPaperVector,
	"genesis":     checkGenesisVector,
}

func TestIndex(t *testing.T) {
	var index struct{ Vectors []vector }
	must(json.Unmarshal(vectorFile("index.json"), &index))
	seen := map[string]int{}
	for _, v := range index.Vectors {
		seen[v.Kind]++
		if v.Kind == "bundle" {
			if verdict := bundleVectorVerdict(v); verdict != v.Verdict {
				t.Errorf("%s (%s): %s", v.File, v.Why, verdict)
			}
			continue
		}
		if err := vectorChecks[v.Kind](v, string(vectorFile(v.File))); (err == nil) != *v.Good {
			t.Errorf("%s (%s): %v", v.File, v.Why, err)
		}
	}
	for kind := range vectorChecks {
		if seen[kind] < 4 {
			t.Errorf("%d vectors of the kind %s", seen[kind], kind)
		}
	}
}

func checkNoteVector(v vector, text string) error {
	var keys []note.Verifier
	for _, vkey := range v.Keys {
		key, err := parseKey(vkey, testOrigin)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	if len(keys) == 2 {
		_, err := openNote([]byte(text), keys[0], keys[1])
		return err
	}
	_, err := readNote([]byte(text), keys...)
	return err
}

func checkCheckpointVector(v vector, text string) error {
	_, err := ownCheckpoint(text, testOrigin)
	return err
}

func checkEntryVector(v vector, text string) error {
	e, err := parseEntry([]byte(text))
	if err == nil && v.Leaf != "" && hex.EncodeToString(e.leaf[:]) != v.Leaf {
		err = fmt.Errorf("the leaf hash is %x", e.leaf)
	}
	return err
}

func checkDisclosureVector(v vector, text string) error {
	value, err := openDisclosure(text, commitment{v.Name, sha256Of(text)})
	if err == nil && v.Value != nil && value != *v.Value {
		err = fmt.Errorf("the value is %s", value)
	}
	return err
}

func hashOf(text string) (hash tlog.Hash) {
	raw, err := hex.DecodeString(text)
	must(err)
	copy(hash[:], raw)
	return hash
}

func checkpointOf(raw []byte) checkpoint {
	text, err := noteText(raw)
	must(err)
	c, err := ownCheckpoint(text, testOrigin)
	must(err)
	return c
}

func checkProofVector(v vector, text string) error {
	whole := vectorFile(v.Checkpoint)
	proof, err := parseProof(text, v.Seq, string(whole))
	if err != nil {
		return err
	}
	c := checkpointOf(whole)
	return tlog.CheckRecord(proof, c.size, c.root, v.Seq, hashOf(v.Leaf))
}

// checkConsistencyVector reads what C2SP tlog-witness sends; old size 0 has no proof, so tlog is not asked.
func checkConsistencyVector(v vector, text string) error {
	head, end, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	old, err := parseNumber(strings.TrimPrefix(lines[0], "old "))
	if !found || err != nil {
		return fmt.Errorf("this is no request: %v", err)
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		hash, err := parseHash(base64.StdEncoding, line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	text, err = noteText([]byte(end))
	if err != nil {
		return err
	}
	c, err := ownCheckpoint(text, testOrigin)
	if err != nil || old == 0 && len(proof) == 0 {
		return err
	}
	return tlog.CheckTree(proof, c.size, c.root, old, hashOf(v.OldRoot))
}

func checkCosignatureVector(v vector, text string) error {
	p, err := parsePolicy("witness w " + v.Witness + "\nquorum w\n")
	must(err)
	body, lines, err := signatureLines([]byte(text))
	must(err)
	signed, _, err := p.cosigned(body, lines)
	if err == nil && !p.holds("w", signed) {
		err = fmt.Errorf("the witness has not signed")
	}
	return err
}

func checkPolicyVector(v vector, text string) error {
	p, err := parsePolicy(text)
	if err != nil || v.Holds == nil {
		return err
	}
	body, lines, err := signatureLines(vectorFile(v.Checkpoint))
	must(err)
	signed, _, err := p.cosigned(body, lines)
	if err == nil && p.holds(p.quorum, signed) != *v.Holds {
		err = fmt.Errorf("whether the quorum holds for %s must be %v", v.Checkpoint, *v.Holds)
	}
	return err
}

func checkPaperVector(v vector, text string) error {
	paper, err := parsePaper(text)
	if err != nil {
		return err
	}
	pinned := string(vectorFile(v.Checkpoint))
	c, err := ownCheckpoint(pinned, testOrigin)
	must(err)
	if paper.size != c.size || !strings.HasPrefix(base32Of(sha256Of(pinned)), paper.code) {
		return fmt.Errorf("the code is of another checkpoint")
	}
	return nil
}

func checkGenesisVector(v vector, text string) error {
	known, err := parsePin(text)
	if err == nil && !known.matches(&genesis{hash: hashOf(v.Hash)}) {
		err = fmt.Errorf("the code is of another genesis")
	}
	return err
}

func bundleVectorVerdict(v vector) string {
	arguments := []string{"../vectors/" + v.File}
	for name, value := range v.Pins {
		if strings.HasPrefix(value, "@") {
			value = "../vectors/" + value[1:]
		}
		arguments = append(arguments, "--"+name, value)
	}
	o, err := parseArguments(arguments)
	must(err)
	return verifyPath(o.bundles[0], o.pins).Verdict.String()
}
