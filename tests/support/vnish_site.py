"""A simulated device on Vnish 1.x over real sockets, with a driver to it. Its time is what a test skips."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from one_device import OneDevice, serving
from waiting import PATIENCE

from netstab.devices.port import Reading
from netstab.devices.vnish.driver import VnishRestDriver
from netstab.devices.vnish.session import VNISH_PASSWORD
from netstab.devices.web import Web
from netstab.simulation.faces.face import Kind
from netstab.simulation.faces.vnish import VnishFace

__all__ = ["Site", "vnish_site"]


class Site(OneDevice[VnishFace]):
    @property
    def driver(self) -> VnishRestDriver:
        """A new one each time: it keeps nothing."""
        return VnishRestDriver(self.web)

    def look(self) -> Reading:
        return self.driver.probe(self.endpoint)

    def forget(self) -> None:
        """Know nothing of the device any more, as after a restart of the server."""
        self.web.close()
        self.web = Web(self.web.credentials)

    @property
    def tries(self) -> int:
        """How often a password was tried."""
        return self.act(lambda face: face.door.tries)


@contextmanager
def vnish_site(kind: Kind, monkeypatch: pytest.MonkeyPatch, password: str = "admin") -> Iterator[Site]:  # noqa: S107
    for deadline in ("reads.READ", "reads.LOOK", "driver.COMMAND", "driver.CHANGE"):
        monkeypatch.setattr(f"netstab.devices.vnish.{deadline}", PATIENCE)
    with serving(kind) as fleet:
        site = Site(fleet, Web({VNISH_PASSWORD: password}))
        yield site
    site.web.close()
