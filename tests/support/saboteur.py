#!/usr/bin/env python3
"""Reads a list of sabotages and applies one of them to a copy of its file.

saboteur.py LIST names              every name
saboteur.py LIST copy NAME OUT      the sabotaged copy; fails loudly when the text to replace is not there exactly once
saboteur.py LIST file NAME          the file it is a copy of

  == NAME FILE WORD [MORE …]        WORD: how the tests must call the broken promise; or one of several, WORD,WORD
  <<<                               text that stands in the file exactly once
  ===                               what stands there instead; both parts may be repeated
  >>>
"""
import pathlib
import sys


class Sabotage:
    def __init__(self, name, file, words, *more):
        self.name, self.file, self.words, self.more = name, file, words.split(","), more
        self.edits = []  # (text, replacement)

    def apply(self, text):
        for old, new in self.edits:
            if text.count(old) != 1:
                sys.exit(f"sabotage {self.name}: {self.file} has {text.count(old)} times, not once:\n{old}")
            text = text.replace(old, new)
        return text


def block(lines, end):
    """The lines up to the one that is `end`, as one text."""
    text = ""
    for line in lines:
        if line.rstrip("\n") == end:
            return text
        text += line
    sys.exit(f"the list of sabotages: '{end}' is missing")


def trim(text):
    """A part of a line is given as a line of its own: its line end does not count, nor do indented whole lines."""
    return text.removesuffix("\n")


def read(path):
    found = []
    lines = iter(pathlib.Path(path).read_text().splitlines(keepends=True))
    for line in lines:
        if line.startswith("== "):
            found.append(Sabotage(*line.split()[1:]))
        elif line == "<<<\n":
            old = trim(block(lines, "==="))
            found[-1].edits.append((old, trim(block(lines, ">>>"))))
    return found


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sabotages = {s.name: s for s in read(sys.argv[1])}
    verb, arguments = sys.argv[2], sys.argv[3:]
    if verb == "names":
        print(*sabotages)
    elif verb == "file":
        print(sabotages[arguments[0]].file)
    elif verb == "copy":
        sabotage, out = sabotages[arguments[0]], pathlib.Path(arguments[1])
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(sabotage.apply(pathlib.Path(sabotage.file).read_text()))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
