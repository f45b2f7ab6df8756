"""One HTTP answer, taken off a stream: what is sound is read as the library does, all else is an error."""

import http.client
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.wire.answers import read_answer
from netstab.wire.bounds import LARGEST_ANSWER
from netstab.wire.failure import BadAnswer

OK = b"HTTP/1.1 200 OK\r\n"
NAMES = st.sampled_from(["Server", "WWW-Authenticate", "X-Thing", "Content-Type"])
VALUES = st.text(st.characters(codec="latin-1", min_codepoint=0x21, max_codepoint=0x7E), max_size=30)
BODIES = st.binary(max_size=300)


def taken(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    return read_answer(io.BufferedReader(io.BytesIO(answer)))


class _Socket:
    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def makefile(self, *_args: Any, **_kwargs: Any) -> io.BytesIO:
        return io.BytesIO(self._answer)


def by_the_library(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    response = http.client.HTTPResponse(_Socket(answer))  # type: ignore[arg-type]
    response.begin()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()


def chunked(body: bytes, size: int) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x;a=b\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\nX-Last: 1\r\n\r\n"


@given(st.integers(200, 599), st.dictionaries(NAMES, VALUES), BODIES, st.sampled_from("lce"), st.booleans())
def test_a_sound_answer_is_read_as_the_library_reads_it(
    status: int, headers: dict[str, str], body: bytes, framing: str, preceded: bool
) -> None:
    lines = [f"{name}: {value}" for name, value in headers.items()]
    lines += {"l": [f"Content-Length: {len(body)}"], "c": ["Transfer-Encoding: Chunked"], "e": []}[framing]
    head = "\r\n".join([f"HTTP/1.1 {status} Whatever it is", *lines, "", ""]).encode("latin-1")
    answer = head + (chunked(body, 7) if framing == "c" else body)
    if preceded:
        answer = b"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n" + answer
    assert taken(answer) == by_the_library(answer)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", ConnectionError),
        (b"HTTP/1.1 200 OK", http.client.IncompleteRead),
        (OK, http.client.IncompleteRead),
        (OK + b"Content-Type: text/html\r\n", http.client.IncompleteRead),
        (OK + b"Content-Type: text/html\r\nContent-Len", http.client.IncompleteRead),
        (b"HTTP/1.1 100 Continue\r\n", http.client.IncompleteRead),
        (OK + b"Content-Length: 5\r\n\r\n1234", http.client.IncompleteRead),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n1234", http.client.IncompleteRead),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n", http.client.IncompleteRead),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\n1234\r\n0\r\n\r\n", ValueError),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n-3\r\n1234\r\n0\r\n\r\n", ValueError),
        (OK + b"\r\n" + b"1" * (LARGEST_ANSWER + 1), BadAnswer),
        (OK + b"Content-Length: %d\r\n\r\n" % (2 * LARGEST_ANSWER) + b"1" * 2 * LARGEST_ANSWER, BadAnswer),
        (OK + b"X: " + b"1" * LARGEST_ANSWER + b"\r\n\r\n", BadAnswer),
        (OK + b"X: 1\r\n" * 1000 + b"\r\n", http.client.HTTPException),
        (b"HTTP/2 200 OK\r\n\r\n", http.client.BadStatusLine),
        (b"HTTP/1.1 20 OK\r\n\r\n", http.client.BadStatusLine),
        (b"HTTP/1.1 +20 OK\r\n\r\n", http.client.BadStatusLine),
        (b"HTTP/1.1\r\n\r\n", http.client.BadStatusLine),
        (b"SSH-2.0-dropbear\r\n", http.client.BadStatusLine),
    ],
)
def test_what_is_no_whole_answer_is_told_apart(answer: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        taken(answer)


@pytest.mark.parametrize("status", [101, 204, 304])
def test_an_answer_that_has_no_body_is_not_waited_for(status: int) -> None:
    assert taken(b"HTTP/1.1 %d X\r\nContent-Length: 5\r\n\r\n" % status)[2] == b""


def test_what_a_server_says_more_than_once_is_one_text() -> None:
    _, headers, _ = taken(OK + b"WWW-Authenticate: Basic\r\nno header\r\nwww-authenticate: Digest x\r\n\r\n")
    assert headers == {"www-authenticate": "Basic, Digest x"}


def test_who_asks_for_more_takes_more_and_no_more_than_that() -> None:
    largest = 3 * LARGEST_ANSWER
    whole, chunk = b"1" * largest, b"%x\r\n" % LARGEST_ANSWER + b"1" * LARGEST_ANSWER + b"\r\n"

    def taken_so(answer: bytes) -> bytes:
        return read_answer(io.BufferedReader(io.BytesIO(answer)), largest)[2]

    chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    assert taken_so(OK + b"Content-Length: %d\r\n\r\n" % largest + whole) == whole
    assert taken_so(OK + b"\r\n" + whole) == whole
    assert taken_so(chunked + 3 * chunk + b"0\r\n\r\n") == whole
    for answer in (OK + b"\r\n" + whole + b"1", chunked + 4 * chunk):
        with pytest.raises(BadAnswer, match=f"more than {largest} bytes"):
            taken_so(answer)
