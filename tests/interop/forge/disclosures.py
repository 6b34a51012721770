"""Texts that are edited, left out, foreign, kept back or called erased."""
import base64
import json

from forge.box import Box, Mutant, cut, forger, instead, seeded
from forge.logmaker import TILE, Draft, base64url_of, compact, line_of, sha256


def lines_of(box, seq):
    return box.log.lines[seq].splitlines(keepends=True)


def with_lines(box, seq, lines):
    index = seq // TILE
    span = range(index * TILE, min(box.log.size, (index + 1) * TILE))
    return {f"disclosures/{index}.jsonl": b"".join(b"".join(lines) if at == seq else box.log.lines[at] for at in span)}


def some_lines(box, salt, count, wanted=lambda draft, name: True):
    """(seq, place of the line, name) of disclosed lines, by chance."""
    chosen = seeded(salt)
    found = [(seq, at, json.loads(line)["name"]) for seq in range(box.log.size) for at, line in enumerate(lines_of(box, seq))
             if b'"disclosure"' in line]
    return sorted(chosen.sample([one for one in found if wanted(box.log.drafts[one[0]], one[2])], count))


def replaced(box, seq, at, line):
    lines = lines_of(box, seq)
    return with_lines(box, seq, lines[:at] + [line] + lines[at + 1:])


