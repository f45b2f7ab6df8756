"""The log told again: event by event as it unfolded, or with today's allocation deciding anew."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from events.fleet import Fleet
from events.state import FleetState, RegisteredMiner
from events.store import FleetStore, replay
from netstab.dispatch.decision import Decision, Shares, shares
from netstab.dispatch.experience import NEW, Experience, WakeRecord, certainty, fleet_record
from netstab.dispatch.learning import to_scale
from netstab.dispatch.plan import Rules, share_out
from netstab.power.allocation import Action, Allocation, Candidate
from netstab.power.models import model_named
from netstab.units import Megahertz, MinerId, WallTime, Watts

__all__ = ["Chapter", "Difference", "Differences", "chapters"]


class Chapter(NamedTuple):
    """One event: its kind, who caused it, what is to be said of it, and everything that is stored."""

    version: int
    at: WallTime
    kind: str
    source: str
    text: str
    stored: Mapping[str, Any]


def chapters(store: FleetStore, first: int, last: int) -> Iterator[Chapter]:
    """Tell the events of a range of versions in their order."""
    for page in store.pages(after=first - 1, until=last):
        for row in page:
            event: Any = store.domain_event(row)
            stored = {
                name: value for name, value in msgspec.json.decode(row.state).items() if name != "timestamp"
            }
            kind = type(event).__name__
            source = stored.get("source", "system")
            yield Chapter(event.originator_version, event.at, kind, source, _text(event), stored)


def _text(event: Any) -> str:
    match event:
        case Fleet.CommandRecorded():
            return str(event.message)
        case Fleet.MinersResponded():
            return "; ".join(
                f"{each['miner_id']} {each['action']} {each['outcome']} {each['reason']}".rstrip()
                for each in event.responses
            )
        case Fleet.DispatchesDelivered():
            return "; ".join(f"command {each['order']} {each['ending']}" for each in event.deliveries)
        case Fleet.MinersMeasured():
            return f"{len(event.measured)} miners measured, meter scale {event.meter_scale}"
        case Fleet.ServerStarted():
            return f"server {event.software} started"
        case Fleet.FaultCleared():
            return f"recording again after: {event.reason}"
        case _:
            return f"log begun in {event.power_mode} mode"


class Difference(NamedTuple):
    """An order that would be shared out in another way today; `target` None is standby."""

    version: int
    at: WallTime
    command: str
    target: Watts | None
    then: Shares
    now: Shares


@dataclass
class Differences:
    """Shares recorded orders out again with the present allocation, from version `first` on.

    What the log does not hold is assumed: that all miners have run equally long, and that those ran before an
    order which the replay itself had set running; before its first order, none. So shares are compared, not
    which miner has which. Orders recorded without a decision, with more miners passed over than it names, or
    with miners that were not free to change, are counted as `incomparable`.
    """

    store: FleetStore
    compared: int = 0
    incomparable: int = 0
    _running: Mapping[MinerId, Megahertz] = field(default_factory=dict)

    def between(self, first: int, last: int, reached: Callable[[int], None]) -> Iterator[Difference]:
        """Give the differences among the orders of a range of versions; `reached` is told of each page."""
        fleet = self.store.fleet(first - 1) if first > 1 else None
        for page in self.store.pages(after=first - 1, until=last):
            for row in page:
                event: Any = self.store.domain_event(row)
                if isinstance(event, Fleet.Dispatched) and event.commands_miners and fleet is not None:
                    yield from self._compare(event, fleet.state)
                fleet = replay(fleet, [event])
            reached(page[-1].originator_version)

    def _compare(self, event: Any, state: FleetState) -> Iterator[Difference]:
        then = msgspec.convert(event.decision, Decision) if event.decision else None
        if then is None or then.bound or then.passed_over_total > len(then.passed_over):
            self.incomparable += 1
            return
        self.compared += 1
        target = event.changes(state)["order"].target
        allocation = self._allocation(target, state, then)
        self._running = {
            each.miner_id: each.frequency for each in allocation.assignments if each.action is not Action.IDLE
        }
        now = shares(allocation)
        if now != then.shares:
            yield Difference(event.originator_version, event.at, event.command, target, then.shares, now)

    def _allocation(self, target: Watts | None, state: FleetState, then: Decision) -> Allocation:
        configuration = state.configuration
        rules = Rules(
            mode=state.power_mode,
            strategy=configuration.power_distribution_strategy,
            priority=configuration.miner_priority,
            minimum_percent=configuration.min_miner_power_percent,
            tolerance_percent=then.tolerance_percent,
        )
        left = Watts(max(0.0, (target + then.ahead if target else 0.0) - then.uncontrolled_power))
        return share_out(left, self._candidates(state, then), rules)

    def _candidates(self, state: FleetState, then: Decision) -> list[Candidate]:
        record, passed_over = fleet_record(state.experience.values()), set(then.passed_over)
        return [
            _candidate(miner, state.experience.get(miner_id, NEW), record, self._running.get(miner_id), then)
            for miner_id, miner in state.miners.items()
            if miner_id not in passed_over
        ]


def _candidate(
    miner: RegisteredMiner, known: Experience, record: WakeRecord, running: Megahertz | None, then: Decision
) -> Candidate:
    model = model_named(miner.model)
    rated = Watts(miner.rated_power * known.power_factor)
    return Candidate(
        miner_id=miner.miner_id,
        model=model,
        rated_power=miner.rated_power,
        running_at=running,
        home_frequency=miner.home_frequency,
        running_hours=0.0,
        power_factor=to_scale(rated, model.idle_power, then.meter_scale) / (miner.rated_power or 1.0),
        idle_power=model.idle_power,
        certainty=certainty(known, record, None) if running is None else 1.0,
    )
