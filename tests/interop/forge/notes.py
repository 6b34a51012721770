"""Forged genesis notes, certificates, closing checkpoints, and claims of earlier logs."""
from forge.box import ORIGIN, RANGE, WHOLE, Box, Mutant, cut, forger, instead, noted
from forge.logmaker import Key, Log, base64_of, note, sha256, system, text_of
from forge.thieves import begin_of, tail

# ---- genesis, certificates, closing checkpoints ----

@forger("another genesis")
def another_genesis(box):
    other = Box("other")
    yield Mutant("another code", {}, "foreign genesis")
    yield Mutant("a whole other log", instead(box.files, other.files))
    log = box.log
    lines = text_of(log.genesis).decode().split("\n")
    for title, text, keys in (
            ("by another identity", text_of(log.genesis), (log.key(1), Key(ORIGIN, "x"))),
            ("by another epoch", text_of(log.genesis), (log.key(2), log.identity)),
            ("turned", text_of(log.genesis), (log.identity, log.key(1))),
            ("by one", text_of(log.genesis), (log.identity,)),
            ("by three", text_of(log.genesis), (log.key(1), log.identity, log.key(2))),
            ("epoch 2 instead of 1", "\n".join(lines[:3] + [log.key(2).vkey, ""]).encode(), (log.key(2), log.identity)),
            ("another incarnation", text_of(log.genesis).replace(b"k0001/2\n", b"k0001/3\n", 1), (log.key(1), log.identity)),
            ("another version", text_of(log.genesis).replace(b"/v1", b"/v2", 1), (log.key(1), log.identity)),
            ("a line more", text_of(log.genesis) + b"more\n", (log.key(1), log.identity))):
        yield Mutant(title, {"genesis.note": note(text, *keys)})


def certificates(box, epoch):
    """{what is wrong: (text, keys)} of the certificate of an epoch."""
    log = box.log
    text = text_of(log.certificates[epoch])
    origin, number, vkey, before = text.decode().split("\n")[1:5]
    key, identity, other = log.key(epoch - 1), log.identity, Key(ORIGIN, "somebody")

    def write(*lines):
        return "".join(line + "\n" for line in ("kannuki-epoch/v1", *lines)).encode()

    return {"by identity alone": (text, (identity,)), "by epoch alone": (text, (key,)), "turned": (text, (identity, key)),
            "by itself": (text, (log.key(epoch), identity)), "by somebody": (text, (other, identity)),
            "by epoch and somebody": (text, (key, other)), "by identity twice": (text, (identity, identity)),
            "by three": (text, (key, identity, other)),
            "another number": (write(origin, str(epoch + 1), vkey, before), (key, identity)),
            "number with zero": (write(origin, "0" + number, vkey, before), (key, identity)),
            "another key": (write(origin, number, other.vkey, before), (key, identity)),
            "key of another name": (write(origin, number, Key("town.example/k0001/2", "x").vkey, before), (key, identity)),
            "another before": (write(origin, number, vkey, base64_of(sha256(b"x"))), (key, identity)),
            "another origin": (write("town.example/k0001/2", number, vkey, before), (key, identity)),
            "a line more": (text + b"more\n", (key, identity)), "no version": (text.replace(b"/v1", b"/v0"), (key, identity))}


@forger("certificate forged")
def certificate_forged(box):
    for epoch in box.log.certificates:
        for title, (text, keys) in certificates(box, epoch).items():
            yield Mutant(f"{epoch} {title}", {f"epochs/{epoch}.note": note(text, *keys)}, base=RANGE if epoch % 2 else WHOLE)


@forger("certificate forged, all after it made to fit")
def certificate_forged_through(box):
    """Made by the box's own keys, so that nothing but the one rule is broken."""
    for epoch in (2, 5):
        for title, (text, keys) in certificates(box, epoch).items():
            if title == "another key":
                continue  # the next epoch has another key, then: no lie
            log = cut(box, begin_of(box, epoch))
            log.certificates[epoch] = note(text, *keys)
            log.again(tail(box, epoch))
            yield Mutant(f"{epoch} {title}", instead(box.files, box.dress(log, log.head())))


