"""Our own vectors: every text of the format, right and wrong. Each case is (kind, file, content, good, why, more)."""
import struct
import zipfile

import edwards
import merkle
import sealed
from sealed import EPOCH_1, IDENTITY, ORIGIN, STRANGER, WITNESSES, b64, b64url, note, sha256

LEAVES = [merkle.leaf_hash(b"leaf %d" % n) for n in range(13)]


def signed_with_small_order():
    """A key of small order, R an honest point, S its logarithm: anybody can make this for some text."""
    point = edwards.points_of_low_order()
    for title, public, nonce in (("a key that is the identity", edwards.encode(edwards.IDENTITY), 5), ("a key of order two", point[7], 5),
                                 ("a key of order eight", point[3], 5), ("a key in a second spelling", edwards.other_encodings(point[2])[0], 5),
                                 ("R of small order", None, 0)):
        key = sealed.Key(9, public=public)
        secret = 0 if public else edwards.clamp(sealed.hashlib.sha512(key.seed).digest())
        first = edwards.encode(edwards.multiply(nonce, edwards.BASE))
        for attempt in range(64):
            text = f"try {attempt}\n"
            k = edwards.hash_to_scalar(first, key.public, text.encode())
            if k % 8 == 0:
                break
        yield title, key, text, first + edwards.scalar_bytes((nonce + k * secret) % edwards.L)


def notes():
    text = "a text\n\nof three lines\n"
    both = note(text, EPOCH_1, IDENTITY)
    lines = both[len(text) + 1:].splitlines(keepends=True)
    loose = lines[1][:-3] + chr(ord(lines[1][-3]) + 1) + "=\n"
    for name, content, why in (
            ("two-signatures", both, ""), ("swapped", note(text, IDENTITY, EPOCH_1), "the order of the signatures"),
            ("identity-alone", note(text, IDENTITY), "the epoch's signature is missing"),
            ("three", note(text, EPOCH_1, IDENTITY, STRANGER), "one signature too many"),
            ("twice", text + "\n" + lines[0] * 2, "one signature twice"),
            ("stranger", note(text, EPOCH_1, STRANGER), "a stranger's key"),
            ("other-text", both.replace("three", "four"), "the text was changed"),
            ("no-empty-line", text.replace("\n\n", "\n") + "".join(lines), "text and signatures are not parted"),
            ("no-text", "\n" + "".join(lines), "no text"), ("no-signature", text + "\n", "no signature"),
            ("no-last-line-end", both[:-1], "the last line does not end"), ("line-after", both + "\n", "a line after the signatures"),
            ("tab", both.replace("a text", "a\ttext"), "a control character"), ("crlf", both.replace("\n", "\r\n"), "lines end with CR LF"),
            ("hyphen", both.replace("— ", "- "), "a hyphen in place of the dash"),
            ("two-spaces", both.replace("— ", "—  "), "two spaces"), ("name-with-plus", both.replace("0001/1 ", "0001+1 "), "a + in the name"),
            ("loose-bits", text + "\n" + lines[0] + loose, "unused bits of base64 are set"),
            ("unpadded", both.replace("=\n", "\n"), "base64 without its padding")):
        yield "note", f"notes/{name}", content, not why, why, {"keys": [EPOCH_1.vkey, IDENTITY.vkey]}
    for number, (why, key, text, signature) in enumerate(signed_with_small_order()):
        yield "note", f"notes/point-{number}", text + "\n" + key.line_of(signature), False, why, {"keys": [key.vkey]}


