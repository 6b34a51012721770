package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing/fstest"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const testOrigin = "city.example/k0001/1"

// A maker writes a log in memory, honestly by default. Its fields may be changed between steps to make it lie.
type maker struct {
	origin   string
	identity key
	keys     map[int64]key // by epoch
	epoch    int64
	boot     int64
	note     tlog.Hash // of the newest certificate
	salt     string    // of the next disclosures, when not the honest one

	tree    tree
	leaf    tlog.Hash
	entries [][]byte
	lines   [][]string // of disclosure files, by entry
	files   fstest.MapFS
}

// A key signs as one name.
type key struct {
	vkey   string
	signer note.Signer
}

func makeKey(origin, seed string) key {
	hash := sha256.Sum256([]byte(seed))
	private := ed25519.NewKeyFromSeed(hash[:])
	vkey, err := note.NewEd25519VerifierKey(origin, private.Public().(ed25519.PublicKey))
	must(err)
	id := strings.Split(vkey, "+")[1]
	signer, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%s+%s", origin, id,
		base64.StdEncoding.EncodeToString(append([]byte{1}, private.Seed()...))))
	must(err)
	return key{vkey, signer}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func (m *maker) key(epoch int64) key {
	if _, made := m.keys[epoch]; !made {
		m.keys[epoch] = makeKey(m.origin, fmt.Sprint("epoch ", epoch))
	}
	return m.keys[epoch]
}

func sign(text string, keys ...key) []byte {
	var signers []note.Signer
	for _, k := range keys {
		signers = append(signers, k.signer)
	}
	raw, err := note.Sign(&note.Note{Text: text}, signers...)
	must(err)
	return raw
}

func (m *maker) write(name string, data []byte) { m.files[name] = &fstest.MapFile{Data: data} }

// newMaker makes the genesis and entry 0.
func newMaker() *maker { return newMakerOf(testOrigin) }

func newMakerOf(origin string) *maker {
	m := &maker{origin: origin, keys: map[int64]key{}, leaf: sha256Of(""), boot: 1, epoch: 1, files: fstest.MapFS{}}
	m.identity = makeKey(m.origin, "identity")
	text := fmt.Sprintf("kannuki-genesis/v1\n%s\n%s\n%s\n", m.origin, m.identity.vkey, m.key(1).vkey)
	m.write("genesis.note", sign(text, m.key(1), m.identity))
	m.write("policy", []byte(fmt.Sprintf("log %s\nquorum none\n", m.identity.vkey)))
	m.write("README.txt", []byte("for people\n"))
	m.note = sha256Of(text)
	m.add(epochStart("genesis", m.note))
	return m
}

func (m *maker) pin() pin {
	g, err := parseGenesis(m.files["genesis.note"].Data)
	must(err)
	return pin(g.code()[:24])
}

// A draft is an entry as it is to be written; edit changes its text before it is hashed.
type draft struct {
	class  string
	idem   string
	values map[string]string
	line   map[string]string // forms of lines other than disclosed: status by name
	edit   func(string) string
}

func epochStart(member string, hash tlog.Hash) draft {
	return draft{class: "epoch", values: map[string]string{
		"body": fmt.Sprintf(`{"act":"epoch.start","%s":"%s"}`, member, base64Hash(hash))}}
}

func simple(act string) draft {
	return draft{class: "system", values: map[string]string{"body": fmt.Sprintf(`{"act":"%s"}`, act)}}
}

func (d draft) with(name, value string) draft {
	values := map[string]string{name: value}
	for n, v := range d.values {
		if n != name {
			values[n] = v
		}
	}
	d.values = values
	return d
}

func (d draft) status(name, word string) draft {
	d.line = map[string]string{name: word}
	return d
}

func (d draft) edited(from, to string) draft {
	d.edit = func(text string) string {
		if !strings.Contains(text, from) {
			panic("nothing to edit: " + from)
		}
		return strings.Replace(text, from, to, 1)
	}
	return d
}

func (m *maker) disclosureString(seq int64, name, value string) string {
	salt := m.salt
	if salt == "" {
		hash := sha256.Sum256([]byte(fmt.Sprint("salt ", seq, name)))
		salt = base64.RawURLEncoding.EncodeToString(hash[:16])
	}
	return base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf(`["%s","%s",%s]`, salt, name, value)))
}

