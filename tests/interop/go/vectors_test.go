package main

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The numbers of other people, so that two wrong programs of ours cannot agree.

func readVectors(t *testing.T, name string, into interface{}) {
	raw, err := os.ReadFile("../vectors/" + name)
	must(err)
	must(json.Unmarshal(raw, into))
}

func TestPublicTrees(t *testing.T) {
	var vectors struct {
		EmptyRoot string `json:"empty_root"`
		Leaves    []struct{ Data, Hash string }
		Roots     []string
		Nodes     []struct {
			Left, Right int
			Hash        string
		}
	}
	readVectors(t, "trees.json", &vectors)
	if len(vectors.Roots) != len(vectors.Leaves)+1 || vectors.Roots[0] != vectors.EmptyRoot {
		t.Fatal("trees.json is not complete")
	}
	var grown tree
	for _, leaf := range vectors.Leaves {
		data, err := hex.DecodeString(leaf.Data)
		must(err)
		hash := tlog.RecordHash(data)
		if hex.EncodeToString(hash[:]) != leaf.Hash {
			t.Errorf("leaf %q: %x", leaf.Data, hash)
		}
		must(grown.add(hash))
	}
	for size, want := range vectors.Roots {
		root, err := grown.root(int64(size))
		if err != nil || hex.EncodeToString(root[:]) != want {
			t.Errorf("root of %d: %x, %v", size, root, err)
		}
	}
	for _, node := range vectors.Nodes {
		pair, err := grown.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(node.Left)), tlog.StoredHashIndex(0, int64(node.Right))})
		must(err)
		if hash := tlog.NodeHash(pair[0], pair[1]); hex.EncodeToString(hash[:]) != node.Hash {
			t.Errorf("node %d, %d: %x", node.Left, node.Right, hash)
		}
	}
}

func TestPublicNotes(t *testing.T) {
	var vectors struct {
		Notes    []struct{ Source, Vkey, Text, Note string }
		BadVkeys []struct{ Why, Vkey string } `json:"bad_vkeys"`
	}
	readVectors(t, "notes.json", &vectors)
	if len(vectors.Notes) == 0 || len(vectors.BadVkeys) == 0 {
		t.Fatal("notes.json is not complete")
	}
	for _, v := range vectors.Notes {
		key, err := parseKey(v.Vkey, strings.Split(v.Vkey, "+")[0])
		if err != nil {
			t.Errorf("%s: %v", v.Source, err)
			continue
		}
		if n, err := note.Open([]byte(v.Note), note.VerifierList(key)); err != nil || n.Text != v.Text {
			t.Errorf("%s: %v", v.Source, err)
		}
		if text, err := noteText([]byte(v.Note)); err != nil || text != v.Text {
			t.Errorf("%s: %q, %v", v.Source, text, err)
		}
	}
	for _, v := range vectors.BadVkeys {
		if _, err := parseKey(v.Vkey, strings.Split(v.Vkey, "+")[0]); err == nil {
			t.Errorf("a vkey with %s was accepted", v.Why)
		}
	}
}

