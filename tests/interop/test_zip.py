#!/usr/bin/env python3
"""A bundle as a ZIP file: what other tools pack is read like the folder, and no lie of an envelope is believed.

Both verifiers judge each; they must agree.
"""
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest
import zipfile
import zlib

import tap

BIN = pathlib.Path(os.environ["KANNUKI_BIN"])
VERIFY = BIN / "kannuki-verify"
GOOD, BAD, UNKNOWN = 0, 1, 2
FULL16, FULL32 = 0xffff, 0xffffffff
SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="kannuki-zip-"))


def run(program, *arguments, **options):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, timeout=60, **options)


def setUpModule():
    global CODE, FILES
    made = run(BIN / "kannuki-ledger", "init", SCRATCH / "ledger", "--origin", "city.example/k0001/1")
    CODE = made.stdout.split()[1].decode()
    lines = "".join(json.dumps({"type": "incident.noted", "about": "2026-001", "text": f"note {i}"}) + "\n" for i in range(300))
    run(BIN / "kannuki-ledger", "append", SCRATCH / "ledger", input=lines.encode())
    run(BIN / "kannuki-ledger", "export", SCRATCH / "ledger", SCRATCH / "bundle")
    bundle = SCRATCH / "bundle"
    FILES = {str(path.relative_to(bundle)): path.read_bytes() for path in sorted(bundle.rglob("*")) if path.is_file()}


def tearDownModule():
    shutil.rmtree(SCRATCH)


def judge(path, *options, asks_both=True):
    done = run(VERIFY, path, "--genesis", CODE, "--json", *options, env={**os.environ, "KANNUKI_LANG": "en"})
    second = run(BIN / "kannuki-verify-go", path, "--genesis", CODE) if asks_both else done
    if second.returncode != done.returncode:
        raise AssertionError(f"the Go verifier says {second.stdout.decode()}, the other {done.stdout.decode()}")
    return done.returncode, json.loads(done.stdout)


class Member:
    """Its two headers; a test changes what it wants before they are packed."""

    def __init__(self, name, data):
        self.name = name.encode() if isinstance(name, str) else name
        self.data = data
        self.local = {"flags": 0, "method": 0, "crc": zlib.crc32(data), "packed": len(data), "size": len(data),
                      "name": self.name, "extra": b""}
        self.record = {**self.local, "disk": 0, "offset": None, "comment": b"", "attributes": 0}
        self.gap = b""

    def set(self, **fields):
        self.local.update((key, value) for key, value in fields.items() if key in self.local)
        self.record.update(fields)
        return self

    def pack_local(self):
        h = self.local
        return struct.pack("<IHHHIIIIHH", 0x04034b50, 10, h["flags"], h["method"], 0x21 << 16, h["crc"], h["packed"], h["size"],
                           len(h["name"]), len(h["extra"])) + h["name"] + h["extra"]

    def pack_record(self):
        h = self.record
        return struct.pack("<IHHHHIIIIHHHHHII", 0x02014b50, 10, 10, h["flags"], h["method"], 0x21 << 16, h["crc"], h["packed"],
                           h["size"], len(h["name"]), len(h["extra"]), len(h["comment"]), h["disk"], 0, h["attributes"],
                           h["offset"]) + h["name"] + h["extra"] + h["comment"]


def zip64(*numbers):
    return struct.pack("<HH", 1, 8 * len(numbers)) + struct.pack(f"<{len(numbers)}Q", *numbers)


