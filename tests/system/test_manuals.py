#!/usr/bin/env python3
"""The manual pages name every command and every option that a program knows, no other, and their examples work as typed."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import tap

BIN = pathlib.Path(os.environ["KANNUKI_BIN"])
GUIDES = (pathlib.Path("docs/operation/ledger.md"), pathlib.Path("docs/operation/ledger.ja.md"))
SOURCES = {"kannuki": "app/console/one/main.c", "kannuki-ledger": "app/offline/main.c",
           "kannuki-verify": "app/verify/main.c"}
FOLDERS = (pathlib.Path("docs/man"), pathlib.Path("docs/man/ja"))


def page(folder, program):
    """Its source, as it is read."""
    return (folder / f"{program}.1").read_text().replace("\\-", "-").replace("\\e", "\\")


def options_of(program):
    return {"--" + name for name in re.findall(r'\{"([a-z-]+)", (?:required|no)_argument', pathlib.Path(SOURCES[program]).read_text())}


def options_in(text):
    return set(re.findall(r"--[a-z]+(?:-[a-z]+)*", text))


def help_of(program, lang):
    return subprocess.run([BIN / program, "--help", "--lang", lang], capture_output=True, text=True, check=True, timeout=60,
                          env={**os.environ, "KANNUKI_LANG": lang}).stdout


class Manuals(unittest.TestCase):
    def test_each_option_is_in_its_manual_and_no_other(self):
        for program in SOURCES:
            known = options_of(program)
            self.assertGreaterEqual(len(known), 6)
            for folder in FOLDERS:
                self.assertEqual(known, options_in(page(folder, program)), (program, folder))

    def test_each_option_is_in_the_help_and_no_other(self):
        for program in SOURCES:
            for lang in ("en", "ja"):
                self.assertEqual(options_of(program), options_in(help_of(program, lang)), (program, lang))

    def test_help_and_manual_give_a_command_the_same_options(self):
        """All that the help names beside a command; what it explains once for several is not named there."""
        why = {"--authority", "--reason", "--approved-by"}
        for lang, folder in zip(("en", "ja"), FOLDERS):
            shown = [(name, options_in(rest) - why) for name, rest in
                     re.findall(r"(?ms)^  ([a-z]+(?: [a-z]+)?) DIR(.*?)(?=^  \S|\n\n)", help_of("kannuki-ledger", lang))]
            named = set().union(*(options for _, options in shown))
            self.assertIn("--from", named)
            told = re.findall(r'(?m)^\.BI "([a-z ]+) " DIR(.*)', page(folder, "kannuki-ledger"))
            self.assertEqual([(name, options_in(rest) & named) for name, rest in told], shown, folder)

    def test_help_is_in_the_language_that_is_asked_for(self):
        for program in SOURCES:
            for order in (("--help", "--lang", "en"), ("--lang", "en", "--help")):
                said = subprocess.run([BIN / program, *order], capture_output=True, text=True, timeout=60, check=True).stdout
                self.assertTrue(said.startswith("Usage: "), (program, order))

    def test_the_guide_names_only_what_there_is(self):
        commands = {name.split()[0] for name in re.findall(r"(?m)^  ([a-z]+)(?: [a-z]+)? DIR", help_of("kannuki-ledger", "en"))}
        english, japanese = (guide.read_text() for guide in GUIDES)
        self.assertLess(options_in(english), options_of("kannuki-ledger"))
        self.assertEqual(options_in(english), options_in(japanese))
        typed = [re.findall(r"kannuki-ledger ([a-z]+)", text) for text in (english, japanese)]
        self.assertLessEqual(set(typed[0]), commands)
        self.assertEqual(sorted(typed[0]), sorted(typed[1]))

    def test_the_guide_names_only_what_the_console_knows(self):
        known = {" ".join(re.findall(r"\b[a-z]+\b", pattern.split(" [")[0]))
                 for pattern in re.findall(r'\{"(ledger [^"]*)"', pathlib.Path("app/console/commands.c").read_text())}
        self.assertIn("ledger redact", known)
        named = [re.findall(r"(?m)(?:`|^    )(ledger(?: [a-z]+)+)", guide.read_text()) for guide in GUIDES]
        for name in named[0]:
            self.assertTrue(any(f"{name} ".startswith(one + " ") or one.startswith(name + " ") for one in known), name)
        self.assertEqual(sorted(set(named[0])), sorted(set(named[1])))

    def test_each_command_is_in_its_manual_and_no_other(self):
        shape = r"([a-z]+(?: [a-z]+)?) DIR\b(.*)"
        for lang, folder in zip(("en", "ja"), FOLDERS):
            known = re.findall(r"(?m)^  " + shape, help_of("kannuki-ledger", lang))
            told = re.findall(r'(?m)^\.BI "' + shape, page(folder, "kannuki-ledger").replace(' " DIR', " DIR"))
            self.assertGreater(len(known), 8)
            self.assertEqual([name for name, _ in known], [name for name, _ in told], folder)

    def test_the_examples_work_as_typed(self):
        for folder in FOLDERS:
            examples = re.findall(r"(?ms)^\.nf\n(.*?)^\.fi$", page(folder, "kannuki-ledger"))
            typed = [example for example in examples if "/srv/" in example]
            self.assertEqual(len(typed), 1)
            place = pathlib.Path(tempfile.mkdtemp(prefix="kannuki-manual-"))
            self.addCleanup(shutil.rmtree, place)
            for medium in ("a", "b"):
                (place / medium).mkdir()
            done = subprocess.run(["bash", "-e", "-c", typed[0].replace("/srv/", f"{place}/")], capture_output=True, text=True, timeout=120,
                                  env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "KANNUKI_LANG": "en"})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("Erased in 2026-001: 1 texts", done.stdout)
            self.assertIn("Good: ", done.stdout)
            self.assertTrue((place / "bundle.zip").exists())


if __name__ == "__main__":
    tap.main()
