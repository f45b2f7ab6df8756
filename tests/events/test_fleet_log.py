import inspect
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from databases import Database
from recording import (
    ABSTRACT_EVENTS,
    EVERY_COMMAND,
    ONE,
    STARTED,
    TUNING,
    TWO,
    SteppedClock,
    miner,
    origin,
    record_everything,
)

from actors.discovery.machines import mac_of
from events.commands import (
    Activate,
    ApplyPower,
    ChangeConfiguration,
    ControlMiner,
    Deactivate,
    EnterFailsafe,
    MinerAction,
    RegisterMiners,
    RemoveMiner,
    SetFrequency,
    SetOverride,
    SetPowerMode,
)
from events.fleet import Fleet
from events.log import FleetLog, Response
from events.parameters import parameters
from events.state import Configuration, Failsafe, HoldKind, Source
from netstab.dispatch.failsafe import FailsafeAction
from netstab.power.allocation import PowerMode
from netstab.units import Megahertz, WallTime, Watts


def test_a_new_log_begins_in_the_default_mode_with_nothing_ordered(log: FleetLog) -> None:
    assert log.state.version == 1
    assert log.state.power_mode is PowerMode.FREQUENCY
    assert log.state.order is None
    assert log.state.last_ems_command is None


def test_the_mode_of_an_old_log_outlives_another_default(log: FleetLog, url: str) -> None:
    log.close()
    reopened = FleetLog(url, SteppedClock(), PowerMode.ON_OFF)
    assert reopened.state.power_mode is PowerMode.FREQUENCY
    assert reopened.state.version == 1
    reopened.close()


def test_a_log_keeps_its_fleets_id_and_no_other_log_has_it(log: FleetLog, url: str, tmp_path: Path) -> None:
    known = log.fleet_id
    log.accept(Deactivate(), origin(), "")
    log.close()
    again = FleetLog(url, SteppedClock(), PowerMode.ON_OFF)
    other = FleetLog(
        f"sqlite:///{tmp_path / 'other.db'}", SteppedClock(WallTime(STARTED + 1)), PowerMode.ON_OFF
    )
    again_id, other_id = again.fleet_id, other.fleet_id
    again.close()
    other.close()
    assert again_id == known == mac_of(known) != other_id


def test_activate_puts_its_power_in_force(log: FleetLog) -> None:
    version = log.accept(Activate(Watts(2000.0)), origin(number=7), "Fleet activated")
    order = log.state.order
    assert order is not None
    assert (order.target, order.source, order.version) == (2000.0, Source.EMS, version)
    assert order.command_id == origin(number=7).command_id
    assert order.since == log.state.last_ems_command == STARTED + 2


def test_activate_with_nothing_is_an_order_of_zero_and_deactivate_one_of_standby(log: FleetLog) -> None:
    log.accept(Activate(Watts(0.0)), origin(), "")
    assert log.state.order is not None
    assert log.state.order.target == 0.0
    log.accept(Deactivate(), origin(), "")
    assert log.state.order.target is None


def test_an_override_orders_its_target_and_its_end_changes_no_order(log: FleetLog) -> None:
    log.accept(Activate(Watts(2000.0)), origin(), "")
    log.accept(SetOverride(enabled=True, target=None), origin(Source.DASHBOARD, 2), "")
    assert log.state.override is not None
    assert log.state.override.target is None
    assert log.state.order is not None
    assert log.state.order.target is None
    log.accept(ApplyPower(Watts(700.0)), origin(Source.DASHBOARD, 3), "")
    assert log.state.override.target == 700.0
    assert log.state.override.command_id == origin(number=2).command_id
    order = log.state.order
    assert order.target == 700.0
    log.accept(SetOverride(enabled=False, target=None), origin(Source.DASHBOARD, 4), "")
    assert log.state.override is None
    assert log.state.order is order


def test_power_applied_without_an_override_makes_none(log: FleetLog) -> None:
    log.accept(ApplyPower(Watts(700.0)), origin(Source.DASHBOARD), "")
    assert log.state.override is None
    assert log.state.order is not None
    assert log.state.order.target == 700.0


def test_a_rejected_ems_command_counts_as_a_sign_of_life_and_changes_nothing_else(log: FleetLog) -> None:
    log.accept(Activate(Watts(2000.0)), origin(), "")
    order = log.state.order
    log.reject(Deactivate(), origin(), "MANUAL_OVERRIDE", "no")
    assert log.state.order is order
    assert log.state.last_ems_command == STARTED + 3
    log.accept(SetPowerMode(PowerMode.ON_OFF), origin(Source.DASHBOARD), "")
    assert log.state.last_ems_command == STARTED + 3


