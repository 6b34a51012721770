"""Entries moved and told again by people without keys; ends cut off; heads that are old or signed wrongly."""
from forge.box import GENESIS, ORIGIN, PAPER, PAPER_SIZE, POLICY, Mutant, cut, forger, instead, noted, seeded
from forge.logmaker import TILE, Key, join_entries, sha256, text_of, tile_path, tile_widths

# ---- entries ----

def entry_tiles(box):
    for index, width in tile_widths(box.log.size):
        yield index, tile_path("entries", index, width), box.log.entries[index * TILE:index * TILE + width]


def rearranged(entries, chosen):
    """{what was done: entries}, at places by chance."""
    last = len(entries) - 1
    a = chosen.randrange(last)
    b = chosen.randrange(last)
    swapped = list(entries)
    swapped[a], swapped[a + 1] = swapped[a + 1], swapped[a]
    return {f"{a} dropped": entries[:a] + entries[a + 1:], f"{a} swapped with the next": swapped,
            f"{a} twice": entries[:a + 1] + entries[a:],
            f"{a} as {b if b != a else b + 1}": entries[:a] + [entries[b if b != a else b + 1]] + entries[a + 1:],
            f"{a} empty": entries[:a] + [b""] + entries[a + 1:]}


@forger("entries moved")
def moved(box):
    for index, path, entries in entry_tiles(box):
        for turn in range(8):
            chosen = seeded(f"moved {index} {turn}")
            for title, changed in rearranged(entries, chosen).items():
                yield Mutant(f"tile {index}: {title}", {path: join_entries(changed)})


@forger("entries moved with their disclosures and hashes")
def moved_with_all(box):
    """All that can be made without a key is made to fit."""
    for index, path, entries in entry_tiles(box):
        lines = box.log.lines[index * TILE:index * TILE + len(entries)]
        for turn in range(6):
            a = seeded(f"with all {index} {turn}").randrange(len(entries) - 1)
            order = list(range(len(entries)))
            order[a], order[a + 1] = order[a + 1], order[a]
            hashes = b"".join(sha256(b"\0" + entries[at]) for at in order)
            yield Mutant(f"tile {index}: {a} and the next", {
                path: join_entries([entries[at] for at in order]), f"disclosures/{index}.jsonl": b"".join(lines[at] for at in order),
                path.replace("entries", "0"): hashes})


def retold(box, size, change):
    """A log changed by somebody who cannot sign: hashes, numbers and tiles are made anew, every signature stays."""
    log = box.log.until(size)
    log.again(change(box.log.drafts[size:]))
    files = dict(box.files)
    files.update(log.tree.tiles())
    for index, width in tile_widths(log.size):
        span = slice(index * TILE, index * TILE + width)
        files[tile_path("entries", index, width)] = join_entries(log.entries[span])
        files[f"disclosures/{index}.jsonl"] = b"".join(log.lines[span])
    return instead(box.files, files)


def lies(drafts, chosen):
    """{what is told otherwise: drafts} of a tail whose first entry is left alone."""
    plain = [at for at in range(1, len(drafts)) if drafts[at].type == "incident" and "text" in drafts[at].values]
    at = chosen.choice(plain)
    other = drafts[at].but(values={**drafts[at].values, "text": '"何も起きていない"'})
    late = chosen.choice([place for place in plain if place >= at])
    return {f"+{at} says otherwise": drafts[:at] + [other] + drafts[at + 1:],
            f"+{at} by another": drafts[:at] + [drafts[at].but(who="u99")] + drafts[at + 1:],
            f"+{at} withheld and other": drafts[:at] + [other.but(status={"text": "withheld"})] + drafts[at + 1:],
            f"+{late} left out": drafts[:late] + drafts[late + 1:],
            f"one more before +{at}": drafts[:at] + [noted(999)] + drafts[at:]}


@forger("told again without keys")
def told_again(box):
    for turn in range(12):
        chosen = seeded(f"again {turn}")
        size = chosen.randrange(1, box.log.size - 40)
        for title, drafts in lies(box.log.drafts[size:], chosen).items():
            changes = retold(box, size, lambda tail, drafts=drafts: drafts)
            yield Mutant(f"from {size} on: {title}", changes)


@forger("right tree, wrong chain")
def wrong_chain(box):
    """The box's own keys sign, the tree is right, and one link is not."""
    for turn in range(30):
        chosen = seeded(f"chain {turn}")
        at = chosen.randrange(1, box.log.size)
        log = box.log.until(at)
        log.keys = dict(box.log.keys)
        wrong = {"zero": bytes(32), "of the one before": log.tree.leaves[at - 2] if at > 1 else bytes(32), "of nothing": sha256(b"")}
        title = chosen.choice(sorted(wrong))
        first = box.log.drafts[at]
        log.again([first.but(prev=wrong[title])] + box.log.drafts[at + 1:])
        yield Mutant(f"entry {at}: prev {title}", instead(box.files, box.dress(log, log.head())))


@forger("right chain, wrong tree")
def wrong_tree(box):
    """Entries and chain are whole; the tree that the tiles, or the signatures, are of is another."""
    for turn in range(20):
        chosen = seeded(f"tree {turn}")
        at = chosen.randrange(box.log.size)
        log = box.log.until(box.log.size)
        log.keys = dict(box.log.keys)
        log.tree.cut(box.log.size)
        log.tree.leaves[at] = sha256(b"another")
        log.tree.known = {}
        tiles = {**box.files, **log.tree.tiles()}
        yield Mutant(f"leaf {at} in the tiles", instead(box.files, tiles))
        head = log.head()
        yield Mutant(f"leaf {at} in the head", {"checkpoint.log": head, "checkpoint": head})
        yield Mutant(f"leaf {at} in tiles and head", instead(box.files, {**tiles, "checkpoint.log": head, "checkpoint": head}))


