#!/usr/bin/env python3
"""The image, booted in QEMU: the simulated board on its second serial line, a person on its first.

One start of the machine serves all tests, in the order of the story: press, see the record, carry it out, verify.
"""
import base64
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

import tap
from terminal import Terminal

BIN = os.environ["KANNUKI_BIN"]
IMAGE = os.environ.get("KANNUKI_IMAGE", os.path.join(os.path.dirname(os.environ["KANNUKI_BUILD"]), "image"))
BOOT_SECONDS, ACT_SECONDS = 300, 90
VAR_UUID = "6B616E6E-756B-4900-8000-000000000002"


def wait_until(what, condition, seconds=ACT_SECONDS):
    until = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)
    return value


def acts(bundle):
    """What each entry of an exported bundle says was done, in order."""
    lines = [line for p in sorted(pathlib.Path(bundle, "disclosures").iterdir()) for line in p.read_text().splitlines()]
    bodies = [json.loads(line)["disclosure"] for line in lines if json.loads(line)["name"] == "body"]
    return [json.loads(base64.urlsafe_b64decode(body + "=="))[2]["act"] for body in bodies]


class SerialLine(Terminal):
    """The person's end of a serial line that QEMU offers as a socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.fd, self.seconds = self.socket.fileno(), ACT_SECONDS
        self.seen = self.pending = b""

    def close(self):
        self.socket.close()


class Board:
    def __init__(self, folder):
        self.pty, self.control = os.path.join(folder, "board.pty"), os.path.join(folder, "board.sock")
        self.process = subprocess.Popen([BIN + "/kannuki-simboard", "--eeprom", os.path.join(folder, "board.eeprom"),
                                         "--pty-link", self.pty, "--control", self.control])
        wait_until("the simulated board", lambda: os.path.exists(self.control) and os.path.exists(self.pty))

    def ask(self, command):
        return subprocess.run([BIN + "/kannuki-simboard", "--send", self.control, command], check=True, timeout=30,
                              capture_output=True, text=True).stdout

    def state(self):
        return json.loads(self.ask("state"))

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class Machine:
    def __init__(self, folder, board):
        self.card, console = os.path.join(folder, "card.img"), os.path.join(folder, "console.sock")
        subprocess.run(["cp", "--sparse=always", os.path.join(IMAGE, "kannuki.img"), self.card], check=True)
        self.process = subprocess.Popen(
            ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "512", "-accel", "tcg",
             "-nodefaults", "-display", "none", "-no-reboot",
             "-kernel", os.path.join(IMAGE, "vmlinuz"), "-initrd", os.path.join(IMAGE, "initrd"),
             "-append", "console=ttyAMA0 quiet panic=1",
             "-drive", f"if=none,id=card,file={self.card},format=raw", "-device", "virtio-blk-pci,drive=card",
             "-chardev", f"socket,id=console,path={console},server=on,wait=off", "-serial", "chardev:console",
             "-chardev", f"serial,id=board,path={board.pty}", "-serial", "chardev:board"])
        wait_until("QEMU", lambda: os.path.exists(console) or self.process.poll() is not None)
        self.console = SerialLine(console)

    def stop(self):
        """As when the plug is pulled; what QEMU has taken from the guest is in the file."""
        self.console.close()
        self.process.kill()
        self.process.wait(30)

    def carry_out(self, path, target):
        """Copies a folder of the stopped machine's /var, read from the card as from any other."""
        table = json.loads(subprocess.run(["sfdisk", "--json", self.card], check=True, capture_output=True).stdout)
        start = next(p["start"] for p in table["partitiontable"]["partitions"] if p["uuid"] == VAR_UUID)
        var = f"{self.card}?offset={start * 512}"
        subprocess.run(["e2fsck", "-fy", var], check=False, capture_output=True)
        subprocess.run(["debugfs", "-R", f"rdump {path} {target}", var], check=True, capture_output=True)


class Boot(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="kannuki-boot-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.board = Board(cls.folder)
        cls.addClassCleanup(cls.board.stop)
        cls.machine = Machine(cls.folder, cls.board)
        cls.addClassCleanup(cls.machine.stop)
        cls.console = cls.machine.console
        cls.logins = {}

    def log_in(self, name):
        self.console.line("")
        self.console.wait("名前: ")
        self.console.line(name)
        self.console.wait("パスワード: ")
        self.console.line(self.logins[name])
        self.console.wait("> ")

    def test_1_the_first_start_shows_the_accounts_on_the_serial_line(self):
        started = time.monotonic()
        type(self).genesis = self.console.wait(r"genesis: (\S+)\n", seconds=BOOT_SECONDS).group(1)
        while (found := self.console.wait(r"login (\S+) (\S+)\n", "名前: ")).re.groups:
            self.logins[found.group(1)] = found.group(2)
        print(f"# {time.monotonic() - started:.0f} s to the console's prompt")
        self.assertIn("kacho", self.logins)

    def test_2_a_press_cuts_and_is_recorded(self):
        before = self.board.state()
        self.assertEqual([u["connected"] for u in before["uplinks"]], [True] * 4)
        self.assertFalse(before["lamps"]["recorded"])
        self.board.ask("press isolate")
        wait_until("the relays have fallen", lambda: not any(u["connected"] for u in self.board.state()["uplinks"]))
        wait_until("the lamp RECORDED is lit", lambda: self.board.state()["lamps"]["recorded"])

    def test_3_the_section_head_sees_the_case_on_the_console(self):
        self.log_in("kacho")
        self.console.line("show now")
        self.console.wait("インターネット系.*遮断済")
        self.console.line("logout")
        self.console.wait("ログアウトしました")

    def test_4_what_the_auditor_exports_is_good_outside(self):
        self.log_in("kansa")
        self.console.line("ledger export boot")
        path = self.console.wait(r"書き出しました: /var(/\S+)\n").group(1)
        self.machine.stop()
        self.machine.carry_out(path, self.folder)
        bundle = os.path.join(self.folder, os.path.basename(path))
        verdict = subprocess.run([BIN + "/kannuki-verify", bundle, "--genesis", self.genesis, "--json"], timeout=60,
                                 capture_output=True, text=True)
        self.assertEqual(verdict.returncode, 0, verdict.stdout + verdict.stderr)
        recorded = acts(bundle)
        self.assertEqual([recorded.count(act) for act in ("panel.pressed", "uplink.cut", "uplink.proven")], [1, 4, 4])


if __name__ == "__main__":
    tap.main()
