#!/usr/bin/env python3
"""kannuki: one command of the console, its words, its JSON and its exit status."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import tap
from keeperhouse import BIN, House


class OneCommand(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.house = House()
        done = cls.house.set_up()
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        cls.house.start()
        cls.secrets = tempfile.TemporaryDirectory()
        for name, password in cls.house.passwords.items():
            pathlib.Path(cls.secrets.name, name).write_text(password + "\n", encoding="utf-8")

    @classmethod
    def tearDownClass(cls):
        cls.secrets.cleanup()
        cls.house.close()

    def run_it(self, *arguments, answers="", **environment):
        settings = {**os.environ, "KANNUKI_ROOT": str(self.house.root), **environment}
        return subprocess.run([BIN / "kannuki", *arguments], input=answers, capture_output=True, text=True,
                              timeout=60, check=False, env=settings)

    def as_person(self, name, *command, answers="", options=()):
        return self.run_it("--as", name, "--password-file", f"{self.secrets.name}/{name}", *options, *command,
                           answers=answers)

    def answers_of(self, done):
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_words(self):
        done = self.as_person("hanako", "show", "now")
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertIn("見本花子", done.stdout)
        self.assertIn("■ 回線", done.stdout)
        done = self.as_person("hanako", "show", "now", options=("--lang", "en"))
        self.assertIn("Uplinks", done.stdout)

    def test_json_is_a_line_for_each_answer(self):
        done = self.as_person("hanako", "show", "people", options=("--json",))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        lines = self.answers_of(done)
        self.assertEqual([line["what"] for line in lines], ["people"])
        self.assertIn("見本花子", [user["name"] for user in lines[0]["result"]["users"]])

    def test_questions_are_answered_from_standard_input(self):
        done = self.as_person("hanako", "declare", "共有フォルダーが 開けない", answers="now\n", options=("--json",))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        receipt = [line["result"] for line in self.answers_of(done) if line.get("act") == "incident.declared"][0]
        with self.house.login("kansa") as auditor:
            entry = auditor.ask("ledger.show", count=1, **{"from": receipt["seq"]})["entries"][0]
        self.assertEqual((entry["via"], entry["text"]), ("cli", "共有フォルダーが 開けない"))

    def test_what_is_refused_is_said_and_told(self):
        done = self.as_person("hanako", "ledger", "show")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("監査人", done.stdout)
        done = self.as_person("hanako", "ledger", "show", options=("--json",))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.answers_of(done)[-1]["error"]["code"], "wrong_role")

    def test_wrong_password_is_refused(self):
        done = self.run_it("--as", "hanako", "show", "now", answers="wrong password\n")
        self.assertEqual(done.returncode, 1, done.stdout)
        done = self.run_it("--as", "hanako", "--json", "show", "now", answers="wrong password\n")
        self.assertEqual((done.returncode, self.answers_of(done)[-1]["error"]["code"]), (1, "login_refused"))

    def test_password_is_read_from_the_first_line(self):
        done = self.run_it("--as", "hanako", "show", "uplinks", answers=self.house.passwords["hanako"] + "\n")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn(self.house.passwords["hanako"], done.stdout)

    def test_bad_use_is_said(self):
        for arguments in (("show", "nothing"), ("nonsense",), ("incident",)):
            done = self.as_person("hanako", *arguments)
            self.assertEqual(done.returncode, 2, done.stdout)
        self.assertEqual(self.run_it("show", "now", KANNUKI_USER="").returncode, 2)
        self.assertIn("--as", self.run_it("show", "now", KANNUKI_USER="").stderr)
        self.assertEqual(self.run_it().returncode, 2)
        self.assertEqual(self.run_it("--nonsense", "show").returncode, 2)
        done = self.run_it("--as", "hanako", "--password-file", "/nowhere", "show", "now")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nowhere", done.stderr)

    def test_help_is_no_mistake(self):
        done = self.as_person("hanako", "?")
        self.assertEqual(done.returncode, 0)
        self.assertIn("declare", done.stdout)

    def test_absent_keeper_is_told_at_once(self):
        with tempfile.TemporaryDirectory() as nowhere:
            done = self.run_it("--as", "hanako", "show", "now", answers="x\n", KANNUKI_ROOT=nowhere)
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("記録できません", done.stdout + done.stderr)

    def test_session_ends_with_the_command(self):
        self.as_person("kacho", "show", "now")
        with self.house.login("kansa") as auditor:
            entries = auditor.ask("ledger.show")["entries"]
        acts = [entry["act"] for entry in entries if entry.get("who") == "u2"]
        self.assertEqual(acts[-2:], ["login.ok", "logout"])


if __name__ == "__main__":
    tap.main()
