"""Bundles of a part of the log that lie about which, or in what only a part leaves unseen."""
import json

from forge.box import PAPER, POLICY, RANGE, SINCE, Mutant, cut, forger, instead, noted, seeded
from forge.disclosures import lines_of
from forge.logmaker import line_of, sha256


@forger("range that lies")
def range_lies(box):
    for title, text in {
            "whole": "from 0\nto 540\n", "of another place": "from 0\nto 256\n", "longer": "from 256\nto 540\n", "beyond": "from 256\nto 768\n",
            "shorter than a tile": "from 256\nto 511\n", "not at a tile": "from 257\nto 512\n", "empty": "from 256\nto 256\n",
            "turned": "from 512\nto 256\n", "one line": "from 256\n", "three lines": "from 256\nto 512\n\n", "no LF": "from 256\nto 512",
            "zero before": "from 0256\nto 512\n", "sign": "from +256\nto 512\n", "CR": "from 256\r\nto 512\r\n", "two spaces": "from  256\nto 512\n",
            "swapped": "to 512\nfrom 256\n", "no number": "from 256\nto N\n", "nothing": "", "huge": "from 256\nto 9223372036854775808\n",
            "capital": "From 256\nTo 512\n"}.items():
        yield Mutant(title, {"range": text.encode()}, base=RANGE)
    yield Mutant("no range", {"range": None}, base=RANGE)
    for begin, end in ((256, 512), (0, 540), (0, 512), (0, 256)):
        yield Mutant(f"whole bundle says {begin} to {end}", {"range": f"from {begin}\nto {end}\n".encode()})
    whole = box.files
    yield Mutant("a tile too many", {"tile/entries/000": whole["tile/entries/000"]}, base=RANGE)
    yield Mutant("disclosures too many", {"disclosures/0.jsonl": whole["disclosures/0.jsonl"]}, base=RANGE)
    yield Mutant("tile and disclosures too many", {name: whole[name] for name in ("tile/entries/000", "disclosures/0.jsonl")}, base=RANGE)
    for name in ("tile/0/000", "tile/0/001", "tile/0/002.p/28", "tile/1/000.p/2"):
        data = whole[name]
        yield Mutant(f"{name} with a hash changed", {name: sha256(b"x") + data[32:]}, base=RANGE)
        yield Mutant(f"{name} with hashes swapped", {name: data[32:64] + data[:32] + data[64:]}, base=RANGE)


def resigned_part(box, at, draft):
    """The box's own keys sign a log of which an entry breaks a rule, and a part of it is handed out."""
    log = cut(box, at).again([draft, *box.log.drafts[at + 1:]])
    return instead(box.part, box.part_of(box.dress(log, log.head()), 256, 512))


@forger("entry that lies in a part")
def part_lies(box):
    for at in (280, 299, 301, 350, 450):
        epoch, boot = box.log.epoch_of[at], box.log.boots[at]
        for title, draft in {
                "boot rises": noted(1).but(edit=(f"boot {boot}\n", f"boot {boot + 1}\n")),
                "boot falls": noted(1).but(edit=(f"boot {boot}\n", f"boot {boot - 1}\n")),
                "epoch rises": noted(1).but(edit=(f"epoch {epoch}\n", f"epoch {epoch + 1}\n")),
                "epoch falls": noted(1).but(edit=(f"epoch {epoch}\n", f"epoch {epoch - 1}\n")),
                "seq": noted(1).but(edit=(f"seq {at}\n", f"seq {at + 1}\n")),
                "type epoch": noted(1).but(edit=("type incident", "type epoch")),
                "no type": noted(1).but(edit=("type incident", "type secret")), "prev": noted(1).but(prev=bytes(32))}.items():
            yield Mutant(f"entry {at}: {title}", resigned_part(box, at, draft), base=RANGE)
    # An epoch that the certificates do not know, or that begins where no closing checkpoint says so.
    for at in (300, 400):
        log = cut(box, at).again([noted(1), *box.log.drafts[at + 1:]])
        yield Mutant(f"entry {at} begins no epoch", instead(box.part, {
            **box.part_of(box.dress(log, log.head()), 256, 512),
            **{name: data for name, data in box.files.items() if name.startswith(("epochs/", "checkpoints/"))}}), base=RANGE)


@forger("other parts, honestly")
def other_parts(box):
    for begin, end in ((0, 256), (0, 512), (256, 512), (256, 540), (512, 540)):
        yield Mutant(f"{begin} to {end}", instead(box.part, box.part_of(box.files, begin, end)), base=RANGE)
        for pin in (SINCE, PAPER, POLICY):
            yield Mutant(f"{begin} to {end}, {pin}", instead(box.part, box.part_of(box.files, begin, end)), pin, RANGE)
    chosen = seeded("parts")
    for turn in range(8):
        seqs = [seq for seq in range(256, 512) if box.log.drafts[seq].type != "epoch" and chosen.random() < 0.5]
        lines = b"".join(
            b"".join(line_of(seq, json.loads(line)["name"], status="withheld") for line in lines_of(box, seq)) if seq in seqs
            else box.log.lines[seq] for seq in range(256, 512))
        yield Mutant(f"half withheld {turn}", {"disclosures/1.jsonl": lines}, base=RANGE)
    yield Mutant("another policy", {"policy": b"anything\n"}, base=RANGE)
