"""Holds back changes so that the commanded power of the fleet moves no faster than declared."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from netstab.dispatch.constraints import Constraints
from netstab.dispatch.setpoint import Setpoint
from netstab.units import MinerId, Seconds, Timestamp, Watts

__all__ = ["Change", "RampState", "Ramps", "admitted", "ramps", "release", "taken"]

WINDOW = 1.0
"""Seconds in which no more than the limit is released."""


class Ramps(NamedTuple):
    """How fast power may move each way, in W per second, above zero."""

    up: Watts
    down: Watts


@dataclass(frozen=True, slots=True)
class Change:
    """A miner's new setpoint, None to leave the miner alone, and the step of power that it commands.

    `ran` says whether the miner ran, or was to, before. With one that `binds` a minimum time may begin.
    """

    miner_id: MinerId
    setpoint: Setpoint | None
    step: Watts
    ran: bool = False
    binds: bool = True
    late: bool = False

    @property
    def wakes(self) -> bool:
        """Whether it has a miner boot."""
        return self.setpoint is not None and self.setpoint.running and not self.ran


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a release takes of the limit, and until when."""

    until: Timestamp
    power: Watts


@dataclass(frozen=True, slots=True)
class RampState:
    """The claims that still count, each way, and of what comes late; a call adds at most one to each."""

    down: tuple[_Claim, ...] = ()
    up: tuple[_Claim, ...] = ()
    late: tuple[_Claim, ...] = ()


def ramps(constraints: Constraints, configured_kilowatts: float) -> Ramps:
    """Return how fast power may move: no faster than is configured in kW/s, nor than is declared."""
    configured = Watts(1000 * configured_kilowatts)
    up, down = constraints.ramp_up, constraints.ramp_down
    return Ramps(
        up=configured if up is None else min(up, configured),
        down=configured if down is None else min(down, configured),
    )


def release(
    pending: Sequence[Change], state: RampState, limits: Ramps, now: Timestamp
) -> tuple[list[Change], RampState]:
    """Return the changes that may be commanded now, sheds first; the rest is to be asked for again later.

    In any second (t - 1, t] the steps released downwards add up to no more than the limit that way, and so do
    those upwards, each direction in the order of `pending`. A single step above
    the limit is released alone and then takes step / limit seconds, so that the average still holds.
    What comes late is let out as fast by itself, so that it comes spread, and paid for then (`taken`).
    """
    sheds = [change for change in pending if change.step < 0]
    raises = [change for change in pending if change.step > 0 and not change.late]
    starts = [change for change in pending if change.step > 0 and change.late]
    free = [change for change in pending if not change.step]
    shed, down = _release(sheds, state.down, limits.down, now)
    raised, up = _release(raises, state.up, limits.up, now)
    started, late = _release(starts, state.late, limits.up, now)
    return [*shed, *free, *raised, *started], RampState(down, up, late)


def admitted(
    powers: Iterable[Watts], state: RampState, up: Watts, spread: Seconds, now: Timestamp
) -> tuple[int, RampState]:
    """Return how many of those that start by themselves, the first ones, power may rise by.

    They began together and come to hash over `spread` s. What is admitted takes its part of the ramp: until
    that is paid for, nothing else rises. As in `release`, one that is too large for it goes alone.
    """
    paid_at = max((now, *(claim.until for claim in (*state.up, *state.late))))
    room, total, count = up * (now + spread - paid_at), 0.0, 0
    for power in powers:
        alone = not count and paid_at <= now
        if total + power > room and not alone:
            break
        total, count = total + power, count + 1
    if not count:
        return 0, state
    claim = _Claim(Timestamp(paid_at + total / up), Watts(max(total, up)))
    return count, replace(state, up=(*state.up, claim), late=(*state.late, claim))


def taken(state: RampState, power: Watts, up: Watts, now: Timestamp) -> RampState:
    """Return the state once power rises by so much of itself: until that is paid for, nothing else rises."""
    standing = tuple(claim for claim in state.up if claim.until > now)
    paid_at = max((now, *(claim.until for claim in standing)))
    claim = _Claim(Timestamp(paid_at + power / up), Watts(max(power, up)))
    return replace(state, up=(*standing, claim))


def _release(
    pending: Iterable[Change], claims: Iterable[_Claim], limit: Watts, now: Timestamp
) -> tuple[list[Change], tuple[_Claim, ...]]:
    standing = tuple(claim for claim in claims if claim.until > now)
    claimed = sum(claim.power for claim in standing)
    released, total = [], 0.0
    for change in pending:
        step = abs(change.step)
        if claimed + total > 0 and claimed + total + step > limit:
            break
        released.append(change)
        total += step
    if not released:
        return released, standing
    until = Timestamp(now + max(WINDOW, total / limit))
    return released, (*standing, _Claim(until, Watts(total)))
