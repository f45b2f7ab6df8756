"""Which runs there are, and running them on all cores."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any

from benchmarks.dispatch import scenarios, signals
from benchmarks.dispatch.controllers.comparators import LeastEfficientFirst, Nameplate, Uniform
from benchmarks.dispatch.controllers.ours import Ours
from benchmarks.dispatch.controllers.perfect import Perfect
from benchmarks.dispatch.disturbances import disturb
from benchmarks.dispatch.judge import judge
from benchmarks.dispatch.regd import EVERY
from benchmarks.dispatch.run import Build, Scenario, Trace, run
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import DOCUMENT, FIELD
from netstab.simulation.virtual.site import Composition, Disturbance, Site

__all__ = [
    "CONTROLLERS",
    "KINDS",
    "OURS",
    "PERFECT",
    "SEED",
    "SEEDS",
    "WITHOUT_METER",
    "Job",
    "Outcome",
    "jobs",
    "run_all",
    "run_one",
]

SEEDS = range(5)
"""Of fleets whose figures tell how much is chance."""
SEED = 1
"""The one of them that all other tables tell of."""

OURS, WITHOUT_METER, PERFECT = "netstab", "netstab, no meter", "perfect knowledge"
CONTROLLERS: dict[str, Build] = {
    OURS: Ours,
    WITHOUT_METER: Ours,
    "nameplate, no feedback": Nameplate,
    "uniform frequency": Uniform,
    "uniform power": Uniform,
    "least efficient first": LeastEfficientFirst,
    PERFECT: Perfect,
}
_OF_ANY_COMPOSITION = (OURS, WITHOUT_METER, "nameplate, no feedback")
_COMPARED = {
    Composition.S9: tuple(name for name in CONTROLLERS if name != "uniform power"),
    Composition.RANGE: (*_OF_ANY_COMPOSITION, "uniform power"),
    Composition.MIXED: _OF_ANY_COMPOSITION,
    Composition.HALF: _OF_ANY_COMPOSITION,
}
_OF_RANGES = (("steady", ""), ("steps", ""), ("regulation", "RegA"))
_OF_ANY_MODE = ("uniform frequency", "least efficient first")

_DISTURBANCES = {
    "10 % dead": Disturbance(dead=0.1),
    "10 % misreporting": Disturbance(misreporting=0.1),
    "5 % of requests lost": Disturbance(lost=0.05),
    "all three": Disturbance(dead=0.1, misreporting=0.1, lost=0.05),
}


_PLAIN: dict[str, Callable[[Site], Scenario]] = {
    "steps": scenarios.steps,
    "acceptance": scenarios.acceptance,
    "steady": scenarios.steady,
    "disturbed steady": scenarios.steady,
    "limited": scenarios.limited,
}
"""Of the kinds that depend on nothing but the site."""
KINDS = ("regulation", "disturbed", "repeated", *_PLAIN)


@dataclass(frozen=True, slots=True)
class Job:
    """One run. `signal` names what regulation follows, or the disturbance, "" where there is none."""

    kind: str
    signal: str
    controller: str
    site: Site
    traced: bool = False

    @property
    def cost(self) -> float:
        hours = 0.5 + (_rega_hours(self.site) if self.signal == "RegA" else 1.0)
        return self.site.count * hours * (3 if self.controller in (OURS, WITHOUT_METER, PERFECT) else 1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of a run; the trace only where a chart needs it."""

    job: Job
    figures: dict[str, Any]
    trace: Trace | None

    def as_json(self) -> dict[str, Any]:
        site = self.job.site
        return {
            "kind": self.job.kind,
            "signal": self.job.signal,
            "controller": self.job.controller,
            "miners": site.count,
            "composition": site.composition,
            "profile": site.profile.name,
            "mode": site.mode.value,
            "metered": site.metered,
            "seed": site.seed,
            "disturbance": asdict(site.disturbance),
            **self.figures,
        }


def jobs(*, quick: bool) -> list[Job]:
    """List the runs, the longest first."""
    counts = (50,) if quick else (10, 50, 200)
    listed = [job for count in counts for job in _of_fleet(count, quick)]
    if not quick:
        listed += _of_other_seeds()
    return sorted(listed, key=lambda job: -job.cost)


