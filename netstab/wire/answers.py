"""Takes one HTTP answer off a stream. It knows no socket: the stream bounds what comes in time and size.

The library's own reader makes an e-mail of the headers, which costs more than all else of an exchange.
"""

import http.client
from io import BufferedReader
from typing import TypeVar

from netstab.wire.bounds import LARGEST_ANSWER
from netstab.wire.failure import BadAnswer

__all__ = ["read_answer", "too_long"]

_MOST_HEADERS = 100
_WITHOUT_BODY = (http.client.NO_CONTENT, http.client.NOT_MODIFIED)


Content = TypeVar("Content", bytes, bytearray)


def too_long(largest: int) -> BadAnswer:
    """Say that an answer has more bytes than it may."""
    return BadAnswer(f"answers with more than {largest} bytes")


def read_answer(stream: BufferedReader, largest: int = LARGEST_ANSWER) -> tuple[int, dict[str, str], bytes]:
    """Return the status, the headers by their names in lower case, and the body, not decoded.

    Raises `ConnectionError` or `IncompleteRead` if the stream ends too early, `BadAnswer` if a body has more
    than `largest` bytes, another `HTTPException` or `ValueError` for what is no HTTP.
    """
    status = _status(stream)
    while status == http.client.CONTINUE:
        _headers(stream)
        status = _status(stream)
    headers = _headers(stream)
    return status, headers, b"" if _has_none(status) else _body(stream, headers, largest)


def _status(stream: BufferedReader) -> int:
    line = _line(stream)
    if not line:
        raise ConnectionResetError
    version, status, *_ = (*line.split(None, 2), b"", b"")
    if not version.startswith(b"HTTP/1.") or len(status) != len(b"200") or not status.isdigit():
        raise http.client.BadStatusLine("")
    return int(status)


def _has_none(status: int) -> bool:
    return status < http.client.OK or status in _WITHOUT_BODY


def _line(stream: BufferedReader, *, whole: bool = False) -> bytes:
    """Return one line without what ends it; one that the stream cuts off, too, unless it is to be whole."""
    line = stream.readline(LARGEST_ANSWER + 1)
    if len(line) > LARGEST_ANSWER:
        raise too_long(LARGEST_ANSWER)
    if whole and not line.endswith(b"\n"):
        raise http.client.IncompleteRead(b"")
    return line.rstrip(b"\r\n")


def _headers(stream: BufferedReader) -> dict[str, str]:
    """Return the headers; what a name is told more than once is joined, and what is none is left out.

    A blank line ends them. Where the stream does, the answer was cut off: its body would look empty.
    """
    headers: dict[str, str] = {}
    for _ in range(_MOST_HEADERS):
        line = _line(stream, whole=True)
        if not line:
            return headers
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            name, value = name.strip().lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    raise http.client.HTTPException


def _body(stream: BufferedReader, headers: dict[str, str], largest: int) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _chunks(stream, largest)
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit():
        return _bounded(_exactly(stream, int(length), largest), largest)
    return _bounded(stream.read(largest + 1), largest)


def _exactly(stream: BufferedReader, length: int, largest: int) -> bytes:
    """Return so many bytes, or one more than an answer may have."""
    length = min(length, largest + 1)
    body = stream.read(length)
    if len(body) < length:
        raise http.client.IncompleteRead(b"")
    return body


def _chunks(stream: BufferedReader, largest: int) -> bytes:
    body = bytearray()
    while size := _chunk_size(stream):
        body += _exactly(stream, size, largest)
        _bounded(body, largest)
        if _line(stream):
            raise ValueError("A chunk is longer than it says.")
    while _line(stream):
        """Leave the trailers, but read them: a flood of them is one."""
    return bytes(body)


def _chunk_size(stream: BufferedReader) -> int:
    line = _line(stream)
    if not line:
        raise http.client.IncompleteRead(b"")
    size = int(line.partition(b";")[0], 16)
    if size < 0:
        raise ValueError("A chunk has less than no bytes.")
    return size


def _bounded(body: Content, largest: int) -> Content:
    if len(body) > largest:
        raise too_long(largest)
    return body
