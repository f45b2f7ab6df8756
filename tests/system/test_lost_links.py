"""A miner whose network fails counts on for a while, then nothing is told of it; all figures agree."""

from datetime import UTC, datetime, timedelta

from harness import Controller, NewController, NewFleet, wait_until


def test_a_lost_miner_counts_on_for_a_while_and_then_shows_nothing_of_what_it_was(
    new_fleet: NewFleet, new_controller: NewController, impatience: float
) -> None:
    fleet = new_fleet(2, asleep=False)
    api = new_controller(fleet, SNAPSHOT_INTERVAL_SECONDS="1")
    api.wait_for_miners(2)
    api.wait_for(mining_miners=2)
    lost, _other = fleet.miners

    def shown() -> tuple[float, float]:
        """Return the lost miner's power and the sum of both, which is the fleet's."""
        powers = {each["miner_id"]: each["power_kw"] for each in api.read("/dashboard/api/miners")}
        return powers[lost], sum(powers.values())

    assert shown()[0] > 1
    fleet.hang(lost)
    wait_until(lambda: not api.read(f"/dashboard/api/miners/{lost}")["is_online"])
    assert shown()[0] > 1
    assert abs(api.read("/api/status")["activePowerInKw"] - shown()[1]) < 0.05
    wait_until(lambda: shown()[0] == 0)
    assert abs(api.read("/api/status")["activePowerInKw"] - shown()[1]) < 0.05
    [gone] = [each for each in api.read("/dashboard/api/discovery/miners")["miners"] if each["id"] == lost]
    assert (gone["is_online"], gone["hashrate_ghs"], gone["temperature_c"]) == (False, 0.0, None)
    wait_until(lambda: _powers(api, lost)[-1:] == [None])
    assert 0 not in _powers(api, lost)


def _powers(api: Controller, miner_id: str) -> list[int | None]:
    """Return what telemetry has of the last seconds, in W."""
    since = (datetime.now(UTC) - timedelta(seconds=10)).isoformat().replace("+00:00", "Z")
    chart = api.read(f"/dashboard/api/telemetry/miners/{miner_id}?points=2000&since={since}")
    return [point["power_watts"] for point in chart["points"]]
