"""The hash of passwords that Unix calls md5-crypt, which Whatsminers make keys and signatures with. Pure.

It is the public algorithm of `crypt(3)` behind `$1$`; Python's own `crypt` is gone as of 3.13.
"""

from functools import partial
from hashlib import md5

__all__ = ["md5_crypt"]

_md5 = partial(md5, usedforsecurity=False)  # the maker's choice, not ours

_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ORDER = ((0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5))
_LONGEST_SALT = 8
_TURNS = 1000


def md5_crypt(password: str, salt: str) -> str:
    """Return the last part of `$1$salt$hash`, 22 characters."""
    key, salted = password.encode(), salt.partition("$")[0].encode()[:_LONGEST_SALT]
    digest = _first(key, salted)
    for turn in range(_TURNS):
        odd = turn % 2
        digest = _md5(
            (key if odd else digest)
            + (salted if turn % 3 else b"")
            + (key if turn % 7 else b"")
            + (digest if odd else key)
        ).digest()
    words = [digest[first] << 16 | digest[second] << 8 | digest[third] for first, second, third in _ORDER]
    return "".join(_text(word, 4) for word in words) + _text(digest[11], 2)


def _first(key: bytes, salt: bytes) -> bytes:
    other = _md5(key + salt + key).digest()
    mixed = key + b"$1$" + salt + (other * (len(key) // 16 + 1))[: len(key)]
    bits = len(key)
    while bits:
        mixed += b"\0" if bits & 1 else key[:1]
        bits >>= 1
    return _md5(mixed).digest()


def _text(word: int, length: int) -> str:
    """Return the lowest bits of a word in sixes, the lowest first."""
    return "".join(_ALPHABET[word >> 6 * place & 63] for place in range(length))
