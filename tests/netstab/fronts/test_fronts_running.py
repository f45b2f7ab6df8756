"""Fronts run beside each other: who fails is begun again and shown, and nobody else notices."""

import asyncio
import threading
from dataclasses import dataclass, field

import pytest
from stub_fleet import NOW, StubFleet, two_miners
from waiting import wait_until

from actors.energy_board import EnergyBoard
from actors.front_board import FrontBoard, FrontStatus
from events.commands import Activate
from events.state import Source
from netstab.errors import CommandRejected, CounterpartLost, ErrorCode
from netstab.fronts import link as links
from netstab.fronts import runner
from netstab.fronts.link import Link
from netstab.fronts.runner import FrontParts, Fronts
from netstab.units import Seconds, Timestamp, WallTime, Watts


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "FIRST_PAUSE", Seconds(0.01))


@dataclass
class OnLoop:
    name: str = "mqtt"
    counterpart: str = "mqtt://broker"
    failures: list[BaseException] = field(default_factory=list)
    begun: int = 0

    async def run(self, link: Link) -> None:
        self.begun += 1
        if self.failures:
            raise self.failures.pop()
        link.connected()
        await asyncio.sleep(60)


@dataclass
class OnThread:
    name: str = "openadr"
    counterpart: str = "https://vtn"
    failures: list[Exception] = field(default_factory=list)

    def run(self, link: Link, stopping: threading.Event) -> None:
        if self.failures:
            raise self.failures.pop()
        link.connected("https://vtn as ven 7")
        stopping.wait(60)


def parts(fleet: StubFleet | None = None) -> FrontParts:
    board = FrontBoard(lambda: WallTime(NOW))
    return FrontParts(fleet or StubFleet(two_miners()), board, EnergyBoard(), lambda: Timestamp(NOW))


def shown(board: FrontBoard) -> dict[str, FrontStatus]:
    return {status.front: status for status in board.statuses}


def test_a_front_that_fails_is_begun_again_and_the_others_do_not_notice() -> None:
    given = parts()
    failing = OnLoop(failures=[ValueError("a defect"), CounterpartLost("The broker is not there.")])
    sound, blocking = OnLoop("s2"), OnThread(failures=[CounterpartLost("The VTN is not there.")])
    fronts = Fronts(given, [failing, sound], [blocking])
    fronts.start()
    try:
        wait_until(lambda: all(one.connected for one in given.board.statuses))
        seen = shown(given.board)
        assert (failing.begun, seen["mqtt"].restarts, seen["mqtt"].error) == (
            3,
            2,
            "It ended: ValueError('a defect').",
        )
        assert (sound.begun, seen["s2"].restarts, seen["s2"].error) == (1, 0, "")
        assert (seen["openadr"].error, seen["openadr"].counterpart) == (
            "The VTN is not there.",
            "https://vtn as ven 7",
        )
    finally:
        fronts.stop(Seconds(5))
    assert given.board.statuses == ()
    assert not [each.name for each in threading.enumerate() if each.name.startswith("front")]


def test_a_front_in_which_something_is_cancelled_is_begun_again_as_any_that_fails() -> None:
    given, front = parts(), OnLoop(failures=[asyncio.CancelledError()])
    fronts = Fronts(given, [front], [])
    fronts.start()
    try:
        wait_until(lambda: front.begun == 2)
        wait_until(lambda: shown(given.board)["mqtt"].connected)
        assert shown(given.board)["mqtt"].error == "It ended: CancelledError()."
    finally:
        fronts.stop(Seconds(5))


def test_a_front_that_clings_on_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "GOOD_BYE", Seconds(0.05))
    let_go = threading.Event()

    class Clinging(OnLoop):
        async def run(self, link: Link) -> None:
            link.connected()
            while not let_go.is_set():
                try:
                    await asyncio.sleep(0.01)
                except asyncio.CancelledError:
                    continue

    given = parts()
    fronts = Fronts(given, [Clinging()], [])
    fronts.start()
    wait_until(lambda: shown(given.board)["mqtt"].connected)
    fronts.stop(Seconds(2))
    let_go.set()
    assert given.board.statuses == ()


def test_commands_never_block_the_loop_and_are_bounded_in_number() -> None:
    fleet = StubFleet(two_miners())
    given = parts(fleet)
    link = given.link("mqtt")

    async def many() -> list[object]:
        asked = (
            link.submit(Activate(Watts(power)), Source.EMS, "mqtt broker")
            for power in range(links.MOST_WAITING + 1)
        )
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = asyncio.run(many())
    link.close()
    refused = [each for each in answers if isinstance(each, CommandRejected)]
    assert [each.code for each in refused] == [ErrorCode.BUSY]
    assert len(fleet.given) == links.MOST_WAITING
