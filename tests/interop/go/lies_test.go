package main

import (
	"encoding/base64"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// A lie is a bundle that is hashed and signed throughout, by somebody who holds keys, and still breaks a rule.
// Bit flips never get this far: their signatures fail first.
type lie struct {
	name string
	tell func(m *maker) fstest.MapFS
	says string // a part of the reason
}

const someHash = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

func edited(from, to string) func(m *maker) fstest.MapFS {
	return adding(simple("x").edited(from, to))
}

func adding(drafts ...draft) func(m *maker) fstest.MapFS {
	return func(m *maker) fstest.MapFS {
		for _, d := range drafts {
			m.add(d)
		}
		return m.finish()
	}
}

// changed replaces text in a file of an honest bundle.
func changed(file, from, to string) func(m *maker) fstest.MapFS {
	return func(m *maker) fstest.MapFS {
		files := m.finish()
		text := string(files[file].Data)
		if !strings.Contains(text, from) {
			panic("nothing to change in " + file + ": " + from)
		}
		m.write(file, []byte(strings.Replace(text, from, to, 1)))
		return files
	}
}

func withIdem(idem string) draft {
	d := simple("x")
	d.idem = idem
	return d
}

// Entries that the tree and all signatures cover, and that are no entries.
var entryLies = []lie{
	{"seq repeats", edited("seq 10", "seq 9"), "stands at"},
	{"seq skips", edited("seq 10", "seq 11"), "stands at"},
	{"seq padded", edited("seq 10", "seq 010"), "not a number"},
	{"seq signed", edited("seq 10", "seq +10"), "not a number"},
	{"seq too large", edited("seq 10", "seq 9223372036854775808"), "not a number"},
	{"prev of another entry", edited("prev ", "prev "+someHash+"=\nprev "), "boot"},
	{"prev zero", func(m *maker) fstest.MapFS {
		m.leaf = sha256Of("")
		return adding(simple("x"))(m)
	}, "prev"},
	{"version of entry", edited("entry/v1", "entry/v2"), "begin"},
	{"line missing", edited("via keeper\n", ""), "via"},
	{"lines swapped", edited("who system\nvia keeper\n", "via keeper\nwho system\n"), "who"},
	{"two spaces", edited("boot ", "boot  "), "number"},
	{"carriage return", edited("via keeper\n", "via keeper\r\n"), "via"},
	{"trailing space", edited("about -\n", "about - \n"), "about"},
	{"trailing line", func(m *maker) fstest.MapFS {
		d := simple("x")
		d.edit = func(text string) string { return text + "\n" }
		return adding(d)(m)
	}, "goes on"},
	{"no line end", func(m *maker) fstest.MapFS {
		d := simple("x")
		d.edit = func(text string) string { return strings.TrimSuffix(text, "\n") }
		return adding(d)(m)
	}, "goes on"},
	{"unknown line", edited("about -\n", "about -\nnote hello\n"), "goes on"},
	{"too long", func(m *maker) fstest.MapFS {
		d := simple("x")
		d.edit = func(text string) string { return text + strings.Repeat("x", maxEntryBytes) }
		return adding(d)(m)
	}, "too long"},
	{"who empty", edited("who system", "who "), "who"},
	{"who with a name", edited("who system", "who 山田"), "who"},
	{"who too long", edited("who system", "who "+strings.Repeat("u", 65)), "who"},
	{"via unknown", edited("via keeper", "via mail"), "via"},
	{"type unknown", edited("type system", "type secret"), "type"},
	{"day that is none", edited("2026-11-20", "2026-02-29"), "time"},
	{"hour 24", edited("T00:12", "T24:12"), "time"},
	{"leap second", edited(":33.123", ":60.123"), "time"},
	{"no milliseconds", edited(".123Z", "Z"), "time"},
	{"comma in time", edited(".123Z", ",123Z"), "time"},
	{"year 1969", edited("wall 2026", "wall 1969"), "time"},
	{"no zone", edited(".123Z", ".123"), "time"},
	{"clock unknown", edited(" ntp", " gps"), "source"},
	{"unset with uncertainty", edited("250 ntp", "250 unset"), "uncertainty"},
	{"set without uncertainty", edited("250 ntp", "- ntp"), "uncertainty"},
	{"uncertainty negative", edited("250 ntp", "-1 ntp"), "number"},
	{"idem short", adding(withIdem("abc")), "idem"},
	{"idem upper case", adding(withIdem(strings.Repeat("AB", 16))), "idem"},
	{"no body", adding(draft{class: "system", values: map[string]string{"text": `"x"`}}), "no body"},
	{"no disclosures", adding(draft{class: "system"}), "no body"},
	{"unknown disclosure", edited("sd body", "sd extra"), "sd"},
	{"disclosure twice", edited("sd body", "sd body "+someHash+"\nsd body"), "order"},
	{"disclosures out of order", edited("sd body", "sd files "+someHash+"\nsd body"), "order"},
	{"digest padded", edited("sd body", "sd body "+someHash+"=\nsd text"), "base64"},
	{"digest short", edited("sd body", "sd body AAAA\nsd text"), "hash"},
	{"digest with loose bits", edited("sd body", "sd body "+someHash[:42]+"9\nsd text"), "base64"},
}

var epochLies = []lie{
	{"boot rises inside an epoch", edited("boot 2", "boot 3"), "boot changes"},
	{"epoch rises without its entry", edited("epoch 3", "epoch 4"), "changes"},
	{"type epoch without a new epoch", adding(draft{class: "epoch", values: simple("x").values}), "next epoch"},
	{"epoch skips", func(m *maker) fstest.MapFS {
		m.close(m.tree.size, m.key(3), m.identity)
		m.epoch = 5
		return adding(epochStart("certificate", m.note))(m)
	}, "next epoch"},
	{"boot skips", func(m *maker) fstest.MapFS {
		m.boot += 2
		m.rotate()
		return m.finish()
	}, "same boot or the next"},
	{"boot falls", func(m *maker) fstest.MapFS {
		m.boot--
		m.rotate()
		return m.finish()
	}, "same boot or the next"},
	{"closing checkpoint too small", func(m *maker) fstest.MapFS {
		m.rotate()
		m.epoch--
		m.close(m.tree.size-2, m.key(m.epoch), m.identity)
		m.epoch++
		return m.finish()
	}, "size"},
	{"closing checkpoint after its end", func(m *maker) fstest.MapFS {
		m.rotate()
		m.epoch--
		m.close(m.tree.size, m.key(m.epoch), m.identity)
		m.epoch++
		return m.finish()
	}, "size"},
	{"closing root of other entries", func(m *maker) fstest.MapFS {
		m.rotate()
		text := strings.Split(m.checkpointText(m.tree.size-1), "\n")
		text[2] = base64Hash(m.leaf)
		m.write("checkpoints/3", sign(strings.Join(text, "\n"), m.key(3), m.identity))
		return m.finish()
	}, "root"},
	{"closed by the next epoch", closing(func(m *maker) []key { return []key{m.key(4), m.identity} }), "checkpoints/3"},
	{"closed by the identity alone", closing(func(m *maker) []key { return []key{m.identity} }), "checkpoints/3"},
	{"closed by the epoch alone", closing(func(m *maker) []key { return []key{m.key(3)} }), "checkpoints/3"},
	{"closed in the wrong order", closing(func(m *maker) []key { return []key{m.identity, m.key(3)} }), "checkpoints/3"},
	{"closed with a third signature", closing(func(m *maker) []key {
		return []key{m.key(3), m.identity, makeKey("witness.example", "w")}
	}), "checkpoints/3"},
	{"certified by the identity alone", certifying(func(m *maker) []key { return []key{m.identity} }), "epochs/4.note"},
	{"certified by the epoch alone", certifying(func(m *maker) []key { return []key{m.key(3)} }), "epochs/4.note"},
	{"certified by itself", certifying(func(m *maker) []key { return []key{m.key(4), m.identity} }), "epochs/4.note"},
	{"certificate after another", func(m *maker) fstest.MapFS {
		m.close(m.tree.size, m.key(3), m.identity)
		m.certify(sha256Of("another"), m.key(3), m.identity)
		m.epoch++
		return adding(epochStart("certificate", m.note))(m)
	}, "follow"},
	{"certificate of another log", func(m *maker) fstest.MapFS {
		m.close(m.tree.size, m.key(3), m.identity)
		m.keys[4] = makeKey("town.example/k0002/1", "epoch 4")
		m.certify(m.note, m.key(3), m.identity)
		m.epoch++
		return adding(epochStart("certificate", m.note))(m)
	}, "not a key of"},
	{"body with another certificate", func(m *maker) fstest.MapFS {
		m.close(m.tree.size, m.key(3), m.identity)
		m.certify(m.note, m.key(3), m.identity)
		m.epoch++
		return adding(epochStart("certificate", sha256Of("another")))(m)
	}, "epoch.start"},
	{"body of an epoch withheld", func(m *maker) fstest.MapFS {
		m.close(m.tree.size, m.key(3), m.identity)
		m.certify(m.note, m.key(3), m.identity)
		m.epoch++
		return adding(epochStart("certificate", m.note).status("body", "withheld"))(m)
	}, "epoch.start"},
	{"body of an epoch with another act", func(m *maker) fstest.MapFS {
		m.close(m.tree.size, m.key(3), m.identity)
		m.certify(m.note, m.key(3), m.identity)
		m.epoch++
		return adding(epochStart("certificate", m.note).with("body", `{"act":"x","certificate":"`+base64Hash(m.note)+`"}`))(m)
	}, "epoch.start"},
	{"head signed by the epoch before", func(m *maker) fstest.MapFS { return m.finish(m.key(2), m.identity) }, "checkpoint.log"},
	{"head signed by the next epoch", func(m *maker) fstest.MapFS { return m.finish(m.key(4), m.identity) }, "checkpoint.log"},
	{"head signed by the identity alone", func(m *maker) fstest.MapFS { return m.finish(m.identity) }, "checkpoint.log"},
	{"head signed by the epoch alone", func(m *maker) fstest.MapFS { return m.finish(m.key(3)) }, "checkpoint.log"},
	{"head with another root", func(m *maker) fstest.MapFS {
		files := m.finish()
		text := strings.Split(m.checkpointText(m.tree.size), "\n")
		text[2] = base64Hash(m.leaf)
		m.write("checkpoint.log", sign(strings.Join(text, "\n"), m.key(3), m.identity))
		m.write("checkpoint", files["checkpoint.log"].Data)
		return files
	}, "root"},
	{"head with an extension line", func(m *maker) fstest.MapFS {
		files := m.finish()
		m.write("checkpoint.log", sign(m.checkpointText(m.tree.size)+"more\n", m.key(3), m.identity))
		m.write("checkpoint", files["checkpoint.log"].Data)
		return files
	}, "three lines"},
	{"head older than the entries", func(m *maker) fstest.MapFS {
		files := m.finish()
		m.write("checkpoint.log", sign(m.checkpointText(m.tree.size-1), m.key(3), m.identity))
		m.write("checkpoint", files["checkpoint.log"].Data)
		return files
	}, "tile/entries"},
}

func closing(keys func(m *maker) []key) func(m *maker) fstest.MapFS {
	return func(m *maker) fstest.MapFS {
		m.close(m.tree.size, keys(m)...)
		m.certify(m.note, m.key(m.epoch), m.identity)
		m.epoch++
		return adding(epochStart("certificate", m.note))(m)
	}
}

func certifying(keys func(m *maker) []key) func(m *maker) fstest.MapFS {
	return func(m *maker) fstest.MapFS {
		m.close(m.tree.size, m.key(m.epoch), m.identity)
		m.certify(m.note, keys(m)...)
		m.epoch++
		return adding(epochStart("certificate", m.note))(m)
	}
}

var disclosureLies = []lie{
	{"redacted without a redaction", adding(simple("x").with("text", `"a"`).status("text", "redacted")), "redacted"},
	{"redaction of another entry", func(m *maker) fstest.MapFS {
		m.add(simple("x").with("text", `"a"`).status("text", "redacted"))
		m.redact(m.tree.size, "text", `"a"`)
		return m.finish()
	}, "redacted"},
	{"redaction of another name", func(m *maker) fstest.MapFS {
		m.add(simple("x").with("text", `"a"`).status("text", "redacted"))
		m.redact(m.tree.size-1, "person", `"a"`)
		return m.finish()
	}, "redacted"},
	{"redaction of another digest", func(m *maker) fstest.MapFS {
		m.add(simple("x").with("text", `"a"`).status("text", "redacted"))
		m.redact(m.tree.size-1, "text", `"b"`)
		return m.finish()
	}, "redacted"},
	{"redaction before its entry", func(m *maker) fstest.MapFS {
		m.redact(m.tree.size+1, "text", `"a"`)
		m.add(simple("x").with("text", `"a"`).status("text", "redacted"))
		return m.finish()
	}, "redacted"},
	{"redaction by nobody", approvedBy(""), "redacted"},
	{"redaction by one", approvedBy(`,"approved_by":["u1"]`), "redacted"},
	{"redaction by one twice", approvedBy(`,"approved_by":["u1","u1"]`), "redacted"},
	{"redaction by one and a number", approvedBy(`,"approved_by":["u1",2]`), "redacted"},
	{"redaction by a name that is no list", approvedBy(`,"approved_by":"u1"`), "redacted"},
	{"body redacted", adding(simple("x").status("body", "redacted")), "never redacted"},
	{"status unknown", adding(simple("x").status("body", "secret")), "forms"},
	{"NUL behind a body", adding(simple("x").with("body", "{\"act\":\"x\"}\x00")), "JSON"},
	{"value without end", adding(simple("x").with("body", `{"act":"x"`)), "JSON"},
	{"body with a byte that is not UTF-8", adding(simple("\xff")), "JSON"},
	{"body with an escaped NUL", adding(simple(`\\\u0000`)), "JSON"},
	{"disclosure too long", adding(simple("x").with("text", `"`+strings.Repeat("a", maxDisclosureChars)+`"`)), "long"},
	{"salt with loose bits", resalted(strings.Repeat("A", 21) + "B"), "base64"},
	{"salt too short", resalted(strings.Repeat("A", 21)), "array"},
	{"salt of other letters", resalted(strings.Repeat("A", 21) + "+"), "array"},
	{"disclosure of another name", resalted(strings.Repeat("A", 22) + `","text","body`), "array"},
	{"line twice", changed("disclosures/0.jsonl", `{"seq":1,`, "{\"seq\":1,\"name\":\"body\",\"status\":\"withheld\"}\n{\"seq\":1,"), "place"},
	{"line for nobody", changed("disclosures/0.jsonl", `{"seq":1,`, "{\"seq\":1,\"name\":\"person\",\"status\":\"withheld\"}\n{\"seq\":1,"), "place"},
	{"line with space", changed("disclosures/0.jsonl", `{"seq":1,`, `{"seq": 1,`), "place"},
	{"line with members swapped", changed("disclosures/0.jsonl", `{"seq":1,"name":"body",`, `{"name":"body","seq":1,`), "place"},
	{"line in capitals", changed("disclosures/0.jsonl", `{"seq":1,`, `{"SEQ":1,`), "place"},
}

// approvedBy redacts a text with the consent of others than two people.
func approvedBy(approvers string) func(m *maker) fstest.MapFS {
	return func(m *maker) fstest.MapFS {
		m.add(simple("x").with("text", `"a"`).status("text", "redacted"))
		m.redact(m.tree.size-1, "text", `"a"`, approvers)
		return m.finish()
	}
}

// resalted adds an entry whose body has another salt.
func resalted(salt string) func(m *maker) fstest.MapFS {
	return func(m *maker) fstest.MapFS {
		d := simple("x")
		m.salt = salt
		m.add(d)
		return m.finish()
	}
}

var bundleLies = []lie{
	{"policy of others", changed("policy", "quorum none", "quorum any"), "policy"},
	{"blob with another content", extra("blobs/" + strings.Repeat("0", 64)), "hash"},
	{"bytes after checkpoint", changed("checkpoint", "— ", "\n— "), "further"},
	{"head is a note of another log", func(m *maker) fstest.MapFS {
		files := m.finish()
		text := strings.Replace(m.checkpointText(m.tree.size), testOrigin, "town.example/k0002/1", 1)
		m.write("checkpoint.log", sign(text, m.key(3), m.identity))
		m.write("checkpoint", files["checkpoint.log"].Data)
		return files
	}, "another log"},
	{"tile of no log", extra("tile/0/001.p/1"), "no entry"},
	{"tile of another width", extra("tile/entries/000.p/9"), "no entry"},
	{"certificate of no log", extra("epochs/9.note"), "no entry"},
	{"closing checkpoint of no log", extra("checkpoints/3"), "no entry"},
	{"disclosures of no log", extra("disclosures/1.jsonl"), "no entry"},
}

// of begins another log, under a name that is none.
func of(origin string) func(m *maker) fstest.MapFS {
	return func(*maker) fstest.MapFS { return newMakerOf(origin).finish() }
}

// genesisSaying signs another text as genesis.
func genesisSaying(from, to string) func(m *maker) fstest.MapFS {
	return func(*maker) fstest.MapFS {
		m := newMaker()
		text, err := noteText(m.files["genesis.note"].Data)
		must(err)
		m.write("genesis.note", sign(strings.Replace(text, from, to, 1), m.key(1), m.identity))
		return m.finish()
	}
}

var genesisLies = []lie{
	{"origin of two parts", of("city.example/k0001"), "origin"},
	{"origin of four parts", of("city.example/k0001/1/1"), "origin"},
	{"origin with an empty part", of("city.example//1"), "origin"},
	{"origin without domain", of("/k0001/1"), "origin"},
	{"origin with incarnation 0", of("city.example/k0001/0"), "origin"},
	{"origin with incarnation 01", of("city.example/k0001/01"), "origin"},
	{"origin with a large incarnation", of("city.example/k0001/9223372036854775808"), "not a number"},
	{"origin with a word for incarnation", of("city.example/k0001/a"), "origin"},
	{"origin in Japanese", of("市.example/k0001/1"), "origin"},
	{"origin too long", of(strings.Repeat("c", 247) + "/k0001/10"), "name of a key"},
	{"genesis of another version", genesisSaying("genesis/v1", "genesis/v2"), "not a genesis"},
	{"genesis with another line", genesisSaying("city.example/k0001/1\n", "city.example/k0001/1\nmore\n"), "not a genesis"},
	{"genesis of another origin", genesisSaying("city.example/k0001/1\n", "city.example/k0002/1\n"), "not a key of"},
	{"genesis without a line", genesisSaying("city.example/k0001/1\n", ""), "not a genesis"},
	{"genesis signed by the identity alone", func(*maker) fstest.MapFS {
		m := newMaker()
		text, err := noteText(m.files["genesis.note"].Data)
		must(err)
		m.write("genesis.note", sign(text, m.identity))
		return m.finish()
	}, "signed by"},
	{"genesis signed in the wrong order", func(*maker) fstest.MapFS {
		m := newMaker()
		text, err := noteText(m.files["genesis.note"].Data)
		must(err)
		m.write("genesis.note", sign(text, m.identity, m.key(1)))
		return m.finish()
	}, "before"},
}

// witnessed adds lines to the signatures of the head.
func witnessed(lines string) func(m *maker) fstest.MapFS {
	return func(m *maker) fstest.MapFS {
		files := m.finish()
		m.write("checkpoint", []byte(string(files["checkpoint.log"].Data)+lines))
		return files
	}
}

func zeros(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }

var witnessLies = []lie{
	{"witness without line end", witnessed("— w " + zeros(72)), "note"},
	{"witness after an empty line", witnessed("\n— w " + zeros(72) + "\n"), "further"},
	{"witness before an empty line", witnessed("— w " + zeros(72) + "\n\n"), "note"},
	{"witness with a hyphen", witnessed("- w " + zeros(72) + "\n"), "line"},
	{"witness without a name", witnessed("—  " + zeros(72) + "\n"), "name"},
	{"witness without a signature", witnessed("— w\n"), "line"},
	{"witness with a space more", witnessed("— w " + zeros(72) + " \n"), "line"},
	{"witness with a plus", witnessed("— w+x " + zeros(72) + "\n"), "name"},
	{"witness with a wide space", witnessed("— w\u3000x " + zeros(72) + "\n"), "name"},
	{"witness with a control character", witnessed("— w\u0085x " + zeros(72) + "\n"), "name"},
	{"witness with DEL", witnessed("— w\u007fx " + zeros(72) + "\n"), "name"},
	{"witness that is not UTF-8", witnessed("— w\xff " + zeros(72) + "\n"), "name"},
	{"witness with a long name", witnessed("— " + strings.Repeat("w", 256) + " " + zeros(72) + "\n"), "name"},
	{"witness with a short signature", witnessed("— w " + zeros(4) + "\n"), "signature"},
	{"witness with a long signature", witnessed("— w " + zeros(4097) + "\n"), "signature"},
	{"witness with loose bits", witnessed("— w AAAAAAB=\n"), "base64"},
	{"witnesses too many", witnessed(strings.Repeat("— w "+zeros(72)+"\n", 63)), "lines"},
	{"witnesses too long", witnessed(strings.Repeat("— w "+zeros(4096)+"\n", 12)), "note"},
}

func extra(file string) func(m *maker) fstest.MapFS {
	return func(m *maker) fstest.MapFS {
		m.write(file, []byte("x\n"))
		return m.finish()
	}
}

// oddities look wrong and are good: the writer's promises that no verifier checks, and files that mean nothing.
var oddities = []lie{
	{"idem twice", adding(withIdem(strings.Repeat("ab", 16)), withIdem(strings.Repeat("ab", 16))), ""},
	{"value is not JSON", adding(simple("x").with("text", ` 1,2 `)), ""},
	{"body with an escaped backslash", adding(simple(`\\u0000`)), ""},
	{"body is not JSON", adding(draft{class: "incident", values: map[string]string{"body": `{"act"`}}), ""},
	{"body is no object", adding(simple("x").with("body", `[]`)), ""},
	{"files is no array", adding(simple("x").with("files", `{}`)), ""},
	{"files without hash", adding(simple("x").with("files", `[{"name":"a"},1,{"sha256":7}]`)), ""},
	{"redaction without need", adding(simple("x").with("body", `{"act":"redaction","seq":1,"name":"text","digest":1}`)), ""},
	{"time goes back", edited("wall 2026", "wall 1970"), ""},
	{"clock unset", edited("250 ntp", "- unset"), ""},
	{"witness known to nobody", witnessed("— 証人 " + zeros(72) + "\n"), ""},
	{"witness with the shortest signature", witnessed("— w " + zeros(5) + "\n"), ""},
	{"witness with the longest signature", witnessed("— " + strings.Repeat("w", 255) + " " + zeros(4096) + "\n"), ""},
	{"witnesses as many as may be", witnessed(strings.Repeat("— w "+zeros(72)+"\n", 62)), ""},
	{"witness with the log's own name", witnessed("— " + testOrigin + " " + zeros(68) + "\n"), ""},
	{"file of no bundle", extra("mine.txt"), ""},
	{"hidden file", extra("tile/.DS_Store"), ""},
	{"blob named by nobody", extra("blobs/73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac"), ""},
}

func TestOddities(t *testing.T) {
	for _, o := range oddities {
		m := sample(10)
		if r := verdictOn(o.tell(m), m.pin()); r.Verdict != good {
			t.Errorf("%s: %s: %s", o.name, r.Verdict, r.Reason)
		}
	}
}

// misspelled changes a text at one to three places, in ways that parsers see differently.
func misspelled(random *rand.Rand, text string) string {
	scraps := []string{"\n", " ", "\r\n", "\t", "\x00", "0", "9", "-", "=", "A", "a", "é", "\xff", "\"", "\\u0000", "{", "}", ",", "1e9", "sd ", "null"}
	for n := 1 + random.Intn(3); n > 0; n-- {
		at := random.Intn(len(text))
		switch random.Intn(4) {
		case 0:
			text = text[:at] + scraps[random.Intn(len(scraps))] + text[at:]
		case 1:
			text = text[:at] + text[at+1:]
		case 2:
			text = text[:at] + string(text[at]^1<<random.Intn(8)) + text[at+1:]
		default:
			to := at + random.Intn(len(text)-at)
			text = text[:at] + text[to:] + text[at:to]
		}
	}
	return text
}

// riddle is a log with an entry or a body that is misspelled and signed. Whether it is good, the verifiers must agree on.
func riddle(seed int64) fstest.MapFS {
	random := rand.New(rand.NewSource(seed))
	m := sample(10)
	d := simple("x").with("text", `"y"`)
	d.idem = strings.Repeat("ab", 16)
	if seed%2 == 0 {
		d.edit = func(text string) string { return misspelled(random, text) }
	} else {
		d = d.with("body", misspelled(random, `{"act":"redaction","seq":4,"name":"text","digest":"`+someHash+`","n":[1.5,null]}`))
	}
	m.add(d)
	return m.finish()
}

func allLies() []lie {
	var all []lie
	for _, group := range [][]lie{entryLies, epochLies, disclosureLies, bundleLies, genesisLies, witnessLies} {
		all = append(all, group...)
	}
	return all
}

func TestLies(t *testing.T) {
	for _, l := range allLies() {
		m := sample(10)
		if r := verdictOn(l.tell(m), m.pin()); r.Verdict != bad || !strings.Contains(r.Reason, l.says) {
			t.Errorf("%s: %s: %s", l.name, r.Verdict, r.Reason)
		}
	}
}

// With KANNUKI_LIES=FOLDER the program tests nothing, and leaves the lies and two honest bundles in the folder,
// so that other verifiers can be tried on them.
func TestMain(m *testing.M) {
	if folder := os.Getenv("KANNUKI_LIES"); folder != "" {
		writeLies(folder)
		return
	}
	os.Exit(m.Run())
}

const riddles = 200

func writeLies(folder string) {
	writeBundle(filepath.Join(folder, "honest", "small"), sample(10).finish())
	writeBundle(filepath.Join(folder, "honest", "large"), sample(600).finish())
	for _, o := range oddities {
		writeBundle(filepath.Join(folder, "honest", strings.ReplaceAll(o.name, " ", "-")), o.tell(sample(10)))
	}
	for _, l := range allLies() {
		writeBundle(filepath.Join(folder, "lies", strings.ReplaceAll(l.name, " ", "-")), l.tell(sample(10)))
	}
	for seed := int64(0); seed < riddles; seed++ {
		writeBundle(filepath.Join(folder, "riddles", fmt.Sprint(seed)), riddle(seed))
	}
	must(os.WriteFile(filepath.Join(folder, "code"), []byte(sample(10).pin()), 0o644))
}

func writeBundle(folder string, files fstest.MapFS) {
	for name, file := range files {
		path := filepath.Join(folder, name)
		must(os.MkdirAll(filepath.Dir(path), 0o755))
		must(os.WriteFile(path, file.Data, 0o644))
	}
}
