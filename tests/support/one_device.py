"""One simulated device with a face over real sockets, for tests of its driver, which skip its time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar, cast

import pytest
from own_address import own_address

from netstab.devices.port import Activity, Endpoint, Reading
from netstab.devices.web import Web
from netstab.simulation.faces.build import build_faces
from netstab.simulation.faces.face import Face, Kind
from netstab.simulation.faces.fleet import FaceFleet
from netstab.units import MinerId

__all__ = ["OneDevice", "serving"]

F = TypeVar("F", bound=Face)
T = TypeVar("T")


class OneDevice(Generic[F]):
    """A device whose face is an `F`; `web` is what drivers reach it by, and keeps what it has given."""

    def __init__(self, fleet: FaceFleet, web: Web) -> None:
        self.fleet, self.web = fleet, web

    @property
    def miner_id(self) -> MinerId:
        return self.fleet.miners[0]

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.miner_id, self.fleet.api_port, self.fleet.http_port)

    def look(self) -> Reading:
        raise NotImplementedError

    def act(self, act: Callable[[F], T]) -> T:
        """Do anything to the device, or look into it."""
        return self.fleet.tamper(self.miner_id, lambda face: act(cast("F", face)))

    def set(self, **what: object) -> None:
        def change(face: F) -> None:
            for name, value in what.items():
                setattr(face, name, value)

        self.act(change)

    @property
    def writes(self) -> list[str]:
        return self.act(lambda face: [touch.text for touch in face.machine.writes])

    def until(self, activity: Activity) -> None:
        for _ in range(100):
            if self.look().activity is activity:
                return
            self.fleet.skip(10)
        pytest.fail(f"never {activity}")


@contextmanager
def serving(kind: Kind) -> Iterator[FaceFleet]:
    """Serve a device; what it was told is looked through at the end for what nobody may send."""
    with FaceFleet(build_faces([(kind, 1)], own_address()), clock=lambda: 0.0) as fleet:
        yield fleet
        assert fleet.tamper(fleet.miners[0], lambda face: list(face.machine.forbidden)) == []