def test_a_failsafe_that_holds_changes_no_order_and_the_others_put_theirs_in_force(log: FleetLog) -> None:
    log.accept(Activate(Watts(2000.0)), origin(), "")
    order = log.state.order
    log.accept(EnterFailsafe(FailsafeAction.HOLD, None, STARTED), origin(Source.SYSTEM, 2), "")
    since, version = WallTime(STARTED + 3), log.state.version
    held = Failsafe(since, FailsafeAction.HOLD, origin(number=2).command_id, None, STARTED, version)
    assert (log.state.order, log.state.failsafe) == (order, held)
    log.accept(EnterFailsafe(FailsafeAction.STANDBY, None, STARTED), origin(Source.SYSTEM), "")
    assert log.state.order is not None
    assert (log.state.order.target, log.state.order.source) == (None, Source.SYSTEM)
    log.accept(EnterFailsafe(FailsafeAction.POWER, Watts(730.0), STARTED), origin(Source.SYSTEM), "")
    assert log.state.order.target == 730.0
    assert log.state.last_ems_command == STARTED + 2


@pytest.mark.parametrize("command", [Activate(Watts(2000.0)), Deactivate()])
def test_a_failsafe_outlives_restarts_and_all_commands_but_an_accepted_one_of_the_ems(
    url: str, command: Activate | Deactivate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.log.SNAPSHOT_INTERVAL", 4)
    log = FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)
    log.accept(EnterFailsafe(FailsafeAction.POWER, Watts(730.0), STARTED), origin(Source.SYSTEM), "")
    failsafe = log.state.failsafe
    assert failsafe is not None
    for other in (
        ApplyPower(Watts(1.0)),
        SetOverride(enabled=True, target=None),
        SetOverride(enabled=False, target=None),
    ):
        log.accept(other, origin(Source.DASHBOARD), "")
    log.reject(command, origin(), "INVALID_POWER", "no")
    log.close()
    log = FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)
    assert log.state.failsafe == failsafe
    log.accept(command, origin(), "")
    assert log.state.failsafe is None
    log.close()


def test_a_removed_miner_loses_its_hold_and_keeps_its_priority(log: FleetLog) -> None:
    log.accept(RegisterMiners((ONE, TWO), "scan"), origin(Source.SYSTEM), "")
    configuration = Configuration(miner_priority=(ONE.miner_id,))
    log.accept(ChangeConfiguration(configuration, ("miner_priority",)), origin(Source.DASHBOARD), "")
    log.accept(ControlMiner(ONE.miner_id, MinerAction.STOP), origin(Source.DASHBOARD), "")
    log.accept(RemoveMiner(ONE.miner_id), origin(Source.DASHBOARD), "")
    assert list(log.state.miners) == [TWO.miner_id]
    assert not log.state.holds
    assert log.state.configuration == configuration


def test_registering_a_miner_again_updates_it_and_leaves_its_hold(log: FleetLog) -> None:
    log.accept(RegisterMiners((ONE,), "scan"), origin(Source.SYSTEM), "")
    log.accept(SetFrequency(ONE.miner_id, Megahertz(700), None), origin(Source.DASHBOARD, 5), "")
    log.accept(RegisterMiners((miner(1, "renamed"),), "add"), origin(Source.DASHBOARD), "")
    assert log.state.miners[ONE.miner_id].hostname == "renamed"
    hold = log.state.holds[ONE.miner_id]
    assert (hold.kind, hold.setting) == (HoldKind.FREQUENCY, 700)
    assert hold.command_id == origin(number=5).command_id


@pytest.mark.parametrize("action", [MinerAction.RESTART, MinerAction.REBOOT, MinerAction.RESET])
def test_only_start_ends_a_hold(log: FleetLog, action: MinerAction) -> None:
    log.accept(ControlMiner(ONE.miner_id, MinerAction.STOP), origin(Source.DASHBOARD), "")
    log.accept(ControlMiner(ONE.miner_id, action), origin(Source.DASHBOARD), "")
    assert log.state.holds[ONE.miner_id].kind is HoldKind.STOPPED
    log.accept(ControlMiner(ONE.miner_id, MinerAction.START), origin(Source.DASHBOARD), "")
    assert log.state.holds[ONE.miner_id].kind is HoldKind.STARTED


def test_a_started_miner_is_handed_back_by_an_order_of_another_power(log: FleetLog) -> None:
    log.accept(Activate(Watts(2000.0)), origin(), "")
    log.accept(ControlMiner(ONE.miner_id, MinerAction.START), origin(Source.DASHBOARD), "")
    log.accept(ControlMiner(TWO.miner_id, MinerAction.STOP), origin(Source.DASHBOARD), "")
    log.accept(Activate(Watts(2000.0)), origin(), "")
    assert set(log.state.holds) == {ONE.miner_id, TWO.miner_id}
    log.accept(Activate(Watts(2500.0)), origin(), "")
    assert set(log.state.holds) == {TWO.miner_id}


def test_responses_and_system_events_change_nothing_but_the_version(log: FleetLog) -> None:
    order = log.accept(Activate(Watts(2000.0)), origin(), "")
    before = log.state
    log.responses([Response(order, ONE.miner_id, "wake", "done", "", STARTED)])
    log.server_started("0.1.0")
    version = log.fault_cleared("disk full")
    assert version == log.state.version == before.version + 3
    assert log.state.order is before.order


