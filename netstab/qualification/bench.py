"""A site put to the tests, one after another: what was recorded, and the verdicts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from netstab.qualification.criteria import Criteria
from netstab.qualification.play import play, survey
from netstab.qualification.procedure import Procedure
from netstab.qualification.site import Recording, Resource, Site
from netstab.qualification.verdict import Outcome, Verdict
from netstab.units import Seconds

__all__ = ["Heard", "Played", "Qualification", "qualify"]

Heard = Callable[[str, float], None]
"""Told the test that goes on, and what share of it is done."""


@dataclass(frozen=True, slots=True)
class Played:
    """A test, what was recorded of it, and what it came to."""

    procedure: Procedure
    recording: Recording
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Qualification:
    """What a site was found to offer, and what came of each test."""

    resource: Resource
    tests: tuple[Played, ...]

    @property
    def passed(self) -> bool:
        return all(test.verdict.outcome is Outcome.PASSED for test in self.tests)


def qualify(
    site: Site,
    procedures: Sequence[Procedure],
    criteria: Criteria,
    seed: int,
    heard: Heard = lambda _test, _share: None,
    told: Callable[[Played], None] = lambda _tested: None,
) -> Qualification:
    """Survey a site and play each test on it; `seed` decides what is left to chance, `told` hears each."""
    full, rest = (Seconds(60 * criteria[f"site.{name}_minutes"]) for name in ("full", "rest"))
    resource, _ = survey(site, full, rest, partial(heard, "survey"))
    tests = []
    for procedure in procedures:
        plan = procedure.plan(resource, criteria, Random(f"{seed} {procedure.name}"))  # noqa: S311  # nosec B311
        recording = site.proven(play(site, plan, resource, partial(heard, procedure.name)))
        tests.append(Played(procedure, recording, procedure.judge(recording, criteria)))
        told(tests[-1])
    return Qualification(resource, tuple(tests))