def checkpoints():
    good = sealed.checkpoint(LEAVES)
    root = good.splitlines()[2]
    for name, content, why in (
            ("thirteen", good, ""), ("empty-tree", sealed.checkpoint([]), ""), ("largest", f"{ORIGIN}\n{2**63 - 1}\n{root}\n", ""),
            ("too-large", f"{ORIGIN}\n{2**63}\n{root}\n", "2^63 is no number"), ("leading-zero", f"{ORIGIN}\n013\n{root}\n", "a leading zero"),
            ("sign", f"{ORIGIN}\n+13\n{root}\n", "a sign"), ("extension", good + "more\n", "a fourth line"),
            ("two-lines", f"{ORIGIN}\n13\n", "no root"), ("short-root", f"{ORIGIN}\n13\n{b64(bytes(31))}\n", "a root of 31 bytes"),
            ("long-root", f"{ORIGIN}\n13\n{b64(bytes(33))}\n", "a root of 33 bytes"),
            ("url-base64", f"{ORIGIN}\n13\n{b64(bytes([255]) * 32).replace('/', '_')}\n", "base64url"),
            ("loose-bits", good.replace(root, root[:-2] + chr(ord(root[-2]) + 1) + "="), "unused bits of base64 are set"),
            ("crlf", good.replace("\n", "\r\n"), "lines end with CR LF"), ("no-last-line-end", good[:-1], "the last line does not end"),
            ("empty-line", good.replace("\n13", "\n\n13"), "an empty line"), ("empty", "", "nothing"),
            ("incarnation-zero", good.replace("0001/1", "0001/0"), "the incarnation 0"),
            ("two-parts", good.replace("/k0001", ""), "an origin of two parts"), ("space", good.replace("city", "a city"), "a space in the origin")):
        yield "checkpoint", f"checkpoints/{name}", content, not why, why, {}


def entries():
    sd = {"body": "b", "text": "t"}
    good = sealed.entry(7, LEAVES[0], sd, about="2026-007", who="u12", via="serial", idem="ab" * 16)
    full = sealed.entry(2**63 - 1 - sealed.MONO, LEAVES[0], dict.fromkeys(sealed.NAMES, "x"), about="-" * 64, who="Az09._:/@-", epoch=2**63 - 1)
    body = next(line + "\n" for line in good.splitlines() if line.startswith("sd body"))
    text = next(line + "\n" for line in good.splitlines() if line.startswith("sd text"))

    def changed(old, new):
        assert old in good, old
        return good.replace(old, new)

    cases = [("good", good, ""), ("largest-numbers", full, ""), ("no-idem", changed(f"idem {'ab' * 16}\n", ""), ""),
             ("unset-clock", changed("250 ntp", "- unset"), ""), ("leap-day", changed("2026-11-20", "2028-02-29"), "")]
    cases += [(name, changed(old, new), why) for name, old, new, why in (
        ("version", "entry/v1", "entry/v2", "another version"), ("no-seq", "seq 7\n", "", "a line is missing"),
        ("seq-zeros", "seq 7", "seq 07", "a leading zero"), ("seq-large", "seq 7", f"seq {2**63}", "a number of 64 bits"),
        ("prev-short", "\nboot", "=\nboot", "prev is no hash"), ("order", "boot 1\nmono 123000007\n", "mono 123000007\nboot 1\n", "lines in another order"),
        ("no-day", "2026-11-20", "2026-11-31", "a day that does not exist"), ("no-leap-day", "2026-11-20", "2026-02-29", "a day that does not exist"),
        ("second-60", ":40.123", ":60.123", "second 60"), ("microseconds", ".123Z", ".123000Z", "too many digits"), ("zone", ".123Z", ".123+09:00", "a time zone"),
        ("unset-known", "250 ntp", "250 unset", "± of a clock that was not set"), ("ntp-unknown", "250 ntp", "- ntp", "no ± of a clock that was set"),
        ("clock", "250 ntp", "250 gps", "an unknown clock"), ("via", "via serial", "via mail", "an unknown way in"), ("type", "type incident", "type report", "an unknown type"),
        ("space", "who u12", "who  u12", "two spaces"), ("space-at-end", "who u12\n", "who u12 \n", "a space at the end"), ("no-who", "who u12", "who ", "an empty word"),
        ("long-word", "u12", "u" * 65, "a word of 65 characters"), ("umlaut", "u12", "ü12", "a letter that words do not have"),
        ("idem-capitals", "abab", "ABAB", "capitals in idem"), ("idem-short", "ab" * 16, "ab" * 15, "idem cut short"), ("no-body", body, "", "no sd body"),
        ("sd-order", body + text, text + body, "sd lines in another order"), ("sd-twice", text, text * 2, "sd twice"), ("sd-name", "sd text", "sd note", "an unknown sd"),
        ("sd-padded", text, text[:-1] + "=\n", "a padded base64url"), ("crlf", "\n", "\r\n", "lines end with CR LF"), ("more", text, text + "more\n", "a line too many"))]
    cases += [("no-last-line-end", good[:-1], "the last line does not end"), ("empty-line", good + "\n", "an empty line at the end"), ("empty", "", "nothing")]
    for name, content, why in cases:
        yield "entry", f"entries/{name}", content, not why, why, {"leaf": merkle.leaf_hash(content.encode()).hex()} if not why else {}


