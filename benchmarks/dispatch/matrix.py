"""One run and its figures, and running many on all cores."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.dispatch import scenarios, signals, trials
from benchmarks.dispatch.controllers.comparators import LeastEfficientFirst, Nameplate, Uniform
from benchmarks.dispatch.controllers.ours import Ours
from benchmarks.dispatch.controllers.perfect import Perfect
from benchmarks.dispatch.disturbances import disturb
from benchmarks.dispatch.judge import judge
from benchmarks.dispatch.regd import EVERY
from benchmarks.dispatch.run import Build, Scenario, Trace, run
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import DOCUMENT
from netstab.simulation.virtual.site import Composition, Site

__all__ = [
    "CONTROLLERS",
    "KINDS",
    "NAMEPLATE",
    "OURS",
    "PERFECT",
    "SEED",
    "SEEDS",
    "WITHOUT_METER",
    "Job",
    "Outcome",
    "run_all",
    "run_one",
]

SEEDS = range(5)
"""Of fleets whose figures tell how much is chance."""
SEED = 1
"""The one of them that all other tables tell of."""

OURS, WITHOUT_METER, PERFECT = "netstab", "netstab, no meter", "perfect knowledge"
NAMEPLATE = "nameplate, no feedback"
CONTROLLERS: dict[str, Build] = {
    OURS: Ours,
    WITHOUT_METER: Ours,
    NAMEPLATE: Nameplate,
    "uniform frequency": Uniform,
    "uniform power": Uniform,
    "least efficient first": LeastEfficientFirst,
    PERFECT: Perfect,
}

_PLAIN: dict[str, Callable[[Site], Scenario]] = {
    "steps": scenarios.steps,
    "acceptance": scenarios.acceptance,
    "steady": scenarios.steady,
    "disturbed steady": scenarios.steady,
    "limited": scenarios.limited,
}
"""Of the kinds that depend on nothing but the site."""
_TRIALS: dict[str, Callable[[Site, str], Scenario]] = {
    "jitter": trials.jitter,
    "storm": trials.storm,
    "cold start": trials.cold_start,
    "levels": trials.levels,
    "half silent": trials.half_silent,
    "collapse": trials.collapse,
}
"""Of those that depend on what a job calls its signal, too."""
KINDS = ("regulation", "disturbed", "repeated", *_PLAIN, *_TRIALS)


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


def _rega_hours(site: Site) -> int:
    """Score RegA over four hours where whole miners follow it to the percent, over one elsewhere."""
    fine = site.count == 50 and site.composition is Composition.S9 and site.profile == DOCUMENT
    return 4 if fine and site.mode is PowerMode.ON_OFF else 1


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
    if job.kind in _TRIALS:
        return _TRIALS[job.kind](site, job.signal)
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
