"""Who is on Awesome Miner's list becomes a unit once, unless it is known directly."""

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network
from typing import Any, cast

import pytest
import values

from actors.discovery.listing import Listing
from actors.discovery.registrar import Occasion, Registrar
from actors.discovery.registration import registration
from actors.discovery.scan import Sighting
from events.state import RegisteredMiner
from netstab.devices.awesome_miner.access import AwesomeMinerSettings
from netstab.devices.awesome_miner.back_end import AwesomeMiner, Board
from netstab.devices.awesome_miner.document import Listed
from netstab.devices.awesome_miner.ids import known_as
from netstab.devices.awesome_miner.unit import STOP_SEEN
from netstab.devices.port import Endpoint, Firmware, Identity
from netstab.errors import CommandRejected, ErrorCode
from netstab.power.unit import Capabilities
from netstab.reach import Reach
from netstab.settings import read_settings
from netstab.units import GigahashPerSecond, MinerId, Timestamp, WallTime, Watts

ADDRESS, BY_NUMBER = MinerId("127.0.7.1"), MinerId("awesome-2")
REACH = Reach((IPv4Network("127.0.7.0/24"),), 4028)
SETTINGS = read_settings({"MINER_NETWORK_CIDR": "127.0.7.0/24"})


def listed(number: int, hostname: str, **changes: Any) -> Listed:
    told: dict[str, Any] = {
        "name": f"S9-{number:02}",
        "hardware": "Antminer S9",
        "hashes": True,
        "hashrate": GigahashPerSecond(13_600.0),
        "updated": "2026-11-26T10:00:00Z",
        "valid": True,
        "can_stop": True,
        "can_start": False,
    }
    return Listed(number=number, hostname=hostname, **(told | changes))


@dataclass
class FakeRegistrar:
    """Registers as the fleet does; `refuses` as a fleet whose log is at fault does."""

    members: dict[MinerId, RegisteredMiner] = field(default_factory=dict)
    refuses: bool = False
    enrolled: list[MinerId] = field(default_factory=list)

    def enrol(self, sightings: list[Sighting], occasion: Occasion) -> None:
        assert occasion.via == "awesome_miner"
        if self.refuses:
            raise CommandRejected(ErrorCode.FAULT_STATE, "no log")
        for each in sightings:
            miner_id = each.endpoint.miner_id
            self.enrolled.append(miner_id)
            before = self.members.get(miner_id)
            self.members[miner_id] = registration(each, before, None, WallTime(5.0))


@dataclass
class Desk:
    back_end: AwesomeMiner
    registrar: FakeRegistrar
    listing: Listing
    polls: int = 0

    def show(self, *miners: Listed) -> None:
        by_number = {miner.number: miner for miner in miners}
        self.polls += 1
        known = known_as(by_number, REACH)
        self.back_end.board = Board(Timestamp(float(self.polls)), by_number, {}, known)

    def beat(self, *, scanning: bool = False) -> list[MinerId]:
        """Let a second pass; gives who was registered."""
        before = len(self.registrar.enrolled)
        self.listing.beat(self.registrar.members, scanning=scanning)
        return self.registrar.enrolled[before:]


@pytest.fixture
def desk() -> Desk:
    return begun(FakeRegistrar())


def begun(registrar: FakeRegistrar) -> Desk:
    back_end = AwesomeMiner(AwesomeMinerSettings("http://127.0.0.1:1", "", control=True), REACH)
    return Desk(back_end, registrar, Listing(back_end, cast(Registrar, registrar), SETTINGS))


BOTH = listed(1, "127.0.7.1:4028"), listed(2, "s9-02")


def direct(**changes: Any) -> RegisteredMiner:
    return values.registered(ADDRESS, **changes)


def test_all_that_are_listed_are_registered_once_when_no_scan_runs(desk: Desk) -> None:
    assert desk.beat() == []
    desk.show(*BOTH)
    assert desk.beat(scanning=True) == []
    assert desk.beat() == [ADDRESS, BY_NUMBER]
    assert desk.beat() == []
    desk.show(*BOTH)
    assert desk.beat() == []
    found = desk.registrar.members[BY_NUMBER]
    assert (found.firmware, found.model, found.rated_power) == (
        Firmware.AWESOME_MINER,
        "Antminer S9",
        1460.0,
    )
    assert not found.direct
    assert (found.not_controllable, found.counts) == (None, True)


