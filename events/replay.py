"""The log told again: event by event as it unfolded, or with today's allocation deciding anew."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import msgspec

from events.deciding import rules_of, unit_fields
from events.fleet import Fleet
from events.state import FleetState
from events.store import FleetStore, replay
from netstab.dispatch.condition import unpacked
from netstab.dispatch.decision import Decision, Shares, digest, shares
from netstab.dispatch.plan import free_for, left_for, setpoints_of, share_out
from netstab.dispatch.statistics import NEW, start_statistics
from netstab.power.efficiency import worth_running
from netstab.power.look_ahead import LookAhead
from netstab.power.unit import Unit
from netstab.units import WallTime, Watts

__all__ = ["Chapter", "Difference", "Differences", "chapters"]


class Chapter(NamedTuple):
    """One event: its kind, its source and whose token, what is to be said of it, and all that is stored."""

    version: int
    at: WallTime
    kind: str
    source: str
    principal: str
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
            source, principal = stored.get("source", "system"), stored.get("principal", "")
            yield Chapter(event.originator_version, event.at, kind, source, principal, _text(event), stored)


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
        case Fleet.TuningKept():
            return f"{event.miner_id} is changed, and was at {event.tuning['frequency']}"
        case Fleet.TuningRestored():
            return f"{event.miner_id} is set as its owner had it"
        case Fleet.HoldWithdrawn():
            return f"{event.miner_id} refused command {event.order} and is not held by it"
        case _:
            return _of_the_log_itself(event)


def _of_the_log_itself(event: Any) -> str:
    match event:
        case Fleet.ServerStarted():
            return f"server {event.software} started"
        case Fleet.FaultCleared():
            return f"recording again after: {event.reason}"
        case Fleet.CommandWithdrawn():
            return f"command {event.order} was refused before it was recorded, and was not carried out"
        case _:
            return f"log begun in {event.power_mode} mode"


class Difference(NamedTuple):
    """An order that would be shared out in another way today; `target` None is standby.

    Where the shares are the same, other miners have them.
    """

    version: int
    at: WallTime
    command: str
    target: Watts | None
    then: Shares
    now: Shares


@dataclass
class Differences:
    """Shares recorded orders out again by the present rules, from what they were decided by.

    What is recorded with an order and before it is taken as it is: the condition of each miner, what was
    learned, what the trend asked beyond the target. Orders that only `repeated` the one in force decided
    nothing; those of older formats, which do not say what they were decided by, are `incomparable`.
    """

    store: FleetStore
    compared: int = 0
    repeated: int = 0
    incomparable: int = 0

    def between(self, first: int, last: int, reached: Callable[[int], None]) -> Iterator[Difference]:
        """Return the differences among the orders of a range of versions; `reached` is told of each page."""
        fleet = self.store.fleet(first - 1) if first > 1 else None
        for page in self.store.pages(after=first - 1, until=last):
            for row in page:
                event: Any = self.store.domain_event(row)
                if fleet is not None and _decides(event):
                    yield from self._compare(event, fleet.state)
                elif isinstance(event, Fleet.SetpointRepeated):
                    self.repeated += event.count
                fleet = replay(fleet, [event])
            reached(page[-1].originator_version)

    def _compare(self, event: Any, state: FleetState) -> Iterator[Difference]:
        then = msgspec.convert(event.decision, Decision) if event.decision else None
        if then is not None and then.repeats:
            self.repeated += 1
        elif then is None or not then.members:
            self.incomparable += 1
        else:
            self.compared += 1
            order = event.changes(state).get("order", state.order)
            target = order.target if then.limit is None else then.limit
            now, setpoints = decided_again(target, state, then)
            if now != then.shares or setpoints != then.setpoints:
                yield Difference(event.originator_version, event.at, event.command, target, then.shares, now)


def _decides(event: Any) -> bool:
    """Whether an event shares out power: an order does, and a limit that left more or less than before."""
    if isinstance(event, Fleet.Dispatched):
        return event.commands_miners
    return isinstance(event, Fleet.LimitChanged) and event.decision is not None


def decided_again(target: Watts | None, state: FleetState, then: Decision) -> tuple[Shares, str]:
    """Share a target out by what a decision was made by; give the shares and the digest of the setpoints."""
    record = start_statistics(state.experience.values())
    rules = rules_of(state, then.tolerance_percent, record, then.stands, then.min_on)
    units = worth_running(free_for(target, _units(state, then)), then.worth)
    ahead = LookAhead(then.start, then.keep, then.cancels)
    allocation = share_out(left_for(target, then.ahead, then.uncontrolled_power), units, rules, ahead)
    return shares(allocation), digest(setpoints_of(units, allocation, rules, then.lent))


def _units(state: FleetState, then: Decision) -> list[Unit]:
    record = replace(start_statistics(state.experience.values()), confirming=then.confirming)
    found = zip(state.miners.values(), unpacked(then.conditions, then.members), strict=True)
    return [
        Unit(
            **unit_fields(
                miner,
                state.experience.get(miner.miner_id, NEW),
                state.tunings.get(miner.miner_id),
                record,
                then.meter_scale,
                condition,
            )
        )
        for miner, condition in found
        if condition is not None
    ]
