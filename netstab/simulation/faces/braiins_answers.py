"""What Braiins OS answers: recorded answers of 26.04 and 24.09 with the machine's own values. Pure."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from netstab.simulation.faces.braiins_tuner import Tuner
from netstab.simulation.faces.face import golden
from netstab.simulation.faces.machine import Machine

__all__ = ["MODELS", "READS", "Model", "State", "graphql", "rpc"]

_BOARDS = 3


class Model(NamedTuple):
    """A model with its power targets in W, the lowest assumed, and its hash rate at the highest in GH/s."""

    name: str
    lowest: int
    highest: int
    hashrate: float
    chips: int


MODELS = (
    Model("Antminer S19", 900, 3250, 95_000.0, 76),
    Model("Antminer S19 Pro", 950, 3250, 110_000.0, 114),
    Model("Antminer S19 XP", 1000, 3010, 140_000.0, 110),
    Model("Antminer S21", 1050, 3500, 200_000.0, 108),
    Model("Antminer S21 Pro", 1071, 3510, 234_000.0, 65),
)


class State(NamedTuple):
    """What a machine tells just now; powers in W."""

    model: Model
    tuner: Tuner
    status: int
    reason: object
    told_power: int
    bounds_told: bool
    locates: bool
    rest: bool

    @property
    def machine(self) -> Machine:
        return self.tuner.machine

    @property
    def hot(self) -> float:
        """°C of its chips."""
        return 30.0 + 38.0 * self.machine.power / self.model.highest


def rpc(request: bytes) -> bytes:
    """Answer on the API port: of its commands only this one was recorded."""
    if b'"version"' in request:
        return golden("braiins", "rpc_version.json") + b"\0"
    refused = {"STATUS": [{"STATUS": "E", "Code": 14, "Msg": "invalid cmd", "Description": "BOSer"}], "id": 1}
    return json.dumps(refused).encode() + b"\0"


def _recorded(name: str) -> Any:
    return json.loads(golden("braiins", f"{name}.json"))


def _watt(power: int | None) -> dict[str, int] | None:
    return None if power is None else {"watt": power}


def _rates(document: dict[str, Any], gigahash: float) -> None:
    for rate in document.values():
        rate["gigahash_per_second"] = gigahash


def _details(state: State) -> Any:
    found, machine = _recorded("miner_details"), state.machine
    found["miner_identity"] |= {"miner_model": state.model.name, "name": state.model.name}
    found |= {"mac_address": machine.build.mac, "status": state.status}
    found["bosminer_uptime_s"] = int(machine.elapsed)
    found["sticker_hashrate"]["gigahash_per_second"] = state.model.hashrate
    if state.reason is not None:
        found["detailed_status"] = state.reason
    return found


def _stats(state: State) -> Any:
    found, rate = _recorded("miner_stats"), state.machine.hashrate
    _rates(found["miner_stats"]["real_hashrate"], rate)
    found["power_stats"]["approximated_consumption"] = _watt(state.told_power)
    efficiency = 1000 * state.told_power / rate if rate else None
    found["power_stats"]["efficiency"] = None if efficiency is None else {"joule_per_terahash": efficiency}
    return found


def _tuner(state: State) -> Any:
    found = _recorded("performance_tuner_state")
    found["overall_tuner_state"] = state.tuner.state
    mode = found["mode_state"]["powertargetmodestate"]
    mode["current_target"] = _watt(state.tuner.held)
    mode["profile"] |= {
        "target": _watt(state.tuner.tuned_for),
        "estimated_power_consumption": _watt(state.told_power),
    }
    mode["profile"]["measured_hashrate"]["gigahash_per_second"] = state.machine.hashrate
    return found


def _configuration(state: State) -> Any:
    found = _recorded("configuration_miner")
    found["tuner"]["power_target"] = _watt(state.tuner.target)
    return found


def _constraints(state: State) -> Any:
    """Return the bounds by the vendor's description: no answer of a device is at hand."""
    told = state.model if state.bounds_told else None
    lowest, highest = (told.lowest, told.highest) if told else (None, None)
    bounds = {"default": _watt(highest), "min": _watt(lowest), "max": _watt(highest)}
    seconds = {"default": 5, "min": 2, "max": 60}
    return {
        "tuner_constraints": {"power_target": bounds},
        "hashboards_constraints": {"quick_ramping_time_s": {"up": seconds, "down": seconds}},
    }


def _boards(state: State) -> Any:
    found = _recorded("miner_hw_hashboards")
    for board in found["hashboards"]:
        board["chips_count"] = state.model.chips
        board["board_temp"]["degree_c"] = round(state.hot - 15.0, 2)
        board["highest_chip_temp"]["temperature"]["degree_c"] = round(state.hot, 2)
        _rates(board["stats"]["real_hashrate"], state.machine.hashrate / _BOARDS)
    return found


def _cooling(state: State) -> Any:
    found = _recorded("cooling_state")
    for fan in found["fans"]:
        fan["rpm"] = round(1500 + 4500 * state.machine.power / (1.15 * state.model.highest))
    found["highest_temperature"]["temperature"]["degree_c"] = round(state.hot, 2)
    return found


READS: Mapping[str, Callable[[State], Any]] = {
    "GET version": lambda _state: _recorded("version"),
    "GET miner/details": _details,
    "GET miner/stats": _stats,
    "GET performance/tuner-state": _tuner,
    "GET configuration/miner": _configuration,
    "GET configuration/constraints": _constraints,
    "GET miner/hw/hashboards": _boards,
    "GET cooling/state": _cooling,
    "GET network": lambda state: _recorded("network") | {"mac_address": state.machine.build.mac},
    "GET pools": lambda _state: _recorded("pools"),
    "GET actions/locate": lambda state: state.locates,
}


def graphql(state: State, body: str) -> Any:
    """Answer what GraphQL tells of the mining process, to anybody; newer builds answer it beside REST.

    Of two questions that other programs ask, for the model and the version, no answer was recorded.
    """
    found = _recorded("gql_system")
    bos, info = found["data"]["bos"], found["data"]["bosminer"]["info"]
    if state.rest:
        bos["info"]["version"]["full"] = _recorded("miner_details")["bos_version"]["current"]
    if "modelName" in body:
        return {"data": {"bos": bos, "bosminer": {"info": {"modelName": state.model.name}}}}
    info["summary"]["power"] = {"approxConsumptionW": state.told_power, "limitW": state.tuner.target}
    info["workSolver"]["realHashrate"]["mhs5S"] = 1000 * state.machine.hashrate
    return found
