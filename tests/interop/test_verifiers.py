#!/usr/bin/env python3
"""Two verifiers that share no code judge the same bundles. They must be right, and of one mind.

kannuki-verify is the box's own, in C; kannuki-verify-go is written from docs/formats/ledger.md alone.
What other people's tools say of a bundle is in test_tools.py.
"""
import atexit
import base64
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import tempfile
import unittest

import bundles
import tap

BIN = pathlib.Path(os.environ["KANNUKI_BIN"])
BUILD = pathlib.Path(os.environ["KANNUKI_BUILD"])
GOOD, BAD, UNKNOWN = 0, 1, 2
WORDS = {"good": GOOD, "bad": BAD, "unknown": UNKNOWN}
FLIPS_PER_FILE = 18
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="kannuki-interop-"))
atexit.register(shutil.rmtree, SCRATCH)


def run(program, *arguments, **options):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, timeout=120, **options)


def ledger(*arguments, lines=()):
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    done = run(BIN / "kannuki-ledger", *arguments, input=text.encode())
    if done.returncode != 0:
        raise RuntimeError(f"kannuki-ledger {arguments}: {done.stderr.decode()}")
    return done.stdout.decode()


def noted(number):
    line = {"type": "incident.noted", "about": "2026-007", "text": f"端末 {number} 号のケーブルを抜いた"}
    if number % 5 == 0:
        line["person"] = {"name": f"職員 {number}", "phone": "0000"}
    if number % 40 == 0:
        stored = f"file {number}".encode()
        line["files"] = [bundles.to_store(SCRATCH, stored, "photo.txt", "text/plain")]
    return line


class Log:
    """A ledger opened four times, so of several epochs, and its bundle."""

    def __init__(self, name):
        self.folder = SCRATCH / name
        self.code = ledger("init", self.folder, "--origin", "city.example/k0001/1").split()[1]
        for first in (0, 90, 180):
            ledger("append", self.folder, lines=[noted(number) for number in range(first, first + 90)])
        bundles.lose_stored(self.folder)
        self.bundle = self.export("whole")

    def export(self, name, *options):
        bundle = SCRATCH / f"{self.folder.name}-{name}"
        ledger("export", self.folder, bundle, *options)
        return bundle


@functools.lru_cache(maxsize=None)
def log(name):
    return Log(name)


def files_of(bundle):
    return {str(path.relative_to(bundle)): path.read_bytes() for path in sorted(bundle.rglob("*")) if path.is_file()}


def is_signed(name):
    return name not in ("README.txt", "summary.pdf") and not name.endswith(".tsr")


class Mutants:
    """Copies of a bundle with some files changed (bytes) or removed (None). Unchanged files are hard links."""

    def __init__(self, bundle):
        self.bundle = bundle
        self.names = [name for name in files_of(bundle)]
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH))
        self.made = {}

    def add(self, title, changes):
        copy = self.folder / str(len(self.made))
        for name in self.names:
            if name not in changes:
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                os.link(self.bundle / name, copy / name)
        for name, data in changes.items():
            if data is not None:
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                (copy / name).write_bytes(data)
        self.made[copy] = title


def judge_in_c(bundle, genesis):
    return json.loads(run(BIN / "kannuki-verify", bundle, *genesis, "--json").stdout)


def judge(bundles, *genesis):
    """What both verifiers say of each bundle: [(C, Go)]."""
    go = run(BIN / "kannuki-verify-go", *bundles, *genesis, "--json").stdout.splitlines()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        c = list(pool.map(lambda bundle: judge_in_c(bundle, genesis), bundles))
    return list(zip(c, map(json.loads, go), strict=True))


def parse_entries(tile):
    entries = []
    while tile:
        (length,) = struct.unpack_from(">H", tile)
        entries.append(tile[2:2 + length])
        tile = tile[2 + length:]
    return entries


def join_entries(entries):
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def blame_the_same(c, go):
    """The C verifier names an entry or a file; the Go verifier names both where it can."""
    return all(c[key] == go.get(key) for key in ("entry", "file") if key in c)


def strings_of(value):
    if isinstance(value, str):
        return [value]
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for one in values for text in strings_of(one)]


