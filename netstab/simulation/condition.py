"""What the network meets at a miner's address when something is wrong there, at any moment. Pure.

The servers and virtual time ask the same question; who answers nothing or nonsense is decided here alone.
"""

from dataclasses import dataclass
from functools import reduce
from random import Random

from netstab.simulation.window import Window

__all__ = ["Condition", "Trouble", "condition_at"]


@dataclass(frozen=True, slots=True)
class Condition:
    """What is wrong at one moment; by default nothing.

    `hang_api`, `hang_web`: the port accepts and stays silent. `api_answer`, `web_answer`: bytes that are
    answered to everything, by the web server as HTML with 200. `unauthorized`: no password opens the web
    server. `lost`: a request that arrives now gets no answer and does nothing.
    """

    hang_api: bool = False
    hang_web: bool = False
    api_answer: bytes | None = None
    web_answer: bytes | None = None
    unauthorized: bool = False
    lost: bool = False

    def __or__(self, other: "Condition") -> "Condition":
        """Join two; of two answers the first one's is given."""
        return Condition(
            hang_api=self.hang_api or other.hang_api,
            hang_web=self.hang_web or other.hang_web,
            api_answer=other.api_answer if self.api_answer is None else self.api_answer,
            web_answer=other.web_answer if self.web_answer is None else self.web_answer,
            unauthorized=self.unauthorized or other.unauthorized,
            lost=self.lost or other.lost,
        )


@dataclass(frozen=True, slots=True)
class Trouble:
    """A condition that holds in a window, there with a probability of `chance`.

    Chance is drawn from `seed` and the moment, so that the same moment has the same luck whoever asks.
    """

    condition: Condition
    window: Window
    chance: float = 1.0
    seed: int = 0

    def holds(self, now: float) -> bool:
        return self.window.holds(now) and (self.chance >= 1 or self._draw(now) < self.chance)

    def _draw(self, now: float) -> float:
        return Random(f"{self.seed}/{now}").random()  # noqa: S311  # nosec B311  # physics, not secrets


def condition_at(now: float, troubles: tuple[Trouble, ...], also: Condition) -> Condition:
    """Join `also` and all that holds at `now`, in seconds."""
    return reduce(Condition.__or__, (trouble.condition for trouble in troubles if trouble.holds(now)), also)
