#!/usr/bin/env python3
"""Witnesses and time stamps, the whole way: a request goes out, an answer comes back, auditors find it in a later bundle.

And those who would rather have another past: answers of other logs, old answers, mangled ones, a log set back.
"""
import atexit
import base64
import functools
import hashlib
import itertools
import json
import pathlib
import random
import shutil
import sqlite3
import tempfile
import unittest

import bundles
import tap
from authority import Authority
from bundles import BIN, Box, run
from verify_page import VerifyPage
from witness import Neighbour, Refused, parse_request

SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="kannuki-pins-"))
atexit.register(shutil.rmtree, SCRATCH)
NUMBERS = itertools.count()
FLIPS = 60


def noted(count, text="端末"):
    return [{"type": "incident.noted", "about": "2026-007", "text": f"{text} {number}"} for number in range(count)]


def fresh(suffix=""):
    return SCRATCH / f"{next(NUMBERS)}{suffix}"


def ledger(*arguments):
    return bundles.ledger("--lang", "en", *arguments)


def refused(*arguments):
    """What the person reads; a refusal, and nothing on standard output."""
    done = run(BIN / "kannuki-ledger", "--lang", "en", *arguments)
    if done.returncode != 1 or done.stdout:
        raise AssertionError(f"not refused: {arguments} ({done.returncode})")
    return done.stderr.decode().strip()


class PinnedBox(Box):
    """A ledger and whom it asks."""

    def __init__(self, entries=300):
        super().__init__(fresh(), noted(entries))
        self.vkey = (self.export() / "genesis.note").read_text().splitlines()[2]

    def note(self, count, text="端末"):
        bundles.ledger("append", self.folder, lines=noted(count, text))

    def neighbour(self, name):
        return Neighbour(name, SCRATCH, self.vkey)

    def policy(self, witnesses, quorum):
        lines = [f"log {self.vkey}", *(f"witness {one.name} {one.vkey}" for one in witnesses),
                 f"group g {quorum} " + " ".join(one.name for one in witnesses), "quorum g"]
        return "\n".join(lines) + "\n"

    def trust(self, *witnesses):
        file = fresh()
        file.write_text(self.policy(witnesses, "any"))
        ledger("policy", self.folder, file)
        return file

    def request(self, *options):
        file = fresh()
        ledger("witness", "request", self.folder, "--out", file, *options)
        return file.read_bytes()

    def accept(self, answer):
        file = fresh()
        file.write_bytes(answer)
        return ledger("witness", "accept", self.folder, file)

    def refuses(self, answer, kind="witness"):
        """The message; and nothing is left of it."""
        file, before = fresh(), self.pins()
        file.write_bytes(answer)
        message = refused(kind, "accept", self.folder, file)
        if self.pins() != before:
            raise AssertionError("something of it was kept")
        return message

    def pins(self):
        database = sqlite3.connect(self.folder / "ledger.db")
        try:
            return [database.execute(f"SELECT * FROM {table}").fetchall() for table in ("cosignatures", "stamps")]
        finally:
            database.close()

    def acts(self, name):
        lines = map(json.loads, ledger("show", self.folder).splitlines())
        return [line["body"] for line in lines if line["body"]["act"] == name]


def size_asked(request):
    return int(parse_request(request)[2].split(b"\n")[1])


def verdicts(bundle, code, policy=None):
    """Of the programs in C and Go, and of the page."""
    pins = ["--genesis", code]
    if policy is not None:
        file = fresh()
        file.write_text(policy)
        pins += ["--policy", file]
    programs = [json.loads(run(BIN / name, bundle, *pins, "--json").stdout) for name in ("kannuki-verify", "kannuki-verify-go")]
    return [*programs, page().one(bundle, code=code, policy=policy.encode() if policy is not None else None)]


@functools.lru_cache(maxsize=None)
def page():
    opened = VerifyPage()
    atexit.register(opened.close)
    return opened