def disclosures():
    salt, value = b64url(bytes(range(16))), '{"act":"incident.noted"}'
    good = b64url(f'["{salt}","body",{value}]'.encode())
    for name, kind, array, why in (
            ("body", "body", f'["{salt}","body",{value}]', ""), ("text", "text", f'["{salt}","text","端末"]', ""),
            ("person", "person", f'["{salt}","person",{{"name":"x"}}]', ""), ("files", "files", f'["{salt}","files",[]]', ""),
            ("largest", "text", f'["{salt}","text","{"a" * 65534}"]', ""), ("too-long", "text", f'["{salt}","text","{"a" * 65551}"]', "more than 87,448 characters"),
            ("other-name", "body", f'["{salt}","text",{value}]', "another name than the entry's"), ("short-salt", "body", f'["{salt[:-1]}","body",{value}]', "21 characters of salt"),
            ("loose-salt", "body", f'["{salt[:-1]}9","body",{value}]', "unused bits of the salt are set"),
            ("space", "body", f'["{salt}", "body",{value}]', "a space between the members"), ("space-before", "body", f' ["{salt}","body",{value}]', "a space before"),
            ("no-value", "body", f'["{salt}","body"]', "no value"), ("not-closed", "body", f'["{salt}","body",{value}', "not closed"),
            ("line-end", "body", f'["{salt}","body",{value}]\n', "a line end inside")):
        yield "disclosure", f"disclosures/{name}", b64url(array.encode()), not why, why, {"name": kind, "value": array[len(f'["{salt}","{kind}",'):-1] if not why else None}
    for name, content, why in (("padded", good + "==", "padded"), ("line-end-after", good + "\n", "a line end after"),
                               ("plain-base64", good[:10] + "+" + good[11:], "a character of plain base64"), ("empty", "", "nothing")):
        yield "disclosure", f"disclosures/{name}", content, False, why, {"name": "body", "value": None}


def proof_text(index, hashes, head):
    return "c2sp.org/tlog-proof@v1\n" + f"index {index}\n" + "".join(b64(one) + "\n" for one in hashes) + "\n" + head


def proofs():
    """Inclusion: a file of proofs/, the file `checkpoint` that it ends with, and the leaf."""
    head = note(sealed.checkpoint(LEAVES), EPOCH_1, IDENTITY)
    other = note(sealed.checkpoint(LEAVES[:12]), EPOCH_1, IDENTITY)
    path = merkle.inclusion(5, LEAVES)
    for name, index, content, why in (
            ("fifth", 5, proof_text(5, path, head), ""), ("last", 12, proof_text(12, merkle.inclusion(12, LEAVES), head), ""),
            ("other-index", 5, proof_text(4, path, head), "the index of another entry"), ("other-leaf", 4, proof_text(4, path, head), "the proof of another leaf"),
            ("hash-cut", 5, proof_text(5, path[:-1], head), "a hash is missing"), ("hash-more", 5, proof_text(5, path + path[:1], head), "a hash too many"),
            ("swapped", 5, proof_text(5, path[1::-1] + path[2:], head), "two hashes swapped"), ("other-checkpoint", 5, proof_text(5, path, other), "another checkpoint"),
            ("no-checkpoint", 5, proof_text(5, path, ""), "no checkpoint"), ("version", 5, proof_text(5, path, head).replace("@v1", "@v2"), "another version"),
            ("no-empty-line", 5, proof_text(5, path, head).replace("\n\n", "\n", 1), "no empty line"), ("zeros", 5, proof_text("05", path, head), "a leading zero"),
            ("unpadded", 5, proof_text(5, path, head).replace("=\n", "\n", 1), "base64 without its padding")):
        yield "proof", f"proofs/{name}.tlog-proof", content, not why, why, {"seq": index, "leaf": LEAVES[index].hex(), "checkpoint": "proofs/checkpoint"}
    yield "data", "proofs/checkpoint", head, True, "what the proofs end with", {}


