"""Whether enough of the miners is known to say what of the fleet there is, and to command it. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from actors.fleet.assessment import reachable
from actors.fleet.memory import Memory
from actors.fleet.view import View
from actors.report import MinerReport, Phase
from events.state import FleetState
from netstab.units import MinerId, Seconds

__all__ = ["all_known", "is_initializing", "is_known", "looked_over"]

_LONGEST_LOOK = Seconds(10.0)
"""What a look at a device takes at most, with all its ports."""


def is_known(memory: Memory, view: View) -> bool:
    """Whether every miner was looked at once; for a silent one dispatch waits two intervals and no more."""
    waited = view.now - memory.started_at
    return waited >= 2 * view.rules.poll_interval or all_known(view.state, view.reports)


def all_known(state: FleetState, reports: Mapping[MinerId, MinerReport]) -> bool:
    """Whether there are miners and each was looked at once."""
    seen = (reports.get(miner_id) for miner_id in state.miners)
    return bool(state.miners) and all(report and report.phase is not Phase.UNKNOWN for report in seen)


def is_initializing(memory: Memory, view: View) -> bool:
    """Whether it is too soon to say that a fleet is offline.

    So it is while nobody is reached, but a first look is under way: however late it was registered.
    """
    if memory.initializing or reachable(view.seen) or not _some_unseen(view):
        return memory.initializing
    return memory.unseen_since is None or view.now < memory.unseen_since + _LONGEST_LOOK


def looked_over(memory: Memory, view: View) -> Memory:
    """Note since when some miner was not looked at."""
    since = (memory.unseen_since or view.now) if _some_unseen(view) else None
    return memory if since == memory.unseen_since else replace(memory, unseen_since=since)


def _some_unseen(view: View) -> bool:
    looked_at = sum(view.seen.count(phase) for phase in Phase if phase is not Phase.UNKNOWN)
    return looked_at < len(view.state.miners)
