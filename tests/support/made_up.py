"""A made-up family that takes any power of a range over HTTP JSON: its driver, its row, and its face.

It keeps the seam honest: whatever a new family needs is tried with it, though no such device exists.
"""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from waiting import running_time

from netstab.devices.antminer.naming import label
from netstab.devices.family import Credential, Family, Timings
from netstab.devices.port import (
    Activity,
    Details,
    Endpoint,
    Firmware,
    Identity,
    Keep,
    Permit,
    Pool,
    Reading,
    let_go,
)
from netstab.devices.web import Content, Web
from netstab.errors import CommandRefused, MalformedAnswer, NotAMiner, Unauthorized
from netstab.power.tuning import Tuning
from netstab.power.unit import Capabilities, PowerRange, PowerSource
from netstab.units import GigahashPerSecond, MinerId, Seconds, Setting, Volts, Watts
from netstab.wire.bounds import after
from netstab.wire.login import Bearer

__all__ = ["CAPABILITIES", "MADE_UP", "WATTS", "MadeUpDevice", "family", "made_up_device"]

MADE_UP = cast("Firmware", "made_up")  # a family of the product has its own value in `Firmware`
WATTS = PowerRange(Watts(1000.0), Watts(3000.0), Watts(10.0), GigahashPerSecond(100_000.0))
CAPABILITIES = Capabilities(
    switchable=True,
    range=WATTS,
    restarts_on_change=False,
    settles_within=Seconds(20.0),
    power_source=PowerSource.MEASURED,
    asleep=Watts(40.0),
)
READ, COMMAND = Seconds(3.0), Seconds(5.0)


class MadeUpDriver:
    def __init__(self, web: Web, key: Firmware) -> None:
        self._web = web
        self.firmware = key

    async def poll(self, endpoint: Endpoint) -> Reading:
        return await asyncio.to_thread(self.probe, endpoint)

    def probe(self, endpoint: Endpoint) -> Reading:
        return _reading(self._ask(endpoint, "/state"))

    def identify(self, endpoint: Endpoint) -> Identity:
        info = self._ask(endpoint, "/info")
        if info.get("maker") != "made up":
            raise NotAMiner("It does not say that it is made up.")
        model, version, mac = (label(info.get(name)) for name in ("model", "version", "mac"))
        return Identity(model, self.firmware, version, mac, "", None, CAPABILITIES)

    def details(self, endpoint: Endpoint) -> Details:
        state, info = self._ask(endpoint, "/state"), self._ask(endpoint, "/info")
        return Details(_reading(state), state, info, {}, (), {})

    async def pools(self, endpoint: Endpoint) -> tuple[Pool, ...]:
        return ()

    def sleep(self, endpoint: Endpoint, permit: Permit, *, insist: bool = False) -> None:
        self._tell(endpoint, {"run": False}, permit)

    def wake(self, endpoint: Endpoint, permit: Permit) -> None:
        self._tell(endpoint, {"run": True}, permit)

    def apply(
        self,
        endpoint: Endpoint,
        setting: Setting,
        permit: Permit,
        keep: Keep = let_go,
        *,
        voltage: Volts | None = None,
    ) -> bool:
        if voltage is not None:
            raise CommandRefused("The miner takes no voltage.")
        if self._ask(endpoint, "/state").get("limit") == setting:
            return False
        self._tell(endpoint, {"limit": setting}, permit)
        return True

    def restore(self, endpoint: Endpoint, own: Tuning, permit: Permit) -> bool:
        return False  # nothing of its own is ever changed: the limit is ours alone

    def _ask(self, endpoint: Endpoint, path: str) -> dict[str, Any]:
        answer = self._web.ask(endpoint, path, expires=after(READ))
        if answer.status == 401 and path != "/info":  # there it is another's: ours asks nobody for it
            raise Unauthorized("The miner does not know our token.")
        try:
            told = json.loads(answer.body) if answer.status == 200 else None
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            raise MalformedAnswer("The miner's answer is no JSON object.")
        return told

    def _tell(self, endpoint: Endpoint, what: dict[str, object], permit: Permit) -> None:
        expires = after(COMMAND)
        told = self._web.ask(endpoint, "/control", Content.json(what), expires=expires, permit=permit)
        if told.status != 200:
            raise CommandRefused("The miner does not take the command.")


