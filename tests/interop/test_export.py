#!/usr/bin/env python3
"""What kannuki-ledger exports, judged by both verifiers and by tools that know nothing of Kannuki."""
import atexit
import base64
import functools
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import zipfile

import bundles
import tap

BIN = pathlib.Path(os.environ["KANNUKI_BIN"])
BUILD = pathlib.Path(os.environ["KANNUKI_BUILD"])
VERIFIERS = ("kannuki-verify", "kannuki-verify-go")
SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="kannuki-export-"))
atexit.register(shutil.rmtree, SCRATCH)
TILE = 256
BLOBS = [bytes([size % 251]) * size for size in (0, 1, 65535, 65536, 65537, 1000003)]


def run(program, *arguments, **options):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, timeout=120, **options)


def ledger(*arguments, lines=()):
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    done = run(BIN / "kannuki-ledger", "--lang", "en", *arguments, input=text.encode())
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode())
    return done.stdout.decode()


def refused(*arguments):
    done = run(BIN / "kannuki-ledger", "--lang", "en", *arguments)
    if done.returncode == 0:
        raise AssertionError("it should have been refused")
    return done.stderr.decode()


def named(data):
    return bundles.to_store(SCRATCH, data, "記録.bin", "application/octet-stream")


class Log:
    """A ledger of more than two tiles with stored files and a policy."""

    def __init__(self, name, entries=600):
        self.folder = SCRATCH / name
        self.count = 0
        self.code = ledger("init", self.folder, "--origin", "city.example/k0001/1").split()[1]
        self.append([{"type": "incident.noted", "about": "2026-007", "text": f"端末 {i}", "person": {"name": "試験"}}
                     for i in range(entries // 2)])
        self.append([{"type": "incident.noted", "about": "2026-007", "files": [named(data), named(b"never stored")]}
                     for data in BLOBS])
        bundles.lose_stored(self.folder, b"never stored")
        self.policy = "# Ours.\n" + ledger("policy", self.folder)
        (SCRATCH / "policy").write_text(self.policy)
        ledger("policy", self.folder, SCRATCH / "policy")
        self.append([{"type": "incident.noted", "about": "2026-008", "text": "x"} for _ in range(entries // 2)])

    def append(self, lines):
        ledger("append", self.folder, lines=lines)

    def store(self, data, name=None):
        (self.folder / "blobs").mkdir(exist_ok=True)
        (self.folder / "blobs" / (name or hashlib.sha256(data).hexdigest())).write_bytes(data)

    def out(self):
        self.count += 1
        return SCRATCH / f"{self.folder.name}-{self.count}"

    def export(self, *options):
        out = self.out()
        ledger("export", self.folder, out, *options)
        return out


@functools.lru_cache(maxsize=None)
def log():
    return Log("log")


def size_of(bundle):
    return int((bundle / "checkpoint.log").read_text().splitlines()[1])


def entries_of(bundle):
    """seq: text of the entry."""
    found = {}
    for path in sorted((bundle / "tile" / "entries").rglob("*")):
        if path.is_dir():
            continue
        data = path.read_bytes()
        while data:
            length = int.from_bytes(data[:2], "big")
            text = data[2:2 + length].decode()
            found[int(re.search(r"^seq (\d+)$", text, re.M)[1])] = text
            data = data[2 + length:]
    return found


def disclosures_of(bundle):
    """(seq, name): the line."""
    lines = [json.loads(line) for path in (bundle / "disclosures").iterdir() for line in path.read_text().splitlines()]
    return {(line["seq"], line["name"]): line for line in lines}


def value_of(line):
    text = line["disclosure"]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))[2]


class Case(unittest.TestCase):
    def assert_good(self, bundle, code=None):
        for program in VERIFIERS:
            done = run(BIN / program, bundle, "--genesis", code or log().code, "--json")
            self.assertEqual(json.loads(done.stdout)["verdict"], "good", f"{program}: {done.stdout.decode()}")


class Ranges(Case):
    def check(self, first, end):
        options = [*(("--from", first) if first else ()), *(("--to", end) if end else ())]
        bundle = log().export(*options)
        size = size_of(bundle)
        end = end or size
        wide = range(first // TILE * TILE, min(-(-end // TILE) * TILE, size))
        is_part = len(wide) < size
        self.assertEqual((bundle / "range").exists(), is_part)
        if is_part:
            self.assertEqual((bundle / "range").read_text(), f"from {wide.start}\nto {wide.stop}\n")
        entries, lines = entries_of(bundle), disclosures_of(bundle)
        self.assertEqual(set(entries), set(wide))
        for (seq, name), line in lines.items():
            shown = first <= seq < end or (name == "body" and re.search("^type epoch$", entries[seq], re.M)) or (
                name == "body" and "disclosure" in line and value_of(line)["act"] == "policy.set")
            self.assertEqual("disclosure" in line, bool(shown), (first, end, seq, name))
        asked = range(first, end) if options and end - first <= TILE else ()
        proofs = bundle / "proofs"
        self.assertEqual({path.name for path in proofs.iterdir()} if proofs.exists() else set(),
                         {f"{seq}.tlog-proof" for seq in asked})
        self.assert_good(bundle)

    def test_borders(self):
        size = size_of(log().export())
        # Each export is two epochs longer than the one before; what it calls the end is beyond this one's.
        borders = [0, 1, 255, 256, 257, 511, 512, size - 1, size, None]
        for i, first in enumerate(borders[:-2]):
            for end in borders[i + 1:]:
                with self.subTest(first=first, end=end):
                    self.check(first, end)

    def test_the_very_end(self):
        # Opening adds two entries, and the epoch that an export ends adds one after it.
        size = size_of(log().export()) + 3
        bundle = log().export("--from", size - 1, "--to", size)
        self.assertEqual(size_of(bundle), size)
        self.assert_good(bundle)

    def test_outside(self):
        out = log().out()
        for options, says in ((("--from", "5", "--to", "5"), "empty"), (("--from", "6", "--to", "5"), "empty"),
                              (("--to", "0"), "empty"), (("--from", "999999"), "beyond the log"),
                              (("--to", "999999"), "beyond the log"), (("--prove", "999999"), "cannot be proven"),
                              (("--from", "-1"), "--from cannot be '-1'"), (("--prove", "x"), "--prove cannot be 'x'"),
                              (("--without", "body"), "not 'body'"), (("--without", "text,"), "not ''"),
                              (("--encrypt-to", "age1x"), "62 characters")):
            self.assertIn(says, refused("export", log().folder, out, *options), options)
        self.assertFalse(out.exists())


class KeptBack(Case):
    def test_without(self):
        for options in (("--without", "person,text", "--without", "files"), ("--without", "text,files,person")):
            bundle = log().export(*options)
            self.assertEqual({name for (_, name), line in disclosures_of(bundle).items() if "disclosure" in line}, {"body"})
            self.assertFalse((bundle / "blobs").exists())
            self.assert_good(bundle)
        bundle = log().export("--without", "person")
        self.assertEqual({name for (_, name), line in disclosures_of(bundle).items() if "status" in line}, {"person"})
        self.assert_good(bundle)

    def test_policy(self):
        for options in ((), ("--from", "0", "--to", "5"), ("--from", "512")):
            self.assertEqual((log().export(*options) / "policy").read_text(), log().policy)

    def test_erased(self):
        small = Log("erased", 20)
        bundle = small.export("--zip")
        with zipfile.ZipFile(bundle) as archive:
            archive.extractall(SCRATCH / "erased-whole")
        ledger("redact", small.folder, 4, "text", "--authority", "法第1条", "--reason", "期間満了", "--approved-by", "u1",
               "--approved-by", "u2")
        # All of it is one tile, so a part of it is whole, too, and must prove the redaction.
        for options in ((), ("--from", "4", "--to", "6"), ("--from", "10", "--to", "11")):
            bundle = small.export(*options)
            self.assertEqual(disclosures_of(bundle)[4, "text"]["status"], "redacted")
            self.assert_good(bundle, small.code)


class Proofs(Case):
    def test_each_stands_alone(self):
        seqs = [0, 1, 255, 256, 511, 512, 600]
        bundle = log().export(*(word for seq in seqs for word in ("--prove", seq)))
        checkpoint = (bundle / "checkpoint").read_bytes()
        size, root = size_of(bundle), base64.b64decode(checkpoint.split(b"\n")[2])
        entries = entries_of(bundle)
        for seq in seqs:
            text = (bundle / "proofs" / f"{seq}.tlog-proof").read_bytes()
            head, rest = text.split(b"\n\n", 1)
            self.assertEqual(rest, checkpoint)
            title, index, *hashes = head.decode().split("\n")
            self.assertEqual((title, index), ("c2sp.org/tlog-proof@v1", f"index {seq}"))
            leaf = hashlib.sha256(b"\0" + entries[seq].encode()).digest()
            self.assertEqual(self.root_of(leaf, seq, size, [base64.b64decode(one) for one in hashes]), root)
        self.assert_good(bundle)

    def root_of(self, node, index, size, proof):
        """RFC 9162, 2.1.3.2."""
        last = size - 1
        for other in proof:
            if index & 1 or index == last:
                node = hashlib.sha256(b"\1" + other + node).digest()
                while not index & 1 and index:
                    index, last = index >> 1, last >> 1
            else:
                node = hashlib.sha256(b"\1" + node + other).digest()
            index, last = index >> 1, last >> 1
        self.assertEqual(last, 0)
        return node


class Zip(Case):
    def assert_whole(self, path):
        with zipfile.ZipFile(path) as archive:
            self.assertIsNone(archive.testzip())
            names = archive.namelist()
        self.assertEqual(len(names), len(set(names)))
        tested = run("unzip", "-t", "-qq", path)
        self.assertEqual((tested.returncode, tested.stdout, tested.stderr), (0, b"", b""))
        return names

    def test_bundle(self):
        bundle = log().export("--zip")
        self.assert_whole(bundle)
        self.assert_good(bundle)
        with zipfile.ZipFile(bundle) as archive:
            for member in archive.infolist():
                self.assertEqual((member.compress_type, member.date_time), (zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0)))
            archive.extractall(SCRATCH / "unpacked")
        self.assert_good(SCRATCH / "unpacked")

    def test_part(self):
        bundle = log().export("--zip", "--from", "300", "--to", "310")
        self.assert_whole(bundle)
        self.assert_good(bundle)

    def test_many_members(self):
        out = SCRATCH / "many.zip"
        self.assertEqual(run(BUILD / "tests/interop/zip-maker", "many", out).returncode, 0)
        self.assertEqual(len(self.assert_whole(out)), 70000)

    def test_beyond_4_gib(self):
        out = SCRATCH / "far.zip"
        self.assertEqual(run(BUILD / "tests/interop/zip-maker", "far", out).returncode, 0)
        self.assertEqual(self.assert_whole(out), ["folder/0", "folder/1", "folder/2"])
        with zipfile.ZipFile(out) as archive:
            self.assertEqual(archive.read("folder/1"), b"folder/1")


class StoredFiles(Case):
    @functools.lru_cache(maxsize=None)
    def key(self, name):
        path = SCRATCH / name
        run("age-keygen", "-o", path)
        return path, run("age-keygen", "-y", path).stdout.decode().strip()

    def test_plain(self):
        bundle = log().export()
        self.assertEqual({path.name: path.read_bytes() for path in (bundle / "blobs").iterdir()},
                         {hashlib.sha256(data).hexdigest(): data for data in BLOBS})

    def test_age_opens_every_size(self):
        (first, one), (second, two), (stranger, _) = (self.key(name) for name in ("key1", "key2", "key3"))
        bundle = log().export("--encrypt-to", one, "--encrypt-to", two)
        self.assertEqual(len(list((bundle / "blobs").iterdir())), len(BLOBS))
        for data in BLOBS:
            path = bundle / "blobs" / (hashlib.sha256(data).hexdigest() + ".age")
            for identity in (first, second):
                opened = run("age", "--decrypt", "-i", identity, path)
                self.assertEqual(opened.stdout, data, opened.stderr.decode())
            self.assertNotEqual(run("age", "--decrypt", "-i", stranger, path).returncode, 0)

    def test_age_refuses_a_changed_or_cut_one(self):
        path, recipient = self.key("key1")
        bundle = log().export("--encrypt-to", recipient, "--zip")
        with zipfile.ZipFile(bundle) as archive:
            name = next(one for one in archive.namelist() if hashlib.sha256(BLOBS[4]).hexdigest() in one)
            data = archive.read(name)
        self.assertEqual(run("age", "--decrypt", "-i", path, input=data).stdout, BLOBS[4])
        for bad in (data[:-17], data[:-1], data + b"x", data[:-1] + bytes([data[-1] ^ 1]), data.replace(b"X25519", b"X25518")):
            self.assertNotEqual(run("age", "--decrypt", "-i", path, input=bad).returncode, 0)

    def test_a_changed_file_is_named(self):
        small = Log("changed", 10)
        name = hashlib.sha256(BLOBS[2]).hexdigest()
        small.store(BLOBS[2][:-1] + b"x", name)
        out = small.out()
        self.assertIn(name, refused("export", small.folder, out))
        self.assertFalse(out.exists())
        self.assertFalse(out.with_name(out.name + ".part").exists())
        (small.folder / "blobs" / name).unlink()
        self.assertIn("2 are no longer there", ledger("export", small.folder, out))
        self.assert_good(out, small.code)


class Readme(Case):
    """Every command that README.txt prints is run as it stands."""

    def commands(self, bundle, typed):
        text = (bundle / "README.txt").read_text()
        script = "set -e\n" + "".join(line[4:] + "\n" for line in text.splitlines() if line.startswith("    "))
        environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "KANNUKI_LANG": "en"}
        done = run("sh", "-c", script, cwd=bundle, input=typed.encode(), env=environment)
        self.assertEqual(done.returncode, 0, done.stdout.decode() + done.stderr.decode())
        return done.stdout.decode()

    def check(self, bundle, typed=""):
        said = self.commands(bundle, f"{log().code}\n{typed}")
        self.assertIn("GOOD", said)
        self.assertIn("good: .", said)
        self.assertIn(f"\n{log().code}\n", said)
        self.assertIn("Signature Verified Successfully", said)
        self.assertRegex(said, "(?m)^sd body ")
        return said

    def test_plain(self):
        self.assertEqual(self.check(log().export()).count(": OK"), len(BLOBS))

    def test_encrypted(self):
        path = SCRATCH / "readme-key"
        run("age-keygen", "-o", path)
        bundle = log().export("--encrypt-to", run("age-keygen", "-y", path).stdout.decode().strip())
        self.assertEqual(self.check(bundle, f"{path}\n").count(": OK"), len(BLOBS))

    def test_part(self):
        self.check(log().export("--from", "300", "--to", "310"))

    def test_both_languages(self):
        text = (log().export() / "README.txt").read_text()
        self.assertIn("起点の符号", text)
        self.assertIn("genesis code", text)


if __name__ == "__main__":
    tap.main()
