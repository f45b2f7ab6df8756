"""Tokens as the settings give them, from a text or a file. Only digests are kept: none can be told again.

No message holds what was given, nor the name of a file, which may be a token in the wrong place.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest

from pydantic import ValidationInfo

from netstab.settings.secret_file import read_secret_file

__all__ = ["LEAST_LENGTH", "NO_TOKENS", "Token", "Tokens", "from_file", "from_text", "of_its_own"]

LEAST_LENGTH = 16
_LONGEST = 512
_MOST = 100

_SECRET = re.compile(rf"[A-Za-z0-9._~+/-]{{{LEAST_LENGTH},{_LONGEST}}}=*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,39}")
_RULE = (
    f"must be a token of at least {LEAST_LENGTH} letters, digits or -._~+/, or several as name:token with"
    " commas between them"
)


@dataclass(frozen=True, slots=True)
class Token:
    """Whose token it is, and the SHA-256 of it."""

    name: str
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one setting; false without any. They may come from a file that every user can read."""

    entries: tuple[Token, ...] = ()
    readable_by_all: bool = False

    def __bool__(self) -> bool:
        return bool(self.entries)

    def __iter__(self) -> Iterator[Token]:
        return iter(self.entries)

    def name_of(self, secret: bytes) -> str | None:
        """Return the name of the token that was given, None if it is none of these.

        Each is compared, and all of each: how long it takes says nothing.
        """
        digest, found = sha256(secret).digest(), None
        for entry in self.entries:
            if compare_digest(entry.digest, digest):
                found = entry.name
        return found


NO_TOKENS = Tokens()


def from_text(given: str, default_name: str) -> Tokens:
    """Read the value of a setting; empty is none. `default_name` goes with a token that has no name."""
    if not given.strip():
        return NO_TOKENS
    return Tokens(tuple(_entries(given.strip().split(","), default_name)))


def from_file(path: str, default_name: str) -> Tokens:
    """Read a file of one token, or of several with commas or in lines; no path is none."""
    if not path.strip():
        return NO_TOKENS
    file = read_secret_file(path)
    lines = [line.strip() for line in re.split(r"[,\n]", file.text) if line.strip()]
    try:
        return Tokens(tuple(_entries(lines or [""], default_name)), file.readable_by_all)
    except ValueError as error:
        raise ValueError(f"names a file whose content cannot be used: it {error}") from None


def of_its_own(given: Tokens, info: ValidationInfo) -> Tokens:
    """Refuse what is set twice, as text and as file, and a token that is another setting's as well."""
    name = info.field_name or ""
    beside = name.removesuffix("_FILE")
    if given and name != beside and info.data.get(beside):
        raise ValueError(f"must not be set beside {beside}")
    known = {entry.digest for tokens in info.data.values() if isinstance(tokens, Tokens) for entry in tokens}
    if any(entry.digest in known for entry in given):
        raise ValueError("must hold other tokens than the other settings: each opens one surface")
    return given


def _entries(parts: Iterable[str], default_name: str) -> Iterator[Token]:
    for count, part in enumerate(parts):
        name, _, secret = part.strip().rpartition(":")
        usable = _SECRET.fullmatch(secret) and (not name or _NAME.fullmatch(name)) and count < _MOST
        if not usable:
            raise ValueError(_RULE)
        yield Token(name or default_name, sha256(secret.encode()).digest())
