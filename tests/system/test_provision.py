#!/usr/bin/env python3
"""board/provision: the firmware must read out of its block what was chosen."""
import os
import select
import subprocess
import tempfile
import tty
import unittest

import tap
from paneld import wait_until
from simboard import Simboard
from test_simboard import crc

PROVISION = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../board/provision")
IDENTITY, WORDS = 0x80, 21


class Provision(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.file = os.path.join(self.folder, "block.bin")

    def provision(self, *options):
        return subprocess.run([PROVISION, self.file, *options], capture_output=True, text=True, check=False, timeout=20)

    def identity(self):
        """What the firmware says of itself when it starts with this block."""
        with open(self.file, "rb") as block, open(os.path.join(self.folder, "board.eeprom"), "wb") as eeprom:
            eeprom.write(block.read().ljust(4096, b"\xff"))
        board = Simboard(self.folder).start()
        self.addCleanup(board.stop)
        line = os.open(board.device, os.O_RDWR | os.O_NOCTTY)
        self.addCleanup(os.close, line)
        tty.setraw(line)
        request = bytes((1, 3, 0, IDENTITY, 0, WORDS))
        answer = wait_until("an answer", lambda: self.exchange(line, request + crc(request)))
        return [int.from_bytes(answer[3 + 2 * i:5 + 2 * i], "big") for i in range(WORDS)]

    def exchange(self, line, request):
        os.write(line, request)
        answer = b""
        while len(answer) < 5 + 2 * WORDS and select.select([line], [], [], 0.3)[0]:
            answer += os.read(line, 4096)
        return answer if len(answer) == 5 + 2 * WORDS and answer[1] == 3 else None

    def test_the_firmware_reads_what_was_chosen(self):
        done = self.provision("--uplinks", "3", "--isolate", "1,3", "--stay", "2", "--loss", "1", "--heartbeat", "5000")
        self.assertEqual(done.returncode, 0, done.stderr)
        words = self.identity()
        controller = "".join(f"{word:04x}" for word in words[8:12])
        self.assertEqual(words[12:19], [0b111, 0b101, 0b010, 0b001, 5000, 0, 0])
        self.assertIn(f"Controller        {controller}", done.stdout)
        self.assertIn(f"Journal  {words[19]:04x}{words[20]:04x}", done.stdout)

    def test_bistable_relays_are_read_too(self):
        self.assertEqual(self.provision("--uplinks", "2", "--pulse", "1,2").returncode, 0)
        self.assertEqual(self.identity()[17], 0b11)

    def test_no_two_boards_are_the_same(self):
        blocks = set()
        for _ in range(3):
            self.assertEqual(self.provision().returncode, 0)
            with open(self.file, "rb") as block:
                blocks.add(block.read())
            os.unlink(self.file)
        self.assertEqual(len(blocks), 3)
        self.assertTrue(all(len(block) == 26 for block in blocks))

    def test_what_cannot_be_is_refused_and_nothing_is_written(self):
        for wrong in (["--isolate", "none"], ["--uplinks", "2", "--loss", "3"], ["--pulse", "1"], ["--heartbeat", "100"],
                      ["--stay", "5"], ["--uplinks", "5"]):
            done = self.provision(*wrong)
            self.assertEqual(done.returncode, 2, wrong)
            self.assertFalse(os.path.exists(self.file))

    def test_a_block_is_never_overwritten(self):
        self.assertEqual(self.provision().returncode, 0)
        done = self.provision()
        self.assertEqual(done.returncode, 1)
        self.assertIn("block.bin", done.stderr)


if __name__ == "__main__":
    tap.main()
