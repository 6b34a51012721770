// kannuki-verify-go checks exported bundles. It is written from docs/formats/ledger.md alone, shares no code
// with the box, and leaves the cryptography to Go's library and golang.org/x/mod/sumdb.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

const usage = `usage: kannuki-verify-go BUNDLE ... --genesis FILE|CODE [--since FILE|BUNDLE] [--paper CODE] [--policy FILE] [--json]

Checks each bundle (a folder or a ZIP file) and says whether it is good. The genesis is the note kept as a file, or
at least 20 characters of the code on paper. Further pins: an older checkpoint of this log, the code of a checkpoint
on paper, a policy of witnesses. Exit: 0 good, 1 bad, 2 cannot tell; of several bundles, bad first.
`

type options struct {
	bundles []string
	brought []string // the values of pins, some of them files
	pins    pins
	json    bool
}

// readers are the options with a value.
var readers = map[string]func(p *pins, value string) error{
	"--genesis": func(p *pins, value string) (err error) { p.genesis, err = parsePin(value); return },
	"--since":   func(p *pins, value string) (err error) { p.older, err = parseOlder(value); return },
	"--paper":   func(p *pins, value string) (err error) { p.paper, err = parsePaper(value); return },
	"--policy":  func(p *pins, value string) (err error) { p.policy, err = readPolicy(value); return },
}

func parseArguments(arguments []string) (o options, err error) {
	for len(arguments) > 0 {
		argument := arguments[0]
		arguments = arguments[1:]
		name, value, hasValue := strings.Cut(argument, "=")
		read := readers[name]
		if read != nil && !hasValue {
			if len(arguments) == 0 {
				return o, fmt.Errorf("%s needs a value", name)
			}
			value, arguments = arguments[0], arguments[1:]
		}
		switch {
		case read != nil:
			if err = read(&o.pins, value); err != nil {
				return o, err
			}
			o.brought = append(o.brought, value)
		case argument == "--json":
			o.json = true
		case strings.HasPrefix(argument, "-"):
			return o, fmt.Errorf("unknown option %s", argument)
		default:
			o.bundles = append(o.bundles, argument)
		}
	}
	if len(o.bundles) == 0 {
		return o, fmt.Errorf("which bundle?")
	}
	for _, bundle := range o.bundles {
		for _, value := range o.brought {
			if liesIn(bundle, value) {
				return o, fmt.Errorf("%s lies in the bundle itself, and so proves nothing: bring what you kept elsewhere", value)
			}
		}
	}
	return o, nil
}

// liesIn tells whether a file is in a bundle, or is the bundle: then whoever made the one made the other.
func liesIn(bundle, file string) bool {
	about, err := os.Stat(bundle)
	if err != nil {
		return false
	}
	way, err := filepath.Abs(file)
	if err == nil {
		way, err = filepath.EvalSymlinks(way)
	}
	for err == nil {
		if here, err := os.Stat(way); err == nil && os.SameFile(here, about) {
			return true
		}
		if way == filepath.Dir(way) {
			break
		}
		way = filepath.Dir(way)
	}
	return false
}

func verifyPath(path string, known pins) *report {
	r := &report{}
	list, closeFiles, err := openFiles(path)
	if err == nil {
		r, err = verify(list, known)
		closeFiles()
	}
	r.Bundle = shown(path)
	r.conclude(err, known.genesis)
	return r
}

// verifyAll keeps every processor busy, and the order of the bundles.
func verifyAll(o options) []*report {
	reports := make([]*report, len(o.bundles))
	next := make(chan int)
	var workers sync.WaitGroup
	for n := 0; n < runtime.NumCPU(); n++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for i := range next {
				reports[i] = verifyPath(o.bundles[i], o.pins)
			}
		}()
	}
	for i := range o.bundles {
		next <- i
	}
	close(next)
	workers.Wait()
	return reports
}

// overall is the exit code for several bundles: one bad makes all bad.
func overall(reports []*report) verdict {
	worst := good
	for _, r := range reports {
		if r.Verdict == bad {
			return bad
		}
		if r.Verdict == cannotTell {
			worst = cannotTell
		}
	}
	return worst
}

func main() {
	o, err := parseArguments(os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "kannuki-verify-go: %s\n%s", shown(err.Error()), usage)
		os.Exit(int(cannotTell))
	}
	reports := verifyAll(o)
	for _, r := range reports {
		write := r.writeText
		if o.json {
			write = r.writeJSON
		}
		if err := write(os.Stdout); err != nil {
			fmt.Fprintf(os.Stderr, "kannuki-verify-go: %v\n", err)
			os.Exit(int(cannotTell))
		}
	}
	os.Exit(int(overall(reports)))
}
