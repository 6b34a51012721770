#!/usr/bin/env python3
"""The auditor's page as a verifier: it must say of every bundle what kannuki-verify and kannuki-verify-go say of it."""
import atexit
import functools
import io
import json
import pathlib
import random
import shutil
import tempfile
import unittest
import unittest.mock
import zipfile

import bundles
import tap
from bundles import BIN, Box, part_of, run, with_proof, with_status, zipped
from verify_page import VerifyPage

SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="kannuki-browser-"))
atexit.register(shutil.rmtree, SCRATCH)
EVIL = '<img src=x onerror="document.title=1"><script>document.title=2</script>&amp;"\'`'
VECTORS = pathlib.Path(__file__).resolve().parent.parent / "interop/vectors"
FLIPS_PER_FILE = 6
# Of a bad bundle these say how far a verifier came, which the format leaves open.
COUNTS = ("entries_checked", "epochs", "disclosed", "withheld", "redacted", "redacted_elsewhere", "blobs_checked",
          "blobs_encrypted", "blobs_absent", "proofs", "time_stamps", "unchecked_witness_lines", "unsigned_files",
          "foreign_files", "since", "paper", "witnessed", "witnesses")
PROGRAMS = ("kannuki-verify", "kannuki-verify-go")


def noted(number):
    line = {"type": "incident.noted", "about": "2026-007", "text": f"端末 {number} 号のケーブルを抜いた"}
    if number % 5 == 0:
        line["person"] = {"name": f"職員 {number}"}
    if number % 40 == 0:
        line["files"] = [bundles.to_store(SCRATCH, b"file %d" % number, "photo", "text/plain")]
    if number == 7:
        line["text"] = EVIL
    return line


@functools.lru_cache(maxsize=None)
def box_named(name):
    made = Box(SCRATCH / name, *([noted(number) for number in range(first, first + 90)] for first in (0, 90, 180)))
    bundles.lose_stored(made.folder)
    return made


@functools.lru_cache(maxsize=None)
def files_named(name):
    return bundles.read(box_named(name).export())


def box(name="box"):
    return box_named(name)


def files(name="box"):
    return files_named(name)


@functools.lru_cache(maxsize=None)
def judge():
    page = VerifyPage()
    atexit.register(page.close)
    return page


def ask(program, bundle, options):
    return json.loads(run(BIN / program, bundle, *options, "--json").stdout)


def zip64(files):
    """The same ZIP file as if it were large."""
    with unittest.mock.patch("zipfile.ZIP64_LIMIT", 10):
        return zipped(files)


def options_of(pins):
    """The same pins for the other verifiers."""
    options = []
    for name, option in (("code", "genesis"), ("older", "since"), ("paper", "paper"), ("policy", "policy")):
        value = pins.get(name)
        if isinstance(value, bytes):
            path = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH)) / name
            path.write_bytes(value)
            value = path
        options += ["--" + option, value] if value is not None else []
    return options


class Case(unittest.TestCase):
    def assert_agreed(self, bundle, want, **pins):
        """`bundle` is {path: bytes}, or a ZIP file (path); all three say `want`, and the page what kannuki-verify says."""
        folder = bundles.write(tempfile.mkdtemp(dir=SCRATCH), bundle) if isinstance(bundle, dict) else bundle
        page, c, go = judge().one(bundle, **pins), *(ask(program, folder, options_of(pins)) for program in PROGRAMS)
        self.assertEqual((page["verdict"], c["verdict"], go["verdict"]), (want, want, want),
                         [verdict.get("reason") for verdict in (page, c, go)])
        for verdict in (page, c):
            for key in COUNTS + ("reason",) if want == "bad" else ("reason",):
                verdict.pop(key, None)
        self.assertEqual(page, c)
        if want == "good":
            self.assertEqual({key: go[key] for key in page if key in go}, {key: page[key] for key in page if key in go})
        return page


