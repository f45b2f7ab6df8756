"""Takes a body in chunks apart, by the letter: what two readers could read in two ways is refused."""

import re
from typing import Any

from waitress.utilities import BadRequest  # type: ignore[import-untyped]

__all__ = ["Chunks"]

_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")
_LONGEST_LINE = 1024
_MOST_OF_TRAILER = 8 * 1024
_SIZE_LINE, _END_OF_CHUNK, _TRAILER = range(3)


class Chunks:
    """Stands where waitress has its `ChunkedReceiver`, and puts the body into `body`.

    Extensions of chunks are refused, and every line that does not end with CR and LF. Trailers are dropped.
    """

    def __init__(self, body: Any) -> None:
        self.completed = False
        self.error: Any = None
        self.buf = body
        self._line = b""
        self._left = self._of_trailer = 0
        self._expected = _SIZE_LINE

    def __len__(self) -> int:
        return len(self.buf)

    def getbuf(self) -> Any:
        return self.buf

    def getfile(self) -> Any:
        return self.buf.getfile()

    def received(self, data: bytes) -> int:
        """Take in what is of this body; gives how many bytes that were."""
        taken = 0
        while taken < len(data) and not (self.completed or self.error):
            taken += self._content(data, taken) if self._left else self._part_of_line(data, taken)
        return len(data) if self.error else taken

    def _content(self, data: bytes, start: int) -> int:
        piece = data[start : start + self._left]
        self.buf.append(piece)
        self._left -= len(piece)
        return len(piece)

    def _part_of_line(self, data: bytes, start: int) -> int:
        end = data.find(b"\n", start) + 1
        piece = data[start : end or start + _LONGEST_LINE]
        self._line += piece
        if end:
            line, self._line = self._line, b""
            self._heed(line)
        elif len(self._line) >= _LONGEST_LINE:
            self.error = BadRequest("Invalid chunk size")
        return len(piece)

    def _heed(self, line: bytes) -> None:
        text = line[:-2]
        if line[-2:] != b"\r\n" or b"\r" in text:
            self.error = BadRequest("Lines must end with CR and LF")
        elif self._expected == _SIZE_LINE:
            self._begin(text)
        elif self._expected == _TRAILER:
            self._pass_over(text)
        elif text:
            self.error = BadRequest("Chunk not properly terminated")
        else:
            self._expected = _SIZE_LINE

    def _begin(self, size: bytes) -> None:
        if _SIZE.fullmatch(size) is None:
            extended = b";" in size
            self.error = BadRequest("Chunks may have no extension" if extended else "Invalid chunk size")
            return
        self._left = int(size, 16)
        self._expected = _END_OF_CHUNK if self._left else _TRAILER

    def _pass_over(self, trailer: bytes) -> None:
        self._of_trailer += len(trailer)
        self.completed = not trailer
        if self._of_trailer > _MOST_OF_TRAILER:
            self.error = BadRequest("The trailer is too long")
