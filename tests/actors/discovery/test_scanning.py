"""How often the fleet is asked to register what a scan finds while it goes on."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from ipaddress import IPv4Network
from typing import cast

from actors.discovery.looker import Looker
from actors.discovery.registrar import Enrolled, Occasion, Registrar
from actors.discovery.scan import ScanBoard, ScanRequest, Sighting
from actors.discovery.scanning import Scanning
from netstab.devices.port import Endpoint
from netstab.units import MinerId, WallTime


class CountingRegistrar:
    """Takes all that it is given, and keeps how much that was each time."""

    def __init__(self, registered: int = 0) -> None:
        self.batches: list[int] = []
        self._registered = registered

    @property
    def count(self) -> int:
        return self._registered + sum(self.batches)

    def clear(self, sightings: Sequence[Sighting]) -> list[Sighting]:
        return list(sightings)

    def enrol(self, sightings: Iterable[Sighting], _occasion: Occasion, *, goes_on: bool) -> Enrolled:
        assert goes_on
        self.batches.append(len(list(sightings)))
        return Enrolled()


class IdleLooker:
    def scan(self, *_: object) -> None:
        """Look at nothing: the test says what is seen."""


def batches(found: int, registered: int = 0) -> list[int]:
    registrar = CountingRegistrar(registered)
    scanning = Scanning(
        ScanBoard(),
        cast("Looker", IdleLooker()),
        cast("Registrar", registrar),
        lambda: WallTime(0.0),
        lambda _message: None,
    )
    scanning.join(ScanRequest(IPv4Network("127.0.0.0/30"), "127.0.0.1", Future()))
    for place in range(found):
        scanning.seen(Sighting(Endpoint(MinerId(f"127.0.{place // 250}.{place % 250}"), 1, 1), None, None))
    return registrar.batches


def test_the_first_hundred_are_registered_while_the_rest_is_scanned() -> None:
    assert batches(99) == []
    assert batches(250) == [100, 100]


def test_a_large_fleet_is_not_gone_through_for_each_hundred_that_are_found() -> None:
    sizes = batches(20_000)
    assert len(sizes) <= 45
    assert max(sizes) == 1000


def test_few_that_join_many_wait_for_no_more_than_a_thousand() -> None:
    assert batches(2000, registered=60_000) == [1000, 1000]
