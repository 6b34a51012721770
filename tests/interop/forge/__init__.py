"""The forgers: what people who may have stolen keys could hand to an auditor instead of an honest bundle.

Each class of mutants is a function under its name in verdicts.md, which says the verdict it must get. It yields
mutants: a title, the files that differ from an honest bundle (None: removed), and what the auditor knows from outside.
"""
import re

from forge import files, entries, disclosures, thieves, notes, parts, witnesses, zips  # in the order of the table
from forge.box import CLASSES, RANGE, WHOLE, ZIP, Box

__all__ = ["RANGE", "WHOLE", "ZIP", "Box", "mutants", "verdicts", "files", "entries", "disclosures", "thieves", "notes",
           "parts", "witnesses", "zips"]


def mutants(box):
    """(class, mutant) of every class."""
    for name, forge in CLASSES.items():
        for mutant in forge(box):
            yield name, mutant


ROW = re.compile(r"^\| ([^|]+) \| (good|bad|cannot tell) \| ([^|]+) \|$")


def verdicts(page):
    """{class: verdict} of verdicts.md."""
    return {row[1]: row[2] for row in map(ROW.match, page.splitlines()) if row}
