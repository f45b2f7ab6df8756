"""Which runs the whole benchmark has."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from benchmarks.dispatch import scenarios, signals, trials
from benchmarks.dispatch.matrix import CONTROLLERS, NAMEPLATE, OURS, PERFECT, SEED, SEEDS, WITHOUT_METER, Job
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import DOCUMENT, FIELD
from netstab.simulation.virtual.site import Composition, Disturbance, Site

__all__ = ["jobs"]

_OF_ANY_COMPOSITION = (OURS, WITHOUT_METER, NAMEPLATE)
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


def jobs(*, quick: bool) -> list[Job]:
    """List the runs, the longest first."""
    counts = (50,) if quick else (10, 50, 200)
    listed = [job for count in counts for job in _of_fleet(count, quick)]
    if not quick:
        listed += [*_of_other_seeds(), *_trials()]
    return sorted(dict.fromkeys(listed), key=lambda job: -job.cost)


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
        half = replace(site, composition=Composition.HALF)
        if composition is Composition.MIXED and not quick:
            for signal in (*signals.days_by_mileage(), "RegD"):
                yield from _compared("regulation", signal, half)


def _trials() -> Iterator[Job]:
    """List what tries the product by other orders than regulation's, each beside whom it tells most of."""
    for profile, mode in product((DOCUMENT, FIELD), PowerMode):
        site = Site(profile, 50, mode, seed=SEED)
        for percent in ("0", "1"):
            yield Job("jitter", percent, OURS, site)
        for every in ("2", "10"):
            yield Job("storm", every, OURS, site)
        yield Job("cold start", "", OURS, site)
        yield Job("cold start", "", WITHOUT_METER, replace(site, metered=False))
    for profile, controller in product((DOCUMENT, FIELD), (OURS, NAMEPLATE, PERFECT)):
        site = Site(profile, 50, PowerMode.ON_OFF, seed=SEED)
        for which in trials.COLLAPSES:
            yield Job("collapse", which, controller, site)
        silent = Disturbance(silent=0.5, silent_from=trials.SILENT_FROM)
        yield Job("half silent", "", controller, replace(site, count=40, disturbance=silent))
    for profile, count, seed in product((DOCUMENT, FIELD), (3, 5, 10), SEEDS):
        site = Site(profile, count, PowerMode.ON_OFF, seed=seed)
        for kind, signal in (("levels", ""), ("regulation", "RegA")):
            for controller in (OURS, NAMEPLATE, PERFECT):
                yield Job(kind, signal, controller, site)


def _of_other_seeds() -> Iterator[Job]:
    """List what 50 miners of other seeds do under the product."""
    others = [seed for seed in SEEDS if seed != SEED]
    for seed, profile, mode in product(others, (DOCUMENT, FIELD), PowerMode):
        site = Site(profile, 50, mode, seed=seed)
        for signal in (signals.typical_day(), "RegA"):
            yield Job("regulation", signal, OURS, site)
        for kind in ("steps", "acceptance", "steady"):
            yield Job(kind, "", OURS, site)
        if mode is PowerMode.ON_OFF:  # who wakes all at once tells what the wakes allow
            yield Job("acceptance", "", NAMEPLATE, site)
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
        return [*days, "RegA", "RegD"]
    on_off = site.mode is PowerMode.ON_OFF
    some = [days[1], usual, days[8]] if on_off and site.profile == FIELD else [usual]
    return [*some, "RegA"] if site.count < 200 or on_off else some


def _compared(kind: str, signal: str, site: Site) -> Iterator[Job]:
    for controller in _COMPARED[site.composition]:
        if controller in _OF_ANY_MODE and (site.mode is not PowerMode.ON_OFF or "disturbed" in kind):
            continue
        if controller in (WITHOUT_METER, "uniform frequency") and site.count == 200:
            continue
        if controller == WITHOUT_METER and kind == "steps":
            continue
        metered = controller != WITHOUT_METER
        charted = site.count == 50 and site.mode is PowerMode.ON_OFF and _is_charted(kind, signal)
        traced = charted and site.composition is Composition.S9
        yield Job(kind, signal, controller, replace(site, metered=metered), traced)


def _is_charted(kind: str, signal: str) -> bool:
    return kind == "steps" or (kind == "regulation" and signal == signals.typical_day())
