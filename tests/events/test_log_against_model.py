"""Random commands, with restarts in between, against a model that knows nothing of events."""

import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from recording import PLANNED, STARTED, miner, origin

from events import commands
from events.authority import ruling
from events.chain import verify
from events.commands import Command, MinerAction, Origin, ReleaseCause
from events.fleet import FLEET_ID
from events.history import HistoryReader, Period
from events.log import FleetLog, Response
from events.state import (
    FRONTS,
    Configuration,
    Failsafe,
    FleetState,
    FrontSetpoint,
    Hold,
    HoldKind,
    Limit,
    Order,
    Override,
    RegisteredMiner,
    Source,
)
from netstab.dispatch.failsafe import FailsafeAction
from netstab.dispatch.wear import Strain, Wear
from netstab.power.allocation import PowerMode, Strategy
from netstab.schedules.prices import NO_PRICES, PriceRule, Prices, Rate
from netstab.schedules.schedule import EMPTY
from netstab.units import Megahertz, MinerId, Volts, WallTime, Watts

powers = st.integers(0, 5000).map(lambda power: Watts(float(power)))
numbers = st.integers(1, 4)
miner_ids = numbers.map(lambda number: miner(number).miner_id)
miners = st.lists(st.builds(miner, numbers, st.text(max_size=5)), max_size=3).map(tuple)
configurations = st.builds(
    Configuration,
    rated_power_kw_override=st.none() | st.floats(0.1, 100),
    power_distribution_strategy=st.sampled_from(Strategy),
    miner_priority=st.lists(miner_ids, max_size=3).map(tuple),
    max_power_change_rate_kw_per_sec=st.floats(0.1, 1000),
    min_miner_power_percent=st.floats(0, 100),
)


def moves_to(order: list[int]) -> commands.MoveMiners:
    """Have two or more of four addresses change places, or nobody."""
    ids = [miner(number).miner_id for number in (1, 2, 3, 4)]
    new = [miner(number).miner_id for number in order]
    return commands.MoveMiners(
        tuple(commands.Move("", *one) for one in zip(ids, new, strict=True) if one[0] != one[1])
    )


any_command = st.one_of(
    st.builds(commands.Activate, powers),
    st.builds(
        commands.Activate, powers, st.integers(-500, 500).map(lambda seconds: WallTime(STARTED + seconds))
    ),
    st.builds(commands.Deactivate),
    st.builds(commands.Release, st.sampled_from(commands.ReleaseCause)),
    st.builds(commands.ApplyPower, powers),
    st.builds(commands.SetOverride, enabled=st.booleans(), target=st.none() | powers),
    st.builds(commands.EnterFailsafe, st.just(FailsafeAction.POWER), powers, st.just(STARTED)),
    st.builds(
        commands.EnterFailsafe,
        st.sampled_from([FailsafeAction.HOLD, FailsafeAction.STANDBY]),
        st.none(),
        st.just(STARTED),
    ),
    st.builds(
        commands.SetLimit,
        st.sampled_from("abc"),
        powers,
        st.none() | st.integers(-500, 500).map(lambda seconds: WallTime(STARTED + seconds)),
    ),
    st.builds(commands.LiftLimit, st.sampled_from("abc")),
    st.builds(commands.SetPowerMode, st.sampled_from(PowerMode)),
    st.builds(commands.SetSchedule, st.sampled_from([EMPTY, PLANNED])),
    st.builds(
        commands.SetPrices,
        st.none() | st.just(()) | st.just((Rate(STARTED, WallTime(STARTED + 900), -0.1),)),
        st.none() | st.just(PriceRule(off_above=0.1)),
        st.none() | st.sampled_from([0.0, 40.0]),
        st.none() | st.just(30.0),
    ),
    st.builds(commands.ChangeConfiguration, configurations, st.just(("miner_priority",))),
    st.builds(commands.RegisterMiners, miners, st.just("scan")),
    st.builds(commands.RemoveMiner, miner_ids),
    st.permutations([1, 2, 3, 4]).map(moves_to),
    st.builds(commands.ControlMiner, miner_ids, st.sampled_from(MinerAction)),
    st.builds(
        commands.SetFrequency,
        miner_ids,
        st.integers(100, 1175).map(Megahertz),
        st.none() | st.just(Volts(8.5)),
    ),
)
origins = st.builds(origin, st.sampled_from(Source), st.integers(1, 10**6))