def requests():
    """Consistency, as C2SP tlog-witness carries it: the old size, hashes, an empty line, the new checkpoint."""
    head = note(sealed.checkpoint(LEAVES), EPOCH_1, IDENTITY)

    def request(old, hashes, end=head):
        return f"old {old}\n" + "".join(b64(one) + "\n" for one in hashes) + "\n" + end

    path = merkle.consistency(6, LEAVES)
    for name, old, content, why in (
            ("six", 6, request(6, path), ""), ("eight", 8, request(8, merkle.consistency(8, LEAVES)), ""), ("same", 13, request(13, []), ""),
            ("first-time", 0, request(0, []), ""), ("zero-with-proof", 0, request(0, path), "size 0 and a proof"),
            ("other-size", 5, request(5, path), "the proof of another size"), ("past", 14, request(14, []), "the old size is the larger"),
            ("hash-cut", 6, request(6, path[:-1]), "a hash is missing"), ("hash-more", 6, request(6, path + path[:1]), "a hash too many"),
            ("no-proof", 6, request(6, []), "no proof"), ("same-with-proof", 13, request(13, path), "equal sizes and a proof"),
            ("zeros", 6, request("06", path), "a leading zero"), ("no-empty-line", 6, request(6, path).replace("\n\n", "\n", 1), "no empty line")):
        yield "consistency", f"consistency/{name}", content, not why, why, {"old_root": merkle.root(LEAVES[:old]).hex()}


def cosignatures():
    text = sealed.checkpoint(LEAVES)
    head, key = note(text, EPOCH_1, IDENTITY), WITNESSES[0]
    line = key.cosign(text)
    plain = key.line_of(edwards.sign(key.seed, text.encode()))
    late = key.line_of(struct.pack(">Q", sealed.SEEN_AT + 1) + edwards.sign(key.seed, f"cosignature/v1\ntime {sealed.SEEN_AT}\n{text}".encode()))
    for name, content, why in (
            ("seen", head + line, ""), ("first-second", head + key.cosign(text, 0), ""), ("last-second", head + key.cosign(text, 2**63 - 1), ""),
            ("after-another", head + STRANGER.line(text) + line, ""), ("too-late", head + key.cosign(text, 2**63), "a time beyond 2^63 - 1"),
            ("other-text", head + key.cosign(sealed.checkpoint(LEAVES[:12])), "a cosignature of another checkpoint"), ("other-time", head + late, "another time than was signed"),
            ("no-time", head + plain, "a signature without a time"), ("none", head, "no line of the witness"),
            ("impostor", head + sealed.Key(99, key.name, key.kind).cosign(text), "the name, and another key"),
            ("bent", head + line[:-6] + ("AAAA" if line[-6:-2] != "AAAA" else "BBBB") + line[-2:], "a changed signature")):
        yield "cosignature", f"cosignatures/{name}", content, not why, why, {"witness": key.vkey}


