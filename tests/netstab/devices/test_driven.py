"""Coroutines that are driven without a task: what they may not await, and how they are cut off."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from typing import Any

from waiting import PATIENCE

from netstab.devices.driven import Driven


def outcome(
    coroutine: Coroutine[Any, Any, object], meanwhile: Callable[[Driven], None] = lambda _: None
) -> object:
    """Drive it to its end, outside of any task; `meanwhile` is called once it awaits something."""

    async def driven() -> object:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[object] = loop.create_future()
        run = Driven(coroutine, lambda _, outcome: ended.set_result(outcome))
        loop.call_soon(run.step)
        loop.call_soon(meanwhile, run)
        return await asyncio.wait_for(ended, PATIENCE)

    return asyncio.run(driven())


class NoFuture:
    def __await__(self) -> Generator[Any, Any, None]:
        yield "what no loop knows"


def test_what_is_no_future_ends_a_poll_that_awaits_it_with_an_error_that_says_so() -> None:
    cleaned = list[str]()

    async def awaits_anything() -> None:
        try:
            await NoFuture()
        finally:
            cleaned.append("up")

    error = outcome(awaits_anything())
    assert isinstance(error, TypeError)
    assert str(error) == "only futures can be awaited without a task, and no str"
    assert cleaned == ["up"]


def test_a_time_out_that_needs_a_task_is_an_error_of_the_poll() -> None:
    async def bounds_itself() -> None:
        async with asyncio.timeout(1.0):
            await asyncio.sleep(0)

    assert isinstance(outcome(bounds_itself()), RuntimeError)


async def _for_ever() -> None:
    await asyncio.get_running_loop().create_future()


def test_one_that_waits_is_cut_off_there() -> None:
    assert isinstance(outcome(_for_ever(), Driven.cancel), asyncio.CancelledError)


def test_one_that_only_lets_others_have_their_turn_is_cut_off_at_its_next_step() -> None:
    async def waits_on() -> None:
        await asyncio.sleep(0)
        await _for_ever()

    assert isinstance(outcome(waits_on(), Driven.cancel), asyncio.CancelledError)


def test_one_whose_wait_is_just_over_is_cut_off_all_the_same() -> None:
    waits = list[asyncio.Future[None]]()

    async def waits_on() -> None:
        waits.append(asyncio.get_running_loop().create_future())
        await waits[0]
        await _for_ever()

    def ends_and_is_cut_off(run: Driven) -> None:
        waits[0].set_result(None)
        run.cancel()

    assert isinstance(outcome(waits_on(), ends_and_is_cut_off), asyncio.CancelledError)


def test_one_that_was_cut_off_may_wait_while_it_cleans_up() -> None:
    async def cleans_up() -> str:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
            await _for_ever()
        await asyncio.sleep(0.001)
        return "clean"

    assert outcome(cleans_up(), Driven.cancel) == "clean"
