#!/usr/bin/env python3
"""What forgers hand out (forge/) gets the verdict that verdicts.md says from every verifier, and each names the same
place and the same reason (forge/reasons.py)."""
import atexit
import collections
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import forge
import tap
from forge.reasons import REASONS, reason_of
from forge.riddles import Riddler
from verify_page import VerifyPage

BIN = pathlib.Path(os.environ["KANNUKI_BIN"])
TABLE = forge.verdicts((pathlib.Path(__file__).parent / "verdicts.md").read_text())
WORDS = {"good": "good", "bad": "bad", "unknown": "cannot tell"}
ENGLISH = {**os.environ, "KANNUKI_LANG": "en"}
AT_ONCE = 200
RIDDLES = 600
GIVEN = 250
ONCE_SPLIT = [1795287815]  # seeds of which the verifiers were not of one mind
LEAST = 2000
MOST_SHOWN = 20

# Hundreds of thousands of links: in memory where that is possible.
MEMORY = pathlib.Path("/dev/shm")
SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="kannuki-forgers-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None))
atexit.register(shutil.rmtree, SCRATCH)
POOL = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
DESKS = concurrent.futures.ThreadPoolExecutor()


# ---- verifiers: (paths, pins, the same as they are typed) -> what each says ----

def arguments(pins):
    options = {"code": "--genesis", "note": "--genesis", "paper": "--paper", "older": "--since", "policy": "--policy"}
    made = []
    for name, value in pins.items():
        if isinstance(value, bytes):
            path = SCRATCH / hashlib.sha256(value).hexdigest()
            path.write_bytes(value)
            value = path
        made += [options[name], value]
    return made


def run(program, *arguments):
    return subprocess.run([BIN / program, *arguments, "--json"], capture_output=True, timeout=170, env=ENGLISH).stdout


def in_c(paths, pins, typed):
    return list(POOL.map(lambda path: json.loads(run("kannuki-verify", path, *typed)), paths))


def in_go(paths, pins, typed):
    return [json.loads(line) for line in run("kannuki-verify-go", *paths, *typed).splitlines()]


@functools.lru_cache(maxsize=None)
def page():
    opened = VerifyPage()
    atexit.register(opened.close)
    return opened


def in_browser(paths, pins, typed):
    return page().many(paths, **pins)


VERIFIERS = {"C": in_c, "Go": in_go, "HTML": in_browser}
if os.environ.get("PROFILE") == "asan":
    del VERIFIERS["HTML"]  # sanitizers see nothing of it


def ask_all(paths, pins):
    """All at once: the browser, by far the slowest, has one thread."""
    typed = arguments(pins)
    asked = {name: DESKS.submit(verifier, paths, pins, typed) for name, verifier in VERIFIERS.items()}
    return {name: one.result() for name, one in asked.items()}


# ---- bundles on disk ----

class Bundles:
    """The honest bundles, and copies with some files changed. What is not changed is a hard link."""

    def __init__(self, box):
        self.box = box
        self.made = 0
        for base in (forge.WHOLE, forge.RANGE):
            for name, data in box.base(base).items():
                write(SCRATCH / base / name, data)

    def make(self, mutant):
        self.made += 1
        path = SCRATCH / str(self.made)
        if mutant.base == forge.ZIP:
            path.write_bytes(mutant.changes[""])
            return path
        for name in self.box.base(mutant.base):
            if name not in mutant.changes:
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                os.link(SCRATCH / mutant.base / name, path / name)
        for name, data in mutant.changes.items():
            if data is not None:
                write(path / name, data)
        return path


def write_all(folder, files):
    for name, data in files.items():
        if data is not None:
            write(folder / name, data)


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


# ---- judging ----

def place_of(one):
    """The entry or file that is to blame; None where the bundle as a whole is, or nothing."""
    return one.get("entry", one.get("file") or None)


def reason_in(one):
    return "good" if one["verdict"] == "good" else reason_of(one.get("reason", ""))


