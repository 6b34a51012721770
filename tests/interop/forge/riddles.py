"""Texts changed at random, but along their structure, and signed by the box's own keys where a signature stands above
them. Whether such a bundle is good is not said here: the verifiers must be of one mind.
"""
import random
import re

from forge.box import ORIGIN, instead
from forge.logmaker import Draft, Log, Witness, base64_of, compact, epoch_start, note, sha256, system, text_of

TOKENS = re.compile(r"[A-Za-z0-9+/_=.-]+|\s|.", re.DOTALL)
SCRAPS = ["", " ", "  ", "\n", "\n\n", "\t", "\r", "\0", "0", "00", "1", "7", "-1", "+1", "1.0", "1e0", "9223372036854775807", "9223372036854775808", "1e999", "-", "=", "A", "a", "é", "端",
          "\u3000", "\u0085", "\u2028", "\x7f", '"', "\\", "\\u0041", "\\u0000", "\\\\u0000", "{", "}", "[", "]", ",", ":", "null", "true", '""', "{}", "[]",
          "sd ", "— ", "\udcff"]


def misspelled(chosen, text):
    tokens = TOKENS.findall(text) or [""]
    for _ in range(chosen.choice((1, 1, 1, 2, 3))):
        at, other = chosen.randrange(len(tokens)), chosen.randrange(len(tokens))
        token = tokens[at]
        way = chosen.randrange(8)
        if way == 0:
            tokens[at] = chosen.choice(SCRAPS)
        elif way == 1:
            tokens[at] = token + chosen.choice(SCRAPS)
        elif way == 2:
            tokens[at] = chosen.choice(SCRAPS) + token
        elif way == 3:
            tokens[at], tokens[other] = tokens[other], token
        elif way == 4:
            tokens[at] = tokens[other]
        elif way == 5:
            tokens[at] = token.swapcase()
        elif way == 6:
            tokens[at] = token[:-1]
        else:
            place = chosen.randrange(len(token) + 1)
            tokens[at] = token[:place] + chosen.choice("AB09az+/-_=") + token[place + 1:]
    return "".join(tokens)


BODIES = [
    {"act": "redaction", "seq": 2, "name": "text", "digest": "D", "approved_by": ["u1", "u2"]},
    {"act": "policy.set", "policy": "log x\nquorum none\n"},
    {"act": "heartbeat", "n": [1.5, None, {"a": "端末"}], "t": "\"\\/\b"},
]


