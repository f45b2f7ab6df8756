"""Two fronts and more, and an operator, all at once: anyone can tell from the log who was in command when."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from harness import Api, Controller
from plain_authority import Model
from waiting import PATIENCE

from actors.port import Sender
from events.commands import Activate, Command, Deactivate, Release
from events.state import FRONTS, Source
from netstab.errors import CommandRejected
from netstab.units import Watts

ROUNDS, SEED = 12, 7
LIMITS = "/dashboard/api/limits/grid"


def rest(api: Api, chance: random.Random) -> None:
    if chance.random() < 0.3:
        api.post("/api/deactivate", {})
    else:
        api.post("/api/activate", {"activationPowerInKw": chance.choice([0.5, 1.46, 2.92])})


def operator(api: Api, chance: random.Random) -> None:
    match chance.randrange(6):
        case 0:
            api.post("/dashboard/api/override", {"enabled": True, "target_power_kw": 1.0})
        case 1 | 2:
            api.post("/dashboard/api/override", {"enabled": False, "target_power_kw": None})
        case 3:
            api.post("/dashboard/api/power/apply", {"target_power_kw": 2.0})
        case 4:
            api.request("PUT", LIMITS, {"power_kw": chance.choice([1.0, 2.0])})
        case _:
            api.delete(LIMITS)


def front(source: Source) -> Callable[[Controller, random.Random], None]:
    """Return a way in that speaks through the port that all of them have."""

    def speak(controller: Controller, chance: random.Random) -> None:
        power = Watts(chance.choice([500.0, 1460.0, 2920.0]))
        words: list[Command] = [Activate(power), Activate(power), Deactivate(), Release()]
        command = chance.choice(words)
        with suppress(CommandRejected):
            controller.fleet.submit(command, source, Sender(f"{source} of the test"))

    return speak


class Truth:
    """What the history's own commands come to, one after the other, in plain words."""

    def __init__(self) -> None:
        self.model = Model(FRONTS)
        self.limit: float | None = None

    def take(self, told: dict[str, Any]) -> None:
        given, source = told["parameters"], Source(told["source"])
        if not told["success"] or "repeated" in given:
            return
        match told["command"]:
            case "activate":
                self.model.say(source, given["power_kw"], None)
            case "deactivate":
                self.model.say(source, None, None)
            case "release":
                self.model.drop(source)
            case "apply":
                self.model.operate(given["power_kw"])
            case "override" if given["enabled"]:
                self.model.overridden = True
                self.model.operate(given["target_power_kw"])
            case "override":
                self.model.overridden = False
            case "set_limit" | "lift_limit":
                self.limit = given.get("power_kw")

    @property
    def commander(self) -> str:
        if self.model.overridden:
            return "override"
        if self.model.nothing:
            return "nobody"
        return "operator" if self.model.by is None else self.model.by.value


def shown(past: dict[str, Any]) -> tuple[Any, ...]:
    asked = {each["source"]: each["power_kw"] for each in past["setpoints"]}
    limits = {each["source"]: each["power_kw"] for each in past["limits"]}
    return past["in_command"], past["target_power_kw"], asked, limits


def meant(truth: Truth) -> tuple[Any, ...]:
    asked = {source.value: word.power for source, word in truth.model.words.items()}
    limits = {} if truth.limit is None else {"grid": truth.limit}
    return truth.commander, truth.model.left, asked, limits


def test_of_many_at_once_the_past_tells_who_was_in_command_at_each_version(
    controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.port.COMMAND_DEADLINE", PATIENCE)
    controller.wait_for_miners(2)
    speakers: list[Callable[[Controller, random.Random], None]] = [
        rest,
        operator,
        front(Source.MODBUS),
        front(Source.MQTT),
        front(Source.SCHEDULE),
    ]

    def talk(number: int) -> None:
        chance = random.Random(f"{SEED} {number}")
        for _ in range(ROUNDS):
            speakers[number](controller, chance)

    with ThreadPoolExecutor(len(speakers)) as threads:
        list(threads.map(talk, range(len(speakers))))
    told = controller.read("/dashboard/api/history?limit=1000&detail=true")["commands"][::-1]
    truth, seen = Truth(), set()
    for command in told:
        truth.take(command)
        past = controller.read(f"/dashboard/api/history/state?at={command['version']}")
        assert shown(past) == meant(truth), command
        seen.add(truth.commander)
    assert len(seen) >= 4
    now = controller.read("/dashboard/api/dispatch")
    assert (now["in_command"], controller.status()["target_power_kw"]) == (
        truth.commander,
        truth.model.left,
    )
    assert {each["source"]: each["power_kw"] for each in now["setpoints"]} == meant(truth)[2]
    assert sum(each["in_force"] for each in now["setpoints"]) == bool(now["setpoints"])


def test_a_setpoint_above_a_limit_is_accepted_and_says_what_the_limit_leaves(controller: Controller) -> None:
    controller.wait_for_miners(2)
    assert controller.request("PUT", LIMITS, {"power_kw": 1.5}).ok
    answer = controller.post("/api/activate", {"activationPowerInKw": 2.92})
    assert (answer.status_code, answer.json()["accepted"]) == (200, True)
    assert answer.json()["message"].endswith("limits leave 1.5 kW of the 2.92 kW ordered")
    shown = controller.read("/dashboard/api/dispatch")
    assert (shown["target_power_kw"], shown["pursued_power_kw"], shown["binding_limit"]) == (
        2.92,
        1.5,
        "grid",
    )