def policies():
    log = f"log {IDENTITY.vkey}\n"
    named = "".join(f"witness w{n} {key.vkey}\n" for n, key in enumerate(WITNESSES))
    text = sealed.checkpoint(LEAVES)
    heads = {f"seen-by-{count}": note(text, EPOCH_1, IDENTITY) + "".join(key.cosign(text) for key in WITNESSES[:count]) for count in range(4)}
    for name, content in heads.items():
        yield "data", f"policies/{name}", content, True, "a checkpoint for the policies", {}
    for name, content, least in (
            ("none", log + "quorum none\n", 0), ("one", log + named + "quorum w0\n", 1), ("any", log + named + "group g any w0 w1 w2\nquorum g\n", 1),
            ("two", log + named + "group g 2 w0 w1 w2\nquorum g\n", 2), ("all", log + named + "group g all w0 w1 w2\nquorum g\n", 3),
            ("nested", log + named + "group a any w0 w1\ngroup g all a w2\nquorum g\n", 3),
            ("loose", "# for 2026\n\n \t" + log.replace(" ", "\t ") + named.replace("\n", " https://w.example/\n") + "group  g\t2 w0 w1 w2 \nquorum g\n", 2)):
        for count in range(4):
            yield ("policy", f"policies/{name}", content, True, "", {"checkpoint": f"policies/seen-by-{count}", "holds": count >= least})
    for name, content, why in (
            ("no-quorum", log, "no quorum"), ("two-quorums", log + "quorum none\nquorum none\n", "two quorums"), ("unknown", log + named + "quorum w3\n", "a name that is not there"),
            ("before", log + "quorum w0\n" + named, "a name before its line"), ("same-name", log + named + named.splitlines()[0].replace("w0 ", "w1 ") + "\nquorum w0\n", "one name twice"),
            ("same-key", log + named + f"witness w3 {WITNESSES[0].vkey}\nquorum w0\n", "one key twice"), ("too-many", log + named + "group g 4 w0 w1 w2\nquorum g\n", "4 of 3"),
            ("zero", log + named + "group g 0 w0\nquorum g\n", "0 of 1"), ("no-members", log + named + "group g any\nquorum g\n", "no members"),
            ("member-none", log + named + "group g any none\nquorum g\n", "none in a group"), ("in-two-groups", log + named + "group a any w0\ngroup g any a w0\nquorum g\n", "a member of two groups"),
            ("not-a-witness-key", log + f"witness w0 {STRANGER.vkey}\nquorum w0\n", "a key of another kind"), ("key-id", log + named.replace(WITNESSES[0].id.hex(), "00000000") + "quorum w0\n", "a wrong key id"),
            ("word", log + "quorum none\nmore\n", "an unknown line"), ("no-line-end", log + "quorum none", "the last line does not end"), ("crlf", (log + "quorum none\n").replace("\n", "\r\n"), "lines end with CR LF")):
        yield "policy", f"policies/{name}", content, False, why, {}


def codes():
    """Paper codes of a checkpoint, and the genesis code; the file is what a person types."""
    text = sealed.checkpoint(LEAVES)
    full = sealed.code(sha256(text.encode()), 52)
    grouped = "-".join(full[at:at + 5] for at in range(0, 20, 5))
    checked = {"checkpoint": "codes/checkpoint"}
    yield "data", "codes/checkpoint", text, True, "what the codes are of", {}
    for name, typed, why in (
            ("printed", f"13-{grouped}", ""), ("by-hand", f"13-{grouped.lower().replace('-', ' ')}", ""), ("full", f"13-{full}", ""),
            ("short", f"13-{full[:19]}", "19 characters"), ("long", f"13-{full}A", "53 characters"), ("other-size", f"12-{grouped}", "another size"),
            ("mistyped", f"13-{grouped[:-1]}{'A' if grouped[-1] != 'A' else 'B'}", "one character is another"), ("digit", f"13-{grouped[:-1]}1", "1 is not in base32"),
            ("no-size", grouped, "no size"), ("size-zeros", f"013-{grouped}", "a leading zero"), ("size-zero", f"0-{grouped}", "size 0")):
        yield "paper", f"codes/{name}", typed, not why, why, checked
    hashed = sha256(text.encode())
    for name, typed, why in (("genesis", full[:24], ""), ("genesis-by-hand", "-".join(full[at:at + 4].lower() for at in range(0, 20, 4)), ""), ("genesis-short", full[:19], "19 characters"),
                             ("genesis-other", full[:19] + ("A" if full[19] != "A" else "B"), "one character is another")):
        yield "genesis", f"codes/{name}", typed, not why, why, {"hash": hashed.hex()}


