#!/usr/bin/env python3
"""kannuki-ledger as a person uses it: two media, a year of work in a minute, a medium pulled and put back, erasing, repairing."""
import atexit
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

import tap

BIN = pathlib.Path(os.environ["KANNUKI_BIN"])
SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="kannuki-ledger-"))
atexit.register(shutil.rmtree, SCRATCH)
WHY = ("--authority", "保存期間の満了", "--reason", "申出", "--approved-by", "u1", "--approved-by", "u2")


def run(*arguments, lines=()):
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return subprocess.run([BIN / "kannuki-ledger", *map(str, arguments), "--lang", "en"], input=text.encode(), capture_output=True,
                          timeout=120)


def noted(number, about="2026-007", **more):
    return {"type": "incident.noted", "about": about, "text": f"端末 {number} 号", **more}


class Ledger(unittest.TestCase):
    def setUp(self):
        self.place = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH))
        self.first, self.second = self.place / "first", self.place / "second"

    def must(self, *arguments, lines=()):
        done = run(*arguments, lines=lines)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout.decode()

    def refused(self, words, *arguments, lines=()):
        done = run(*arguments, lines=lines)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(words, done.stderr.decode())
        return done

    def init(self, mirror=True):
        self.code = self.must("init", self.first, "--origin", "city.example/k1/1",
                              *(("--mirror", self.second) if mirror else ())).split()[1]

    def append(self, lines, *options):
        answers = [line.split() for line in self.must("append", self.first, *options, lines=lines).splitlines()]
        return {int(seq): leaf for seq, leaf in answers}

    def shown(self, folder=None):
        return [json.loads(line) for line in self.must("show", folder or self.first).splitlines()]

    def pull(self):
        self.second.rename(self.place / "away")

    def put_back(self):
        (self.place / "away").rename(self.second)

    def verdict(self, bundle):
        done = subprocess.run([BIN / "kannuki-verify", bundle, "--genesis", self.code, "--json"], capture_output=True, timeout=120)
        return json.loads(done.stdout)

    def test_the_whole_story(self):
        self.init()
        answers = self.append([noted(n, f"2026-00{n % 9}") for n in range(1000)], "--group", "64")
        self.assertEqual(len(answers), 1000)
        self.assertIn("Epoch", self.must("rotate", self.first))
        self.must("redact", self.first, 100, "text", *WHY)
        self.pull()
        answers |= self.append([noted(n) for n in range(5)])
        self.must("redact", self.first, "--about", "2026-003", *WHY)
        self.put_back()
        self.must("repair", self.first)
        entries = self.shown()
        self.assertEqual(entries, self.shown(self.second))
        leaves = {entry["seq"]: entry["leaf"] for entry in entries}
        self.assertEqual({seq: leaves[seq] for seq in answers}, answers)
        self.assertNotIn("text", entries[100])
        self.assertFalse([e for e in entries if e["about"] == "2026-003" and "text" in e])
        acts = [entry["body"]["act"] for entry in entries]
        for act in ("medium.lost", "medium.returned", "redaction", "case.disposed"):
            self.assertIn(act, acts)
        self.must("check", self.second)
        self.must("export", self.second, self.place / "bundle")
        verdict = self.verdict(self.place / "bundle")
        self.assertEqual(verdict["verdict"], "good", verdict)
        self.assertEqual(verdict["redacted"], acts.count("redaction"))

    def test_a_blank_medium_is_filled_only_by_repair(self):
        self.init()
        self.append([noted(1)])
        shutil.rmtree(self.second)
        self.second.mkdir()
        self.append([noted(2)])
        self.assertEqual(list(self.second.glob("*.db")), [])
        self.assertIn("everything again", self.must("repair", self.first))
        self.assertEqual(self.shown(), self.shown(self.second))

    def test_a_second_medium_is_added_later(self):
        self.init(mirror=False)
        self.append([noted(1)])
        self.refused(f"mkdir -m 700 {self.second}", "repair", self.first, "--mirror", self.second)
        self.assertFalse(self.second.exists())
        self.second.mkdir()
        self.must("repair", self.first, "--mirror", self.second)
        self.append([noted(2)])
        self.assertEqual(self.shown(), self.shown(self.second))

    def test_files_are_stored_on_both_media_and_exported(self):
        self.init()
        evidence = self.place / "証拠.log"
        evidence.write_bytes(os.urandom(300000))
        name = hashlib.sha256(evidence.read_bytes()).hexdigest()
        self.append([noted(1, files=[str(evidence)])])
        for folder in (self.first, self.second):
            self.assertEqual((folder / "blobs" / name).read_bytes(), evidence.read_bytes())
        self.must("check", self.first)
        (self.second / "blobs" / name).write_bytes(b"x")
        said = self.refused(name, "check", self.first).stderr.decode()
        self.assertIn(f"{self.second}: the stored file {name} of entry", said)
        self.assertIn("put right: 1\n", self.must("repair", self.first))
        (self.first / "blobs" / name).unlink()
        self.must("export", self.first, self.place / "bundle")
        self.assertEqual((self.place / "bundle/blobs" / name).read_bytes(), evidence.read_bytes())
        self.assertEqual(self.verdict(self.place / "bundle")["blobs_checked"], 1)
        seq = next(e["seq"] for e in self.shown() if "files" in e)
        self.must("redact", self.first, seq, "files", *WHY)
        for folder in (self.first, self.second):
            self.assertFalse((folder / "blobs" / name).exists())

    def test_keys_are_looked_at_and_put_right(self):
        self.init()
        self.append([noted(1)])
        wrap = self.first / "keys/wrap"
        right = wrap.read_bytes()
        wrap.write_bytes(right[:3] + bytes([right[3] ^ 1]) + right[4:])
        self.assertIn("端末 1 号", [e.get("text") for e in self.shown()])
        self.refused(str(wrap), "check", self.first)
        done = run("append", self.first, lines=[noted(2)])
        self.assertEqual(done.returncode, 0)
        self.assertIn(f"{wrap}: is not the key", done.stderr.decode())
        self.assertEqual(wrap.read_bytes(), right)
        shutil.rmtree(self.second / "keys")
        self.refused(str(self.second / "keys"), "check", self.first)
        self.assertIn("put right: 2\n", self.must("repair", self.first))
        self.assertEqual((self.second / "keys/wrap").read_bytes(), right)
        self.assertEqual([e["body"]["what"] for e in self.shown() if e["body"]["act"] == "medium.repaired"],
                         ["keys/wrap", "keys/identity", "keys/wrap"])
        self.must("check", self.first)

    def test_what_only_a_medium_without_its_file_other_has_is_never_lost(self):
        self.init()
        (self.first / "other").unlink()
        done = run("append", self.first, lines=[noted(1)])
        self.assertEqual(done.returncode, 0)
        self.assertIn("--mirror", done.stderr.decode())
        self.first.rename(self.place / "gone")
        self.must("append", self.second, lines=[noted(2)])
        (self.place / "gone").rename(self.first)
        self.refused("--new-incarnation", "append", self.second, lines=[noted(3)])

    def test_the_other_medium_is_named_again(self):
        self.init()
        (self.first / "other").unlink()
        self.append([noted(1)])
        self.assertIn("everything again", self.must("repair", self.first, "--mirror", self.second))
        self.assertTrue((self.first / "other").exists())
        self.append([noted(2)])
        self.assertEqual(self.shown(), self.shown(self.second))

    def test_a_bad_line_says_which(self):
        self.init()
        done = self.refused("line 3", "append", self.first, "--group", "10", lines=[noted(1), noted(2), {"about": "x"}])
        self.assertEqual(len(done.stdout.splitlines()), 2)
        self.refused("No such file", "append", self.first, lines=[noted(1, files=["/nowhere/x"])])
        self.assertEqual(len([e for e in self.shown() if e["body"]["act"] == "incident.noted"]), 2)

    def test_erasing_needs_two_people_and_a_reason(self):
        self.init()
        self.append([noted(1)])
        seq = self.shown()[-1]["seq"]
        self.refused("--approved-by", "redact", self.first, seq, "text", *WHY[:6])
        self.refused("different", "redact", self.first, seq, "text", *WHY[:6], "--approved-by", "u1")
        self.refused("body", "redact", self.first, seq, "body", *WHY)
        self.refused("99999", "redact", self.first, 99999, "text", *WHY)
        self.refused("what to erase", "redact", self.first, *WHY)
        self.refused("what to erase", "redact", self.first, seq, "text", "--about", "2026-007", *WHY)
        self.assertIn("text", self.shown()[seq])

    def test_a_log_without_its_secret_can_still_be_exported(self):
        self.init()
        self.append([noted(1)])
        self.append([noted(2)])
        closed = len(self.shown()) - 3
        for file in (self.first / "ledger.db", self.second / "mirror.db"):
            with contextlib.closing(sqlite3.connect(file)) as db:
                db.execute("DELETE FROM secrets")
                db.commit()
        self.refused("is lost", "append", self.first, lines=[noted(3)])
        said = self.must("export", self.first, self.place / "bundle")
        self.assertIn("left out of the bundle", said)
        verdict = self.verdict(self.place / "bundle")
        self.assertEqual((verdict["verdict"], verdict["size"]), ("good", closed))

    def test_only_the_owner_reads_it_whatever_the_umask(self):
        old = os.umask(0)
        try:
            self.init()
            self.append([noted(1)])
            shutil.rmtree(self.second)
            self.second.mkdir(mode=0o700)
            self.must("repair", self.first)
            for file in (self.first / "ledger.db", self.second / "mirror.db"):
                self.assertEqual(file.stat().st_mode & 0o777, 0o600, file)
            (self.first / "ledger.db").chmod(0o644)
            self.append([noted(2)])
            self.assertEqual((self.first / "ledger.db").stat().st_mode & 0o777, 0o600)
        finally:
            os.umask(old)

    def blank_second(self):
        evidence = self.place / "evidence"
        evidence.write_bytes(os.urandom(1000))
        self.append([noted(1, files=[str(evidence)])])
        shutil.rmtree(self.second)
        self.second.mkdir()

    def test_what_is_wrong_is_said_once(self):
        self.init()
        self.blank_second()
        (self.second / "blobs").write_text("in the way")
        done = self.refused("Not a directory", "repair", self.first)
        self.assertEqual(done.stdout.decode().count(str(self.second)), 1, done.stdout)
        self.assertEqual(len(done.stderr.decode().splitlines()), 1, done.stderr)
        self.assertTrue(done.stderr.startswith(b"kannuki-ledger: "), done.stderr)

    def test_a_command_written_wrongly_is_explained(self):
        for words, says in ((["init"], "init DIR --origin OPERATOR/SERIAL/1"), (["witness", "ask", self.first], "witness request DIR"),
                            (["erase", self.first], "there is no command 'erase'"), (["redact", self.first, "x", "text"], "redact DIR SEQ"),
                            (["show", self.first, "--from", "x"], "--from cannot be 'x'"), ([], "names all commands")):
            done = subprocess.run([BIN / "kannuki-ledger", "--lang", "en", *words], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(says, done.stderr)
            self.assertLess(len(done.stderr.splitlines()), 8, done.stderr)

    def test_a_line_that_says_something_else_than_it_seems_is_refused(self):
        self.init()
        os.mkfifo(self.place / "pipe")
        size = len(self.shown())
        for line, says in (({"type": "epoch.start"}, "own doing"), ({"type": "x", "class": "epoch"}, "own doing"), ({"type": "redaction"}, "own doing"),
                           ({"type": "redaction.earlier", "class": "system", "body": {"case": "2026-001"}}, "own doing"),
                           ({"type": "policy.set", "class": "system"}, "own doing"), ({"type": "system", "body": {"act": "medium.lost"}}, "own doing"),
                           ({"type": "incident.noted", "body": "LAN"}, '"body" must be an object'), ({"type": "incident.noted", "who": 7}, '"who" must be a word'),
                           ({"type": "incident.noted", "txt": "LAN"}, '"txt" is no member'), ({"type": "incident.noted", "files": [7]}, '"files" must be paths'),
                           ({"type": "incident.noted", "files": [{"name": "x", "sha256": "aa"}]}, '"files" must be paths'),
                           ({"type": "incident.noted", "files": [str(self.place / "pipe")]}, "can be stored"), ({"type": "incident.noted", "files": ["/dev/zero"]}, "can be stored"),
                           ({"type": "incident.noted", "body": {"act": "report.sent"}}, "says 'report.sent'")):
            done = subprocess.run([BIN / "kannuki-ledger", "append", self.first, "--lang", "en"], input=json.dumps(line) + "\n", capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, done.stdout), (1, ""), line)
            self.assertIn(says, done.stderr)
        self.append([{"type": "people", "body": {"act": "user.added", "user": "u3"}}])
        added = [entry for entry in self.shown()[size:] if entry["type"] == "people"]
        self.assertEqual([entry["body"]["act"] for entry in added], ["user.added"])
        self.must("check", self.first)

    def test_a_bundle_is_not_written_into_the_ledger(self):
        self.init()
        for place in (self.first / "bundle", self.second / "blobs/bundle", self.place / "first/../first/bundle"):
            self.refused("lies in the folder of the ledger", "export", self.first, place)
        self.must("export", self.first, self.place / "first-bundle")

    def test_a_wrong_key_is_no_lost_secret(self):
        self.init(mirror=False)
        key = self.first / "keys/wrap"
        right = key.read_bytes()
        key.write_bytes(bytes([right[0] ^ 1]) + right[1:])
        self.refused("keys/wrap opens nothing", "append", self.first, lines=[noted(1)])
        key.write_bytes(right)
        self.append([noted(1)])

    def test_what_can_only_be_read_is_read_and_exported(self):
        mounted = []
        self.addCleanup(lambda: [subprocess.run(["umount", place], check=True) for place in mounted])
        for place in (self.place / "a", self.place / "b"):
            place.mkdir()
            if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", place], capture_output=True).returncode != 0:
                self.skipTest("only root can mount")
            mounted.append(place)
        self.first, self.second = self.place / "a/ledger", self.place / "b/ledger"
        self.init()
        self.append([noted(number) for number in range(20)])
        self.append([noted(20)])
        shown = self.shown()
        for place in mounted:
            subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        self.assertEqual(self.shown(), shown)
        self.assertEqual(self.must("genesis", self.first).strip(), self.code)
        self.must("check", self.first)
        self.assertIn("left out of the bundle", self.must("export", self.first, self.place / "bundle"))
        said = self.verdict(self.place / "bundle")
        self.assertEqual((said["verdict"], said["entries_checked"]), ("good", said["size"]))
        self.assertGreater(said["size"], 20)
        self.refused("Read-only file system", "append", self.first, lines=[noted(21)])
        for place in mounted:
            subprocess.run(["mount", "-o", "remount,rw", place], check=True)
        self.append([noted(21)])
        self.must("check", self.first)

    def test_what_cannot_be_printed_is_no_success(self):
        self.init()
        for words in (["genesis", self.first], ["show", self.first]):
            with open("/dev/full", "w") as full:
                done = subprocess.run([BIN / "kannuki-ledger", "--lang", "en", *words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn("standard output: ", done.stderr)

    def test_going_on_with_one_medium_is_said(self):
        self.init()
        away = self.second.rename(self.second.parent / "away")
        line = b'{"type":"incident.noted","about":"2026-007"}\n'
        done = subprocess.run([BIN / "kannuki-ledger", "append", self.first, "--lang", "en"], input=line, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(str(self.second).encode(), done.stderr)
        self.assertIn(b"goes on with the other medium alone", done.stderr)
        away.rename(self.second)
        done = subprocess.run([BIN / "kannuki-ledger", "check", self.first, "--lang", "en"], capture_output=True, timeout=60)
        self.assertIn(b"lacks what the other medium holds", done.stderr)

    def test_a_person_at_a_terminal_sees_how_far_it_is(self):
        self.init()
        self.blank_second()
        ours, theirs = os.openpty()
        subprocess.run([BIN / "kannuki-ledger", "repair", self.first, "--lang", "en"], stdout=subprocess.DEVNULL, stderr=theirs,
                       timeout=120, check=True)
        os.close(theirs)
        seen = b""
        with contextlib.suppress(OSError):
            while piece := os.read(ours, 4096):
                seen += piece
        os.close(ours)
        size = len(self.shown()) - 1
        self.assertIn(f"filling {size} / {size}", seen.decode())
        self.assertIn("scrubbing", seen.decode())

    def test_a_log_that_ended_is_whole_and_closed(self):
        self.init()
        self.append([noted(1)])
        entries = len(self.shown())
        self.refused("--reason", "repair", self.first, "--new-incarnation")
        self.must("repair", self.first, "--new-incarnation", "--reason", "盗難のおそれ")
        shown = self.shown()
        self.assertEqual([entry["seq"] for entry in shown], list(range(len(shown))))
        self.assertEqual(shown[entries + 2]["text"], {"reason": "盗難のおそれ"})
        ended = self.first / "incarnations/1"
        said = self.must("export", ended, self.place / "bundle")
        self.assertNotIn("cannot go on", said)
        verdict = self.verdict(self.place / "bundle")
        self.assertEqual((verdict["verdict"], verdict["size"]), ("good", entries))
        where = f"goes on in {self.first}"
        self.refused(where, "append", ended, lines=[noted(2)])
        self.refused(where, "rotate", ended)
        self.refused(where, "redact", ended, entries - 1, "text", *WHY)
        self.refused(where, "repair", ended, "--new-incarnation", "--reason", "x")
        self.assertEqual(self.append([noted(3)]).popitem()[0], len(self.shown()) - 1)
        self.refused("below incarnations/", "export", self.first, self.place / "part", "--prove", entries - 1)
        self.refused("below incarnations/", "export", self.first, self.place / "part", "--to", entries)
        self.must("export", self.first, self.place / "part", "--prove", entries + 2)
        self.assertTrue((self.place / "part/proofs/2.tlog-proof").exists())

    def names(self, needle):
        return [path for folder in (self.first, self.second) for path in folder.rglob("*")
                if path.is_file() and needle in path.read_bytes()]

    def sealed(self, folder, seq, name):
        with contextlib.closing(sqlite3.connect(folder)) as db:
            return db.execute(f"SELECT {name} FROM entries WHERE seq = ?", (seq,)).fetchone()[0]

    def good(self, folder, bundle, code):
        self.must("check", folder)
        self.must("export", folder, self.place / bundle)
        self.code = code
        verdict = self.verdict(self.place / bundle)
        self.assertEqual(verdict["verdict"], "good", verdict)
        return verdict

    def test_what_stands_in_a_log_that_ended_is_erased_too(self):
        self.init()
        paper = self.place / "list.txt"
        paper.write_text("名簿")
        text, file, case, other = sorted(self.append([noted(1), noted(2, files=[str(paper)]), noted(3, "2026-008"), noted(4)]))
        sealed = [self.sealed(self.first / "ledger.db", seq, "text") for seq in (text, case, other)]
        codes = [self.code, self.must("repair", self.first, "--new-incarnation", "--reason", "盗難のおそれ").split("genesis: ")[1].strip()]
        self.append([noted(5, "2026-008")])
        self.assertEqual([len(self.names(value)) for value in sealed], [2, 2, 2])
        self.second.rename(self.place / "away")
        self.must("redact", self.first, text, "text", *WHY)
        self.must("redact", self.first, file, "files", *WHY)
        self.assertIn(": 2 texts", self.must("redact", self.first, "--about", "2026-008", *WHY))
        self.refused(f"of entry {text} was erased", "redact", self.first, text, "text", *WHY)
        self.put_back()
        self.assertEqual(len(self.names(sealed[0])), 1)
        self.must("repair", self.first)
        self.assertEqual([len(self.names(value)) for value in sealed], [0, 0, 2])
        self.assertEqual(self.names("名簿".encode()), [])
        shown = self.shown()
        self.assertNotIn("text", shown[text])
        self.assertIn("text", shown[other])
        erased = [entry["body"] for entry in shown if entry["body"]["act"] == "redaction.earlier"]
        self.assertEqual([(body.get("origin"), body.get("seq"), body.get("case")) for body in erased],
                         [("city.example/k1/1", seq, None) for seq in (text, file, case)] + [(None, None, "2026-008")])
        for number, folder in enumerate((self.first, self.second)):
            verdict = self.good(folder / "incarnations/1", f"old{number}", codes[0])
            self.assertEqual((verdict["withheld"], verdict["redacted"]), (3, 0))
        self.assertEqual(self.good(self.first, "new", codes[1])["redacted"], 1)

    def test_a_medium_that_was_being_filled_when_the_other_was_lost(self):
        self.init()
        self.append([noted(n) for n in range(30)])
        self.append([noted(n) for n in range(30)])
        with contextlib.closing(sqlite3.connect(self.second / "mirror.db")) as db:
            db.execute("DELETE FROM entries WHERE seq >= 50")
            db.execute("UPDATE medium SET filling = 1")
            db.commit()
        shutil.rmtree(self.first)
        self.refused("--new-incarnation --reason", "append", self.second, lines=[noted(1)])
        self.assertEqual(len(self.shown(self.second)), 50)
        self.refused("--new-incarnation --reason", "repair", self.second, "--new-incarnation")
        self.must("repair", self.second, "--new-incarnation", "--reason", "火災")
        self.must("append", self.second, lines=[noted(2)])
        begun = [entry for entry in self.shown(self.second) if entry["body"]["act"] == "incarnation.begun"]
        self.assertEqual(begun[0]["text"], {"reason": "火災"})
        kept = self.second / "incarnations/1"
        self.assertEqual(len(self.shown(kept)), 50)
        self.must("export", kept, self.place / "bundle")
        self.assertEqual(self.verdict(self.place / "bundle")["verdict"], "good")

    def test_what_lies_beside_the_log_is_listed_and_removed(self):
        self.init()
        self.append([noted(1)])
        (self.second / "mirror.db").write_bytes(b"ruined" * 1000)
        self.must("repair", self.first)
        (self.first / "orphans").mkdir()
        (self.first / "orphans/1-5.jsonl").write_text("{}\n")
        kept = self.first / "incarnations/1"
        kept.mkdir(parents=True)
        (kept / "ledger.db.damaged-wal").write_text("x")
        left = [self.second / "mirror.db.damaged", self.first / "orphans/1-5.jsonl", kept / "ledger.db.damaged-wal"]
        said = self.must("check", self.first)
        for path in left:
            self.assertIn(f"nothing is ever erased in it: {path}\n", said)
        self.refused("--approved-by", "redact", self.first, "--leftovers", *WHY[:6])
        self.assertTrue(all(path.exists() for path in left))
        self.assertIn(": 3 files", self.must("redact", self.first, "--leftovers", *WHY))
        self.assertFalse(any(path.exists() for path in left))
        entry = self.shown()[-1]
        self.assertEqual(entry["body"], {"act": "leftovers.removed", "files": 3, "approved_by": ["u1", "u2"]})
        self.assertEqual(entry["text"]["reason"], "申出")
        self.assertNotIn("Beside", self.must("check", self.first))
        self.refused("nothing lies", "redact", self.first, "--leftovers", *WHY)

    def test_find(self):
        self.init()
        self.append([noted(41), noted(42)])
        self.assertEqual(len(self.must("find", self.first, "端末 42").splitlines()), 1)
        self.refused("no entry", "find", self.first, "何もない語")

    def test_check_reads_both_media_and_says_when_one_is_away(self):
        self.init()
        self.append([noted(n) for n in range(1500)], "--group", "500")
        with contextlib.closing(sqlite3.connect(self.second / "mirror.db")) as db, db:
            leaf = bytearray(db.execute("SELECT leaf FROM entries WHERE seq = 20").fetchone()[0])
            leaf[30] ^= 1
            db.execute("UPDATE entries SET leaf = ? WHERE seq = 20", (bytes(leaf),))
        self.assertIn(str(self.second), self.refused("entry 20", "check", self.first).stderr.decode())
        self.must("repair", self.first)
        self.assertIn("Good", self.must("check", self.first))
        self.second.rename(self.place / "away")
        self.assertIn("Good", self.refused("the other one could not be read", "check", self.first).stdout.decode())

    def test_two_ledgers_are_not_paired_by_mistake(self):
        self.init(mirror=False)
        self.refused("not empty", "init", self.place / "other", "--origin", "city.example/k2/1", "--mirror", self.first)
        (self.place / "another").mkdir()
        (self.place / "link").symlink_to("another")
        for same in ("another", "./another", "link"):
            self.refused("needs one of its own", "init", self.place / "another", "--origin", "city.example/k2/1", "--mirror", self.place / same)
        self.must("init", self.place / "another", "--origin", "city.example/k2/1")
        keys = {path: path.read_bytes() for path in (self.place / "another/keys").iterdir()}
        self.refused("not of the same log", "repair", self.first, "--mirror", self.place / "another")
        self.assertEqual({path: path.read_bytes() for path in keys}, keys)
        self.must("check", self.place / "another")


if __name__ == "__main__":
    tap.main()