def _of_fleet(count: int, quick: bool) -> Iterator[Job]:
    for profile, mode in product((DOCUMENT, FIELD), PowerMode):
        site = Site(profile, count, mode, seed=SEED)
        if quick and mode is PowerMode.FREQUENCY:
            continue
        for signal in _signals(site, quick):
            yield from _compared("regulation", signal, site)
        for kind in ("steps", "acceptance", "steady"):
            yield from _compared(kind, "", site)
        yield Job("limited", "", OURS, site)
        for every in scenarios.REPEATED if count == 50 and mode is PowerMode.ON_OFF else ():
            yield Job("repeated", str(every), OURS, site)
    if count == 50:
        yield from _with_ranges(count, quick)
    if count == 50 and not quick:
        site = Site(FIELD, count, PowerMode.ON_OFF, seed=SEED)
        for name, disturbance in _DISTURBANCES.items():
            harmed = replace(site, disturbance=disturbance)
            yield from _compared("disturbed steady", name, harmed)
            yield from _compared("disturbed", name, harmed)


def _with_ranges(count: int, quick: bool) -> Iterator[Job]:
    """List the runs of fleets that have units with a range in watts; these are tuned in both modes."""
    for profile, composition in product((DOCUMENT, FIELD), (Composition.RANGE, Composition.MIXED)):
        site = Site(profile, count, PowerMode.ON_OFF, seed=SEED, composition=composition)
        for kind, signal in _OF_RANGES:
            if not quick or (kind == "steady" and profile is DOCUMENT):
                yield from _compared(kind, signal, site)


def _of_other_seeds() -> Iterator[Job]:
    """List what 50 miners of other seeds do under the product."""
    others = [seed for seed in SEEDS if seed != SEED]
    for seed, profile, mode in product(others, (DOCUMENT, FIELD), PowerMode):
        site = Site(profile, 50, mode, seed=seed)
        for signal in (signals.typical_day(), "RegA"):
            yield Job("regulation", signal, OURS, site)
        for kind in ("steps", "acceptance", "steady"):
            yield Job(kind, "", OURS, site)
    for seed, composition in product(others, (Composition.RANGE, Composition.MIXED)):
        site = Site(DOCUMENT, 50, PowerMode.ON_OFF, seed=seed, composition=composition)
        for kind, signal in _OF_RANGES:
            yield Job(kind, signal, OURS, site)


def _signals(site: Site, quick: bool) -> list[str]:
    """Name the signals: all days where the goals are, else three or one of them."""
    days, usual = signals.days_by_mileage(), signals.typical_day()
    if quick:
        return [usual]
    if site.count == 50:
        return [*days, "RegA"]
    on_off = site.mode is PowerMode.ON_OFF
    some = [days[1], usual, days[8]] if on_off and site.profile == FIELD else [usual]
    return [*some, "RegA"] if site.count < 200 or on_off else some


def _compared(kind: str, signal: str, site: Site) -> Iterator[Job]:
    for controller in _COMPARED[site.composition]:
        if controller in _OF_ANY_MODE and (site.mode is not PowerMode.ON_OFF or "disturbed" in kind):
            continue
        if controller == WITHOUT_METER and (kind == "steps" or site.count == 200):
            continue
        metered = controller != WITHOUT_METER
        charted = site.count == 50 and site.mode is PowerMode.ON_OFF and _is_charted(kind, signal)
        traced = charted and site.composition is Composition.S9
        yield Job(kind, signal, controller, replace(site, metered=metered), traced)


def _rega_hours(site: Site) -> int:
    """Score RegA over four hours where the goals are, over one elsewhere."""
    central = site.count == 50 and site.composition is Composition.S9 and site.mode is PowerMode.ON_OFF
    return 4 if central else 1


def _is_charted(kind: str, signal: str) -> bool:
    return kind == "steps" or (kind == "regulation" and signal == signals.typical_day())


def _scenario(job: Job) -> Scenario:
    site = job.site
    if job.kind in ("regulation", "disturbed"):
        if job.signal == "RegA":
            return scenarios.regulation(site, signals.rega(_rega_hours(site)), 2)
        if job.signal == "RegD":
            return scenarios.regulation(site, signals.regd_like(), EVERY)
        day = job.signal if signals.is_day(job.signal) else signals.typical_day()
        return scenarios.regulation(site, signals.caiso_day(day), 4)
    if job.kind == "repeated":
        return scenarios.repeated(site, int(job.signal))
    return _PLAIN[job.kind](site)


def run_one(job: Job) -> Outcome:
    """Run one and judge it."""
    scenario = _scenario(job)
    trace = run(job.site, scenario, CONTROLLERS[job.controller], disturb)
    return Outcome(job, judge(job.kind, job.site, scenario, trace), trace if job.traced else None)


def run_all(listed: Sequence[Job], cores: int) -> Iterator[Outcome]:
    """Run all, in the order in which they end."""
    with ProcessPoolExecutor(cores) as pool:
        for future in as_completed([pool.submit(run_one, job) for job in listed]):
            yield future.result()