def test_what_is_known_directly_stays_direct_also_when_it_is_removed(desk: Desk) -> None:
    desk.registrar.members[ADDRESS] = direct()
    for _ in range(2):
        desk.show(*BOTH)
        assert ADDRESS not in desk.beat()
    assert desk.registrar.members[ADDRESS] == direct()
    del desk.registrar.members[ADDRESS]
    desk.show(*BOTH)
    assert desk.beat() == []


def test_what_an_operator_removes_is_not_registered_again_before_a_restart(desk: Desk) -> None:
    desk.show(*BOTH)
    desk.beat()
    del desk.registrar.members[BY_NUMBER]
    for _ in range(2):
        desk.show(*BOTH)
        assert desk.beat() == []
    desk.show()
    desk.beat()
    desk.show(*BOTH)  # a list that was short for a moment changes nothing
    assert desk.beat() == []
    anew = begun(desk.registrar)
    anew.show(*BOTH)
    anew.beat()
    assert BY_NUMBER in desk.registrar.members


def test_a_new_name_is_taken_up_and_a_fleet_that_refuses_is_asked_again(desk: Desk) -> None:
    desk.show(*BOTH)
    desk.registrar.refuses = True
    assert desk.beat() == []
    desk.registrar.refuses = False
    assert desk.beat() == [ADDRESS, BY_NUMBER]
    desk.show(BOTH[0], listed(2, "s9-02", name="Antminer S21 5", hardware=""))
    assert desk.beat() == [BY_NUMBER]
    assert desk.registrar.members[BY_NUMBER].model == "Antminer S21"


def test_names_that_change_with_each_list_are_taken_up_now_and_then(desk: Desk) -> None:
    desk.show(*BOTH)
    desk.beat()
    taken = 0
    for poll in range(1, 121):
        desk.show(BOTH[0], listed(2, "s9-02", name=f"S9-{poll}"))
        desk.polls += 4  # five seconds each
        taken += len(desk.beat())
    assert taken == 2


def test_each_that_shares_a_place_is_named_once(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    double = listed(3, "127.0.7.1", name="the third")
    for shown in ((*BOTH, double), BOTH, (*BOTH, double)):
        desk.show(*shown)
        desk.beat()
    assert caplog.text.count("the third") == 1


def test_a_stop_that_was_seen_to_work_is_kept_with_its_miner_and_holds_after_a_restart(desk: Desk) -> None:
    desk.show(*BOTH)
    desk.beat()
    desk.back_end.proof = desk.back_end.proof.with_proof(2)
    desk.show(*BOTH)
    assert desk.beat() == [BY_NUMBER]
    assert desk.registrar.members[BY_NUMBER].firmware_version == STOP_SEEN
    anew = begun(desk.registrar)
    anew.show(*BOTH)
    anew.beat()
    assert anew.back_end.proof.proved_by == 2
    assert desk.registrar.members[BY_NUMBER].firmware_version == STOP_SEEN


def sighted(identity: Identity | None) -> Sighting:
    return Sighting(Endpoint(ADDRESS, 4028, 80), identity, None)


VNISH = Identity("Antminer S9", Firmware.VNISH, "3.9.0", "", "antMiner", 650, Capabilities())


def behind(desk: Desk, **changes: Any) -> RegisteredMiner:
    desk.show(*BOTH)
    desk.beat()
    return replace(desk.registrar.members[ADDRESS], **changes)


def test_one_that_is_found_directly_later_becomes_direct_with_nothing_of_the_other_way(desk: Desk) -> None:
    known = behind(desk)
    found = registration(sighted(VNISH), known, None, WallTime(9.0))
    assert (found.firmware, found.home_frequency, found.direct) == (Firmware.VNISH, 650, True)
    assert found.registered_at == known.registered_at
    assert found.rated_power == 1460.0
    by_hand = replace(known, rated_power=Watts(1300.0))
    assert registration(sighted(VNISH), by_hand, None, WallTime(9.0)).rated_power == 1300.0


def test_one_that_answers_directly_without_a_positive_sign_stays_as_it_is_known(desk: Desk) -> None:
    known = behind(desk)
    unknown = Identity("some box", Firmware.UNKNOWN, "", "12:34:56:78:9a:bc", "", None, Capabilities())
    for identity in (None, unknown, replace(VNISH, provisional=True)):
        assert registration(sighted(identity), known, None, WallTime(9.0)) == known


def test_an_operators_figure_is_kept_with_whatever_name_it_comes(desk: Desk) -> None:
    rated = behind(desk, rated_power=Watts(1300.0))
    [again] = [desk.listing.sighting(ADDRESS)]
    assert again is not None
    assert registration(again, rated, None, WallTime(9.0)).rated_power == 1300.0
