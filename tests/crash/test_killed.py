#!/usr/bin/env python3
"""kannuki-ledger append killed with SIGKILL while lines wait for their answer: every answer that was printed is true."""
import json
import os
import pathlib
import queue
import random
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

import tap

LEDGER = pathlib.Path(os.environ["KANNUKI_BIN"]) / "kannuki-ledger"
KILLS = 40
AHEAD = 40  # lines that wait for their answer at the same time
SEED = int(os.environ.get("KANNUKI_SEED", random.randrange(1 << 32)))


def run(*arguments):
    return subprocess.run([LEDGER, *arguments], capture_output=True, text=True, timeout=60, check=False)


class Appending:
    """A program that appends, its lines numbered over all programs, and a thread that reads its answers."""

    def __init__(self, folder, number):
        self.process = subprocess.Popen([LEDGER, "append", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.first = self.next = number
        self.answers = queue.Queue()
        self.answered = []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.answers.put(line.split()[-1] if line.endswith("\n") else None)
        self.answers.put(None)

    def send(self):
        line = {"type": "incident.noted", "about": f"2026-{self.next % 5:03}", "body": {"number": self.next}}
        if self.next % 3 == 0:
            line["text"] = "x" * (self.next * 37 % 5000)
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()
        self.next += 1

    def take(self):
        leaf = self.answers.get(timeout=60)
        if leaf is None:
            raise AssertionError(f"append ended: {self.process.stderr.read()}")
        self.answered.append(leaf)

    def kill(self):
        """Kills it, takes what it had still printed; how many lines had no answer."""
        self.process.kill()
        self.reader.join(60)
        while (leaf := self.answers.get(timeout=60)) is not None:
            self.answered.append(leaf)
        self.process.wait(60)
        for stream in (self.process.stdout, self.process.stderr):
            stream.close()
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        return self.next - self.first - len(self.answered)


class Killed(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.mkdtemp(prefix="kannuki-killed-")
        self.addCleanup(shutil.rmtree, self.place)
        self.folder = os.path.join(self.place, "ledger")
        made = run("init", self.folder, "--origin", "city.example/k0001/1")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.dice = random.Random(SEED)
        self.truth = {}  # number of the line: leaf that was answered

    def append_and_kill(self, number):
        appending = Appending(self.folder, number)
        for _ in range(AHEAD):
            appending.send()
        for _ in range(self.dice.randint(1, 30)):
            appending.take()
            appending.send()
        time.sleep(self.dice.uniform(0, 0.002))  # the instant of the kill, not a wait for anything
        waiting = appending.kill()
        self.truth.update(zip(range(number, appending.next), appending.answered))
        return appending.next, waiting

    def entries(self):
        shown = run("show", self.folder)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        return [json.loads(line) for line in shown.stdout.splitlines()]

    def test_every_printed_answer_is_true(self):
        number = in_flight = 0
        for _ in range(KILLS):
            number, waiting = self.append_and_kill(number)
            in_flight += waiting > 0
        entries = self.entries()
        self.assertEqual([e["seq"] for e in entries], list(range(len(entries))))
        recorded = {e["body"]["number"]: e["leaf"] for e in entries if "number" in e["body"]}
        self.assertEqual({n: recorded.get(n) for n in self.truth}, self.truth)
        checked = run("check", self.folder)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        print(f"#= seed {SEED}: {KILLS} kills, {in_flight} with a line in flight, {len(self.truth)} answers, "
              f"{len(recorded)} recorded")
        self.assertGreaterEqual(in_flight, KILLS * 0.8)

    def test_a_second_program_is_refused(self):
        appending = Appending(self.folder, 0)
        appending.send()
        appending.take()
        for command in ("append", "show", "check", "genesis"):
            second = run(command, self.folder)
            self.assertEqual((second.returncode, second.stdout), (1, ""), command)
            self.assertIn(self.folder, second.stderr)
        appending.kill()
        self.assertEqual(run("check", self.folder).returncode, 0)


if __name__ == "__main__":
    tap.main()