def _reading(state: dict[str, Any]) -> Reading:
    try:
        return Reading(
            activity=Activity(state["activity"]),
            power=Watts(float(state["power"])),
            hashrate=GigahashPerSecond(float(state["hashrate"])),
            setting=int(state["limit"]),
            elapsed=None,
            boards=(),
            fans=(),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedAnswer("The miner's state lacks what it should tell.") from error


def family(key: Firmware = MADE_UP) -> Family:
    """Return the row of the table; where it is to be recorded, under a key that the log knows."""

    def look(endpoint: Endpoint, web: Web) -> Identity:
        return MadeUpDriver(web, key).identify(endpoint)

    return Family(
        key=key,
        firmware=key,
        look=look,
        driver=partial(MadeUpDriver, key=key),
        timings=Timings(start=Seconds(120.0), stop=Seconds(10.0)),
        tells_capabilities=True,
        credentials=(Credential("MADE_UP_TOKEN", "let me in", "what made-up devices know us by"),),
        login=Bearer,
    )


WAKES_IN = 60.0


@dataclass
class MadeUpDevice:
    """What the device is; its time moves when told, and `speed` times as fast as real time."""

    speed: float = 0.0
    skipped: float = 0.0
    began: float = field(default_factory=running_time)
    mac: str = "02:00:00:00:00:01"
    limit: int = 3000
    running: bool = True
    hashes_from: float = 0.0
    token: str = "let me in"  # asked for, but to say what it is
    told: list[dict[str, Any]] = field(default_factory=list)

    @property
    def now(self) -> float:
        return self.skipped + (running_time() - self.began) * self.speed

    @property
    def activity(self) -> Activity:
        if not self.running:
            return Activity.STOPPED
        return Activity.HASHING if self.now >= self.hashes_from else Activity.STARTING

    @property
    def power(self) -> Watts:
        return Watts(float(self.limit) if self.activity is Activity.HASHING else 40.0)

    def take(self, what: dict[str, Any]) -> None:
        self.told.append(what)
        if what.get("run") is True and not self.running:
            self.hashes_from = self.now + WAKES_IN
        self.running = what.get("run", self.running)
        self.limit = what.get("limit", self.limit)

    def skip(self, seconds: float) -> None:
        self.skipped += seconds

    def page(self, path: str) -> dict[str, Any] | None:
        info = {"maker": "made up", "model": "MU-3", "version": "1.0", "mac": self.mac}
        hashrate = 100_000.0 * self.limit / 3000 if self.activity is Activity.HASHING else 0.0
        figures = {"power": self.power, "hashrate": hashrate, "limit": self.limit}
        pages: dict[str, dict[str, Any]] = {"/info": info, "/state": {"activity": self.activity, **figures}}
        return pages.get(path)


@contextmanager
def made_up_device(
    address: str = "127.0.0.1", port: int = 0, speed: float = 0.0
) -> Iterator[tuple[Endpoint, MadeUpDevice]]:
    """Serve one device on loopback, on one port for everything."""
    device = MadeUpDevice(speed, mac=f"02:00:00:00:00:{int(address.rpartition('.')[2]):02x}")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = device.page(self.path)
            if self.path == "/info" or self._known():
                self._send(200 if page else 404, page or {})

        def do_POST(self) -> None:
            what = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self._known():
                device.take(what)
                self._send(200, {})

        def _known(self) -> bool:
            known = self.headers["Authorization"] == f"Bearer {device.token}"
            if not known:
                self._send(401, {})
            return known

        def _send(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing: the test says what went wrong."""

    server = ThreadingHTTPServer((address, port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Endpoint(MinerId(address), 0, server.server_address[1]), device
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
