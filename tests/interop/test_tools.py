#!/usr/bin/env python3
"""Tools that we did not write check what kannuki-ledger writes, and refuse what was changed."""
import atexit
import base64
import functools
import hashlib
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import bundles
import tap
from authority import Authority
from bundles import Box

SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="kannuki-tools-"))
atexit.register(shutil.rmtree, SCRATCH)
STORED = "写真".encode()
STORED_NAME = hashlib.sha256(STORED).hexdigest()


def run(*command, data=None, folder=SCRATCH):
    return subprocess.run([str(word) for word in command], input=data, capture_output=True, timeout=120, cwd=folder)


def must(*command, data=None, folder=SCRATCH):
    done = run(*command, data=data, folder=folder)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stderr.decode()}")
    return done.stdout


@functools.lru_cache(maxsize=None)
def made_box():
    """A log of four epochs with a stored file."""
    photo = bundles.to_store(SCRATCH, STORED, "写真.jpg", "image/jpeg")
    box = Box(SCRATCH / "log", *([{"type": "incident.noted", "about": "2026-007", "text": f"端末 {number} 号のケーブルを抜いた",
                                   "files": [photo]}] for number in range(3)))
    return box


@functools.lru_cache(maxsize=None)
def made_bundle(*options):
    return made_box().export(*options)


def split_note(note):
    """The text of a note, and (key id, signature) of its lines."""
    text, lines = note.decode().rsplit("\n\n", 1)
    raw = [base64.b64decode(line.split(" ")[2]) for line in lines.splitlines()]
    return (text + "\n").encode(), [(one[:4].hex(), one[4:]) for one in raw]


def vkeys():
    """Every key of the log by its id."""
    bundle = made_bundle()
    texts = [(bundle / "genesis.note").read_text()] + [path.read_text() for path in (bundle / "epochs").iterdir()]
    words = [line.split("+", 2) for text in texts for line in text.splitlines()
             if line.startswith(text.splitlines()[1] + "+")]
    return {key_id: base64.b64decode(key)[1:] for origin, key_id, key in words}


def notes():
    bundle = made_bundle()
    return [bundle / "genesis.note", bundle / "checkpoint.log", *sorted(bundle.glob("epochs/*")), *sorted(bundle.glob("checkpoints/*"))]


class Signatures(unittest.TestCase):
    """Both signatures of every note, and none of them over a changed text or under another key."""

    def check_all(self, verify):
        keys, kinds = vkeys(), set()
        self.assertGreaterEqual(len(keys), 4)
        for path in notes():
            text, lines = split_note(path.read_bytes())
            kinds.add(text.split(b"\n")[0])
            self.assertEqual(len(lines), 2, path)
            for key_id, signature in lines:
                other = next(key for key in keys.values() if key != keys[key_id])
                bent = signature[:40] + bytes([signature[40] ^ 1]) + signature[41:]
                self.assertTrue(verify(keys[key_id], text, signature), path)
                self.assertFalse(verify(keys[key_id], text.replace(b"city", b"town"), signature), path)
                self.assertFalse(verify(keys[key_id], text, bent), path)
                self.assertFalse(verify(other, text, signature), path)
        self.assertEqual(kinds, {b"kannuki-genesis/v1", b"kannuki-epoch/v1", b"city.example/k0001/1"})

    def test_openssl(self):
        def verify(key, text, signature):
            (SCRATCH / "key.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + key)  # RFC 8410
            (SCRATCH / "text").write_bytes(text)
            (SCRATCH / "signature").write_bytes(signature)
            done = run("openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key.der", "-rawin", "-in", "text",
                       "-sigfile", "signature")
            return done.returncode == 0 and b"Signature Verified Successfully" in done.stdout

        self.check_all(verify)

    def test_signify(self):
        """OpenBSD's signify: its files hold the same 64 and 32 bytes behind a number of its own for the key."""
        def verify(key, text, signature):
            for name, raw in (("key.pub", key), ("text.sig", signature)):
                line = base64.b64encode(b"Ed" + bytes(8) + raw).decode()
                (SCRATCH / name).write_text(f"untrusted comment: {name}\n{line}\n")
            (SCRATCH / "text").write_bytes(text)
            return run("signify-openbsd", "-V", "-q", "-p", "key.pub", "-x", "text.sig", "-m", "text").returncode == 0

        self.check_all(verify)


class Stamp(unittest.TestCase):
    """An RFC 3161 authority made here stamps a closing checkpoint."""

    @classmethod
    def setUpClass(cls):
        cls.work = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH))
        cls.closing = made_bundle() / "checkpoints/1"
        cls.authority = Authority(cls.work)
        cls.authority.make_root("other")
        cls.authority.stamp(cls.closing, "reply.tsr")

    def verify(self, data, authority="ca.pem", reply="reply.tsr"):
        done = run("openssl", "ts", "-verify", "-data", data, "-in", reply, "-CAfile", authority, folder=self.work)
        return done.returncode == 0 and b"Verification: OK" in done.stdout

    def test_stamp_fits(self):
        self.assertTrue(self.verify(self.closing))

    def test_changed_file_is_refused(self):
        changed = self.work / "changed"
        changed.write_bytes(self.closing.read_bytes().replace(b"city", b"town"))
        self.assertFalse(self.verify(changed))
        self.assertFalse(self.verify(made_bundle() / "checkpoints/2"))

    def test_other_authority_is_refused(self):
        self.assertFalse(self.verify(self.closing, authority="other.pem"))

    def test_changed_stamp_is_refused(self):
        reply = bytearray((self.work / "reply.tsr").read_bytes())
        reply[-1] ^= 1
        (self.work / "bent.tsr").write_bytes(reply)
        self.assertFalse(self.verify(self.closing, reply="bent.tsr"))

    def test_certificate_for_something_else_cannot_stamp(self):
        self.authority.certify("server", "serverAuth")
        with self.assertRaises(subprocess.CalledProcessError):
            self.authority.stamp(self.closing, "false.tsr", signer="server")