def with_proof(files, leaves):
    whole = files["checkpoint"].decode()
    return {**files, "proofs/1.tlog-proof": proof_text(1, merkle.inclusion(1, leaves), whole).encode()}


def bundles():
    """ZIP files. `pins` are options of a verifier; a value of the form @name stands for that vector's file."""
    log = sealed.Log()
    leaves, whole = log.leaves, log.finish()
    text = log.head()
    line = whole["disclosures/0.jsonl"].decode().splitlines(keepends=True)
    seen = {**whole, "checkpoint": whole["checkpoint.log"] + WITNESSES[0].cosign(text).encode()}
    head = whole["checkpoints/1"]
    cut = {**{name: data for name, data in whole.items() if name not in ("checkpoints/1", "epochs/2.note") and "p/3" not in name},
           "checkpoint": head, "checkpoint.log": head, "tile/0/000.p/2": b"".join(leaves[:2]),
           "tile/entries/000.p/2": b"".join(struct.pack(">H", len(one)) + one for one in log.entries[:2]), "disclosures/0.jsonl": "".join(line[:3]).encode()}
    rewritten = sealed.Log()
    rewritten.lines[2] = rewritten.lines[2].replace(line[2].split('"')[-2], sealed.disclosure("text", '"何もない"', bytes([0x21]) * 16))
    genesis = sealed.code(log.genesis_hash)
    stranger = sealed.code(sha256(b"another log"))
    older, paper = "@pins/closing-1", "2-" + sealed.code(sha256(sealed.checkpoint(leaves[:2]).encode()), 20)

    def without(name):
        return {other: data for other, data in whole.items() if other != name}

    def changed(name, old, new):
        assert old in whole[name], (name, old)
        return {**whole, name: whole[name].replace(old, new, 1)}

    yield "data", "pins/closing-1", head, True, "an older checkpoint", {}
    yield "data", "pins/head", whole["checkpoint.log"], True, "the checkpoint of the whole log", {}
    yield "data", "pins/of-another-log", note(sealed.checkpoint(leaves[:2], "town.example/k0001/1"), STRANGER), True, "a checkpoint of another log", {}
    for count in (1, 2):
        named = "".join(f"witness w{n} {key.vkey}\n" for n, key in enumerate(WITNESSES[:count]))
        members = " ".join(f"w{n}" for n in range(count))
        yield "data", f"pins/policy-{count}", f"log {IDENTITY.vkey}\n{named}group g all {members}\nquorum g\n", True, "a policy", {}
    pinned = {"genesis": genesis}
    cases = [
        ("whole", whole, "good", "", pinned), ("no-genesis", whole, "cannot tell", "no genesis from outside", {}), ("other-genesis", whole, "bad", "another log's genesis", {"genesis": stranger}),
        ("older-fits", whole, "good", "", {**pinned, "since": older}), ("paper-fits", whole, "good", "", {**pinned, "paper": paper}),
        ("older-of-another-log", whole, "bad", "an older checkpoint of another log", {**pinned, "since": "@pins/of-another-log"}),
        ("other-paper", whole, "bad", "a code of another checkpoint", {**pinned, "paper": "3" + paper[1:]}),
        ("end-cut", cut, "good", "the end was cut off, and nothing from outside tells", pinned), ("end-cut-paper", cut, "good", "the code is of a size that is left", {**pinned, "paper": paper}),
        ("end-cut-older", cut, "bad", "the end was cut off, and the older checkpoint tells", {**pinned, "since": "@pins/head"}),
        ("witnessed", seen, "good", "", {**pinned, "policy": "@pins/policy-1"}), ("too-few-witnesses", seen, "bad", "one witness of two", {**pinned, "policy": "@pins/policy-2"}),
        ("no-witness", whole, "bad", "no witness", {**pinned, "policy": "@pins/policy-1"}), ("unknown-witness", seen, "good", "a witness nobody asked for", pinned),
        ("proof", with_proof(whole, leaves), "good", "", pinned), ("other-proof", with_proof(whole, leaves[::-1]), "bad", "a proof of something else", pinned),
        ("withheld", {**whole, "disclosures/0.jsonl": ("".join(line[:2]) + '{"seq":1,"name":"text","status":"withheld"}\n' + line[3]).encode()}, "good", "", pinned),
        ("redacted-by-nobody", {**whole, "disclosures/0.jsonl": ("".join(line[:2]) + '{"seq":1,"name":"text","status":"redacted"}\n' + line[3]).encode()}, "bad", "no redaction", pinned),
        ("disclosure-missing", {**whole, "disclosures/0.jsonl": ("".join(line[:2]) + line[3]).encode()}, "bad", "a line is missing", pinned),
        ("disclosure-rewritten", {**whole, "disclosures/0.jsonl": "".join(rewritten.lines).encode()}, "bad", "another text", pinned),
        ("entry-changed", changed("tile/entries/000.p/3", b"u12", b"u13"), "bad", "another author", pinned), ("leaf-changed", {**whole, "tile/0/000.p/3": whole["tile/0/000.p/3"][:-1] + b"\0"}, "bad", "another leaf", pinned),
        ("identity-alone", {**whole, "checkpoint": note(text, IDENTITY).encode(), "checkpoint.log": note(text, IDENTITY).encode()}, "bad", "identity alone is never enough", pinned),
        ("older-epoch", {**whole, "checkpoint": note(text, EPOCH_1, IDENTITY).encode(), "checkpoint.log": note(text, EPOCH_1, IDENTITY).encode()}, "bad", "signed by an epoch that is over", pinned),
        ("stray-tile", {**whole, "tile/1/000.p/1": bytes(32)}, "bad", "a tile too many", pinned), ("other-file", {**whole, "memo.txt": b"hello\n"}, "good", "a file that means nothing", pinned),
        ("other-policy", changed("policy", b"quorum none\n", b"quorum none\n\n"), "bad", "another policy", pinned)]
    cases += [(f"no-{name.replace('/', '-')}", without(name), "bad", f"{name} is missing", pinned) for name in sorted(whole)]
    for name, files, verdict, why, pins in cases:
        yield "bundle", f"bundles/{name}.zip", sealed.zipped(files), verdict, why, {"pins": pins}
    yield from envelopes(whole, pinned)


