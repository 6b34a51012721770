"""A small log in memory, written from docs/formats/ledger.md with keys that everybody knows."""
import base64
import hashlib
import io
import struct
import warnings
import zipfile

import edwards
import merkle

ORIGIN = "city.example/k0001/1"
NAMES = ("body", "files", "person", "text")
MONO = 123000000
SALTS = {"body": 0x10, "text": 0x20, "files": 0x30, "person": 0x40}
LOG_KEY, COSIGNATURE_KEY = 1, 4
SEEN_AT = 1795136400  # 2026-11-20T01:00:00Z


def b64(data):
    return base64.b64encode(data).decode()


def b64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def sha256(data):
    return hashlib.sha256(data).digest()


def code(digest, chars=24):
    return base64.b32encode(digest).decode()[:chars]


class Key:
    """Seed and name; also a key that has no seed, when `public` is given."""

    def __init__(self, fill, name=ORIGIN, kind=LOG_KEY, public=None):
        self.seed, self.name, self.kind = bytes([fill]) * 32, name, kind
        self.public = public or edwards.public_key(self.seed)
        typed = bytes([kind]) + self.public
        self.id = sha256(name.encode() + b"\n" + typed)[:4]
        self.vkey = f"{name}+{self.id.hex()}+{b64(typed)}"

    def line_of(self, signature):
        return f"— {self.name} {b64(self.id + signature)}\n"

    def line(self, text):
        return self.line_of(edwards.sign(self.seed, text.encode()))

    def cosign(self, text, time=SEEN_AT):
        signature = edwards.sign(self.seed, f"cosignature/v1\ntime {time}\n{text}".encode())
        return self.line_of(struct.pack(">Q", time) + signature)


IDENTITY, EPOCH_1, EPOCH_2, STRANGER = Key(0), Key(1), Key(2), Key(3)
WITNESSES = [Key(16 + n, f"witness{n}.example/w", COSIGNATURE_KEY) for n in range(3)]


def note(text, *keys):
    return text + "\n" + "".join(key.line(text) for key in keys)


def checkpoint(leaves, origin=ORIGIN):
    return f"{origin}\n{len(leaves)}\n{b64(merkle.root(leaves))}\n"


def entry(seq, prev, disclosures, type="incident", about="-", boot=1, epoch=1, idem=None, who="system", via="keeper"):
    lines = ["kannuki-entry/v1", f"seq {seq}", f"prev {b64(prev)}", f"boot {boot}", f"mono {MONO + seq}",
             f"wall 2026-11-20T00:12:{33 + seq % 20}.123Z 250 ntp", f"epoch {epoch}", f"who {who}", f"via {via}", f"type {type}",
             f"about {about}"]
    lines += [f"idem {idem}"] if idem else []
    lines += [f"sd {name} {b64url(sha256(disclosures[name].encode()))}" for name in NAMES if name in disclosures]
    return "".join(line + "\n" for line in lines)


def disclosure(name, value, salt):
    return b64url(f'["{b64url(salt)}","{name}",{value}]'.encode())


class Log:
    """The log of the worked example; `files` gives the bundle."""

    def __init__(self):
        self.entries, self.leaves, self.lines, self.files = [], [], [], {}
        genesis = f"kannuki-genesis/v1\n{ORIGIN}\n{IDENTITY.vkey}\n{EPOCH_1.vkey}\n"
        self.genesis_hash = sha256(genesis.encode())
        self.write("genesis.note", note(genesis, EPOCH_1, IDENTITY))
        self.write("policy", f"log {IDENTITY.vkey}\nquorum none\n")
        self.add({"body": '{"act":"epoch.start","genesis":"%s"}' % b64(self.genesis_hash)}, type="epoch")
        self.add({"body": '{"act":"incident.noted"}', "text": '"端末のLANケーブルを抜いた"'}, about="2026-007", who="u12",
                 via="serial", idem="ab" * 16)
        self.write("checkpoints/1", note(checkpoint(self.leaves), EPOCH_1, IDENTITY))
        certificate = f"kannuki-epoch/v1\n{ORIGIN}\n2\n{EPOCH_2.vkey}\n{b64(self.genesis_hash)}\n"
        self.write("epochs/2.note", note(certificate, EPOCH_1, IDENTITY))
        self.add({"body": '{"act":"epoch.start","certificate":"%s"}' % b64(sha256(certificate.encode()))}, type="epoch", boot=2, epoch=2)

    def write(self, name, content):
        self.files[name] = content.encode() if isinstance(content, str) else content

    def add(self, values, **fields):
        seq, strings = len(self.entries), {}
        for name, value in values.items():
            strings[name] = disclosure(name, value, bytes([SALTS[name] + seq]) * 16)
            self.lines.append('{"seq":%d,"name":"%s","disclosure":"%s"}\n' % (seq, name, strings[name]))
        prev = self.leaves[-1] if self.leaves else merkle.EMPTY_ROOT
        text = entry(seq, prev, strings, **fields).encode()
        self.entries.append(text)
        self.leaves.append(merkle.leaf_hash(text))

    def head(self):
        return checkpoint(self.leaves)

    def finish(self, keys=(EPOCH_2, IDENTITY)):
        size = len(self.entries)
        self.write("checkpoint.log", note(self.head(), *keys))
        self.write("checkpoint", self.files["checkpoint.log"])
        self.write("disclosures/0.jsonl", "".join(self.lines))
        self.write(f"tile/entries/000.p/{size}", b"".join(struct.pack(">H", len(text)) + text for text in self.entries))
        self.write(f"tile/0/000.p/{size}", b"".join(self.leaves))
        return self.files


def zipped(files):
    """files: a dict, or pairs where a name comes twice."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")
        for name, data in files.items() if isinstance(files, dict) else files:
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.create_system = 3
            archive.writestr(member, data)
    return out.getvalue()