class Archive:
    def __init__(self, files=None):
        self.members = [Member(name, data) for name, data in (files or FILES).items()]
        self.end = {}
        self.end64 = None
        self.before = self.between = self.after = self.comment = b""

    def of(self, name):
        return next(member for member in self.members if member.name == name.encode())

    def add(self, name, data, **fields):
        self.members.append(Member(name, data).set(**fields))
        return self.members[-1]

    def pack(self):
        out = bytearray(self.before)
        for member in self.members:
            if member.record["offset"] is None:
                member.record["offset"] = len(out)
            out += member.pack_local() + member.data + member.gap
        directory = b"".join(member.pack_record() for member in self.members)
        count = len(self.members)
        end = {"disk": 0, "here": count, "members": count, "bytes": len(directory), "at": len(out), "comment": self.comment}
        out += directory + self.between
        if self.end64 is not None:
            large = {"rest": 44, "disk": 0, **end, "locator": len(out), "disks": 1, **self.end64}
            out += struct.pack("<IQHHIIQQQQ", 0x06064b50, large["rest"], 45, 45, large["disk"], 0, large["here"],
                               large["members"], large["bytes"], large["at"])
            out += struct.pack("<IIQI", 0x07064b50, 0, large["locator"], large["disks"])
        end.update(self.end)
        out += struct.pack("<IHHHHIIH", 0x06054b50, end["disk"], 0, end["here"], end["members"], end["bytes"], end["at"],
                           len(end["comment"])) + end["comment"]
        return bytes(out + self.after)


def verdict_of(data, **options):
    path = SCRATCH / "bundle.zip"
    path.write_bytes(data)
    return judge(path, **options)


class OtherTools(unittest.TestCase):
    def same_as_the_folder(self, path):
        folder, archive = judge(SCRATCH / "bundle"), judge(path)
        self.assertEqual(folder, archive)
        self.assertEqual(archive[0], GOOD, archive[1])

    def test_pythons_zip_is_read_like_the_folder(self):
        path = SCRATCH / "python.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for name, data in FILES.items():
                archive.writestr(name, data)
        self.same_as_the_folder(path)

    def test_members_may_come_in_any_order_with_folders_and_attributes(self):
        path = SCRATCH / "shuffled.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.mkdir("tile")
            for name in sorted(FILES, reverse=True):
                archive.write(SCRATCH / "bundle" / name, name)
        self.same_as_the_folder(path)

    def test_a_directory_in_another_order_than_the_members(self):
        archive = Archive()
        archive.pack()
        local = b"".join(member.pack_local() + member.data for member in archive.members)
        directory = b"".join(member.pack_record() for member in reversed(archive.members))
        count = len(archive.members)
        end = struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, count, count, len(directory), len(local), 0)
        self.assertEqual(verdict_of(local + directory + end)[0], GOOD)

    def test_zip64_where_python_wants_it(self):
        path = SCRATCH / "zip64.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in FILES.items():
                with archive.open(name, "w", force_zip64=True) as member:
                    member.write(data)
        self.same_as_the_folder(path)

    def test_zip64_in_every_number(self):
        archive = Archive()
        for member in archive.members:
            size = len(member.data)
            member.set(packed=FULL32, size=FULL32, extra=zip64(size, size))
        self.assertEqual(verdict_of(archive.pack())[0], GOOD)
        at = 0
        for member in archive.members:
            member.record.update(offset=FULL32, extra=zip64(len(member.data), len(member.data), at))
            at += len(member.pack_local()) + len(member.data)
        archive.end64 = {}
        archive.end = {"here": FULL16, "members": FULL16, "bytes": FULL32, "at": FULL32}
        code, told = verdict_of(archive.pack())
        self.assertEqual(code, GOOD, told)
        archive.end = {}
        self.assertEqual(verdict_of(archive.pack())[0], GOOD)

    def test_more_members_than_the_small_end_record_can_say(self):
        archive = Archive()
        for number in range(66000):
            archive.add(f"mine/{number}", b"")
        archive.end = {"here": len(archive.members) % 65536, "members": len(archive.members) % 65536}
        self.assertEqual(verdict_of(archive.pack())[0], BAD)
        archive.end64, archive.end = {}, {"here": FULL16, "members": FULL16}
        code, told = verdict_of(archive.pack())
        self.assertEqual((code, told["foreign_files"]), (GOOD, 66000))

    def test_a_member_named_like_a_folder_of_the_bundle_is_foreign(self):
        archive = Archive()
        archive.add("tile/", b"")
        archive.add("notes.txt", b"mine")
        code, told = verdict_of(archive.pack())
        self.assertEqual((code, told["foreign_files"]), (GOOD, 1))

    def test_what_is_no_zip_file_tells_nothing(self):
        for data in [b"", b"PK", b"PK\5\6" + bytes(18), b"%PDF-1.4", bytes(1000)]:
            code, told = verdict_of(data)
            self.assertEqual(code, UNKNOWN, data)
            self.assertIn("neither a folder nor a ZIP file", told["reason"])


