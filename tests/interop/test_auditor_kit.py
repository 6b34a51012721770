#!/usr/bin/env python3
"""What `make release` packs for auditors: the same bytes each time, whole, and working on a machine that has nothing else."""
import atexit
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

import tap

BUILD = pathlib.Path(os.environ["KANNUKI_BUILD"])
ROOT = pathlib.Path(__file__).resolve().parents[2]
WHOLE = ROOT / "tests/interop/vectors/bundles/whole.zip"
CODE = "SE2C2AGGMPJVMOJWGLNRIUNQ"
SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="kannuki-kit-"))
atexit.register(shutil.rmtree, SCRATCH)


def make(name, build=BUILD, **environment):
    out = SCRATCH / name
    out.mkdir()
    subprocess.run([ROOT / "scripts/auditor-kit", out, "7.1", build], check=True, timeout=60, env={**os.environ, **environment})
    return out / "kannuki-auditor-7.1.zip", out / "kannuki-auditor-7.1"


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@unittest.skipUnless((BUILD / "bin/kannuki-verify-static").exists(), "this profile has no static verifier")
class Kit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.packed, cls.folder = make("once")
        subprocess.run(["unzip", "-q", cls.packed, "-d", SCRATCH / "at the auditor's"], check=True, timeout=60)
        cls.unpacked = SCRATCH / "at the auditor's" / cls.folder.name

    def test_same_bytes_whenever_and_wherever_it_is_packed(self):
        copy = SCRATCH / "another build"
        for name in ("share/kannuki-verify.html", "bin/kannuki-verify-static", "bin/kannuki-verify-go", "share/locale/ja/LC_MESSAGES/kannuki.mo",
                     "share/locale/ja_JP.utf8/LC_MESSAGES/SYS_LC_MESSAGES"):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((BUILD / name).read_bytes())
            (copy / name).chmod(0o600)
            os.utime(copy / name, (time.time(), 1_000_000_000))
        again, _ = make("again", copy, TZ="Asia/Tokyo", LC_ALL="C")
        self.assertEqual(self.packed.read_bytes(), again.read_bytes())

    def test_folder_and_zip_hold_the_same(self):
        self.assertEqual(files_of(self.folder), files_of(self.unpacked))

    def test_the_sums_name_every_file(self):
        files = files_of(self.unpacked)
        sums = files.pop("SHA256SUMS").decode()
        self.assertEqual(sums, "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())))
        checked = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=self.unpacked, capture_output=True, timeout=60)
        self.assertEqual(checked.returncode, 0, checked.stdout)
        self.assertEqual(files["kannuki-verify.html"], (BUILD / "share/kannuki-verify.html").read_bytes())

    def test_the_guide_names_only_what_is_there(self):
        for guide in ("auditor.md", "auditor.ja.md"):
            text = (self.unpacked / guide).read_text()
            self.assertEqual(text, (ROOT / "docs/operation" / guide).read_text())
            for name in {"kannuki-verify.html", "SHA256SUMS", "ledger.md", *(f"bin/{one.name}" for one in (self.unpacked / "bin").iterdir())}:
                self.assertTrue(f"`{name}`" in text, (guide, name))
                self.assertTrue((self.unpacked / name).exists(), name)
            for link in re.findall(r"\]\(([^):]+)\)", text):
                self.assertTrue((self.unpacked / link).exists(), (guide, link))

    def test_no_program_needs_a_library(self):
        for program in (self.unpacked / "bin").iterdir():
            told = subprocess.run(["readelf", "--program-headers", "--dynamic", "--wide", program], capture_output=True, text=True, check=True).stdout
            self.assertNotIn("INTERP", told, program)
            self.assertNotIn("NEEDED", told, program)

    def test_both_verifiers_judge(self):
        programs = sorted((self.unpacked / "bin").iterdir())
        self.assertEqual(len(programs), 2)
        for program in programs:
            for code, want in ((CODE, 0), (CODE[::-1], 1)):
                self.assertEqual(subprocess.run([program, WHOLE, "--genesis", code], capture_output=True, timeout=60, env={}).returncode, want, program)

    def test_the_first_one_speaks_both_languages(self):
        program = max((self.unpacked / "bin").iterdir(), key=lambda path: "-go-" not in path.name)
        for language, word in (("ja", "正常"), ("en", "GOOD")):
            told = subprocess.run([program, WHOLE, "--genesis", CODE, "--lang", language], capture_output=True, text=True, timeout=60, env={})
            self.assertEqual(told.returncode, 0, told.stderr)
            self.assertIn(word, told.stdout)


if __name__ == "__main__":
    tap.main()
