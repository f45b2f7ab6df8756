"""Every endpoint of the API's document, with its own requests, against its own example answers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import Api, NewController, NewFleet, wait_until

from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.physics import Stage

PRINTED = (Path(__file__).parents[1] / "fixtures" / "api" / "endpoints.json").read_text()
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

ADDED = {"role", "clock_errors", "setting", "self_tuning"}
"""Keys that an answer has beside those of the document.

Which server leads, what its clock did, what a miner of any make is set to, and what of it sets its power.
"""

UNSET = {
    "target_power_kw": float,
    "override_target_power_kw": float,
    "rated_power_kw_override": float,
    "error": str,
}
"""What a value may be that the document shows as null."""


FREE = ("status", "parameters")
"""Objects without keys of their own: what the firmware says, and what a command was given."""


class Walk:
    """The document with the fleet's addresses in place of the printed ones."""

    def __init__(self, api: Api, fleet: SimulatedFleet, network: str) -> None:
        self.api, self.fleet = api, fleet
        self.first, self.second, self.third = fleet.miners
        names = {"192.168.1.0/24": network, '"port": 4028': f'"port": {fleet.api_port}'}
        for number, miner in zip(("56", "167", "100"), fleet.miners, strict=True):
            names |= {f"192.168.1.{number}": miner, f"S9-{number}": f"S9-{miner.rpartition('.')[2]}"}
        text = PRINTED
        for printed, own in names.items():
            text = text.replace(printed, own)
        self._left = {f"{one['method']} {one['path']}": one for one in json.loads(text)}

    @property
    def left(self) -> set[str]:
        """The endpoints that were not asked yet."""
        return set(self._left)

    def ask(self, endpoint: str, miner: str = "") -> tuple[Any, Any]:
        """Send the document's own request; gives its example and the answer."""
        printed = self._left.pop(endpoint)
        path = re.sub(r"{\w+}", miner, printed["path"])
        answer = self.api.request(printed["method"], path, printed.get("body"))
        assert answer.status_code == 200, (endpoint, answer.text)
        assert answer.headers["Content-Type"] == "application/json"
        return printed.get("answer"), answer.json()

    def same(self, endpoint: str, miner: str = "") -> None:
        """The answer is the document's own, to the last letter."""
        printed, answer = self.ask(endpoint, miner)
        assert answer == printed, endpoint

    def alike(self, endpoint: str, miner: str = "") -> Any:
        """The answer has the document's keys and types and no others; gives it."""
        printed, answer = self.ask(endpoint, miner)
        assert list(differences("answer", printed, answer)) == [], endpoint
        return answer


def differences(place: str, printed: Any, shown: Any) -> Iterator[str]:  # noqa: C901 - a case for each type
    """Say where a value has other keys or another type than the document's example."""
    key = place.rpartition(".")[2].removesuffix("[]")
    if isinstance(printed, dict) and isinstance(shown, dict):
        if key in FREE:
            return
        if keys := (printed.keys() ^ shown.keys()) - ADDED:
            yield f"{place} has {sorted(keys)} too many or too few"
        for name in printed.keys() & shown.keys():
            yield from differences(f"{place}.{name}", printed[name], shown[name])
    elif isinstance(printed, list) and isinstance(shown, list):
        if printed and not shown:
            yield f"{place} is empty"
        for item in shown if printed else ():
            yield from differences(f"{place}[]", printed[0], item)
    elif printed is None:
        if not isinstance(shown, UNSET[key] | None):
            yield f"{place} is {shown!r}, not null or {UNSET[key]}"
    elif type(shown) is not type(printed):
        yield f"{place} is {shown!r}, the document has {printed!r}"
    elif isinstance(printed, str) and MOMENT.fullmatch(printed) and not MOMENT.fullmatch(shown):
        yield f"{place} is {shown!r}, which is no time"


@pytest.fixture
def walk(new_fleet: NewFleet, new_controller: NewController) -> Iterator[Walk]:
    """Two running miners in the block that is scanned, and one beside it that is not known."""
    fleet = new_fleet(3, asleep=False)
    network = f"{fleet.miners[0].rpartition('.')[0]}.0/30"
    with new_controller(fleet, MINER_NETWORK_CIDR=network) as controller:
        controller.wait_for_miners(2)
        yield Walk(controller, fleet, network)


