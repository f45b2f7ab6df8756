"""What the fleet is asked to register, and that one machine which it cannot record keeps no other out."""

from dataclasses import replace
from ipaddress import IPv4Network
from types import MappingProxyType

import pytest
from published import published

from actors.discovery.registrar import Occasion, Registrar
from actors.discovery.scan import Sighting
from actors.port import Sender
from actors.snapshot import FleetSnapshot, StatusBoard
from events.commands import Command, RegisterMiners
from events.state import FleetState, Source
from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.devices.port import Endpoint, Firmware, Identity
from netstab.errors import CommandRejected, ErrorCode
from netstab.power.allocation import PowerMode
from netstab.units import MinerId, Timestamp, WallTime, Watts

NOW = Timestamp(1000.0)
BY_SCAN = Occasion("scan", "127.0.0.1", IPv4Network("127.0.0.0/24"))
BY_SERVER = Occasion("look")


def seen(number: int, hostname: str = "rack") -> Sighting:
    mac = f"02:00:7f:00:00:{number:02x}"
    identity = Identity("Antminer S9", Firmware.VNISH, "3.9.0", mac, hostname, 650, ANTMINER_S9.capabilities)
    return Sighting(Endpoint(MinerId(f"127.0.0.{number}"), 4028, 80), identity, None)


class Fleet:
    """Registers what it is given, as the real one does; a name with a lone surrogate no log can hold."""

    def __init__(self) -> None:
        state = FleetState(version=0, power_mode=PowerMode.ON_OFF)
        self.board = StatusBoard(self._snapshot(state))
        self.asked: list[tuple[int, str | None, Source, str]] = []
        self.registrar = Registrar(self.board, lambda: WallTime(NOW), self._submit)

    def _snapshot(self, state: FleetState) -> FleetSnapshot:
        return published(state, {}, NOW, rated=Watts(0.0), initializing=True)

    def _submit(self, command: Command, source: Source, sender: Sender) -> None:
        assert isinstance(command, RegisterMiners)
        self.asked.append((len(command.miners), command.network, source, sender.address))
        if any("\ud800" in miner.hostname for miner in command.miners):
            raise CommandRejected(ErrorCode.INVALID_INPUT, "register holds a value that cannot be recorded")
        state = self.board.snapshot.state
        joined = {**state.miners, **{miner.miner_id: miner for miner in command.miners}}
        self.board.snapshot = self._snapshot(replace(state, miners=MappingProxyType(joined)))

    @property
    def miners(self) -> list[str]:
        return sorted(self.board.snapshot.state.miners)


def test_a_scan_names_its_network_and_who_asked() -> None:
    fleet = Fleet()
    assert len(fleet.registrar.enrol([seen(1), seen(2)], BY_SCAN).miners) == 2
    assert fleet.asked == [(2, "127.0.0.0/24", Source.DASHBOARD, "127.0.0.1")]


def test_nothing_new_is_recorded_for_an_operator_and_not_for_the_server_itself() -> None:
    fleet = Fleet()
    for occasion in (BY_SERVER, BY_SERVER, BY_SCAN):
        fleet.registrar.enrol([seen(1)], occasion)
    assert [(count, source) for count, _, source, _ in fleet.asked] == [
        (1, Source.SYSTEM),
        (0, Source.DASHBOARD),
    ]


def test_nothing_new_is_not_recorded_for_each_part_of_a_scan_that_goes_on() -> None:
    fleet = Fleet()
    for number in (1, 1, 2):
        fleet.registrar.enrol([seen(number)], BY_SCAN, goes_on=True)
    assert [count for count, *_ in fleet.asked] == [1, 1]


@pytest.mark.parametrize("bad", [{1}, {40}, {7, 8, 23}, set(range(1, 41))])
def test_one_that_cannot_be_recorded_keeps_no_other_out(bad: set[int]) -> None:
    fleet = Fleet()
    sightings = [seen(number, "\ud800" if number in bad else "rack") for number in range(1, 41)]
    enrolled = fleet.registrar.enrol(sightings, BY_SCAN)
    assert set(enrolled.unrecorded) == {f"127.0.0.{number}" for number in bad}
    assert len(fleet.miners) == len(enrolled.miners) == 40 - len(bad)


def test_a_fleet_that_cannot_record_at_all_refuses_the_whole() -> None:
    fleet = Fleet()

    def faulty(*_: object) -> None:
        raise CommandRejected(ErrorCode.FAULT_STATE, "The log cannot be written.")

    with pytest.raises(CommandRejected, match="cannot be written"):
        Registrar(fleet.board, lambda: WallTime(NOW), faulty).enrol([seen(1), seen(2)], BY_SCAN)


def test_a_full_fleet_takes_no_more_of_a_scan_and_goes_on_following_those_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("actors.discovery.registrar.MOST_MINERS", 3)
    fleet = Fleet()
    enrolled = fleet.registrar.enrol([seen(number) for number in range(1, 6)], BY_SCAN)
    assert enrolled.unrecorded == ["127.0.0.4", "127.0.0.5"]
    again = fleet.registrar.enrol([seen(6), seen(3, "renamed"), seen(7)], BY_SERVER)
    assert (list(again.miners), again.unrecorded) == (["127.0.0.3"], ["127.0.0.6", "127.0.0.7"])
    assert fleet.miners == ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    assert [count for count, *_ in fleet.asked] == [3, 1]


def test_what_an_operator_adds_to_a_full_fleet_is_for_the_fleet_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("actors.discovery.registrar.MOST_MINERS", 0)
    fleet = Fleet()
    fleet.registrar.enrol([seen(1)], Occasion("add", "127.0.0.1"))
    assert [count for count, *_ in fleet.asked] == [1]
