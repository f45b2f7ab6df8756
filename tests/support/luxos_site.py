"""A simulated device on LuxOS over real sockets, with a driver to it. Its time is what a test skips."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar, cast

import pytest
from own_address import own_address
from waiting import PATIENCE

from netstab.devices.luxos.driver import LuxosDriver
from netstab.devices.port import Activity, Endpoint, Reading, always
from netstab.devices.web import Web
from netstab.simulation.faces.build import build_faces
from netstab.simulation.faces.fleet import FaceFleet
from netstab.simulation.faces.luxos import LUXOS, LuxosFace
from netstab.simulation.faces.machine import Port
from netstab.units import MinerId

__all__ = ["Site", "keeps_all", "loses_the", "luxos_site", "refuses"]

T = TypeVar("T")


@dataclass
class Site:
    """One simulated device, whose time is what a test skips, and a driver to it."""

    fleet: FaceFleet
    miner_id: MinerId
    web: Web

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.miner_id, self.fleet.api_port, self.fleet.http_port)

    @property
    def driver(self) -> LuxosDriver:
        """A new one each time: it keeps nothing."""
        return LuxosDriver(self.web)

    def look(self) -> Reading:
        return asyncio.run(self.driver.poll(self.endpoint))

    def act(self, act: Callable[[LuxosFace], T]) -> T:
        return self.fleet.tamper(self.miner_id, lambda face: act(cast("LuxosFace", face)))

    def set(self, **what: object) -> None:
        def change(face: LuxosFace) -> None:
            for name, value in what.items():
                setattr(face, name, value)

        self.act(change)

    @property
    def writes(self) -> list[str]:
        return self.act(lambda face: [touch.text for touch in face.machine.writes])

    @property
    def session(self) -> str:
        return self.act(lambda face: face.session.name if face.session else "")

    def until(self, activity: Activity) -> None:
        for _ in range(100):
            if self.look().activity is activity:
                return
            self.fleet.skip(10)
        pytest.fail(f"never {activity}")

    def asleep(self) -> None:
        self.driver.sleep(self.endpoint, always)
        self.until(Activity.STOPPED)
        self.fleet.skip(30)
        self.act(lambda face: face.machine.writes.clear())


@contextmanager
def luxos_site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Serve a device; what it was told is looked through at the end for what nobody may send."""
    for deadline in ("reads.READ", "reads.PROBE", "driver.COMMAND"):
        monkeypatch.setattr(f"netstab.devices.luxos.{deadline}", PATIENCE)
    monkeypatch.setattr("netstab.devices.transport.CONNECT", PATIENCE)
    faces = build_faces([(LUXOS, 1)], own_address())
    web = Web()
    with FaceFleet(faces, clock=lambda: 0.0) as fleet:
        yield Site(fleet, fleet.miners[0], web)
        assert fleet.tamper(fleet.miners[0], lambda face: face.machine.forbidden) == []
    web.close()


def loses_the(site: Site, command: str) -> None:
    """Have the device carry a command out and break off before its answer; a logoff never arrives."""

    def lose(face: LuxosFace) -> None:
        def api(request: bytes) -> bytes | None:
            if f'"{command}"'.encode() not in request:
                return LuxosFace.api(face, request)
            if command == "logoff":
                face.machine.note(Port.API, "logoff", write=True)
            else:
                LuxosFace.api(face, request)
            return b""

        face.api = api  # type: ignore[method-assign]

    site.act(lose)


def keeps_all(site: Site) -> None:
    """End what `loses_the` or `refuses` began."""
    site.act(lambda face: face.__dict__.pop("api"))


def refuses(site: Site, command: str, message: str) -> None:
    """Have the device refuse a command, in those words."""

    def refuse(face: LuxosFace) -> None:
        def api(request: bytes) -> bytes | None:
            if f'"{command}"'.encode() not in request:
                return LuxosFace.api(face, request)
            return b'{"STATUS":[{"STATUS":"E","Code":402,"Msg":"%s"}]}\0' % message.encode()

        face.api = api  # type: ignore[method-assign]

    site.act(refuse)
