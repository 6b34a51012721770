#!/usr/bin/env python3
"""A bundle over the cable: exported, sent by ZMODEM, received and verified."""
import os
import pathlib
import subprocess
import tempfile

import tap
from keeperhouse import BIN
from test_console_keeper import ConsoleAndKeeper


class Carry(ConsoleAndKeeper):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.be("kansa")
        self.do("ledger export first zip")
        self.file = self.house.homes[0] / "exports/first"

    def ask_for_it(self):
        self.screen.line("ledger send first")
        said = self.screen.wait(r"first: (\d+)バイト。\d+ bpsで\d+分ほどかかります")
        self.assertEqual(int(said.group(1)), self.file.stat().st_size)
        self.screen.wait("いま送りますか")
        self.screen.wait(": $")

    def receive(self):
        """The person's terminal program starts rz on its end of the cable."""
        return subprocess.run(["rz", "--binary", "--quiet", "--resume"], stdin=self.screen.fd, stdout=self.screen.fd,
                              stderr=subprocess.PIPE, cwd=self.folder.name, timeout=300, check=False)

    def read(self, words):
        self.screen.wait("受信が終わったら、Enterを押してください")
        self.screen.line("")
        self.screen.wait(words)
        self.screen.wait("> $")

    def test_a_bundle_arrives_and_is_verified(self):
        self.ask_for_it()
        self.screen.line("1")
        done = self.receive()
        self.read("firstを最後まで送りました")
        got = pathlib.Path(self.folder.name, "first")
        self.assertEqual(got.read_bytes(), self.file.read_bytes(), done.stderr)
        verdict = subprocess.run([BIN / "kannuki-verify", got, "--genesis", self.house.genesis], capture_output=True,
                                 text=True, timeout=120, check=False)
        self.assertEqual(verdict.returncode, 0, verdict.stdout + verdict.stderr)
        self.assertEqual(list(self.house.root.glob("run/kannuki-console/*")), [])
        self.screen.line("show people")
        self.screen.wait("利用者")

    def test_a_transfer_that_is_broken_off_ends_clean_and_goes_on_later(self):
        self.ask_for_it()
        self.screen.line("1")
        self.screen.wait(r"rz")
        os.write(self.screen.fd, b"\x18" * 8 + b"\x08" * 8)
        self.read("firstを最後まで送れませんでした")
        self.assertEqual(list(self.house.root.glob("run/kannuki-console/*")), [])
        whole = self.file.read_bytes()
        pathlib.Path(self.folder.name, "first").write_bytes(whole[:len(whole) // 2])
        self.ask_for_it()
        self.screen.line("1")
        self.receive()
        self.read("firstを最後まで送りました")
        self.assertEqual(pathlib.Path(self.folder.name, "first").read_bytes(), whole)

    def test_what_cannot_be_sent(self):
        for name, why in (("second", "「second」というファイルはありません"), (".", "「.」というファイル"), ("a/b", "[!！]")):
            self.screen.line("ledger send " + name)
            self.screen.wait(why)
            self.screen.wait("> $")
        self.ask_for_it()
        self.screen.line("2")
        self.screen.wait("閂[^>\n]*> $")
        self.assertFalse((self.house.root / "run/kannuki-console").exists())


if __name__ == "__main__":
    tap.main()