def test_a_state_cannot_be_changed_by_who_holds_it(log: FleetLog) -> None:
    log.accept(RegisterMiners((ONE,), "scan"), origin(), "")
    with pytest.raises(TypeError):
        log.state.miners[TWO.miner_id] = TWO  # type: ignore[index]


def test_every_command_becomes_an_event_with_all_that_the_history_needs(
    log: FleetLog, database: Database
) -> None:
    for command in EVERY_COMMAND:
        version = log.accept(command, origin(Source.DASHBOARD, 3), "because")
        stored = json.loads(database.rows()[version - 1][3])
        assert stored["command_id"] == origin(number=3).command_id
        assert (stored["source"], stored["client"]) == ("dashboard", "127.0.0.1")
        assert (stored["command"], stored["message"]) == (command.name, "because")
        assert stored["parameters"] == json.loads(json.dumps(parameters(command)))


def test_every_event_states_its_format(log: FleetLog, database: Database) -> None:
    record_everything(log)
    assert {json.loads(state)["class_version"] for _, _, _, state in database.rows()} == {1}


def test_an_event_of_every_kind_is_among_the_examples(log: FleetLog, database: Database) -> None:
    record_everything(log)
    recorded = {topic.rpartition(".")[2] for _, _, topic, _ in database.rows()}
    kinds = {name for name, value in vars(Fleet).items() if inspect.isclass(value)}
    assert recorded == kinds - ABSTRACT_EVENTS - {"Snapshot"}


def test_a_clock_that_was_ahead_holds_no_later_event_back(url: str, database: Database) -> None:
    clock = SteppedClock()
    log = FleetLog(url, clock, PowerMode.FREQUENCY)
    clock.now = WallTime(STARTED - 3600)
    log.accept(Activate(Watts(1.0)), origin(), "")
    log.close()
    log = FleetLog(url, SteppedClock(WallTime(STARTED - 7200)), PowerMode.FREQUENCY)
    log.accept(Deactivate(), origin(), "")
    assert log.state.last_ems_command == STARTED - 7199
    assert log.latest == STARTED + 1
    stamps = [json.loads(state)["timestamp"]["_data_"] for _, _, _, state in database.rows()]
    shown = [STARTED + 1, STARTED - 3599, STARTED - 7199]
    assert stamps == [datetime.fromtimestamp(at, UTC).isoformat() for at in shown]
    log.close()


def test_a_clock_that_trembles_is_none_that_was_set_back(url: str) -> None:
    clock = SteppedClock()
    log = FleetLog(url, clock, PowerMode.FREQUENCY)
    clock.now = WallTime(STARTED - 0.9)
    log.accept(Activate(Watts(1.0)), origin(), "")
    assert log.state.last_ems_command == STARTED + 1
    log.close()


def test_what_a_miner_was_set_to_outlives_a_restart_until_it_is_put_back(log: FleetLog, url: str) -> None:
    log.accept(RegisterMiners((ONE, TWO), "scan"), origin(), "")
    log.tuning_kept(ONE.miner_id, TUNING)
    log.close()
    reopened = FleetLog(url, SteppedClock(), PowerMode.ON_OFF)
    assert reopened.state.tunings == {ONE.miner_id: TUNING}
    reopened.tuning_restored(ONE.miner_id)
    assert reopened.state.tunings == {}
    reopened.close()


def test_what_a_miner_was_set_to_goes_with_the_miner_and_is_no_other_ones(log: FleetLog) -> None:
    log.accept(RegisterMiners((ONE, TWO), "scan"), origin(), "")
    for known in (ONE, TWO):
        log.tuning_kept(known.miner_id, TUNING)
    log.accept(RegisterMiners((replace(ONE, hostname="again"),), "scan"), origin(), "")
    assert log.state.tunings.keys() == {ONE.miner_id, TWO.miner_id}
    log.accept(RegisterMiners((replace(ONE, mac="02:00:7f:00:00:09"),), "scan"), origin(), "")
    assert log.state.tunings.keys() == {TWO.miner_id}
    log.accept(RemoveMiner(TWO.miner_id), origin(), "")
    assert log.state.tunings == {}


def test_a_hold_that_the_miner_refuses_gives_way_to_the_one_before(log: FleetLog, url: str) -> None:
    log.accept(RegisterMiners((ONE, TWO), "scan"), origin(), "")
    stopped = log.accept(ControlMiner(ONE.miner_id, MinerAction.STOP), origin(), "")
    log.accept(ControlMiner(TWO.miner_id, MinerAction.START), origin(), "")
    for known in (ONE, TWO):
        asked = log.accept(SetFrequency(known.miner_id, Megahertz(550), None), origin(), "")
        log.hold_withdrawn(known.miner_id, asked - 1)
        assert log.state.holds[known.miner_id].version == asked
        log.hold_withdrawn(known.miner_id, asked)
    log.close()
    reopened = FleetLog(url, SteppedClock(), PowerMode.ON_OFF)
    assert {hold.version for hold in reopened.state.holds.values()} == {stopped}
    reopened.close()
