"""What an EMS is told, whatever the way in."""

from dataclasses import replace

import pytest
from stub_fleet import StubFleet, fleet_snapshot, registered, two_miners, unreachable

from actors.ems import EmsView, RunningStatus, ems_view, require_online, running_status
from actors.snapshot import FleetPhase
from events.commands import Activate
from events.refusal import Facts, refusal
from netstab.errors import CommandRejected, ErrorCode
from netstab.units import Watts


def test_a_fleet_that_hashes_is_told_as_one_running_load() -> None:
    view = ems_view(StubFleet(two_miners()))
    assert view == EmsView(True, RunningStatus.RUNNING, Watts(2920.0), Watts(2920.0))


@pytest.mark.parametrize(
    ("hashing", "halted", "status"),
    [(0, 0, RunningStatus.STANDBY), (1, 0, RunningStatus.RUNNING), (0, 1, RunningStatus.RUNNING)],
)
def test_a_fleet_runs_while_a_miner_hashes_or_draws_as_if_it_did(
    hashing: int, halted: int, status: RunningStatus
) -> None:
    assert running_status(two_miners(hashing=hashing, halted=halted)) is status


def test_a_standby_tells_no_ems_what_it_cannot_see() -> None:
    with pytest.raises(CommandRejected) as rejected:
        ems_view(StubFleet(two_miners(), leads=False))
    assert rejected.value.code is ErrorCode.STANDBY


@pytest.mark.parametrize("phase", [FleetPhase.INITIALIZING, FleetPhase.STANDBY])
@pytest.mark.parametrize("miners", [0, 1])
@pytest.mark.parametrize("seen", [True, False])
def test_the_state_is_refused_as_an_activation_is(phase: FleetPhase, miners: int, seen: bool) -> None:
    one = "127.0.1.56"
    snapshot = replace(two_miners(), phase=phase)
    if not miners:
        snapshot = replace(fleet_snapshot(()), phase=phase)
    elif not seen:
        snapshot = replace(fleet_snapshot((registered(one),), (unreachable(one),)), phase=phase)
    facts = Facts(snapshot.rated_power, snapshot.reachable, phase is FleetPhase.INITIALIZING)
    expected = refusal(snapshot.state, Activate(Watts(0.0)), facts)
    try:
        require_online(snapshot)
        told = None
    except CommandRejected as rejected:
        told = rejected
    assert (told and (told.code, told.message)) == (expected and (expected.code, expected.message))
