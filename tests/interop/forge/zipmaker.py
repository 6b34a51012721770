"""Writes ZIP files by hand, so that each of their fields can lie."""
import io
import struct
import zipfile
import zlib

LOCAL, DIRECTORY, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
MAX32 = 0xffffffff


def member_header(name, data, how):
    """The fields that both headers of a member share, and what only the directory has."""
    size = len(data) + how.get("size", 0)
    crc = how.get("crc", 0)
    return dict(name=name, crc=0 if crc is None else zlib.crc32(data) ^ crc, size=size, packed=size + how.get("packed", 0),
                flags=how.get("flags", 0), method=how.get("method", 0), date=how.get("date", 0x5b74))


def local_header(fields, how):
    name = how.get("local_name", fields["name"]).encode()
    extra = how.get("extra", b"")
    return how.get("local_magic", LOCAL) + struct.pack(
        "<HHHHHIIIHH", how.get("version", 20), fields["flags"], fields["method"], 0, fields["date"], fields["crc"], fields["packed"],
        fields["size"], len(name), len(extra)) + name + extra


def directory_header(fields, offset, how):
    name, extra, comment = fields["name"].encode(), how.get("extra", b""), how.get("comment", b"")
    sizes = fields["packed"], fields["size"]
    if how.get("zip64"):
        extra += struct.pack("<HHQQQ", 1, 24, fields["size"], fields["packed"], offset)
        sizes, offset = (MAX32, MAX32), MAX32
    return how.get("directory_magic", DIRECTORY) + struct.pack(
        "<HHHHHHIIIHHHHHII", how.get("version", 20), 20, fields["flags"], fields["method"], 0, fields["date"], fields["crc"], *sizes,
        len(name), len(extra), len(comment), 0, 0, how.get("attributes", 0), offset) + name + extra + comment


def end_record(count, length, offset, zip64):
    if not zip64:
        return END + struct.pack("<HHHHIIH", 0, 0, count, count, length, offset, 0)
    end64 = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, length, offset)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, offset + length, 1)
    return end64 + locator + END + struct.pack("<HHHHIIH", 0, 0, 0xffff, 0xffff, MAX32, MAX32, 0)


def make(files, only=None, folders=(), twice=None, offset_of=None, **how):
    """A ZIP file. `how` says how fields differ from the truth, in the one member `only` or in all."""
    members = [*((folder, b"") for folder in folders), *files.items(), *([twice] if twice else [])]
    body, directory, offsets = b"", b"", {}
    for name, data in members:
        mine = how if only in (None, name) else {}
        fields = member_header(name, data, mine)
        offsets[name] = len(body)
        offset = offsets[offset_of] if offset_of and only == name else len(body) + mine.get("offset", 0)
        local = dict(fields, crc=0, size=0, packed=0, flags=fields["flags"] | 8) if how.get("descriptors") else fields
        body += local_header(local, mine) + data + how.get("gap", b"")
        if how.get("descriptors"):
            fields = dict(fields, flags=fields["flags"] | 8)
            body += struct.pack("<4sIII", b"PK\x07\x08", fields["crc"], fields["packed"], fields["size"])
        directory += directory_header(fields, offset, mine)
    return body + directory + end_record(len(members) + how.get("count", 0), len(directory), len(body), how.get("zip64", False))


def compressed(files):
    """As other programs write it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def places(whole):
    """{name: (where its content begins, length)} of an honest ZIP file."""
    found, at = {}, 0
    while whole[at:at + 4] == LOCAL:
        size, name, extra = struct.unpack_from("<IHH", whole, at + 22)
        begin = at + 30 + name + extra
        found[whole[at + 30:at + 30 + name].decode()] = (begin, size)
        at = begin + size
    return found


def patched(whole, at, form, value):
    return whole[:at] + struct.pack(form, value) + whole[at + struct.calcsize(form):]