# ---- ends and heads ----

@forger("end cut off")
def end_cut_off(box):
    """The entries go, the head stays; or the head is an older one that somebody kept."""
    for turn in range(10):
        size = seeded(f"cut {turn}").randrange(1, box.log.size)
        files = box.dress(cut(box, size), box.files["checkpoint.log"])
        yield Mutant(f"{size} entries left", instead(box.files, files))


@forger("end cut off, head by others")
def cut_and_signed_by_others(box):
    for turn in range(10):
        size = seeded(f"others {turn}").randrange(1, box.log.size)
        log = cut(box, size)
        other = Key(ORIGIN, "somebody")
        for title, keys in {"both": (other, other), "epoch": (other, log.identity), "identity": (log.key(log.epoch), other),
                            "swapped": (log.identity, log.key(log.epoch)), "epoch alone": (log.key(log.epoch),),
                            "identity alone": (log.identity,), "identity twice": (log.identity, log.identity)}.items():
            yield Mutant(f"{size} entries, {title}", instead(box.files, box.dress(log, log.head(*keys))))


def closed_ends(box, pin, before=1000):
    for epoch, size in box.log.sizes.items():
        if size >= before:
            continue
        files = box.dress(cut(box, size), box.log.closings[epoch])
        yield Mutant(f"at the end of epoch {epoch}", instead(box.files, files), pin)


@forger("end cut off at a closing checkpoint")
def cut_at_closing(box):
    yield from closed_ends(box, GENESIS)


@forger("end cut off at a closing checkpoint, printed since")
def cut_at_closing_paper(box):
    yield from closed_ends(box, PAPER, PAPER_SIZE)


@forger("end cut off at a closing checkpoint, checked since")
def cut_at_closing_since(box):
    yield from closed_ends(box, "since the end")


@forger("end cut off at a closing checkpoint, witnessed since")
def cut_at_closing_policy(box):
    yield from closed_ends(box, POLICY)


@forger("old checkpoint as the head")
def old_checkpoint(box):
    for turn in range(15):
        size = seeded(f"old {turn}").randrange(1, box.log.size)
        head = cut(box, size).head()
        yield Mutant(f"of {size}", {"checkpoint.log": head, "checkpoint": head})
        files = dict(box.files)
        files.update({"checkpoint.log": head, "checkpoint": head})
        yield Mutant(f"of {size} and proofs", instead(box.files, box.prove(box.log, files)))
    for epoch, closing in box.log.closings.items():
        yield Mutant(f"closing {epoch}", {"checkpoint.log": closing, "checkpoint": closing})


@forger("head signed wrongly")
def head_signed_wrongly(box):
    log, other = box.log, Key(ORIGIN, "somebody")
    epoch, identity = log.key(log.epoch), log.identity
    stranger = box.strangers[0]
    for title, keys in {"nobody known": (other, other), "identity alone": (identity,), "epoch alone": (epoch,),
                        "swapped": (identity, epoch), "epoch before": (log.key(6), identity), "epoch 1": (log.key(1), identity),
                        "epoch to come": (log.key(8), identity), "identity twice": (identity, identity), "epoch twice": (epoch, epoch),
                        "foreign identity": (epoch, other), "three": (epoch, identity, stranger),
                        "stranger first": (stranger, epoch, identity), "one more of the epoch": (epoch, identity, epoch)}.items():
        yield Mutant(title, instead(box.files, box.dress(log, log.head(*keys), box.witnesses[:2])))


@forger("head and its copy differ")
def head_and_copy(box):
    head = box.files["checkpoint.log"]
    older = cut(box, 539).head()
    lines = head.splitlines(keepends=True)
    for title, copied in {
            "older": older, "identity first": b"".join(lines[:4] + [lines[5], lines[4]]), "one line": b"".join(lines[:5]),
            "witness before": b"".join(lines[:4] + [box.strangers[0].line(text_of(head))] + lines[4:]),
            "text behind": head + b"more\n", "note behind": head + b"\n" + lines[4], "no line end": (head + lines[4])[:-1],
            "hyphen": head + "- w AAAAAAA=\n".encode(), "tab": head + "—\tw AAAAAAA=\n".encode(),
            "empty signature": head + "— w \n".encode(), "loose bits": head + "— w AAAAAAB=\n".encode(),
            "too many": head + "— w AAAAAAA=\n".encode() * 63}.items():
        files = dict(box.files, checkpoint=copied)
        yield Mutant(title, {"checkpoint": copied, **instead(box.files, box.prove(box.log, files))})


@forger("lines of unknown witnesses")
def unknown_witnesses(box):
    head = box.files["checkpoint.log"]
    text = text_of(head)
    for title, more in {
            "none": b"", "stranger": box.strangers[0].line(text), "stranger and wrong": box.strangers[0].line(b"other text\n"),
            "short": "— w AAAAAAA=\n".encode(), "the epoch again": box.log.key(7).line(text), "Japanese": "— 証人 AAAAAAA=\n".encode(),
            "an old epoch": box.log.key(1).line(text), "as many as may be": "— w AAAAAAA=\n".encode() * 62}.items():
        files = dict(box.files, checkpoint=head + more)
        yield Mutant(title, instead(box.files, box.prove(box.log, files)))
        yield Mutant(title + ", and known ones", {**instead(box.files, box.prove(box.log, dict(
            files, checkpoint=(head + b"".join(w.line(text) for w in box.witnesses[:2]) + more)
            if title != "as many as may be" else files["checkpoint"])))})
