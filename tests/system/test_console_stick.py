#!/usr/bin/env python3
"""A bundle onto a USB stick, at the console; a folder stands for the stick."""
import contextlib
import pathlib
import socket
import subprocess
import tempfile
import threading
import unittest

import tap
from keeperhouse import BIN
from test_console_keeper import RECEIPT, ConsoleAndKeeper


class Door:
    """The socket that systemd keeps: each connection gets a program; or a first line, and an answer to each message."""

    def __init__(self, path, folder):
        self.folder, self.instead = folder, []
        path.parent.mkdir(parents=True, exist_ok=True)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            with peer:
                if self.instead:
                    seen, *answers = self.instead.pop(0)
                    peer.sendall(seen)
                    for answer in answers:
                        peer.recv(4096)
                        peer.sendall(answer)
                    while answers and answers[-1] and peer.recv(65536):
                        pass
                else:
                    subprocess.run([BIN / "kannuki-stick", "--folder", self.folder], stdin=peer, stdout=peer, check=False)

    def close(self):
        self.socket.close()


class Stick(ConsoleAndKeeper):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.stick = pathlib.Path(folder.name)
        self.door = Door(self.house.root / "run/kannuki-stick.sock", self.stick)
        self.addCleanup(self.door.close)
        self.be("kansa")
        self.do("ledger export first zip")
        self.file = self.house.homes[0] / "exports/first"

    def ask_for_it(self):
        self.screen.line("ledger stick first")
        said = self.screen.wait(r"first：(\d+)バイト。遅いメモリでは")
        self.assertEqual(int(said.group(1)), self.file.stat().st_size)
        self.screen.wait("Enterを押してください")

    def write(self, words):
        self.screen.line("")
        self.screen.wait("USBメモリを確認しました.*FAT、ラベル「FOLDER」")
        self.screen.wait("いま書き込みますか")
        self.screen.wait(": $")
        self.screen.line("1")
        self.screen.wait(RECEIPT)
        self.screen.wait(words)
        self.screen.wait("> $")

    def carried(self):
        with self.house.login("kansa") as auditor:
            entries = auditor.ask("ledger.find", word="ledger.carried")["entries"]
        return [entry for entry in entries if entry["act"] == "ledger.carried"]

    def test_it_is_written_read_again_released_and_recorded(self):
        self.ask_for_it()
        self.write("いま抜いてください")
        self.assertEqual([p.name for p in self.stick.iterdir()], ["first"])
        self.assertEqual((self.stick / "first").read_bytes(), self.file.read_bytes())
        verdict = subprocess.run([BIN / "kannuki-verify", self.stick / "first", "--genesis", self.house.genesis],
                                 capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(verdict.returncode, 0, verdict.stdout + verdict.stderr)
        self.assertEqual(len(self.carried()), 1)
        self.ask_for_it()
        self.write("同じ名前のファイルがUSBメモリにすでにあります")

    def test_what_is_wrong_with_a_stick_is_said_and_another_may_be_put_in(self):
        self.door.instead = [[b"none\n"], [b"several\n"], [b"unknown\n"], [b"protected\n"], [b""]]
        self.ask_for_it()
        for words in ("見つかりません", "二つ以上", "扱える形式のUSBメモリではありません", "書込み禁止", "応答しません"):
            self.screen.line("")
            self.screen.wait(words)
            self.screen.wait("Enterを押してください")
        self.write("いま抜いてください")
        self.assertEqual((self.stick / "first").read_bytes(), self.file.read_bytes())

    def test_it_is_said_when_it_fails_and_nothing_half_written_stays(self):
        for answers, words in (([b"failed full\n"], "空きが足りません"), ([b""], "終わる前に抜かれました"),
                               ([b"taking\n", b""], "終わる前に抜かれました"),
                               ([b"taking\n", b"written " + b"0" * 64 + b"\n"], "書き込んだものと違います")):
            self.door.instead = [[b"ready 8000000000 vfat FOLDER\n", *answers]]
            self.ask_for_it()
            self.write(words)
        self.assertEqual(list(self.stick.iterdir()), [])

    def test_who_leaves_writes_nothing(self):
        self.ask_for_it()
        self.screen.type("\x03")
        self.screen.wait("> $")
        self.ask_for_it()
        self.screen.line("")
        self.screen.wait(": $")
        self.screen.line("2")
        self.screen.wait("閂[^>\n]*> $")
        self.assertEqual((list(self.stick.iterdir()), self.carried()), ([], []))


class Program(unittest.TestCase):
    """What somebody else's code at the console could ask of it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.stick = pathlib.Path(folder.name)

    def answer(self, order, data=b""):
        ours, its = socket.socketpair()
        with ours, subprocess.Popen([BIN / "kannuki-stick", "--folder", self.stick], stdin=its, stdout=its) as program:
            its.close()
            lines = ours.makefile("rb")
            lines.readline()
            ours.sendall(order)
            said = lines.readline()
            if said == b"taking\n":
                with contextlib.suppress(OSError):  # it may have given up already
                    ours.sendall(data)
                    ours.shutdown(socket.SHUT_WR)
                said = lines.readline()
            program.wait(30)
        return said.strip()

    def test_names_are_names_and_nothing_is_overwritten(self):
        (self.stick / "there").write_text("before")
        for name in ("../x", "/etc/x", ".x", "-x", "a b", "", "x" * 65, "a\tb"):
            self.assertEqual(self.answer(name.encode() + b" 1\n", b"x"), b"failed name", name)
        for order in (b"x\n", b"x -1\n", b"x 1x\n", b"x 99999999999999999999\n"):
            self.assertEqual(self.answer(order, b"x"), b"failed name", order)
        self.assertEqual(self.answer(b"there 1\n", b"x"), b"failed exists")
        self.assertEqual(self.answer(b"much 9000000000000000000\n"), b"failed full")
        self.assertEqual([(p.name, p.read_text()) for p in self.stick.iterdir()], [("there", "before")])

    def test_who_leaves_in_the_middle_leaves_nothing(self):
        self.assertEqual(self.answer(b"half 100\n", b"x" * 50), b"failed left")
        self.assertEqual(list(self.stick.iterdir()), [])

    def test_a_link_on_the_stick_is_not_followed(self):
        (self.stick / "x.part").symlink_to("/dev/null")
        self.assertIn(self.answer(b"x 1\n", b"x"), (b"failed io", b"failed protected"))


if __name__ == "__main__":
    tap.main()