class Case(unittest.TestCase):
    def assert_verdicts(self, want, bundles, *genesis):
        """bundles: {folder: title}."""
        wrong = []
        for title, (c, go) in zip(bundles.values(), judge(list(bundles), *genesis)):
            if (WORDS[c["verdict"]], WORDS[go["verdict"]]) != (want, want) or not blame_the_same(c, go):
                wrong.append(f"{title}: C {c['verdict']} {c.get('reason')}; Go {go['verdict']} {go.get('reason')}")
        self.assertEqual(wrong, [])

    def assert_bad(self, mutants, code):
        self.assertTrue(mutants.made)
        self.assert_verdicts(BAD, mutants.made, "--genesis", code)


class Good(Case):
    def test_whole_bundle(self):
        box = log("box")
        ((c, go),) = judge([box.bundle], "--genesis", box.code)
        self.assertEqual((c["verdict"], go["verdict"]), ("good", "good"))
        for key in ("origin", "genesis", "size", "root", "epochs", "disclosed", "withheld", "redacted", "blobs_checked",
                    "blobs_absent"):
            self.assertEqual(c[key], go[key], key)
        self.assertGreater(go["size"], 256)
        self.assertGreaterEqual(go["epochs"], 4)
        self.assertGreater(go["blobs_absent"], 0)

    def test_exit_codes(self):
        box = log("box")
        broken = Mutants(box.bundle)
        broken.add("no policy", {"policy": None})
        (bad,) = broken.made
        for bundle, code, want in ((box.bundle, box.code, GOOD), (bad, box.code, BAD), (box.bundle, None, UNKNOWN),
                                   (bad, None, BAD), (SCRATCH / "nowhere", box.code, UNKNOWN),
                                   (box.bundle, "TOOSHORT", UNKNOWN)):
            genesis = ["--genesis", code] if code else []
            for program in ("kannuki-verify", "kannuki-verify-go"):
                self.assertEqual(run(BIN / program, bundle, *genesis).returncode, want, (program, bundle, code))

    def test_genesis_note_kept_as_a_file(self):
        box = log("box")
        kept = SCRATCH / "kept.note"
        shutil.copy(box.bundle / "genesis.note", kept)
        self.assert_verdicts(GOOD, {box.bundle: "whole"}, "--genesis", kept)

    def test_withheld(self):
        box = log("box")
        bundle = box.export("coarse", "--without", "person", "--without", "text")
        ((c, go),) = judge([bundle], "--genesis", box.code)
        self.assertEqual((c["verdict"], go["verdict"]), ("good", "good"))
        self.assertEqual((c["withheld"], go["withheld"]), (270 + 54, 270 + 54))

    def test_stored_file(self):
        mutants = Mutants(log("box").bundle)
        data = b"file 40"
        mutants.add("blob", {f"blobs/{hashlib.sha256(data).hexdigest()}": data})
        for verdict in judge(list(mutants.made), "--genesis", log("box").code)[0]:
            self.assertEqual((verdict["verdict"], verdict["blobs_checked"]), ("good", 1))

    def test_end_cut_off_at_a_closing_checkpoint(self):
        """Inside the bundle nothing tells: only pins outside the box do. Both must say so by saying good."""
        box = log("box")
        files = files_of(box.bundle)
        head = files["checkpoints/2"]
        size = int(head.split(b"\n")[1])
        self.assertLess(size, 256)
        changes = {name: None for name in files if name.startswith(("tile/", "disclosures/"))}
        changes.update({name: None for name in files if name.startswith("epochs/") and name > "epochs/2.note"})
        changes.update({name: None for name in files if name.startswith("checkpoints/") and name >= "checkpoints/2"})
        lines = files["disclosures/0.jsonl"].splitlines(keepends=True)
        changes.update({
            "checkpoint": head, "checkpoint.log": head,
            f"tile/0/000.p/{size}": files["tile/0/000"][:32 * size],
            f"tile/entries/000.p/{size}": join_entries(parse_entries(files["tile/entries/000"])[:size]),
            "disclosures/0.jsonl": b"".join(line for line in lines if json.loads(line)["seq"] < size)})
        mutants = Mutants(box.bundle)
        mutants.add("cut off", changes)
        self.assert_verdicts(GOOD, mutants.made, "--genesis", box.code)