class Verdicts(Case):
    def test_good_folder(self):
        page = self.assert_agreed(files(), "good", code=box().code)
        self.assertEqual((page["size"], page["epochs"]), (280, 5))
        self.assertGreater(page["blobs_absent"], 0)

    def test_good_zip_says_the_same(self):
        path = SCRATCH / "good.zip"
        path.write_bytes(zipped(files()))
        self.assertEqual(self.assert_agreed(path, "good", code=box().code),
                         self.assert_agreed(files(), "good", code=box().code))

    def test_no_genesis(self):
        self.assert_agreed(files(), "unknown")

    def test_genesis_note_kept_as_a_file(self):
        self.assertEqual(judge().one(files(), note=files()["genesis.note"])["verdict"], "good")
        self.assertEqual(judge().one(files(), note=files("other")["genesis.note"])["verdict"], "bad")
        self.assertEqual(judge().one(files(), note=b"none")["verdict"], "unknown")

    def test_wrong_genesis(self):
        self.assert_agreed(files(), "bad", code=box("other").code)
        self.assertEqual(judge().one(files(), code="TOOSHORT")["verdict"], "unknown")

    def test_code_as_people_write_it(self):
        code = box().code.lower()
        self.assertEqual(judge().one(files(), code=f" {code[:5]}-{code[5:12]} {code[12:]} ")["verdict"], "good")

    def test_one_bit(self):
        for name in sorted(files()):
            if name == "README.txt":
                continue
            chosen, data = random.Random(name), files()[name]
            for at in sorted(chosen.sample(range(len(data)), min(FLIPS_PER_FILE, len(data)))):
                flipped = bytearray(data)
                flipped[at] ^= 1 << chosen.randrange(8)
                with self.subTest(name=name, at=at):
                    self.assert_agreed({**files(), name: bytes(flipped)}, "bad", code=box().code)

    def test_each_file_missing_or_cut(self):
        for name in sorted(files()):
            if name == "README.txt":
                continue
            rest = {other: data for other, data in files().items() if other != name}
            with self.subTest(name=name):
                self.assert_agreed(rest, "bad", code=box().code)
                self.assert_agreed({**files(), name: files()[name][:-1]}, "bad", code=box().code)

    def test_end_cut_off(self):
        """The newest entry tile is gone, and the hashes with it."""
        rest = {name: data for name, data in files().items() if "/001" not in name and name != "disclosures/1.jsonl"}
        self.assert_agreed(rest, "bad", code=box().code)

    def test_withheld(self):
        coarse = bundles.read(box().export("--without", "person", "--without", "text"))
        page = self.assert_agreed(coarse, "good", code=box().code)
        self.assertEqual(page["withheld"], 270 + 54)

    def test_foreign_files_and_stored_files(self):
        more = {**files(), "notes.txt": b"x", ".DS_Store": b"x", "tile/.hidden": b"x"}
        self.assertEqual(self.assert_agreed(more, "good", code=box().code)["foreign_files"], 3)
        data = b"file 40"
        named = "blobs/" + bundles.sha256(data).hex()
        self.assertEqual(self.assert_agreed({**files(), named: data}, "good", code=box().code)["blobs_checked"], 1)
        self.assert_agreed({**files(), named: data + b"!"}, "bad", code=box().code)

    def test_names_do_not_turn_the_sentence_round(self):
        """What moves a cursor or the direction of writing is named, as the programs name it."""
        page = self.assert_agreed({**files(), "tile/x\u202ey\n": b""}, "bad", code=box().code)
        self.assertEqual(page["file"], "tile/x\\xe2\\x80\\xaey\\x0a")

    def test_redacted(self):
        erasing = Box(SCRATCH / "erasing", [noted(number) for number in range(1, 9)])
        seq, digest = bundles.seq_and_digest(bundles.read(erasing.export()), "端末 3 号")
        before = bundles.read(erasing.export())
        bundles.ledger("redact", erasing.folder, seq, "text", "--authority", "法第1条", "--reason", "期間満了", "--approved-by",
                       "u1", "--approved-by", "u2")
        page = self.assert_agreed(bundles.read(erasing.export()), "good", code=erasing.code)
        self.assertEqual(page["redacted"], 1)
        page = self.assert_agreed(with_status(before, seq, "text", "redacted"), "bad", code=erasing.code)
        self.assertEqual(page["entry"], seq)


