"""Makes logs and bundles from docs/formats/ledger.md alone, with keys that everybody knows.

It shares no code with the box or the verifiers, and signs whatever it is told to: so a test can do exactly what
somebody who stole a key could do.
"""
import base64
import copy
import dataclasses
import functools
import hashlib
import json
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

TILE = 256
NAMES = ("body", "files", "person", "text")
LOG_KEY, COSIGNATURE_KEY = 1, 4


def sha256(data):
    return hashlib.sha256(data).digest()


def base64_of(data):
    return base64.b64encode(data).decode()


def base64url_of(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def base32_of(data):
    return base64.b32encode(data).decode().rstrip("=")


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# ---- notes ----

class Key:
    """A key that signs notes under a name. Its secret is made from the seed, a text."""

    def __init__(self, name, seed, kind=LOG_KEY):
        self.name, self.kind = name, kind
        self.secret = Ed25519PrivateKey.from_private_bytes(sha256(seed.encode()))
        self.public = bytes([kind]) + self.secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = sha256(name.encode() + b"\n" + self.public)[:4]
        self.vkey = f"{name}+{self.id.hex()}+{base64_of(self.public)}"

    def signature(self, text):
        return self.secret.sign(text)

    def line(self, text):
        return f"— {self.name} {base64_of(self.id + self.signature(text))}\n".encode()


class Witness(Key):
    def __init__(self, name, seed, time=1_790_000_000):
        super().__init__(name, seed, COSIGNATURE_KEY)
        self.time = time

    def signature(self, text):
        return struct.pack(">Q", self.time) + self.secret.sign(b"cosignature/v1\ntime %d\n" % self.time + text)


def note(text, *keys):
    return text + b"\n" + b"".join(key.line(text) for key in keys)


def text_of(signed):
    return signed[:signed.rindex(b"\n\n") + 1]


# ---- the tree ----

class Tree:
    """RFC 6962 over leaf hashes. Hashes of full subtrees are remembered."""

    def __init__(self):
        self.leaves, self.known = [], {}

    def add(self, leaf):
        self.leaves.append(leaf)

    def cut(self, size):
        self.leaves = self.leaves[:size]
        self.known = {span: root for span, root in self.known.items() if span[1] <= size}

    def over(self, begin, end):
        if end - begin == 1:
            return self.leaves[begin]
        if (begin, end) not in self.known:
            split = begin + (1 << (end - begin - 1).bit_length() - 1)
            self.known[begin, end] = sha256(b"\1" + self.over(begin, split) + self.over(split, end))
        return self.known[begin, end]

    def root(self, size=None):
        size = len(self.leaves) if size is None else size
        return self.over(0, size) if size else sha256(b"")

    def proof(self, seq, begin=0, end=None):
        """The hashes from beside the leaf to beneath the root."""
        end = len(self.leaves) if end is None else end
        if end - begin == 1:
            return []
        split = begin + (1 << (end - begin - 1).bit_length() - 1)
        if seq < split:
            return self.proof(seq, begin, split) + [self.over(split, end)]
        return self.proof(seq, split, end) + [self.over(begin, split)]

    def tiles(self):
        """{path: bytes} of all levels."""
        files = {}
        level, hashes = 0, self.leaves
        while hashes:
            for index, width in tile_widths(len(hashes)):
                files[tile_path(level, index, width)] = b"".join(hashes[index * TILE:index * TILE + width])
            level += 1
            span = TILE ** level
            hashes = [self.over(at * span, (at + 1) * span) for at in range(len(self.leaves) // span)]
        return files


def tile_widths(size):
    return [(index, min(TILE, size - index * TILE)) for index in range((size + TILE - 1) // TILE)]


def tile_path(level, index, width):
    digits = f"{index:03d}"
    digits = digits.zfill((len(digits) + 2) // 3 * 3)
    groups = [digits[at:at + 3] for at in range(0, len(digits), 3)]
    path = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return f"tile/{level}/{path}" + (f".p/{width}" if width < TILE else "")


# ---- entries ----

@dataclasses.dataclass
class Draft:
    """What an entry is to say. An epoch's body is filled in when it begins."""
    type: str = "incident"
    values: dict = dataclasses.field(default_factory=lambda: {"body": '{"act":"incident.noted"}'})
    status: dict = dataclasses.field(default_factory=dict)  # name: withheld or redacted
    who: str = "u12"
    about: str = "2026-007"
    idem: str = ""
    more: dict = dataclasses.field(default_factory=dict)    # further members of an epoch's body
    rewrite: object = None                                  # a function that changes an epoch's body
    starts_boot: bool = False
    prev: bytes = None                                      # instead of the right one
    edit: object = ()                                       # of the entry's text: (what, by what), or a function

    def but(self, **changes):
        return dataclasses.replace(copy.deepcopy(self), **changes)


def system(act, **members):
    return Draft("system", {"body": compact({"act": act, **members})}, who="system", about="-")


def epoch_start(starts_boot=False, **more):
    return Draft("epoch", {}, who="system", about="-", more=more, starts_boot=starts_boot)


@functools.lru_cache(maxsize=1 << 16)
def disclosure(seed, name, value):
    """The disclosure string and its digest. The salt follows from the seed."""
    salt = base64url_of(sha256(seed.encode())[:16])
    text = base64url_of(f'["{salt}","{name}",{value}]'.encode(errors="surrogateescape"))
    return text, base64url_of(sha256(text.encode()))


def policy_in(body):
    try:
        members = json.loads(body)
        return members["policy"].encode() if members["act"] == "policy.set" else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def line_of(seq, name, disclosure=None, status=None):
    key, value = ("disclosure", disclosure) if status is None else ("status", status)
    return b'{"seq":%d,"name":"%s","%s":"%s"}\n' % (seq, name.encode(), key.encode(), value.encode())


class Log:
    """A log as its writer has it: entries, keys, notes. Honest unless its fields are changed on the way."""

    def __init__(self, origin, seed, first=None, **more):
        self.origin, self.seed = origin, seed
        self.identity = Key(origin, seed + " identity")
        self.keys, self.thief_from = {}, None
        self.tree = Tree()
        self.drafts, self.entries, self.lines, self.disclosures = [], [], [], []
        self.epoch_of, self.boots, self.erased = [], [], {}
        self.closings, self.certificates, self.sizes = {}, {}, {}
        self.boot = 1
        text = f"kannuki-genesis/v1\n{origin}\n{self.identity.vkey}\n{self.key(1).vkey}\n".encode()
        self.genesis = note(text, self.key(1), self.identity)
        self.epoch = 0
        self.add(first or epoch_start(**more))

    def key(self, epoch):
        if epoch not in self.keys:
            owner = self.seed if self.thief_from is None or epoch < self.thief_from else "thief of " + self.seed
            self.keys[epoch] = Key(self.origin, f"{owner} epoch {epoch}")
        return self.keys[epoch]

    @property
    def size(self):
        return len(self.entries)

    @property
    def code(self):
        return base32_of(sha256(text_of(self.genesis)))

    # what the writer does

    def add(self, draft):
        if draft.type == "epoch":
            draft = self.begin_epoch(draft)
        seq = self.size
        prev = draft.prev or (self.tree.leaves[-1] if seq else sha256(b""))
        lines = ["kannuki-entry/v1", f"seq {seq}", f"prev {base64_of(prev)}", f"boot {self.boot}", f"mono {1000 * seq}",
                 "wall 2026-11-20T00:12:33.123Z 250 ntp", f"epoch {self.epoch}", f"who {draft.who}", "via keeper",
                 f"type {draft.type}", f"about {draft.about}"]
        lines += [f"idem {draft.idem}"] if draft.idem else []
        said, disclosures = b"", {}
        for name in NAMES:
            if name in draft.values:
                text, digest = disclosure(f"{self.seed} salt {seq} {name}", name, draft.values[name])
                disclosures[name] = text
                lines.append(f"sd {name} {digest}")
                said += line_of(seq, name, text, draft.status.get(name))
        entry = "".join(line + "\n" for line in lines)
        entry = (draft.edit(entry) if callable(draft.edit) else entry.replace(*draft.edit or ("", ""), 1)).encode(errors="surrogateescape")
        self.append(entry, said)
        self.drafts.append(draft)
        self.disclosures.append(disclosures)

    def append(self, entry, said):
        self.entries.append(entry)
        self.lines.append(said)
        self.tree.add(sha256(b"\0" + entry))
        self.epoch_of.append(self.epoch)
        self.boots.append(self.boot)

    def begin_epoch(self, draft):
        member, hashed = "genesis", self.genesis
        if self.epoch > 0:
            if self.epoch not in self.closings:
                self.close()
            if self.epoch + 1 not in self.certificates:
                self.certify()
            member, hashed = "certificate", self.certificates[self.epoch + 1]
        self.epoch += 1
        self.boot += draft.starts_boot
        body = {"act": "epoch.start", member: base64_of(sha256(text_of(hashed))), **draft.more}
        return draft.but(values={"body": (draft.rewrite or str)(compact(body))})

    def close(self, *keys):
        self.sizes[self.epoch] = self.size
        self.closings[self.epoch] = note(self.checkpoint_text(), *(keys or (self.key(self.epoch), self.identity)))

    def certify(self, *keys):
        before = self.certificates.get(self.epoch, self.genesis)
        text = (f"kannuki-epoch/v1\n{self.origin}\n{self.epoch + 1}\n{self.key(self.epoch + 1).vkey}\n"
                f"{base64_of(sha256(text_of(before)))}\n").encode()
        self.certificates[self.epoch + 1] = note(text, *(keys or (self.key(self.epoch), self.identity)))

    def redact(self, seq, name, /, **changes):
        """Erases a disclosure, as far as its line goes; the entry says who did."""
        body = {"act": "redaction", "seq": seq, "name": name, "digest": base64url_of(sha256(self.disclosures[seq][name].encode())),
                "approved_by": ["u1", "u2"], **changes}
        self.add(system(**{key: value for key, value in body.items() if value is not None}))
        self.erased[seq] = self.size - 1, self.lines[seq]
        self.lines[seq] = b"".join(
            line_of(seq, name, status="redacted") if b'"name":"%s"' % name.encode() in line else line
            for line in self.lines[seq].splitlines(keepends=True))

    # what a thief does

    def until(self, size):
        """The log as it was with so many entries, in the hands of who took the box in the epoch that runs, or begins, then:
        that epoch's key and the identity are known, all later keys are the thief's own."""
        log = copy.copy(self)
        for name in ("drafts", "entries", "lines", "disclosures", "epoch_of", "boots"):
            setattr(log, name, getattr(self, name)[:size])
        log.erased = {seq: erased for seq, erased in self.erased.items() if erased[0] < size}
        for seq, (at, said) in self.erased.items():
            if seq < size <= at:
                log.lines[seq] = said
        log.tree = copy.copy(self.tree)
        log.tree.cut(size)
        log.epoch, log.boot = log.epoch_of[-1], log.boots[-1]
        closed = len([at for at in self.sizes.values() if at <= size])
        log.thief_from = closed + 2
        for name, last in (("closings", closed), ("sizes", closed), ("certificates", closed + 1), ("keys", closed + 1)):
            setattr(log, name, {epoch: made for epoch, made in getattr(self, name).items() if epoch <= last})
        return log

    def again(self, drafts):
        """Writes drafts of another log's tail, the epochs among them begun anew."""
        for draft in drafts:
            self.add(draft)
        return self

    # what leaves the box

    def checkpoint_text(self, size=None):
        size = self.size if size is None else size
        return f"{self.origin}\n{size}\n{base64_of(self.tree.root(size))}\n".encode()

    def head(self, *keys):
        return note(self.checkpoint_text(), *(keys or (self.key(self.epoch), self.identity)))

    def paper(self, size):
        code = base32_of(sha256(self.checkpoint_text(size)))[:20]
        return f"{size}-" + "-".join(code[at:at + 5] for at in range(0, 20, 5))

    def proof(self, seq, checkpoint):
        lines = "".join(base64_of(hashed) + "\n" for hashed in self.tree.proof(seq))
        return f"c2sp.org/tlog-proof@v1\nindex {seq}\n{lines}\n".encode() + checkpoint

    def policy(self):
        for seq in reversed(range(self.size)):
            if self.drafts[seq].type == "system" and b'"body","disclosure"' in self.lines[seq]:
                policy = policy_in(self.drafts[seq].values["body"])
                if policy is not None:
                    return policy
        return f"log {self.identity.vkey}\nquorum none\n".encode()

    def files(self, head=None, witnesses=()):
        """The bundle of the whole log: {path: bytes}."""
        head = head or self.head()
        checkpoint = head + b"".join(witness.line(text_of(head)) for witness in witnesses)
        files = {"genesis.note": self.genesis, "checkpoint.log": head, "checkpoint": checkpoint, "policy": self.policy(),
                 **self.tree.tiles()}
        files.update({f"epochs/{epoch}.note": made for epoch, made in self.certificates.items() if epoch <= self.epoch})
        files.update({f"checkpoints/{epoch}": made for epoch, made in self.closings.items() if epoch < self.epoch})
        for index, width in tile_widths(self.size):
            span = slice(index * TILE, index * TILE + width)
            files[tile_path("entries", index, width)] = join_entries(self.entries[span])
            files[f"disclosures/{index}.jsonl"] = b"".join(self.lines[span])
        return files


def join_entries(entries):
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)
