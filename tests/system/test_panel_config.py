#!/usr/bin/env python3
"""panel.yaml: what is wrong is named with file and line, nothing that could not cut is accepted, nothing crashes."""
import os
import random
import re
import subprocess
import tempfile
import unittest

import tap

MAPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../app/panel/maps")
PROGRAM = os.path.join(os.environ["KANNUKI_BIN"], "kannuki-paneld")
COMPLAINT = re.compile(r"^kannuki-paneld: (\S+\.yaml):(\d+): .{10,}", re.DOTALL)

CONTROLLER = "device: /dev/ttyAMA3\nuplinks: 4\nbaud: 115200\nparity: even\n"
MODBUS = f"""driver: modbus
uplinks: 3
device: /dev/ttyUSB0
baud: 9600
parity: none
relay_module:
  map: {MAPS}/waveshare-relay-8.yaml
  slave: 1
input_module:
  map: {MAPS}/waveshare-io-8.yaml
  slave: 2
isolate_cuts: [1, 2]
outputs:
  uplinks: [1, 2, 3]
  alarm: 8
  buzzer: 7
inputs:
  isolate: 1
  uplinks: ["-", "-", 2]
  feedback: [3, 4, "-"]
  key: 5
  declare: 6
  test: 7
inverted: [1, 2]
"""
GPIO = """driver: gpio
uplinks: 2
chip: /dev/gpiochip0
outputs:
  uplinks: [GPIO17, 27]
  recorded: GPIO5
  uplink_lamps: [6, 7]
inputs:
  isolate: GPIO22
  uplinks: ["-", GPIO23]
  feedback: [24, 25]
  key: GPIO4
inverted: [GPIO22]
isolate_cuts: [1]
"""
WITH_LINE = CONTROLLER + "attention:\n  chip: /dev/gpiochip0\n  line: KANNUKI_ATTENTION\n"
FORMS = {"controller": CONTROLLER, "attention": WITH_LINE, "modbus": MODBUS, "gpio": GPIO}

# What is changed, and the line and the words of the complaint.
MISTAKES = {
    "controller": [
        ("uplinks: 4", "uplinks: 5", 2, "uplinks"),
        ("uplinks: 4\n", "", 3, "uplinks"),
        ("baud: 115200", "baud: 1200", 3, "baud"),
        ("baud: 115200", "baud: 4800", 3, "baud: 19200 or 115200"),
        ("baud: 115200", "baud: 9600", 3, "as the controller is provisioned"),
        ("parity: even", "parity: mark", 4, "parity"),
        ("parity: even", "parity: none", 4, "parity: even"),
        ("parity: even", "chip: /dev/gpiochip0", 4, "chip"),
        ("device: /dev/ttyAMA3", "driver: serial\ndevice: /dev/ttyAMA3", 1, "driver"),
    ],
    "attention": [
        ("  chip: /dev/gpiochip0\n", "", 6, "chip"),
        ("  line: KANNUKI_ATTENTION\n", "", 6, "line"),
        ("KANNUKI_ATTENTION", "x" * 40, 7, "line"),
    ],
    "gpio": [
        ("chip: /dev/gpiochip0\n", "", 13, "chip"),
        ("chip: /dev/gpiochip0", "device: /dev/ttyAMA0", 3, "device"),
        ("isolate: GPIO22", "test: GPIO22", 8, "no ISOLATE button"),
        ("key: GPIO4", "key: GPIO17", 12, "'GPIO17' is there twice"),
        ("recorded: GPIO5", "recorded: 27", 6, "'27' is there twice"),
        ('uplinks: ["-", GPIO23]', 'uplinks: ["-"]', 14, "no button cuts uplink 2"),
        ("isolate_cuts: [1]", "isolate_cuts: [2]", 14, "no button cuts uplink 1"),
        ("isolate_cuts: [1]", "restore_unproven: [1]", 14, "'feedback', which proves it"),
        ("isolate_cuts: [1]", "restore_unproven: [4]", 14, "does not exist"),
        ("inverted: [GPIO22]", "inverted: [27]", 13, "is no input"),
        ("uplink_lamps: [6, 7]", "uplink_lamps: [6, 7, 8]", 7, "more than the 2 uplinks"),
        ("uplinks: 2\n", "uplinks: 3\n", 5, "3 uplinks, but 2 relays"),
        ("GPIO17, 27", "GPIO17", 5, "2 uplinks, but 1 relays"),
    ],
    "modbus": [
        ("device: /dev/ttyUSB0\n", "", 1, "either 'device'"),
        ("baud: 9600", "address: 192.0.2.1", 4, "either 'device'"),
        ("device: /dev/ttyUSB0", "address: example", 3, "not an IPv4 address"),
        ("parity: none", "parity: none\nport: 70000", 6, "'port'"),
        ("slave: 1\n", "slave: 0\n", 8, "1 to 247"),
        ("slave: 2\n", "slave: 300\n", 11, "1 to 247"),
        ("uplinks: [1, 2, 3]\n", "uplinks: [1, 2]\n", 14, "3 uplinks, but 2 relays"),
        ("uplinks: [1, 2, 3]\n", 'uplinks: [1, 2, "-"]\n', 14, "uplink 3 has no relay"),
        ("uplinks: [1, 2, 3]\n", "uplinks: [1, 2, 2]\n", 14, "'2' is there twice"),
        ("uplinks: [1, 2, 3]\n", "uplinks: [1, 2, 9]\n", 14, "write 1 to 8"),
        ("alarm: 8", "alarm: 3", 15, "'3' is there twice"),
        ("buzzer: 7", "uplink_lamps: [5]", 16, "blink"),
        ("isolate: 1\n", "isolate: 0\n", 18, "write 1 to 8"),
        ("isolate: 1\n", "isolate: red\n", 18, "write 1 to 8"),
        ("key: 5", "key: 4", 21, "'4' is there twice"),
        ('uplinks: ["-", "-", 2]', 'uplinks: ["-", "-", "-"]', 12, "no button cuts uplink 3"),
        ('uplinks: ["-", "-", 2]', 'uplinks: ["-", "-", 2, 8]', 19, "more than the 3 uplinks"),
        ('feedback: [3, 4, "-"]', "feedback: [3, 4, 8, 7]", 20, "more than the 3 uplinks"),
        ("isolate_cuts: [1, 2]", "isolate_cuts: [1, 2, 4]", 12, "does not exist"),
        ("isolate_cuts: [1, 2]", "isolate_cuts: []", 12, ""),
        ("inverted: [1, 2]", "inverted: [8]", 24, "is no input"),
        ("waveshare-io-8", "waveshare-relay-8", 10, "has no 'inputs'"),
        (f"input_module:\n  map: {MAPS}/waveshare-io-8.yaml\n  slave: 2\n", "", 14, "has no inputs"),
    ],
}


class ConfigCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.path = os.path.join(self.folder, "panel.yaml")

    def check(self, text, name="panel.yaml", lang="en"):
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        done = subprocess.run([PROGRAM, "--config", self.path, "--check-config"], capture_output=True, text=True,
                              timeout=20, env=dict(os.environ, KANNUKI_LANG=lang))
        self.assertIn(done.returncode, (0, 1), f"{text}\n{done.stderr}")
        return done.returncode, done.stdout, done.stderr

    def refusal(self, text):
        """The line and the whole of a complaint about `text`."""
        status, _, said = self.check(text)
        self.assertEqual(status, 1, f"taken:\n{text}")
        self.assertRegex(said, COMPLAINT, text)
        return int(COMPLAINT.match(said).group(2)), said


class Mistakes(ConfigCase):
    def test_each_form_is_correct_as_it_stands(self):
        for form in FORMS.values():
            self.assertEqual(self.check(form)[0], 0, self.check(form)[2])

    def test_each_mistake_is_named_with_its_line(self):
        for name, mistakes in MISTAKES.items():
            for was, wrong, line, words in mistakes:
                with self.subTest(form=name, wrong=wrong):
                    self.assertEqual(FORMS[name].count(was), 1, was)
                    at, said = self.refusal(FORMS[name].replace(was, wrong))
                    self.assertEqual(at, line, said)
                    self.assertIn(words, said)

    def test_the_complaint_is_in_japanese_too(self):
        _, _, said = self.check(MODBUS.replace("alarm: 8", "alarm: 3"), lang="ja")
        self.assertIn("二か所", said)

    def test_settings_in_effect_are_printed_with_their_places(self):
        self.check(MODBUS)
        done = subprocess.run([PROGRAM, "--print-config", self.path], capture_output=True, text=True, timeout=20,
                              env=dict(os.environ, KANNUKI_LANG="en"))
        self.assertEqual(done.returncode, 0, done.stderr)
        for line, setting in enumerate(MODBUS.splitlines(), 1):
            key, _, value = setting.strip().partition(": ")
            if value and value[0] != "[":
                self.assertRegex(done.stdout, rf"(?m)^\S*{key}: {re.escape(value)} +# {re.escape(self.path)}:{line}$")
        self.assertRegex(done.stdout, rf"(?m)^inputs\.uplinks\.2: 2 +# {re.escape(self.path)}:19$")
        self.check(CONTROLLER.replace("parity: even\n", ""))
        done = subprocess.run([PROGRAM, "--print-config", self.path], capture_output=True, text=True, timeout=20,
                              env=dict(os.environ, KANNUKI_LANG="en"))
        self.assertRegex(done.stdout, r"(?m)^parity: even +# built in$")

    def test_a_module_that_would_connect_again_by_itself_is_refused(self):
        with open(os.path.join(MAPS, "waveshare-relay-8.yaml"), encoding="utf-8") as file:
            good = file.read()
        own = os.path.join(self.folder, "map.yaml")
        form = MODBUS.replace(f"{MAPS}/waveshare-relay-8.yaml", own)
        for was, wrong, words in (("host_lost: keep", "host_lost: connect", "when the host is lost"),
                                  ("power_on: cut", "power_on: connect", "after power-on"),
                                  ("power_on: cut", "power_on: keep", "after power-on"),
                                  ("count: 8", "count: 0", "'count'"),
                                  ("first: 0", "first: 65535", "'first'"),
                                  ("read: 1", "read: 2", "cannot be read back")):
            self.check(good.replace(was, wrong), "map.yaml")
            at, said = self.refusal(form)
            self.assertIn("map.yaml", said)
            self.assertIn(words, said)
            changed = good.replace(was, wrong).splitlines()
            self.assertTrue(wrong in changed[at - 1], f"line {at}: {said}")
        self.check(good, "map.yaml")
        self.assertEqual(self.check(form)[0], 0)

    def test_relays_that_are_read_back_as_inputs_are_refused(self):
        with open(os.path.join(MAPS, "waveshare-io-8.yaml"), encoding="utf-8") as file:
            good = file.read()
        form = MODBUS.replace(f"{MAPS}/waveshare-io-8.yaml", os.path.join(self.folder, "map.yaml"))
        self.check(good.replace("read: 2", "read: 1"), "map.yaml")
        self.assertEqual(self.check(form)[0], 0, "another module's outputs may be this one's inputs")
        at, said = self.refusal(form.replace("slave: 2", "slave: 1"))
        self.assertIn("map.yaml", said)
        self.assertIn("read back", said)
        self.assertEqual(good.splitlines()[at - 1], "  first: 0")

    def test_what_is_allowed_but_should_be_known_is_told(self):
        bare = re.sub(r"(?s)inputs:.*", "", MODBUS).replace("isolate_cuts: [1, 2]\n", "")
        bare = re.sub(r"input_module:\n.*\n.*\n", "", bare)
        status, said, wrong = self.check(bare)
        self.assertEqual(status, 0, wrong)
        self.assertEqual(said.count("note:"), 3, said)
        self.assertEqual(self.check(CONTROLLER)[1].count("note:"), 0)


