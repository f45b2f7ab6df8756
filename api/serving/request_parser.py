"""Reads requests off the wire, with the bounds that waitress leaves out and an end for every request."""

import re
import time
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from typing import Any

from waitress.parser import HTTPRequestParser, ParsingError  # type: ignore[import-untyped]
from waitress.utilities import BadRequest, RequestEntityTooLarge  # type: ignore[import-untyped]

from api.serving.chunks import Chunks

__all__ = ["MOST_KEPT", "Forbidden", "RequestParser", "RequestTimeout"]

MOST_KEPT = 256 * 1024
"""Bytes of a body that are kept; a longer one is read to its end, so that its sender reads the refusal."""

_TARGET = re.compile(r"(?:https?://[^/?]+)?/[!-~]*|\*", re.IGNORECASE)
_FOLDED = re.compile(rb"\r\n[ \t]")
_NAME = re.compile(rb"^[^:\r\n]+(?=:)", re.MULTILINE)
_AT_MOST_ONCE = (b"host", b"content-length", b"transfer-encoding", b"content-type", b"authorization")
"""Of two of them a proxy in front might heed the other one."""


class RequestTimeout(BadRequest):  # type: ignore[misc]
    """A request that never became whole."""

    code = 408
    reason = "Request Timeout"


class Forbidden(BadRequest):  # type: ignore[misc]
    """A request that is not read any further, for where it comes from."""

    code = 403
    reason = "Forbidden"


class _Body:
    """Stands where waitress has a buffer that overflows into a file: keeps so much, and counts the rest."""

    def __init__(self) -> None:
        self._kept = BytesIO()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def kept(self) -> int:
        return self._length if self._length <= MOST_KEPT else 0

    def append(self, data: bytes) -> None:
        self._length += len(data)
        if self._length <= MOST_KEPT:
            self._kept.write(data)
        else:
            self._kept = BytesIO()

    def getfile(self) -> BytesIO:
        self._kept.seek(0)
        return self._kept

    def close(self) -> None:
        self._kept.close()


class RequestParser(HTTPRequestParser):  # type: ignore[misc]
    """`began` and `arrived` are when its first and its last byte came, on the monotonic clock.

    Once its headers are there `refusal` is asked with its path for why its body need not be read, or for
    None.
    """

    def __init__(
        self,
        adjustments: Any,
        began: float | None = None,
        refusal: Callable[[str], str | None] | None = None,
    ) -> None:
        super().__init__(adjustments)
        self._refusal = refusal
        self.error: Any = None
        self.began = self.arrived = time.monotonic() if began is None else began

    @property
    def kept(self) -> int:
        """How many bytes of it are held in memory: of its headers, or of its body."""
        return len(self.header_plus) if self.body_rcv is None else int(self.body_rcv.getbuf().kept)

    def received(self, data: bytes) -> int:
        dense = self.chunked and data.count(b"\r\n") > len(data) // 16 + 64
        if dense:  # each chunk costs microseconds of the one thread that reads from all
            self.error = BadRequest("The chunks are too small")
        consumed: int = len(data) if dense else super().received(data)
        error = self.error or self._fault()
        if error is not None:
            self.error, self.completed = error, True
        if self.completed:
            self.arrived = time.monotonic()
            self.expect_continue = False  # nothing is left to go on with; waitress would wait for it for ever
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        _require_one_meaning(header_plus)
        try:
            super().parse_header(header_plus)
        except ValueError:  # waitress lets out what Python cannot read: thousands of digits, half an address
            raise ParsingError("The length or the address cannot be read") from None
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length and Transfer-Encoding exclude each other")
        if "TRANSFER_ENCODING" in self.headers:  # taken out where it is heeded
            raise ParsingError("Transfer-Encoding needs HTTP/1.1")
        self._require_own_target()
        if self.chunked:
            self.body_rcv = Chunks(_Body())
        elif self.body_rcv is not None:
            self.body_rcv.buf = _Body()

    def _require_own_target(self) -> None:
        if _TARGET.fullmatch(self.request_uri) is None:
            raise ParsingError("The target must be a path, or an http URL")
        if self.proxy_netloc and self.proxy_netloc.lower() != self.headers.get("HOST", "").lower():
            raise ParsingError("Host and the URL that is asked for must name the same server")

    def _fault(self) -> BadRequest | None:
        """Find what waitress has not: a body beyond what is kept, and what would never come to an end."""
        if not self.headers_finished:
            bare = b"\n\n" in self.header_plus
            return BadRequest("Lines must end with CR and LF") if bare else None
        ask, self._refusal = self._refusal, None
        if ask is not None and (refusal := ask(self.path)) is not None:
            return Forbidden(refusal)
        if self.body_rcv is None:
            return None
        whole_or_announced = self.completed or (self.expect_continue and not self.chunked)
        if whole_or_announced and max(len(self.body_rcv), self.content_length) > MOST_KEPT:
            return RequestEntityTooLarge(f"The body is larger than {MOST_KEPT} bytes")
        return None


def _require_one_meaning(head: bytes) -> None:
    """Raise `ParsingError` for what another reader of the same bytes could understand otherwise."""
    if _FOLDED.search(head):
        raise ParsingError("Header lines must not be folded")
    named = Counter(name.lower() for name in _NAME.findall(head.partition(b"\r\n")[2]))
    for name in _AT_MOST_ONCE:
        if named[name] > 1:
            raise ParsingError(f"{name.decode().title()} must be there once at most")
