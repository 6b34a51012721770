"""Public test vectors, made again from their description; README.md names the sources."""
import base64
import hashlib

import edwards
import merkle

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
SOME_HASH = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")


def trees():
    """transparency-dev/merkle, testonly: the tree of eight leaves."""
    hashes = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES]
    return {
        "empty_root": merkle.EMPTY_ROOT.hex(),
        "leaves": [{"data": data, "hash": leaf.hex()} for data, leaf in zip(LEAVES, hashes)],
        "roots": [merkle.root(hashes[:size]).hex() for size in range(len(hashes) + 1)],
        "nodes": [{"left": i, "right": i + 1, "hash": merkle.node_hash(hashes[i], hashes[i + 1]).hex()} for i in (0, 2, 4, 6)],
    }


def flip(proof, place, bit):
    """The proof with one bit of the first byte of one hash changed."""
    return proof[:place] + [bytes([proof[place][0] ^ 1 << bit]) + proof[place][1:]] + proof[place + 1:]


def inclusion_probes(hashes):
    """(title, index, size, leaf, root, proof, good) as transparency-dev/merkle makes them."""
    probes = []
    for index, size in ((0, 1), (0, 8), (5, 8), (2, 3), (1, 5)):
        leaf, root, proof = hashes[index], merkle.root(hashes[:size]), merkle.inclusion(index, hashes[:size])
        changes = [
            ("as it is", index, size, leaf, root, proof),
            ("index - 1", index - 1, size, leaf, root, proof), ("index + 1", index + 1, size, leaf, root, proof),
            ("index ^ 2", index ^ 2, size, leaf, root, proof),
            ("size * 2", index, size * 2, leaf, root, proof), ("size / 2", index, size // 2, leaf, root, proof),
            ("wrong leaf", index, size, b"WrongLeaf", root, proof),
            ("empty root", index, size, leaf, merkle.EMPTY_ROOT, proof), ("random root", index, size, leaf, SOME_HASH, proof),
            ("nothing after", index, size, leaf, root, proof + [b""]), ("root after", index, size, leaf, root, proof + [root]),
            ("nothing before", index, size, leaf, root, [b""] + proof), ("root before", index, size, leaf, root, [root] + proof),
        ]
        changes += [(f"bit in hash {i}", index, size, leaf, root, flip(proof, i, 3)) for i in range(len(proof))]
        if len(proof) > 0:
            changes.append(("last hash cut", index, size, leaf, root, proof[:-1]))
        if len(proof) > 1:
            changes.append(("hash inserted", index, size, leaf, root, [proof[0], SOME_HASH] + proof[1:]))
        probes += [(f"{index} of {size}: {change[0]}", *change[1:], change[0] == "as it is") for change in changes]
    for index, size in ((0, 0), (0, 1), (1, 0), (2, 1)):
        for title, leaf, root in (("random leaf", SOME_HASH, b""), ("empty root", b"", merkle.EMPTY_ROOT),
                                  ("empty root and random leaf", SOME_HASH, merkle.EMPTY_ROOT)):
            probes.append((f"{index} of {size} with no proof: {title}", index, size, leaf, root, [], False))
    leaf = merkle.leaf_hash(b"data")
    for title, mine, root in (("as it is", leaf, leaf), ("no leaf", b"", leaf), ("no root", leaf, b""), ("neither", b"", b"")):
        probes.append((f"single entry: {title}", 0, 1, mine, root, [], title == "as it is"))
    return probes


def consistency_probes(hashes):
    """(title, old size, size, old root, root, proof, good) as transparency-dev/merkle makes them."""
    probes = []
    for old, size in ((1, 1), (1, 8), (6, 8), (2, 5), (6, 7)):
        roots = merkle.root(hashes[:old]), merkle.root(hashes[:size])
        proof = merkle.consistency(old, hashes[:size])
        probes.append((f"{old} to {size}: as it is", old, size, *roots, proof, True))
        if not proof:
            continue
        changes = [
            ("old size - 1", old - 1, size, *roots, proof), ("old size + 1", old + 1, size, *roots, proof),
            ("old size ^ 2", old ^ 2, size, *roots, proof),
            ("size * 2", old, size * 2, *roots, proof), ("size / 2", old, size // 2, *roots, proof),
            ("wrong old root", old, size, b"WrongRoot", roots[1], proof), ("wrong root", old, size, roots[0], b"WrongRoot", proof),
            ("roots swapped", old, size, roots[1], roots[0], proof), ("no proof", old, size, *roots, []),
            ("nothing after", old, size, *roots, proof + [b""]), ("old root after", old, size, *roots, proof + [roots[0]]),
            ("root after", old, size, *roots, proof + [roots[1]]), ("nothing before", old, size, *roots, [b""] + proof),
            ("old root before", old, size, *roots, [roots[0]] + proof), ("root before", old, size, *roots, [roots[1]] + proof),
            ("first hash twice", old, size, *roots, proof[:1] + proof), ("last hash cut", old, size, *roots, proof[:-1]),
        ]
        changes += [(f"bit in hash {i}", old, size, *roots, flip(proof, i, 4)) for i in range(len(proof))]
        probes += [(f"{old} to {size}: {change[0]}", *change[1:], False) for change in changes]
    theirs = b"don't care 1", b"don't care 2"
    return probes + unusual_sizes(*theirs) + unusual_sizes(*map(merkle.leaf_hash, theirs))


def unusual_sizes(one, two):
    """Their roots here are twelve bytes, so that the one good case is bad for us, whose roots are hashes; once more with hashes."""
    empty, are_hashes = merkle.EMPTY_ROOT, len(two) == 32
    return [
        ("0 to 0, roots differ", 0, 0, one, two, [], False), ("1 to 1, roots differ", 1, 1, one, two, [], False),
        ("0 to 0, roots equal", 0, 0, one, one, [], False), ("0 to 1", 0, 1, one, two, [], False),
        ("1 to 1, roots equal", 1, 1, two, two, [], are_hashes),
        ("1 to 0", 1, 0, one, two, [], False), ("2 to 1", 2, 1, one, two, [], False), ("1 to 2, no proof", 1, 2, one, two, [], False),
        ("0 to 0, empty and another root", 0, 0, empty, two, [], False), ("1 to 1, empty and another root", 1, 1, empty, two, [], False),
        ("0 to 0 with a proof", 0, 0, empty, empty, [empty], False), ("1 to 1 with a proof", 1, 1, empty, empty, [empty], False),
        ("0 to 1, from the empty root", 0, 1, empty, two, [], False),
        ("0 to 1, empty roots and a proof", 0, 1, empty, empty, [empty], False),
    ]


def in_hex(hashes):
    return [one.hex() for one in hashes]


def proofs():
    hashes = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES]
    return {
        "inclusion": [{"title": title, "index": str(index % 2**64), "size": size, "leaf": leaf.hex(), "root": root.hex(),
                       "proof": in_hex(proof), "good": good}
                      for title, index, size, leaf, root, proof, good in inclusion_probes(hashes)],
        "consistency": [{"title": title, "old_size": old, "size": size, "old_root": old_root.hex(), "root": root.hex(),
                         "proof": in_hex(proof), "good": good}
                        for title, old, size, old_root, root, proof, good in consistency_probes(hashes)],
    }


TESSERA_SEED = base64.b64decode("7KZj9JkBfSNlwnx6dnkVjUPP7BMwvbJZKQr70NIXd6A=")
TESSERA_LEAVES = "one two three four five six seven eit nain ten ileven twelf threeten fourten fivten".split()


def tessera():
    """trillian-tessera, testdata/log: its checkpoints of the sizes 0 to 15."""
    name, public = "example.com/log/testdata", edwards.public_key(TESSERA_SEED)
    key_id = hashlib.sha256(name.encode() + b"\n\1" + public).digest()[:4]
    hashes = [merkle.leaf_hash(leaf.encode()) for leaf in TESSERA_LEAVES]
    notes = []
    for size in range(len(hashes) + 1):
        text = f"{name}\n{size}\n{base64.b64encode(merkle.root(hashes[:size])).decode()}\n"
        signature = base64.b64encode(key_id + edwards.sign(TESSERA_SEED, text.encode())).decode()
        notes.append(f"{text}\n— {name} {signature}\n")
    vkey = f"{name}+{key_id.hex()}+{base64.b64encode(bytes([1]) + public).decode()}"
    return {"vkey": vkey, "leaves": TESSERA_LEAVES, "checkpoints": notes}


class Edge:
    """C2SP CCTV ed25519: keys and first halves with parts of low order, other encodings of them, and what they sign."""

    def __init__(self):
        self.secret = edwards.clamp(bytes([0x42]) * 32)
        self.nonce = int.from_bytes(bytes([0x13, 0x37]) * 32, "little") % edwards.L
        self.key, self.point = (edwards.multiply(scalar, edwards.BASE) for scalar in (self.secret, self.nonce))
        self.vectors = []

    def challenge(self, key, first, message, reencoded):
        if reencoded:
            key, first = (edwards.encode(edwards.decode(data)) for data in (key, first))
        return edwards.hash_to_scalar(first, key, message.encode())

    def message_with(self, key, first, rest, reencoded):
        """The first message in a row whose challenge leaves this rest when divided by eight."""
        attempt, message = 0, "ed25519vectors"
        while self.challenge(key, first, message, reencoded) % 8 != rest:
            attempt += 1
            message = f"ed25519vectors {attempt}"
        return message

    def cancels(self, low_key, low_first, challenge):
        sum_of_both = edwards.add(edwards.multiply(challenge % 8, edwards.decode(low_key)), edwards.decode(low_first))
        return edwards.is_identity(sum_of_both)

    def add(self, low_key, low_first, key=None, first=None, reencoded=False):
        """key, first: the encoding of a point that has the low part alone; None: the low part is added to an honest one."""
        secret, nonce = 0 if key else self.secret, 0 if first else self.nonce
        whole_key = key or edwards.encode(edwards.add(self.key, edwards.decode(low_key)))
        whole_first = first or edwards.encode(edwards.add(self.point, edwards.decode(low_first)))
        seen = set()
        for rest in range(8):
            message = self.message_with(whole_key, whole_first, rest, reencoded)
            challenge = self.challenge(whole_key, whole_first, message, reencoded)
            cancels = self.cancels(low_key, low_first, challenge)
            if cancels in seen:
                continue
            seen.add(cancels)
            signature = whole_first + edwards.scalar_bytes((challenge * secret + nonce) % edwards.L)
            residue = not self.cancels(low_key, low_first, self.challenge(whole_key, whole_first, message, False))
            self.keep(whole_key, signature, message, {
                "low_order_R": first, "low_order_A": key, "low_order_component_R": low_first != edwards.encode(edwards.IDENTITY),
                "low_order_component_A": low_key != edwards.encode(edwards.IDENTITY), "low_order_residue": residue,
                "non_canonical_A": key and key != low_key, "non_canonical_R": first and first != low_first,
                "reencoded_k": reencoded})

    def keep(self, key, signature, message, flags):
        self.vectors.append({"key": key.hex(), "sig": signature.hex(), "msg": message,
                             "flags": [flag for flag, is_set in flags.items() if is_set],
                             "good": edwards.verify(key, message.encode(), signature)})

    def add_pair(self, low_key, low_first):
        keys, firsts = edwards.other_encodings(low_key), edwards.other_encodings(low_first)
        for key in (low_key, None):
            for first in (low_first, None):
                self.add(low_key, low_first, key, first)
        for key in keys:
            self.add(low_key, low_first, key, low_first)
            self.add(low_key, low_first, key, None)
            self.add(low_key, low_first, key, None, reencoded=True)
        for first in firsts:
            self.add(low_key, low_first, low_key, first)
            self.add(low_key, low_first, None, first)
            self.add(low_key, low_first, None, first, reencoded=True)
        for key in keys:
            for first in firsts:
                self.add(low_key, low_first, key, first)

    def add_unreduced(self):
        """Ours: the second half is one of the other numbers that mean the same modulo the group's order."""
        seed = bytes([7]) * 32
        signature = edwards.sign(seed, b"unreduced")
        scalar = int.from_bytes(signature[32:], "little")
        for number in range(scalar, 2**256, edwards.L):
            self.keep(edwards.public_key(seed), signature[:32] + number.to_bytes(32, "little"), "unreduced",
                      {"unreduced_S": number != scalar})


def ed25519():
    edge = Edge()
    for low_key in edwards.points_of_low_order():
        for low_first in edwards.points_of_low_order():
            edge.add_pair(low_key, low_first)
    edge.add_unreduced()
    return {"vectors": edge.vectors}