class Extended(Case):
    """Parts of a log, ZIP files, proofs and witnesses."""

    def test_parts(self):
        for start, end in ((0, 256), (256, 280)):
            page = self.assert_agreed(part_of(files(), start, end), "good", code=box().code)
            self.assertEqual((page["entries_checked"], page["size"]), (end - start, 280))

    def test_parts_that_lie(self):
        part = part_of(files(), 256, 280)
        whole = part_of(files(), 0, 256)
        for title, changes in {
                "range of all": {"range": b"from 0\nto 280\n"}, "range inside a tile": {"range": b"from 250\nto 280\n"},
                "range too far": {"range": b"from 256\nto 281\n"}, "empty range": {"range": b"from 256\nto 256\n"},
                "padded": {"range": b"from 0256\nto 280\n"}, "more lines": {"range": part["range"] + b"\n"},
                "hash changed": {"tile/0/000": whole["tile/0/000"][::-1]},
                "tile too many": {"tile/entries/000": whole["tile/entries/000"]},
                "lines too many": {"disclosures/0.jsonl": whole["disclosures/0.jsonl"]},
                "closing of another": {"checkpoints/2": files()["checkpoints/1"]},
                "no policy": {"policy": None}}.items():
            lie = {name: data for name, data in {**part, **changes}.items() if data is not None}
            with self.subTest(title=title):
                self.assert_agreed(lie, "bad", code=box().code)

    def test_zip_envelopes(self):
        good, path = zipped(files()), SCRATCH / "bundle.zip"
        end = good[-22:]
        directory = good.index(b"PK\1\2")
        name = good.index(b"policy", directory)
        broken = {"no zip": b"x" + good, "empty": b"", "comment": good[:-2] + b"\1\0x", "cut": good[:-1],
                  "count": good[:-14] + b"\1\0\1\0" + end[12:], "packed": good[:directory + 10] + b"\10" + good[directory + 11:],
                  "encrypted": good[:directory + 8] + b"\1" + good[directory + 9:],
                  "crc": good[:directory + 16] + b"\0\0\0\0" + good[directory + 20:],
                  "name": good[:name] + b"polic/" + good[name + 6:], "local name": good.replace(b"policy", b"polisy", 1),
                  "twice": good[:name] + b"policz" + good[name + 6:]}
        for title, data in broken.items():
            path.write_bytes(data)
            said = [judge().one(path, code=box().code), *(ask(one, path, ["--genesis", box().code]) for one in PROGRAMS)]
            want = "unknown" if title in ("no zip", "empty", "packed", "encrypted") else "bad"
            with self.subTest(title=title):
                self.assertEqual([one["verdict"] for one in said], [want] * 3)

    def test_zip_names(self):
        for name in ("../policy", "/policy", "a\\b", "a..b", "a//b", "./a", ".", "x" * 1025, "full/"):
            path = SCRATCH / "names.zip"
            path.write_bytes(zipped({**files(), name: b"x"}))
            self.assert_as_in_c(path, "bad")
        path.write_bytes(zipped({**files(), "empty/": b""}))
        self.assert_as_in_c(path, "good")

    def assert_as_in_c(self, path, want):
        said = judge().one(path, code=box().code), ask("kannuki-verify", path, ["--genesis", box().code])
        self.assertEqual([one["verdict"] for one in said], [want] * 2, [one.get("reason") for one in said])

    def test_zip_headers_that_contradict_each_other(self):
        """Every byte of the first local header and directory record, and of the end record, with one bit changed."""
        for title, good in (("plain", zipped(files())), ("ZIP64", zip64(files()))):
            directory = zipfile.ZipFile(io.BytesIO(good)).start_dir
            places = [*range(60), *range(directory, directory + 46), *range(len(good) - 98, len(good))]
            chosen, paths = random.Random(title), []
            for at in chosen.sample(places, 60):
                flipped = bytearray(good)
                flipped[at] ^= 1 << chosen.randrange(8)
                paths.append(SCRATCH / f"{title}-{at}.zip")
                paths[-1].write_bytes(flipped)
            page = [verdict["verdict"] for verdict in judge().many(paths, code=box().code)]
            c = [ask("kannuki-verify", path, ["--genesis", box().code])["verdict"] for path in paths]
            self.assertEqual([(path.name, one) for path, one in zip(paths, page)],
                             [(path.name, one) for path, one in zip(paths, c)])
            self.assertGreater(page.count("bad"), 30)

    def test_zip64_and_zip_that_is_not_in_memory(self):
        path = SCRATCH / "large.zip"
        path.write_bytes(zip64(files()))
        self.assert_as_in_c(path, "good")
        judge().page.set_files("#zip", [path])
        judge().page.wait("the file", "byId('zip').files.length === 1")
        verdict = judge().page.evaluate("openZip(blobPart(byId('zip').files[0])).then((parts) => "
                                        f"verifyBundle(new Bundle(parts), {{ code: '{box().code}' }})).then((r) => r.report.verdict)")
        self.assertEqual(verdict, "good")

    def test_proofs(self):
        for seq in (0, 100, 255, 256, 279):
            self.assertEqual(self.assert_agreed(with_proof(files(), seq), "good", code=box().code)["proofs"], 1)
        good = with_proof(files(), 100)
        proof = good["proofs/100.tlog-proof"]
        lines = proof.split(b"\n")
        for title, lie in {
                "of another": {"proofs/101.tlog-proof": proof}, "of no entry": {"proofs/280.tlog-proof": proof},
                "a hash less": {"proofs/100.tlog-proof": b"\n".join(lines[:2] + lines[3:])},
                "a hash more": {"proofs/100.tlog-proof": b"\n".join(lines[:3] + lines[2:])},
                "swapped": {"proofs/100.tlog-proof": b"\n".join(lines[:2] + [lines[3], lines[2]] + lines[4:])},
                "extra": {"proofs/100.tlog-proof": b"\n".join([lines[0], b"extra AAAA"] + lines[1:])},
                "cut": {"proofs/100.tlog-proof": proof[:-1]}}.items():
            with self.subTest(title=title):
                self.assert_agreed({**files(), **lie}, "bad", code=box().code)

    def test_older_checkpoint_and_paper(self):
        older = files()["checkpoints/2"]
        for name, value, option in (("older", older, "since"), ("paper", bundles.paper_code(files(), 200), "paper")):
            page = self.assert_agreed(files(), "good", code=box().code, **{name: value})
            self.assertGreater(page[option], 0)
            self.assert_agreed(part_of(files(), 256, 280), "good", code=box().code, **{name: value})
            self.assert_agreed(files("other"), "bad", code=box("other").code, **{name: value})
        newer = bundles.paper_code(files(), 200).replace("200-", "281-")
        self.assertEqual(judge().one(files(), code=box().code, paper=newer)["verdict"], "bad")
        self.assertEqual(judge().one(files(), code=box().code, paper="200-ABCDE")["verdict"], "unknown")
        self.assertEqual(judge().one(files(), code=box().code, older=b"x")["verdict"], "unknown")

    def test_policy_set(self):
        setting = Box(SCRATCH / "setting")
        policy = bundles.ledger("policy", setting.folder) + "# ours\n"
        (SCRATCH / "ours").write_text(policy)
        bundles.ledger("policy", setting.folder, SCRATCH / "ours")
        exported = bundles.read(setting.export())
        self.assert_agreed({**exported, "policy": policy.encode()}, "good", code=setting.code)
        self.assert_agreed({**exported, "policy": files()["policy"]}, "bad", code=setting.code)

    def test_witnesses(self):
        first, second, third = (bundles.Witness(f"witness{number}.example", SCRATCH) for number in (1, 2, 3))
        head, closing = files()["checkpoint.log"], files()["checkpoints/2"]
        size = int(closing.split(b"\n")[1])
        signed = {**files(), "checkpoint": head + first.line(head),
                  f"witnessed/{size}": closing + first.line(closing) + second.line(closing)}
        log = files()["policy"].decode().splitlines()[0]
        lines = [log, *(f"witness w{number} {witness.vkey}" for number, witness in enumerate((first, second, third)))]
        wrong = bytearray(first.line(head))
        wrong[-9] ^= 1
        forged = {**signed, "checkpoint": head + bytes(wrong)}
        cases = [("quorum w0", signed, "good", 280), ("group g 2 w0 w1 w2\nquorum g", signed, "good", size),
                 ("group g all w0 w1 w2\nquorum g", signed, "bad", None), ("quorum none", signed, "good", 280),
                 ("group g any w1 w2\nquorum g", signed, "good", size), ("quorum w2", signed, "bad", None),
                 ("quorum w1", forged, "bad", None), ("quorum w9", signed, "unknown", None)]
        for rule, bundle, want, reached in cases:
            text = "\n".join([*lines, rule, ""]).encode()
            with self.subTest(rule=rule):
                if want == "unknown":
                    self.assertEqual(judge().one(bundle, code=box().code, policy=text)["verdict"], want)
                    continue
                page = self.assert_agreed(bundle, want, code=box().code, policy=text)
                self.assertEqual(page.get("witnessed"), reached)
        self.assertEqual(self.assert_agreed(signed, "good", code=box().code)["unchecked_witness_lines"], 3)
        for title, lie in {"no line": {f"witnessed/{size}": closing}, "of no epoch": {"witnessed/5": signed["checkpoint"]},
                           "of another size": {"witnessed/280": signed[f"witnessed/{size}"]}}.items():
            with self.subTest(title=title):
                self.assert_agreed({**signed, **lie}, "bad", code=box().code)