def envelopes(whole, pinned):
    pairs, packed = list(whole.items()), sealed.zipped(whole)
    turned, deflated = bytearray(packed), bytearray(packed)
    turned[packed.index(whole["policy"]) + 1] ^= 1
    for at in (packed.index(b"PK\1\2") + 10, 8):
        deflated[at] = zipfile.ZIP_DEFLATED
    for name, content, verdict, why in (
            ("zip-folders", sealed.zipped(pairs + [("blobs/", b"")]), "good", "a member that is a folder"), ("zip-deflated", bytes(deflated), "cannot tell", "packed again by another program"),
            ("zip-in-a-folder", sealed.zipped([(f"bundle/{name}", data) for name, data in pairs]), "cannot tell", "a folder around the bundle"),
            ("zip-twice", sealed.zipped(pairs + pairs[:1]), "bad", "one name twice"), ("zip-dots", sealed.zipped(pairs + [("../x", b"x")]), "bad", "a name with .."),
            ("zip-root", sealed.zipped(pairs + [("/x", b"x")]), "bad", "a name that begins with /"), ("zip-backslash", sealed.zipped(pairs + [("a\\b", b"x")]), "bad", "a name with \\"),
            ("zip-crc", bytes(turned), "bad", "a CRC that does not fit"), ("zip-cut", packed[:-1], "bad", "the last byte is missing"), ("zip-longer", packed + b"\0", "bad", "a byte after the end"),
            ("zip-before", b"x" + packed, "cannot tell", "not a ZIP file"), ("zip-empty", b"", "cannot tell", "nothing")):
        yield "bundle", f"bundles/{name}.zip", content, verdict, why, {"pins": pinned}


def cases():
    for source in (notes, checkpoints, entries, disclosures, proofs, requests, cosignatures, policies, codes, bundles):
        yield from source()
