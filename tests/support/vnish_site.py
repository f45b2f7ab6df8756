"""A simulated device on Vnish 1.x over real sockets, with a driver to it. Its time is what a test skips."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar, cast

import pytest
from own_address import own_address
from waiting import PATIENCE

from netstab.devices.port import Activity, Endpoint, Reading
from netstab.devices.vnish.driver import VnishRestDriver
from netstab.devices.vnish.session import VNISH_PASSWORD
from netstab.devices.web import Web
from netstab.simulation.faces.build import build_faces
from netstab.simulation.faces.face import Kind
from netstab.simulation.faces.fleet import FaceFleet
from netstab.simulation.faces.vnish import VnishFace
from netstab.units import MinerId

__all__ = ["Site", "vnish_site"]

T = TypeVar("T")


@dataclass
class Site:
    """One simulated device and a driver to it; `web` keeps what the device has given."""

    fleet: FaceFleet
    miner_id: MinerId
    web: Web

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.miner_id, self.fleet.api_port, self.fleet.http_port)

    @property
    def driver(self) -> VnishRestDriver:
        """A new one each time: it keeps nothing."""
        return VnishRestDriver(self.web)

    def look(self) -> Reading:
        return self.driver.probe(self.endpoint)

    def act(self, act: Callable[[VnishFace], T]) -> T:
        return self.fleet.tamper(self.miner_id, lambda face: act(cast("VnishFace", face)))

    def set(self, **what: object) -> None:
        def change(face: VnishFace) -> None:
            for name, value in what.items():
                setattr(face, name, value)

        self.act(change)

    def forget(self) -> None:
        """Know nothing of the device any more, as after a restart of the server."""
        self.web.close()
        self.web = Web(self.web.credentials)

    @property
    def writes(self) -> list[str]:
        return self.act(lambda face: [touch.text for touch in face.machine.writes])

    @property
    def tries(self) -> int:
        """How often a password was tried."""
        return self.act(lambda face: face.door.tries)

    def until(self, activity: Activity) -> None:
        for _ in range(100):
            if self.look().activity is activity:
                return
            self.fleet.skip(10)
        pytest.fail(f"never {activity}")


@contextmanager
def vnish_site(kind: Kind, monkeypatch: pytest.MonkeyPatch, password: str = "admin") -> Iterator[Site]:  # noqa: S107
    """Serve a device; what it was told is looked through at the end for what nobody may send."""
    for deadline in ("reads.READ", "reads.LOOK", "driver.COMMAND", "driver.CHANGE"):
        monkeypatch.setattr(f"netstab.devices.vnish.{deadline}", PATIENCE)
    with FaceFleet(build_faces([(kind, 1)], own_address()), clock=lambda: 0.0) as fleet:
        site = Site(fleet, fleet.miners[0], Web({VNISH_PASSWORD: password}))
        yield site
        assert site.act(lambda face: face.machine.forbidden) == []
    site.web.close()
