"""A server that is asked what it is doing tells, and goes on doing it."""

import signal
from functools import partial

from harness import NewProcess, ServerProcess, wait_until

from netstab.simulation.fleet import SimulatedFleet


def dumped(process: ServerProcess, times: int) -> bool:
    return process.log().count("Polls under way: ") == times


def test_a_signal_has_a_server_write_out_its_stacks_and_disturbs_nothing(
    fleet: SimulatedFleet, new_process: NewProcess
) -> None:
    process = new_process(fleet)
    api = process.start()
    api.wait_for_miners(2)
    for count in range(1, 4):
        process.send(signal.SIGUSR1)
        wait_until(partial(dumped, process, count))
    told = process.log()
    assert told.count("most recent call first") >= 3, "faulthandler's own, whatever hangs"
    for name in ("MainThread", "device-polls", "leadership", "actors-0", "http", "FleetActor"):
        assert name in told
    api.activate(2.92)
    api.wait_for(state="active", mining_miners=2)
    assert process.end(signal.SIGTERM) == 0
    assert " WARNING " not in process.log().replace("No miner is registered.", "")
