"""Policies, proofs, witnesses, cosignatures, quorums."""
import json

from forge.box import GENESIS, ORIGIN, PAPER, POLICY, RANGE, SINCE, WHOLE, Box, Mutant, cut, flipped, forger, instead
from forge.logmaker import Key, Log, Witness, base64_of, sha256, system, text_of


@forger("policy that the entries do not say")
def policy_lies(box):
    first = box.log.drafts[70].values["body"]
    for title, text in {
            "of before": json.loads(first)["policy"], "of the start": f"log {box.log.identity.vkey}\nquorum none\n", "nothing": "",
            "quorum none": box.files["policy"].decode().replace("quorum B", "quorum none"),
            "another witness": box.files["policy"].decode().replace("witness A", "witness D"),
            "CR": box.files["policy"].decode().replace("\n", "\r\n"), "comment": "# more\n" + box.files["policy"].decode(),
            "another log": box.policy_of(Log(ORIGIN, "other"), "quorum B\n")}.items():
        yield Mutant(title, {"policy": text.encode()})


@forger("policy.set written otherwise")
def policy_otherwise(box):
    """Which policy counts: the last that is one."""
    now = box.files["policy"]
    for title, members, policy in (
            ("a new one", {"policy": "anything\nat all\n"}, b"anything\nat all\n"), ("empty", {"policy": ""}, b""), ("number", {"policy": 1}, now),
            ("null", {"policy": None}, now), ("none", {}, now), ("list", {"policy": ["x"]}, now), ("Japanese", {"policy": "方針\n"}, "方針\n".encode()),
            ("escaped", {"policy": "\"\\\t"}, b'"\\\t')):
        log = cut(box, box.log.size).again([system("policy.set", **members)])
        yield Mutant(title, instead(box.files, {**box.dress(log, log.head()), "policy": policy}))
    for title, draft in {"not by the system": system("policy.set", policy="x").but(type="people"),
                         "withheld": system("policy.set", policy="x").but(status={"body": "withheld"})}.items():
        log = cut(box, box.log.size).again([draft])
        yield Mutant(title, instead(box.files, {**box.dress(log, log.head()), "policy": now}))


@forger("proof that proves nothing")
def proof_lies(box):
    for seq in box.PROVEN:
        name = f"proofs/{seq}.tlog-proof"
        good, checkpoint = box.files[name].decode(), box.files["checkpoint"].decode()
        head, rest = good.split("\n", 2)[:2], good[:len(good) - len(checkpoint)].split("\n")[2:-2]
        other = base64_of(sha256(b"x"))

        def made(lines, end=checkpoint, first=head[0], index=head[1]):
            return "".join(line + "\n" for line in (first, index, *lines, "")) + end

        assert made(rest) == good
        for title, text in {
                "hash": made([other] + rest[1:]), "last hash": made(rest[:-1] + [other]), "one less": made(rest[:-1]), "one more": made(rest + [other]),
                "turned": made(rest[::-1]), "none": made([]), "another index": made(rest, index=f"index {seq + 1}"),
                "index with zero": made(rest, index=f"index 0{seq}"), "version": made(rest, first="c2sp.org/tlog-proof@v2"),
                "extra": made(rest, index=f"extra AAAA\nindex {seq}"), "no checkpoint": made(rest, ""),
                "closing": made(rest, box.log.closings[1].decode()), "without witnesses": made(rest, box.files["checkpoint.log"].decode()),
                "CR": good.replace("\n", "\r\n", 1), "two empty lines": made(rest + [""]), "loose bits": made([rest[0][:-2] + chr(ord(rest[0][-2]) + 1) + "="] + rest[1:])}.items():
            if text != good:
                yield Mutant(f"{seq}: {title}", {name: text.encode()})
        yield Mutant(f"{seq} for {seq ^ 1}", {f"proofs/{seq ^ 1}.tlog-proof": good.encode()})


@forger("witnessed checkpoint that is none")
def witnessed_lies(box):
    log = box.log
    for epoch in (2, 4):
        name, closing = f"witnessed/{log.sizes[epoch]}", log.closings[epoch]
        line = box.witnesses[0].line(text_of(closing))
        other = log.closings[epoch + 1]
        for title, data in {
                "nobody": closing, "another closing": other + line, "the head": box.files["checkpoint"], "text": closing + b"x\n",
                "witness first": text_of(closing) + b"\n" + line + closing[len(text_of(closing)) + 1:], "cut": (closing + line)[:-1],
                "without identity": b"".join((closing).splitlines(keepends=True)[:5]) + line, "empty": b"",
                "empty line": closing + b"\n" + line, "loose bits": closing + "— w AAAAAAB=\n".encode()}.items():
            yield Mutant(f"{epoch}: {title}", {name: data})
    yield Mutant("head of another size", {f"witnessed/{log.size - 1}": box.files["checkpoint"]})