def opened(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


@forger("disclosure edited")
def disclosure_edited(box):
    for seq, at, name in some_lines(box, "edited", 25):
        text = box.log.disclosures[seq][name]
        array = opened(text)
        value = array[len(f'["{"A" * 22}","{name}",'):-1]
        for title, other in {
                "another value": array.replace(value, '"別の文"'), "a space": array.replace(",", ", ", 1),
                "another salt": array[:2] + ("B" if array[2] != "B" else "C") + array[3:],
                "another name": array.replace(f'"{name}"', '"note"', 1)}.items():
            yield Mutant(f"entry {seq} {name}: {title}", replaced(box, seq, at, line_of(seq, name, base64url_of(other.encode()))))
        line = lines_of(box, seq)[at]
        for title, other in {"padded": line.replace(b'"}\n', b'="}\n'), "spaced": line.replace(b":", b": ", 1),
                             "CR": line.replace(b"\n", b"\r\n"), "member more": line.replace(b"{", b'{"x":1,', 1)}.items():
            yield Mutant(f"entry {seq} {name}: {title}", replaced(box, seq, at, other))


@forger("disclosure missing or too many")
def disclosure_count(box):
    for seq, at, name in some_lines(box, "count", 20):
        lines = lines_of(box, seq)
        withheld = line_of(seq, name, status="withheld")
        for title, other in {"missing": b"", "twice": lines[at] * 2, "disclosed and withheld": lines[at] + withheld,
                             "withheld and disclosed": withheld + lines[at], "unknown status": line_of(seq, name, status="secret"),
                             "empty": b"\n"}.items():
            yield Mutant(f"entry {seq} {name}: {title}", replaced(box, seq, at, other))


@forger("disclosure of another entry or log")
def disclosure_foreign(box):
    other = Box("other").log
    for seq, at, name in some_lines(box, "foreign", 30, lambda draft, name: draft.type == "incident"):
        yield Mutant(f"entry {seq} {name}: of another log", replaced(box, seq, at, line_of(seq, name, other.disclosures[seq][name])))
        for place in (seq - 1, seq + 1):
            if place < box.log.size and name in box.log.disclosures[place]:
                text = box.log.disclosures[place][name]
                yield Mutant(f"entry {seq} {name}: of {place}", replaced(box, seq, at, line_of(seq, name, text)))
                yield Mutant(f"entry {seq} {name}: line of {place}", replaced(box, seq, at, line_of(place, name, text)))


@forger("disclosure withheld")
def disclosure_withheld(box):
    for seq, at, name in some_lines(box, "withheld", 40, lambda draft, name: draft.type == "incident"):
        yield Mutant(f"entry {seq} {name}", replaced(box, seq, at, line_of(seq, name, status="withheld")))
    for seq, name in box.REDACTIONS.values():
        line = line_of(seq, name, status="redacted")
        at = lines_of(box, seq).index(line)
        yield Mutant(f"entry {seq} {name}: erased", replaced(box, seq, at, line_of(seq, name, status="withheld")))


@forger("body withheld that a rule needs")
def needed_body_withheld(box):
    for seq in [0, *box.EPOCHS, *box.REDACTIONS, 310]:
        for status in ("withheld", "redacted"):
            yield Mutant(f"entry {seq} {status}", replaced(box, seq, 0, line_of(seq, "body", status=status)))


@forger("disclosure called redacted")
def called_redacted(box):
    for seq, at, name in some_lines(box, "redacted", 40):
        yield Mutant(f"entry {seq} {name}", replaced(box, seq, at, line_of(seq, name, status="redacted")))
    for seq, name in box.REDACTIONS.values():
        line = line_of(seq, name, status="redacted")
        at = lines_of(box, seq).index(line)
        yield Mutant(f"entry {seq} {name}: invented again", replaced(box, seq, at, line_of(seq, name, base64url_of(b"invented"))))


@forger("redaction that is none")
def no_redaction(box):
    """The box's own keys sign an erasure that breaks a rule."""
    for turn, (title, changes) in enumerate(sorted({
            "by nobody": {"approved_by": None}, "by one": {"approved_by": ["u1"]}, "by one twice": {"approved_by": ["u1", "u1"]},
            "by a word": {"approved_by": "u1 u2"}, "by numbers": {"approved_by": [1, 2]}, "by an object": {"approved_by": {"a": "u1", "b": "u2"}},
            "of another entry": {"seq": 1}, "of itself": {"seq": 540}, "of a later entry": {"seq": 541}, "without seq": {"seq": None},
            "seq is a word": {"seq": "535"}, "seq below zero": {"seq": -535}, "of another name": {"name": "person"},
            "of no name": {"name": "note"}, "without name": {"name": None}, "of another digest": {"digest": base64url_of(sha256(b"x"))},
            "without digest": {"digest": None}, "digest padded": {"pad": True}, "act": {"act": "redacted"}}.items())):
        log = cut(box, box.log.size)
        changes = dict(changes)
        if changes.pop("pad", False):
            changes["digest"] = base64url_of(sha256(log.disclosures[535]["text"].encode())) + "="
        log.lines = list(log.lines)
        log.redact(535, "text", **changes)
        yield Mutant(title, instead(box.files, box.dress(log, log.head())))
    for title, draft in {"type": {"type": "incident"}, "own body withheld": {"status": {"body": "withheld"}},
                         "before its entry": None}.items():
        log = cut(box, box.log.size)
        log.lines = list(log.lines)
        log.redact(535, "text")
        if draft is not None:
            last = log.drafts[-1].but(**draft)
            erased = log.lines[535]
            log = cut(box, box.log.size)
            log.lines = list(log.lines)
            log.add(last)
            log.lines[535] = erased
        else:
            body = log.drafts[-1]
            log = cut(box, 535).again([body, *box.log.drafts[535:]])
            log.lines[536] = b"".join(line_of(536, "text", status="redacted") if b'"text"' in line else line
                                      for line in log.lines[536].splitlines(keepends=True))
        yield Mutant(title, instead(box.files, box.dress(log, log.head())))


@forger("redaction written otherwise")
def other_redaction(box):
    for title, changes in {"three people": {"approved_by": ["u1", "u1", "u2"]}, "and more": {"approved_by": ["u1", None, 7, "u2"]},
                           "more members": {"reason": {"a": [1.5, None]}}}.items():
        log = cut(box, box.log.size)
        log.lines = list(log.lines)
        log.redact(535, "text", **changes)
        yield Mutant(title, instead(box.files, box.dress(log, log.head())))
    log = cut(box, box.log.size)
    log.lines = list(log.lines)
    log.redact(535, "text")
    body, erased = log.drafts[-1].values["body"], log.lines[535]
    members = json.loads(body)
    for title, text in {"members turned": compact(dict(reversed(members.items()))),
                        "seq named twice": body.replace('"seq":', '"seq":1,"seq":'),
                        "spaces": json.dumps(members), "escaped": body.replace("redaction", "\\u0072edaction"),
                        "numbers that 64 bits hold": with_member(body, "[9223372036854775807,-9223372036854775808,1e308,-1e-999,-0,1.1,5e-324,1.1000000000000001]")}.items():
        yield Mutant(title, instead(box.files, spelled(box, text, erased)))


def with_member(body, value):
    return '{"n":' + value + "," + body[1:]


def spelled(box, body, erased):
    """The files after a redaction of entry 535's text with this body."""
    log = cut(box, box.log.size)
    log.lines = list(log.lines)
    log.add(Draft("system", {"body": body}, who="system", about="-"))
    log.lines[535] = erased
    return box.dress(log, log.head())


@forger("number that 64 bits cannot hold")
def large_numbers(box):
    log = cut(box, box.log.size)
    log.lines = list(log.lines)
    log.redact(535, "text")
    body, erased = log.drafts[-1].values["body"], log.lines[535]
    for value in ("9223372036854775808", "-9223372036854775809", "1" * 400, "1e999", "-1e309", "2.0e308", '{"a":["\\"",1e999]}', '1e999,"n":1'):
        yield Mutant(value[:24], instead(box.files, spelled(box, with_member(body, value), erased)))
