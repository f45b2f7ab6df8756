"""A device on one port that answers in whatever protocol it is asked, with what one was recorded to say.

A question is answered by the answer whose name it holds, as `get.device.info` or `/cgi-bin/stats.cgi`.
"""

import re
import socketserver
import struct
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from canned_miner import MAKERS

from netstab.devices.port import Endpoint
from netstab.units import MinerId

__all__ = ["MACHINES", "RecordedDevice", "answers_of"]

MACHINES = sorted(path.name for path in MAKERS.iterdir() if path.is_dir())

_HTTP = re.compile(rb"[A-Z]{3,7} /")
_LENGTH = struct.Struct("<I")
_LONGEST = 65536
_NO_COMMAND = b'{"STATUS":"E","Code":14,"Msg":"invalid cmd","code":-2,"msg":"invalid command"}'

_FRAMED, _OVER_REST, _HTTP_ALONE = "get_device_info.json", "miner_details.json", "capabilities.json"
_TOKEN = b'{"token":"t0k3n","timeout_s":3600}'


def answers_of(machine: str) -> dict[str, bytes]:
    """Return what was recorded of a machine, by the names of its files below its folder."""
    folder = MAKERS / machine
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.json")}
    if _OVER_REST in found:  # the port of its mining process was not recorded
        found["rpc/version.json"] = (MAKERS / "braiins_24_09_graphql" / "version.json").read_bytes()
    return found


def _words(text: str) -> list[str]:
    return re.findall("[a-z0-9]+", text.lower())


class RecordedDevice:
    """Says what is in `answers`, which a test exchanges. All three ports of a miner are its one."""

    def __init__(self) -> None:
        self.answers: Mapping[str, bytes] = {}

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.device = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.port: int = self._server.server_address[1]
        self.endpoint = Endpoint(MinerId("127.0.0.1"), self.port, self.port)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, question: str, *, web: bool) -> bytes | None:
        """Return the answer with the longest name that the question holds, word by word, None if none is."""
        asked, fitting = _words(question), list[tuple[int, bool, bool, str]]()
        if "login" in asked:
            return _TOKEN
        for name in self.answers:
            words = _words(Path(name).stem)
            left = iter(asked)
            if all(word in left for word in words):
                ours, others = ("web/", "rpc/") if web else ("rpc/", "web/")
                fitting.append((len(words), not name.startswith(others), name.startswith(ours), name))
        return self.answers[max(fitting)[3]] if fitting else None


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    device: RecordedDevice


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        device: RecordedDevice = self.server.device  # type: ignore[attr-defined]
        sock: Any = self.request
        sock.settimeout(30)
        try:
            first = sock.recv(_LONGEST)
            if first.startswith(b"{") and _HTTP_ALONE in device.answers:
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            elif first.startswith(b"{"):
                sock.sendall((device.answer(first.decode("latin-1"), web=False) or _NO_COMMAND) + b"\0")
            elif _HTTP.match(first):
                sock.sendall(_over_http(device, first))
            elif first:
                _in_frames(device, sock, first)
        except OSError:
            return  # whoever asked is gone


def _over_http(device: RecordedDevice, request: bytes) -> bytes:
    line = request.decode("latin-1").partition("\r\n")[0]
    body = device.answer(line.split(" ")[1] if " " in line else "", web=True)
    status = "200 OK" if body is not None else "404 Not Found"
    length = len(body or b"")
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + (body or b"")


def _in_frames(device: RecordedDevice, sock: Any, received: bytes) -> None:
    while received:
        while len(received) < 4 or len(received) < 4 + _LENGTH.unpack_from(received)[0]:
            more = sock.recv(_LONGEST)
            if not more:
                return
            received += more
        end = 4 + _LENGTH.unpack_from(received)[0]
        if _FRAMED not in device.answers:  # it has no such port
            return
        said = device.answer(received[4:end].decode("latin-1"), web=False) or _NO_COMMAND
        sock.sendall(_LENGTH.pack(len(said)) + said)
        received = received[end:] or sock.recv(_LONGEST)
