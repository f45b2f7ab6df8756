"""A miner on real sockets that says what it was given to say: recorded answers, silence, broken ones."""

import hashlib
import re
import socket
import socketserver
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl

from netstab.devices.port import Endpoint
from netstab.units import MinerId

FIXTURES = Path(__file__).parents[1] / "fixtures" / "s9"
MAKERS = FIXTURES.parent / "makers"
REALM = "antMiner Configuration"
ANYWHERE = Endpoint(MinerId("127.0.0.1"), 0, 0)

Page = bytes | Callable[[bytes], bytes]
Behaviour = Callable[[Any], None]


def fixture(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


INVALID_COMMAND = b'{"STATUS":"E","When":1,"Code":14,"Msg":"invalid cmd","Description":"whatsminer v1.3"}\0'


def recorded(folder: str) -> dict[bytes, bytes]:
    """The answers of one recorded machine of another maker on its API port: all, by command."""
    found = {path.stem.encode(): path.read_bytes() + b"\0" for path in (MAKERS / folder).glob("*.json")}
    missing = (b"version", b"stats", b"summary", b"pools", b"get_version")
    return {**dict.fromkeys(missing, INVALID_COMMAND), **found}


def recorded_rest(folder: str, prefix: str) -> dict[str, Page]:
    """The answers of one recorded machine of another maker on its web server, by path."""
    found = MAKERS / folder
    return {
        f"{prefix}{path.relative_to(found).with_suffix('').as_posix()}": path.read_bytes()
        for path in found.rglob("*.json")
    }


BITAXE_PAGES: dict[str, Page] = {"/api/system/info": (MAKERS / "bitaxe/system_info.json").read_bytes()}


class Asked(NamedTuple):
    method: str
    path: str
    body: bytes
    authorized: bool


class CannedMiner:
    """Serves `pages` by path, a function being called with the request's body, and `api` answers by command.

    Without a `password` it asks for none.

    With `web_at_api_port` the web server is there as well, and what speaks another language is told so.

    `broken` says by path how a connection misbehaves once the request was let in, `before_auth` even earlier.
    """

    def __init__(
        self,
        pages: dict[str, Page] | None = None,
        api: dict[bytes, bytes] | None = None,
        *,
        password: str = "root",  # noqa: S107 - the factory's
        realm: str = REALM,
        broken: dict[str, Behaviour] | None = None,
        before_auth: Behaviour | None = None,
        at: Endpoint = ANYWHERE,
        web_at_api_port: bool = False,
    ) -> None:
        self._at = at
        self._at_api_port = _WebAlone if web_at_api_port else _ApiHandler
        self.pages, self.api = pages or {}, api or {}
        self.password, self.realm = password, realm
        self.broken, self.before_auth = broken or {}, before_auth
        self.asked: list[Asked] = []
        self.nonces = 0
        self.ending = threading.Event()

    def __enter__(self) -> Self:
        self._servers = [
            _Server(self, (self._at.miner_id, self._at.http_port), _WebHandler),
            _Server(self, (self._at.miner_id, self._at.api_port), self._at_api_port),
        ]
        for server in self._servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        http, api = (server.server_address[1] for server in self._servers)
        self.endpoint = Endpoint(self._at.miner_id, api_port=api, http_port=http)
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def heard(self, command: bytes) -> None:
        """Be told of what is asked on the API port."""

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked if asked.authorized]


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    block_on_close = True
    daemon_threads = False

    def __init__(
        self, miner: CannedMiner, at: tuple[str, int], handler: type[socketserver.BaseRequestHandler]
    ) -> None:
        super().__init__(at, handler)
        self.miner = miner


class _ApiHandler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        miner = self.server.miner  # type: ignore[attr-defined]
        request = self.request.recv(8191)  # the miner takes one segment and no more
        command = re.search(rb'"(?:command|cmd)":"(\w+)', request)
        name = command[1] if command else b""
        miner.heard(name)
        if b"hang" in miner.api:
            miner.ending.wait(10)
        elif name in miner.api:
            self.request.sendall(miner.api[name])


class _WebHandler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        miner = self.server.miner  # type: ignore[attr-defined]
        line = self.rfile.readline().decode()
        if not line:
            return
        method, path, _ = line.split(" ")
        headers = dict(_headers(self.rfile))
        body = self.rfile.read(int(headers.get("content-length", 0)))
        authorized = _authorized(miner, method, headers.get("authorization", ""))
        miner.asked.append(Asked(method, path, body, authorized))
        if miner.before_auth:
            miner.before_auth(self)
        elif not authorized:
            self._challenge(miner)
        elif path in miner.broken:
            miner.broken[path](self)
        else:
            self._answer(miner, path, body)

    def _challenge(self, miner: CannedMiner) -> None:
        miner.nonces += 1
        page = fixture("http_401_body_lighttpd.html")
        self.send(401, page, f'WWW-Authenticate: Digest realm="{miner.realm}", charset="UTF-8", '
                  f'algorithm="MD5", nonce="5f6f:{miner.nonces}", qop="auth"\r\n')  # fmt: skip

    def _answer(self, miner: CannedMiner, path: str, body: bytes) -> None:
        page = miner.pages.get(path)
        if page is None:
            self.send(404, b"<?xml version='1.0'?><html>404 - Not Found</html>")
        else:
            self.send(200, page if isinstance(page, bytes) else page(body))

    def send(self, status: int, body: bytes, headers: str = "") -> None:
        head = f"HTTP/1.1 {status} X\r\n{headers}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)


