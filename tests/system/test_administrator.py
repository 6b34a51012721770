#!/usr/bin/env python3
"""The administrator's guide: every command in it is known and runs, every link leads somewhere, both languages say the same."""
import re
import shutil
import subprocess
import unittest

import tap
from keeperhouse import BIN, SOURCE, House

GUIDES = (SOURCE / "docs/operation/administrator.md", SOURCE / "docs/operation/administrator.ja.md")
FIRST = ("show", "ledger", "user", "system", "maintenance", "prove", "panel")
FILLED = {"WHO": "hanako", "NAME": "copy", "CASE": "2026-001", "SEQ": "1", "april.csv": "april.csv"}


def spans(text):
    return re.findall(r"`([^`\n]+)`", text)


def commands(text):
    """What is typed at the console."""
    return sorted({span for span in spans(text) if span.split()[0] in FIRST})


def anchor(heading):
    """As the pages on the web make it of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.replace("`", "").strip().lower()).replace(" ", "-")


def anchors(path):
    return {anchor(heading) for heading in re.findall(r"(?m)^#+ (.*)$", path.read_text())}


class Guide(unittest.TestCase):
    def test_both_languages_name_the_same(self):
        english, japanese = (guide.read_text() for guide in GUIDES)
        self.assertGreater(len(commands(english)), 20)
        self.assertEqual(commands(english), commands(japanese))
        files = [sorted({re.sub(r"\.ja(?=\.md)", "", link.split("#")[0]) for link in re.findall(r"\]\(([^)]+)\)", text)})
                 for text in (english, japanese)]
        self.assertEqual([f for f in files[0] if f != "administrator.md"], [f for f in files[1] if f != "administrator.md"])

    def test_every_link_leads_somewhere(self):
        for guide in GUIDES:
            for link in re.findall(r"\]\(([^)]+)\)", guide.read_text()):
                name, _, part = link.partition("#")
                path = guide.parent / name if name else guide
                with self.subTest(guide=guide.name, link=link):
                    self.assertTrue(path.exists())
                    if part:
                        self.assertIn(part, anchors(path))

    def test_every_command_is_done_or_refused_for_a_reason(self):
        house = House()
        self.addCleanup(house.close)
        house.set_up()
        house.start()
        password = house.root / "password"
        password.write_text(house.passwords["ciso"] + "\n")
        for command in commands(GUIDES[0].read_text()):
            words = [FILLED.get(word, word) for word in command.split()]
            done = subprocess.run([BIN / "kannuki", "--as", "ciso", "--password-file", password, *words],
                                  stdin=subprocess.DEVNULL, text=True, capture_output=True, timeout=120,
                                  env=house.environment, check=False)
            with self.subTest(command=command):
                self.assertIn(done.returncode, (0, 1), done.stdout + done.stderr)
                if command in ("show now", "ledger media", "ledger check", "ledger export NAME", "ledger repair",
                               "system health", "system support", "user list", "user requests", "ledger find config.loaded",
                               "maintenance begin 1 proof test", "maintenance end", "ledger incarnation"):
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertNotIn("no such command", done.stdout)

    def test_every_program_it_names_knows_what_it_is_told(self):
        house = House()
        self.addCleanup(house.close)
        named = {span for guide in GUIDES for span in spans(guide.read_text()) if re.match(r"kannuki[d-]", span)}
        self.assertEqual({span.split()[0] for span in named}, {"kannukid", "kannuki-verify"})
        shutil.copy(house.config, house.root / "FILE")
        for span in sorted(named):
            if not span.startswith("kannukid"):
                self.assertTrue((BIN / span).exists())
                continue
            options = [str(house.root / "FILE") if word in ("FILE", "ファイル") else word for word in span.split()[1:]]
            if "--setup" in options:
                options[1] = SOURCE / "scripts/sample/site.yaml"
                shutil.rmtree(house.root / "var", ignore_errors=True)
            with self.subTest(command=span):
                done = house.run(*options)
                self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    tap.main()
