"""T2: a test signal of 40 minutes three times, and an hour of it, scored in three parts."""

from collections.abc import Sequence
from functools import partial
from random import Random

from netstab.errors import SettingsError
from netstab.qualification.criteria import Criteria
from netstab.qualification.judging import metered, unjudged, verdict
from netstab.qualification.plan import Ordered, Plan
from netstab.qualification.procedure import Procedure
from netstab.qualification.scoring import LONGEST_DELAY, SAMPLE, WINDOW, Score, score
from netstab.qualification.signal import swinging
from netstab.qualification.site import Recording, Resource
from netstab.qualification.verdict import Bound, Figure, Verdict
from netstab.units import Seconds, Watts

__all__ = ["REGULATION", "regulation"]

_HOUR = 3600 // SAMPLE + LONGEST_DELAY  # samples: 65 minutes
_PARTS = ("accuracy", "delay", "precision", "total")


def regulation(signal: Sequence[float]) -> Procedure:
    """Return the test with a signal in per unit; without any value, with one that the bench makes."""
    return Procedure("T2", "regulation", partial(_plan, signal), _judge)


def _plan(signal: Sequence[float], resource: Resource, criteria: Criteria, chance: Random) -> Plan:
    seconds, every, tests = _lengths(criteria)
    once = (list(signal) or swinging(chance, seconds, every, criteria["T2.fastest_seconds"]))[
        : seconds // every
    ]
    if len(once) * every < WINDOW * SAMPLE:
        raise SettingsError(
            f"T2 scores windows of {WINDOW * SAMPLE} s: its signal of {len(once) * every} s is too short."
        )
    values = once * tests
    base, offer = _offered(resource, criteria)
    begins = 60 * criteria["site.lead_minutes"]
    orders = [Ordered(Seconds(0.0), Watts(float(round(base))))]
    for place, value in enumerate(values):
        target = Watts(float(round(base + offer * value)))
        if target != orders[-1].target:
            orders.append(Ordered(Seconds(begins + every * place), target))
    after = LONGEST_DELAY * SAMPLE  # s, at the last value: who answers late is scored to the end
    return Plan("T2", tuple(orders), round(begins + every * len(values) + after), Seconds(begins))


def _lengths(criteria: Criteria) -> tuple[int, int, int]:
    """Return the seconds of a test, those between two values, and how many tests there are."""
    seconds, every, tests = (
        round(figure)
        for figure in (60 * criteria["T2.test_minutes"], criteria["T2.every_seconds"], criteria["T2.tests"])
    )
    if not (every and tests and criteria["T2.fastest_seconds"]):
        raise SettingsError("T2 needs every_seconds, tests and fastest_seconds above 0.")
    return seconds, every, tests


def _offered(resource: Resource, criteria: Criteria) -> tuple[float, float]:
    """Return the baseline, and what is offered up and down of it, in W."""
    base, offer = (
        resource.capability * criteria[f"T2.{name}_percent"] / 100 for name in ("baseline", "offer")
    )
    return base, offer


def _judge(recording: Recording, criteria: Criteria) -> Verdict:
    signal, response = _signal(recording, criteria), _response(recording, criteria)
    if response is None:
        return unjudged(recording, "The site meter shows nothing for ten seconds or more.")
    tests_length = len(signal) - LONGEST_DELAY
    length = tests_length // round(criteria["T2.tests"])
    begins = range(0, tests_length - length + 1, length)
    spans = [slice(begin, begin + length + LONGEST_DELAY) for begin in begins]
    tests = [score(signal[span], response[span]) for span in spans]
    mean = sum(test.total for test in tests) / len(tests)
    worst = min(range(len(tests)), key=lambda place: tests[place].total)
    at = Seconds(recording.plan.begins + (worst + 1) * length * SAMPLE)
    bounds = [
        Bound("mean score of the tests", mean, criteria["T2.score"], "", "T2.score", at_least=True, at=at),
        Bound(
            "mean score, the goal", mean, criteria["T2.goal"], "", "T2.goal", at_least=True, required=False
        ),
    ]
    hour = score(signal[:_HOUR], response[:_HOUR]) if len(signal) >= _HOUR else None
    return verdict(recording, bounds, [*_parts("mean", tests), *(_parts("an hour", [hour]) if hour else ())])


def _parts(name: str, scores: list[Score]) -> list[Figure]:
    return [
        Figure(f"{part}, {name}", sum(getattr(each, part) for each in scores) / len(scores), "")
        for part in _PARTS
    ]


def _times(recording: Recording) -> list[float]:
    plan = recording.plan
    return [plan.begins + place * SAMPLE for place in range(int(plan.seconds - plan.begins) // SAMPLE)]


def _signal(recording: Recording, criteria: Criteria) -> list[float]:
    """Return what was ordered at each time of the score, in per unit of the offer."""
    base, offer = _offered(recording.resource, criteria)
    orders, found, target = list(recording.plan.orders), [], base
    for at in _times(recording):
        while orders and orders[0].at <= at:
            target = orders.pop(0).target or recording.resource.standby
        found.append((target - base) / offer)
    return found


def _response(recording: Recording, criteria: Criteria) -> list[float] | None:
    """Return what the meter showed at each time."""
    base, offer = _offered(recording.resource, criteria)
    found = []
    for at in _times(recording):
        seen = metered(recording, at, at + SAMPLE)
        if not seen:
            return None
        found.append((seen[0][1] - base) / offer)
    return found


REGULATION = regulation(())
