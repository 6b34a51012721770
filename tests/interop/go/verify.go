package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A verifier walks through one bundle. Its methods stand in the order of "How to verify, strictly".
type verifier struct {
	*report
	bundle  *bundle
	pins    pins
	genesis *genesis
	part    *part // nil when the bundle is of the whole log

	signed   []byte // checkpoint.log
	head     *cosigned
	cosigned []*cosigned // head and those in witnessed/
	final    checkpoint
	tree     tree
	last     *entry
	epochKey note.Verifier
	notes    []tlog.Hash          // of the genesis note and the certificates: [k - 1] is of epoch k
	closings []closedEpoch        // [k - 1] closes epoch k
	closed   int                  // so many of them were compared in a part
	policy   *string              // the text in the last policy.set
	redacted map[target]tlog.Hash // listed as redacted, the redaction not yet met
	blobs    map[string]bool      // named in disclosed files
}

// verify tells whether a bundle is good. An error other than a fault means that it could not be read.
func verify(list files, known pins) (*report, error) {
	v := &verifier{report: &report{}, bundle: newBundle(list), pins: known, redacted: map[target]tlog.Hash{},
		blobs: map[string]bool{}}
	steps := []func() error{
		v.readGenesis, v.readCheckpoint, v.checkHeadLines, v.readRange, v.readLog, v.checkHead, v.checkRedactions, v.checkTiles,
		v.checkBlobs, v.checkPolicy, v.checkProofs, v.checkWitnessed, v.checkRemainder, v.checkOlder, v.checkPaper,
		v.checkWitnesses,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return v.report, err
		}
	}
	return v.report, nil
}

func (v *verifier) readGenesis() error {
	const file = "genesis.note"
	raw, err := v.bundle.read(file)
	if err != nil {
		return err
	}
	if v.genesis, err = parseGenesis(raw); err != nil {
		return fileFault(file, "%v", err)
	}
	if !v.pins.genesis.matches(v.genesis) {
		return fileFault(file, "the bundle is of another log than the genesis given")
	}
	v.Origin = v.genesis.origin
	v.Genesis = v.genesis.code()
	v.notes = []tlog.Hash{v.genesis.hash}
	v.epochKey = v.genesis.firstEpoch
	return nil
}

func (v *verifier) readCheckpoint() error {
	const file, withWitnesses = "checkpoint.log", "checkpoint"
	var err error
	if v.signed, err = v.bundle.read(file); err != nil {
		return err
	}
	text, _, err := signatureLines(v.signed)
	if err != nil {
		return fileFault(file, "%v", err)
	}
	if v.final, err = ownCheckpoint(text, v.genesis.origin); err != nil {
		return fileFault(file, "%v", err)
	}
	if v.final.size == 0 {
		return fileFault(file, "the log is empty")
	}
	whole, err := v.bundle.read(withWitnesses)
	if err != nil {
		return err
	}
	if v.head, err = readCosigned(whole, v.signed); err != nil {
		return fileFault(withWitnesses, "%v", err)
	}
	return nil
}

func (v *verifier) readLog() error {
	if v.part == nil {
		return v.readEntries()
	}
	return v.readPart()
}

func (v *verifier) checkHead() error {
	const file = "checkpoint.log"
	if _, err := openNote(v.signed, v.epochKey, v.genesis.identity); err != nil {
		return fileFault(file, "%v", err)
	}
	root, err := v.tree.root(v.tree.size)
	if err != nil {
		return err
	}
	if root != v.final.root && v.lastWasChanged() {
		return v.changedFault()
	}
	if root != v.final.root {
		return fileFault(file, "its root is not that of the entries")
	}
	v.Entries = v.final.size
	v.Root = base64Hash(root)
	return nil
}

func (v *verifier) checkTiles() error {
	return v.tree.eachHashTile(v.checkTile)
}

func (v *verifier) checkTile(file string, want []byte) error {
	have, err := v.bundle.read(file)
	if err == nil && !bytes.Equal(have, want) {
		err = fileFault(file, "its hashes are not those of the entries")
	}
	return err
}

func (v *verifier) checkRedactions() error {
	first := target{v.tree.size, ""}
	for t := range v.redacted {
		if t.seq < first.seq {
			first = t
		}
	}
	if first.name == "" {
		return nil
	}
	if v.part != nil {
		v.RedactedElsewhere = len(v.redacted)
		return nil
	}
	return entryFault(fmt.Sprintf("disclosures/%d.jsonl", first.seq/tileWidth), first.seq,
		"%q is listed as redacted, and no later entry says so", first.name)
}

// checkBlobs leaves encrypted files to those who have the key.
func (v *verifier) checkBlobs() error {
	for _, file := range v.bundle.below("blobs") {
		name := path.Base(file)
		plain := strings.TrimSuffix(name, ".age")
		if !blobNameForm.MatchString(plain) || file != "blobs/"+name {
			continue
		}
		if name != plain {
			delete(v.bundle.left, file)
			v.BlobsEncrypted++
			continue
		}
		data, err := v.bundle.read(file)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		if hex.EncodeToString(sum[:]) != name {
			return fileFault(file, "its content does not have the hash that is its name")
		}
		if v.blobs[name] {
			v.BlobsPresent++
			delete(v.blobs, name)
		} else {
			v.BlobsUnnamed++
		}
	}
	for name := range v.blobs {
		if !v.bundle.has("blobs/" + name + ".age") {
			v.BlobsAbsent++
		}
	}
	return nil
}

func (v *verifier) checkRemainder() error {
	if file := v.bundle.stray(); file != "" {
		return fileFault(file, "no entry and no epoch of this log has it")
	}
	v.Unsigned, v.Foreign = v.bundle.remainder()
	return nil
}
