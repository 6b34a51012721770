package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// The walk is step 3: entries, their disclosures, and the epochs that they begin.

func (v *verifier) readEntries() error {
	return eachTile(v.final.size, v.readEntryTile)
}

// readEntryTile reads a tile's entries and its disclosure file side by side.
func (v *verifier) readEntryTile(index int64, width int) error {
	linesFile := disclosureFile(index * tileWidth)
	text, err := v.bundle.read(linesFile)
	if err != nil {
		return err
	}
	entriesFile := tilePath("entries", index, width)
	entries, err := v.bundle.read(entriesFile)
	if err != nil {
		return err
	}
	lines := &lineReader{linesFile, strings.SplitAfter(string(text), "\n")}
	for seq := index * tileWidth; seq < index*tileWidth+int64(width); seq++ {
		if entries, err = v.readEntry(entriesFile, seq, entries, lines); err != nil {
			return err
		}
	}
	if len(entries) != 0 {
		return fileFault(entriesFile, "there are bytes after the last entry")
	}
	return lines.end()
}

// A lineReader hands out the lines of a disclosure file, each of which ends with LF.
type lineReader struct {
	file  string
	lines []string
}

func (r *lineReader) next() string {
	if !strings.HasSuffix(r.lines[0], "\n") {
		return ""
	}
	line := r.lines[0]
	r.lines = r.lines[1:]
	return strings.TrimSuffix(line, "\n")
}

func (r *lineReader) end() error {
	if len(r.lines) != 1 || r.lines[0] != "" {
		return fileFault(r.file, "there is more than the entries commit to")
	}
	return nil
}

// readEntry takes one entry off the tile and its lines off the disclosure file.
func (v *verifier) readEntry(file string, seq int64, tile []byte, lines *lineReader) (rest []byte, err error) {
	if len(tile) < 2 || len(tile)-2 < int(binary.BigEndian.Uint16(tile)) || binary.BigEndian.Uint16(tile) > maxEntryBytes {
		return nil, fileFault(file, "the tile ends before entry %d does, or that one is too long", seq)
	}
	length := 2 + int(binary.BigEndian.Uint16(tile))
	if err := v.closeUntil(seq); err != nil {
		return nil, err
	}
	e, err := parseEntry(tile[2:length])
	if err == nil {
		err = v.checkPlace(seq, e)
	}
	if err == errChain && v.lastWasChanged() {
		return nil, v.changedFault()
	}
	if err != nil {
		return nil, entryFault(file, seq, "%v", err)
	}
	values, err := v.readDisclosures(e, lines)
	if _, isPlaced := err.(*fault); isPlaced {
		return nil, err
	}
	if err != nil {
		return nil, entryFault(lines.file, seq, "%v", err)
	}
	v.last = e
	return tile[length:], v.settle(e, values["body"])
}

// settle lets an entry begin its epoch. In a part of the log the epochs and the tree are known before.
func (v *verifier) settle(e *entry, text string) error {
	if v.part != nil {
		if e.class == "epoch" {
			return v.checkEpochBody(e, text)
		}
		return nil
	}
	if e.class == "epoch" {
		if err := v.beginEpoch(e, text); err != nil {
			return err
		}
	}
	if err := v.tree.add(e.leaf); err != nil {
		return err
	}
	return v.tree.eachTileBefore(v.checkTile)
}

// checkPlace demands that the entry continues the log: position, chain, epoch, boot.
func (v *verifier) checkPlace(seq int64, e *entry) error {
	if v.part != nil {
		return v.checkPlaceInPart(seq, e)
	}
	before := v.last
	if before == nil {
		before = &entry{seq: -1, leaf: sha256Of(""), boot: 0, epoch: 0}
		if e.class != "epoch" || e.boot != 1 {
			return errors.New("the first entry must begin epoch 1 in boot 1")
		}
	}
	if e.seq != before.seq+1 {
		return fmt.Errorf("it says seq %d, and stands at %d", e.seq, before.seq+1)
	}
	if e.prev != before.leaf {
		return errChain
	}
	if e.class == "epoch" {
		if e.epoch != before.epoch+1 || e.boot != before.boot && e.boot != before.boot+1 {
			return errors.New("an epoch begins with the next epoch number, in the same boot or the next")
		}
	} else if e.epoch != before.epoch || e.boot != before.boot {
		return errors.New("epoch or boot changes without an entry that begins an epoch")
	}
	return nil
}

var errChain = errors.New("prev is not the hash of the entry before")

// lastWasChanged asks the hash tile whether the last entry read is the one that was signed, where what follows it says no.
func (v *verifier) lastWasChanged() bool {
	if v.part != nil || v.tree.size == 0 {
		return false
	}
	leaf := v.last.leaf[:]
	at := int((v.tree.size-1)%tileWidth) * len(leaf)
	tile, err := v.bundle.read(v.tileOfLast("0"))
	return err == nil && len(tile) >= at+len(leaf) && !bytes.Equal(tile[at:at+len(leaf)], leaf)
}

func (v *verifier) changedFault() error {
	return entryFault(v.tileOfLast("entries"), v.tree.size-1, "its hash is another than the log says of it")
}

func (v *verifier) tileOfLast(level string) (path string) {
	last := (v.tree.size - 1) / tileWidth
	eachTile(v.final.size, func(index int64, width int) error {
		if index == last {
			path = tilePath(level, index, width)
		}
		return nil
	})
	return path
}

