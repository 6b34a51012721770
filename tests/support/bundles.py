"""Bundles for tests: a log made with kannuki-ledger, its files as {path: bytes}, and what may be made of them."""
import base64
import hashlib
import io
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import zipfile

BIN = pathlib.Path(os.environ["KANNUKI_BIN"])
ORIGIN = "city.example/k0001/1"


def run(program, *arguments, **options):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, timeout=120, **options)


def ledger(*arguments, lines=()):
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    done = run(BIN / "kannuki-ledger", *arguments, input=text.encode())
    if done.returncode != 0:
        raise RuntimeError(f"kannuki-ledger {arguments}: {done.stderr.decode()}")
    return done.stdout.decode()


class Box:
    """A ledger in `folder`, opened once for each list of lines, so of several epochs."""

    def __init__(self, folder, *openings):
        self.folder = pathlib.Path(folder)
        self.code = ledger("init", self.folder, "--origin", ORIGIN).split()[1]
        for lines in openings:
            ledger("append", self.folder, lines=lines)

    def export(self, *options):
        """The folder that was written."""
        out = pathlib.Path(tempfile.mkdtemp(dir=self.folder.parent)) / "bundle"
        ledger("export", self.folder, out, *options)
        return out


def to_store(folder, data, name, kind):
    """What a line for append says of a file with this content."""
    folder = pathlib.Path(folder) / "to-store"
    folder.mkdir(exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()
    path.write_bytes(data)
    return {"path": str(path), "name": name, "type": kind}


def lose_stored(folder, *datas):
    """As if these files, or all, had been lost with a disk."""
    gone = {hashlib.sha256(data).hexdigest() for data in datas}
    for path in (pathlib.Path(folder) / "blobs").iterdir():
        if not datas or path.name in gone:
            path.unlink()


def read(folder):
    folder = pathlib.Path(folder)
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def write(folder, files):
    for name, data in files.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def parse_entries(tile):
    entries = []
    while tile:
        (length,) = struct.unpack_from(">H", tile)
        entries.append(tile[2:2 + length])
        tile = tile[2 + length:]
    return entries


def size_of(files):
    return int(files["checkpoint.log"].split(b"\n")[1])


def tile_path(level, index, hashes):
    width = min(256, hashes - 256 * index)
    assert index < 1000
    return f"tile/{level}/{index:03d}" + (f".p/{width}" if width < 256 else "")


def entries_of(files):
    size = size_of(files)
    tiles = [files[tile_path("entries", index, size)] for index in range((size + 255) // 256)]
    return [entry for tile in tiles for entry in parse_entries(tile)]


def part_of(files, start, end):
    """The same bundle with the entry tiles from `start` to `end` only."""
    size, part = size_of(files), dict(files)
    for index in range((size + 255) // 256):
        if not start <= 256 * index < end:
            del part[tile_path("entries", index, size)], part[f"disclosures/{index}.jsonl"]
    part["range"] = f"from {start}\nto {end}\n".encode()
    return part


# ---- the tree of RFC 6962, as its text has it ----

def sha256(data):
    return hashlib.sha256(data).digest()


def cut(count):
    half = 1
    while 2 * half < count:
        half *= 2
    return half


def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    half = cut(len(leaves))
    return sha256(b"\1" + root(leaves[:half]) + root(leaves[half:]))


def path_of(index, leaves):
    if len(leaves) == 1:
        return []
    half = cut(len(leaves))
    if index < half:
        return path_of(index, leaves[:half]) + [root(leaves[half:])]
    return path_of(index - half, leaves[half:]) + [root(leaves[:half])]


def leaves_of(files):
    return [sha256(b"\0" + entry) for entry in entries_of(files)]


def with_proof(files, seq):
    lines = [base64.b64encode(node) for node in path_of(seq, leaves_of(files))]
    proof = b"\n".join([b"c2sp.org/tlog-proof@v1", b"index %d" % seq, *lines, b"", b""]) + files["checkpoint"]
    return {**files, f"proofs/{seq}.tlog-proof": proof}


def paper_code(files, size):
    text = f"{ORIGIN}\n{size}\n{base64.b64encode(root(leaves_of(files)[:size])).decode()}\n"
    code = base64.b32encode(sha256(text.encode())).decode()[:20]
    return f"{size}-" + "-".join(code[at:at + 5] for at in range(0, 20, 5))


# ---- disclosures ----

def with_status(files, seq, name, status):
    """The line of one disclosure says that it is withheld or redacted."""
    path = f"disclosures/{seq // 256}.jsonl"
    head = f'{{"seq":{seq},"name":"{name}",'.encode()
    lines = files[path].splitlines(keepends=True)
    assert sum(line.startswith(head) for line in lines) == 1
    new = head + f'"status":"{status}"}}\n'.encode()
    return {**files, path: b"".join(new if line.startswith(head) else line for line in lines)}


def seq_and_digest(files, words, name="text"):
    """Of the entry whose disclosure `name` holds these words."""
    for path in (path for path in files if path.startswith("disclosures/")):
        for line in map(json.loads, files[path].splitlines()):
            text = line.get("disclosure", "")
            if line["name"] == name and words in base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode():
                return line["seq"], base64.urlsafe_b64encode(sha256(text.encode())).decode().rstrip("=")
    raise AssertionError(f"nobody wrote {words!r}")


# ---- witnesses ----

class Witness:
    """Signs checkpoints as C2SP tlog-cosignature wants it, with OpenSSL."""

    def __init__(self, name, folder):
        self.name, self.key = name, pathlib.Path(tempfile.mkdtemp(dir=folder)) / "key.pem"
        run("openssl", "genpkey", "-algorithm", "ed25519", "-out", self.key, check=True)
        der = run("openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER", check=True).stdout
        public = b"\4" + der[-32:]
        self.id = sha256(name.encode() + b"\n" + public)[:4]
        self.vkey = f"{name}+{self.id.hex()}+{base64.b64encode(public).decode()}"

    def line(self, note, time=1790000000):
        text = note[:note.rindex(b"\n\n") + 1]
        message = self.key.with_name("message")
        message.write_bytes(b"cosignature/v1\ntime %d\n" % time + text)
        signature = run("openssl", "pkeyutl", "-sign", "-inkey", self.key, "-rawin", "-in", message, check=True).stdout
        raw = self.id + struct.pack(">Q", time) + signature
        return f"— {self.name} {base64.b64encode(raw).decode()}\n".encode()
