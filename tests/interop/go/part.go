package main

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// A part is a bundle of the entries from `from` to `to` - 1 only.
type part struct{ from, to int64 }

func parseRange(text string, size int64) (*part, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 3 || lines[2] != "" || !strings.HasPrefix(lines[0], "from ") || !strings.HasPrefix(lines[1], "to ") {
		return nil, errors.New("a range is the two lines from and to")
	}
	from, err := parseNumber(lines[0][len("from "):])
	if err != nil {
		return nil, err
	}
	to, err := parseNumber(lines[1][len("to "):])
	switch {
	case err != nil:
		return nil, err
	case from >= to || to > size || from%tileWidth != 0 || to%tileWidth != 0 && to != size:
		return nil, errors.New("it is not a range of whole tiles of this log")
	case from == 0 && to == size:
		return nil, errors.New("it is the range of the whole log")
	}
	return &part{from, to}, nil
}

func (v *verifier) readRange() error {
	const file = "range"
	if !v.bundle.has(file) {
		return nil
	}
	raw, err := v.bundle.read(file)
	if err != nil {
		return err
	}
	if v.part, err = parseRange(string(raw), v.final.size); err != nil {
		return fileFault(file, "%v", err)
	}
	v.From, v.To = v.part.from, v.part.to
	return nil
}

// readPart makes the tree of the tiles of leaf hashes, then the epochs, then looks at the entries that are here, and
// before each at the closing checkpoints of those before it.
func (v *verifier) readPart() error {
	if err := v.readLeaves(); err != nil {
		return err
	}
	if err := v.readEpochs(); err != nil {
		return err
	}
	return eachTile(v.final.size, func(index int64, width int) error {
		if at := index * tileWidth; at < v.part.from || at >= v.part.to {
			return v.closeUntil(at + int64(width) - 1)
		}
		return v.readEntryTile(index, width)
	})
}

// closeUntil compares the closing checkpoints of a part whose epochs end before or at entry seq.
func (v *verifier) closeUntil(seq int64) error {
	for v.part != nil && v.closed < len(v.closings) && v.closings[v.closed].size <= seq {
		v.closed++
		if err := v.checkClosing(int64(v.closed)); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) readLeaves() error {
	return eachTile(v.final.size, func(index int64, width int) error {
		file := tilePath("0", index, width)
		data, err := v.bundle.read(file)
		if err != nil {
			return err
		}
		if len(data) != width*tlog.HashSize {
			return fileFault(file, "it does not have %d hashes", width)
		}
		for ; len(data) > 0; data = data[tlog.HashSize:] {
			var leaf tlog.Hash
			copy(leaf[:], data)
			if err := v.tree.add(leaf); err != nil {
				return err
			}
		}
		return nil
	})
}

func (v *verifier) readEpochs() error {
	closed := int64(0)
	for k := int64(1); v.bundle.has(certificateFile(k + 1)); k++ {
		if err := v.readClosing(k); err != nil {
			return err
		}
		size := v.closings[k-1].size
		if size <= closed || size >= v.final.size {
			return fileFault(closingFile(k), "its size %d is not between those of the checkpoints around it", size)
		}
		closed = size
		if err := v.readCertificate(k + 1); err != nil {
			return err
		}
	}
	v.Epochs = int64(len(v.notes))
	return nil
}

func (v *verifier) leaf(seq int64) tlog.Hash { return v.tree.hashes[tlog.StoredHashIndex(0, seq)] }

// checkPlaceInPart is checkPlace for entries whose hashes and epochs are known already.
func (v *verifier) checkPlaceInPart(seq int64, e *entry) error {
	if e.seq != seq {
		return fmt.Errorf("it says seq %d, and stands at %d", e.seq, seq)
	}
	before := sha256Of("")
	if seq > 0 {
		before = v.leaf(seq - 1)
	}
	if e.prev != before {
		return errors.New("prev is not the hash of the entry before")
	}
	epoch, begins := int64(1), seq == 0
	for _, c := range v.closings {
		if c.size <= seq {
			epoch++
		}
		begins = begins || c.size == seq
	}
	if e.epoch != epoch || (e.class == "epoch") != begins {
		return errors.New("its epoch is not that of the closing checkpoints")
	}
	if err := v.checkBootInPart(e); err != nil {
		return err
	}
	if e.leaf != v.leaf(seq) {
		return errors.New("its hash is not the one in the tile of hashes")
	}
	return nil
}

// checkBootInPart takes the boot of the first entry as it is, but for that of the log.
func (v *verifier) checkBootInPart(e *entry) error {
	switch {
	case e.seq == 0 && e.boot != 1:
		return errors.New("the first entry must begin epoch 1 in boot 1")
	case v.last == nil || e.boot == v.last.boot || e.class == "epoch" && e.boot == v.last.boot+1:
		return nil
	}
	return errors.New("boot changes without an entry that begins an epoch")
}
