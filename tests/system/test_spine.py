#!/usr/bin/env python3
"""The whole story as a new user would live it: press, log in, report, seal, send, close, export, verify, forge."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import tap
from terminal import Terminal

BIN = pathlib.Path(os.environ["KANNUKI_BIN"])
ROOT = pathlib.Path(__file__).resolve().parents[2]
PROMPT = r"閂[^\n]*> $"
PAGER = r"－ 続き（[^）]*）－ ?$"
QUESTION = r": $"
FIELD = r"\n> $|次へ）: $"
RECEIPT = r"記録しました　記録番号(\d+)　[^\n]*照合([0-9A-F]{4}-[0-9A-F]{4})"


class Appliance:
    """`make run` without a terminal."""

    def __init__(self, state, **more):
        self.state = state
        environment = dict(os.environ, KANNUKI_RUN_NONINTERACTIVE="1", KANNUKI_RUN_STATE=str(state), **more)
        self.process = subprocess.Popen([ROOT / "scripts/run", BIN.parent], env=environment, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.logins = {}
        self.heard = []
        for line in self.process.stdout:
            self.heard.append(line)
            word, _, rest = line.rstrip("\n").partition(" ")
            if word == "board:":
                self.board_command = rest
            elif word == "console:":
                self.console = rest
            elif word == "genesis:":
                self.genesis = rest
            elif word == "login":
                name, _, password = rest.partition(" ")
                self.logins[name] = password
            elif line.startswith("State and logs"):
                return
        raise AssertionError("make run ended early:\n" + "".join(self.heard))

    def board(self, command):
        return subprocess.run([BIN / "kannuki-simboard", "--send", self.state / "board.sock", command], check=True,
                              capture_output=True, text=True, timeout=20).stdout

    def board_state(self):
        return json.loads(self.board("state"))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        rest = self.process.communicate(timeout=60)[0]
        return self.process.returncode, rest


def wait_until(what, holds, seconds=30):
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


class Person(Terminal):
    """Types on the serial console and reads pages to their end."""

    def do(self, line, *patterns):
        """Types a line, pages through what comes, returns all text up to the next prompt or the given pattern."""
        self.line(line)
        return self.read(*patterns)

    def read(self, *patterns):
        text = ""
        while True:
            hit = self.wait(PAGER, *(patterns or (PROMPT,)))
            text += hit.string[:hit.end()]
            if not re.search(PAGER, hit.group(0)):
                return re.sub(PAGER[:-1] + " {0,80}", "", text)  # the pager wipes itself with blanks
            self.type(" ")

    def answer(self, command, *replies):
        """A command and the replies to its questions; ends at the prompt with a receipt."""
        text = self.do(command, QUESTION, PROMPT)
        for left, reply in zip(range(len(replies) - 1, -1, -1), replies):
            assert not re.search(PROMPT, text), f"{command!r} asked too little before {reply!r}:\n{text}"
            # A notice may show the question once more while it is being answered.
            text = self.do(reply, QUESTION, PROMPT) if left else self.do(reply, PROMPT)
        assert re.search(PROMPT, text), f"{command!r} goes on asking:\n{text}"
        self.receipt(text)
        return text

    def log_in(self, name, password):
        self.line("")
        self.wait(r"名前: ?$")
        self.line(name)
        self.wait(r"パスワード: ?$")
        self.line(password)
        return self.read()

    def log_out(self):
        self.line("logout")
        self.wait("ログアウトしました")

    def receipt(self, text):
        found = re.search(RECEIPT, text)
        assert found, f"no receipt in:\n{text}"
        return int(found.group(1))


def flip_one_bit(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x04
    path.write_bytes(bytes(data))


def processes_using(folder):
    """Programs of ours whose environment names this state folder."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"KANNUKI_ROOT={folder}\0".encode() in (entry / "environ").read_bytes():
                found.append((entry.name, (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()))
        except OSError:
            pass
    return found


class Spine(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kannuki-spine-"))
        self.appliance = Appliance(self.folder / "state")

    def tearDown(self):
        if self.appliance.process.poll() is None:
            self.appliance.stop()
        shutil.rmtree(self.folder)

    def press_isolate(self):
        self.assertFalse(self.appliance.board_state()["lamps"]["recorded"])
        self.appliance.board("press isolate")
        wait_until("the RECORDED lamp", lambda: self.appliance.board_state()["lamps"]["recorded"])

    def see_the_case(self, person):
        wait_until("the proof on the console", lambda: "遮断済（接点で確認）" in person.do("show now"))
        text = person.do("show now")
        for words in ("次にすること", "-001"):
            self.assertIn(words, text)

    def begin_the_case(self, person):
        person.answer("incident attribute", "1", "1")
        person.answer("incident triage", "1", "1", "見慣れない通信が続いている")
        person.answer("incident classify", "6")
        checklist = person.do("show checklist")
        row = re.search(r"type6-\S+|[a-z0-9]+-\d+", checklist).group(0)
        person.answer(f"incident check {row}", "2", "端末の線を抜いた")
        self.assertIn("済 1", person.do("show now"))
        person.answer("incident answer where", "1", "税務課の窓口端末")

    def write_the_report(self, person):
        """Field by field; what is not answered here keeps what was filled in from the record."""
        answers = {"発生した事象の分類": "7", "原因の分類": "4 13", "システムの稼働状況": "2", "今後の予定": "1"}
        text = person.do("report new", FIELD)
        while not re.search(PROMPT, text):
            label = re.findall(r"■ \d+/28  (.*)", text)[-1]
            reply = next((answers.pop(key) for key in list(answers) if key in label), "")
            text = person.do(reply, FIELD, PROMPT)
        self.assertEqual(answers, {}, "fields that were never asked for")
        paper = person.do("report 1 print")
        self.assertIn("税務課の窓口端末", paper)
        self.assertRegex(paper, r"■ 停止中")
        for line in paper.splitlines():
            self.assertLessEqual(sum(2 if ord(c) > 0x2e80 and c not in "□■" else 1 for c in line), 80, line)

    def seal(self, name, *more):
        person = self.person
        person.log_in(name, self.appliance.logins[name])
        person.answer(*more, self.appliance.logins[name])
        person.log_out()

    def verdicts(self, bundle):
        """The exit codes of our verifier and of the Go one."""
        codes = []
        for verifier in ("kannuki-verify", "kannuki-verify-go"):
            command = [BIN / verifier, bundle, "--genesis", self.appliance.genesis]
            codes.append(subprocess.run(command, capture_output=True, timeout=60).returncode)
        return codes

    def test_from_the_button_to_the_verdict(self):
        run = self.appliance
        self.press_isolate()
        self.person = person = Person(run.console)

        person.log_in("kacho", run.logins["kacho"])
        self.see_the_case(person)
        self.begin_the_case(person)
        self.write_the_report(person)
        person.answer("report 1 submit")
        person.log_out()
        for name in ("kacho", "somu", "ciso"):
            self.seal(name, "report 1 approve", "1")

        person.log_in("kacho", run.logins["kacho"])
        person.answer("report 1 sent", "1", "1", "", "")
        sealed = person.do("report 1 print")
        for approver in ("見本一郎", "見本三郎", "見本四郎"):
            self.assertIn(approver, sealed)
        self.assertNotIn("案】", sealed)
        self.assertNotRegex(person.do("report 1 edit", PROMPT, FIELD), FIELD, "a sent report can still be edited")
        person.answer("incident close", "端末を入れ替え、監視を続ける")
        person.log_out()

        person.log_in("kansa", run.logins["kansa"])
        self.assertRegex(person.do("declare", QUESTION, PROMPT), PROMPT, "an auditor is asked before being refused")
        self.assertIn("first", person.do("ledger export first"))
        person.log_out()
        exported = run.state / "var/lib/kannuki/exports/first"
        self.assertEqual(self.verdicts(exported), [0, 0])
        self.assertEqual(subprocess.run([BIN / "kannuki-verify", exported], capture_output=True).returncode, 2)
        for number, name in enumerate(("checkpoint", "genesis.note", "disclosures", "tile/entries", "epochs")):
            forged = self.folder / f"forged-{number}"
            shutil.copytree(exported, forged)
            target = forged / name
            flip_one_bit(target if target.is_file() else sorted(f for f in target.rglob("*") if f.is_file())[0])
            self.assertEqual(self.verdicts(forged), [1, 1], f"one changed bit in {name}")

        forget = [[ROOT / "scripts/run", "--forget"], dict(os.environ, KANNUKI_RUN_STATE=str(run.state))]
        refused = subprocess.run(forget[0], env=forget[1], capture_output=True, text=True)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("still running", refused.stderr)
        code, rest = run.stop()
        self.assertEqual((code, rest), (0, ""))
        self.assertTrue((run.state / "welcome").exists())
        self.assertEqual(processes_using(run.state), [])
        self.assertEqual(subprocess.run(forget[0], env=forget[1]).returncode, 0)
        self.assertFalse(run.state.exists())


class Paused(unittest.TestCase):
    def test_it_ends_at_once_while_something_waits_to_be_started_again(self):
        """Nobody waits an hour for the pause."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="kannuki-paused-"))
        self.addCleanup(shutil.rmtree, folder)
        run = Appliance(folder / "state", KANNUKI_RUN_PAUSE="3600")
        self.addCleanup(run.process.kill)
        panel = next(int(pid) for pid, command in processes_using(run.state) if "kannuki-paneld" in command)
        os.kill(panel, signal.SIGKILL)
        while "starts again in 3600 seconds" not in (line := run.process.stdout.readline()):
            self.assertNotEqual(line, "")
        wait_until("the pause", lambda: any("sleep" in command for _, command in processes_using(run.state)))
        self.assertEqual(run.stop(), (0, ""))
        self.assertEqual(processes_using(run.state), [])


if __name__ == "__main__":
    tap.main()
