"""What a Whatsminer tells at one look, whichever API told it, and the reading that it makes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netstab.devices.antminer.halted import awaits_pool, why_it_does_not_hash
from netstab.devices.antminer.identity import mac_of
from netstab.devices.antminer.loose_json import number, plausible
from netstab.devices.antminer.naming import label
from netstab.devices.figures import MOST_HASHRATE, MOST_POWER, NO_POWER
from netstab.devices.port import Activity, Board, Firmware, Identity, Pool, Reading
from netstab.devices.whatsminer.models import takes_commands, whatsminer_named
from netstab.devices.whatsminer.percents import FULL, powers, setting_of
from netstab.power.unit import Capabilities, PowerSource
from netstab.units import Celsius, GigahashPerSecond, Seconds, Watts

__all__ = [
    "ASLEEP",
    "LONGEST_RAMP",
    "MOST_BOARDS",
    "State",
    "age_told",
    "board",
    "count",
    "has_ramped",
    "identity",
    "limit_told",
    "percent_told",
    "reading",
    "speeds",
    "watts_told",
]

ASLEEP = Watts(13.0)
"""What another maker's simulator has of a sleeping machine; it depends on the power supply."""

SETTLES = Seconds(10.0)
"""A percentage in fast mode takes about 1 s by the maker's manual; the figures told follow."""

LONGEST_RAMP = Seconds(600.0)
"""From a start to full clock by the maker's manual: 6-10 minutes by the speed that is set."""

MOST_BOARDS = 8
_OLDEST_S = 1e8
_LIMITS = 300.0, MOST_POWER  # 99999 stands for no limit
_MOST_PERCENT = 200


@dataclass(frozen=True, slots=True)
class State:
    """`working`: its mining service runs. `ramped`: the clock has climbed to where it is to be.

    `percent` of the `limit` is what it is set to, 0 where it says that none is in use; `power` is what it
    draws. None where it does not tell.
    `closed` says why it takes no commands of anybody, "" where it takes them, None where it does not tell.
    """

    working: bool
    ramped: bool
    percent: int | None
    limit: Watts | None
    power: Watts | None
    hashrate: GigahashPerSecond
    elapsed: Seconds | None
    boards: tuple[Board, ...] = ()
    fans: tuple[int, ...] = ()
    pools: tuple[Pool, ...] = ()
    closed: str | None = None

    @property
    def in_force(self) -> int | None:
        """The percentage that it runs at by its own word: with none in use that is full power."""
        return FULL if self.percent == 0 else self.percent

    @property
    def settable(self) -> bool:
        """Whether a percentage would be taken: while it ramps it is refused or lost."""
        return self.working and self.ramped


def reading(state: State) -> Reading:
    activity = _activity(state)
    setting = None
    if activity is Activity.HASHING and state.limit is not None and state.in_force is not None:
        setting = setting_of(state.in_force, state.limit)
    halted = state.settable and activity is not Activity.HASHING
    uncertain = why_it_does_not_hash(state.boards, state.pools) if halted else ""
    if state.power is None and state.working:
        uncertain = uncertain or NO_POWER
    return Reading(
        activity=activity,
        power=_power(state),
        hashrate=state.hashrate if state.working else GigahashPerSecond(0.0),
        setting=setting,
        elapsed=state.elapsed if state.working else None,
        boards=state.boards if state.working else (),
        fans=state.fans,
        uncertain=uncertain,
        power_at_most=state.limit if uncertain else None,
        awaits_pool=state.working and awaits_pool(state.pools),
        closed=state.closed,
        limit=state.limit if activity is Activity.HASHING else None,  # asleep it may tell another
    )


def _activity(state: State) -> Activity:
    if not state.working:
        return Activity.STOPPED
    return Activity.HASHING if state.ramped and state.hashrate > 0 else Activity.STARTING