class Witnessed(unittest.TestCase):
    """Two neighbours, of whom the second sees less, in a log that goes on."""

    @classmethod
    def setUpClass(cls):
        cls.box = PinnedBox()
        cls.first, cls.second = cls.box.neighbour("first.example/w"), cls.box.neighbour("second.example/w")
        cls.box.trust(cls.first, cls.second)
        cls.sizes = []
        for turn in range(3):
            request = cls.box.request("--old", str(cls.first.size))
            cls.box.accept(cls.first.add_checkpoint(request))
            if turn == 1:
                # The second one answers with the whole checkpoint.
                note = parse_request(request)[2]
                cls.second.size = 0
                cls.box.accept(note + cls.second.add_checkpoint(b"old 0\n\n" + note))
            cls.sizes.append(size_asked(request))
            cls.box.note(200)
        cls.bundle = cls.box.export()

    def witnessed(self, quorum, bundle=None):
        policy = self.box.policy([self.first, self.second], quorum)
        said = verdicts(bundle or self.bundle, self.box.code, policy)
        self.assertEqual([one["verdict"] for one in said], ["good"] * 3, said)
        for each in said:
            if "witnesses" in each:
                sizes = {one["name"]: one["size"] for one in each["witnesses"]}
                self.assertEqual(sizes, {"first.example/w": self.sizes[2], "second.example/w": self.sizes[1]})
        (size,) = {one["witnessed"] for one in said}
        return size

    def test_all_say_up_to_where_witnesses_vouch(self):
        self.assertEqual(self.witnessed("any"), self.sizes[2])
        self.assertEqual(self.witnessed("all"), self.sizes[1])

    def test_part_and_zip_carry_them_too(self):
        for options in (("--zip",), ("--from", "256", "--to", "512")):
            self.assertEqual(self.witnessed("all", self.box.export(*options)), self.sizes[1])

    def test_files(self):
        files = bundles.read(self.bundle)
        found = {name: data for name, data in files.items() if name.startswith("witnessed/")}
        self.assertEqual(set(found), {f"witnessed/{size}" for size in self.sizes})
        closings = [data for name, data in files.items() if name.startswith("checkpoints/")]
        for name, data in found.items():
            own = b"".join(data.splitlines(keepends=True)[:6])
            self.assertIn(own, closings)
            self.assertEqual(data.count(b"\n"), 8 if name == f"witnessed/{self.sizes[1]}" else 7)
        self.assertEqual(files["policy"].decode(), self.box.policy([self.first, self.second], "any"))

    def test_entries_say_so(self):
        self.assertEqual([(body["size"], body["witness"]) for body in self.box.acts("witness.cosigned")],
                         [(self.sizes[0], "first.example/w"), (self.sizes[1], "first.example/w"),
                          (self.sizes[1], "second.example/w"), (self.sizes[2], "first.example/w")])
        self.assertEqual(len(self.box.acts("policy.set")), 1)

    def test_a_stranger_in_place_of_a_witness_is_bad(self):
        stranger = self.box.neighbour("first.example/w")
        policy = self.box.policy([stranger, self.second], "all")
        self.assertEqual([one["verdict"] for one in verdicts(self.bundle, self.box.code, policy)], ["bad"] * 3)


