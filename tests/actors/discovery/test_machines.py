"""Which machine is where: by MAC, whatever the addresses."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from values import mac, registered

from actors.discovery.machines import Reconciled, contested, former_addresses, mac_of, reconcile
from actors.discovery.scan import Sighting
from events.commands import MoveMiners
from events.parameters import parameters
from events.state import RegisteredMiner, moved
from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.devices.port import Endpoint, Firmware, Identity
from netstab.units import MinerId, WallTime

A, B, C, D = (MinerId(f"127.0.0.{number}") for number in (1, 2, 3, 4))


def seen(address: MinerId, which: int | str) -> Sighting:
    text = mac(which) if isinstance(which, int) else which
    identity = Identity("Antminer S9", Firmware.VNISH, "3.9.0", text, "rack", 650, ANTMINER_S9.capabilities)
    return Sighting(Endpoint(address, 4028, 80), identity, None)


def members(**machines: int) -> dict[MinerId, RegisteredMiner]:
    """Register machines by their numbers at A, B, C and D, in that order of time; 0 has told no MAC."""
    places = {"a": A, "b": B, "c": C, "d": D}
    return {
        places[name]: registered(places[name], mac=mac(which) if which else "", registered_at=WallTime(age))
        for age, (name, which) in enumerate(machines.items())
    }


def names(found: Reconciled) -> dict[MinerId, MinerId]:
    return {move.old: move.new for move in found.moves}


@pytest.mark.parametrize(
    "text", ["02:00:7f:00:00:01", "02:00:7F:00:00:01", " 02-00-7f-00-00-01", "02007f000001"]
)
def test_a_mac_is_one_however_it_is_spelt(text: str) -> None:
    assert mac_of(text) == mac(1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00:00:00:00:00:00",
        "ff:ff:ff:ff:ff:ff",
        "01:00:5e:00:00:01",
        "null",
        "02:00:7f:00:00",
        "g" * 17,
        "0" * 10**6,
    ],
)
def test_what_tells_no_machine_from_another_is_no_mac(text: str) -> None:
    assert mac_of(text) == ""


class GoneThrough(dict[MinerId, RegisteredMiner]):
    """Counts how often all that are registered are gone through."""

    times = 0

    def values(self) -> Any:
        self.times += 1
        return super().values()


def test_a_fleet_is_not_gone_through_for_each_miner_that_is_looked_at() -> None:
    fleet = GoneThrough(members(a=1, b=2, c=3))
    for address, which in ((A, 1), (B, 2), (C, 3)):
        assert contested([seen(address, which)], fleet) == set()
        assert former_addresses([seen(address, which)], fleet) == []
        assert reconcile([seen(address, which)], fleet) == Reconciled()
    assert fleet.times == 1
    assert former_addresses([seen(D, 3)], members(a=1, b=3)) == [B]


def test_a_machine_that_answers_elsewhere_and_no_more_where_it_was_has_moved() -> None:
    found = reconcile([seen(C, 1)], members(a=1, b=2))
    assert [(move.mac, move.old, move.new) for move in found.moves] == [(mac(1), A, C)]
    assert (found.retired, found.doubles) == ([], {})


def test_a_machine_that_answers_at_both_stays_and_the_other_is_no_second_one() -> None:
    found = reconcile([seen(A, 1), seen(C, 1)], members(a=1))
    assert (names(found), found.retired, found.doubles) == ({}, [], {C: A})


def test_two_new_addresses_of_one_machine_are_one() -> None:
    found = reconcile([seen(B, 1), seen(A, 1)], members())
    assert (names(found), found.doubles) == ({}, {B: A})


def test_a_machine_that_is_registered_twice_is_so_no_more() -> None:
    both = members(a=1, b=1)
    assert reconcile([seen(A, 1), seen(B, 1)], both).retired == [B]
    left = reconcile([seen(B, 1)], both)  # it had moved, and was taken for another one
    assert (names(left), left.retired) == ({A: B}, [])
    stayed = reconcile([seen(A, 1)], both)
    assert (names(stayed), stayed.retired) == ({}, [B])


def test_a_second_registration_that_an_operator_holds_leaves_its_hold() -> None:
    assert names(reconcile([seen(A, 1), seen(B, 1)], members(a=1, b=1), held={B})) == {B: A}
    assert names(reconcile([seen(A, 1), seen(B, 1)], members(a=1, b=1), held={A, B})) == {}


def test_machines_may_change_places_and_go_round() -> None:
    assert names(reconcile([seen(A, 2), seen(B, 1)], members(a=1, b=2))) == {A: B, B: A}
    round_ = reconcile([seen(A, 3), seen(B, 1), seen(C, 2)], members(a=1, b=2, c=3))
    assert names(round_) == {A: B, B: C, C: A}


def test_who_was_seen_nowhere_keeps_its_registration_at_the_address_that_was_left() -> None:
    assert names(reconcile([seen(B, 1)], members(a=1, b=2))) == {A: B, B: A}
    assert names(reconcile([seen(B, 1), seen(C, 2)], members(a=1, b=2, c=3))) == {A: B, B: C, C: A}


def test_a_machine_that_told_no_mac_when_it_booted_is_found_to_be_a_known_one() -> None:
    found = reconcile([seen(B, 1)], members(a=1, b=0))
    assert names(found) == {A: B}
    assert set(moved(members(a=1, b=0), names(found))) == {B}


def test_without_a_mac_an_address_is_all_there_is() -> None:
    found = reconcile([seen(A, ""), seen(C, "00:00:00:00:00:00"), seen(D, "")], members(a=1, b=2))
    assert (found.moves, found.retired, found.doubles) == ([], [], {})


def test_what_is_uncertain_waits_for_a_look_at_the_former_address() -> None:
    known = members(a=1, b=2, c=0)
    assert contested([seen(A, 1), seen(B, 2), seen(C, 3), seen(D, 4), seen(D, "")], known) == set()
    assert contested([seen(D, 1)], known) == {D}  # registered elsewhere
    assert contested([seen(C, 3), seen(D, 3)], known) == {C, D}  # twice
    assert contested([seen(A, 4)], known) == {A}  # another machine's address
    assert former_addresses([seen(D, 1), seen(A, 4)], known) == []
    assert former_addresses([seen(D, 1), seen(C, 2)], known) == [A, B]


machines_at = st.dictionaries(st.sampled_from([A, B, C, D]), st.integers(0, 4), max_size=4)


@given(machines_at, machines_at, st.sets(st.sampled_from([A, B, C, D])))
def test_whoever_is_seen_is_registered_once_and_nobody_with_a_mac_is_lost(
    known_at: dict[MinerId, int], present: dict[MinerId, int], held: set[MinerId]
) -> None:
    known = members(**{"abcd"[int(address[-1]) - 1]: which for address, which in known_at.items()})
    sightings = [seen(address, which or "") for address, which in present.items()]
    found = reconcile(sightings, known, held & known.keys())
    left = {address: one for address, one in known.items() if address not in found.retired}
    assert all(move.old in left for move in found.moves)
    assert len({move.new for move in found.moves}) == len(found.moves)
    after = {id_: replace(one, miner_id=id_) for id_, one in moved(left, names(found)).items()}
    for address, which in present.items():
        if which and address not in found.doubles:
            after[address] = registered(address, mac=mac(which))
    macs = [one.mac for one in after.values() if one.mac]
    seen_macs = {mac(which) for which in present.values() if which}
    assert all(macs.count(one) == 1 for one in seen_macs)
    newcomers = seen_macs - {one.mac for one in known.values()}
    if not newcomers:
        assert {one.mac for one in known.values() if one.mac} <= set(macs)
    assert parameters(MoveMiners(tuple(found.moves)))["miners"] is not None