class Mutations(ConfigCase):
    """Whatever is done to a good file, it is taken or refused with a line; and what is taken can cut."""

    def mutations(self, text, dice):
        lines = text.splitlines()
        words = re.findall(r"[\w./-]+", text)
        for i in range(len(lines)):
            yield lines[:i] + lines[i + 1:]
            yield lines[:i] + [lines[i]] * 2 + lines[i + 1:]
            yield lines[:i] + [lines[i] + " x"] + lines[i + 1:]
            yield lines[:i] + ["  " + lines[i]] + lines[i + 1:]
            yield lines[:i] + [lines[i].split(":")[0] + ":"] + lines[i + 1:]
            yield lines[:i] + [lines[i].split(":")[0] + ": {a: [1, {b: 2}]}"] + lines[i + 1:]
            yield lines[:i] + [lines[i].replace(":", "s:", 1)] + lines[i + 1:]
        for _ in range(60):
            changed = list(lines)
            i = dice.randrange(len(changed))
            found = re.findall(r"[\w./-]+", changed[i]) or ["x"]
            changed[i] = changed[i].replace(dice.choice(found), dice.choice(words + ["-1", "99999999999", "~", "*a", "&a",
                                                                                     '""', "!!int", "1e9", "'"]), 1)
            yield changed

    def test_mutated_files(self):
        dice, tried = random.Random(4), 0
        for name, form in FORMS.items():
            for changed in self.mutations(form, dice):
                text = "\n".join(changed) + "\n"
                tried += 1
                status, _, said = self.check(text)
                if status == 1:
                    self.assertRegex(said, COMPLAINT, f"{name}:\n{text}")
                    line = int(COMPLAINT.match(said).group(2))
                    self.assertTrue(1 <= line <= len(changed) + 1 or ".yaml:" in said, said)
        print(f"#= {tried} mutated files")
        self.assertGreaterEqual(tried, 200)

    def test_bytes_that_are_no_yaml(self):
        for text in (b"", b"\n", b"\xff\xfe", b"\0", b"a" * 300000, b"[" * 5000, b"driver: [gpio]\n", b"- driver\n",
                     b"driver: modbus\n", b"driver: gpio\n", "driver: \U0001F534\n".encode(), b"? [a]\n: b\n",
                     b"{" * 40 + b"}" * 40):
            status, _, said = self.check(text)
            self.assertEqual(status, 1, text[:40])
            self.assertIn(".yaml", said)


if __name__ == "__main__":
    tap.main()
