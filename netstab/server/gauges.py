"""The fleet in figures, of the snapshot that is published anyway: a scrape asks and holds up nobody."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import NamedTuple

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from actors.memo import Memo
from actors.port import DispatchPort
from actors.report import Phase
from actors.snapshot import FleetPhase, FleetSnapshot, commanded
from netstab import __version__
from netstab.clock import Clock
from netstab.dispatch.ramp import Ramps, ramps
from netstab.dispatch.unit_status import Availability
from netstab.units import Watts

__all__ = ["FleetGauges"]


class _Figure(NamedTuple):
    """A metric of one figure; None is not shown: what is not known is no 0."""

    name: str
    meaning: str
    of: Callable[[FleetSnapshot], float | None]


def _target(shown: FleetSnapshot) -> float | None:
    return None if shown.state.order is None else shown.target or 0.0


def _pursued(shown: FleetSnapshot) -> float | None:
    return None if shown.state.order is None else shown.pursued or 0.0


def _error(shown: FleetSnapshot) -> float | None:
    pursued = _pursued(shown)
    return None if pursued is None or not shown.power_is_known else shown.active_power - pursued


def _limit(shown: FleetSnapshot) -> float | None:
    return min((limit.power for limit in shown.limits), default=None)


def _metered(shown: FleetSnapshot) -> Watts | None:
    return None if shown.meter is None else shown.meter.power(shown.at)


def _meter_age(shown: FleetSnapshot) -> float | None:
    return None if shown.meter is None else shown.meter.age(shown.at)


def _ems_silence(shown: FleetSnapshot) -> float | None:
    heard = shown.last_ems_command
    return None if heard is None else max(0.0, shown.wall(shown.at) - heard)


def _ramps(shown: FleetSnapshot) -> Ramps:
    configured = shown.state.configuration.max_power_change_rate_kw_per_sec
    return ramps(shown.view.rules.constraints, configured)


_OF_ALL = (
    _Figure("netstab_units_registered", "Miners registered.", lambda shown: len(shown.state.miners)),
    _Figure("netstab_log_events", "Events in the log.", lambda shown: shown.state.version),
    _Figure("netstab_log_writable", "1 while the log can be written.", lambda shown: shown.log_fault is None),
    _Figure(
        "netstab_clock_off",
        "1 while the host's clock is behind the log.",
        lambda shown: bool(shown.clock_off),
    ),
    _Figure(
        "netstab_clock_errors",
        "What is wrong with the host's clock, in sentences.",
        lambda shown: len(shown.clock_errors),
    ),
)
"""What a standby knows too."""

_OF_LEADER = (
    _Figure("netstab_target_power_watts", "The setpoint in force; 0 in standby.", _target),
    _Figure("netstab_pursued_power_watts", "What limits leave of the setpoint.", _pursued),
    _Figure("netstab_limit_power_watts", "The lowest limit in force.", _limit),
    _Figure(
        "netstab_limit_binding",
        "1 while a limit leaves less than the setpoint.",
        lambda shown: shown.binding_limit is not None,
    ),
    _Figure(
        "netstab_active_power_watts",
        "What the fleet draws: the site meter's figure while that counts, else the miners'.",
        lambda shown: shown.active_power if shown.power_is_known else None,
    ),
    _Figure(
        "netstab_reported_power_watts",
        "What the miners report, summed up.",
        lambda shown: shown.reported_power,
    ),
    _Figure("netstab_meter_power_watts", "What the site meter shows, while that counts.", _metered),
    _Figure("netstab_meter_age_seconds", "How old the site meter's last reading is.", _meter_age),
    _Figure("netstab_power_error_watts", "What is drawn less what is pursued.", _error),
    _Figure("netstab_rated_power_watts", "The fleet's rating.", lambda shown: shown.rated_power),
    _Figure("netstab_ramp_up_watts_per_second", "How fast power may rise.", lambda shown: _ramps(shown).up),
    _Figure("netstab_ramp_down_watts_per_second", "How fast it may fall.", lambda shown: _ramps(shown).down),
    _Figure("netstab_units_held", "Miners that an operator holds.", lambda shown: len(shown.state.holds)),
    _Figure(
        "netstab_available_for_dispatch",
        "1 while the EMS may steer.",
        lambda shown: shown.available_for_dispatch,
    ),
    _Figure(
        "netstab_manual_override",
        "1 while an operator has command.",
        lambda shown: shown.state.override is not None,
    ),
    _Figure(
        "netstab_failsafe",
        "1 while the failsafe is in force.",
        lambda shown: shown.state.failsafe is not None,
    ),
    _Figure("netstab_ems_silence_seconds", "Since the last command of the EMS.", _ems_silence),
    _Figure(
        "netstab_unrecorded_commands",
        "Commands that shed load and are not in the log yet.",
        lambda shown: shown.unrecorded.count,
    ),
    _Figure("netstab_settled", "1 when all is done for the order that can be.", lambda shown: shown.settled),
    _Figure("netstab_errors", "Sentences in the status's errors.", lambda shown: len(shown.errors)),
)
"""What only the leader sees: of a standby none of it is shown, and so nothing that is not so."""


class FleetGauges(Collector):
    """Makes metrics of the newest snapshot whenever it is scraped."""

    def __init__(self, fleet: DispatchPort, clock: Clock) -> None:
        self._fleet = fleet
        self._clock = clock
        self._correction: float | None = None
        self._excluded = Memo(_excluded)
        self._commanded = Memo(commanded)

    def describe(self) -> Iterator[Metric]:
        """Return nothing: names are known once there is a fleet."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        shown, leads = self._fleet.snapshot, self._fleet.leads
        yield InfoMetricFamily("netstab_build", "The software.", {"version": __version__})
        yield GaugeMetricFamily("netstab_leader", "1 while this server leads the fleet.", float(leads))
        age = self._clock() - shown.at
        yield GaugeMetricFamily("netstab_snapshot_age_seconds", "Since the fleet was published last.", age)
        yield self._offset(shown)
        yield from _figures(_OF_ALL, shown)
        if leads:
            yield from _figures(_OF_LEADER, shown)
            yield from self._units(shown)
            yield from _phases(shown)
            yield from self._wear(shown)

    def _offset(self, shown: FleetSnapshot) -> Metric:
        """Say by how much the host's clock was set, or drifted, since this server began."""
        if self._correction is None:
            self._correction = shown.view.correction
        offset = shown.view.correction - self._correction
        meaning = "How far the host's clock was set, or drifted, since this server began."
        return GaugeMetricFamily("netstab_clock_offset_seconds", meaning, offset)

    def _units(self, shown: FleetSnapshot) -> Iterator[Metric]:
        units = GaugeMetricFamily("netstab_units", "Miners by what their readings say.", labels=("phase",))
        seen = {phase: shown.phases.get(phase, 0) for phase in Phase}
        seen[Phase.UNKNOWN] += max(0, len(shown.state.miners) - sum(seen.values()))
        for phase, count in seen.items():
            units.add_metric((phase.value,), count)
        yield units
        excluded = GaugeMetricFamily(
            "netstab_units_excluded", "Miners that dispatch passes over, by the reason.", labels=("reason",)
        )
        counts = self._excluded(shown.plan)
        for reason in Availability:
            if reason is not Availability.AVAILABLE:
                excluded.add_metric((reason.value,), counts[reason])
        yield excluded

    def _wear(self, shown: FleetSnapshot) -> Iterator[Metric]:
        """Say what a miner was put through; where nothing was counted yet that is not 0."""
        if shown.state.wear_since is None:
            return
        wear = GaugeMetricFamily(
            "netstab_wear_per_unit",
            "Of the last 24 hours, for each miner that takes commands in the mean.",
            labels=("what",),
        )
        miners = max(1, self._commanded(shown.state.miners))
        for what, count in asdict(shown.worn).items():
            wear.add_metric((what,), count / miners)
        yield wear


def _excluded(plan: object) -> Counter[Availability]:
    return Counter(other.availability for other in getattr(plan, "excluded", ()))


def _phases(shown: FleetSnapshot) -> Iterator[Metric]:
    states = GaugeMetricFamily(
        "netstab_fleet_state", "1 for the state that the fleet is in.", labels=("state",)
    )
    for phase in FleetPhase:
        states.add_metric((phase.value,), float(shown.phase is phase))
    yield states


def _figures(table: tuple[_Figure, ...], shown: FleetSnapshot) -> Iterator[Metric]:
    for name, meaning, of in table:
        figure = of(shown)
        if figure is not None:
            yield GaugeMetricFamily(name, meaning, float(figure))