def _power(state: State) -> Watts:
    """Return what it draws: one that is off and still tells a hash rate repeats what it told before."""
    if not state.working and (state.power is None or state.hashrate > 0):
        return ASLEEP
    if state.power is not None:
        return state.power
    return Watts((state.limit or 0.0) * (FULL if state.in_force is None else state.in_force) / FULL)


def identity(
    model: str,
    version: str,
    mac: object,
    hostname: object,
    state: State,
    rated_hashrate: GigahashPerSecond | None,
    *,
    commanded: bool = True,
) -> Identity:
    """Make an identity; one that told no limit while it sleeps is asked again once it runs.

    `commanded` is False of firmware that takes no commands.
    """
    controllable = commanded and takes_commands(model)
    return Identity(
        model=model,
        firmware=Firmware.WHATSMINER,
        firmware_version=version,
        mac=mac_of(mac),
        hostname=label(hostname),
        setting=reading(state).setting,
        capabilities=_capabilities(model, state.limit, rated_hashrate) if controllable else Capabilities(),
        provisional=controllable and state.limit is None and not state.working,
    )


def _capabilities(model: str, limit: Watts | None, hashrate: GigahashPerSecond | None) -> Capabilities:
    """Return what it can be told: without a limit of its own it is on or off."""
    known = whatsminer_named(model)
    rate = hashrate or (known.hashrate if known is not None else GigahashPerSecond(0.0))
    return Capabilities(
        switchable=True,
        range=powers(limit, rate) if limit is not None else None,
        restarts_on_change=False,
        settles_within=SETTLES,
        power_source=PowerSource.MEASURED,
        volatile=True,
        asleep=ASLEEP,
    )


def watts_told(value: object) -> Watts | None:
    told = plausible(value, 0, MOST_POWER)
    return None if told is None else Watts(told)


def age_told(value: object) -> Seconds | None:
    told = plausible(value, 0, _OLDEST_S)
    return None if told is None else Seconds(told)


def has_ramped(finished: object, elapsed: Seconds | None) -> bool:
    """Whether the clock has climbed; of firmware that does not say so: after the longest documented time."""
    told = number(finished)
    if told is not None:
        return told == 1
    return elapsed is not None and elapsed >= LONGEST_RAMP


def limit_told(*values: object) -> Watts | None:
    """Return the first limit that is one."""
    told = (plausible(value, *_LIMITS) for value in values)
    return next((Watts(float(round(limit))) for limit in told if limit is not None), None)


def percent_told(*values: object) -> int | None:
    """Return the first percentage that is in use, 0 where all that is told is that none is."""
    plausibles = (plausible(value, 0, _MOST_PERCENT) for value in values)
    told = [round(percent) for percent in plausibles if percent is not None]
    return next((percent for percent in told if percent), 0 if told else None)


def speeds(*values: object) -> tuple[int, ...]:
    """Return the speeds of the fans that turn, in rpm."""
    told = (plausible(value, 1, 20_000) for value in values)
    return tuple(int(speed) for speed in told if speed is not None)


def count(entry: Mapping[str, Any], key: str) -> int:
    return int(plausible(entry.get(key), 0, 2.0**53) or 0)


def board(
    position: object,
    chips: object,
    frequency: object,
    gigahash: object,
    pcb: object,
    chip: object,
    *,
    alive: bool,
) -> Board:
    """Make a board of its figures; one that is dead has no living chips."""
    known = int(plausible(chips, 0, 10_000) or 0)
    return Board(
        position=int(plausible(position, 0, 64) or 0),
        chips_total=known,
        chips_ok=known if alive else 0,
        frequency=plausible(frequency, 0, 5000) or 0.0,
        hashrate=GigahashPerSecond(plausible(gigahash, 0, MOST_HASHRATE) or 0.0),
        pcb_temperature=Celsius(plausible(pcb, -60, 200) or 0.0),
        chip_temperature=Celsius(plausible(chip, -60, 200) or 0.0),
        power=None,
        voltage=None,
    )