// readDisclosures returns the disclosed values of an entry by name.
func (v *verifier) readDisclosures(e *entry, lines *lineReader) (map[string]string, error) {
	values := map[string]string{}
	for _, c := range e.commitments {
		how, text, err := parseDisclosureLine(lines.next(), e.seq, c.name)
		if err != nil {
			return nil, fileFault(lines.file, "entry %d: %v", e.seq, err)
		}
		switch {
		case how == withheld:
			v.Withheld++
		case how == redacted && c.name == "body":
			return nil, errors.New("a body is never redacted")
		case how == redacted:
			v.Redacted++
			v.redacted[target{e.seq, c.name}] = c.digest
		default:
			v.Disclosed++
			if values[c.name], err = openDisclosure(text, c); err != nil {
				return nil, err
			}
		}
	}
	return values, v.noteContents(e, values)
}

// noteContents remembers what the values say about other parts of the bundle.
func (v *verifier) noteContents(e *entry, values map[string]string) error {
	for _, name := range blobNames(values["files"]) {
		v.blobs[name] = true
	}
	text, ok := values["body"]
	if !ok || e.class != "system" && e.class != "epoch" {
		return nil
	}
	if !isJSON(text) {
		return errors.New("the body is not JSON")
	}
	if e.class == "epoch" {
		return nil
	}
	// What is listed here is of earlier entries already, so a redaction of something later meets nothing.
	b := parseBody(text)
	if of, digest, ok := b.redaction(); ok && of.seq < e.seq && v.redacted[of] == digest {
		delete(v.redacted, of)
	}
	if policy, ok := jsonString(b["policy"]); ok && b.text("act") == "policy.set" {
		v.policy = &policy
	}
	return nil
}

// beginEpoch checks the certificate of the epoch that e begins, and how the epoch before was closed.
func (v *verifier) beginEpoch(e *entry, text string) error {
	if e.epoch > 1 {
		closed := e.epoch - 1
		if err := v.readClosing(closed); err != nil {
			return err
		}
		if size := v.closings[closed-1].size; size != e.seq {
			return fileFault(closingFile(closed), "its size is %d, and the next epoch begins at %d", size, e.seq)
		}
		if err := v.checkClosing(closed); err != nil {
			return err
		}
		if err := v.readCertificate(e.epoch); err != nil {
			return err
		}
	}
	v.Epochs = e.epoch
	return v.checkEpochBody(e, text)
}

// checkEpochBody demands that the entry that begins an epoch names the note with the epoch's key.
func (v *verifier) checkEpochBody(e *entry, text string) error {
	member := "genesis"
	if e.epoch > 1 {
		member = "certificate"
	}
	file := disclosureFile(e.seq)
	b := parseBody(text)
	if b.text("act") != "epoch.start" || b.text(member) != base64Hash(v.notes[e.epoch-1]) {
		return entryFault(file, e.seq, "the body does not disclose epoch.start and the hash of its %s", member)
	}
	if raw, found := b["continues"]; found && e.seq == 0 {
		var err error
		if v.Continues, err = parseContinues(raw, v.genesis.origin); err != nil {
			return entryFault(file, e.seq, "%v", err)
		}
	}
	return nil
}

// A closedEpoch is the closing checkpoint of an epoch.
type closedEpoch struct {
	checkpoint
	raw []byte
}

func closingFile(epoch int64) string { return fmt.Sprintf("checkpoints/%d", epoch) }

func disclosureFile(seq int64) string { return fmt.Sprintf("disclosures/%d.jsonl", seq/tileWidth) }

// readClosing takes the closing checkpoint of the running epoch.
func (v *verifier) readClosing(epoch int64) error {
	file := closingFile(epoch)
	raw, err := v.bundle.read(file)
	if err != nil {
		return err
	}
	text, err := openNote(raw, v.epochKey, v.genesis.identity)
	if err != nil {
		return fileFault(file, "%v", err)
	}
	c, err := ownCheckpoint(text, v.genesis.origin)
	if err != nil {
		return fileFault(file, "%v", err)
	}
	v.closings = append(v.closings, closedEpoch{c, raw})
	return nil
}

// checkClosing compares it with the entries, of which there are enough.
func (v *verifier) checkClosing(epoch int64) error {
	c := v.closings[epoch-1]
	root, err := v.tree.root(c.size)
	if err != nil {
		return err
	}
	if c.root != root {
		return fileFault(closingFile(epoch), "its root is not that of the entries")
	}
	return nil
}

func (v *verifier) readCertificate(epoch int64) error {
	file := certificateFile(epoch)
	raw, err := v.bundle.read(file)
	if err != nil {
		return err
	}
	text, err := openNote(raw, v.epochKey, v.genesis.identity)
	if err != nil {
		return fileFault(file, "%v", err)
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 6 || lines[5] != "" || lines[0] != "kannuki-epoch/v1" || lines[1] != v.genesis.origin ||
		lines[2] != fmt.Sprint(epoch) {
		return fileFault(file, "it is not the certificate of epoch %d", epoch)
	}
	if lines[4] != base64Hash(v.notes[epoch-2]) {
		return fileFault(file, "it does not follow the certificate before")
	}
	if v.epochKey, err = parseKey(lines[3], v.genesis.origin); err != nil {
		return fileFault(file, "%v", err)
	}
	v.notes = append(v.notes, sha256Of(text))
	return nil
}

func certificateFile(epoch int64) string { return fmt.Sprintf("epochs/%d.note", epoch) }