class _WebAlone(_WebHandler):
    def handle(self) -> None:
        if self.request.recv(1, socket.MSG_PEEK) == b"{":
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        else:
            super().handle()


def hang(handler: Any) -> None:
    handler.server.miner.ending.wait(10)


def drop(handler: Any) -> None:
    """Close without an answer."""


def drip(handler: Any) -> None:
    """Send a header that never ends, one byte at a time, faster than any time-out of a single read."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not handler.server.miner.ending.wait(0.05):
        try:
            handler.wfile.write(b"x")
        except OSError:
            return


def cut_off(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nRebo")


def babble(handler: Any) -> None:
    handler.wfile.write(b"SSH-2.0-dropbear\r\n")


def flood(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    try:
        while not handler.server.miner.ending.is_set():
            handler.wfile.write(b"x" * 65536)
    except OSError:
        return


def _headers(rfile: Any) -> Any:
    while line := rfile.readline().decode().strip():
        name, _, value = line.partition(":")
        yield name.lower(), value.strip()


def _authorized(miner: CannedMiner, method: str, header: str) -> bool:
    if not miner.password:
        return True
    given = dict(re.findall(r'(\w+)="?([^",]+)"?', header))
    if not given or given.get("nonce") != f"5f6f:{miner.nonces}":
        return False
    secret = _md5(f"root:{miner.realm}:{miner.password}")
    uri = _md5(f"{method}:{given['uri']}")
    return bool(
        given["response"] == _md5(f"{secret}:{given['nonce']}:{given['nc']}:{given['cnonce']}:auth:{uri}")
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


_NUMBERED = (
    "freq:13 minhr:32 tempoff:34 altdfno:43 autodownscale-hw:38 maxx:39 autodownscale-timer:26 "
    "autodownscale-after:27 autodownscale-step:28 autodownscale-min:29 autodownscale-prec:30 "
    "autodownscale-profile:31 freq1:14 freq2:15 freq3:16 voltage:17 voltage1:18 voltage2:19 voltage3:20 "
    "chip-freq:22 fan-rpm-off:21 trigger-reboot:40 target-temp:41 fan-pwm:12"
)
_SWITCHES = (
    "asicboost:33 hotel-fee:45 lpm-mode:46 dchain5:47 dchain6:48 dchain7:49 bitmain-silentstart:42 "
    "bitmain-autodownscale:23 bitmain-autodownscale-reboot:44 bitmain-autodownscale-watch:24 "
    "bitmain-autodownscale-watchtimer:25 bitmain-fan-ctrl:11 bitmain-nobeeper:9 bitmain-notempoverctrl:10"
)


def device_script(form: bytes) -> bytes:
    """Store a form as the device's script does: by position, blind to names, without escaping anything."""
    pairs = form.decode().split("&") + [""] * 50
    values = [pair.partition("=")[2] for pair in pairs]
    decoded = [dict(parse_qsl(f"v={value}", keep_blank_values=True))["v"] for value in values]
    lines = [
        f'"url" : "{decoded[3 * n]}",\n"user" : "{decoded[3 * n + 1]}",\n"pass" : "{decoded[3 * n + 2]}"'
        for n in range(3)
    ]
    pools = "},\n{".join(lines)
    rows = [f'"pools" : [\n{{{pools}}}\n]', '"api-allow" : "W:0/0"']
    for key, place in (pair.split(":") for pair in _NUMBERED.split()):
        full = key if key == "altdfno" else f"bitmain-{key}"
        if not (key in ("tempoff", "target-temp") and decoded[int(place)] == "0"):
            rows.append(f'"{full}" : "{decoded[int(place)]}"')
    for key, place in (pair.split(":") for pair in _SWITCHES.split()):
        if decoded[int(place)] == "true":
            rows.append(f'"{key}" : true')
    return ("{\n" + ",\n".join(rows) + "\n}\n").encode()


class VnishPages(dict[str, Any]):
    """The pages of a whole Vnish miner: its configuration can be rewritten by the form."""

    def __init__(self, conf: bytes) -> None:
        self.conf = conf
        super().__init__({
            "/cgi-bin/get_system_info.cgi": system_info(),
            "/cgi-bin/get_miner_status.cgi": fixture("vnish39_script_get_miner_status_mining.derived.json"),
            "/cgi-bin/get_miner_conf.cgi": lambda _body: self.conf,
            "/cgi-bin/set_miner_conf_custom.cgi": self._store,
            "/cgi-bin/do_sleep_mode.cgi": fixture("vnish39_do_sleep_mode_1_response_shape.derived.txt"),
            "/cgi-bin/stop_bmminer.cgi": b"ok",
            "/cgi-bin/find_mode.cgi": lambda body: b"Enabled\n" if body == b"mode=1" else b"Disabled\n",
        })  # fmt: skip

    def _store(self, body: bytes) -> bytes:
        self.conf = device_script(body)
        return b"ok\n"


def system_info(minertype: str = "Antminer S9 (vnish 3.9.0)", *, runs: bool = True) -> bytes:
    down = fixture("vnish39_script_get_system_info_bmminer_down.derived.json")
    info = down.replace(b"Antminer S9 (vnish 3.9.0)", minertype.encode())
    if runs:
        info = info.replace(b"Socket connect failed: Connection refused", b"26.0.1.3")
        info = info.replace(b'"bmminer_version":""', b'"bmminer_version":"4.11.1"')
    return info
