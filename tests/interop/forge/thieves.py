"""Who stole keys: everything that each theft allows, and no more. And what pins tell about it."""
from forge.box import GENESIS, ORIGIN, PAPER, PAPER_SIZE, POLICY, SINCE, SINCE_SIZE, Mutant, cut, forger, instead, seeded
from forge.entries import lies
from forge.logmaker import Key, Witness, text_of


def begin_of(box, epoch):
    return box.log.sizes[epoch - 1]


def thief_of(box, epoch):
    """Who took the box in this epoch: its key, the identity, and every later key is the thief's own."""
    return box.log.until(begin_of(box, epoch))


def tail(box, epoch):
    return box.log.drafts[begin_of(box, epoch):]


def told_by_thief(box, epoch, turns, pin=GENESIS):
    for turn in range(turns):
        for title, drafts in lies(tail(box, epoch), seeded(f"thief {epoch} {turn}")).items():
            log = thief_of(box, epoch).again(drafts)
            yield Mutant(f"of epoch {epoch}: {title}", instead(box.files, box.dress(log, log.head(), box.strangers)), pin)


@forger("thief of the identity alone")
def thief_of_identity(box):
    for epoch in range(2, 8):
        for turn in range(3):
            for title, drafts in lies(tail(box, epoch), seeded(f"identity {epoch} {turn}")).items():
                log = thief_of(box, epoch)
                log.keys[epoch] = log.identity if turn == 0 else Key(ORIGIN, "made up")
                if turn == 2:
                    del log.certificates[epoch]
                    log.keys[epoch - 1] = Key(ORIGIN, "made up too")
                log.again(drafts)
                yield Mutant(f"epoch {epoch}, way {turn}: {title}", instead(box.files, box.dress(log, log.head())))


@forger("thief of an epoch alone")
def thief_of_epoch(box):
    for epoch in range(2, 8):
        for turn in range(2):
            for title, drafts in lies(tail(box, epoch), seeded(f"epoch {epoch} {turn}")).items():
                log = thief_of(box, epoch)
                log.identity = Key(ORIGIN, "made up") if turn else log.key(epoch)
                log.again(drafts)
                yield Mutant(f"epoch {epoch}, way {turn}: {title}", instead(box.files, box.dress(log, log.head())))


@forger("thief of the identity and an epoch")
def thief_of_both(box):
    for epoch in range(2, 8):
        yield from told_by_thief(box, epoch, 2 if epoch < 7 else 1)


def before_pin(box, pin, size):
    """A thief of an epoch that had begun when the pin was made, and lies about what was before it."""
    for epoch in range(2, 8):
        if begin_of(box, epoch) + 60 >= size:
            continue
        drafts = tail(box, epoch)
        known = size - begin_of(box, epoch)
        for turn in range(3):
            for title, told in lies(drafts[:known], seeded(f"{pin} {epoch} {turn}")).items():
                log = thief_of(box, epoch).again(told + drafts[known:])
                yield Mutant(f"of epoch {epoch}: {title}", instead(box.files, box.dress(log, log.head(), box.strangers)), pin)


@forger("thief, printed since")
def thief_paper(box):
    yield from before_pin(box, PAPER, PAPER_SIZE)


@forger("thief, checked since")
def thief_since(box):
    yield from before_pin(box, SINCE, SINCE_SIZE)


@forger("thief, witnessed since")
def thief_policy(box):
    yield from before_pin(box, POLICY, box.log.sizes[4])


@forger("thief, witness made up")
def thief_and_witness(box):
    """The thief signs for the witnesses too, with keys that are not theirs, or keeps their lines under another head."""
    made_up = [Witness(witness.name, "made up") for witness in box.witnesses]
    for mutant in before_pin(box, POLICY, box.log.sizes[4]):
        files = {**box.files, **mutant.changes}
        head = files["checkpoint.log"]
        for title, more in {"own keys": b"".join(w.line(text_of(head)) for w in made_up),
                            "old lines": box.files["checkpoint"][len(box.files["checkpoint.log"]):]}.items():
            yield Mutant(f"{mutant.title}: {title}", {**{name: None for name in box.files if name.startswith("proofs/")},
                                                      **{name: data for name, data in mutant.changes.items() if "proofs" not in name},
                                                      "checkpoint": head + more}, POLICY)


@forger("thief, pinned before the lie")
def thief_pinned_before(box):
    """A pin tells nothing about what came after it."""
    for epoch, pins in {6: (SINCE, POLICY), 7: (SINCE, PAPER, POLICY)}.items():
        for pin in pins:
            for mutant in told_by_thief(box, epoch, 1, pin):
                kept = {name: data for name, data in mutant.changes.items() if not name.startswith("witnessed/")}
                yield Mutant(mutant.title, kept, pin)


@forger("thief cuts off the end")
def thief_cuts(box):
    yield from thief_cuts_with(box, GENESIS)


def thief_cuts_with(box, pin):
    for epoch in range(2, 8):
        for turn in range(2):
            begin = begin_of(box, epoch)
            end = {**box.log.sizes, 7: box.log.size}[epoch]
            size = seeded(f"thief cuts {epoch} {turn}").randrange(begin + 1, end)
            log = cut(box, size)
            yield Mutant(f"of epoch {epoch} at {size}", instead(box.files, box.dress(log, log.head())), pin)


@forger("thief cuts off the end, checked since")
def thief_cuts_since(box):
    yield from thief_cuts_with(box, "since the end")


@forger("thief, the epoch before rewritten")
def epoch_before(box):
    """What a thief of epoch k and the identity cannot do: anything before k."""
    for epoch in range(3, 8):
        for turn in range(3):
            begin, chosen = begin_of(box, epoch - 1), seeded(f"before {epoch} {turn}")
            mine = box.log.drafts[begin:begin_of(box, epoch)]
            for title, drafts in lies(mine, chosen).items():
                log = box.log.until(begin)
                log.keys[epoch] = box.log.key(epoch)
                if turn == 0:
                    log.keys[epoch - 1] = log.identity
                elif turn == 1:
                    log.keys[epoch - 1] = log.keys[epoch]
                else:
                    log.keys[epoch - 1] = Key(ORIGIN, "made up")
                log.again(drafts + tail(box, epoch))
                yield Mutant(f"{epoch - 1}, way {turn}: {title}", instead(box.files, box.dress(log, log.head())))