class Shown(Case):
    """What forgers call their files does not tell the auditor's terminal what to do."""

    CALLED = ["x\r\x1b[2Kgood: g3: 1037 entries in 7 epochs\x1b[8m", "x\n\u009b2Kgood", "x\u202elit\u2066.doog\u2028", b"x\xff\x9b2K"]

    def assert_harmless(self, bundle, want):
        """Neither the programs' words nor the strings of their JSON hold anything that moves a cursor."""
        for program in ("kannuki-verify", "kannuki-verify-go"):
            words, said = (run(BIN / program, bundle, "--genesis", log("box").code, *more) for more in ([], ["--json"]))
            text = (words.stdout + words.stderr).decode()
            with self.subTest(program=program, bundle=bundle, text=text):
                self.assertEqual((words.returncode, said.returncode), (want, want))
                for line in [*text.split("\n"), *strings_of(json.loads(said.stdout))]:
                    self.assertNotRegex(line, "[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u202e\\u2066]")
                if not os.fspath(bundle).endswith("stamped"):  # stamps are counted, not named
                    self.assertIn("\\x", text)

    def test_names_of_files(self):
        for called in map(os.fsencode, self.CALLED):
            for name, title, want in ((called, "foreign", GOOD), (b"tile/0/" + called, "stray", BAD), (called + b".tsr", "stamped", GOOD)):
                folder = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH)) / title
                shutil.copytree(log("box").bundle, folder)
                with open(os.path.join(os.fsencode(folder), name), "wb") as file:
                    file.write(b"x")
                self.assert_harmless(folder, want)

    def test_names_of_bundles(self):
        for called in map(os.fsencode, self.CALLED):
            path = os.path.join(os.fsencode(tempfile.mkdtemp(dir=SCRATCH)), called)
            with open(path, "wb") as file:
                file.write(b"x")
            self.assert_harmless(os.fsdecode(path), UNKNOWN)


class FromInside(unittest.TestCase):
    """What a bundle says of itself proves nothing: both programs refuse it, however the way to it is written."""

    def assert_said(self, want, *arguments, **options):
        for program in ("kannuki-verify", "kannuki-verify-go"):
            done = run(BIN / program, *arguments, **options)
            self.assertEqual(done.returncode, want, (program, arguments, done.stderr.decode()))
            if want == UNKNOWN:
                self.assertRegex((done.stdout + done.stderr).decode(), "lies in the bundle itself|束そのものの中にある")

    def test_pins_in_the_bundle(self):
        bundle, code = log("box").bundle, ["--genesis", log("box").code]
        link = SCRATCH / "looks-kept"
        link.symlink_to(bundle / "genesis.note")
        for way in (bundle / "genesis.note", bundle / "tile/../genesis.note", link):
            self.assert_said(UNKNOWN, bundle, "--genesis", way)
        self.assert_said(UNKNOWN, ".", "--genesis", "genesis.note", cwd=bundle)
        for option, way in (("--since", "checkpoint.log"), ("--since", "checkpoints/1"), ("--since", "."), ("--policy", "policy")):
            self.assert_said(UNKNOWN, bundle, *code, option, bundle / way)

    def test_a_bundle_as_its_own_older_one(self):
        path = SCRATCH / "own.zip"
        path.write_bytes(bundles.zipped(files_of(log("box").bundle)))
        self.assert_said(UNKNOWN, path, "--genesis", log("box").code, "--since", path)

    def test_kept_elsewhere(self):
        """A copy nobody can tell from what was kept; nor is the folder beside the bundle inside it."""
        bundle = log("box").bundle
        kept = pathlib.Path(f"{bundle}-kept")
        shutil.copytree(bundle, kept)
        self.assert_said(GOOD, bundle, "--genesis", kept / "genesis.note", "--since", kept, "--policy", kept / "policy")


class NoGenesis(Case):
    def test_cannot_tell(self):
        self.assert_verdicts(UNKNOWN, {log("box").bundle: "whole"})


