#!/usr/bin/env python3
"""What docs/operation/auditor.md tells an auditor to type works as it stands, and shows what was changed."""
import atexit
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import bundles
import tap
from authority import Authority
from bundles import BIN, Box

GUIDES = [pathlib.Path("docs/operation") / name for name in ("auditor.md", "auditor.ja.md")]
SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="kannuki-guide-"))
atexit.register(shutil.rmtree, SCRATCH)
STORED = b"a photograph"
STORED_NAME = hashlib.sha256(STORED).hexdigest()


def commands(guide):
    """The blocks for a shell, in their order."""
    return re.findall(r"^```sh\n(.*?)^```$", guide.read_text(), re.DOTALL | re.MULTILINE)


def noted(number):
    return {"type": "incident.noted", "about": "2026-007", "text": f"端末 {number} 号", "files": [bundles.to_store(SCRATCH, STORED, "a.jpg", "image/jpeg")]}


class Guide(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        (SCRATCH / "authority").mkdir()
        cls.authority = Authority(SCRATCH / "authority")
        cls.box = Box(SCRATCH / "log", [noted(0), noted(1)])
        cls.older = cls.box.export()
        for number in range(2, 5):
            bundles.ledger("append", cls.box.folder, lines=[noted(number)])
        cls.whole = bundles.read(cls.box.export())

    def audit(self, changes, code=None, whole=None):
        """What all the blocks print for a bundle, by default this box's, with some files changed."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH))
        here = bundles.write(folder / "bundle", {**(whole or self.whole), **changes})
        shutil.copytree(self.older, folder / "older")
        shutil.copy(self.authority.folder / "ca.pem", here / "authority.pem")
        self.authority.stamp(self.older / "checkpoints/1", here / "checkpoint-1.tsr")
        done = subprocess.run(["bash", "-c", "".join(commands(GUIDES[0]))], input=f"{code or self.box.code}\n".encode(), cwd=here,
                              capture_output=True, timeout=120, env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "LANG": "C.UTF-8"})
        return done.stdout.decode(errors="replace")

    def test_both_languages_say_the_same_commands(self):
        english, japanese = map(commands, GUIDES)
        self.assertGreater(len(english), 8)
        self.assertEqual(english, japanese)

    def test_good_bundle(self):
        said = self.audit({})
        root = self.whole["checkpoint.log"].decode().split("\n")[2]
        epochs = 1 + sum(name.startswith("epochs/") for name in self.whole)
        paper = bundles.paper_code(self.whole, bundles.size_of({"checkpoint.log": self.whole["checkpoints/1"]})).split("-", 1)[1].replace("-", "")
        for line in (self.box.code, f"{4 * epochs} signatures fit, of {epochs} epochs", "the entries have the hashes of the tiles",
                     "each entry holds the hash of the one before", f'{root}\n{root}\n["', '"端末 0 号"]', f"\n{paper}\n",
                     "Verification: OK", "Time stamp: ", "the older record is the beginning of this one", f"{STORED_NAME}: OK"):
            self.assertIn(line, said)
        self.assertNotIn("BAD", said)
        self.assertIn("good: .:", said)

    def assert_seen(self, changes, found, absent=None):
        said = self.audit(changes)
        self.assertRegex(said, found)
        self.assertRegex(said, "(?m)^bad: ")
        if absent:
            self.assertNotIn(absent, said)

    def test_changed_signature(self):
        note = self.whole["checkpoints/2"]
        self.assert_seen({"checkpoints/2": note.replace(b"city", b"town", 1)}, "BAD: checkpoints/2, signature 1\nBAD: checkpoints/2, signature 2")

    def test_certificate_of_another_epoch(self):
        self.assert_seen({"epochs/3.note": self.whole["epochs/2.note"]}, "BAD: epochs/3.note does not follow epochs/2.note")

    def lie(self, seq):
        """The bundle's files after entry `seq` was changed, and the tile of hashes made anew."""
        entries = bundles.entries_of(self.whole)
        entries[seq] = entries[seq].replace(b"\nwho ", b"\nwho not-", 1)
        tile = b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
        return {bundles.tile_path("entries", 0, len(entries)): tile,
                bundles.tile_path(0, 0, len(entries)): b"".join(bundles.sha256(b"\0" + entry) for entry in entries)}

    def test_changed_entry(self):
        path, tile = next(iter(self.lie(-1).items()))
        self.assert_seen({path: tile}, "leaves differ", "the entries have the hashes")

    def test_changed_entry_and_hash(self):
        """The next entry's prev tells, and the bundle of the last audit."""
        self.assert_seen(self.lie(0), "(?s)the entries have the hashes.*chain differ.*leaves differ", "the older record is")

    def test_changed_last_entry_and_hash(self):
        """Only the root tells."""
        root = re.escape(self.whole["checkpoint.log"].decode().split("\n")[2])
        self.assert_seen(self.lie(-1), rf"each entry holds the hash of the one before\n(?!{root})\S{{44}}\n{root}\n")

    def disclosures(self):
        return self.whole["disclosures/0.jsonl"].decode().splitlines(keepends=True)

    def texts(self):
        """Where texts stand among the disclosures."""
        return [at for at, line in enumerate(self.disclosures()) if '"name":"text"' in line]

    def place(self, at):
        line = json.loads(self.disclosures()[at])
        return f"{line['seq']} {line['name']}"

    def assert_told(self, lines, *said):
        told = self.audit({"disclosures/0.jsonl": "".join(lines).encode()})
        self.assertEqual(sorted(re.findall("(?m)^(?:BAD|withheld|redacted).*$", told)), sorted(said))
        return told

    def test_changed_text(self):
        lines, (at, *_) = self.disclosures(), self.texts()
        lines[at] = lines[at][:-10] + "AAAA" + lines[at][-6:]
        self.assertIn("\nbad: ", self.assert_told(lines, f"BAD: disclosure of {self.place(at)}", f"BAD: no disclosure of {self.place(at)}"))

    def test_swapped_texts(self):
        """Each is one that some entry holds, but not the one it stands beside."""
        lines, (one, other, *_) = self.disclosures(), self.texts()
        text = re.compile('(?<="disclosure":")[^"]*')
        found = [text.search(lines[at])[0] for at in (one, other)]
        lines[one], lines[other] = text.sub(found[1], lines[one]), text.sub(found[0], lines[other])
        self.assert_told(lines, *(f"BAD: {word} of {self.place(at)}" for word in ("disclosure", "no disclosure") for at in (one, other)))

    def test_missing_text(self):
        lines, (*_, last) = self.disclosures(), self.texts()
        place = self.place(last)
        del lines[last]
        self.assert_told(lines, f"BAD: no disclosure of {place}")

    def test_text_given_twice(self):
        lines, (at, *_) = self.disclosures(), self.texts()
        self.assert_told([*lines, lines[at]], f"BAD: disclosure of {self.place(at)}")

    def test_line_spelled_otherwise(self):
        lines, (at, *_) = self.disclosures(), self.texts()
        place = self.place(at)
        lines[at] = lines[at].replace('"name":', ' "name":')
        self.assertRegex(self.audit({"disclosures/0.jsonl": "".join(lines).encode()}), f"(?s)BAD: disclosure of .*BAD: no disclosure of {place}\n")

    def test_withheld_and_redacted(self):
        """An erased text that no entry erased is named, and what the entries say of it is empty."""
        for status in ("withheld", "redacted"):
            lines, (at, *_) = self.disclosures(), self.texts()
            lines[at] = re.sub('"disclosure":"[^"]*"', f'"status":"{status}"', lines[at])
            self.assertNotIn('"redaction"', self.assert_told(lines, f"{status}: {self.place(at)}"))

    def test_redaction(self):
        box = Box(SCRATCH / "erasing", [noted(0), noted(1)])
        seq, _ = bundles.seq_and_digest(bundles.read(box.export()), "端末 1 号")
        bundles.ledger("redact", box.folder, seq, "text", "--authority", "法第1条", "--reason", "期間満了", "--approved-by", "u1", "--approved-by", "u2")
        told = self.audit({}, box.code, bundles.read(box.export()))
        self.assertIn(f"redacted: {seq} text\n", told)
        self.assertRegex(told, f'"act":"redaction".*"seq":{seq},"name":"text"')
        self.assertNotIn("BAD", told)

    def test_changed_stored_file(self):
        self.assert_seen({f"blobs/{STORED_NAME}": STORED + b"!"}, f"{STORED_NAME}: FAILED")

    def test_stamp_of_another_checkpoint(self):
        closing = self.whole["checkpoints/1"]
        self.assert_seen({"checkpoints/1": closing.replace(b"city", b"town", 1)}, "Verification: FAILED|BAD", "Verification: OK")

    def test_other_code(self):
        said = self.audit({}, code="A" * 24)
        self.assertRegex(said, "(?m)^bad: ")
        self.assertNotIn("A" * 24, said)


if __name__ == "__main__":
    tap.main()
