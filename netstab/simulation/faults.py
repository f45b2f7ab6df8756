"""What can be wrong with simulated miners and with the way to them, as data, on top of any profile.

A new fault is a new row of `FAULTS`. Who has it, and how badly, is drawn from the seed. Pure.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf
from random import Random
from typing import Any, NamedTuple

from netstab.errors import SettingsError
from netstab.simulation.condition import Condition, Trouble
from netstab.simulation.population import Unit, marked, random_of, with_dead_boards
from netstab.simulation.profiles import Range
from netstab.simulation.window import Window

__all__ = ["FAULTS", "Fault", "afflict", "read_faults"]

_PAGE = b"<!DOCTYPE html><html><head><title>AnthillOS</title></head><body><div id='app'></div></body></html>"


class Draw(NamedTuple):
    """What chance gave one unit: its figure, when the fault is there, and a source for anything else."""

    figure: float
    window: Window
    rng: Random


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail, which a `share` of the miners has, from 0 to 1. Raises `SettingsError` beyond that.

    `figure` says how badly each of them has it, as `meaning` explains. An event in time begins at `begin`,
    lasts `length` and comes again every `period`, in seconds of physics: drawn once for all whom it
    strikes, for they hang on one breaker or one switch.
    """

    name: str
    share: float
    meaning: str
    strike: Callable[[Unit, Draw], Unit]
    figure: Range = (0, 0)
    begin: Range = (0, 0)
    length: Range = (inf, inf)
    period: Range = (inf, inf)

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise SettingsError(f"The share of fault {self.name} is {self.share:g}; it must be from 0 to 1.")

    def window(self, rng: Random) -> Window:
        return Window(*(_between(bounds, rng) for bounds in (self.begin, self.length, self.period)))


def _between(bounds: Range, rng: Random) -> float:
    low, high = bounds
    return low if low == high else rng.uniform(low, high)


def _defect(unit: Unit, **changes: Any) -> Unit:
    return replace(unit, defects=replace(unit.defects, **changes))


def _trouble(unit: Unit, draw: Draw, condition: Condition, chance: float = 1.0) -> Unit:
    added = Trouble(condition, draw.window, chance, draw.rng.getrandbits(64))
    return _defect(unit, troubles=(*unit.defects.troubles, added))


def _dead_boards(unit: Unit, draw: Draw) -> Unit:
    return unit if 0 in unit.chips else replace(unit, chips=with_dead_boards(unit.chips, draw.rng))


def _wrong_power(unit: Unit, draw: Draw) -> Unit:
    return _defect(unit, report_factor=1 + draw.rng.choice((-1, 1)) * draw.figure)


def _garbage(unit: Unit, draw: Draw) -> Unit:
    noise = draw.rng.randbytes(draw.rng.randint(1, 512))
    return _trouble(unit, draw, Condition(api_answer=noise, web_answer=noise))


def _rogue(unit: Unit, draw: Draw) -> Unit:
    return _defect(_trouble(unit, draw, Condition(hang_web=True)), rogue=True)


def _with(condition: Condition) -> Callable[[Unit, Draw], Unit]:
    return lambda unit, draw: _trouble(unit, draw, condition)


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("dead_boards", 0.17, "one or two of three boards are dead", _dead_boards),
        Fault(
            "no_wake",
            0.07,
            "no boot ever reaches hashing, though the web server comes up",
            lambda unit, _: _defect(unit, never_boots=True),
        ),
        Fault(
            "sag",
            1.0,
            "boots fail as in the field profile: 8.5 % at a time, 24 % of 152 and 43 % of 171 together",
            lambda unit, _: _defect(unit, sags=True),
        ),
        Fault(
            "crash_on_frequency",
            1.0,
            "a changed frequency leaves the mining process dead until a power cut, one time in three",
            lambda unit, draw: _defect(unit, crash=draw.figure),
            figure=(1 / 3, 1 / 3),
        ),
        Fault(
            "deaf_to_sleep",
            0.03,
            "it answers to sleep mode, and hashes on; killing its mining process stops it",
            lambda unit, _: _defect(unit, deaf_to_sleep=True),
        ),
        Fault(
            "wrong_power",
            1.0,
            "the power that it reports is 5 to 20 % too low or too high, always the same",
            _wrong_power,
            figure=(0.05, 0.20),
        ),
        Fault(
            "power_cut",
            0.25,
            "no power for 30 to 120 s, 2 to 10 min after the start, all at once; then it boots and mines",
            lambda unit, draw: _defect(unit, outages=draw.window),
            begin=(120, 600),
            length=(30, 120),
        ),
        Fault(
            "lost_pool",
            0.01,
            "no pool answers for 5 to 15 min, 2 to 10 min after the start: no hash, and it goes on drawing",
            lambda unit, draw: _defect(unit, poolless=draw.window),
            begin=(120, 600),
            length=(300, 900),
        ),
        Fault("rogue", 0.02, "its web server is dead, and it mines from the start", _rogue),
        Fault("hung_port", 0.05, "port 4028 accepts and stays silent", _with(Condition(hang_api=True))),
        Fault("unauthorized", 0.03, "the web server answers 401", _with(Condition(unauthorized=True))),
        Fault("html", 0.03, "the web server answers all with a page", _with(Condition(web_answer=_PAGE))),
        Fault("garbage", 0.03, "both ports answer random bytes", _garbage),
        Fault(
            "packet_loss",
            0.25,
            "one request in five is lost: port 4028 closes, the web server stays silent, nothing is done",
            lambda unit, draw: _trouble(unit, draw, Condition(lost=True), draw.figure),
            figure=(0.2, 0.2),
        ),
        Fault(
            "flapping",
            0.1,
            "no port answers for 10 to 20 s in every 60 to 120 s, all at once",
            _with(Condition(hang_api=True, hang_web=True)),
            begin=(30, 120),
            length=(10, 20),
            period=(60, 120),
        ),
    )
}
"""All faults by name, each with the share of miners that has it unless another is given."""


def afflict(units: Sequence[Unit], faults: Iterable[Fault], seed: int) -> list[Unit]:
    """Return the units with `faults`; the same seed strikes the same ones in the same way."""
    struck = list(units)
    for fault in faults:
        common = random_of(seed, "fault", fault.name)
        window = fault.window(common)
        for index, hit in enumerate(marked(fault.share, len(struck), common)):
            if hit:
                rng = random_of(seed, "fault", fault.name, index)
                draw = Draw(_between(fault.figure, rng), window, rng)
                struck[index] = _named(fault.strike(struck[index], draw), fault)
    return struck


def _named(unit: Unit, fault: Fault) -> Unit:
    return _defect(unit, faults=(*unit.defects.faults, fault.name))


def read_faults(text: str) -> tuple[Fault, ...]:
    """Read `name=share,name,...`; a name alone has its usual share.

    Raises `SettingsError` for an unknown name, one that comes twice, or a share that is not from 0 to 1.
    """
    faults = tuple(_read(part.strip()) for part in text.split(","))
    names = [fault.name for fault in faults]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(f"Fault {name} is named {names.count(name)} times; once is enough.")
    return faults


def _read(part: str) -> Fault:
    name, given, share = part.partition("=")
    if name not in FAULTS:
        raise SettingsError(f"There is no fault {name!r}; there are {', '.join(FAULTS)}.")
    try:
        return replace(FAULTS[name], share=float(share)) if given else FAULTS[name]
    except ValueError as error:
        raise SettingsError(f"The share of fault {name} is {share!r}; it must be from 0 to 1.") from error