class Changed(Case):
    def setUp(self):
        self.box = log("box")
        self.files = files_of(self.box.bundle)
        self.mutants = Mutants(self.box.bundle)
        self.signed = [name for name in self.files if is_signed(name)]

    def tearDown(self):
        shutil.rmtree(self.mutants.folder)

    def add(self, title, **changes):
        self.mutants.add(title, changes)

    def assert_all_bad(self):
        self.assert_bad(self.mutants, self.box.code)

    def test_one_bit(self):
        for name in self.signed:
            chosen = random.Random(name)
            data = self.files[name]
            places = {0, len(data) - 1} | {chosen.randrange(len(data)) for _ in range(FLIPS_PER_FILE - 2)}
            for at in sorted(places):
                flipped = bytearray(data)
                flipped[at] ^= 1 << chosen.randrange(8)
                self.mutants.add(f"{name}: bit at byte {at}", {name: bytes(flipped)})
        self.assertGreater(len(self.mutants.made), 300)
        self.assert_all_bad()

    def test_loose_bits_of_signatures(self):
        """Another spelling of the same signature bytes."""
        for name in self.signed:
            if not name.startswith(("checkpoint", "epochs", "genesis")):
                continue
            text, lines = self.files[name].decode().rsplit("\n\n", 1)
            for number, line in enumerate(lines.splitlines()):
                self.assertEqual(line[-1], "=")
                loose = line[:-2] + BASE64[BASE64.index(line[-2]) ^ 1] + "="
                self.assertEqual(base64.b64decode(loose.split()[2]), base64.b64decode(line.split()[2]))
                self.mutants.add(f"{name}: loose bits in signature {number}",
                                 {name: self.files[name].replace(line.encode(), loose.encode())})
        self.assert_all_bad()

    def test_each_file_missing_cut_or_longer(self):
        for name in self.signed:
            data = self.files[name]
            self.mutants.add(f"{name}: missing", {name: None})
            self.mutants.add(f"{name}: empty", {name: b""})
            self.mutants.add(f"{name}: last byte cut", {name: data[:-1]})
            self.mutants.add(f"{name}: LF added", {name: data + b"\n"})
            self.mutants.add(f"{name}: twice", {name: data + data})
        self.assert_all_bad()

    def test_files_of_another_log(self):
        other = files_of(log("other").bundle)
        for name in self.signed:
            if name in other:
                self.mutants.add(f"{name}: of another log", {name: other[name]})
        self.assert_all_bad()

    def test_foreign_genesis(self):
        self.assert_verdicts(BAD, {self.box.bundle: "another code"}, "--genesis", log("other").code)
        note = log("other").bundle / "genesis.note"
        self.assert_verdicts(BAD, {self.box.bundle: "another note"}, "--genesis", note)

    def test_entries_removed_swapped_repeated(self):
        for name in self.signed:
            if not name.startswith("tile/entries/"):
                continue
            entries = parse_entries(self.files[name])
            last = len(entries) - 1
            for title, changed in {
                    "first dropped": entries[1:], "last dropped": entries[:-1], "one dropped": entries[:5] + entries[6:],
                    "neighbours swapped": entries[:3] + [entries[4], entries[3]] + entries[5:],
                    "first and last swapped": [entries[last]] + entries[1:last] + [entries[0]],
                    "one repeated": entries[:4] + entries[3:], "one replaced by another": entries[:4] + entries[3:4] + entries[5:],
                    "empty entry": entries[:4] + [b""] + entries[5:]}.items():
                self.mutants.add(f"{name}: {title}", {name: join_entries(changed)})
        self.assert_all_bad()

    def test_hashes_that_fit_changed_entries(self):
        """Tiles and tree made anew after a change: the checkpoints still tell."""
        name = "tile/entries/000"
        entries = parse_entries(self.files[name])
        entries[7] = entries[7].replace(b"who system", b"who u12345")
        hashes = [hashlib.sha256(b"\0" + entry).digest() for entry in entries]
        self.mutants.add("an entry and its leaf", {name: join_entries(entries), "tile/0/000": b"".join(hashes)})
        self.assertNotEqual(self.files["tile/0/000"], b"".join(hashes))
        self.assert_all_bad()

    def test_older_checkpoints(self):
        for k in (1, 2, 3):
            head = self.files[f"checkpoints/{k}"]
            self.mutants.add(f"closing checkpoint {k} as the head", {"checkpoint": head, "checkpoint.log": head})
            self.mutants.add(f"closing checkpoint {k} for the next", {f"checkpoints/{k + 1}": head})
        self.assert_all_bad()

    def test_signatures_removed_or_swapped(self):
        for name in self.signed:
            if not name.startswith(("checkpoint", "epochs", "genesis")):
                continue
            text, lines = self.files[name].rsplit(b"\n\n", 1)
            epoch, identity = lines.splitlines(keepends=True)
            for title, kept in {"epoch alone": epoch, "identity alone": identity, "swapped": identity + epoch,
                                "epoch twice": epoch + epoch, "repeated": epoch + identity + identity}.items():
                note = text + b"\n\n" + kept
                changes = {name: note, "checkpoint": note} if name == "checkpoint.log" else {name: note}
                if name == "checkpoint" and title == "repeated":
                    continue  # this reads as a witness's line
                self.mutants.add(f"{name}: {title}", changes)
        self.assert_all_bad()

    def test_disclosures_edited_or_missing(self):
        name = "disclosures/0.jsonl"
        lines = self.files[name].splitlines(keepends=True)
        at = next(i for i, line in enumerate(lines) if b'"name":"text"' in line)
        line = json.loads(lines[at])
        salt, kind, value = json.loads(base64.urlsafe_b64decode(line["disclosure"] + "=="))

        def rewritten(value):
            array = json.dumps([salt, kind, value], ensure_ascii=False, separators=(",", ":")).encode()
            line["disclosure"] = base64.urlsafe_b64encode(array).decode().rstrip("=")
            return json.dumps(line, separators=(",", ":")).encode() + b"\n"

        self.assertEqual(rewritten(value), lines[at])
        status = b'{"seq":%d,"name":"text","status":"%s"}\n'
        for title, new in {
                "another text": rewritten("何も起きていない"), "missing": b"", "twice": lines[at] * 2,
                "redacted by nobody": status % (line["seq"], b"redacted"),
                "unknown status": status % (line["seq"], b"secret"),
                "withheld twice": status % (line["seq"], b"withheld") * 2,
                "padded": lines[at].replace(b'"}', b'="}'), "space": lines[at].replace(b":", b": ", 1),
                "of another entry": lines[at].replace(b'"seq":%d' % line["seq"], b'"seq":%d' % (line["seq"] + 1)),
        }.items():
            self.mutants.add(f"text {title}", {name: b"".join(lines[:at] + [new] + lines[at + 1:])})
        self.mutants.add("neighbours swapped", {name: b"".join(lines[:at - 1] + [lines[at], lines[at - 1]] + lines[at + 1:])})
        first = lines[0].split(b'"disclosure"')[0]
        for word in (b"withheld", b"redacted"):
            self.mutants.add(f"epoch.start {word}", {name: first + b'"status":"%s"}\n' % word + b"".join(lines[1:])})
        self.assert_all_bad()

    def test_stored_file_of_another_content(self):
        named = hashlib.sha256(b"file 40").hexdigest()
        self.mutants.add("blob", {f"blobs/{named}": b"file 41"})
        self.assert_all_bad()


