"""An operator looks at one miner's actor, also while it hangs."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from harness import Controller, wait_until
from waiting import PATIENCE, running_time

from actors.messages import ManualCommand
from actors.report import Step
from netstab.errors import DeviceError
from netstab.simulation.fleet import SimulatedFleet
from netstab.units import MinerId, Version


@contextmanager
def hanging(controller: Controller, miner_id: MinerId) -> Iterator[None]:
    """Keep a sleeping miner's actor in the middle of a message."""
    hangs, goes_on = threading.Event(), threading.Event()

    def hang(_reply: object) -> None:
        hangs.set()
        goes_on.wait(2 * PATIENCE)

    reply: Future[DeviceError | None] = Future()
    reply.add_done_callback(hang)
    sleep = ManualCommand(Step.SLEEP, None, None, None, Version(0), reply)
    assert controller.fleet.directory.tell_miner(miner_id, sleep)
    assert hangs.wait(PATIENCE)
    try:
        yield
    finally:
        goes_on.set()


def test_an_actor_that_hangs_is_shown_from_what_it_last_published(
    controller: Controller, fleet: SimulatedFleet
) -> None:
    victim, other = fleet.miners
    with hanging(controller, victim):
        wait_until(lambda: controller.actor(victim)["age_seconds"] > 2)  # what came last is in the snapshot
        published = controller.actor(victim)["published_at"]
        wait_until(lambda: controller.actor(victim)["age_seconds"] > 3)
        started = running_time()
        shown = controller.actor(victim)
        assert running_time() - started < 5
        assert (shown["published_at"], shown["observed"]["phase"]) == (published, "asleep")
        assert shown["inbox_length"] > 0
        wait_until(lambda: controller.actor(other)["age_seconds"] < 2)
    wait_until(lambda: controller.actor(victim)["age_seconds"] < 2)
    wait_until(lambda: controller.actor(victim)["inbox_length"] == 0)


def test_what_is_wanted_sent_and_seen_is_shown_with_its_times(
    controller: Controller, fleet: SimulatedFleet
) -> None:
    held, locked = fleet.miners
    controller.tell(f"/dashboard/api/miners/{held}/control", {"action": "stop"})
    command = controller.read("/dashboard/api/history?detail=true&command=control")["commands"][0]
    hold = controller.actor(held)["hold"]
    assert (hold["kind"], hold["command_id"]) == ("stopped", command["command_id"])
    fleet.change_password(locked, "somebody's")
    controller.activate(1.46)
    shown = wait_until(lambda: (actor := controller.actor(locked))["back_off"] and actor)
    assert shown["desired"]["running"] is True
    assert shown["commanded"] is None
    assert shown["desired"]["since"] <= shown["last_error"]["at"] < shown["back_off"][0]["next_at"]
    assert (shown["back_off"][0]["step"], shown["back_off"][0]["failures"]) == ("wake", 1)
    assert shown["last_error"]["kind"] == "unauthorized"
    assert shown["poll_latency_seconds"] > 0
    assert shown["restarts"] == 0
