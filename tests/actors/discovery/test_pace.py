"""The pace of a scan, on a loop whose time passes where all there is waits for it, or as work says."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any

import pytest

from actors.discovery.pace import Pace, Used


class VirtualLoop(asyncio.SelectorEventLoop):
    """`used` is the part of its time that work took."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.used = 0.0

    def time(self) -> float:
        return self.now

    def work(self, seconds: float) -> None:
        self.now += seconds
        self.used += seconds

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.now = max(self.now, self._scheduled[0].when())  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


def run(work: Coroutine[Any, Any, float]) -> float:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


async def passing(count: int, per_second: float, cost: float = 0.0) -> float:
    """Have so many pass, each of which works for so long; return the seconds that it took."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    pace = Pace(per_second, lambda: loop.used)

    async def one() -> None:
        await pace.turn()
        loop.work(cost)

    await asyncio.gather(*(one() for _ in range(count)))
    return loop.now


def test_as_many_pass_in_a_second_as_it_is_made_for() -> None:
    assert 9.9 <= run(passing(10_000, per_second=1000)) <= 10.1


def test_a_few_pass_at_once() -> None:
    assert run(passing(20, per_second=1000)) == 0.0


def test_what_costs_more_than_was_thought_has_no_more_than_a_third_of_a_core() -> None:
    cost = 0.002
    assert 1000 * cost / run(passing(1000, per_second=1000, cost=cost)) <= 1 / 3 + 0.01


def test_what_costs_little_is_as_fast_as_ever() -> None:
    assert run(passing(10_000, per_second=1000, cost=0.0003)) <= 10.1


def test_a_scan_goes_on_however_busy_its_loop_is_otherwise() -> None:
    async def busy() -> float:
        loop = asyncio.get_running_loop()
        pace = Pace(1000, loop.time)  # all of the time is used
        await asyncio.gather(*(pace.turn() for _ in range(1000)))
        return loop.time()

    assert run(busy()) <= 11


def test_one_that_waited_and_was_cancelled_takes_no_turn_of_another() -> None:
    async def some_go() -> float:
        loop = asyncio.get_running_loop()
        pace = Pace(50, lambda: 0.0)
        waiting = [asyncio.ensure_future(pace.turn()) for _ in range(100)]
        await asyncio.sleep(0)
        for gone in waiting[1:99]:
            gone.cancel()
        await waiting[99]
        return loop.time()

    assert run(some_go()) < 0.1


def test_what_threads_use_is_counted_also_of_those_that_fail() -> None:
    used, work = Used(), partial(sum, range(100_000))
    assert used.by(work) == sum(range(100_000))
    once = used.seconds()
    assert once > 0
    with pytest.raises(TypeError):
        used.by(lambda: work() + "")  # type: ignore[operator]
    assert used.seconds() > once


async def used_elsewhere(count: int, cost: float) -> float:
    """Have so many pass, each of which works for so long on a thread; return the seconds that it took."""
    loop, used = asyncio.get_running_loop(), 0.0
    pace = Pace(1000, lambda: used)

    async def one() -> None:
        nonlocal used
        await pace.turn()
        used += cost

    await asyncio.gather(*(one() for _ in range(count)))
    return loop.time()


def test_a_host_that_is_not_busy_gives_it_four_fifths_of_a_core() -> None:
    cost = 0.002
    assert 0.75 <= 1000 * cost / run(used_elsewhere(1000, cost)) <= 0.83
