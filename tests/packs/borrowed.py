"""Sentences that are not ours: every run of 18 characters of the source documents, as six bytes of its hash each.

The documents belong to others and do not stand here. Whoever has them makes the file `borrowed` again:

    tests/packs/borrowed.py DOCUMENT ... >tests/packs/borrowed
"""
import hashlib
import pathlib
import sys
import unicodedata

RUN, BYTES = 18, 6
FILE = pathlib.Path(__file__).with_name("borrowed")


def plain(text):
    """What is left when width, spaces and punctuation count for nothing."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum()).casefold()


def runs(text):
    text = plain(text)
    return {text[i:i + RUN] for i in range(len(text) - RUN + 1)}


def digest(run):
    return hashlib.blake2b(run.encode(), digest_size=BYTES).digest()


def known():
    data = FILE.read_bytes()
    return {data[i:i + BYTES] for i in range(0, len(data), BYTES)}


def main():
    found = set()
    for name in sys.argv[1:]:
        found |= {digest(run) for run in runs(pathlib.Path(name).read_text(encoding="utf-8"))}
    sys.stdout.buffer.write(b"".join(sorted(found)))


if __name__ == "__main__":
    main()
