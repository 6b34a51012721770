#!/usr/bin/env python3
"""The image with a panel on GPIO lines: a real kernel, its gpiochip, libgpiod, and pins pressed from outside.

The machine's PL061 has eight lines. The settings of the panel daemon come as a credential on the kernel's command line.
"""
import base64
import os
import shutil
import subprocess
import tempfile
import time
import unittest

import tap
from qtest import Pins
from test_boot import ACT_SECONDS, BOOT_SECONDS, IMAGE, SerialLine, wait_until

ISOLATE, KEY, FEEDBACK, RELAY, ALARM, RECORDED, FAULT = 0, 1, 2, 4, 5, 6, 7
SETTINGS = """driver: gpio
uplinks: 1
chip: /dev/gpiochip0
outputs: {uplinks: [4], alarm: 5, recorded: 6, fault: 7}
inputs: {isolate: 0, key: 1, feedback: [2]}
"""


def drop_in():
    """What makes the service read other settings than those in the image, for the kernel's command line."""
    text = ("[Service]\nSetCredential=panel.yaml:" + SETTINGS.replace("\n", "\\n") +
            "\nExecStart=\nExecStart=/usr/bin/kannuki-paneld --config %d/panel.yaml\n")
    return ("systemd.set_credential_binary=systemd.unit-dropin.kannuki-paneld.service:" +
            base64.b64encode(text.encode()).decode())


class Machine:
    def __init__(self, folder):
        self.card = os.path.join(folder, "card.img")
        shell = os.path.join(folder, "shell.sock")
        subprocess.run(["cp", "--sparse=always", os.path.join(IMAGE, "kannuki.img"), self.card], check=True)
        self.pins = Pins(folder)
        self.process = subprocess.Popen(
            ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "512", "-accel", "tcg",
             "-nodefaults", "-display", "none", "-no-reboot",
             "-kernel", os.path.join(IMAGE, "vmlinuz"), "-initrd", os.path.join(IMAGE, "initrd"),
             "-append", "console=ttyAMA0 quiet panic=1 systemd.debug_shell=ttyAMA1 " + drop_in(),
             "-drive", f"if=none,id=card,file={self.card},format=raw", "-device", "virtio-blk-pci,drive=card",
             "-serial", "null", "-chardev", f"socket,id=shell,path={shell},server=on,wait=off", "-serial", "chardev:shell",
             *self.pins.arguments()])
        self.pins.connect()
        wait_until("QEMU", lambda: os.path.exists(shell))
        self.shell = SerialLine(shell)

    def run(self, command):
        """What a command prints, typed into the root shell on the second serial line."""
        self.shell.line(f"{command}; echo END''ED")
        return self.shell.wait(r"(?s)(.*)\nENDED", seconds=ACT_SECONDS).group(1)

    def stop(self):
        self.shell.close()
        self.process.kill()
        self.process.wait(30)


class Gpio(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="kannuki-gpio-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.machine = Machine(cls.folder)
        cls.addClassCleanup(cls.machine.stop)
        cls.pins = cls.machine.pins
        cls.pins.drive(ISOLATE, True)             # open contacts: high
        cls.pins.drive(KEY, True)
        cls.pins.drive(FEEDBACK, False)           # closed: the relay has fallen
        cls.pins.followers[RELAY] = lambda level: cls.pins.drive(FEEDBACK, level)

    def kill_daemon(self):
        """Returns when it runs again and the keeper has told it what was connected."""
        said = self.machine.run("hellos() { journalctl -b -q -o cat | grep -c 'panel: controller'; }; before=$(hellos); "
                                "pid=$(systemctl show -P MainPID kannuki-paneld); [ $pid -gt 1 ] && kill -KILL $pid; "
                                "until [ $(hellos) -gt $before ]; do sleep 0.2; done; echo killed $pid")
        self.assertRegex(said, r"killed [1-9]")

    def press(self, pin, seconds):
        self.pins.drive(pin, False)
        time.sleep(seconds)
        self.pins.drive(pin, True)

    def test_1_nothing_is_connected_before_the_keeper_has_told_what_was(self):
        try:
            self.pins.wait(RELAY, True, BOOT_SECONDS)
        except AssertionError as why:
            raise AssertionError(self.machine.run("systemctl --no-pager status kannuki-paneld; systemctl --no-pager "
                                                  "list-jobs; journalctl --no-pager -n 40")) from why
        order = [output for _, output, level in self.pins.moves if level and output in (FAULT, RELAY)]
        self.assertEqual(order[:2], [FAULT, RELAY])
        self.pins.wait(FAULT, False, ACT_SECONDS)

    def test_2_the_thread_of_the_pins_has_real_time_priority(self):
        said = self.machine.run("cat /proc/$(systemctl show -P MainPID kannuki-paneld)/task/*/stat | cut -d' ' -f40")
        self.assertEqual(sorted(said.split()[-3:]), ["0", "20", "50"], said)

    def test_3_a_killed_daemon_starts_again_cut_and_connects_after_the_keeper(self):
        before = len(self.pins.moves)
        self.kill_daemon()
        wait_until("cut and connected again",
                   lambda: [level for _, output, level in self.pins.moves[before:] if output == RELAY] == [False, True])

    def test_4_the_red_button_cuts_and_the_press_is_recorded(self):
        self.press(ISOLATE, 0.3)
        self.pins.wait(RELAY, False, 10)
        self.pins.wait(ALARM, True, 10)
        self.pins.wait(RECORDED, True, ACT_SECONDS)

    def test_5_the_key_alone_and_a_killed_daemon_leave_it_cut(self):
        before = len(self.pins.moves)
        self.press(KEY, 0.6)
        self.kill_daemon()
        self.pins.wait(ALARM, False, ACT_SECONDS)
        self.pins.drive(ISOLATE, False)
        self.pins.wait(ALARM, True, ACT_SECONDS)  # the new daemon sees its pins
        self.pins.drive(ISOLATE, True)
        self.pins.wait(FAULT, False, ACT_SECONDS)
        self.assertEqual([move for move in self.pins.moves[before:] if move[1] == RELAY and move[2]], [])


if __name__ == "__main__":
    tap.main()
