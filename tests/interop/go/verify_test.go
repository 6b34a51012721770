package main

import (
	"fmt"
	"math/rand"
	"sort"
	"strings"
	"testing"
	"testing/fstest"
)

func verdictOn(folder fstest.MapFS, known pin) *report {
	return verdictWith(folder, pins{genesis: known})
}

func verdictWith(folder fstest.MapFS, known pins) *report {
	list, err := inFolder(folder)
	must(err)
	r, err := verify(list, known)
	r.conclude(err, known.genesis)
	return r
}

func TestGoodBundles(t *testing.T) {
	for _, entries := range []int{7, 255, 256, 257, 600} {
		m := sample(entries)
		r := verdictOn(m.finish(), m.pin())
		if r.Verdict != good || r.Entries < int64(entries) || r.Withheld != 1 || r.Redacted != 1 ||
			r.BlobsPresent != 1 || r.BlobsAbsent != 1 || len(r.Unsigned) != 1 || r.Epochs != m.epoch {
			t.Errorf("%d entries: %+v", entries, r)
		}
	}
}

func TestSmallestBundle(t *testing.T) {
	m := newMaker()
	if r := verdictOn(m.finish(), m.pin()); r.Verdict != good {
		t.Error(r.Reason)
	}
}

func TestNoGenesis(t *testing.T) {
	files := sample(10).finish()
	if r := verdictOn(files, ""); r.Verdict != cannotTell {
		t.Error(r.Verdict)
	}
	delete(files, "policy")
	if r := verdictOn(files, ""); r.Verdict != bad {
		t.Error("what is broken inside stays bad without a genesis")
	}
}

func TestUnsignedPartsAreReported(t *testing.T) {
	m := sample(10)
	m.write("summary.pdf", nil)
	m.write("checkpoint.log.tsr", nil)
	m.write("notes/mine.txt", nil)
	m.write("tile/.DS_Store", nil)
	m.finish()
	witness := strings.SplitAfter(string(sign("-\n", makeKey("witness.example", "w"))), "\n\n")[1]
	m.write("checkpoint", []byte(string(m.files["checkpoint.log"].Data)+witness))
	r := verdictOn(m.files, m.pin())
	if r.Verdict != good || len(r.Unsigned) != 3 || len(r.Foreign) != 2 || r.UncheckedSignatures != 1 {
		t.Errorf("%+v", r)
	}
}

func TestStrayPartsAreBad(t *testing.T) {
	for _, name := range []string{"disclosures/9.jsonl", "disclosures/00.jsonl", "tile/0/001", "tile/8/000",
		"tile/entries/000.p/11", "epochs/4.note", "checkpoints/3", "checkpoints/mine.txt"} {
		m := sample(10)
		m.write(name, nil)
		m.finish()
		if r := verdictOn(m.files, m.pin()); r.Verdict != bad || r.File != name {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func isSigned(name string) bool { return !isForPeople(name) }

// TestOneBit flips a bit in about a hundred places of every file, or in all its bytes when it is small.
func TestOneBit(t *testing.T) {
	m := sample(300)
	files, known := m.finish(), m.pin()
	random := rand.New(rand.NewSource(1))
	for _, name := range names(files) {
		data := files[name].Data
		for at := 0; isSigned(name) && at < len(data); at += 1 + random.Intn(1+len(data)/50) {
			flipped := append([]byte{}, data...)
			flipped[at] ^= 1 << random.Intn(8)
			files[name] = &fstest.MapFile{Data: flipped}
			if r := verdictOn(files, known); r.Verdict != bad {
				t.Errorf("%s: byte %d changed: %s", name, at, r.Verdict)
			}
		}
		files[name] = &fstest.MapFile{Data: data}
	}
}

func names(files fstest.MapFS) (list []string) {
	for name := range files {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}

func TestEveryFileIsNeeded(t *testing.T) {
	m := sample(300)
	files, known := m.finish(), m.pin()
	for _, name := range names(files) {
		if !isSigned(name) || strings.HasPrefix(name, "blobs/") {
			continue
		}
		file := files[name]
		delete(files, name)
		if r := verdictOn(files, known); r.Verdict != bad || r.File != name {
			t.Errorf("without %s: %s %s", name, r.Verdict, r.Reason)
		}
		files[name] = &fstest.MapFile{Data: file.Data[:len(file.Data)-1]}
		if r := verdictOn(files, known); r.Verdict != bad {
			t.Errorf("%s cut by a byte: %s", name, r.Verdict)
		}
		files[name] = &fstest.MapFile{Data: append(append([]byte{}, file.Data...), '\n')}
		if r := verdictOn(files, known); r.Verdict != bad {
			t.Errorf("%s longer by a byte: %s", name, r.Verdict)
		}
		files[name] = file
	}
}

func TestForeignGenesis(t *testing.T) {
	m := sample(10)
	other := m.pin()[1:] + "A"
	if r := verdictOn(m.finish(), other); r.Verdict != bad || r.File != "genesis.note" {
		t.Errorf("%+v", r)
	}
}

func TestPin(t *testing.T) {
	code := strings.Repeat("ABCD", 6)
	for argument, want := range map[string]pin{
		code:                                  pin(code),
		"abcd-abcd abcd-abcd abcd abcd":       pin(code),
		code[:19]:                             "",
		strings.Repeat("A", 52):               pin(strings.Repeat("A", 52)),
		strings.Repeat("A", 53):               "",
		"ABCDABCDABCDABCDABC1":                "",
		"no such file, and certainly no code": "",
	} {
		if have, err := parsePin(argument); have != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", argument, have, err)
		}
	}
}

func TestArguments(t *testing.T) {
	code := strings.Repeat("ABCD", 6)
	o, err := parseArguments([]string{"a", "--genesis", code, "b", "--json"})
	if err != nil || fmt.Sprint(o.bundles) != "[a b]" || o.pins.genesis != pin(code) || !o.json {
		t.Errorf("%+v %v", o, err)
	}
	for _, wrong := range [][]string{{}, {"a", "--genesis"}, {"a", "--genesis="}, {"a", "--other"}, {"--json"}} {
		if _, err := parseArguments(wrong); err == nil {
			t.Errorf("%q was accepted", wrong)
		}
	}
}

func TestFolderThatIsNone(t *testing.T) {
	if r := verifyPath("/nowhere/at/all", pins{genesis: "x"}); r.Verdict != cannotTell {
		t.Error(r.Verdict)
	}
	if overall([]*report{{Verdict: good}, {Verdict: cannotTell}}) != cannotTell ||
		overall([]*report{{Verdict: cannotTell}, {Verdict: bad}}) != bad || overall([]*report{{}}) != good {
		t.Error("the exit code of several bundles is wrong")
	}
}

func TestFaultNamesTheEntry(t *testing.T) {
	m := sample(10)
	m.add(simple("x").edited("boot 2", "boot 3"))
	if r := verdictOn(m.finish(), m.pin()); r.Entry == nil || *r.Entry != m.tree.size-1 {
		t.Errorf("%+v", r)
	}
}