class PackedAgain(unittest.TestCase):
    """Whoever unpacks a bundle and packs it again has changed nothing: that is no verdict about the log, good or bad."""

    def setUp(self):
        self.place = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH))
        shutil.copytree(SCRATCH / "bundle", self.place / "bundle")
        (self.place / "bundle/.DS_Store").write_bytes(b"x" * 100)
        (self.place / "bundle/控え.txt").write_text("私の控え\n" * 50)

    def cannot_tell(self, path, words="packed again by another program: unpack it"):
        code, told = judge(path)
        self.assertEqual((code, told["verdict"]), (UNKNOWN, "unknown"), told)
        self.assertNotIn("file", told)
        self.assertIn(words, told["reason"])

    def pack(self, *command, folder="bundle"):
        path = self.place / "again.zip"
        subprocess.run([word.replace("ZIP", str(path)) for word in command], cwd=self.place / folder, check=True, capture_output=True, timeout=60)
        return path

    def test_info_zip(self):
        self.cannot_tell(self.pack("zip", "-r", "ZIP", "."))
        self.cannot_tell(self.pack("zip", "-r", "ZIP", "bundle", folder="."))

    def test_info_zip_into_a_pipe(self):
        self.cannot_tell(self.pack("sh", "-c", "zip -r -0 - . | cat >ZIP"))

    def test_info_zip_with_a_password(self):
        self.cannot_tell(self.pack("zip", "-r", "-0", "-P", "secret", "ZIP", "."))

    def test_seven_zip(self):
        self.cannot_tell(self.pack("7zz", "a", "-tzip", "ZIP", "."))
        self.cannot_tell(self.pack("7zz", "a", "-tzip", "-mm=Deflate64", "ZIP", ".", folder="bundle"))

    def test_bsdtar(self):
        self.cannot_tell(self.pack("bsdtar", "-c", "-f", "ZIP", "--format", "zip", "."))

    def test_stored_it_is_the_same_bundle(self):
        self.assertEqual(judge(self.pack("zip", "-r", "-0", "ZIP", "."))[0], GOOD)
        (self.place / "again.zip").unlink()
        self.assertEqual(judge(self.pack("7zz", "a", "-tzip", "-mx=0", "ZIP", "."))[0], GOOD)

    def test_stored_in_a_folder_of_its_own(self):
        self.cannot_tell(self.pack("zip", "-r", "-0", "ZIP", "bundle", folder="."), "lies in a folder")

    def test_unpacked_into_a_folder_of_its_own(self):
        self.cannot_tell(self.place, "lies in a folder")
        self.assertEqual(judge(self.place / "bundle")[0], GOOD)

    def test_as_an_older_bundle(self):
        older = self.pack("zip", "-r", "ZIP", ".")
        for program in (VERIFY, BIN / "kannuki-verify-go"):
            done = run(program, self.place / "bundle", "--genesis", CODE, "--since", older, env={**os.environ, "KANNUKI_LANG": "en"})
            self.assertEqual(done.returncode, UNKNOWN)
            self.assertIn(b"packed again", done.stderr)

    def test_unpacked_again_every_lie_is_bad(self):
        (self.place / "bundle/policy").write_bytes(b"quorum none\n")
        path = self.pack("zip", "-r", "ZIP", ".")
        self.cannot_tell(path)
        shutil.unpack_archive(path, self.place / "unpacked", "zip")
        self.assertEqual(judge(self.place / "unpacked")[0], BAD)

    def test_one_compressed_member_is_enough(self):
        """Also where names, sizes and the rest lie; but not where the directory cannot be read."""
        for fields in [{"method": 8}, {"method": 12}, {"method": 99}, {"flags": 1}, {"flags": 8}, {"flags": 64}, {"flags": 0x2000}]:
            archive = Archive()
            archive.of("policy").set(**fields)
            archive.add("../x", b"")
            archive.add("policy", b"", offset=5, size=7)
            code, told = verdict_of(archive.pack())
            self.assertEqual(code, UNKNOWN, told)
            archive.end = {"at": 1}
            self.assertEqual(verdict_of(archive.pack())[0], BAD)
        archive = Archive()
        archive.members[-1].set(method=8)
        data = archive.pack()
        self.assertEqual(verdict_of(data)[0], UNKNOWN)
        first = data.index(b"PK\1\2")
        self.assertEqual(verdict_of(changed_at(data, first, 0))[0], BAD)