def _three(counted: list[int]) -> tuple[int, int, int]:
    wakes, restarts, failed = counted
    return wakes, restarts, failed


class Model:
    """What should be so, kept in a few variables."""

    def __init__(self, at: WallTime) -> None:
        self.version = 1
        self.at = at
        self.times = [at]
        self.order: Order | None = None
        self.override: Override | None = None
        self.mode = PowerMode.FREQUENCY
        self.configuration = Configuration()
        self.miners: dict[MinerId, RegisteredMiner] = {}
        self.holds: dict[MinerId, Hold] = {}
        self.last_ems: WallTime | None = None
        self.last_ems_version = 0
        self.failsafe: Failsafe | None = None
        self.limits: dict[str, Limit] = {}
        self.setpoints: dict[Source, FrontSetpoint] = {}
        self.last_commands: dict[Source, WallTime] = {}
        self.hours: dict[int, list[int]] = {}
        self.wear_since: WallTime | None = None
        self.schedule, self.prices = EMPTY, NO_PRICES
        self.history: list[tuple[int, str, str, bool, str]] = []

    def step(self, at: WallTime) -> None:
        self.version += 1
        self.at = self.at if 0 < self.at - at < 1 else at
        self.times.append(self.at)

    def saw(self, command: Command, by: Origin, message: str, *, success: bool) -> None:
        self.history.append((self.version, by.command_id, command.name, success, message))
        if success and isinstance(command, commands.Release) and command.cause is not ReleaseCause.ASKED:
            return  # said by the server for a front, and no word of it
        if by.source is Source.EMS:
            self.last_ems, self.last_ems_version = self.at, self.version
        elif by.source in FRONTS:
            self.last_commands[by.source] = self.at

    def carry_out(self, command: Command, by: Origin, in_command: Source | None) -> None:
        if isinstance(command, commands.Activate | commands.Deactivate | commands.Release):
            self._said(command, by)
            self._succeeded(by, in_command)
        elif isinstance(command, commands.ApplyPower):
            self.setpoints = {}
            self._order(command.power, by)
            if self.override is not None:
                self.override = replace(self.override, target=command.power)
        elif isinstance(command, commands.EnterFailsafe):
            if command.action is not FailsafeAction.HOLD:
                self._order(command.power, by)
            power, since = command.power, command.silent_since
            self.failsafe = Failsafe(self.at, command.action, by.command_id, power, since, self.version)
            own = self.setpoints.get(Source.EMS)
            if own is not None and own.target is not None:
                self.setpoints = {key: one for key, one in self.setpoints.items() if key is not Source.EMS}
        elif isinstance(command, commands.SetOverride):
            if command.enabled:
                self.setpoints = {}
                self._order(command.target, by)
            self.override = Override(command.target, by.command_id, self.at) if command.enabled else None
        elif isinstance(command, commands.SetLimit | commands.LiftLimit):
            self._limit(command, by)
        else:
            self._plan(command)
            self._configure(command, by)

    def _said(self, command: Command, by: Origin) -> None:
        last = self.setpoints.get(by.source)
        self.setpoints = {front: one for front, one in self.setpoints.items() if front is not by.source}
        if isinstance(command, commands.Release):
            return
        power, until = getattr(command, "power", None), getattr(command, "until", None)
        goes_on = power is not None and last is not None and last.target is not None
        begun = last.begun if last is not None and goes_on else self.version
        self.setpoints[by.source] = FrontSetpoint(
            by.source, power, until, by.command_id, self.at, self.version, begun
        )

    def _succeeded(self, by: Origin, in_command: Source | None) -> None:
        """Put in force what the front has that is in command: its own words always do, as does an end."""
        if in_command not in (None, by.source) and self.order is not None and self.order.source is in_command:
            return
        self.failsafe = None
        self._order(self.setpoints[in_command].target if in_command else None, by)
        if in_command is not None and self.order is not None:
            self.order = replace(self.order, source=in_command)

    def _limit(self, command: commands.SetLimit | commands.LiftLimit, by: Origin) -> None:
        others = (one for one in self.limits.values() if one.source != command.limit_source)
        self.limits = {one.source: one for one in others if one.until is None or self.at < one.until}
        if isinstance(command, commands.SetLimit):
            self.limits[command.limit_source] = Limit(
                command.limit_source, command.power, command.until, by.command_id, self.at, self.version
            )

    def _order(self, target: Watts | None, by: Origin) -> None:
        if self.order is None or self.order.target != target:
            self.holds = {key: hold for key, hold in self.holds.items() if hold.kind is not HoldKind.STARTED}
        self.order = Order(target, by.command_id, by.source, self.version, self.at)

    def _plan(self, command: Command) -> None:
        if isinstance(command, commands.SetSchedule):
            self.schedule = replace(command.schedule, version=self.version)
        if not isinstance(command, commands.SetPrices):
            return
        known = self.prices
        self.prices = Prices(
            known.rates if command.rates is None else command.rates,
            known.rule if command.rule is None else command.rule,
            known.hash_price if command.hash_price is None else command.hash_price or None,
            self.version,
            known.worth if command.rates is None else command.worth,
        )

    def _configure(self, command: Command, by: Origin) -> None:
        if isinstance(command, commands.SetPowerMode):
            self.mode = command.mode
        elif isinstance(command, commands.ChangeConfiguration):
            self.configuration = command.configuration
        elif isinstance(command, commands.RegisterMiners):
            self.miners |= {each.miner_id: each for each in command.miners}
        elif isinstance(command, commands.MoveMiners):
            self._move({move.old: move.new for move in command.moves})
        elif isinstance(command, commands.RemoveMiner):
            self.miners.pop(command.miner_id, None)
            self.holds.pop(command.miner_id, None)
        elif isinstance(command, commands.SetFrequency):
            self._hold(command.miner_id, HoldKind.FREQUENCY, command.frequency, by)
        elif isinstance(command, commands.ControlMiner) and command.action is MinerAction.STOP:
            self._hold(command.miner_id, HoldKind.STOPPED, None, by)
        elif isinstance(command, commands.ControlMiner) and command.action is MinerAction.START:
            self._hold(command.miner_id, HoldKind.STARTED, None, by)

    def _move(self, names: dict[MinerId, MinerId]) -> None:
        self.miners = {
            names.get(id_, id_): replace(each, miner_id=names.get(id_, id_))
            for id_, each in self.miners.items()
        }
        self.holds = {
            names.get(id_, id_): replace(each, miner_id=names.get(id_, id_))
            for id_, each in self.holds.items()
        }
        priority = (names.get(id_, id_) for id_ in self.configuration.miner_priority)
        self.configuration = replace(self.configuration, miner_priority=tuple(dict.fromkeys(priority)))

    def _hold(self, miner_id: MinerId, kind: HoldKind, frequency: Megahertz | None, by: Origin) -> None:
        last = self.holds.get(miner_id)
        before = replace(last, before=None) if last and last.kind is not HoldKind.STARTED else None
        self.holds[miner_id] = Hold(miner_id, kind, frequency, by.command_id, self.at, self.version, before)

    def state(self) -> FleetState:
        return FleetState(
            self.version,
            self.mode,
            self.order,
            self.override,
            self.configuration,
            self.miners,
            self.holds,
            self.last_ems,
            failsafe=self.failsafe,
            last_ems_version=self.last_ems_version,
            limits=self.limits,
            wear=Wear(tuple((hour, *_three(counted)) for hour, counted in self.hours.items())),
            wear_since=self.wear_since,
            schedule=self.schedule,
            prices=self.prices,
            setpoints=self.setpoints,
            last_commands=self.last_commands,
        )


