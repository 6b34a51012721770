#!/usr/bin/env python3
"""Each sabotaged ledger must break the promise it is meant to break within a short run.

That the one we ship breaks none in the same states is what test_crash shows.
"""
import os
import pathlib
import re
import subprocess
import unittest

import saboteur
import tap

BUILD = pathlib.Path(os.environ["KANNUKI_BUILD"])
STATES = "3000"


class Sabotaged(unittest.TestCase):
    pass


def caught(sabotage):
    def test(self):
        program = BUILD / "sabotage" / sabotage.name / "test_crash"
        done = subprocess.run([program, "--first", "--states", STATES, *sabotage.more], capture_output=True,
                              text=True, timeout=300)
        findings = re.findall(r"^# (\S+:\S+ (\w+): .*)", done.stdout, re.MULTILINE)
        self.assertEqual(done.returncode, 1, f"nothing was found:\n{done.stdout}{done.stderr}")
        named = [line for line, word in findings if word in sabotage.words]
        self.assertTrue(named, done.stdout)
        print("#", named[0])

    return test


for one in saboteur.read(pathlib.Path(__file__).with_name("sabotage")):
    setattr(Sabotaged, "test_" + one.name.replace("-", "_"), caught(one))

if __name__ == "__main__":
    tap.main()