class Digests(unittest.TestCase):
    """sha256sum and openssl see the numbers that the log holds."""

    def setUp(self):
        files = bundles.read(made_bundle())
        self.lines = [json.loads(line) for line in files["disclosures/0.jsonl"].splitlines()]
        self.entries = bundles.entries_of(files)
        self.leaves = files[bundles.tile_path(0, 0, len(self.entries))]

    def digests(self, data):
        return {must("sha256sum", data=data).split()[0].decode(), must("openssl", "dgst", "-sha256", "-r", data=data).split()[0].decode()}

    def test_disclosures(self):
        self.assertGreater(len(self.lines), 10)
        for line in self.lines:
            name = line["name"]
            (committed,) = [words.split()[2] for words in self.entries[line["seq"]].decode().splitlines()
                            if words.startswith(f"sd {name} ")]
            digest = base64.urlsafe_b64decode(committed + "=").hex()
            self.assertEqual(self.digests(line["disclosure"].encode()), {digest})
            self.assertNotIn(digest, self.digests(line["disclosure"].encode() + b"\n"))

    def test_leaves(self):
        """The number made of each entry is in the tile and in the entry after it."""
        for seq, entry in enumerate(self.entries):
            leaf = self.leaves[32 * seq:32 * seq + 32]
            self.assertEqual(self.digests(b"\0" + entry), {leaf.hex()})
            self.assertNotIn(leaf.hex(), self.digests(entry))
            if seq + 1 < len(self.entries):
                self.assertIn(b"\nprev %s\n" % base64.b64encode(leaf), self.entries[seq + 1])

    def test_stored_file(self):
        (named,) = {json.loads(base64.urlsafe_b64decode(line["disclosure"] + "=="))[2][0]["sha256"]
                    for line in self.lines if line["name"] == "files"}
        stored = made_bundle() / "blobs" / named
        self.assertEqual(self.digests(stored.read_bytes()), {named})
        self.assertNotIn(named, self.digests(stored.read_bytes() + b"\n"))


class Encrypted(unittest.TestCase):
    """A stored file encrypted to two auditors: age gives it back to either, and to nobody else."""

    @classmethod
    def setUpClass(cls):
        cls.work = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH))
        recipients = []
        for name in ("first", "second", "other"):
            must("age-keygen", "-o", f"{name}.key", folder=cls.work)
            recipients.append(must("age-keygen", "-y", f"{name}.key", folder=cls.work).decode().strip())
        cls.bundle = made_bundle("--encrypt-to", recipients[0], "--encrypt-to", recipients[1])
        cls.file = cls.bundle / "blobs" / f"{STORED_NAME}.age"

    def decrypt(self, key, path):
        return run("age", "--decrypt", "-i", f"{key}.key", path, folder=self.work)

    def test_both_auditors_can_read(self):
        self.assertFalse((self.bundle / "blobs" / STORED_NAME).exists())
        for key in ("first", "second"):
            done = self.decrypt(key, self.file)
            self.assertEqual((done.returncode, done.stdout), (0, STORED), done.stderr)

    def test_nobody_else_can(self):
        done = self.decrypt("other", self.file)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, b"")

    def test_changed_file_is_refused(self):
        data = bytearray(self.file.read_bytes())
        data[-1] ^= 1
        (self.work / "changed.age").write_bytes(data)
        done = self.decrypt("first", "changed.age")
        self.assertNotEqual(done.returncode, 0)
        self.assertNotEqual(done.stdout, STORED)


if __name__ == "__main__":
    tap.main()
