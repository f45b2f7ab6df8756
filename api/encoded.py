"""An answer that is encoded already, once for all who ask, and by what they know it again."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec

__all__ = ["Encoded", "digest", "encoded"]


@dataclass(frozen=True, slots=True)
class Encoded:
    """JSON in `chunks`, to be sent one after the other; what has another `etag` says something else."""

    etag: str
    chunks: tuple[bytes, ...]

    @property
    def length(self) -> int:
        """In bytes."""
        return sum(map(len, self.chunks))


def encoded(answer: Any) -> Encoded:
    """Encode an answer in one chunk."""
    data = msgspec.json.encode(answer)
    return Encoded(digest(data), (data,))


def digest(data: bytes) -> str:
    """Return what tells these bytes from others."""
    return blake2b(data, digest_size=12).hexdigest()
