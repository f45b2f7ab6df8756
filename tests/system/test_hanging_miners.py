"""Half of a hundred miners accept connections and stay silent: nobody else may notice.

Who waited for one of them would take seconds, on any host.
"""

import statistics
from collections.abc import Callable

from harness import NewController, NewFleet, NewProcess, wait_until
from waiting import fastest, running_time

from netstab.simulation.physics import Stage

MINERS = 100
RATED_KW = 146.0


def durations_ms(call: Callable[[], object], times: int) -> list[float]:
    """Return how long a call took each time, in ms."""
    taken = []
    for _ in range(times):
        started = running_time()
        call()
        taken.append(1000 * (running_time() - started))
    return taken


def shown(name: str, taken: list[float]) -> tuple[float, float]:
    """Print median, 95th and 99th percentile; give the first two."""
    cuts = statistics.quantiles(taken, n=100)
    figures = f"median {cuts[49]:.1f} ms, p95 {cuts[94]:.1f} ms, p99 {cuts[98]:.1f} ms"
    print(f"{name}: {figures}, {len(taken)} calls")  # noqa: T201 - shown by pytest -rP
    return cuts[49], cuts[94]


def test_the_others_are_served_and_steered_as_if_nothing_had_happened(
    new_fleet: NewFleet, new_process: NewProcess
) -> None:
    fleet = new_fleet(MINERS)
    api = new_process(fleet, POLL_INTERVAL_SECONDS="1").start()
    api.wait_for_miners(MINERS)
    sound = fleet.miners[1::2]
    calm_look, slow_look = shown("before", durations_ms(lambda: api.read("/api/status"), 200))
    calm_order, slow_order = shown("before", durations_ms(lambda: api.activate(0.0), 40))
    for miner_id in fleet.miners[::2]:
        fleet.hang(miner_id)
    orders = durations_ms(lambda: api.activate(RATED_KW), 40)
    looks = durations_ms(lambda: api.read("/api/status"), 200)
    while any(fleet.inspect(miner_id).stage is not Stage.HASHING for miner_id in sound):
        looks += durations_ms(lambda: api.read("/api/status"), 20)
        orders += durations_ms(lambda: api.activate(RATED_KW), 2)
        assert len(orders) < 2000, "the others were not reached"
    median, p95 = shown("GET /api/status", looks)
    assert median < 25 + 3 * calm_look
    assert p95 < 50 + 3 * slow_look
    median, p95 = shown("POST /api/activate", orders)
    assert median < 100 + 3 * calm_order
    assert p95 < 200 + 3 * slow_order


def test_miners_that_hang_are_passed_over_by_name_until_they_answer_again(
    new_fleet: NewFleet, new_controller: NewController, impatience: float
) -> None:
    fleet = new_fleet(9)
    hung, sound, held = fleet.miners[:4], fleet.miners[4:8], fleet.miners[8]
    api = new_controller(fleet)
    api.wait_for_miners(9)
    for miner_id in hung:
        fleet.hang(miner_id)
    assert (
        fastest(lambda: api.tell(f"/dashboard/api/miners/{held}/control", {"action": "stop"}), 3) < impatience
    )
    assert fastest(lambda: api.actor(hung[0]), 3) < impatience
    api.wait_for(online_miners=5)
    assert api.activate(5.84) == "Fleet activated successfully at 5840W (4 miners at full power)"
    wait_until(lambda: all(fleet.inspect(miner_id).stage is Stage.HASHING for miner_id in sound))
    passed_over = "5 miners passed over: 4 unreachable, 1 held"
    assert api.activate(7.3).endswith(f"(4 miners at full power; 1409W short, {passed_over})")
    errors = api.wait_for(mining_miners=4)["errors"]
    assert errors[0] == "Target 7.3 kW is out of reach: 5.891 kW can be had; 4 unreachable, 1 held."
    assert {error.partition(" is unreachable: ")[0] for error in errors[1:]} == set(hung)
    fleet.hang(hung[0], api=False, web=False)
    wait_until(lambda: fleet.inspect(hung[0]).stage is Stage.HASHING)