def complaint(want, said):
    """Why these verdicts, {verifier: what it says}, are not right; None if they are."""
    found = {(WORDS[one["verdict"]], place_of(one), reason_in(one)) for one in said.values()}
    verdict, _, reason = found.pop()
    if not found and verdict == want and reason is not None:
        return None
    return "; ".join(f"{name}: {one['verdict']} {place_of(one)} {reason_in(one)}: {one.get('reason', '')}"
                     for name, one in said.items())


class Judges:
    """Takes mutants, judges many of the same pin at once, and keeps what was not as the table says."""

    def __init__(self):
        self.box = forge.Box()
        self.bundles = Bundles(self.box)
        self.pins = self.box.pins()
        self.waiting = collections.defaultdict(list)
        self.counts, self.wrong = collections.Counter(), collections.defaultdict(list)
        self.reasons = collections.defaultdict(set)

    def all(self):
        for name, mutant in forge.mutants(self.box):
            waiting = self.waiting[mutant.pin]
            waiting.append((name, mutant.title, self.bundles.make(mutant)))
            self.counts[name] += 1
            if len(waiting) == AT_ONCE:
                self.judge(mutant.pin)
        for pin in self.waiting:
            self.judge(pin)
        return self

    def judge(self, pin):
        waiting, self.waiting[pin] = self.waiting[pin], []
        paths = [path for name, title, path in waiting]
        said = ask_all(paths, self.pins[pin])
        for (name, title, path), *verdicts in zip(waiting, *said.values(), strict=True):
            why = complaint(TABLE.get(name), dict(zip(said, verdicts)))
            self.reasons[name].add(reason_in(verdicts[0]))
            if why is not None:
                self.wrong[name].append(f"{title}: {why}")
            remove(path)


class Forgers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.judges = Judges().all()

    def test_the_table_names_every_class(self):
        self.assertEqual(list(TABLE), list(forge.CLASSES))
        self.assertEqual(list(REASONS), [name for name, verdict in TABLE.items() if verdict != "good"])

    def test_there_are_many(self):
        self.assertGreaterEqual(self.judges.bundles.made, LEAST)
        print(f"#= {self.judges.bundles.made} mutants of {len(TABLE)} classes")


class Asked:
    """Riddles put before all verifiers. What the verdict is, is left open; `wrong` has those they do not agree on."""

    def __init__(self):
        self.riddler = Riddler()
        self.pins = {"code": self.riddler.code(), "policy": self.riddler.policy()}
        self.verdicts, self.wrong = collections.Counter(), []

    def ask(self, seeds):
        titles, paths = zip(*map(self.make, seeds))
        said = ask_all(paths, self.pins)
        for title, path, *judged in zip(titles, paths, *said.values(), strict=True):
            want = WORDS[judged[0]["verdict"]]
            self.verdicts[want] += 1
            why = complaint(want, dict(zip(said, judged)))
            if why is not None:
                self.wrong.append(f"{title}: {why}")
            shutil.rmtree(path)

    def make(self, seed):
        title, changes = self.riddler.make(seed)
        path = SCRATCH / f"riddle-{seed}"
        write_all(path, {**self.riddler.honest, **changes})
        return title, path


class Riddles(unittest.TestCase):
    def test_of_one_mind(self):
        """`make fuzz` asks others each time."""
        asked = Asked()
        asked.ask(ONCE_SPLIT)
        for first in range(0, RIDDLES, AT_ONCE):
            asked.ask(range(first, first + AT_ONCE))
        print(f"#= {dict(asked.verdicts)} of {RIDDLES + len(ONCE_SPLIT)} riddles")
        for why in asked.wrong[:MOST_SHOWN]:
            print("# " + why)
        self.assertEqual(len(asked.wrong), 0)
        self.assertGreater(len(asked.verdicts), 1)


