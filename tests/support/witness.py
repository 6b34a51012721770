"""A neighbour as witness (C2SP tlog-witness): remembers how far it has seen a log, and cosigns only what continues it."""
import base64

import bundles


class Refused(Exception):
    """With the status that the witness would answer over HTTP."""

    def __init__(self, status, why):
        super().__init__(f"{status} {why}")
        self.status = status


def parse_request(request):
    """(old size, proof, checkpoint) of an add-checkpoint request."""
    head, note = request.split(b"\n\n", 1)
    first, *lines = head.split(b"\n")
    word, _, old = first.partition(b" ")
    if word != b"old" or not old.isdigit() or str(int(old)).encode() != old or len(lines) > 63:
        raise Refused(400, "not a request")
    proof = [base64.b64decode(line, validate=True) for line in lines]
    if any(len(one) != 32 for one in proof):
        raise Refused(400, "not a hash")
    return int(old), proof, note


def node(left, right):
    return bundles.sha256(b"\1" + left + right)


def grows(old, old_root, size, root, proof):
    """RFC 9162, 2.1.4.2."""
    if old == size:
        return not proof and old_root == root
    proof = list(proof)
    if old & (old - 1) == 0:
        proof.insert(0, old_root)
    if not proof:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = proof.pop(0)
    for one in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node(one, first), node(one, second)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            second = node(second, one)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == root


class Neighbour(bundles.Witness):
    """Knows one log by its identity key."""

    def __init__(self, name, folder, log_vkey, time=1790000000):
        super().__init__(name, folder)
        self.origin, key_id, key = log_vkey.split("+", 2)
        self.log_id, self.log_key = bytes.fromhex(key_id), base64.b64decode(key)[1:]
        self.size, self.root, self.time = 0, None, time

    def is_signed_by_log(self, note):
        text, lines = note.rsplit(b"\n\n", 1)
        files = [self.key.with_name(name) for name in ("log.der", "log.text", "log.signature")]
        for line in lines.splitlines():
            raw = base64.b64decode(line.split(b" ")[2])
            if raw[:4] == self.log_id and line.split(b" ")[1].decode() == self.origin:
                for path, data in zip(files, (bytes.fromhex("302a300506032b6570032100") + self.log_key, text + b"\n", raw[4:])):
                    path.write_bytes(data)
                return bundles.run("openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", files[0], "-rawin",
                                   "-in", files[1], "-sigfile", files[2]).returncode == 0
        return False

    def add_checkpoint(self, request):
        """The line that it answers with."""
        old, proof, note = parse_request(request)
        origin, size, root = note.split(b"\n")[:3]
        size, root = int(size), base64.b64decode(root, validate=True)
        if origin.decode() != self.origin:
            raise Refused(404, "unknown log")
        if not self.is_signed_by_log(note):
            raise Refused(403, "not signed by the log")
        if old > size:
            raise Refused(400, "the old size is larger than the new one")
        if old != self.size:
            raise Refused(409, self.size)
        if not (old == 0 and not proof) and not (old > 0 and grows(old, self.root, size, root, proof)):
            raise Refused(422, "the proof does not fit")
        self.size, self.root = size, root
        self.time += 1
        return self.line(note, self.time)
