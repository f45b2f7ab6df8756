"""A simulated device on LuxOS over real sockets, with a driver to it. Its time is what a test skips."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from one_device import OneDevice, serving
from waiting import PATIENCE

from netstab.devices.luxos.driver import LuxosDriver
from netstab.devices.port import Activity, Reading, always
from netstab.devices.web import Web
from netstab.simulation.faces.luxos import LUXOS, LuxosFace
from netstab.simulation.faces.machine import Port

__all__ = ["Site", "keeps_all", "loses_the", "luxos_site", "refuses"]


class Site(OneDevice[LuxosFace]):
    @property
    def driver(self) -> LuxosDriver:
        """A new one each time: it keeps nothing."""
        return LuxosDriver(self.web)

    def look(self) -> Reading:
        return asyncio.run(self.driver.poll(self.endpoint))

    @property
    def session(self) -> str:
        return self.act(lambda face: face.session.name if face.session else "")

    def asleep(self) -> None:
        self.driver.sleep(self.endpoint, always)
        self.until(Activity.STOPPED)
        self.fleet.skip(30)
        self.act(lambda face: face.machine.writes.clear())


@contextmanager
def luxos_site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for deadline in ("reads.READ", "reads.PROBE", "driver.COMMAND"):
        monkeypatch.setattr(f"netstab.devices.luxos.{deadline}", PATIENCE)
    monkeypatch.setattr("netstab.devices.transport.CONNECT", PATIENCE)
    web = Web()
    with serving(LUXOS) as fleet:
        yield Site(fleet, web)
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
