"""ePIC's control boards (PowerPlay, umcOS): HTTP on the port where others have the miners' API."""

from dataclasses import replace
from typing import Any

from netstab.devices.antminer.identity import mac_of
from netstab.devices.antminer.loose_json import plausible
from netstab.devices.antminer.naming import label
from netstab.devices.figures import MOST_HASHRATE, MOST_POWER
from netstab.devices.others.reads import READ, WebReads, looked, page, seen_as
from netstab.devices.port import Activity, Endpoint, Identity, Reading
from netstab.errors import ConnectionLost, DeviceError, MalformedAnswer, NotAMiner
from netstab.wire.bounds import after

__all__ = ["MAKER", "EpicDriver", "reading"]

MAKER = "ePIC"

_ACTIVITIES = {"Mining": Activity.HASHING, "Idling": Activity.STOPPED}  # others are on their way


class EpicDriver(WebReads):
    def identify(self, endpoint: Endpoint) -> Identity:
        expires, at = after(READ), _at_api_port(endpoint)
        try:
            told = page(self._web, at, "/capabilities", expires)
        except ConnectionLost as error:
            raise NotAMiner("What listens there is no web server.") from error
        if "Model" not in told or "Max HBs" not in told:
            raise NotAMiner("What answers there is no control board of ePIC.")
        software = label(page(self._web, at, "/summary", expires).get("Software"))
        name = f"{MAKER} {label(told['Model'])}".strip()
        return seen_as(name, f"{MAKER} {software}".strip(), self._mac(at, expires))

    def _mac(self, at: Endpoint, expires: float) -> str:
        try:
            network = page(self._web, at, "/network", expires)
        except DeviceError:
            return ""  # what it is was told all the same
        kinds = (kind.get("mac_address") for kind in network.values() if isinstance(kind, dict))
        return next((mac for told in kinds if (mac := mac_of(told))), "")

    def probe(self, endpoint: Endpoint) -> Reading:
        return reading(page(self._web, _at_api_port(endpoint), "/summary", after(READ)))


def reading(summary: dict[str, Any]) -> Reading:
    """Read `/summary`: the power supply measures its input, in W; boards tell their rates in MH/s."""
    status, supply, session = (_part(summary, name) for name in ("Status", "Power Supply Stats", "Session"))
    state = label(status.get("Operating State"))
    if not state:
        raise MalformedAnswer("The miner does not tell what it does.")
    activity = _ACTIVITIES.get(state, Activity.STARTING)
    boards = summary.get("HBs")
    rates = [_rate(board) for board in boards] if isinstance(boards, list) else []
    hashrate = min(MOST_HASHRATE, sum(rates)) if activity is Activity.HASHING else 0.0
    power = plausible(supply.get("Input Power"), 0, MOST_POWER)
    return looked(activity, power, hashrate, plausible(session.get("Uptime"), 0, 1e8))


def _rate(board: object) -> float:
    rates = board.get("Hashrate") if isinstance(board, dict) else None
    told = rates[0] if isinstance(rates, list) and rates else None
    return (plausible(told, 0, 1000 * MOST_HASHRATE) or 0.0) / 1000


def _part(told: dict[str, Any], name: str) -> dict[str, Any]:
    part = told.get(name)
    return part if isinstance(part, dict) else {}


def _at_api_port(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, http_port=endpoint.api_port)
