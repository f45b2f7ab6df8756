"""Frames of API 3: four bytes of length, the lowest first, then so many bytes of JSON; both ways. Pure.

An empty frame is a heartbeat. A peer may split what it sends anywhere.
"""

from collections.abc import Callable

from netstab.errors import MalformedAnswer
from netstab.wire.bounds import LARGEST_ANSWER, MOST_PIECES

__all__ = ["HEARTBEAT", "framed", "unframed"]

HEARTBEAT = bytes(4)
_HEADER = len(HEARTBEAT)
_MOST_HEARTBEATS = 16
"""In a row before an answer: they come seconds apart, and an answer has a few seconds."""


def framed(content: bytes) -> bytes:
    return len(content).to_bytes(_HEADER, "little") + content


def unframed(receive: Callable[[int], bytes]) -> bytes:
    """Take one frame with content from `receive`, which gives so many bytes at most, b"" at the end.

    Raises `ConnectionResetError` where the peer ended before the frame did, `MalformedAnswer` for a frame
    that is longer than any answer or comes in too many pieces, and for heartbeats without an answer.
    """
    take = _Exactly(receive)
    for _ in range(_MOST_HEARTBEATS):
        length = int.from_bytes(take(_HEADER), "little")
        if length > LARGEST_ANSWER:
            raise MalformedAnswer("The miner's answer is longer than any that is known.")
        if length:
            return take(length)
    raise MalformedAnswer("The miner sends heartbeats and no answer.")


class _Exactly:
    def __init__(self, receive: Callable[[int], bytes]) -> None:
        self._receive = receive
        self._pieces = 0

    def __call__(self, length: int) -> bytes:
        content = bytearray()
        while len(content) < length:
            piece = self._receive(length - len(content))
            self._pieces += 1
            if not piece:
                raise ConnectionResetError
            if self._pieces > MOST_PIECES:
                raise MalformedAnswer("The miner's answer comes in too many pieces.")
            content += piece
        return bytes(content)
