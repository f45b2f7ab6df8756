"""Who answers at an address is asked once what software it runs, whichever families look there."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from canned_miner import CannedMiner, fixture, recorded
from made_up import family

from netstab.devices import families
from netstab.devices.families import FAMILIES, identify
from netstab.devices.family import Family
from netstab.devices.first_look import FirstLook
from netstab.devices.port import Endpoint, Firmware, Identity
from netstab.devices.web import Web
from netstab.errors import DeviceError, MalformedAnswer, NotAMiner, PortClosed, TimedOut, Unauthorized
from netstab.power.unit import Capabilities
from netstab.units import MinerId
from netstab.wire.bounds import after

KNOWN = Identity("MU-3", Firmware.NETSTAB, "", "", "", None, Capabilities(switchable=True))
STRANGER = Identity("Whatever", Firmware.UNKNOWN, "", "", "", None, Capabilities())


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    yield web
    web.close()


@dataclass
class Look:
    """What one family finds out, each time that it is asked."""

    outcome: Identity | DeviceError
    asked: list[Endpoint] = field(default_factory=list)

    def __hash__(self) -> int:
        return id(self)

    def __call__(self, endpoint: Endpoint, _web: Web) -> Identity:
        self.asked.append(endpoint)
        if isinstance(self.outcome, DeviceError):
            raise self.outcome
        return self.outcome


def rows(monkeypatch: pytest.MonkeyPatch, *looks: Look, says: str | None = None) -> None:
    """Have these families look, in this order; the last by a sign alone, if one is given."""
    row = replace(family(), firmware=Firmware.NETSTAB, login=None, credentials=())
    for place, look in enumerate(looks):
        if isinstance(look.outcome, Identity):
            look.outcome = replace(look.outcome, firmware_version=str(place))
    found = [
        replace(row, key=f"row {place}", look=look, version_prefix=str(place))
        for place, look in enumerate(looks)
    ]
    if says is not None:
        found[-1] = replace(found[-1], says=re.compile(says))
    table: dict[str, Family] = {one.key: one for one in found}
    monkeypatch.setattr(families, "FAMILIES", {**table, "unknown": FAMILIES["unknown"]})


def closed() -> Endpoint:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return Endpoint(MinerId("127.0.0.1"), port, port)


def test_the_software_is_asked_for_once_for_all_families(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    with CannedMiner(api=recorded("luxos_2025"), realm="none of ours") as miner:
        asked: list[bytes] = []
        monkeypatch.setattr(miner, "heard", asked.append, raising=False)
        looks = [Look(NotAMiner("It is none.")) for _ in range(3)]
        rows(monkeypatch, *looks, says="LUXminer")
        found = identify(miner.endpoint, web)
    assert found.model == "Antminer S19k Pro"
    assert [len(look.asked) for look in looks] == [1, 1, 1]
    assert asked.count(b"version") == 1


@pytest.mark.parametrize(("says", "looked"), [("LUXminer", 1), ("BOSer", 0), ("^$", 0)])
def test_a_family_that_names_its_software_looks_only_where_it_is_named(
    says: str, looked: int, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = Look(KNOWN)
    with CannedMiner(api=recorded("luxos_2025"), realm="none of ours") as miner:
        rows(monkeypatch, look, says=says)
        identify(miner.endpoint, web)
    assert len(look.asked) == looked


def test_where_nobody_listens_no_family_looks_for_its_software(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = Look(KNOWN)
    rows(monkeypatch, look, says="")
    with pytest.raises(PortClosed):
        identify(closed(), web)
    assert not look.asked


def test_what_is_silent_on_the_api_port_is_looked_at_by_who_expects_that(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netstab.devices.first_look.ANSWERS_WITHIN", 0.3)
    look = Look(KNOWN)
    with CannedMiner(api={b"hang": b""}, realm="none of ours") as miner:
        rows(monkeypatch, look, says="^$")
        assert identify(miner.endpoint, web).model == KNOWN.model


def test_a_miner_of_an_unknown_kind_may_be_known_to_a_later_family(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows(monkeypatch, Look(STRANGER), Look(KNOWN))
    assert identify(closed(), web).model == KNOWN.model


@pytest.mark.parametrize(
    "error", [NotAMiner("no"), TimedOut("late"), PortClosed("closed"), Unauthorized("locked")]
)
def test_a_miner_of_an_unknown_kind_stays_one_whatever_other_families_meet(
    error: DeviceError, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows(monkeypatch, Look(STRANGER), Look(error))
    assert identify(closed(), web).model == STRANGER.model


@pytest.mark.parametrize("page", [b"<html>", b'{"minertype": "Antm'])
def test_an_s9_whose_web_server_does_not_tell_is_asked_no_more_for_the_sake_of_other_families(
    page: bytes, web: Web
) -> None:
    api = {b"version": fixture("vnish386_s9_version.json") + b"\0"}
    with CannedMiner({"/cgi-bin/get_system_info.cgi": page}, api) as miner:
        found = identify(miner.endpoint, web)
        asked = [one.path for one in miner.asked]
    assert (found.model, found.capabilities.controllable) == ("Antminer S9", False)
    assert asked == ["/cgi-bin/get_system_info.cgi"] * 2, "once for its challenge"


ENDINGS = [
    ([NotAMiner("no"), PortClosed("closed"), TimedOut("late")], NotAMiner),
    ([NotAMiner("no"), MalformedAnswer("broken"), NotAMiner("no")], MalformedAnswer),
    ([PortClosed("closed"), NotAMiner("no")], PortClosed),
    ([PortClosed("closed"), TimedOut("late"), NotAMiner("no")], TimedOut),
]


@pytest.mark.parametrize(("errors", "said"), ENDINGS)
def test_of_several_families_that_know_nothing_the_one_that_could_not_say_is_believed(
    errors: list[DeviceError], said: type[DeviceError], web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows(monkeypatch, *map(Look, errors))
    monkeypatch.setattr(families, "FAMILIES", {
        key: row for key, row in families.FAMILIES.items() if key != "unknown"
    })  # fmt: skip
    with pytest.raises(said):
        identify(closed(), web)


def test_what_is_silent_to_the_first_family_is_asked_by_no_other(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = Look(KNOWN)
    rows(monkeypatch, Look(TimedOut("late")), later)
    with pytest.raises(TimedOut):
        identify(closed(), web)
    assert not later.asked


def test_what_is_silent_where_it_listens_at_all_is_asked_by_no_other(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = Look(KNOWN)
    rows(monkeypatch, Look(PortClosed("closed")), Look(TimedOut("late")), later)
    with pytest.raises(TimedOut):
        identify(closed(), web)
    assert not later.asked


def test_an_answer_that_never_came_is_not_waited_for_twice(web: Web) -> None:
    way = web.looking(FirstLook(closed()))
    for _ in range(2):
        with pytest.raises(PortClosed):
            way.version(closed(), after(1.0))
