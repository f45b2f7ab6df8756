"""Two operators and an EMS at once: every command is whole, and every answer is true."""

from concurrent.futures import ThreadPoolExecutor

import requests
from harness import Api, Controller

ROUNDS = 25


def ems(base: str) -> list[tuple[str, bool]]:
    answers = []
    for number in range(ROUNDS):
        body = {"activationPowerInKw": round(0.1 * (number % 29), 3)}
        answer = requests.post(f"{base}/api/activate", json=body, timeout=20)
        answers.append(("activate", answer.json()["accepted"]))
    return answers


def first_operator(base: str) -> list[tuple[str, bool]]:
    answers = []
    for number in range(ROUNDS):
        body = {"enabled": number % 2 == 0, "target_power_kw": 1.5 if number % 2 == 0 else None}
        answer = requests.post(f"{base}/dashboard/api/override", json=body, timeout=20)
        answers.append(("override", answer.status_code == 200))
    return answers


def second_operator(base: str) -> list[tuple[str, bool]]:
    answers = []
    for number in range(ROUNDS):
        body = {"max_power_change_rate_kw_per_sec": 10.0 + number, "min_miner_power_percent": number}
        answer = requests.patch(f"{base}/dashboard/api/config", json=body, timeout=20)
        answers.append(("config", answer.status_code == 200))
    return answers


def test_every_answered_command_is_recorded_once_and_with_the_answer_that_was_given(
    controller: Controller,
) -> None:
    before = len(controller.history())
    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(part, controller.base) for part in (ems, first_operator, second_operator)]
        answered = [answer for part in running for answer in part.result(timeout=60)]
    recorded = [(entry["command"], entry["success"]) for entry in controller.history()]
    told = [
        entry
        for entry in recorded[: len(recorded) - before]
        if entry[0] in ("activate", "override", "config")
    ]
    assert sorted(told) == sorted(answered)


def test_no_configuration_is_half_applied(controller: Controller) -> None:
    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(second_operator, controller.base)
        while not running.done():
            with Api(controller.port) as operator:
                shown = operator.read("/dashboard/api/config")
            if shown["min_miner_power_percent"]:
                rate = shown["max_power_change_rate_kw_per_sec"]
                assert rate == 10.0 + shown["min_miner_power_percent"]


def test_what_is_in_force_afterwards_is_what_the_log_says(controller: Controller) -> None:
    with ThreadPoolExecutor(3) as pool:
        for running in [
            pool.submit(part, controller.base) for part in (ems, first_operator, second_operator)
        ]:
            running.result(timeout=60)
    logged = controller.read("/dashboard/api/history/state?at=" + str(head(controller)))
    status = controller.status()
    assert logged["power_control_mode"] == status["power_control_mode"]
    assert logged["configuration"] == controller.read("/dashboard/api/config")
    assert (logged["override"] is not None) == status["manual_override_active"]


def head(controller: Controller) -> int:
    return int(controller.read("/dashboard/api/history/head")["version"])
