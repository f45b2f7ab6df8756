"""Has the fleet follow what is in force: each change of it is one command, and what is not its own it leaves.

It runs on one thread, and asks the fleet alone: how the VTN is doing is nothing to it.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from actors.snapshot import FleetSnapshot
from events.commands import Activate, Command, LiftLimit, Release, SetLimit
from events.state import FrontSetpoint, Source
from netstab.errors import CommandRejected, ErrorCode
from netstab.fronts.link import Link
from netstab.fronts.openadr.periods import SECOND
from netstab.fronts.openadr.planned import Ask, Plan
from netstab.fronts.openadr.wishes import (
    CAPACITY,
    SIMPLE,
    Ongoing,
    Wish,
    base_needed,
    capacity_wish,
    level_wish,
    ongoing,
    setpoint_wish,
)
from netstab.fronts.pause import FIRST_PAUSE, pause_after
from netstab.units import Seconds, WallTime, Watts

__all__ = ["Following"]

logger = logging.getLogger(__name__)

_ENDS_ITSELF = 5.0
"""Seconds after its end in which what ends by itself is left alone."""

_SETPOINT = "setpoint"


@dataclass(slots=True)
class _Slot:
    """What the fleet was told last for one purpose; `again` is when what was refused is said again."""

    told: Wish | None = None
    refused: Wish | None = None
    code: ErrorCode | None = None
    again: float = 0.0
    pause: Seconds = FIRST_PAUSE


class Following:
    """One for a term. `follow` is called again and again."""

    def __init__(self, link: Link, percents: Sequence[float]) -> None:
        self._link = link
        self._percents = percents
        self._slots = {name: _Slot() for name in (_SETPOINT, CAPACITY, SIMPLE)}
        self._plan: Plan | None = None
        self._ongoing: Ongoing | None = None
        self._relative_to: tuple[Ask, Watts] | None = None
        self._before = Watts(0.0)
        self._overridden = False

    @property
    def ongoing(self) -> Ongoing | None:
        """What is in force, as it was followed last."""
        return self._ongoing

    def follow(self, plan: Plan, now: WallTime) -> None:
        """Bring what the fleet was told in line with what events ask for now."""
        moment = float(int(now * SECOND))
        if (
            plan is not self._plan
            or self._ongoing is None
            or not self._ongoing.start <= moment < self._ongoing.end
        ):
            self._ongoing, self._plan = ongoing(plan.events, moment), plan
        seen, snapshot = self._ongoing, self._link.fleet.snapshot
        self._notice_override(snapshot)
        rated = snapshot.rated_power
        own = _own_setpoint(snapshot, now)
        setpoint = setpoint_wish(seen, rated, self._base(seen, snapshot, own))
        held = None if own is None else Wish(own.target or Watts(0.0), own.until, "")
        if seen.asked.setpoint is None or setpoint is not None:
            self._tell(_SETPOINT, setpoint, held, now)
        self._tell(CAPACITY, capacity_wish(seen, rated), _own_limit(snapshot, CAPACITY), now)
        self._tell(SIMPLE, level_wish(seen, rated, self._percents), _own_limit(snapshot, SIMPLE), now)

    def _notice_override(self, snapshot: FleetSnapshot) -> None:
        """Once an operator gives command back, what is in force is said anew: the override has ended it."""
        overridden = snapshot.state.override is not None
        if self._overridden and not overridden:
            self._slots[_SETPOINT] = _Slot()
        self._overridden = overridden

    def _base(self, seen: Ongoing, snapshot: FleetSnapshot, own: FrontSetpoint | None) -> Watts:
        """Return what a change is added to: what would be in force at its start without it."""
        ask = base_needed(seen)
        if ask is None:
            if own is None:
                self._relative_to = None
            return Watts(0.0)
        if self._relative_to is not None and self._relative_to[0] == ask:
            return self._relative_to[1]
        if own is None:
            order = snapshot.state.order
            self._before = snapshot.active_power if order is None else order.target or Watts(0.0)
        elif own.since * SECOND >= ask.start and self._relative_to is None and not ask.percent:
            self._before = Watts((own.target or 0.0) - ask.value * 1000)  # it was told before a restart
        else:
            self._before = _others(snapshot, self._before)
        self._relative_to = (ask, self._before)
        return self._before

    def _tell(self, name: str, wish: Wish | None, held: Wish | None, now: WallTime) -> None:
        """Say what is wanted where that has changed; `held` is what stands of us with the fleet."""
        slot = self._slots[name]
        if wish is None:
            if held is None:
                slot.told = slot.refused = None
            elif not _ends_itself(held, now):
                self._submit(slot, Release() if name == _SETPOINT else LiftLimit(name), None, now)
            return
        if slot.told is None and held is not None and (held.power, held.until) == (wish.power, wish.until):
            slot.told = wish
        if slot.told == wish or (wish.until is not None and wish.until <= now):
            return
        if slot.refused == wish and (now < slot.again or self._waits_for_operator(slot)):
            return
        command = (
            Activate(wish.power, wish.until) if name == _SETPOINT else SetLimit(name, wish.power, wish.until)
        )
        self._submit(slot, command, wish, now)

    def _waits_for_operator(self, slot: _Slot) -> bool:
        return slot.code is ErrorCode.MANUAL_OVERRIDE and self._overridden

    def _submit(self, slot: _Slot, command: Command, wish: Wish | None, now: WallTime) -> None:
        """Hand over a command; one that is refused is said again later."""
        if wish is None and now < slot.again:
            return
        over = "openadr" if slot.told is None else f"{slot.told.client} is over"
        try:
            self._link.submit_now(command, Source.OPENADR, over if wish is None else wish.client)
        except CommandRejected as rejected:
            slot.pause = pause_after(slot.pause if slot.refused == wish else None)
            slot.refused, slot.code, slot.again = wish, rejected.code, now + slot.pause
            self._link.trouble(f"{command.name} was refused: {rejected.message}")
            return
        slot.told, slot.refused, slot.code = wish, None, None
        if wish is None:
            slot.again = now + FIRST_PAUSE
        elif wish.clamped is not None:
            self._link.trouble(f"{wish.client}.")


def _ends_itself(held: Wish, now: WallTime) -> bool:
    """Whether its end has come just now, which needs no word of ours."""
    return held.until is not None and held.until - 1 <= now < held.until + _ENDS_ITSELF


def _own_setpoint(snapshot: FleetSnapshot, now: WallTime) -> FrontSetpoint | None:
    own = snapshot.state.setpoints.get(Source.OPENADR)
    if own is None or (own.until is not None and own.until + _ENDS_ITSELF <= now):
        return None
    return own


def _own_limit(snapshot: FleetSnapshot, name: str) -> Wish | None:
    found = next((limit for limit in snapshot.limits if limit.source == name), None)
    return None if found is None else Wish(found.power, found.until, "")


def _others(snapshot: FleetSnapshot, otherwise: Watts) -> Watts:
    """Return what would be in force of what the other fronts want."""
    commands = snapshot.commanding_but(Source.OPENADR)
    return otherwise if commands is None else commands.target or Watts(0.0)
