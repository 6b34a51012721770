package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Step 7: the files that prove or claim something beside the log itself.

func (v *verifier) checkPolicy() error {
	const file = "policy"
	raw, err := v.bundle.read(file)
	if err != nil || v.part != nil {
		return err
	}
	want := fmt.Sprintf("log %s\nquorum none\n", v.genesis.identityVkey)
	if v.policy != nil {
		want = *v.policy
	}
	if string(raw) != want {
		return fileFault(file, "it is not the policy that follows from the entries")
	}
	return nil
}

// numbered lists the unread files of a folder that are named by a number and a suffix.
func (b *bundle) numbered(folder, suffix string, visit func(file string, number int64) error) error {
	for _, file := range b.below(folder) {
		name := path.Base(file)
		number, err := parseNumber(strings.TrimSuffix(name, suffix))
		if err != nil || file != fmt.Sprintf("%s/%d%s", folder, number, suffix) {
			continue // a stray
		}
		if err := visit(file, number); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) checkProofs() error {
	whole, err := v.bundle.read("checkpoint")
	if err != nil {
		return err
	}
	return v.bundle.numbered("proofs", ".tlog-proof", func(file string, seq int64) error {
		if seq >= v.tree.size {
			return nil
		}
		raw, err := v.bundle.read(file)
		if err != nil {
			return err
		}
		proof, err := parseProof(string(raw), seq, string(whole))
		if err == nil {
			err = tlog.CheckRecord(proof, v.tree.size, v.final.root, seq, v.leaf(seq))
		}
		if err != nil {
			return fileFault(file, "%v", err)
		}
		v.Proofs++
		return nil
	})
}

func parseProof(text string, seq int64, whole string) (proof tlog.RecordProof, err error) {
	start := fmt.Sprintf("c2sp.org/tlog-proof@v1\nindex %d\n", seq)
	end := "\n" + whole
	if len(text) < len(start)+len(end) || !strings.HasPrefix(text, start) || !strings.HasSuffix(text, end) {
		return nil, errors.New("it is not a proof that ends with checkpoint")
	}
	lines := strings.SplitAfter(text[len(start):len(text)-len(end)], "\n")
	for _, line := range lines[:len(lines)-1] {
		hash, err := parseHash(base64.StdEncoding, strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, err
		}
		proof = append(proof, hash)
	}
	if lines[len(lines)-1] != "" {
		return nil, errors.New("a line of the proof does not end")
	}
	return proof, nil
}

// A cosigned is a checkpoint of the log and the lines of others after its own two.
type cosigned struct {
	size  int64
	file  string
	text  string
	lines []string
}

func readCosigned(whole, own []byte) (*cosigned, error) {
	text, lines, err := signatureLines(whole)
	if err != nil {
		return nil, err
	}
	ownText, ownLines, err := signatureLines(own)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(whole, own) || text != ownText {
		return nil, errors.New("it is not the log's own checkpoint and further signatures")
	}
	return &cosigned{text: text, lines: lines[len(ownLines):]}, nil
}

func (v *verifier) checkWitnessed() error {
	own := map[int64][]byte{v.final.size: v.signed}
	for _, c := range v.closings {
		own[c.size] = c.raw
	}
	v.head.size, v.head.file = v.final.size, "checkpoint"
	v.cosigned = []*cosigned{v.head}
	v.UncheckedSignatures = len(v.head.lines)
	return v.bundle.numbered("witnessed", "", func(file string, size int64) error {
		if own[size] == nil {
			return nil // a stray
		}
		whole, err := v.bundle.read(file)
		if err != nil {
			return err
		}
		c, err := readCosigned(whole, own[size])
		if err == nil && len(c.lines) == 0 {
			err = errors.New("nobody but the log has signed it")
		}
		if err != nil {
			return fileFault(file, "%v", err)
		}
		c.size, c.file = size, file
		v.cosigned = append(v.cosigned, c)
		v.UncheckedSignatures += len(c.lines)
		return nil
	})
}

// checkHeadLines comes early: what is wrong on `checkpoint` is wrong at the end of every proof, too.
func (v *verifier) checkHeadLines() error {
	if v.pins.policy == nil {
		return nil
	}
	if _, _, err := v.pins.policy.cosigned(v.head.text, v.head.lines); err != nil {
		return fileFault("checkpoint", "%v", err)
	}
	return nil
}

// checkWitnesses asks the auditor's policy.
func (v *verifier) checkWitnesses() error {
	policy := v.pins.policy
	if policy == nil {
		return nil
	}
	if !contains(policy.logs, v.genesis.identityVkey) {
		return pinFault("the policy is for another log")
	}
	held := int64(-1)
	for _, c := range v.cosigned {
		signed, known, err := policy.cosigned(c.text, c.lines)
		if err != nil {
			return fileFault(c.file, "%v", err)
		}
		v.UncheckedSignatures -= known
		if policy.holds(policy.quorum, signed) && c.size > held {
			held = c.size
		}
	}
	if held < 0 {
		return pinFault("not enough witnesses of the policy have signed any checkpoint")
	}
	v.Witnessed = &held
	return nil
}

// A continued is the head of a log that this one goes on from.
type continued struct {
	Origin  string `json:"origin"`
	Size    int64  `json:"size"`
	Root    string `json:"root"`
	Genesis string `json:"genesis"`
}

func parseContinues(raw json.RawMessage, origin string) ([]continued, error) {
	var list []body
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return nil, errors.New("continues is not a list of logs")
	}
	var logs []continued
	for _, b := range list {
		c := continued{Origin: b.text("origin"), Root: b.text("root"), Genesis: b.text("genesis")}
		var isNumber bool
		c.Size, isNumber = b.number("size")
		_, rootErr := parseHash(base64.StdEncoding, c.Root)
		_, genesisErr := parseHash(base64.StdEncoding, c.Genesis)
		if !isNumber || c.Size < 1 || rootErr != nil || genesisErr != nil || !comesBefore(c.Origin, origin) {
			return nil, errors.New("continues names what is no earlier incarnation of this log")
		}
		logs = append(logs, c)
	}
	return logs, nil
}

// comesBefore tells whether two origins differ in the incarnation alone, and the first is the smaller.
func comesBefore(earlier, later string) bool {
	if checkOrigin(earlier) != nil {
		return false
	}
	earlierAt, laterAt := strings.LastIndex(earlier, "/"), strings.LastIndex(later, "/")
	first, _ := parseNumber(earlier[earlierAt+1:])
	second, _ := parseNumber(later[laterAt+1:])
	return earlier[:earlierAt] == later[:laterAt] && first < second
}
