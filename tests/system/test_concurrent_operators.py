"""Two operators and an EMS at once: every command is whole, and every answer is true."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from harness import Api, Controller, NewFleet, hashing, wait_until
from waiting import PATIENCE

from api.history_views import past_state
from netstab.simulation.fleet import SimulatedFleet

ROUNDS = 25

Answer = tuple[str, dict[str, Any], bool]
"""A command's name, its parameters as the history shows them, and whether it was accepted."""

Client = Callable[[Api, SimulatedFleet, random.Random], Answer]


@pytest.fixture
def fleet(new_fleet: NewFleet) -> SimulatedFleet:
    return new_fleet(4)


def ems(api: Api, _fleet: SimulatedFleet, chance: random.Random) -> Answer:
    if chance.random() < 0.3:
        return "deactivate", {}, api.post("/api/deactivate", {}).json()["accepted"]
    power = chance.randrange(7000) / 1000  # the rated power is 5.84 kW
    accepted = api.post("/api/activate", {"activationPowerInKw": power}).json()["accepted"]
    return "activate", {"power_kw": power}, accepted


def dispatcher(api: Api, _fleet: SimulatedFleet, chance: random.Random) -> Answer:
    power = chance.randrange(7000) / 1000
    match chance.randrange(4):
        case 0:
            body: dict[str, Any] = {"enabled": chance.random() < 0.5, "target_power_kw": None}
            return "override", body, api.post("/dashboard/api/override", body).ok
        case 1:
            answer = api.post("/dashboard/api/power/apply", {"target_power_kw": power})
            return "apply", {"power_kw": power}, answer.ok
        case 2:
            body = {"mode": chance.choice(["frequency", "on_off"])}
            return "power_mode", body, api.post("/dashboard/api/power-mode", body).ok
        case _:
            body = {"rated_power_kw_override": 5.84, "min_miner_power_percent": float(chance.randrange(50))}
            return "config", body, api.patch("/dashboard/api/config", body).ok


def caretaker(api: Api, fleet: SimulatedFleet, chance: random.Random) -> Answer:
    miner = chance.choice(fleet.miners)
    match chance.randrange(4):
        case 0:
            body: dict[str, Any] = {"max_power_change_rate_kw_per_sec": 10.0 + chance.randrange(90)}
            return "config", body, api.patch("/dashboard/api/config", body).ok
        case 1:
            return "remove", {"miner_id": miner}, api.delete(f"/dashboard/api/discovery/miners/{miner}").ok
        case 2:
            added = api.post("/dashboard/api/discovery/add", {"ip": miner}).ok
            return "register", {"via": "add"}, added
        case _:
            action = chance.choice(["stop", "start"])
            answer = api.post(f"/dashboard/api/miners/{miner}/control", {"action": action})
            recorded = answer.headers.get("X-Error-Code") not in ("UNKNOWN_MINER", "BUSY")
            return "control", {"miner_id": miner, "action": action}, recorded


def storm(controller: Controller, fleet: SimulatedFleet) -> list[Answer]:
    """Have all three send their commands at once."""

    def run(client: Client) -> list[Answer]:
        with Api(controller.port) as api:
            chance = random.Random(client.__name__)
            return [client(api, fleet, chance) for _ in range(ROUNDS)]

    with ThreadPoolExecutor(3) as pool:
        return [answer for answers in pool.map(run, (ems, dispatcher, caretaker)) for answer in answers]


def as_often_as_given(entry: dict[str, Any]) -> list[Answer]:
    """Return a recorded command as the answers that it stands for: the EMS's repetitions are counted."""
    parameters = {name: value for name, value in entry["parameters"].items() if name != "repeated"}
    return [(entry["command"], parameters, entry["success"])] * entry["parameters"].get("repeated", 1)


def counted(answers: list[Answer]) -> Counter[str]:
    """Count equal answers; which miners a registration found is no part of the question."""
    return Counter(
        str((name, {"via": parameters["via"]} if "via" in parameters else parameters, accepted))
        for name, parameters, accepted in answers
    )


def test_every_answer_is_recorded_once_and_the_log_is_what_is_in_force(
    controller: Controller, fleet: SimulatedFleet
) -> None:
    before = len(controller.history())
    answered = storm(controller, fleet)
    controller.post("/dashboard/api/power-mode", {"mode": "on_off"})  # what is counted is recorded before it
    commands = controller.read("/dashboard/api/history?limit=1000&detail=true")["commands"][1:-before]
    # What the host was too busy to hear in time was said again.
    recorded = [each for each in commands if each["source"] != "system" and each["code"] != "TOO_LATE"]
    assert counted([each for one in recorded for each in as_often_as_given(one)]) == counted(answered)
    head = controller.read("/dashboard/api/history/head")["version"]
    replayed = controller.read(f"/dashboard/api/history/state?at={head}")
    in_force = msgspec.to_builtins(past_state(controller.fleet.snapshot.state))
    assert replayed | {"version": 0} == in_force | {"version": 0}


def test_the_miners_follow_whoever_came_last(controller: Controller, fleet: SimulatedFleet) -> None:
    storm(controller, fleet)
    for miner in fleet.miners:
        controller.tell("/dashboard/api/discovery/add", {"ip": miner})
        controller.wait_for(online_miners=controller.status()["total_miners"])
        controller.tell(f"/dashboard/api/miners/{miner}/control", {"action": "start"})
    controller.tell("/dashboard/api/override", {"enabled": False})
    controller.tell("/dashboard/api/power-mode", {"mode": "on_off"})
    controller.activate(4.38)

    def follow() -> bool:
        """Whether as many hash as a preview says, which counts whoever runs on until another has come."""
        # A miner that was removed and added again while it ran slower belongs to the fleet at that frequency.
        shared = controller.tell("/dashboard/api/power/calculate", {"target_power_kw": 4.38})["summary"]
        full = int(shared["full_miners"])
        active = {"state": "active", "mining_miners": full, "target_power_kw": 4.38}
        return active.items() <= controller.status().items() and hashing(fleet) == full

    wait_until(follow)
    assert hashing(fleet) >= 3
    controller.deactivate()
    wait_until(lambda: hashing(fleet) == 0)


def test_no_configuration_is_half_applied(controller: Controller) -> None:
    def change(fields: tuple[str, str]) -> None:
        with Api(controller.port) as operator:
            for number in range(1, ROUNDS):
                answer = operator.patch("/dashboard/api/config", dict.fromkeys(fields, float(number))).json()
                assert [answer[field] for field in fields] == [number, number]

    def look() -> None:
        with Api(controller.port) as operator:
            while (shown := operator.read("/dashboard/api/config"))[one[0]] != ROUNDS - 1:
                assert shown[one[0]] in (50.0, shown[one[1]])

    one = ("max_power_change_rate_kw_per_sec", "min_miner_power_percent")
    with ThreadPoolExecutor(3) as pool:
        done = [
            pool.submit(look),
            pool.submit(change, one),
            pool.submit(change, ("rated_power_kw_override",) * 2),
        ]
        for each in done:
            each.result(PATIENCE)
    assert controller.read("/dashboard/api/config")["rated_power_kw_override"] == ROUNDS - 1
