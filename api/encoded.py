"""An answer that is encoded already, once for all who ask, and by what they know it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec

__all__ = ["Encoded", "encoded", "encoded_rows"]

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Encoded:
    """JSON in `chunks`, to be sent one after the other; what has another `etag` says something else.

    All who are sent the same share its chunks, however slowly they read.
    """

    etag: str
    chunks: tuple[bytes, ...]

    @property
    def length(self) -> int:
        """In bytes."""
        return sum(map(len, self.chunks))


def encoded(answer: Any) -> Encoded:
    """Encode an answer in one chunk."""
    return _of(msgspec.json.encode(answer))


def encoded_rows(rows: Sequence[Any], within: Any = ()) -> Encoded:
    """Encode rows in place of the first empty list of what they are within.

    A few at a time: all of 20,000 at once would hold the interpreter for longer than an EMS is to wait.
    """
    before, after = msgspec.json.encode(within).split(b"[]", 1)
    starts = range(0, len(rows), _AT_ONCE)
    parts = (msgspec.json.encode(rows[start : start + _AT_ONCE])[1:-1] for start in starts)
    return _of(b"".join((before, b"[", b",".join(parts), b"]", after)))


def _of(data: bytes) -> Encoded:
    return Encoded(blake2b(data, digest_size=12).hexdigest(), (data,))
