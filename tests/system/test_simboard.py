#!/usr/bin/env python3
"""kannuki-simboard as a person or a script meets it: control socket, serial line, page, files it keeps."""
import os
import pty
import select
import signal
import subprocess
import tempfile
import termios
import time
import tty
import unittest

import tap
from paneld import wait_until
from simboard import Simboard

PROGRAM = os.path.join(os.environ["KANNUKI_BIN"], "kannuki-simboard")


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return bytes((value & 0xFF, value >> 8))


def read_for(fd, seconds, enough):
    data, end = b"", time.monotonic() + seconds
    while not enough(data) and time.monotonic() < end:
        if select.select([fd], [], [], 0.05)[0]:
            try:
                data += os.read(fd, 65536)
            except OSError:             # the other end has gone
                break
    return data


class SimboardTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.board = Simboard(self.folder.name).start()
        self.addCleanup(self.board.stop)
        self.wait_uplinks(lambda u: u["connected"])

    def wait_uplinks(self, test, which=range(4)):
        wait_until("the uplinks", lambda: all(test(self.board.state()["uplinks"][i]) for i in which))

    def send(self, *commands):
        return subprocess.run([PROGRAM, "--send", self.board.path, *commands], capture_output=True, text=True,
                              check=False, timeout=20, env={**os.environ, "KANNUKI_LANG": "en"})

    def test_isolate_cuts_proves_and_survives_power_and_restart(self):
        self.board.ask("press isolate")
        self.wait_uplinks(lambda u: not u["connected"] and u["mirror"] and u["lamp"])
        edge = next(n["t_us"] for n in self.board.notes() if n["what"] == "isolate" and n["on"])
        coil = next(n["t_us"] for n in self.board.notes() if n["what"] == "coil" and not n["on"])
        self.assertLessEqual(coil - edge, 5000)
        self.board.ask("power off")
        self.assertFalse(self.board.state()["lamps"]["power"])
        self.board.ask("power on")
        wait_until("its start", lambda: self.board.state()["uplinks"][0]["lamp"])
        self.board.stop()
        self.board.start()
        wait_until("its start", lambda: self.board.state()["uplinks"][0]["lamp"])
        self.assertFalse(self.board.state()["uplinks"][0]["connected"])

    def test_a_welded_contact_stays_closed(self):
        self.board.ask("weld 2 on")
        self.board.ask("press uplink 2 50")
        wait_until("the coil", lambda: not self.board.state()["uplinks"][1]["coil"])
        self.assertTrue(self.board.state()["uplinks"][1]["connected"])
        self.board.ask("weld 2 off")
        self.wait_uplinks(lambda u: u["mirror"], [1])

    def test_a_shorted_mirror_wire_is_seen_closed_for_ever(self):
        self.board.ask("wire 1 short")
        self.assertTrue(self.board.state()["uplinks"][0]["mirror"])
        self.assertEqual(self.board.state()["uplinks"][0]["wire"], "short")
        self.board.ask("wire 1 whole")
        self.assertFalse(self.board.state()["uplinks"][0]["mirror"])

    def test_a_dead_lamp_stays_dark_in_its_test_and_the_others_shine(self):
        self.board.ask("lamp recorded dead")
        self.board.ask("lamp uplink 2 dead")
        self.board.ask("press test 50")
        wait_until("the lamps", lambda: self.board.state()["lamps"]["incident"])
        state = self.board.state()
        self.assertEqual(state["dead"], ["recorded", "uplink 2"])
        self.assertFalse(state["lamps"]["recorded"] or state["uplinks"][1]["lamp"])
        self.assertTrue(state["lamps"]["power"] and state["lamps"]["fault"] and state["uplinks"][0]["lamp"])
        self.board.ask("lamp power dead")
        self.assertFalse(self.board.state()["lamps"]["power"])
        self.board.ask("lamp recorded whole")
        self.assertEqual(self.board.state()["dead"], ["power", "uplink 2"])

    def test_a_line_that_is_broken_one_way_or_both_carries_nothing(self):
        line = os.open(self.board.device, os.O_RDWR | os.O_NOCTTY)
        self.addCleanup(os.close, line)
        tty.setraw(line)
        request = bytes((1, 3, 0, 0x80, 0, 4))
        for broken in ("deaf", "mute", "unplugged"):
            self.board.ask("line whole")
            wait_until("an answer", lambda: self.exchange(line, request + crc(request)))
            self.board.ask(f"line {broken}")
            self.assertEqual(self.exchange(line, request + crc(request)), b"", broken)

    def exchange(self, line, request):
        os.write(line, request)
        return read_for(line, 0.5, lambda data: len(data) >= 13)

    def test_a_hung_processor_comes_back(self):
        self.board.ask("hang")
        wait_until("the reset", lambda: any(n["what"] == "reset" for n in self.board.notes()))
        wait_until("the relays' fall", lambda: any(n["what"] == "contact" and not n["on"] for n in self.board.notes()))
        self.wait_uplinks(lambda u: u["connected"])

    def test_the_second_pole_cuts_without_the_first(self):
        self.board.ask("pole 1 broken")
        self.board.ask("hold isolate")
        self.wait_uplinks(lambda u: not u["connected"])
        self.assertFalse(self.board.state()["supply"])
        self.board.ask("release isolate")
        wait_until("the supply", lambda: self.board.state()["supply"])
        self.assertFalse(self.board.state()["uplinks"][0]["connected"])

    def test_the_serial_line_answers_and_can_be_opened_again(self):
        for _ in range(3):
            line = os.open(self.board.device, os.O_RDWR | os.O_NOCTTY)
            tty.setraw(line)
            request = bytes((1, 3, 0, 0x80, 0, 4))
            answer = b""
            for _ in range(20):         # the first bytes may be lost while the line is being opened
                os.write(line, request + crc(request))
                answer = read_for(line, 0.5, lambda data: len(data) >= 13)
                if len(answer) == 13:
                    break
            os.close(line)
            self.assertEqual(answer[:3], bytes((1, 3, 8)))
            self.assertEqual(crc(answer[:-2]), answer[-2:])

    def test_scripts_get_answers_and_errors(self):
        done = self.send("key on", "state", "key off")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('"key":true', done.stdout.splitlines()[1])
        for wrong in ("press", "press uplink 5", "press declare soon", "hold key", "key", "power", "weld 0 on", "wire 1",
                      "pole 3 broken", "lamp", "lamp uplink 5 dead", "lamp alarm dead", "line sideways", "supply",
                      "jumper out", "wire 1 bent", "open sesame", "a b c d e f", "x" * 200):
            done = self.send(wrong)
            self.assertEqual(done.returncode, 1, wrong)
            self.assertIn("write: ", done.stderr)

    def test_a_command_may_be_typed_without_quotes(self):
        self.assertEqual(self.send("key", "on").returncode, 0)
        self.assertTrue(self.board.state()["key"])
        done = self.send("press", "uplink", "5")
        self.assertEqual(done.returncode, 1)
        self.assertIn("press uplink 5: ", done.stderr)
        done = self.send("state", *["x" * 50] * 4)
        self.assertEqual(done.returncode, 1, "cut off, it would be another command")

    def test_an_overlong_line_costs_only_its_own_connection(self):
        done = self.send("x" * 5000)
        self.assertEqual(done.returncode, 1)
        self.assertTrue(self.board.state()["power"])

    def test_nobody_there_is_said_plainly(self):
        self.board.stop()
        done = self.send("state")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no simulated board answers here", done.stderr)

    def test_sigterm_and_quit_leave_no_file_behind(self):
        self.board.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.board.process.wait(20), 0)
        self.assertFalse(os.path.exists(self.board.path))
        self.assertFalse(os.path.lexists(self.board.device))
        self.board.start()
        self.assertEqual(self.board.ask("quit"), "ok")
        self.assertEqual(self.board.process.wait(20), 0)

    def test_a_missing_firmware_is_named(self):
        done = subprocess.run([PROGRAM, "--hex", "/nowhere.hex"], capture_output=True, text=True, check=False, timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nowhere.hex", done.stderr)

    def test_the_page_is_operated_by_keys_in_both_languages(self):
        for language, words in (("ja", ("緊急遮断", "記録済", "訓練・点検", "回線ごとの遮断", "通電", "閉：接続")), ("en", ("ISOLATE", "RECORDED", "DRILL"))):
            terminal, inner = pty.openpty()
            termios.tcsetwinsize(inner, (24, 80))
            page = subprocess.Popen([PROGRAM, "--attach", self.board.path], stdin=inner, stdout=inner,
                                    env={**os.environ, "KANNUKI_LANG": language})
            os.close(inner)
            shown = read_for(terminal, 20, lambda data: all(w.encode() in data for w in words))
            for word in words:
                self.assertIn(word, shown.decode(errors="replace"))
            os.write(terminal, b"d")
            wait_until("the press", lambda: any(n["what"] == "declare" for n in self.board.notes()))
            os.write(terminal, b"q")
            read_for(terminal, 20, lambda data: page.poll() is not None)
            self.assertEqual(page.wait(20), 0)
            os.close(terminal)

    def test_the_page_breaks_and_mends_by_keys(self):
        terminal, inner = pty.openpty()
        termios.tcsetwinsize(inner, (24, 80))
        page = subprocess.Popen([PROGRAM, "--attach", self.board.path], stdin=inner, stdout=inner)
        os.close(inner)
        self.addCleanup(os.close, terminal)
        self.addCleanup(page.wait, 20)
        self.addCleanup(page.terminate)
        read_for(terminal, 20, lambda data: b"[4]" in data)
        for keys, holds in ((b"uw", lambda s: s["uplinks"][1]["welded"]), (b"m", lambda s: s["uplinks"][1]["wire"] == "cut"),
                            (b"s", lambda s: s["pressed"] == ["isolate"]), (b"K", lambda s: s["key"]),
                            (b"c", lambda s: s["supply_taken"]), (b"x", lambda s: s["line"] == "deaf"),
                            (b"j", lambda s: s["jumper"]), (b"p", lambda s: not s["power"])):
            os.write(terminal, keys)
            self.board.wait(f"what {keys} breaks", holds)
            read_for(terminal, 0, lambda data: True)


if __name__ == "__main__":
    tap.main()