class Riddler:
    """A log of a few entries that is written again for each riddle."""

    KINDS = ("entry", "body", "begin", "genesis", "certificate", "closing", "head", "lines", "proof", "policy", "witnesses", "raw")

    def __init__(self):
        self.witness = Witness("witness.example/A", "witness A")
        self.honest = self.files(self.log())

    def log(self, at=None, change=None, begin=None):
        """The log; at entry `at` its draft is changed, at entry 0 the body."""
        before = {"origin": "city.example/k0001/1", "size": 7, "root": base64_of(sha256(b"r")), "genesis": base64_of(sha256(b"g"))}
        log = Log(ORIGIN, "riddle", epoch_start(continues=[before]).but(rewrite=begin))
        drafts = [Draft(), Draft(values={"body": '{"act":"x"}', "text": '"a"'}, idem="ab" * 16), epoch_start(True), Draft(type="people"),
                  system("writer.start"), epoch_start(), system("heartbeat"), Draft()]
        for number, draft in enumerate(drafts, 1):
            log.add(change(draft, log) if number == at else draft)
        return log

    def files(self, log):
        files = log.files(witnesses=[self.witness])
        files["proofs/3.tlog-proof"] = log.proof(3, files["checkpoint"])
        files["witnessed/3"] = log.closings[1] + self.witness.line(text_of(log.closings[1]))
        return files

    def code(self):
        return self.log().code[:24]

    def policy(self):
        return f"log {self.log().identity.vkey}\nwitness A {self.witness.vkey}\nquorum A\n".encode()

    def make(self, seed):
        """(title, changes of the honest files)"""
        chosen = random.Random(f"riddle {seed}")
        kind = chosen.choice(self.KINDS)
        return f"riddle {seed}: {kind}", instead(self.honest, getattr(self, "by_" + kind)(chosen))

    def by_entry(self, chosen):
        at = chosen.randrange(1, 9)
        return self.files(self.log(at, lambda draft, log: draft.but(edit=lambda text: misspelled(chosen, text))))

    def by_body(self, chosen):
        body = dict(chosen.choice(BODIES))

        def change(draft, log):
            if "digest" in body:
                body["digest"] = re.search(r"sd text (\S+)", log.entries[2].decode())[1]
            return Draft("system", {"body": misspelled(chosen, compact(body))}, who="system", about="-")
        files = self.files(self.log(7, change))
        if body["act"] == "redaction":
            line = re.compile(rb'("name":"text",).*}')
            files["disclosures/0.jsonl"] = line.sub(rb'\1"status":"redacted"}', files["disclosures/0.jsonl"])
        if body["act"] == "policy.set":
            files["policy"] = body["policy"].encode()
        return files

    def by_begin(self, chosen):
        """The body of entry 0, which names the genesis and the logs before."""
        return self.files(self.log(begin=lambda body: misspelled(chosen, body)))

    def signed(self, chosen, name, text, keys):
        text = misspelled(chosen, text.decode()).encode(errors="surrogateescape")
        return {**self.honest, name: note(text, *keys)}

    def by_genesis(self, chosen):
        log = self.log()
        return self.signed(chosen, "genesis.note", text_of(log.genesis), (log.key(1), log.identity))

    def by_certificate(self, chosen):
        log = self.log()
        return self.signed(chosen, "epochs/2.note", text_of(log.certificates[2]), (log.key(1), log.identity))

    def by_closing(self, chosen):
        log = self.log()
        return self.signed(chosen, "checkpoints/2", log.checkpoint_text(6), (log.key(2), log.identity))

    def by_head(self, chosen):
        log = self.log()
        text = misspelled(chosen, log.checkpoint_text().decode()).encode(errors="surrogateescape")
        head = note(text, log.key(3), log.identity)
        files = {**self.honest, "checkpoint.log": head, "checkpoint": head}
        del files["proofs/3.tlog-proof"]
        return files

    def given(self, seed):
        """What an auditor brings, one thing of it changed at random: (title, {name of a pin: text, or bytes of a file})."""
        chosen, log = random.Random(f"given {seed}"), self.log()
        code = log.code[:24]
        pins = {"code": code, "paper": log.paper(6), "older": self.honest["checkpoints/2"], "policy": self.policy(),
                "note": self.honest["genesis.note"]}
        kind = chosen.choice(list(pins))
        value = pins[kind]
        if isinstance(value, bytes):
            text = misspelled(chosen, value.decode())
            if chosen.random() < 0.1:
                text = "\ufeff" + text
            value = text.encode(errors="surrogateescape")
        else:
            value = misspelled(chosen, chosen.choice([value, value.lower(), value.replace("-", " "), "-".join(value)]))
            for letter, other in chosen.sample([("S", "\u017f"), ("I", "\u0131"), ("K", "\u212a"), ("-", "\u2010"), (" ", "\u2003")], 1):
                value = value.replace(letter, other) if chosen.random() < 0.2 else value
        return f"given {seed}: {value!r}", {**({} if kind == "note" else {"code": code}), kind: value}

    def raw(self, chosen, name):
        return {**self.honest, name: misspelled(chosen, self.honest[name].decode()).encode(errors="surrogateescape")}

    def by_lines(self, chosen):
        return self.raw(chosen, "disclosures/0.jsonl")

    def by_proof(self, chosen):
        return self.raw(chosen, "proofs/3.tlog-proof")

    def by_policy(self, chosen):
        return self.raw(chosen, "policy")

    def by_witnesses(self, chosen):
        head = self.honest["checkpoint.log"]
        line = misspelled(chosen, self.witness.line(text_of(head)).decode()).encode(errors="surrogateescape")
        files = {**self.honest, "checkpoint": head + line}
        files["proofs/3.tlog-proof"] = self.log().proof(3, files["checkpoint"])
        return files

    def by_raw(self, chosen):
        return self.raw(chosen, chosen.choice(["genesis.note", "checkpoint.log", "checkpoint", "epochs/2.note", "checkpoints/1", "witnessed/3"]))
