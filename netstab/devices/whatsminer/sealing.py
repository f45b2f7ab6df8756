"""How API 2 takes a command: signed with a token of the device's, and enciphered. Pure.

Key, signature and cipher are as the maker's manual has them: the password's md5-crypt by the device's salt is
the key; the md5-crypt of that and the device's time by its new salt signs.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from netstab.devices.antminer.naming import label
from netstab.devices.whatsminer.cipher import deciphered, enciphered
from netstab.errors import MalformedAnswer
from netstab.wire.md5_crypt import md5_crypt

__all__ = ["Token", "opened", "sealed"]


class _Sealed(Struct):
    enc: str


@dataclass(frozen=True, slots=True)
class Token:
    """What a device has given us to sign with, for half an hour: the key, and the signature."""

    key: str = field(repr=False)
    sign: str = field(repr=False)

    @classmethod
    def made(cls, password: str, given: Mapping[str, Any]) -> "Token":
        """Make it of the answer to `get_token`; raises `MalformedAnswer` where that lacks something."""
        time, salt, new_salt = (label(given.get(name)) for name in ("time", "salt", "newsalt"))
        if not (time and salt and new_salt):
            raise MalformedAnswer("The miner gives no token to sign with.")
        key = md5_crypt(password, salt)
        return cls(key, md5_crypt(key + time[-4:], new_salt))

    @classmethod
    def read(cls, text: str) -> "Token":
        return cls(*text.split(" ", 1))

    def __str__(self) -> str:
        return f"{self.key} {self.sign}"

    @property
    def cipher_key(self) -> bytes:
        return sha256(self.key.encode()).digest()


def sealed(name: str, arguments: Mapping[str, str], token: Token) -> bytes:
    """Return a command as it is sent."""
    told = json.dumps({"cmd": name, **arguments, "token": token.sign}, separators=(",", ":"))
    return json.dumps(
        {"enc": 1, "data": enciphered(told.encode(), token.cipher_key)}, separators=(",", ":")
    ).encode()


def opened(answer: bytes, token: Token) -> bytes:
    """Return the answer to a command in the plain; a refusal may have come so."""
    try:
        secret = msgspec.json.decode(answer.partition(b"\0")[0], type=_Sealed).enc
    except (ValueError, RecursionError):
        return answer
    return deciphered(secret, token.cipher_key)