def changed_at(data, at, value):
    return data[:at] + bytes([value]) + data[at + 1:]


class Lies(unittest.TestCase):
    """Each begins with a good archive and says one thing that is not so."""

    def setUp(self):
        self.archive = Archive()

    def is_bad(self, *words, data=None):
        code, told = verdict_of(self.archive.pack() if data is None else data)
        self.assertEqual(code, BAD, told)
        self.assertTrue(told.get("file"), told)
        for word in words:
            self.assertIn(word, told["reason"])
        return told

    def test_the_truth_is_good(self):
        self.assertEqual(verdict_of(self.archive.pack())[0], GOOD)

    def test_names_that_lead_out_or_fit_twice(self):
        for name in ["../checkpoint", "tile/../policy", "/etc/passwd", "a\\b", "a//b", "./policy", "tile/./x", ".", "a/.", "",
                     "x\0y", "a\nb", "a\x1b[2Jb", "..", "a..b", "x" * 1025, "/"]:
            self.archive = Archive()
            self.archive.add(name, b"")
            told = self.is_bad()
            self.assertNotIn("\x1b", told["reason"])

    def test_a_name_twice(self):
        self.archive.add("policy", FILES["policy"])
        self.assertEqual(self.is_bad("twice")["file"], "policy")
        self.archive = Archive()
        self.archive.add("mine", b"1")
        self.archive.add("mine", b"2")
        self.is_bad("twice")
        self.archive = Archive()
        self.archive.add("tile/", b"")
        self.archive.add("tile/", b"")
        self.is_bad("twice")

    def test_a_second_name_in_an_extra_field(self):
        other = struct.pack("<HHBI", 0x7075, 5 + 6, 1, zlib.crc32(b"mine")) + b"policy"
        self.archive.add("mine", b"x", extra=other)
        self.is_bad("extra field")
        self.archive = Archive()
        self.archive.add("mine", b"x").local["extra"] = other
        self.is_bad("mine")

    def test_a_changed_byte_breaks_the_checksum(self):
        for name in ["policy", "README.txt", "tile/entries/000"]:
            self.archive = Archive()
            member = self.archive.of(name)
            member.data = bytes([member.data[0] ^ 1]) + member.data[1:]
            self.is_bad(name)
        self.archive = Archive()
        self.archive.of("README.txt").set(crc=1)
        self.is_bad("README.txt", "checksum")
        self.archive = Archive()
        self.archive.add("empty", b"", crc=1)
        self.is_bad("empty", "checksum")

    def test_the_two_headers_say_different_things(self):
        for fields in [{"flags": 2048}, {"method": 8}, {"crc": 7}, {"packed": 7}, {"size": 7}, {"name": b"Policy"},
                       {"name": b"policy2"}, {"extra": zip64(1, 1)}, {"extra": b"xx"}, {"size": FULL32, "packed": FULL32}]:
            self.archive = Archive()
            self.archive.of("policy").local.update(fields)
            self.is_bad("policy")

    def test_sizes_that_are_not_so(self):
        size = len(FILES["policy"])
        for fields in [{"size": size + 1}, {"packed": size - 1}, {"size": size - 1, "packed": size - 1},
                       {"size": size + 1, "packed": size + 1}, {"size": FULL32 - 1, "packed": FULL32 - 1}]:
            self.archive = Archive()
            self.archive.of("policy").set(**fields)
            self.is_bad()

    def test_lies_of_zip64(self):
        size = len(FILES["policy"])
        full = {"size": FULL32, "packed": FULL32}
        lies = [{**full, "extra": zip64(size)}, {**full, "extra": b""}, {**full, "extra": zip64(size, size, 0)},
                {**full, "extra": zip64(2**64 - 1, 2**64 - 1)}, {**full, "extra": zip64(2**63, 2**63)},
                {**full, "extra": zip64(size, size) * 2}, {**full, "extra": zip64(size, size)[:-1]},
                {"extra": zip64(size, size)}, {"extra": struct.pack("<HH", 1, 0)}, {"extra": struct.pack("<HH", 1, 60000)}]
        for fields in lies:
            self.archive = Archive()
            self.archive.of("policy").set(**fields)
            self.is_bad()
        for fields in [{"offset": FULL32}, {"offset": FULL32, "extra": zip64(2**64 - 1)},
                       {"offset": FULL32, "extra": zip64(2**64 - 30)}, {"offset": 2**31}, {"offset": 1}]:
            self.archive = Archive()
            self.archive.of("policy").record.update(fields)
            self.is_bad()

    def test_lies_of_the_end(self):
        count = len(self.archive.members)
        for fields in [{"disk": 1}, {"here": count - 1}, {"members": count - 1, "here": count - 1},
                       {"members": count + 1, "here": count + 1}, {"members": 0, "here": 0}, {"at": 0}, {"at": 1}, {"bytes": 0},
                       {"bytes": FULL32}, {"at": FULL32}, {"bytes": FULL32 - 1, "at": 1}]:
            self.archive = Archive()
            self.archive.end = fields
            self.is_bad("ZIP")

    def test_lies_of_the_zip64_end(self):
        count = len(self.archive.members)
        for fields in [{"rest": 45}, {"rest": 2**63}, {"disk": 1}, {"members": count + 1}, {"here": 2**64 - 1, "members": 2**64 - 1},
                       {"bytes": 2**64 - 1}, {"at": 2**64 - 1}, {"at": 2**63, "bytes": 2**63}, {"locator": 0},
                       {"locator": 2**64 - 1}, {"disks": 0}, {"disks": 2}]:
            for end in [{}, {"here": FULL16, "members": FULL16, "bytes": FULL32, "at": FULL32}]:
                self.archive = Archive()
                self.archive.end64, self.archive.end = fields, end
                self.is_bad("ZIP")

    def test_bytes_that_belong_to_nobody(self):
        for place in ["before", "between", "after", "comment"]:
            self.archive = Archive()
            setattr(self.archive, place, b"PK\1\2 more")
            if place == "before":
                self.archive.before = Member("ghost", b"data").pack_local() + b"data"
            self.is_bad("ZIP")
        self.archive = Archive()
        self.archive.of("policy").gap = Member("policy", b"other").pack_local() + b"other"
        self.is_bad("between")

    def test_members_that_overlap(self):
        # One inside another's data, and both with headers of their own.
        inner = Member("inner", b"x" * 10)
        outer = self.archive.add("outer", inner.pack_local() + inner.data)
        archive_bytes = self.archive.pack()
        inner.record["offset"] = outer.record["offset"] + len(outer.pack_local())
        directory = b"".join(member.pack_record() for member in self.archive.members) + inner.pack_record()
        start = archive_bytes.index(b"PK\1\2")
        count = len(self.archive.members) + 1
        end = struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, count, count, len(directory), start, 0)
        self.is_bad("overlap", data=archive_bytes[:start] + directory + end)

    def test_a_bomb_of_one_member_a_thousand_times(self):
        # The quoted-overlap bomb: each member's data begins with the next one's header.
        kernel, members = b"k" * 1000, []
        body = kernel
        for number in range(50):
            member = Member(f"n{number}", body)
            body = member.pack_local() + body
            members.append(member)
        at = 0
        for member in reversed(members):
            member.record["offset"] = at
            at += len(member.pack_local())
        directory = b"".join(member.pack_record() for member in members)
        end = struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, 50, 50, len(directory), len(body), 0)
        self.is_bad("overlap", data=body + directory + end)

    def test_cut_off_anywhere(self):
        data = self.archive.pack()
        for length in [4, 29, 30, 97, 98, 1000, len(data) - 23, len(data) - 22, len(data) - 21, len(data) - 1]:
            self.is_bad("ZIP", data=data[:length])

    def test_every_byte_of_the_envelope_changed(self):
        data = self.archive.pack()
        last = data.rindex(b"PK\1\2")
        # Versions, dates and attributes mean nothing; of the rest not one bit is believed.
        free = {4, 5, 10, 11, 12, 13} | {last + at for at in [*range(4, 8), *range(12, 16), *range(36, 42)]}
        # What the directory says of method and flags, as another program could have packed it.
        others = {last + 10, last + 11} | {last + 8 + bit // 8 for bit in (0, 3, 6, 13) if bit % 8 == (last + 8 + bit // 8) % 8}
        for at in [*range(4, 30 + len("checkpoint")), *range(last, len(data))]:
            code, told = verdict_of(changed_at(data, at, data[at] ^ 1 << at % 8))
            self.assertEqual(code, GOOD if at in free else UNKNOWN if at in others else BAD, (at, told))

    def test_a_missing_member_is_a_missing_file(self):
        for name in FILES:
            if name == "README.txt":
                continue
            rest = {other: data for other, data in FILES.items() if other != name}
            code, told = verdict_of(Archive(rest).pack())
            self.assertEqual((code, told["file"]), (BAD, name))

    def test_a_stray_member_is_bad(self):
        self.archive.add("epochs/9.note", b"x")
        self.assertEqual(self.is_bad()["file"], "epochs/9.note")


class Folders(unittest.TestCase):
    def test_links_are_not_followed(self):
        for name, target in [("policy", "elsewhere"), ("tile", "elsewhere")]:
            folder = SCRATCH / f"links-{name}"
            shutil.copytree(SCRATCH / "bundle", folder)
            (folder / name).rename(SCRATCH / f"{target}-{name}")
            (folder / name).symlink_to(SCRATCH / f"{target}-{name}")
            code, told = judge(folder)
            self.assertEqual(code, BAD, told)
            self.assertTrue(told["file"].startswith(name), told)

    def test_names_of_files_do_not_reach_the_terminal_as_they_are(self):
        folder = SCRATCH / "terminal"
        shutil.copytree(SCRATCH / "bundle", folder)
        (folder / "\x1b[2J\x9b").write_bytes(b"x")
        done = run(VERIFY, folder, "--genesis", CODE)
        self.assertEqual(done.returncode, GOOD)
        self.assertNotIn(b"\x1b", done.stdout)
        (folder / "epochs").mkdir(exist_ok=True)
        (folder / "epochs" / "\x1b[2J").write_bytes(b"x")
        done = run(VERIFY, folder, "--genesis", CODE)
        self.assertEqual(done.returncode, BAD)
        self.assertNotIn(b"\x1b", done.stdout)

    def test_folders_within_folders_without_end(self):
        folder = SCRATCH / "deep"
        shutil.copytree(SCRATCH / "bundle", folder)
        (folder / "/".join(["d"] * 40)).mkdir(parents=True)
        code, told = judge(folder)
        self.assertEqual((code, told["foreign_files"]), (GOOD, 1))


if __name__ == "__main__":
    tap.main()
