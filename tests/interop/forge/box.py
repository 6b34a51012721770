"""The honest log that forgers start from, and what all of them need."""
import dataclasses
import hashlib
import random

from forge.logmaker import (TILE, Draft, Log, Witness, base64_of, compact, epoch_start, note, sha256, system, text_of,
                            tile_path, tile_widths)

ORIGIN = "city.example/k0001/2"
STORED = b"a stored file\n"
GENESIS, SINCE, PAPER, POLICY = "genesis", "since", "paper", "policy"
WHOLE, RANGE, ZIP = "whole", "range", "zip"
SINCE_SIZE, PAPER_SIZE = 350, 410

CLASSES = {}


@dataclasses.dataclass
class Mutant:
    title: str
    changes: dict              # of the honest bundle's files; the bytes of a ZIP file under ""
    pin: str = GENESIS
    base: str = WHOLE


def forger(name):
    def register(function):
        CLASSES[name] = function
        return function
    return register


# ---- the honest log ----

def hex_of(data):
    return hashlib.sha256(data).hexdigest()


def noted(number):
    values = {"body": '{"act":"incident.noted"}', "text": compact(f"端末 {number} 号のケーブルを抜いた")}
    if number % 7 == 0:
        values["person"] = compact({"name": f"職員 {number}", "phone": "0000"})
    return Draft(values=values, idem=hashlib.md5(b"%d" % number).hexdigest() if number % 3 == 0 else "")


def with_files():
    named = [{"name": name, "size": len(data), "type": "text/plain", "sha256": hex_of(data)}
             for name, data in (("a.txt", STORED), ("b.txt", b"encrypted"), ("c.txt", b"absent"))]
    return Draft(values={"body": '{"act":"report.file"}', "files": compact(named)})


class Box:
    """An honest log with a bit of everything, its bundles, and what auditors wrote down when it was smaller."""

    EPOCHS = {60: True, 130: False, 256: True, 300: False, 400: True, 520: False}  # begins: with a new boot?
    REDACTIONS = {45: (28, "person"), 290: (271, "text"), 320: (151, "text"), 530: (281, "text")}
    SIZE = 540
    PROVEN = (0, 20, 255, 256, 539)

    def __init__(self, seed="box"):
        self.strangers = [Witness("stranger.example", "stranger")]
        self.witnesses = [Witness(f"witness.example/{letter}", f"witness {letter}") for letter in "ABC"]
        before = {"origin": "city.example/k0001/1", "size": 77, "root": base64_of(sha256(b"root")),
                  "genesis": base64_of(sha256(b"genesis"))}
        self.log = Log(ORIGIN, seed, continues=[before])
        while self.log.size < self.SIZE:
            self.grow(self.log.size)
        self.policy = self.policy_of(self.log)
        self.files = self.dress(self.log, self.log.head(), self.witnesses[:2] + self.strangers)
        self.files.update(self.witnessed({2: self.witnesses[:1] + self.strangers, 4: self.witnesses[:2]}))
        self.part = self.part_of(self.files, 256, 512)

    def policy_of(self, log, quorum="group two 2 A B C\nquorum two\n"):
        keys = "".join(f"witness {letter} {witness.vkey}\n" for letter, witness in zip("ABC", self.witnesses))
        return f"log {log.identity.vkey}\n{keys}{quorum}"

    def grow(self, seq):
        log = self.log
        if seq in self.EPOCHS:
            log.add(epoch_start(self.EPOCHS[seq]))
        elif seq in self.REDACTIONS:
            log.redact(*self.REDACTIONS[seq])
        elif seq in (70, 310):
            log.add(system("policy.set", policy=self.policy_of(log, "quorum A\n" if seq == 70 else "quorum B\n")))
        elif seq == 20:
            log.add(with_files())
        elif seq == 40:
            log.add(noted(40).but(about="-", status={"body": "withheld", "text": "withheld"}))
        elif seq % 10 == 0:
            log.add(system("heartbeat"))
        else:
            log.add(noted(seq))

    def dress(self, log, head, witnesses=()):
        """Everything that goes with a log, the proofs made for it."""
        files = log.files(head, witnesses)
        files.update({
            f"blobs/{hex_of(STORED)}": STORED, f"blobs/{hex_of(b'encrypted')}.age": b"age-encryption.org/v1\n" + bytes(99),
            "README.txt": b"for people\n", "summary.pdf": b"%PDF", "checkpoint-1.tsr": b"stamp"})
        return self.prove(log, files)

    def prove(self, log, files):
        for seq in self.PROVEN:
            if seq < log.size:
                files[f"proofs/{seq}.tlog-proof"] = log.proof(seq, files["checkpoint"])
        return files

    def witnessed(self, signed):
        """{path: closing checkpoint of the epoch with lines of these witnesses}"""
        made = {}
        for epoch, witnesses in signed.items():
            closing = self.log.closings[epoch]
            made[f"witnessed/{self.log.sizes[epoch]}"] = closing + b"".join(w.line(text_of(closing)) for w in witnesses)
        return made

    @staticmethod
    def part_of(files, begin, end):
        size = int(files["checkpoint.log"].split(b"\n")[1])
        kept = dict(files)
        for index, width in tile_widths(size):
            if not begin <= index * TILE < end:
                del kept[tile_path("entries", index, width)], kept[f"disclosures/{index}.jsonl"]
        kept["range"] = f"from {begin}\nto {end}\n".encode()
        return kept

    def base(self, name):
        return {WHOLE: self.files, RANGE: self.part}[name]

    def pins(self):
        """{pin: what the auditor brings: code, paper, older, policy}"""
        code = self.log.code[:24]
        other = Log(ORIGIN, "other")
        older = note(self.log.checkpoint_text(SINCE_SIZE), self.log.key(5), self.log.identity)
        return {GENESIS: {"code": code}, "nothing": {}, "foreign genesis": {"code": other.code[:24]},
                PAPER: {"code": code, "paper": self.log.paper(PAPER_SIZE)},
                SINCE: {"code": code, "older": older}, "since the end": {"code": code, "older": self.files["checkpoint.log"]},
                POLICY: {"code": code, "policy": self.policy.encode()},
                "policy of another log": {"code": code, "policy": self.policy_of(other).encode()}}


def instead(base, files):
    """The changes that turn one bundle into another."""
    changes = {name: None for name in base if name not in files}
    changes.update({name: data for name, data in files.items() if base.get(name) != data})
    return changes


def seeded(title):
    return random.Random(title)


def own_part(box, name, data):
    """The bytes of a file that the log answers for: not the lines of witnesses."""
    if name.startswith("witnessed/"):
        return box.log.closings[{size: epoch for epoch, size in box.log.sizes.items()}[int(name.split("/")[1])]]
    return box.files["checkpoint.log"] if name == "checkpoint" else data


def is_free(name):
    return name in ("README.txt", "summary.pdf") or name.endswith((".tsr", ".age"))


def signed(files):
    return [name for name in sorted(files) if not is_free(name)]


def flipped(data, at, bit):
    changed = bytearray(data)
    changed[at] ^= 1 << bit
    return bytes(changed)


def cut(box, size):
    log = box.log.until(size)
    log.keys = dict(box.log.keys)
    return log
