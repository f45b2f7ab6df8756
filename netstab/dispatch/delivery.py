"""What comes of a dispatch command: how soon, how closely and with how much energy it was followed.

Pure: fed with measured power, by whoever has a clock. Energy is in Wh.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from netstab.units import MinerId, Seconds, Timestamp, WallTime, Watts, on_wall

__all__ = ["Deliveries", "DeliveryRecord", "Disobedience", "Ending", "Result", "Sample", "result"]

REACTED = 0.1
"""The share of a step after which power counts as moving: grid codes measure the initial delay so."""

HELD_FOR = Seconds(15.0)
"""How long power has to stay in the band before a command counts as reached that has not settled yet."""

_LONGEST_CLIMB = Seconds(600.0)
"""So long a power is waited for that does not come to rest: the slowest units climb for nine minutes."""

_STANDS = 0.01  # of the target, or of the power before: more is a move

MOST_DISOBEDIENT = 50
_MOST_IF_SUPERSEDED = 5  # most are only on their way, and an EMS may order every other second
HOUR = 3600.0


class Ending(StrEnum):
    """Why a record was made."""

    IN_BAND = "in_band"  # power has stayed in the tolerance band, though some miners are still on their way
    SETTLED = "settled"  # all that can be done is done, and power has come to rest
    SUPERSEDED = "superseded"  # another command has taken over


class Result(StrEnum):
    """What came of a command, in a word."""

    REACHED = "reached"  # power came into the tolerance band, and was in it for most of the time since
    PARTLY = "partly"  # it went a tenth of the way or more, or did not stay in the band
    MISSED = "missed"  # all was done that could be, and power has hardly moved
    REPLACED = "replaced"  # another command took over before this one was done


class Disobedience(NamedTuple):
    """A miner that did not follow, and why."""

    miner_id: MinerId
    reason: str


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """What came of the command of version `order` while it was watched, from `begun_at` to `ended_at`.

    `target` None is standby. `reaction_delay` is the time to a tenth of the step, `time_to_band` that to the
    tolerance band; None if it did not come. `share_in_band` is 0 to 1 of the time watched. `shortfall_energy`
    adds up what was missing at each moment: too much later does not make up for it. Energies and share
    leave out the time in which nobody knew the power. `disobedient` names the first of `disobedient_total`
    miners. `settled_after` is the time until all was done that could be, None if that did not come, and in
    older logs. `limited_by` is the source of the limit that left `target` of the power ordered, None if none
    did.
    """

    order: int
    target: Watts | None
    ending: Ending
    begun_at: WallTime
    ended_at: WallTime
    power_before: Watts
    power_at_end: Watts
    reaction_delay: Seconds | None
    time_to_band: Seconds | None
    share_in_band: float
    asked_energy: float
    delivered_energy: float
    shortfall_energy: float
    disobedient: tuple[Disobedience, ...]
    disobedient_total: int
    settled_after: Seconds | None = None
    limited_by: str | None = None


def result(record: DeliveryRecord) -> Result:
    """Say in a word what came of a command."""
    if record.time_to_band is not None:
        watched = record.ended_at - record.begun_at
        since = watched - record.time_to_band
        return Result.REACHED if 2 * record.share_in_band * watched >= since else Result.PARTLY
    if record.ending is Ending.SUPERSEDED and record.settled_after is None:
        return Result.REPLACED
    way = (record.target or 0.0) - record.power_before
    went = record.power_at_end - record.power_before
    return Result.PARTLY if way and went / way >= REACTED else Result.MISSED


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the fleet. `order` is the version of the command in force, `target` what is pursued for it.

    `idle` is what the fleet draws with every miner asleep: nothing can bring it below. `correction` is what
    the host's clock was ahead of the steady one. Where `seen` is False nobody knows the power. `limited_by`
    is the source of the limit that leaves less than was ordered.
    """

    at: Timestamp
    order: int
    target: Watts | None
    power: Watts
    idle: Watts
    settled: bool
    correction: Seconds = Seconds(0.0)
    seen: bool = True
    limited_by: str | None = None

    @property
    def asks(self) -> tuple[int, Watts | None]:
        """What a record is made of: an order that limits leave another power is watched anew."""
        return self.order, self.target


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One command's figures so far; `last` is the newest sample.

    Power has stood about where it was in `level` since then, and all miners are set since `set_since`.
    """

    first: Sample
    last: Sample
    level: Sample
    set_since: Timestamp | None
    reacted: Seconds | None
    reached: Seconds | None
    in_band: float = 0.0
    in_band_since: Timestamp | None = None
    settled: Seconds | None = None
    delivered: float = 0.0
    shortfall: float = 0.0
    unseen: float = 0.0

    @property
    def watched(self) -> float:
        return self.last.at - self.first.at

    @property
    def known(self) -> float:
        """The seconds in which the power was known: of the others no energy is made."""
        return self.watched - self.unseen


class Deliveries:
    """Watches one command after the other; its records are fetched with `take`."""

    def __init__(self, tolerance_percent: float) -> None:
        self._tolerance = tolerance_percent / 100
        self._running: _Delivery | None = None
        self._noted: set[Ending] = set()
        self._disobedient: Callable[[], Sequence[Disobedience]] = tuple
        self._records: list[DeliveryRecord] = []

    def observe(self, sample: Sample, disobedient: Callable[[], Sequence[Disobedience]]) -> None:
        """Take in the newest sample; `disobedient` is called when a record is made of it.

        A command is recorded when it settles, before that when its power has stayed in the band, and once
        more, with all the time it was in force, when another takes over. One that finds everything as it asks
        settles at once.
        """
        running = self._running
        if running is not None and running.first.asks == sample.asks:
            running = self._after(running, sample)
        else:
            if running is not None:
                self._record(self._after(running, sample), Ending.SUPERSEDED)
            running, self._noted = self._begun(sample), set()
        self._running, self._disobedient = running, disobedient
        ending = _ending(running)
        if ending is not None and not self._noted & {ending, Ending.SETTLED}:
            self._noted.add(ending)
            self._record(running, ending)

    def take(self) -> list[DeliveryRecord]:
        """Return the records made since the last time."""
        records, self._records = self._records, []
        return records

    def _begun(self, sample: Sample) -> _Delivery:
        at_once = Seconds(0.0) if sample.seen and self._in_band(sample, sample.power) else None
        return _Delivery(
            sample,
            sample,
            level=sample,
            set_since=sample.at if sample.settled else None,
            reacted=at_once,
            reached=at_once,
            in_band_since=None if at_once is None else sample.at,
            settled=Seconds(0.0) if sample.settled and not (sample.seen and at_once is None) else None,
        )

    def _after(self, running: _Delivery, sample: Sample) -> _Delivery:
        first, last = running.first, running.last
        seconds = max(0.0, sample.at - last.at)
        elapsed = Seconds(running.watched + seconds)
        known = seconds if sample.seen and last.seen else 0.0
        mean = (last.power + sample.power) / 2
        inside = sample.seen and self._in_band(first, sample.power)
        stayed = inside and self._in_band(first, last.power)
        running = replace(running, level=_level(running, sample), set_since=_set_since(running, sample))
        at_rest = _is_at_rest(running, sample, inside=inside)
        return replace(
            running,
            last=sample,
            reacted=elapsed if running.reacted is None and _moves(first, sample) else running.reacted,
            reached=elapsed if running.reached is None and inside else running.reached,
            in_band=running.in_band + (known if stayed else 0.0),
            in_band_since=(running.in_band_since or sample.at) if inside else None,
            settled=elapsed if running.settled is None and at_rest else running.settled,
            delivered=running.delivered + mean * known,
            shortfall=running.shortfall + max(0.0, (first.target or 0.0) - mean) * known,
            unseen=running.unseen + seconds - known,
        )

    def _in_band(self, asked: Sample, power: float) -> bool:
        target = asked.target or 0.0
        highest = max(target, asked.idle) * (1 + self._tolerance)
        return target * (1 - self._tolerance) <= power <= highest

    def _record(self, delivery: _Delivery, ending: Ending) -> None:
        first, last, seconds = delivery.first, delivery.last, delivery.known
        named = self._disobedient()
        self._records.append(
            DeliveryRecord(
                order=first.order,
                target=first.target,
                ending=ending,
                begun_at=on_wall(first.at, last.correction),
                ended_at=on_wall(last.at, last.correction),
                power_before=first.power,
                power_at_end=last.power,
                reaction_delay=delivery.reacted,
                time_to_band=delivery.reached,
                share_in_band=delivery.in_band / seconds if seconds else float(delivery.reached is not None),
                asked_energy=(first.target or 0.0) * seconds / HOUR,
                delivered_energy=delivery.delivered / HOUR,
                shortfall_energy=delivery.shortfall / HOUR,
                disobedient=tuple(
                    named[: MOST_DISOBEDIENT if ending is Ending.SETTLED else _MOST_IF_SUPERSEDED]
                ),
                disobedient_total=len(named),
                settled_after=delivery.settled,
                limited_by=first.limited_by,
            )
        )


def _level(running: _Delivery, sample: Sample) -> Sample:
    """Return the sample since which power stands, the newest if it has moved."""
    scale = max(running.first.target or 0.0, running.first.power, sample.idle)
    return running.level if abs(sample.power - running.level.power) <= _STANDS * scale else sample


def _set_since(running: _Delivery, sample: Sample) -> Timestamp | None:
    return (running.set_since or sample.at) if sample.settled else None


def _is_at_rest(running: _Delivery, sample: Sample, *, inside: bool) -> bool:
    """Whether a command has settled: units may climb for minutes after they say that they are set.

    A sample that overtakes it speaks of another command.
    """
    if running.set_since is None or sample.asks != running.first.asks:
        return False
    stands = sample.at - running.level.at >= HELD_FOR
    return inside or stands or not sample.seen or sample.at - running.set_since >= _LONGEST_CLIMB


def _ending(running: _Delivery) -> Ending | None:
    """Say why a command that is in force has come to something, None while it is under way."""
    if running.settled is not None and running.last.settled:
        return Ending.SETTLED
    since = running.in_band_since
    return Ending.IN_BAND if since is not None and running.last.at - since >= HELD_FOR else None


def _moves(asked: Sample, sample: Sample) -> bool:
    """Whether power has gone a tenth of the way, in the direction asked for."""
    way = max(asked.target or 0.0, asked.idle) - asked.power
    return sample.seen and (way == 0 or (sample.power - asked.power) / way >= REACTED)
