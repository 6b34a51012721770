"""Lies of the envelope when a bundle is a ZIP file."""
import struct

from forge import zipmaker
from forge.box import GENESIS, PAPER, POLICY, SINCE, ZIP, Mutant, flipped, forger, instead, own_part, seeded, signed
from forge.files import DISPENSABLE


def zipped(box, title, pin=GENESIS, files=None, **how):
    return Mutant(title, {"": zipmaker.make(files or box.files, **how)}, pin, ZIP)


@forger("ZIP file, honestly")
def zip_good(box):
    yield zipped(box, "whole")
    yield zipped(box, "part", files=box.part)
    for pin in (SINCE, PAPER, POLICY):
        yield zipped(box, f"whole, {pin}", pin)
    yield zipped(box, "turned", files=dict(reversed(box.files.items())))
    yield zipped(box, "with folders", folders=["tile/", "tile/0/", "empty/", "blobs/"])
    yield zipped(box, "other dates and attributes", date=0x5b7a, attributes=0xffffffff, version=63)
    yield zipped(box, "flag of UTF-8", flags=0x800)
    yield zipped(box, "extra fields", extra=b"\x55\x54\x05\x00\x03\x00\x00\x00\x00")
    yield zipped(box, "comments of members", comment=b"hello")
    yield zipped(box, "ZIP64", zip64=True)
    yield zipped(box, "foreign members", files={**box.files, "証拠.txt": b"x", "a b": b"", ".x": b"1", "tile/.x": b""})


@forger("ZIP file with another content")
def zip_content(box):
    """What is bad as a folder is bad as a ZIP file."""
    for name in signed(box.files):
        chosen = seeded(f"zip {name}")
        data = own_part(box, name, box.files[name])
        for _ in range(2):
            changed = flipped(box.files[name], chosen.randrange(len(data)), chosen.randrange(8))
            yield zipped(box, f"{name} flipped", files={**box.files, name: changed})
        if not name.startswith(DISPENSABLE):
            yield zipped(box, f"{name} missing", files={at: data for at, data in box.files.items() if at != name})
    for name in ("tile/0/003", "epochs/9.note", "proofs/x"):
        yield zipped(box, f"{name} too many", files={**box.files, name: b"x"})
    yield zipped(box, "capitals", files={name.upper(): data for name, data in box.files.items()})


@forger("ZIP file damaged without fitting sums")
def zip_damaged(box):
    whole = zipmaker.make(box.files)
    places = zipmaker.places(whole)
    for name in signed(box.files):
        begin, length = places[name]
        chosen = seeded(f"damaged {name}")
        at = begin + chosen.randrange(length)
        yield Mutant(f"{name}: byte {at}", {"": flipped(whole, at, chosen.randrange(8))}, base=ZIP)


