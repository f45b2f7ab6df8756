"""What every test is: a plan and a judge, both pure."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from netstab.qualification.criteria import Criteria
from netstab.qualification.plan import Plan
from netstab.qualification.site import Recording, Resource
from netstab.qualification.verdict import Verdict

__all__ = ["Procedure"]


@dataclass(frozen=True, slots=True)
class Procedure:
    """A test by its name, such as T1: `plan` makes it of what is offered, `judge` says what came of it."""

    name: str
    title: str
    plan: Callable[[Resource, Criteria, Random], Plan]
    judge: Callable[[Recording, Criteria], Verdict]
