"""Reads requests off the wire, with the bounds that waitress leaves out and an end for every request."""

import time
from io import BytesIO
from typing import Any

from waitress.parser import HTTPRequestParser, ParsingError  # type: ignore[import-untyped]
from waitress.utilities import BadRequest, RequestEntityTooLarge  # type: ignore[import-untyped]

__all__ = ["MOST_KEPT", "RequestParser", "RequestTimeout"]

MOST_KEPT = 256 * 1024
"""Bytes of a body that are kept; a longer one is read to its end, so that its sender reads the refusal."""

_MOST_OF_CHUNK_LINE = 1024
_MOST_OF_TRAILER = 8 * 1024


class RequestTimeout(BadRequest):  # type: ignore[misc]
    """A request that never became whole."""

    code = 408
    reason = "Request Timeout"


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

    What lay unread behind an earlier request may have come as soon as that one, at `waiting_since`.
    """

    def __init__(self, adjustments: Any, waiting_since: float | None) -> None:
        super().__init__(adjustments)
        self.error: Any = None
        self.began = self.arrived = time.monotonic()
        self._waiting_since = waiting_since

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
            self.arrived = time.monotonic() if self._waiting_since is None else self._waiting_since
            self.expect_continue = False  # nothing is left to go on with; waitress would wait for it for ever
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError:  # waitress lets out what Python cannot read: thousands of digits, half an address
            raise ParsingError("The length or the address cannot be read") from None
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length and Transfer-Encoding exclude each other")
        if "TRANSFER_ENCODING" in self.headers:  # taken out where it is heeded
            raise ParsingError("Transfer-Encoding needs HTTP/1.1")
        if self.body_rcv is not None:
            self.body_rcv.buf = _Body()

    def _fault(self) -> BadRequest | None:
        """Find what waitress has not: a body beyond what is kept, and what would never come to an end."""
        if not self.headers_finished:
            bare = b"\n\n" in self.header_plus
            return BadRequest("Lines must end with CR and LF") if bare else None
        if self.body_rcv is None:
            return None
        whole_or_announced = self.completed or (self.expect_continue and not self.chunked)
        if whole_or_announced and max(len(self.body_rcv), self.content_length) > MOST_KEPT:
            return RequestEntityTooLarge(f"The body is larger than {MOST_KEPT} bytes")
        if self.chunked and len(self.body_rcv.control_line) > _MOST_OF_CHUNK_LINE:
            return BadRequest("Invalid chunk size")
        if self.chunked and len(self.body_rcv.trailer) > _MOST_OF_TRAILER:
            return BadRequest("The trailer is too long")
        return None
