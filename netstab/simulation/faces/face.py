"""What a family's simulated device says over its ports: the base of all faces, and how one is made."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import NamedTuple

from netstab.simulation.faces.machine import Machine, Port
from netstab.simulation.web import HttpRequest
from netstab.units import MinerId

__all__ = ["Face", "HttpRequest", "Kind", "Place", "WebAnswer", "golden"]


class WebAnswer(NamedTuple):
    """One answer over HTTP. Each of the `headers` ends its line; `delay` is in seconds of physics."""

    body: bytes = b""
    status: str = "200 OK"
    content_type: str = "application/json"
    headers: str = ""
    delay: float = 0.0


class Face:
    """One device as the network meets it. What it offers overrides the methods of its ports.

    The machine is brought to the present before each call. Each returns the answer, or None to accept and
    stay silent for good. A face notes in the machine's log what it was asked, and what of that is forbidden.
    `extra_ports` are fixed numbers on the device's own address, as 6060; `web_at` answers requests there.
    """

    extra_ports: tuple[int, ...] = ()

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    @property
    def ports(self) -> frozenset[Port]:
        """Where it listens now; asked anew after each request and change, the others refuse connections."""
        return frozenset(port for port, way in _WAYS.items() if getattr(type(self), way) is not _OWN[port])

    @property
    def next_change(self) -> float:
        """The moment at which it changes by itself, in s of physics, `inf` if never."""
        return self.machine.next_change

    def settle(self, now: float) -> None:
        """Go to `now`, in seconds of physics."""
        self.machine.advance(now)

    def api(self, request: bytes) -> bytes | None:
        """Answer the first segment of a connection to the API port, which is closed afterwards."""
        raise NotImplementedError

    def web(self, request: HttpRequest) -> WebAnswer | None:
        """Answer one HTTP request."""
        raise NotImplementedError

    def framed(self, request: bytes) -> bytes | None:
        """Answer one frame; both go without their length, which the host reads and writes."""
        raise NotImplementedError

    def web_at(self, port: int, request: HttpRequest) -> WebAnswer | None:
        """Answer one HTTP request to an extra port."""
        raise NotImplementedError


_WAYS = {Port.API: "api", Port.WEB: "web", Port.FRAMED: "framed"}
_OWN = {Port.API: Face.api, Port.WEB: Face.web, Port.FRAMED: Face.framed}


class Place(NamedTuple):
    """Where a device of a site stands: its address, a MAC of its own, its chance, and whether it sleeps."""

    miner_id: MinerId
    mac: str
    rng: Random
    asleep: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """What a simulated site can be made of: its name in `--mix`, what it is in words, how one is built."""

    name: str
    words: str
    build: Callable[[Place], Face]


@cache
def golden(folder: str, name: str) -> bytes:
    """Return a recorded answer that a face is written after, from `answers/` of this package."""
    return files(__package__).joinpath("answers", folder, name).read_bytes()