@forger("closing checkpoint forged")
def closing_forged(box):
    log, other = box.log, Key(ORIGIN, "somebody")
    for epoch, size in log.sizes.items():
        key, text = log.key(epoch), log.checkpoint_text(size)
        wrong = f"{ORIGIN}\n{size}\n{base64_of(sha256(b'x'))}\n".encode()
        for title, text, keys in (
                ("one less", log.checkpoint_text(size - 1), (key, log.identity)),
                ("one more", log.checkpoint_text(size + 1), (key, log.identity)),
                ("the end", log.checkpoint_text(), (key, log.identity)),
                ("another root", wrong, (key, log.identity)),
                ("beyond the end", f"{ORIGIN}\n99999\n{base64_of(sha256(b'x'))}\n".encode(), (key, log.identity)),
                ("another origin", text.replace(b"city", b"town"), (key, log.identity)),
                ("a line more", text + b"more\n", (key, log.identity)),
                ("by identity alone", text, (log.identity,)), ("by epoch alone", text, (key,)), ("turned", text, (log.identity, key)),
                ("by the next", text, (log.key(epoch + 1), log.identity)), ("by somebody", text, (other, log.identity)),
                ("by epoch and somebody", text, (key, other)), ("by three", text, (key, log.identity, other))):
            base = WHOLE if epoch % 2 or title in ("one less", "one more") else RANGE
            yield Mutant(f"{epoch} {title}", {f"checkpoints/{epoch}": note(text, *keys)}, base=base)
        later = log.closings.get(epoch + 1)
        if later is not None:
            yield Mutant(f"{epoch} of the next", {f"checkpoints/{epoch}": later})


@forger("closing checkpoint outside of a part, moved by its own keys")
def closing_moved(box):
    log = box.log
    for size in (512, 519, 521, 539):
        text = log.checkpoint_text(size)
        yield Mutant(f"to {size}", {"checkpoints/6": note(text, log.key(6), log.identity)}, base=RANGE)


# ---- incarnations ----

def claiming(box, claim):
    log = Log(ORIGIN, "box", continues=claim)
    log.add(noted(1))
    return instead(box.files, box.dress(log, log.head()))


BEFORE = {"origin": "city.example/k0001/1", "size": 77, "root": base64_of(sha256(b"r")), "genesis": base64_of(sha256(b"g"))}


@forger("claim of what cannot be continued")
def false_claim(box):
    for title, claim in {
            "no list": BEFORE, "a word": "city.example/k0001/1", "null": None, "a number": 1, "list of words": ["x"], "list of null": [None],
            "list in list": [[BEFORE]], **{f"without {member}": [{key: value for key, value in BEFORE.items() if key != member}]
                                           for member in BEFORE},
            "second is bad": [BEFORE, {}], **{f"{member} {bad!r:.20}": [{**BEFORE, member: bad}] for member, bad in (
                ("origin", "city.example/k0001/2"), ("origin", "city.example/k0001/3"), ("origin", "town.example/k0001/1"),
                ("origin", "city.example/k0002/1"), ("origin", "city.example/k0001/01"), ("origin", "city.example/k0001"), ("origin", 1),
                ("origin", "city.example/k0001/0"), ("size", 0), ("size", -1), ("size", "77"), ("size", None), ("size", 1 << 63),
                ("root", "AAAA"), ("root", BEFORE["root"][:-1]), ("root", 5), ("genesis", ""), ("genesis", BEFORE["genesis"] + " "),
                ("genesis", None))}}.items():
        yield Mutant(title, claiming(box, claim))


@forger("claim of earlier logs")
def claim(box):
    for title, made in {"one": [BEFORE], "two heads of one": [BEFORE, {**BEFORE, "size": 78}], "none": [],
                        "members more": [{**BEFORE, "note": "x"}], "largest": [{**BEFORE, "size": (1 << 63) - 1}]}.items():
        yield Mutant(title, claiming(box, made))
    log = cut(box, box.log.size).again([system("x", continues="anything")])
    yield Mutant("later entries may say anything", instead(box.files, box.dress(log, log.head())))
