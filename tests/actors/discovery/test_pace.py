"""The pace of a scan, on a loop whose time the test moves."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from actors.discovery.pace import Pace


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its time stands still but for what is added, and passes where all there is waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.now = max(self.now, self._scheduled[0].when())  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


def run(work: Coroutine[Any, Any, float]) -> float:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


async def passing(count: int, per_second: float, cost: float = 0.0) -> float:
    """Have so many pass, each of which holds the loop for so long; return the seconds that it took."""
    loop, pace = asyncio.get_running_loop(), Pace(per_second)
    assert isinstance(loop, VirtualLoop)

    async def one() -> None:
        await pace.turn()
        loop.now += cost

    await asyncio.gather(*(one() for _ in range(count)))
    return loop.now


def test_as_many_pass_in_a_second_as_it_is_made_for() -> None:
    assert 9.9 <= run(passing(10_000, per_second=1000)) <= 10.1


def test_a_few_pass_at_once() -> None:
    assert run(passing(20, per_second=1000)) == 0.0


def test_what_costs_more_than_was_thought_has_no_more_than_a_third_of_the_loop() -> None:
    cost = 0.01
    assert 1000 * cost / run(passing(1000, per_second=1000, cost=cost)) <= 1 / 3 + 0.01


def test_one_that_waited_and_was_cancelled_takes_no_turn_of_another() -> None:
    async def some_go() -> float:
        pace, loop = Pace(50), asyncio.get_running_loop()
        waiting = [asyncio.ensure_future(pace.turn()) for _ in range(100)]
        await asyncio.sleep(0)
        for gone in waiting[1:99]:
            gone.cancel()
        await waiting[99]
        return loop.time()

    assert run(some_go()) < 0.1
