package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A verifier walks through one bundle. Its methods stand in the order of "How to verify, strictly".
type verifier struct {
	*report
	bundle  *bundle
	genesis *genesis

	signed   []byte // checkpoint.log
	final    checkpoint
	tree     tree
	last     *entry
	epochKey note.Verifier
	note     tlog.Hash            // of the newest certificate; of the genesis note while epoch 1 runs
	redacted map[target]tlog.Hash // listed as redacted, the redaction not yet met
	blobs    map[string]bool      // named in disclosed files
}

// verify tells whether a bundle is good. An error other than a fault means that it could not be read.
func verify(files fs.FS, known pin) (*report, error) {
	v := &verifier{report: &report{}, redacted: map[target]tlog.Hash{}, blobs: map[string]bool{}}
	var err error
	if v.bundle, err = openBundle(files); err != nil {
		return v.report, err
	}
	steps := []func() error{
		func() error { return v.readGenesis(known) },
		v.readCheckpoint, v.readPolicy, v.readEntries, v.checkHead, v.checkTiles, v.checkRedactions, v.checkBlobs,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return v.report, err
		}
	}
	return v.report, nil
}

func (v *verifier) readGenesis(known pin) error {
	const file = "genesis.note"
	raw, err := v.bundle.read(file)
	if err != nil {
		return err
	}
	if v.genesis, err = parseGenesis(raw); err != nil {
		return fileFault(file, "%v", err)
	}
	if !known.matches(v.genesis) {
		return fileFault(file, "the bundle is of another log than the genesis given")
	}
	v.Origin = v.genesis.origin
	v.Genesis = v.genesis.code()
	v.note = v.genesis.hash
	v.epochKey = v.genesis.firstEpoch
	return nil
}

func (v *verifier) readCheckpoint() error {
	const file, withWitnesses = "checkpoint.log", "checkpoint"
	var err error
	if v.signed, err = v.bundle.read(file); err != nil {
		return err
	}
	text, own, err := signatureLines(v.signed)
	if err != nil {
		return fileFault(file, "%v", err)
	}
	if v.final, err = parseCheckpoint(text, v.genesis.origin); err != nil {
		return fileFault(file, "%v", err)
	}
	if v.final.size == 0 {
		return fileFault(file, "the log is empty")
	}
	whole, err := v.bundle.read(withWitnesses)
	if err != nil {
		return err
	}
	sameText, lines, err := signatureLines(whole)
	if err != nil {
		return fileFault(withWitnesses, "%v", err)
	}
	if !bytes.HasPrefix(whole, v.signed) || sameText != text {
		return fileFault(withWitnesses, "it is not %s and further signatures", file)
	}
	v.UncheckedSignatures = len(lines) - len(own)
	return nil
}

func (v *verifier) readPolicy() error {
	const file = "policy"
	raw, err := v.bundle.read(file)
	if err != nil {
		return err
	}
	if string(raw) != fmt.Sprintf("log %s\nquorum none\n", v.genesis.identityVkey) {
		return fileFault(file, "it is not the policy that follows from the genesis")
	}
	return nil
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
	if root != v.final.root {
		return fileFault(file, "its root is not that of the entries")
	}
	v.Entries = v.final.size
	v.Root = base64Hash(root)
	return nil
}

func (v *verifier) checkTiles() error {
	return v.tree.eachHashTile(func(file string, want []byte) error {
		have, err := v.bundle.read(file)
		if err == nil && !bytes.Equal(have, want) {
			err = fileFault(file, "its hashes are not those of the entries")
		}
		return err
	})
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
	return entryFault(fmt.Sprintf("disclosures/%d.jsonl", first.seq/tileWidth), first.seq,
		"%q is listed as redacted, and no later entry says so", first.name)
}

func (v *verifier) checkBlobs() error {
	for _, file := range v.bundle.below("blobs") {
		name := path.Base(file)
		if !blobNameForm.MatchString(name) || file != "blobs/"+name {
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
	v.BlobsAbsent = len(v.blobs)
	if file := v.bundle.stray(); file != "" {
		return fileFault(file, "no entry and no epoch of this log has it")
	}
	v.Unsigned, v.Foreign = v.bundle.remainder()
	return nil
}
