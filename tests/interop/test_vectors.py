#!/usr/bin/env python3
"""The vectors in tests/interop/vectors are what their generator makes, and both verifiers judge the bundles among them right."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import tap

BIN = pathlib.Path(os.environ["KANNUKI_BIN"])
VECTORS = pathlib.Path(__file__).resolve().parent / "vectors"
SOURCES = {"README.md", "generate", "notes.json"}


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
            if path.is_file() and path.suffix != ".py" and path.name not in SOURCES}


class Generated(unittest.TestCase):
    def test_same_bytes(self):
        with tempfile.TemporaryDirectory(prefix="kannuki-vectors-") as again:
            subprocess.run([VECTORS / "generate", again], check=True, timeout=300)
            made, stored = files_of(pathlib.Path(again)), files_of(VECTORS)
        self.assertEqual(sorted(made), sorted(stored))
        self.assertEqual([name for name in made if made[name] != stored[name]], [])


class Bundles(unittest.TestCase):
    """The verifiers as programs; parts of the format by themselves are put to their functions by their own tests."""

    EXITS = {"good": 0, "bad": 1, "cannot tell": 2}

    def check(self, program):
        vectors = [one for one in json.loads((VECTORS / "index.json").read_text())["vectors"] if one["kind"] == "bundle"]
        self.assertGreater(len(vectors), 40)
        wrong = []
        for one in vectors:
            pins = [f"--{name}={VECTORS / value[1:] if value.startswith('@') else value}" for name, value in one["pins"].items()]
            done = subprocess.run([BIN / program, VECTORS / one["file"], *pins], capture_output=True, timeout=60)
            if done.returncode != self.EXITS[one["verdict"]]:
                wrong.append(f"{one['file']} ({one['why']}): {done.returncode}, {done.stdout.decode()}{done.stderr.decode()}")
        self.assertEqual(wrong, [])

    def test_kannuki_verify(self):
        self.check("kannuki-verify")

    def test_kannuki_verify_go(self):
        self.check("kannuki-verify-go")


if __name__ == "__main__":
    tap.main()