class SignedLies(Case):
    """Logs that are hashed and signed throughout and break a rule, written by the Go verifier's own tests."""

    @classmethod
    def setUpClass(cls):
        cls.folder = SCRATCH / "signed"
        done = run(BUILD / "tests/interop/verify-go-tests", env={**os.environ, "KANNUKI_LIES": str(cls.folder)})
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode())
        cls.code = (cls.folder / "code").read_text()

    def bundles(self, kind):
        found = {bundle: bundle.name for bundle in sorted((self.folder / kind).iterdir())}
        self.assertGreater(len(found), 10)
        return found

    def test_lies(self):
        self.assert_verdicts(BAD, self.bundles("lies"), "--genesis", self.code)
        self.assert_verdicts(BAD, self.bundles("lies"))

    def test_riddles(self):
        """Misspelled and signed: which are good is open, and the answer must be one."""
        bundles = self.bundles("riddles")
        verdicts = judge(list(bundles), "--genesis", self.code)
        self.assertEqual([(title, c, go) for title, (c, go) in zip(bundles.values(), verdicts)
                          if c["verdict"] != go["verdict"] or not blame_the_same(c, go)], [])
        self.assertGreater(len({go["verdict"] for c, go in verdicts}), 1)

    def test_honest_oddities(self):
        self.assert_verdicts(GOOD, self.bundles("honest"), "--genesis", self.code)


if __name__ == "__main__":
    tap.main()