func (m *maker) add(d draft) {
	seq := int64(len(m.entries))
	text := fmt.Sprintf("kannuki-entry/v1\nseq %d\nprev %s\nboot %d\nmono %d\nwall 2026-11-20T00:12:33.123Z 250 ntp\n"+
		"epoch %d\nwho system\nvia keeper\ntype %s\nabout -\n", seq, base64Hash(m.leaf), m.boot, seq*1000, m.epoch, d.class)
	if d.idem != "" {
		text += "idem " + d.idem + "\n"
	}
	var lines []string
	for _, name := range disclosureNames {
		value, ok := d.values[name]
		if !ok {
			continue
		}
		disclosure := m.disclosureString(seq, name, value)
		digest := sha256Of(disclosure)
		text += fmt.Sprintf("sd %s %s\n", name, base64.RawURLEncoding.EncodeToString(digest[:]))
		line := fmt.Sprintf(`{"seq":%d,"name":"%s","disclosure":"%s"}`, seq, name, disclosure)
		if status, ok := d.line[name]; ok {
			line = fmt.Sprintf(`{"seq":%d,"name":"%s","status":"%s"}`, seq, name, status)
		}
		lines = append(lines, line)
	}
	if d.edit != nil {
		text = d.edit(text)
	}
	m.leaf = tlog.RecordHash([]byte(text))
	m.entries = append(m.entries, []byte(text))
	m.lines = append(m.lines, lines)
	must(m.tree.add(m.leaf))
}

// redact appends the redaction of a disclosure of an earlier entry.
func (m *maker) redact(seq int64, name, value string, approvers ...string) {
	if len(approvers) == 0 {
		approvers = []string{`,"approved_by":["u1","u2"]`}
	}
	digest := sha256Of(m.disclosureString(seq, name, value))
	d := simple("redaction")
	d.values["body"] = fmt.Sprintf(`{"act":"redaction","seq":%d,"name":"%s","digest":"%s"%s}`,
		seq, name, base64.RawURLEncoding.EncodeToString(digest[:]), approvers[0])
	m.add(d)
}

func (m *maker) checkpointText(size int64) string {
	root, err := m.tree.root(size)
	must(err)
	return fmt.Sprintf("%s\n%d\n%s\n", m.origin, size, base64Hash(root))
}

// close signs the closing checkpoint of the running epoch.
func (m *maker) close(size int64, keys ...key) {
	m.write(fmt.Sprintf("checkpoints/%d", m.epoch), sign(m.checkpointText(size), keys...))
}

func (m *maker) certify(previous tlog.Hash, keys ...key) {
	text := fmt.Sprintf("kannuki-epoch/v1\n%s\n%d\n%s\n%s\n", m.origin, m.epoch+1, m.key(m.epoch+1).vkey, base64Hash(previous))
	m.write(fmt.Sprintf("epochs/%d.note", m.epoch+1), sign(text, keys...))
	m.note = sha256Of(text)
}

// rotate finishes the epoch and begins the next.
func (m *maker) rotate() {
	m.close(m.tree.size, m.key(m.epoch), m.identity)
	m.certify(m.note, m.key(m.epoch), m.identity)
	m.epoch++
	m.add(epochStart("certificate", m.note))
}

func (m *maker) restart() {
	m.boot++
	m.rotate()
	m.add(simple("writer.start"))
}

// finish signs the head as the given keys and cuts the tiles.
func (m *maker) finish(keys ...key) fstest.MapFS {
	if len(keys) == 0 {
		keys = []key{m.key(m.epoch), m.identity}
	}
	m.write("checkpoint.log", sign(m.checkpointText(m.tree.size), keys...))
	m.write("checkpoint", m.files["checkpoint.log"].Data)
	must(eachTile(m.tree.size, func(index int64, width int) error {
		var tile []byte
		var lines string
		for i := index * tileWidth; i < index*tileWidth+int64(width); i++ {
			tile = append(binary.BigEndian.AppendUint16(tile, uint16(len(m.entries[i]))), m.entries[i]...)
			for _, line := range m.lines[i] {
				lines += line + "\n"
			}
		}
		m.write(tilePath("entries", index, width), tile)
		m.write(fmt.Sprintf("disclosures/%d.jsonl", index), []byte(lines))
		return nil
	}))
	must(m.tree.eachHashTile(func(path string, data []byte) error {
		m.write(path, data)
		return nil
	}))
	return m.files
}

// sample makes a good log with a bit of everything: epochs, restarts, stored files, withheld and redacted values.
func sample(entries int) *maker {
	m := newMaker()
	m.add(simple("writer.start"))
	blob := []byte("a stored file")
	named := simple("report.file").with("files", fmt.Sprintf(`[{"name":"a.txt","size":%d,"type":"text/plain","sha256":"%x"},`+
		`{"name":"b.txt","size":1,"type":"text/plain","sha256":"%x"}]`, len(blob), sha256.Sum256(blob), sha256.Sum256(nil)))
	m.add(named)
	m.write(fmt.Sprintf("blobs/%x", sha256.Sum256(blob)), blob)
	hidden := simple("incident.declared").with("text", `"誤報"`).status("body", "withheld")
	hidden.idem = strings.Repeat("0a", 16)
	m.add(hidden)
	m.rotate()
	erased := int64(len(m.entries))
	m.add(simple("contact.add").with("person", `{"name":"x"}`).status("person", "redacted"))
	m.restart()
	m.redact(erased, "person", `{"name":"x"}`)
	for len(m.entries) < entries {
		if len(m.entries)%100 == 0 {
			m.rotate()
		}
		m.add(simple("heartbeat"))
	}
	return m
}