class Vectors(unittest.TestCase):
    """The public vectors that the other verifiers are held to."""

    def each(self, name, check):
        vectors = json.loads((VECTORS / name).read_text())
        return judge().page.evaluate(f"(async (v) => {{ {check} }})({json.dumps(vectors)})")

    def test_ed25519(self):
        wrong = self.each("ed25519.json", """
            const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16)), wrong = [];
            for (const { key, sig, msg, good } of v.vectors)
                if (await signedBy({ raw: bytes(key) }, toBytes(msg), bytes(sig)) !== good)
                    wrong.push([key, sig, msg]);
            return wrong;""")
        self.assertEqual(wrong, [])

    def test_notes(self):
        wrong = self.each("notes.json", """
            const wrong = [];
            for (const { source, vkey, note } of v.notes) {
                const parsed = parseNote(toBytes(note)), key = parseVkey(vkey);
                const line = parsed?.signatures.find((one) => isLineOf(one, key));
                if (!line || !await signedBy(key, parsed.bytes, line.signature))
                    wrong.push(source);
            }
            return wrong.concat(v.bad_vkeys.filter(({ vkey }) => parseVkey(vkey) !== null));""")
        self.assertEqual(wrong, [])

    def test_trees(self):
        roots = self.each("trees.json", """
            const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
            const tree = new Tree(() => {}), roots = [encodeHex(tree.root())];
            for (const { data } of v.leaves) {
                tree.append(leafHash(bytes(data)));
                roots.push(encodeHex(tree.root()));
            }
            return roots;""")
        self.assertEqual(roots, json.loads((VECTORS / "trees.json").read_text())["roots"])

    def test_inclusion_proofs(self):
        wrong = self.each("proofs.json", """
            const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
            const hashed = v.inclusion.filter(({ leaf }) => leaf.length === 64); // the format has no other leaves
            return hashed.filter(({ index, size, leaf, root, proof, good }) => {
                const found = Number(index) < size ? rootFromProof(bytes(leaf), Number(index), size, proof.map(bytes)) : null;
                return (found !== null && encodeHex(found) === root) !== good;
            }).map(({ title }) => title);""")
        self.assertEqual(wrong, [])

    def test_bundles(self):
        """What test_vectors asks of the two programs."""
        vectors = [one for one in json.loads((VECTORS / "index.json").read_text())["vectors"] if one["kind"] == "bundle"]
        names, words = {"genesis": "code", "since": "older", "paper": "paper", "policy": "policy"}, {"unknown": "cannot tell"}
        self.assertGreater(len(vectors), 40)
        for one in vectors:
            pins = {names[name]: (VECTORS / value[1:]).read_bytes() if value.startswith("@") else value for name, value in one["pins"].items()}
            said = judge().one(VECTORS / one["file"], **pins)
            with self.subTest(one["file"], why=one["why"]):
                self.assertEqual(words.get(said["verdict"], said["verdict"]), one["verdict"], said.get("reason"))


if __name__ == "__main__":
    tap.main()
