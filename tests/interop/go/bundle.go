package main

import (
	"errors"
	"io/fs"
	"path"
	"sort"
	"strings"
)

// A bundle is a folder of files, of which it remembers the ones that were read.
type bundle struct {
	files fs.FS
	left  map[string]bool
}

func openBundle(files fs.FS) (*bundle, error) {
	b := &bundle{files, map[string]bool{}}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			b.left[name] = true
		}
		return err
	})
	return b, err
}

// read returns a file that must be there.
func (b *bundle) read(name string) ([]byte, error) {
	data, err := fs.ReadFile(b.files, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fileFault(name, "the file is missing")
	}
	delete(b.left, name)
	return data, err
}

// below lists the unread files of a folder.
func (b *bundle) below(folder string) (names []string) {
	for name := range b.left {
		if strings.HasPrefix(name, folder+"/") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

func isForPeople(name string) bool {
	return name == "README.txt" || name == "summary.pdf" || path.Dir(name) == "." && strings.HasSuffix(name, ".tsr")
}

// stray is the first unread file in a folder where every file belongs to an entry or an epoch, but for what file
// managers leave; "" when there is none.
func (b *bundle) stray() string {
	for _, folder := range []string{"checkpoints", "disclosures", "epochs", "tile"} {
		for _, name := range b.below(folder) {
			if !strings.HasPrefix(path.Base(name), ".") {
				return name
			}
		}
	}
	return ""
}

// remainder sorts what nobody read into files for people and files that do not belong here.
func (b *bundle) remainder() (unsigned, foreign []string) {
	for name := range b.left {
		if isForPeople(name) {
			unsigned = append(unsigned, name)
		} else {
			foreign = append(foreign, name)
		}
	}
	sort.Strings(unsigned)
	sort.Strings(foreign)
	return unsigned, foreign
}