def test_every_endpoint_answers_as_the_document_says(walk: Walk) -> None:
    constants(walk)
    the_running_fleet(walk)
    one_miner(walk)
    the_fleets_power(walk)
    the_registry(walk)
    assert walk.left == set()


def constants(walk: Walk) -> None:
    walk.same("GET /dashboard/api/config")
    walk.same("GET /dashboard/api/power-mode")
    walk.same("GET /dashboard/api/power/frequencies")
    walk.same("GET /dashboard/api/power/curve")


def the_running_fleet(walk: Walk) -> None:
    walk.same("POST /api/activate")
    walk.api.wait_for(state="active", mining_miners=2)
    wait_until(
        lambda: all(one["pool_url"] for one in walk.api.read("/dashboard/api/discovery/miners")["miners"])
    )
    assert walk.alike("GET /api/status")["runningStatus"] == 2
    status = walk.alike("GET /dashboard/api/status")
    assert (status["target_power_kw"], status["rated_power_kw"], status["errors"]) == (2.0, 2.92, [])
    miners = walk.alike("GET /dashboard/api/miners")
    assert {miner["name"] for miner in miners} == {"S9-1", "S9-2"}
    _, miner = walk.ask("GET /dashboard/api/miners/{miner_id}", walk.second)
    assert list(differences("answer", miners[1] | {"target_power_kw": None, "error": None}, miner)) == []
    assert miner["miner_id"] == walk.second
    assert walk.alike("GET /dashboard/api/discovery/miners")["total"] == 2
    assert walk.alike("GET /dashboard/api/health")["healthy"] is True
    (command,) = (
        entry
        for entry in walk.alike("GET /dashboard/api/history")["commands"]
        if entry["command"] == "activate"
    )
    assert (command["source"], command["parameters"]) == ("ems", {"power_kw": 2.0})


def one_miner(walk: Walk) -> None:
    miner = walk.first
    details = walk.alike("GET /dashboard/api/miner/{miner_ip}/details", miner)
    assert (details["ip"], len(details["boards"])) == (miner, 3)
    walk.same("GET /dashboard/api/power/miner/{miner_ip}", miner)
    walk.same("POST /dashboard/api/miner/{miner_ip}/blink", miner)
    assert walk.fleet.inspect(miner).find_mode
    walk.same("POST /dashboard/api/power/set-frequency")
    wait_until(lambda: (seen := walk.fleet.inspect(miner)).stage is Stage.HASHING and seen.frequency == 550)
    walk.same("POST /dashboard/api/miners/{miner_id}/control", miner)
    wait_until(lambda: walk.fleet.inspect(miner).stage is Stage.DOWN)
    walk.api.tell(f"/dashboard/api/miners/{miner}/control", {"action": "start"})
    walk.api.wait_for(mining_miners=2)


def the_fleets_power(walk: Walk) -> None:
    answer = walk.api.post("/api/activate", {"activationPowerInKw": 3.0})
    assert (answer.status_code, answer.json()) == (
        400,
        {"accepted": False, "message": "Requested power exceeds rated limits."},
    )
    walk.same("POST /api/deactivate")
    wait_until(lambda: {walk.fleet.inspect(id_).stage for id_ in (walk.first, walk.second)} == {Stage.DOWN})
    walk.same("POST /dashboard/api/power-mode")
    allocation = walk.alike("POST /dashboard/api/power/calculate")
    assert sorted(miner["action"] for miner in allocation["allocation"]) == ["full", "swing"]
    walk.same("POST /dashboard/api/power/apply")
    walk.api.wait_for(state="active", mining_miners=2)
    walk.same("POST /dashboard/api/override")
    walk.api.wait_for(state="active", mining_miners=1, override_target_power_kw=1.5)


def the_registry(walk: Walk) -> None:
    before = walk.api.read("/dashboard/api/config")
    _, changed = walk.ask("PATCH /dashboard/api/config")
    changes = {"rated_power_kw_override": 3.0, "max_power_change_rate_kw_per_sec": 100.0}
    assert changed == before | changes == walk.api.read("/dashboard/api/config")
    walk.api.wait_for(rated_power_kw=3.0)
    assert walk.alike("POST /dashboard/api/discovery/scan")["miners_found"] == 2
    walk.same("POST /dashboard/api/discovery/add")
    walk.api.wait_for(total_miners=3, online_miners=3)
    walk.same("DELETE /dashboard/api/discovery/miners/{miner_id}", walk.third)
    assert walk.api.get(f"/dashboard/api/miners/{walk.third}").status_code == 404
