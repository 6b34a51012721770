#!/usr/bin/env python3
"""kannuki-ledger and kannuki-verify as an administrator and an auditor type them."""
import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import tap

BIN = pathlib.Path(os.environ["KANNUKI_BIN"])
LINES = [
    {"type": "incident.declared", "about": "2026-001", "who": "u1", "text": "端末の画面に脅迫文"},
    {"type": "incident.noted", "about": "2026-001", "who": "u2", "text": {"note": "x"}, "person": {"name": "試験 花子"},
     "body": {"at": "2026-11-20T00:00:00.000Z"}, "idem": "00112233445566778899aabbccddeeff"},
    {"type": "user.added", "class": "people", "body": {"user": "u3"}},
]


def run(program, *arguments, text=None, lang="en"):
    return subprocess.run([BIN / program, *map(str, arguments)], input=text, capture_output=True, text=True, timeout=60,
                          env={**os.environ, "KANNUKI_LANG": lang})


class Verify(unittest.TestCase):
    def setUp(self):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="kannuki-verify-"))
        self.addCleanup(shutil.rmtree, self.place)
        self.ledger = self.place / "ledger"
        self.bundle = self.place / "bundle"
        made = run("kannuki-ledger", "init", self.ledger, "--origin", "city.example/k0001/1")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.code = made.stdout.split()[1]

    def append(self, lines):
        return run("kannuki-ledger", "append", self.ledger, text="".join(json.dumps(line) + "\n" for line in lines))

    def export(self, *options):
        done = run("kannuki-ledger", "export", self.ledger, self.bundle, *options)
        self.assertEqual(done.returncode, 0, done.stderr)

    def verify(self, *arguments, lang="en"):
        return run("kannuki-verify", self.bundle, *arguments, lang=lang)

    def test_a_recorded_log_is_exported_and_good(self):
        appended = self.append(LINES)
        self.assertEqual(appended.returncode, 0, appended.stderr)
        answers = [line.split() for line in appended.stdout.splitlines()]
        leaves = [leaf for _, leaf in answers]
        self.assertEqual([len(base64.b64decode(leaf)) for leaf in leaves], [32, 32, 32])
        shown = [json.loads(line) for line in run("kannuki-ledger", "show", self.ledger).stdout.splitlines()]
        self.assertEqual([entry["seq"] for entry in shown], list(range(len(shown))))
        self.assertEqual([[str(entry["seq"]), entry["leaf"]] for entry in shown[-3:]], answers)
        self.assertEqual(shown[-3]["text"], LINES[0]["text"])
        self.assertEqual(shown[-2]["person"], LINES[1]["person"])
        self.assertEqual(shown[-2]["body"], {"act": "incident.noted", "at": "2026-11-20T00:00:00.000Z"})
        self.assertEqual(shown[-1]["type"], "people")
        self.assertEqual(run("kannuki-ledger", "check", self.ledger).returncode, 0)
        self.assertIn(self.code, run("kannuki-ledger", "genesis", self.ledger).stdout)
        self.export()
        self.assertEqual(self.verify("--genesis", self.code).returncode, 0)
        self.assertIn("正常", self.verify("--genesis", self.code, lang="ja").stdout)
        self.assertIn("正常", self.verify("--genesis", self.code, "--lang", "ja").stdout)

    def test_json_says_the_same(self):
        self.append(LINES)
        self.export("--without", "person", "--without", "text")
        verdict = json.loads(self.verify("--genesis", self.code, "--json").stdout)
        self.assertEqual(verdict["verdict"], "good")
        self.assertEqual(verdict["origin"], "city.example/k0001/1")
        self.assertEqual(verdict["withheld"], 3)
        self.assertEqual(verdict["entries_checked"], verdict["size"])
        self.assertTrue(verdict["genesis"].startswith(self.code))
        self.assertNotIn("脅迫文", "".join(p.read_text() for p in self.bundle.glob("disclosures/*")))

    def test_without_the_paper_nobody_can_tell(self):
        self.export()
        told = self.verify()
        self.assertEqual(told.returncode, 2)
        self.assertIn("genesis", told.stdout)
        self.assertEqual(self.verify("--genesis", "ABC").returncode, 2)
        self.assertEqual(self.verify("--genesis", "A" * 24).returncode, 1)
        kept = self.place / "kept.note"
        shutil.copy(self.bundle / "genesis.note", kept)
        self.assertEqual(self.verify("--genesis", kept).returncode, 0)

    def test_a_changed_bit_names_the_entry(self):
        self.append(LINES)
        self.export()
        tile = next(self.bundle.glob("tile/entries/*/*"))
        data = bytearray(tile.read_bytes())
        data[data.index(b"who u2") + 5] ^= 1
        tile.write_bytes(data)
        told = self.verify("--genesis", self.code)
        self.assertEqual(told.returncode, 1)
        self.assertIn("entry 5", told.stdout)
        verdict = json.loads(self.verify("--genesis", self.code, "--json").stdout)
        self.assertEqual((verdict["verdict"], verdict["entry"]), ("bad", 5))

    def test_pins_from_outside_are_told_apart(self):
        self.append(LINES)
        self.export()
        older = self.place / "older"
        self.bundle.rename(older)
        self.append(LINES[:1])
        self.export()
        told = self.verify("--genesis", self.code, "--since", older)
        self.assertEqual(told.returncode, 0, told.stdout)
        self.assertIn("unchanged since you kept", told.stdout)
        self.assertIn("What nothing here proves", told.stdout)
        self.assertIn("証明されないこと", self.verify("--genesis", self.code, "--since", older, lang="ja").stdout)
        verdict = json.loads(self.verify("--genesis", self.code, "--since", older / "checkpoint", "--json").stdout)
        self.assertEqual(verdict["since"], int((older / "checkpoint").read_text().split("\n")[1]))

        cut_off = run("kannuki-verify", older, "--genesis", self.code, "--since", self.bundle)
        self.assertEqual(cut_off.returncode, 1)
        self.assertIn("its end was cut off", cut_off.stdout)

        text = (older / "checkpoint").read_text().split("\n\n")[0] + "\n"
        code = base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()[:20]
        paper = f"{verdict['since']}-{code}"
        written = self.place / "paper"
        written.write_text(paper.lower() + "\n")
        for form in (paper, written):
            told = self.verify("--genesis", self.code, "--paper", form)
            self.assertEqual(told.returncode, 0, told.stdout)
            self.assertIn("the code on paper was printed", told.stdout)
        told = self.verify("--genesis", self.code, "--paper", paper[:-1] + ("A" if paper[-1] != "A" else "B"))
        self.assertEqual(told.returncode, 1)

        policy = self.place / "policy"
        policy.write_text((self.bundle / "policy").read_text())
        told = self.verify("--genesis", self.code, "--policy", policy)
        self.assertEqual(told.returncode, 0, told.stdout)
        self.assertIn("asks for no witness", told.stdout)

    def test_what_cannot_be_brought_is_explained(self):
        self.export()
        junk = self.place / "junk"
        junk.write_text("hello\n")
        empty = self.place / "empty"
        empty.mkdir()
        for option, value, why in [("--since", junk, "is not a checkpoint"), ("--since", self.place / "none", "none"),
                                   ("--since", empty, "checkpoint.log"), ("--since", self.place, "lies in a folder"), ("--paper", "1234-ABC", "1234-ABC"),
                                   ("--paper", junk, "junk"), ("--policy", junk, "line 1"),
                                   ("--policy", self.place / "none", "none"), ("--genesis", self.place, "")]:
            told = self.verify("--genesis", self.code, option, value)
            self.assertEqual(told.returncode, 2, (option, value, told.stdout))
            self.assertIn(why, told.stderr, (option, value))

    def test_a_part_is_called_a_part(self):
        for _ in range(3):
            self.append(LINES[2:] * 100)
        self.export("--from", "260", "--to", "270")
        told = self.verify("--genesis", self.code)
        self.assertEqual(told.returncode, 0, told.stdout)
        self.assertIn("this part of the log", told.stdout)
        verdict = json.loads(self.verify("--genesis", self.code, "--json").stdout)
        self.assertEqual((verdict["from"], verdict["entries_checked"]), (256, verdict["to"] - 256))

    def test_help_and_manual_know_the_same_options(self):
        options = set(re.findall(r"--[a-z]+", run("kannuki-verify", "--help").stdout))
        self.assertGreater(len(options), 6)
        self.assertEqual(options, set(re.findall(r"--[a-z]+", run("kannuki-verify", "--help", lang="ja").stdout)))
        for page in ("docs/man/kannuki-verify.1", "docs/man/ja/kannuki-verify.1"):
            text = pathlib.Path(page).read_text().replace("\\-", "-")
            self.assertEqual(options, set(re.findall(r"--[a-z]+", text)), page)

    def test_wrong_use_is_explained(self):
        for arguments in [[], ["--no"], ["--lang", "fr"], ["more", "than", "one"]]:
            told = run("kannuki-verify", *arguments)
            self.assertEqual(told.returncode, 2, arguments)
            self.assertIn("Usage", told.stderr)
        self.assertEqual(run("kannuki-verify", self.place / "nothing").returncode, 2)
        self.assertEqual(run("kannuki-verify", "--help").returncode, 0)
        for arguments in [[], ["init"], ["show", self.ledger, "--from", "x"], ["burn", self.ledger],
                          ["export", self.ledger, self.bundle, "--without", "body"]]:
            told = run("kannuki-ledger", *arguments)
            self.assertEqual(told.returncode, 2, arguments)
            self.assertIn("--help", told.stderr)

    def test_a_bad_line_is_named_and_those_before_it_are_kept(self):
        told = self.append([LINES[0], {"type": "incident.noted", "text": "x" * 70000}, LINES[2]])
        self.assertEqual(told.returncode, 1)
        self.assertIn("line 2", told.stderr)
        self.assertEqual(len(told.stdout.splitlines()), 1)
        told = run("kannuki-ledger", "append", self.ledger, text="[]\n")
        self.assertIn("line 1", told.stderr)
        self.assertEqual(self.append([LINES[1]]).returncode, 0)
        again = self.append([LINES[1]])
        self.assertEqual(again.returncode, 1)
        self.assertIn("recorded before", again.stderr)

    def test_a_second_program_is_refused(self):
        writer = subprocess.Popen([BIN / "kannuki-ledger", "append", self.ledger], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(writer.stdout.close)
        self.addCleanup(writer.wait)
        self.addCleanup(writer.stdin.close)
        writer.stdin.write(json.dumps(LINES[0]) + "\n")
        writer.stdin.flush()
        writer.stdout.readline()
        told = run("kannuki-ledger", "check", self.ledger)
        self.assertEqual(told.returncode, 1)
        self.assertIn("another program", told.stderr)

    def symbols_of(self, program, *options):
        listed = subprocess.run(["nm", *options, BIN / program], capture_output=True, text=True, check=True).stdout
        # A symbol of a shared library has its version behind it, an inner one of the C library underscores before.
        names = {line.split()[-1].split("@")[0].lstrip("_") for line in listed.splitlines() if line}
        self.assertIn("openat", names)
        return names

    def knows_neither_database_nor_network(self, names):
        network = {"socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "send", "sendto", "sendmsg", "recv",
                   "recvfrom", "recvmsg", "getaddrinfo", "gethostbyname", "libc_socket", "libc_connect"}
        self.assertEqual(names & network, set())
        self.assertEqual([name for name in names if name.startswith(("sqlite3", "BIO_", "SSL_", "sd_"))], [])

    def test_the_verifier_knows_neither_database_nor_sockets(self):
        libraries = subprocess.run(["ldd", BIN / "kannuki-verify"], capture_output=True, text=True).stdout
        self.assertIn("libsodium", libraries)
        for word in ["sqlite", "systemd", "microhttpd", "libgpiod"]:
            self.assertNotIn(word, libraries)
        self.knows_neither_database_nor_network(self.symbols_of("kannuki-verify", "--dynamic", "--undefined-only"))


@unittest.skipUnless((BIN / "kannuki-verify-static").exists(), "this profile has no static program")
class Static(Verify):
    """All of the above again, with the program that needs nothing beside it."""

    def verify(self, *arguments, lang="en"):
        return run("kannuki-verify-static", self.bundle, *arguments, lang=lang)

    def test_it_needs_no_library(self):
        told = subprocess.run(["readelf", "--program-headers", "--dynamic", "--wide", BIN / "kannuki-verify-static"],
                              capture_output=True, text=True, check=True).stdout
        self.assertNotIn("INTERP", told)
        self.assertNotIn("NEEDED", told)

    def test_the_verifier_knows_neither_database_nor_sockets(self):
        self.knows_neither_database_nor_network(self.symbols_of("kannuki-verify-static"))

    def test_it_speaks_japanese_where_its_catalogue_is_and_english_elsewhere(self):
        self.export()
        alone = self.place / "carried" / "bin" / "kannuki-verify-static"
        alone.parent.mkdir(parents=True)
        shutil.copy(BIN / "kannuki-verify-static", alone)

        def say():
            done = subprocess.run([alone, self.bundle, "--genesis", self.code, "--lang", "ja"], capture_output=True, env={},
                                  text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout

        self.assertIn("GOOD: this log is complete", say())
        shutil.copytree(BIN.parent / "share", self.place / "carried" / "share")
        self.assertIn("正常", say())


if __name__ == "__main__":
    tap.main()
