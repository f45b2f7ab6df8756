"""The events by which the fleet learns what its miners did, and what they were set to."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import msgspec

from events.fleet_event import Event
from events.state import (
    FleetState,
    without,
)
from netstab.dispatch.statistics import NEW, UnitStatistics, after_failure, after_wake
from netstab.dispatch.wear import Strain
from netstab.power.tuning import Tuning
from netstab.units import MinerId, WallTime

__all__ = ["CUT_SHORT", "REFUSED", "MinersMeasured", "MinersResponded", "TuningKept", "TuningRestored"]


REFUSED = "refused"
"""What came of an operator's command that a miner said no to: it is not carried out."""

CUT_SHORT = "cut_short"
"""What came of a step whose effect was not waited for: a newer command had another one sent."""


class MinersResponded(Event):
    """What miners did with their orders, each an `events.log.Response`.

    How wakes ended is learned, and how all of it wore them counted.
    """

    responses: list[dict[str, Any]]

    def changes(self, state: FleetState) -> dict[str, Any]:
        experience, wear = dict(state.experience), state.wear
        for response in self.responses:
            miner_id, strain = response["miner_id"], response.get("strain")
            if strain is not None:
                wear = wear.after(Strain(strain), response["at"], failed=_is_failed(response))
            if miner_id in state.miners:
                known = experience.get(miner_id, NEW)
                learned = _switched(_woken(known, response), response)
                if learned is not known:
                    experience[miner_id] = learned
        return {"experience": MappingProxyType(experience), "wear": wear}


class MinersMeasured(Event):
    """What miners were found to draw, and how long they have hashed in all.

    `measured` has each miner's power factor and running hours.
    """

    measured: dict[str, list[float]]
    meter_scale: float

    def changes(self, state: FleetState) -> dict[str, Any]:
        experience = dict(state.experience)
        for name, (factor, hours) in self.measured.items():
            miner_id = MinerId(name)
            if miner_id in state.miners:  # in the event's order, so that each replay gives the same state
                known = experience.get(miner_id, NEW)
                experience[miner_id] = replace(known, power_factor=factor, running_hours=hours, measured=True)
        return {"experience": MappingProxyType(experience), "meter_scale": self.meter_scale}


class TuningKept(Event):
    """What a miner was set to, before it was changed: a `Tuning` of `netstab.power`.

    The setting goes by the name that it has for the first family.
    """

    miner_id: str
    tuning: dict[str, Any]

    def changes(self, state: FleetState) -> dict[str, Any]:
        stored = dict(self.tuning)
        stored["setting"] = stored.pop("frequency")
        kept = {MinerId(self.miner_id): msgspec.convert(stored, Tuning)}
        return {"tunings": MappingProxyType({**state.tunings, **kept})}


class TuningRestored(Event):
    """A miner was put back to what it was set to, or somebody else had set it anew."""

    miner_id: str

    def changes(self, state: FleetState) -> dict[str, Any]:
        return {"tunings": without(state.tunings, self.miner_id)}


def _woken(known: UnitStatistics, response: Mapping[str, Any]) -> UnitStatistics:
    """Learn how a wake ended. Older formats do not tell how long it took; nothing is learned from them."""
    seconds, outcome = response.get("seconds"), response["outcome"]
    if response["action"] != "wake" or seconds is None or outcome == CUT_SHORT:
        return known
    return after_wake(known, seconds) if outcome == "done" else after_failure(known)


def _switched(known: UnitStatistics, response: Mapping[str, Any]) -> UnitStatistics:
    """Count how a step wore a miner, and note when one that it has taken had it run, or stop.

    Formats that do not tell the strain tell nothing of it: what was learned from them stays as it was.
    """
    if "strain" not in response:
        return known
    strain, at, seconds = response["strain"], response["at"], response["seconds"]
    if strain is not None:
        wear = known.wear.after(Strain(strain), at, failed=_is_failed(response))
        known = replace(known, wear=wear)
    stops = response["action"] == "sleep"
    if seconds is None or not (stops or strain == Strain.WAKE):
        return known
    return replace(known, switched_at=WallTime(round(at - seconds, 1)), runs=not stops)


def _is_failed(response: Mapping[str, Any]) -> bool:
    """Whether what a miner had taken came to nothing; of what was not answered nobody knows."""
    return response["outcome"] == "failed" and response["seconds"] is not None