@forger("witnessed checkpoint more")
def witnessed_more(box):
    for epoch in box.log.sizes:
        for title, who in {"stranger": box.strangers, "one": box.witnesses[2:], "three": box.witnesses}.items():
            yield Mutant(f"{epoch}: {title}", box.witnessed({epoch: who}))
    yield Mutant("the head", {f"witnessed/{box.log.size}": box.files["checkpoint"]})


def cosigned(box, lines, kept=()):
    """The honest bundle with these lines of witnesses at its head, and no others but those in kept."""
    head = box.files["checkpoint.log"]
    files = {name: data for name, data in box.files.items() if not name.startswith("witnessed/") or name in kept}
    files["checkpoint"] = head + b"".join(lines)
    return instead(box.files, box.prove(box.log, files))


@forger("quorum not reached")
def no_quorum(box):
    text = text_of(box.files["checkpoint.log"])
    lines = [witness.line(text) for witness in box.witnesses]
    made_up = Witness(box.witnesses[1].name, "made up").line(text)
    for title, who in {"nobody": [], "one": lines[:1], "one twice": lines[:1] * 2, "a stranger": [box.strangers[0].line(text)],
                       "one and a stranger": [lines[0], box.strangers[0].line(text)], "one and made up": [lines[0], made_up],
                       "under another name": [lines[0], Witness("witness.example/D", "witness B").line(text)],
                       "as log key": [lines[0], Key(box.witnesses[1].name, "witness B").line(text)]}.items():
        yield Mutant(title, cosigned(box, who), POLICY)
        yield Mutant(title + ", one elsewhere", cosigned(box, who, ["witnessed/130"]), POLICY)
    yield Mutant("policy of another log", {}, "policy of another log")


@forger("cosignature that is not right")
def wrong_cosignature(box):
    """A witness that the policy knows, under a line that does not verify."""
    text = text_of(box.files["checkpoint.log"])
    lines = [witness.line(text) for witness in box.witnesses]
    first = box.witnesses[0]

    def line(raw):
        return f"— {first.name} {base64_of(first.id + raw)}\n".encode()

    right = first.signature(text)
    wrong = {"flipped": flipped(right, 40, 3), "another time": flipped(right, 7, 0), "of a closing": first.signature(box.log.checkpoint_text(60)),
             "without time": right[8:], "short": right[:-1], "long": right + b"\0", "empty": b"\0", "plain signature": bytes(8) + first.secret.sign(text),
             "time beyond": b"\xff" * 8 + first.secret.sign(b"cosignature/v1\ntime 18446744073709551615\n" + text)}
    for title, raw in wrong.items():
        yield Mutant(f"{title}, and two right", cosigned(box, [lines[1], lines[2], line(raw)]), POLICY)
        yield Mutant(f"{title}, and itself right", cosigned(box, [lines[0], lines[1], line(raw)]), POLICY)
        closing = box.log.closings[4]
        yield Mutant(f"{title}, elsewhere", {"witnessed/300": closing + line(raw)}, POLICY)


@forger("cosignatures unknown to who checks")
def unchecked_cosignatures(box):
    """The same lines mean nothing to an auditor without a policy."""
    for mutant in list(no_quorum(box))[:-1] + list(wrong_cosignature(box)):
        yield Mutant(mutant.title, mutant.changes)


@forger("quorum reached")
def quorum(box):
    text = text_of(box.files["checkpoint.log"])
    lines = [witness.line(text) for witness in box.witnesses]
    strange = box.strangers[0].line(text)
    for title, mutant in {"two": cosigned(box, lines[:2]), "other two": cosigned(box, lines[1:]), "three": cosigned(box, lines),
                          "turned": cosigned(box, lines[::-1]), "with strangers": cosigned(box, [strange, lines[2], strange, lines[0]]),
                          "elsewhere": cosigned(box, [], ["witnessed/300"]), "twice": cosigned(box, lines * 2),
                          "a name taken": cosigned(box, [*lines, Witness(box.witnesses[0].name, "x").line(text)])}.items():
        yield Mutant(title, mutant, POLICY)


@forger("pinned and honest")
def pinned(box):
    for base in (WHOLE, RANGE):
        for pin in (GENESIS, SINCE, "since the end", PAPER, POLICY):
            yield Mutant(f"{base}, {pin}", {}, pin, base)


@forger("no genesis")
def no_genesis(box):
    for base in (WHOLE, RANGE):
        yield Mutant(base, {}, "nothing", base)
    yield Mutant("a whole other log", instead(box.files, Box("other").files), "nothing")