class Refusals(unittest.TestCase):
    """What a witness refuses, and what the box refuses of answers."""

    @classmethod
    def setUpClass(cls):
        cls.box = PinnedBox(20)
        cls.witness = cls.box.neighbour("witness.example/w")
        cls.box.trust(cls.witness)
        cls.box.accept(cls.witness.add_checkpoint(cls.box.request()))

    def status(self, request, witness=None):
        with self.assertRaises(Refused) as refusal:
            (witness or self.witness).add_checkpoint(request)
        return refusal.exception

    def test_wrong_old_size_is_told_and_then_right(self):
        refusal = self.status(self.box.request("--old", "3"))
        self.assertEqual((refusal.status, refusal.args[0]), (409, f"409 {self.witness.size}"))
        self.box.accept(self.witness.add_checkpoint(self.box.request("--old", str(self.witness.size))))

    def test_wrong_proof(self):
        request = self.box.request()
        head, note = request.split(b"\n\n", 1)
        lines = head.split(b"\n")
        self.assertGreater(len(lines), 2)
        for bent in (lines[:-1], [*lines, lines[-1]], [lines[0], *reversed(lines[1:])],
                     [lines[0], base64.b64encode(bytes(32)), *lines[2:]]):
            if bent != lines:
                self.assertEqual(self.status(b"\n".join(bent) + b"\n\n" + note).status, 422)
        self.box.accept(self.witness.add_checkpoint(request))

    def test_a_checkpoint_that_another_signed(self):
        self.assertEqual(self.status(PinnedBox(3).request("--old", "0")).status, 403)

    def test_a_log_that_was_set_back_finds_no_witness(self):
        """Somebody keeps a copy of the disk, and later goes on from it."""
        box = PinnedBox(20)
        witness = box.neighbour("witness.example/w")
        box.trust(witness)
        copy = fresh()
        shutil.copytree(box.folder, copy)
        box.note(30)
        box.accept(witness.add_checkpoint(box.request()))
        shutil.rmtree(box.folder)
        shutil.copytree(copy, box.folder)
        self.assertIn("has only", refused("witness", "request", box.folder, "--old", witness.size))
        self.assertEqual(self.status(box.request(), witness).status, 409)
        box.note(100, "ほかの")
        request = box.request("--old", str(witness.size))
        self.assertGreater(size_asked(request), witness.size)
        self.assertEqual(self.status(request, witness).status, 422)

    def test_answers_about_another_log(self):
        other = PinnedBox(5)
        witness = Neighbour("witness.example/w", SCRATCH, other.vkey)
        witness.key, witness.id, witness.vkey = self.witness.key, self.witness.id, self.witness.vkey
        request = other.request()
        line = witness.add_checkpoint(request)
        self.box.request()
        self.assertIn("signature of the witness witness.example/w is wrong", self.box.refuses(line))
        self.assertIn("no witness was asked about this checkpoint", self.box.refuses(parse_request(request)[2] + line))

    def test_an_old_answer_again(self):
        answer = self.witness.add_checkpoint(self.box.request())
        self.box.accept(answer)
        self.box.request()
        self.assertIn("before", self.box.refuses(answer))

    def test_an_answer_to_nothing(self):
        """The newest closing checkpoint of a bundle, which this witness was never asked about."""
        note = (self.box.export() / "checkpoint.log").read_bytes()
        line = self.witness.line(note)
        self.assertIn("is wrong", self.box.refuses(line))
        self.assertIn("no witness was asked", self.box.refuses(note + line))

    def test_unknown_witness(self):
        stranger = self.box.neighbour("stranger.example/w")
        line = stranger.add_checkpoint(b"old 0\n\n" + parse_request(self.box.request())[2])
        self.assertIn("'stranger.example/w'", self.box.refuses(line))

    def test_mangled_and_huge_files(self):
        answer = self.witness.line(parse_request(self.box.request())[2])
        dice = random.Random(3)
        for _ in range(20):
            bent = bytearray(answer)
            bent[dice.randrange(len(bent))] ^= 1 << dice.randrange(8)
            self.box.refuses(bytes(bent))
        for bad in (b"", answer[:-1], answer.replace(b"\n", b"\r\n"), b"\0" * 1000, answer * 62, answer * 1000, bytes(10 << 20)):
            self.box.refuses(bad)
        self.assertIn("cannot", refused("witness", "accept", self.box.folder, SCRATCH / "absent"))
        self.box.accept(answer)

    def test_policies(self):
        for text in ("", "quorum none\n", f"log {PinnedBox(1).vkey}\nquorum none\n", f"log {self.box.vkey}\nquorum nobody\n", "x" * 70000):
            file = fresh()
            file.write_text(text)
            before = ledger("policy", self.box.folder)
            refused("policy", self.box.folder, file)
            self.assertEqual(ledger("policy", self.box.folder), before)

    def test_a_request_does_not_replace_a_file(self):
        file = fresh()
        file.write_text("mine")
        for kind in ("witness", "stamp"):
            self.assertIn("already there", refused(kind, "request", self.box.folder, "--out", file))
        self.assertEqual(file.read_text(), "mine")