@forger("ZIP file that lies")
def zip_lies(box):
    name = "tile/entries/000"
    first = next(iter(box.files))
    for title, how in {
            "sum": {"crc": 1}, "sum is none": {"crc": None},
            "packed size": {"packed": -1}, "both sizes": {"size": -1}, "larger": {"size": 1}, "offset": {"offset": 1},
            "offset beyond": {"offset": 1 << 30}, "offset of another": {"offset_of": first}, "local name": {"local_name": "tile/entries/009"},
            "local name longer": {"local_name": name + "x"}, "local magic": {"local_magic": b"PK\x03\x05"},
            "directory magic": {"directory_magic": b"PK\x01\x03"}}.items():
        yield zipped(box, title, only=name, **how)
    for more in ("./x", "a/./b", "a/.", ".", "a//b", "x" * 1025, "../x", "a/../b", "..", "x..y", "/genesis.note", "/x", "a\\b", "\\x", "a\x00b", "x\ny", "a\x1fb", ""):
        yield zipped(box, f"name {more!r}", files={**box.files, more: b"x"})
    for twice in ("genesis.note", "policy", "README.txt", "mine.txt"):
        for data in (b"x", box.files.get(twice, b"x")):
            yield zipped(box, f"{twice} twice", twice=(twice, data), files={**box.files, "mine.txt": b"x"})
    yield zipped(box, "bytes between members", gap=b"hidden")
    yield zipped(box, "bytes behind one member", only=name, gap=b"hidden")
    yield zipped(box, "a second name", extra=struct.pack("<HH", 0x7075, 6) + b"\1" + bytes(4) + b"x")
    yield zipped(box, "ZIP64 field without need", extra=struct.pack("<HHQ", 1, 8, 5))
    yield zipped(box, "extra field cut", extra=b"\x55\x54\x05\x00\x03")
    yield zipped(box, "folder twice", folders=["x/", "x/"])
    yield zipped(box, "folder with dots", folders=["x/../"])
    whole = zipmaker.make(box.files)
    end = len(whole) - 22
    for title, data in {
            "cut": whole[:-1], "half": whole[:len(whole) // 2], "longer": whole + b"\0", "comment": whole[:-2] + b"\x05\0hello",
            "comment unsaid": whole + b"hello", "no end": whole[:end], "two ends": whole + whole[end:], "count": zipmaker.patched(whole, end + 10, "<H", 1),
            "no members": zipmaker.patched(whole, end + 10, "<H", 0), "directory elsewhere": zipmaker.patched(whole, end + 16, "<I", 1),
            "directory larger": zipmaker.patched(whole, end + 12, "<I", 1 << 20), "directory smaller": zipmaker.patched(whole, end + 12, "<I", 46),
            "end magic": flipped(whole, end, 1), "gap before the end": whole[:end] + b"gap" + whole[end:], "only the start": b"PK\x03\x04",
            "start and end": b"PK\x03\x04" + whole[end:], "two files": whole + whole}.items():
        yield Mutant(title, {"": data}, base=ZIP)


@forger("bundle packed again by another program")
def zip_again(box):
    """Whatever lies are in it: nobody is told that it is good, and the folder that comes out of it will be judged."""
    name = "tile/entries/000"
    lie = {**box.files, name: flipped(box.files[name], 100, 1)}
    for files, title in ((box.files, "honest"), (lie, "with a lie"), ({**box.files, "../x": b""}, "with a name that leads out")):
        for way, how in {"method 8": {"method": 8}, "method 99": {"method": 99}, "encrypted": {"flags": 1}, "strongly encrypted": {"flags": 64},
                         "masked": {"flags": 0x2000}, "lengths behind the data": {"descriptors": True}}.items():
            yield zipped(box, f"{way}, {title}", files=files, **how)
        for only in (name, next(iter(files)), next(reversed(files))):
            yield zipped(box, f"{only} compressed, {title}", files=files, only=only, method=8)
        yield Mutant(f"compressed, {title}", {"": zipmaker.compressed(files)}, base=ZIP)
        yield Mutant(f"compressed in a folder, {title}", {"": zipmaker.compressed(inside("bundle", files))}, base=ZIP)
    for wrong in ({"crc": 1}, {"size": 1}, {"offset": 1}, {"local_name": "x"}, {"gap": b"hidden"}, {"extra": b"cut"}, {"twice": ("policy", b"x")}):
        yield zipped(box, f"compressed and {wrong}", method=8, **wrong)
    yield zipped(box, "compressed, in as many members as it does not say", method=8, count=-1)


def inside(folder, files):
    return {f"{folder}/{name}": data for name, data in files.items()}


@forger("bundle in a folder of its own")
def deeper(box):
    mac = {"__MACOSX/bundle/._policy": b"x", "__MACOSX/._bundle": b"x", ".DS_Store": b"x"}
    for title, files in {"alone": inside("bundle", box.files), "as a Macintosh does": {**inside("束 1", box.files), **mac},
                         "with its note alone": {"x/genesis.note": b""}, "two": {**inside("a", box.files), **inside("b", box.part)}}.items():
        yield zipped(box, f"ZIP, {title}", files=files)
        yield Mutant(f"folder, {title}", instead(box.files, files))
    yield zipped(box, "ZIP, with folders", files=inside("bundle", box.files), folders=["bundle/", "bundle/tile/"])
    for wrong in ({"crc": 1}, {"size": 1}, {"offset": 1}, {"local_name": "x"}, {"gap": b"hidden"}, {"extra": b"cut"}, {"twice": ("../x", b"x")}):
        yield zipped(box, f"ZIP, alone and {wrong}", files=inside("bundle", box.files), only="bundle/policy" if "crc" in wrong else None, **wrong)


@forger("bundle too deep, or without its genesis")
def too_deep(box):
    yield zipped(box, "ZIP, with a part that is empty", files={"/genesis.note": b"x", **inside("a/b", box.files)})
    yield zipped(box, "ZIP, with another count", files=inside("bundle", box.files), count=-1)
    for title, files in {"two folders": inside("a/b", box.files), "another name": inside("bundle", {"genesis.txt": b"x"}),
                         "no genesis": {name: data for name, data in box.files.items() if name != "genesis.note"}}.items():
        yield zipped(box, f"ZIP, {title}", files=files)
        yield Mutant(f"folder, {title}", instead(box.files, files))


@forger("neither folder nor ZIP file")
def no_zip(box):
    whole = zipmaker.make(box.files)
    for title, data in {"empty": b"", "text": b"hello\n", "end record alone": zipmaker.make({}), "magic": flipped(whole, 1, 2),
                        "something before": b"MZ" + whole, "a note": box.files["checkpoint"], "three bytes": whole[:3]}.items():
        yield Mutant(title, {"": data}, base=ZIP)