func hexOf(t *testing.T, s string) []byte {
	raw, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// proofOf returns nothing where a hash has not the size of one.
func proofOf(t *testing.T, hashes ...string) (list []tlog.Hash) {
	for _, text := range hashes {
		var hash tlog.Hash
		if copy(hash[:], hexOf(t, text)) != len(hash) || len(text) != 2*len(hash) {
			return nil
		}
		list = append(list, hash)
	}
	return list
}

func TestPublicProofs(t *testing.T) {
	var vectors struct {
		Inclusion []struct {
			Title, Leaf, Root string
			Index             uint64 `json:",string"`
			Size              int64
			Proof             []string
			Good              bool
		}
		Consistency []struct {
			Title, Root string
			OldRoot     string `json:"old_root"`
			OldSize     int64  `json:"old_size"`
			Size        int64
			Proof       []string
			Good        bool
		}
	}
	readVectors(t, "proofs.json", &vectors)
	if len(vectors.Inclusion) < 98 || len(vectors.Consistency) < 98 {
		t.Fatal("proofs.json is not complete")
	}
	for _, v := range vectors.Inclusion {
		h := proofOf(t, append([]string{v.Leaf, v.Root}, v.Proof...)...)
		good := h != nil && tlog.CheckRecord(h[2:], v.Size, h[1], int64(v.Index), h[0]) == nil
		if good != v.Good {
			t.Errorf("inclusion %s: %v", v.Title, good)
		}
	}
	for _, v := range vectors.Consistency {
		h := proofOf(t, append([]string{v.OldRoot, v.Root}, v.Proof...)...)
		good := h != nil && tlog.CheckTree(h[2:], v.Size, h[1], v.OldSize, h[0]) == nil
		if good != v.Good {
			t.Errorf("consistency %s: %v", v.Title, good)
		}
	}
}

func TestPublicCheckpoints(t *testing.T) {
	var vectors struct {
		Vkey                string
		Leaves, Checkpoints []string
	}
	readVectors(t, "tessera.json", &vectors)
	if len(vectors.Checkpoints) != len(vectors.Leaves)+1 {
		t.Fatal("tessera.json is not complete")
	}
	origin := strings.Split(vectors.Vkey, "+")[0]
	key, err := parseKey(vectors.Vkey, origin)
	must(err)
	var grown tree
	for size, raw := range vectors.Checkpoints {
		n, err := readNote([]byte(raw), key)
		if err != nil {
			t.Errorf("checkpoint %d: %v", size, err)
			continue
		}
		root, err := grown.root(int64(size))
		must(err)
		if want := fmt.Sprintf("%s\n%d\n%s\n", origin, size, base64Hash(root)); n.Text != want {
			t.Errorf("checkpoint %d: %q", size, n.Text)
		}
		if size < len(vectors.Leaves) {
			must(grown.add(tlog.RecordHash([]byte(vectors.Leaves[size]))))
		}
	}
}

func TestEdgesOfEd25519(t *testing.T) {
	var vectors struct {
		Vectors []struct {
			Key, Sig, Msg string
			Flags         []string
			Good          bool
		}
	}
	readVectors(t, "ed25519.json", &vectors)
	if len(vectors.Vectors) < 914 {
		t.Fatal("ed25519.json is not complete")
	}
	for i, v := range vectors.Vectors {
		if good := signatureFits(hexOf(t, v.Key), []byte(v.Msg), hexOf(t, v.Sig)); good != v.Good {
			t.Errorf("%d, %v: %v", i, v.Flags, good)
		}
	}
}

func TestTilePaths(t *testing.T) {
	for want, have := range map[string]string{
		"tile/0/005":                 tilePath("0", 5, 256),
		"tile/entries/x001/x234/067": tilePath("entries", 1234067, 256),
		"tile/0/001.p/44":            tilePath("0", 1, 44),
		"tile/1/x001/000.p/255":      tilePath("1", 1000, 255),
	} {
		if have != want {
			t.Errorf("%s, not %s", have, want)
		}
	}
}

// TestWorkedExample makes a bundle of what docs/formats/ledger.md prints, byte for byte, and verifies it.
func TestWorkedExample(t *testing.T) {
	page, err := os.ReadFile("../../../docs/formats/ledger.md")
	must(err)
	example := strings.SplitN(string(page), "\n## Worked example\n", 2)[1]
	example = strings.SplitN(example, "\n## ", 2)[0]
	parts := strings.Split(example, "\n```\n")
	block := func(n int) []byte { return []byte(parts[2*n+1] + "\n") }
	if len(parts) != 2*8+1 {
		t.Fatalf("the example has %d blocks, not the 8 that this test knows", len(parts)/2)
	}
	g, err := parseGenesis(block(0))
	must(err)
	if !strings.Contains(example, "`"+g.code()[:24]+"`") {
		t.Error("the page prints another genesis code")
	}
	files := fstest.MapFS{}
	write := func(name string, data []byte) { files[name] = &fstest.MapFile{Data: data} }
	write("genesis.note", block(0))
	write("policy", []byte("log "+g.identityVkey+"\nquorum none\n"))
	write("checkpoints/1", block(3))
	write("epochs/2.note", block(4))
	write("checkpoint.log", block(6))
	write("checkpoint", block(6))
	write("disclosures/0.jsonl", block(7))
	var entries, leaves []byte
	for _, n := range []int{1, 2, 5} {
		entries = append(binary.BigEndian.AppendUint16(entries, uint16(len(block(n)))), block(n)...)
		leaf := tlog.RecordHash(block(n))
		leaves = append(leaves, leaf[:]...)
	}
	write("tile/entries/000.p/3", entries)
	write("tile/0/000.p/3", leaves)
	if r := verdictOn(files, pin(g.code()[:24])); r.Verdict != good || r.Disclosed != 4 {
		t.Errorf("%+v", r)
	}
}
