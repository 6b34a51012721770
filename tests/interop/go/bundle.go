package main

import (
	"errors"
	"path"
	"sort"
	"strings"
)

// A bundle remembers which of its files were read.
type bundle struct {
	files files
	left  map[string]bool
}

func newBundle(list files) *bundle {
	b := &bundle{list, map[string]bool{}}
	for name := range list {
		b.left[name] = true
	}
	return b
}

func (b *bundle) has(name string) bool { return b.files[name] != nil }

// read returns a file that must be there.
func (b *bundle) read(name string) ([]byte, error) {
	if !b.has(name) {
		return nil, fileFault(name, "the file is missing")
	}
	delete(b.left, name)
	data, err := b.files[name]()
	if errors.Is(err, errTooLong) {
		return nil, fileFault(name, "%v", err)
	}
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
	for _, folder := range []string{"checkpoints", "disclosures", "epochs", "proofs", "tile", "witnessed"} {
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