class Stamped(unittest.TestCase):
    """An authority made here; `openssl ts` judges what auditors get."""

    @classmethod
    def setUpClass(cls):
        cls.authority = Authority(tempfile.mkdtemp(dir=SCRATCH))
        cls.authority.make_root("other")
        cls.box = PinnedBox(20)

    def query(self, box=None):
        file = fresh(".tsq")
        ledger("stamp", "request", (box or self.box).folder, "--out", file)
        return file

    def answer(self, query):
        reply = fresh(".tsr")
        self.authority.answer(query, reply)
        return reply

    def verify(self, bundle, epoch, authority="ca.pem", data=None):
        done = run("openssl", "ts", "-verify", "-data", data or bundle / f"checkpoints/{epoch}", "-in", bundle / f"checkpoint-{epoch}.tsr",
                   "-CAfile", self.authority.folder / authority)
        return done.returncode == 0 and b"Verification: OK" in done.stdout

    def test_the_whole_way(self):
        epochs = []
        for _ in range(2):
            said = ledger("stamp", "accept", self.box.folder, self.answer(self.query()))
            act = self.box.acts("stamp.accepted")[-1]
            self.assertIn(f"entries 0 to {act['size'] - 1}, epoch {act['epoch']}", said)
            epochs.append(act["epoch"])
            self.box.note(3)
        bundle = self.box.export()
        for epoch in epochs:
            self.assertTrue(self.verify(bundle, epoch))
            self.assertFalse(self.verify(bundle, epoch, authority="other.pem"))
            self.assertFalse(self.verify(bundle, epoch, data=bundle / f"checkpoints/{epoch - 1}"))
        self.assertEqual([one["verdict"] for one in verdicts(bundle, self.box.code)], ["good"] * 3)

    def test_the_query_is_what_openssl_reads(self):
        query = self.query()
        text = self.authority.openssl("ts", "-query", "-in", query, "-text").stdout.decode()
        self.assertIn("Hash Algorithm: sha256", text)
        self.assertIn("Certificate required: yes", text)
        bundle = self.box.export()
        digests = {hashlib.sha256(path.read_bytes()).digest() for path in (bundle / "checkpoints").iterdir()}
        self.assertTrue(any(digest in query.read_bytes() for digest in digests))

    def test_one_stamp_for_a_checkpoint(self):
        query = self.query()
        first, later = self.answer(query), self.answer(query)
        ledger("stamp", "accept", self.box.folder, first)
        for reply in (first, later):
            self.assertIn("already", self.box.refuses(reply.read_bytes(), "stamp"))

    def test_stamps_of_something_else(self):
        other = PinnedBox(3)
        self.query()
        self.assertIn("no checkpoint", self.box.refuses(self.answer(self.query(other)).read_bytes(), "stamp"))
        file = fresh()
        self.authority.stamp(self.box.export() / "checkpoint.log", file)
        self.assertIn("no checkpoint", self.box.refuses(file.read_bytes(), "stamp"))

    def test_another_request_for_the_same(self):
        """With the right imprint, but a nonce that is not ours, or none."""
        self.query()
        bundle = self.box.export()
        newest = max(bundle.glob("checkpoints/*"), key=lambda path: int(path.name))
        asked = [path for path in bundle.glob("checkpoints/*") if int(path.name) >= int(newest.name) - 2]
        messages = []
        for path in asked:
            for options in ((), ("-no_nonce",)):
                query = fresh(".tsq")
                self.authority.openssl("ts", "-query", "-data", path, "-sha256", "-cert", *options, "-out", query)
                messages.append(self.box.refuses(self.answer(query).read_bytes(), "stamp"))
        self.assertEqual(sum("nonce" in message for message in messages), 2, messages)

    def test_a_reply_without_certificate(self):
        """It cannot be checked here, nor by an auditor who has no certificate of its signer."""
        query = self.query()
        bent = bytearray(query.read_bytes())
        self.assertEqual(bent[-3:], b"\1\1\xff")
        bare = fresh(".tsq")
        bare.write_bytes(bytes([0x30, 64]) + bent[2:-3])
        self.assertIn("certificate", self.box.refuses(self.answer(bare).read_bytes(), "stamp"))

    def test_an_authority_that_refuses(self):
        reply = fresh(".tsr")
        self.authority.refuse(self.query(), reply)
        self.assertIn("did not stamp (status 2", self.box.refuses(reply.read_bytes(), "stamp"))

    def test_mangled_and_huge_replies(self):
        reply = self.answer(self.query()).read_bytes()
        dice = random.Random(5)
        query = reply.index(bytes.fromhex("0609608648016503040201050004" + "20"))
        # What is stamped, when, and the signature; not all of the envelope is signed (tests/unit/test_stamp.c).
        for place in dice.sample([*range(query, query + 90), *range(len(reply) - 60, len(reply))], FLIPS):
            bent = bytearray(reply)
            bent[place] ^= 1 << dice.randrange(8)
            self.box.refuses(bytes(bent), "stamp")
        for bad in (b"", reply[:-1], reply + b"\0", reply + reply, reply[:100], bytes(10 << 20), b"\x30\x84\xff\xff\xff\xff", b"hello"):
            self.box.refuses(bad, "stamp")
        file = fresh()
        file.write_bytes(reply)
        ledger("stamp", "accept", self.box.folder, file)


if __name__ == "__main__":
    tap.main()
