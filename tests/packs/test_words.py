#!/usr/bin/env python3
"""The sentences of the packs are our own: no run of 18 characters is shared with a source document. Labels, names and
titles of laws are the sources' and stay so."""
import csv
import pathlib
import unittest

import borrowed
import tap
import yaml

PACKS = pathlib.Path(__file__).resolve().parents[2] / "app/procedure/packs"
# What stands under these keys is a name, not a sentence; in a table only these columns are sentences.
NAMES = {"label", "holder", "basis", "source", "options", "origin"}
SENTENCES = ("text",)
# Titles and lists of names that a sentence may have to say as they are.
TITLES = [line for line in pathlib.Path(__file__).with_name("titles").read_text(encoding="utf-8").splitlines() if line]


def strings(node, key=""):
    if isinstance(node, dict):
        for name, child in node.items():
            if name not in NAMES:
                yield from strings(child, name)
    elif isinstance(node, list):
        for child in node:
            yield from strings(child, key)
    elif isinstance(node, str):
        yield node


def sentences(path):
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".csv":
        for row in csv.DictReader(text.splitlines(keepends=True)):
            yield from (row[column] for column in SENTENCES if row.get(column))
    elif path.suffix == ".yaml":
        yield from strings(yaml.safe_load(text))
    elif path.suffix == ".txt":
        yield text


class Words(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.known = borrowed.known()
        cls.allowed = set().union(*(borrowed.runs(title) for title in TITLES))

    def shared(self, sentence, known):
        return sorted(run for run in borrowed.runs(sentence) - self.allowed if borrowed.digest(run) in known)

    def test_every_pack(self):
        self.assertGreater(len(self.known), 60000)
        count = 0
        for path in sorted(p for p in PACKS.rglob("*") if p.is_file()):
            for sentence in sentences(path):
                count += 1
                self.assertEqual(self.shared(sentence, self.known), [], f"{path}: {sentence}")
        self.assertGreater(count, 100)
        print(f"#= {count} sentences")

    def test_it_is_found_however_it_is_spaced(self):
        source = "機器はむやみに触らず、外からの知らせなら相手の連絡先を控える"
        known = {borrowed.digest(run) for run in borrowed.runs(source)}
        self.assertEqual(self.shared("外からの 知らせなら、相手の連絡先は残す", known), [])
        self.assertEqual(len(self.shared("まず、外からの 知らせなら・相手の連絡先を控える。", known)), 3)

    def test_titles_of_laws_may_be_said(self):
        for title in TITLES:
            self.assertGreaterEqual(len(borrowed.plain(title)), borrowed.RUN, title)
            self.assertEqual(self.shared(title, self.known), [])


if __name__ == "__main__":
    tap.main()
