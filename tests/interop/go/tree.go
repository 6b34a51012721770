package main

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// A tree keeps every hash in the order of tlog.StoredHashIndex, so that any earlier root can be computed.
type tree struct {
	size   int64
	hashes []tlog.Hash
}

func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		list[i] = t.hashes[index]
	}
	return list, nil
}

func (t *tree) add(leaf tlog.Hash) error {
	more, err := tlog.StoredHashesForRecordHash(t.size, leaf, t)
	if err != nil {
		return err
	}
	t.hashes = append(t.hashes, more...)
	t.size++
	return nil
}

func (t *tree) root(size int64) (tlog.Hash, error) {
	if size == 0 {
		return sha256Of(""), nil
	}
	return tlog.TreeHash(size, t)
}

// tilePath is the path of C2SP tlog-tiles, which leaves out the height that tlog.Tile.Path names.
func tilePath(level string, index int64, width int) string {
	path := fmt.Sprintf("%03d", index%1000)
	for index /= 1000; index > 0; index /= 1000 {
		path = fmt.Sprintf("x%03d/%s", index%1000, path)
	}
	if width < tileWidth {
		path += fmt.Sprintf(".p/%d", width)
	}
	return "tile/" + level + "/" + path
}

// eachTile calls visit for the tiles of a level that holds `hashes` hashes.
func eachTile(hashes int64, visit func(index int64, width int) error) error {
	for index := int64(0); index*tileWidth < hashes; index++ {
		width := int64(tileWidth)
		if left := hashes - index*tileWidth; left < width {
			width = left
		}
		if err := visit(index, int(width)); err != nil {
			return err
		}
	}
	return nil
}

// eachTileBefore calls visit for the full tiles that the last hash of their level follows: whatever was changed in their
// last entry would have been told by the one after it.
func (t *tree) eachTileBefore(visit func(path string, data []byte) error) error {
	for level := 0; t.size%(1<<(tileHeight*level)) == 0; level++ {
		index := t.size >> (tileHeight * level)
		if index%tileWidth != 1 || index == 1 {
			continue
		}
		data, err := tlog.ReadTileData(tlog.Tile{H: tileHeight, L: level, N: index/tileWidth - 1, W: tileWidth}, t)
		if err != nil {
			return err
		}
		if err := visit(tilePath(fmt.Sprint(level), index/tileWidth-1, tileWidth), data); err != nil {
			return err
		}
	}
	return nil
}

// eachHashTile calls visit with the bytes that every tile of the tree must have.
func (t *tree) eachHashTile(visit func(path string, data []byte) error) error {
	for level := 0; t.size>>(tileHeight*level) > 0; level++ {
		err := eachTile(t.size>>(tileHeight*level), func(index int64, width int) error {
			data, err := tlog.ReadTileData(tlog.Tile{H: tileHeight, L: level, N: index, W: width}, t)
			if err != nil {
				return err
			}
			return visit(tilePath(fmt.Sprint(level), index, width), data)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
