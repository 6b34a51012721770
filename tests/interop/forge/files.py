"""Changed bits, and files that are missing, strange or too many."""
from forge.box import RANGE, WHOLE, Box, Mutant, flipped, forger, hex_of, is_free, own_part, seeded, signed


def flips(box, base, per_file):
    files = box.base(base)
    for name in signed(files):
        if base == RANGE and name == "policy":
            continue  # is not compared in a part
        chosen = seeded(f"{base} {name}")
        data = own_part(box, name, files[name])
        places = {0, len(data) - 1} | {chosen.randrange(len(data)) for _ in range(per_file - 2)}
        for at in sorted(places):
            bit = chosen.randrange(8)
            yield Mutant(f"{name}: bit {bit} of byte {at}", {name: flipped(files[name], at, bit)}, base=base)


@forger("one bit")
def one_bit(box):
    yield from flips(box, WHOLE, 14)


@forger("one bit of a part")
def one_bit_of_a_part(box):
    yield from flips(box, RANGE, 4)


@forger("one bit of what is for people or encrypted")
def one_bit_of_nothing(box):
    for name in sorted(box.files):
        if is_free(name):
            data = box.files[name]
            for at in sorted({0, len(data) // 2, len(data) - 1}):
                yield Mutant(f"{name}: byte {at}", {name: flipped(data, at, at % 8)})


DISPENSABLE = ("blobs/", "proofs/", "witnessed/")


@forger("file missing")
def missing(box):
    for base in (WHOLE, RANGE):
        for name in signed(box.base(base)):
            if not name.startswith(DISPENSABLE):
                yield Mutant(f"{base} without {name}", {name: None}, base=base)


@forger("dispensable file missing")
def dispensable_missing(box):
    for name in sorted(box.files):
        if name.startswith(DISPENSABLE) or is_free(name):
            yield Mutant(f"without {name}", {name: None})


@forger("file of another length")
def other_length(box):
    for name in signed(box.files):
        data = box.files[name]
        for title, changed in {"empty": b"", "cut": data[:-1], "longer": data + b"\n", "NUL": data + b"\0",
                               "twice": data + data}.items():
            yield Mutant(f"{name} {title}", {name: changed})


@forger("file of another log")
def file_of_another(box):
    other = Box("other")
    for name in signed(box.files):
        if name in other.files and other.files[name] != box.files[name]:
            yield Mutant(name, {name: other.files[name]})


@forger("file too many")
def too_many(box):
    names = ["epochs/1.note", "epochs/8.note", "epochs/02.note", "checkpoints/7", "checkpoints/0", "checkpoints/01",
             "checkpoints/1.note", "disclosures/3.jsonl", "disclosures/00.jsonl", "disclosures/0.json", "tile/0/003",
             "tile/0/002.p/27", "tile/0/002", "tile/1/000", "tile/2/000", "tile/entries/003", "tile/entries/000.p/9", "tile/8/000",
             "tile/x", "proofs/540.tlog-proof", "proofs/01.tlog-proof", "proofs/1", "proofs/x.tlog-proof", "witnessed/61",
             "witnessed/060", "witnessed/541", "witnessed/x", "epochs/x/2.note", "tile/entries/000/x"]
    for base in (WHOLE, RANGE):
        for name in names:
            if name.startswith("tile/entries/000/") and base == WHOLE:
                continue  # a file cannot be a folder
            yield Mutant(f"{base}: {name}", {name: b"x\n"}, base=base)


@forger("file that means nothing")
def means_nothing(box):
    for base in (WHOLE, RANGE):
        for name in ("mine.txt", ".DS_Store", "tile/.DS_Store", "tile/0/.x", "epochs/.2.note", "proofs/.p", "witnessed/.w",
                     "blobs/readme", "blobs/" + "0" * 63, "blobs/" + "A" * 64, "blobs/x/" + "0" * 64, "other.tsr", "notes/a/b",
                     "checkpoint.bak", "epochs.txt", "Range", "blobs/" + hex_of(b"x\n"), "blobs/" + "0" * 64 + ".age"):
            yield Mutant(f"{base}: {name}", {name: b"x\n"}, base=base)
        for name in ("README.txt", "summary.pdf", "checkpoint-1.tsr"):
            yield Mutant(f"{base}: another {name}", {name: b"changed"}, base=base)