class Given(unittest.TestCase):
    """What auditors bring, spelled in all ways, with an honest bundle."""

    EXITS = ["good", "bad", "unknown"]

    @classmethod
    def setUpClass(cls):
        cls.riddler = Riddler()
        cls.bundle = SCRATCH / "given"
        write_all(cls.bundle, cls.riddler.honest)

    def ask(self, seed):
        """None where there is nothing to ask: a program cannot be given NUL, nor a page nothing."""
        title, pins = self.riddler.given(seed)
        if any(not value.strip() or (isinstance(value, str) and "\0" in value) for value in pins.values()):
            return None
        return title, self.verdicts(pins)

    def verdicts(self, pins, bundle=None):
        bundle = bundle or self.bundle
        programs = {"C": "kannuki-verify", "Go": "kannuki-verify-go"}
        typed = [bundle, *arguments(pins)]
        said = {name: self.EXITS[subprocess.run([BIN / program, *typed], capture_output=True, timeout=170).returncode]
                for name, program in programs.items()}
        if "HTML" in VERIFIERS:
            said["HTML"] = page().one(bundle, **pins)["verdict"]
        return said

    def test_as_editors_and_people_spell_them(self):
        code, paper, older = self.riddler.code(), self.riddler.log().paper(3), self.riddler.honest["checkpoints/1"]
        for title, want, pins in (
                ("a mark before a checkpoint", "unknown", {"older": "\ufeff".encode() + older}), ("line ends of Windows", "unknown", {"older": older.replace(b"\n", b"\r\n")}),
                ("a mark before a genesis note", "unknown", {"note": "\ufeff".encode() + self.riddler.honest["genesis.note"]}),
                ("a mark before a policy", "unknown", {"policy": "\ufeff".encode() + self.riddler.policy()}),
                ("a checkpoint beyond all browsers", "bad", {"older": older.replace(b"\n3\n", b"\n9223372036854775807\n")}),
                ("a code with gaps", "good", {"code": "\u00a0\u3000\t".join(code)}), ("a paper code with gaps", "good", {"paper": f" {paper[0]} - {paper[2:].lower()}"}),
                ("a letter that is large only in Unicode", "unknown", {"code": code[:23] + "\u017f"}),
                ("another space", "unknown", {"code": code[:12] + "\u2003" + code[12:]})):
            with self.subTest(title):
                given = pins if "note" in pins else {"code": code, **pins}
                self.assertEqual(set(self.verdicts(given).values()), {want})

    def test_a_wrong_command_says_nothing_of_the_bundle(self):
        broken = SCRATCH / "given-broken"
        write_all(broken, {**self.riddler.honest, "genesis.note": b"x"})
        for pins, want in (({"code": "ABC"}, "unknown"), ({"note": b"x"}, "unknown"), ({"code": self.riddler.code()}, "bad")):
            self.assertEqual(set(self.verdicts(pins, broken).values()), {want})

    def test_of_one_mind(self):
        asked = list(filter(None, map(self.ask, range(GIVEN))))
        for title, said in asked:
            with self.subTest(title):
                self.assertEqual(len(set(said.values())), 1, said)
        counts = collections.Counter(said["C"] for _, said in asked)
        print(f"# {dict(counts)} of {len(asked)} pins")
        self.assertEqual(set(counts), set(self.EXITS))


def judged(name):
    def test(self):
        print(f"# {self.judges.counts[name]:5d} {TABLE.get(name, '?'):12} {name}")
        self.assertGreater(self.judges.counts[name], 0)
        wrong = self.judges.wrong[name]
        for why in wrong[:MOST_SHOWN]:
            print("# " + why)
        self.assertEqual(len(wrong), 0)
        self.assertEqual(self.judges.reasons[name], REASONS.get(name, {"good"}))
    return test


for number, name in enumerate(forge.CLASSES):
    setattr(Forgers, f"test_{number:02d}_{re.sub('[^a-z0-9]+', '_', name.lower())}", judged(name))


if __name__ == "__main__":
    tap.main()