class LogAgainstModel(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("events.log.SNAPSHOT_INTERVAL", 4)
        self.directory = Path(tempfile.mkdtemp())
        self.now = STARTED
        self.model = Model(STARTED)
        self.log = self.opened()
        self.reader = HistoryReader(str(self.directory / "log.db"))

    def opened(self) -> FleetLog:
        return FleetLog(str(self.directory / "log.db"), lambda: self.now, PowerMode.FREQUENCY)

    @rule(seconds=st.integers(-100, 100))
    def pass_time(self, seconds: int) -> None:
        self.now = WallTime(self.now + seconds + 0.123456)

    @rule(command=any_command, by=origins, message=st.text(max_size=10))
    def accept(self, command: Command, by: Origin, message: str) -> None:
        self.model.step(self.now)
        if isinstance(command, commands.Activate | commands.Deactivate | commands.Release):
            by = by if by.source in FRONTS else replace(by, source=Source.S2)
        ruled = ruling(self.log.state, command, by.source, self.now, FRONTS)
        accepted = self.log.accept(command, by, message, in_command=ruled.in_command)
        assert accepted == self.model.version
        self.model.saw(command, by, message, success=True)
        self.model.carry_out(command, by, ruled.in_command)

    @rule(command=any_command, by=origins)
    def reject(self, command: Command, by: Origin) -> None:
        self.model.step(self.now)
        assert self.log.reject(command, by, "INVALID_POWER", "no") == self.model.version
        self.model.saw(command, by, "no", success=False)

    @rule(order=st.integers(1, 10))
    def respond(self, order: int) -> None:
        self.model.step(self.now)
        response = Response(order, miner(1).miner_id, "wake", "done", "", self.now)
        assert self.log.responses([response]) == self.model.version

    @rule(strain=st.sampled_from(Strain), outcome=st.sampled_from(["done", "failed", "cut_short"]))
    def wear(self, strain: Strain, outcome: str) -> None:
        """Have a miner that has left begin anew: what it was put through the fleet was all the same."""
        self.model.step(self.now)
        response = Response(1, MinerId("127.9.9.9"), strain, outcome, "", self.now, 60.0, strain)
        assert self.log.responses([response]) == self.model.version
        hour = max([int(self.now // 3600), *self.model.hours])
        counted = self.model.hours.setdefault(hour, [0, 0, 0])
        counted[0 if strain is Strain.WAKE else 1] += 1
        counted[2] += strain is Strain.WAKE and outcome == "failed"

    @rule()
    def restart(self) -> None:
        self.log.close()
        self.log = self.opened()
        self.model.step(self.now)
        assert self.log.server_started("0.1.0") == self.model.version
        if self.model.wear_since is None:
            self.model.wear_since = self.model.at

    @invariant()
    def the_state_is_the_models(self) -> None:
        if hasattr(self, "log"):
            assert self.log.state == self.model.state()

    def the_times_are_the_models(self) -> None:
        """A moment's state, and a period's commands, go by the events' own times, whatever the clock did."""
        stamps = [int(at * 1000) for at in self.model.times]
        for at in {stamp + late for stamp in stamps for late in (-1, 0, 40_000)}:
            moment = datetime.fromtimestamp(at / 1000, UTC)
            state = self.reader.state(moment)
            known = [(stamp, version) for version, stamp in enumerate(stamps, 1) if stamp <= at]
            assert (state.version if state else 0) == max(known, default=(0, 0))[1]
            period = Period(moment, moment + timedelta(seconds=50))
            inside = [each[0] for each in self.model.history if at <= stamps[each[0] - 1] < at + 50_000]
            assert [each.version for each in self.reader.recent(1000, period=period)] == inside[::-1]
            told = [each.version for chunk in self.reader.chunks(period=period) for each in chunk]
            assert told == inside

    def teardown(self) -> None:
        if not hasattr(self, "log"):
            return
        records = self.reader.recent(1000)
        found = [
            (each.version, each.command_id, each.command, each.success, each.message) for each in records
        ]
        assert found == self.model.history[::-1]
        self.the_times_are_the_models()
        stored = self.log._store.recorder.select_events(FLEET_ID)
        assert verify(stored, expected=self.log.head).bad_version is None
        self.reader.close()
        self.log.close()
        self.patch.undo()
        shutil.rmtree(self.directory)


LogAgainstModel.TestCase.settings = settings(max_examples=25, stateful_step_count=25)
TestLogAgainstModel = LogAgainstModel.TestCase
