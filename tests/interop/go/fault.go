package main

import "fmt"

// noEntry stands where a fault blames a file as a whole.
const noEntry int64 = -1

// A fault is what makes a bundle bad: where, and what is wrong there.
type fault struct {
	file  string
	entry int64
	why   string
}

func (f *fault) Error() string {
	if f.entry == noEntry {
		return fmt.Sprintf("%s: %s", f.file, f.why)
	}
	return fmt.Sprintf("entry %d (%s): %s", f.entry, f.file, f.why)
}

func fileFault(file, format string, args ...interface{}) *fault {
	return &fault{file, noEntry, fmt.Sprintf(format, args...)}
}

func entryFault(file string, entry int64, format string, args ...interface{}) *fault {
	return &fault{file, entry, fmt.Sprintf(format, args...)}
}
