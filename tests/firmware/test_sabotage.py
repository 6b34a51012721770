#!/usr/bin/env python3
"""Each sabotaged firmware must make the test program fail that it is meant to make fail, on the simulated board.

That the one we ship makes none fail is what those programs show by themselves.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import unittest

import saboteur
import tap

BUILD = pathlib.Path(os.environ["KANNUKI_BUILD"])
SABOTAGES = saboteur.read(pathlib.Path(__file__).with_name("sabotage"))
# These try until they find; the others are short.
SHARE = {"test_presses": ["--first", "--trials", "240"], "test_cuts": ["--first", "--trials", "60"]}


def findings(sabotage, program):
    """What the program says on this firmware: the names of its failing tests, or the promises that are broken."""
    board = dict(os.environ, KANNUKI_BUILD=BUILD / "sabotage/firmware" / sabotage.name, CMOCKA_MESSAGE_OUTPUT="TAP")
    done = subprocess.run([BUILD / "tests/firmware" / program, *SHARE.get(program, [])], env=board, capture_output=True,
                          text=True, timeout=1500)
    broken = re.findall(r"^# (\w+:\S+ .*)", done.stdout, re.MULTILINE)
    return broken + re.findall(r"^not ok \d+ - (.*)", done.stdout, re.MULTILINE)


def first_finding(sabotage):
    for program in sabotage.words:
        found = findings(sabotage, program)
        if found:
            return f"{program}: {found[0]}"
    return None


class Sabotaged(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
        cls.found = {s.name: cls.pool.submit(first_finding, s) for s in SABOTAGES}

    @classmethod
    def tearDownClass(cls):
        caught = sum(found.result() is not None for found in cls.found.values())
        cls.pool.shutdown()
        print(f"#= {caught} of {len(cls.found)} sabotaged firmwares caught")


def caught(sabotage):
    def test(self):
        found = self.found[sabotage.name].result()
        self.assertIsNotNone(found, f"nothing was found by {' or '.join(sabotage.words)}")
        print("#", found)

    return test


for one in SABOTAGES:
    setattr(Sabotaged, "test_" + one.name.replace("-", "_"), caught(one))

if __name__ == "__main__":
    tap.main()
