package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// Files are what a bundle consists of, wherever they lie: by path, how to read each.
type files map[string]func() ([]byte, error)

func inFolder(folder fs.FS) (files, error) {
	list := files{}
	err := fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			list[name] = func() ([]byte, error) { return readFile(folder, name) }
		} else if err == nil && !d.IsDir() {
			list[name] = nil // a name without a file, such as a link
		}
		return err
	})
	return list, err
}

// No file but a stored one can be as long as this: the disclosures of a tile.
const maxFile = tileWidth * 4 * (maxDisclosureChars + 128)

var errTooLong = errors.New("it is longer than it can be")

func readFile(folder fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(folder, name)
	if err == nil && info.Size() > maxFile && !strings.HasPrefix(name, "blobs/") {
		err = errTooLong
	}
	if err != nil {
		return nil, err
	}
	return fs.ReadFile(folder, name)
}

var errDeeper = errors.New("the bundle lies in a folder in there: give that folder (of a ZIP file after unpacking it)")

// isDeeper tells whether there is a folder around the bundle.
func isDeeper(names []string) bool {
	deeper := false
	for _, name := range names {
		folder, below, _ := strings.Cut(name, "/")
		if name == "genesis.note" {
			return false
		}
		deeper = deeper || folder != "" && below == "genesis.note"
	}
	return deeper
}

// openFiles takes a folder or a ZIP file. The file stays open as long as the bundle is read.
func openFiles(path string) (files, func(), error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		list, err := inFolder(os.DirFS(path))
		var names []string
		for name, read := range list {
			if read != nil {
				names = append(names, name)
			}
		}
		if err == nil && isDeeper(names) {
			err = errDeeper
		}
		return list, func() {}, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	list, err := inZip(file, info.Size())
	return list, func() { _ = file.Close() }, err
}
