"""The usage examples of the API's document, as printed but for host and port, against `netstab serve`."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from harness import Api, NewProcess, asleep, hashing, wait_until

from netstab.simulation.fleet import SimulatedFleet

EXAMPLES = (Path(__file__).parents[1] / "fixtures" / "api" / "usage_examples.md").read_text()
PRINTED_BASE = "http://192.168.1.100:8000"


class SignalEnded(Exception):
    """The grid wants nothing more."""


@pytest.fixture
def api(new_process: NewProcess, fleet: SimulatedFleet) -> Api:
    api: Api = new_process(fleet).start()
    api.wait_for_miners(2)
    return api


def printed(language: str, base: str) -> list[str]:
    blocks = re.findall(rf"```{language}\n(.*?)```", EXAMPLES, re.DOTALL)
    return [block.replace(PRINTED_BASE, base) for block in blocks]


def test_the_control_loop_of_the_document_steers_two_miners(
    api: Api, fleet: SimulatedFleet, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    signal = iter([2.0, 0.0])
    reached = iter([lambda: hashing(fleet) == 2, lambda: asleep(fleet)])

    def calculate_target_power() -> float:
        for target in signal:
            return target
        raise SignalEnded

    def until_the_miners_have_followed(_seconds: float) -> None:
        wait_until(next(reached))

    (loop,) = printed("python", api.base)
    names: dict[str, Any] = {"calculate_target_power": calculate_target_power}
    exec(loop, names)  # noqa: S102
    names["time"] = SimpleNamespace(sleep=until_the_miners_have_followed)
    with pytest.raises(SignalEnded):
        names["ems_control_loop"]()
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("Command")] == [
        "Command accepted: Fleet activated successfully at 2000W (2 miners at full power)",
        "Command accepted: Fleet deactivation command accepted. All miners stopping.",
    ]
    assert re.fullmatch(r"Power: 0\.\d+ / 2\.92 kW", lines[0])
    assert lines[1] == "Status: StandBy"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_curl_line_of_the_document_gets_its_documented_answer(api: Api) -> None:
    answers = []
    for line in printed("bash", api.base):
        done = subprocess.run(
            ["sh", "-c", f"{line.strip()} -sS --noproxy '*'"], capture_output=True, timeout=60, check=True
        )
        answers.append(json.loads(done.stdout))
    status, activated, deactivated, mode, override = answers
    assert {name: type(value) for name, value in status.items()} == {
        "isAvailableForDispatch": bool,
        "runningStatus": int,
        "ratedPowerInKw": float,
        "activePowerInKw": float,
    }
    assert activated == {
        "accepted": True,
        "message": "Fleet activated successfully at 2500W (2 miners at full power)",
    }
    assert deactivated == {
        "accepted": True,
        "message": "Fleet deactivation command accepted. All miners stopping.",
    }
    assert mode == {
        "success": True,
        "message": "Power control mode set to frequency",
        "mode": "frequency",
    }
    assert override == {
        "success": True,
        "message": "Manual override enabled at 1.5 kW",
        "override_active": True,
    }


def test_the_status_reads_as_documented_while_the_miners_run(api: Api, fleet: SimulatedFleet) -> None:
    api.activate(2.92)
    wait_until(lambda: api.read("/api/status")["activePowerInKw"] > 2.8)
    status = api.read("/api/status")
    assert hashing(fleet) == 2
    assert status["activePowerInKw"] == pytest.approx(fleet.true_power() / 1000, rel=0.05)
    assert status | {"activePowerInKw": 2.92} == {
        "isAvailableForDispatch": True,
        "runningStatus": 2,
        "ratedPowerInKw": 2.92,
        "activePowerInKw": 2.92,
    }
