"""The electrical supply of a site, as far as miners feel it. Pure."""

from bisect import bisect_left, insort

__all__ = ["MINERS_PER_SUPPLY", "Supply"]

MINERS_PER_SUPPLY = 175
"""The size of the site that the figures on failing mass wakes come from."""


class Supply:
    """The supply that the miners of one site share. It sags when many boot at once."""

    _together = 20.0  # less than the shortest boot with failures: all of a wave are known when it counts
    _memory = 600.0

    def __init__(self) -> None:
        self._boots: list[float] = []

    def boot(self, now: float) -> None:
        """Note that a miner begins to boot."""
        insort(self._boots, now)
        if self._boots[0] < now - self._memory:
            del self._boots[: bisect_left(self._boots, now - self._memory)]

    def booting_around(self, moment: float) -> int:
        """Count the boots that began within seconds of `moment`."""
        first = bisect_left(self._boots, moment - self._together)
        return bisect_left(self._boots, moment + self._together) - first
