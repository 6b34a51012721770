"""The curve of Ed25519 (RFC 8032), for making test vectors only: slow, and not safe with real secrets."""
import functools
import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def add(p, q):
    """Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, x·y = T/Z."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


IDENTITY = 0, 1, 1, 0


def multiply(scalar, point):
    product = IDENTITY
    while scalar:
        if scalar & 1:
            product = add(product, point)
        point = add(point, point)
        scalar >>= 1
    return product


def is_identity(point):
    return point[0] % P == 0 and (point[1] - point[2]) % P == 0


def recover_x(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_ONE % P
    if x * x % P != square:
        return None
    return P - x if x & 1 != sign and x else x


def encode(point):
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data):
    """Also what RFC 8032 would refuse: y of at least P, and zero with a sign."""
    number = int.from_bytes(data, "little")
    y, sign = number % 2**255 % P, number >> 255
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def hash_to_scalar(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


def scalar_bytes(scalar):
    return scalar.to_bytes(32, "little")


def clamp(data):
    return int.from_bytes(data[:32], "little") & ~7 & ~(1 << 255) | 1 << 254


@functools.lru_cache(maxsize=None)
def public_key(seed):
    return encode(multiply(clamp(hashlib.sha512(seed).digest()), BASE))


def sign(seed, message):
    digest, public = hashlib.sha512(seed).digest(), public_key(seed)
    r = hash_to_scalar(digest[32:], message)
    point = encode(multiply(r, BASE))
    return point + scalar_bytes((r + hash_to_scalar(point, public, message) * clamp(digest)) % L)


@functools.lru_cache(maxsize=None)
def points_of_low_order():
    """The eight points whose order divides 8, by their canonical encoding."""
    counter = 0
    while True:
        point = decode(hashlib.sha256(b"torsion %d" % counter).digest())
        torsion = multiply(L, point) if point else IDENTITY
        if not is_identity(multiply(4, torsion)):
            return sorted((encode(multiply(i, torsion)) for i in range(8)))
        counter += 1


def other_encodings(encoded):
    """Encodings of the same point that RFC 8032 refuses, canonical sign first, then growing."""
    number = int.from_bytes(encoded, "little")
    y, sign = number % 2**255, number >> 255
    signs = [sign, 1 - sign] if recover_x(y, 0) == 0 else [sign]
    every = [(form | s << 255).to_bytes(32, "little") for form in (y, y + P) if form < 2**255 for s in signs]
    return [other for other in every if other != encoded]


SMALL_Y = {0, 1, P - 1} | {int.from_bytes(point, "little") % 2**255 for point in points_of_low_order()}


def is_refused(encoded):
    """The rule of docs/formats/ledger.md for public keys and for the first half of a signature."""
    y = int.from_bytes(encoded, "little") % 2**255
    return y >= P or y in SMALL_Y


def verify(key, message, signature):
    """That rule, and the equation without the cofactor."""
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= L or is_refused(key) or is_refused(signature[:32]):
        return False
    point = decode(key)
    if point is None:
        return False
    k = hash_to_scalar(signature[:32], key, message)
    minus = (P - point[0], point[1], point[2], P - point[3])
    return encode(add(multiply(s, BASE), multiply(k, minus))) == signature[:32]
