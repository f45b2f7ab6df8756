"""A simulated fleet as a whole: what tests can do to it, its seed, its addresses, its size."""

import asyncio
import resource
import time
from collections.abc import Callable

import pytest
import requests

from netstab.errors import SettingsError
from netstab.simulation.build import loopback_addresses
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.physics import Stage
from netstab.simulation.profiles import FIELD

STATS = b'{"command":"stats"}'


def test_hung_ports_accept_and_stay_silent_until_let_go(
    fleet: SimulatedFleet, ask: Callable[..., bytes], browser: Callable[..., requests.Response]
) -> None:
    miner, other = fleet.miners
    fleet.hang(miner)
    with pytest.raises(TimeoutError):
        ask(fleet, miner, STATS, timeout=0.2)
    with pytest.raises(requests.ReadTimeout):
        browser(fleet, miner, "check.cgi", timeout=0.2)
    assert ask(fleet, other, STATS)
    fleet.hang(miner, api=False, web=False)
    assert ask(fleet, miner, STATS).endswith(b"\0")
    assert browser(fleet, miner, "check.cgi").text == "1\n"


def test_ports_can_answer_anything_instead(
    fleet: SimulatedFleet, ask: Callable[..., bytes], browser: Callable[..., requests.Response]
) -> None:
    miner = fleet.miners[0]
    fleet.answer_instead(miner, api=b"\xff\xfe", web=b"<html>AnthillOS</html>")
    assert ask(fleet, miner, STATS) == b"\xff\xfe"
    answer = browser(fleet, miner, "check.cgi")
    assert (answer.status_code, answer.text) == (200, "<html>AnthillOS</html>")
    fleet.answer_instead(miner)
    assert ask(fleet, miner, STATS).endswith(b"\0")


def test_without_power_nothing_is_drawn_and_nothing_answers(
    fleet: SimulatedFleet, ask: Callable[..., bytes]
) -> None:
    miner = fleet.miners[0]
    full = fleet.true_power()
    fleet.cut_power(miner)
    with pytest.raises(TimeoutError):
        ask(fleet, miner, STATS, timeout=0.2)
    assert fleet.true_power() < full * 0.6
    fleet.return_power(miner)
    fleet.skip(200)
    assert fleet.true_power() == pytest.approx(full)


def test_the_same_seed_makes_the_same_fleet() -> None:
    def story(seed: int) -> list[tuple[Stage, bool]]:
        with SimulatedFleet(20, profile=FIELD, seed=seed) as fleet:
            for miner in fleet.miners:
                fleet.tamper(miner, lambda device: device.miner.restart())
            fleet.skip(300)
            return [(seen.stage, seen.dead) for seen in map(fleet.inspect, fleet.miners)]

    assert story(1) == story(1)
    assert story(1) != story(2)


def test_fleets_run_side_by_side_and_a_taken_port_is_an_error(fleet: SimulatedFleet) -> None:
    with SimulatedFleet(1) as beside:
        assert beside.api_port != fleet.api_port
    with pytest.raises(OSError, match="in use"):
        SimulatedFleet(1, http_port=fleet.http_port).start()


def test_addresses_skip_those_that_networks_reserve() -> None:
    addresses = loopback_addresses("127.0.1.253", 4)
    assert addresses == ["127.0.1.253", "127.0.1.254", "127.0.2.1", "127.0.2.2"]


@pytest.mark.parametrize("first", ["192.168.1.1", "127.255.255.254", "127.0.0.256", "miner"])
def test_only_loopback_addresses_are_served(first: str) -> None:
    with pytest.raises(SettingsError):
        loopback_addresses(first, 2)


async def poll(miner: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(miner, port)
    writer.write(STATS)
    answer = await reader.readuntil(b"\0")
    writer.close()
    await writer.wait_closed()
    return answer


async def poll_all(fleet: SimulatedFleet, miners: tuple[str, ...]) -> list[bytes]:
    return await asyncio.gather(*(poll(miner, fleet.api_port) for miner in miners))


def test_ten_thousand_miners_answer_in_one_process() -> None:
    begun, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with SimulatedFleet(10_000) as fleet:
        started = time.process_time() - begun
        answers = asyncio.run(asyncio.wait_for(poll_all(fleet, fleet.miners[::25]), 90))
        assert len(answers) == 400
        assert all(answer.endswith(b"\0") for answer in answers)
        assert fleet.true_power() == pytest.approx(14_600_000, rel=0.01)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    assert started < 30
    assert grown < 400 * 1024
