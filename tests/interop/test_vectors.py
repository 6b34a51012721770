#!/usr/bin/env python3
"""The vectors in tests/interop/vectors are what their generator makes, byte for byte."""
import pathlib
import subprocess
import tempfile
import unittest

import tap

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


if __name__ == "__main__":
    tap.main()
