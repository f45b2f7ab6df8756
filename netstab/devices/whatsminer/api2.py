"""API 2 in documents: requests to bytes, answers to values. Pure; its hash rates are in MH/s.

`Msg` is a text or an object by the command; the process that mines answers in cgminer's form.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from netstab.devices.antminer.loose_json import number, parse, plausible
from netstab.devices.antminer.naming import label
from netstab.devices.antminer.texts import LONGEST_TEXT
from netstab.devices.port import Board
from netstab.devices.whatsminer.access import WRITE_ACCESS_CLOSED
from netstab.devices.whatsminer.models import model_of
from netstab.devices.whatsminer.state import (
    MOST_BOARDS,
    State,
    age_told,
    board,
    has_ramped,
    limit_told,
    percent_told,
    speeds,
    watts_told,
)
from netstab.errors import (
    CommandRefused,
    DeviceError,
    HeldByAnother,
    NotAMiner,
    Unauthorized,
    WriteAccessClosed,
)
from netstab.units import GigahashPerSecond

__all__ = [
    "DETAILS",
    "DEVICES",
    "ERRORS",
    "INFO",
    "POOLS",
    "STATUS",
    "SUMMARY",
    "TOKEN",
    "VERSION",
    "TokenRefused",
    "entries",
    "first",
    "may_have_api3",
    "message",
    "model",
    "rated_hashrate",
    "state",
    "taken",
    "takes_commands",
    "version",
]


def _request(name: str) -> bytes:
    return json.dumps({"cmd": name}, separators=(",", ":")).encode()


VERSION = _request("get_version")
STATUS = _request("status")
SUMMARY = _request("summary")
DEVICES = _request("devs")
DETAILS = _request("devdetails")
POOLS = _request("pools")
INFO = _request("get_miner_info")
ERRORS = _request("get_error_code")
TOKEN = _request("get_token")

_DATE = re.compile(r", \D{0,2}(20\d{6})")
_COMMANDED_SINCE = 2020_08_01
_API3_SINCE = 2024_05_01


class TokenRefused(CommandRefused):
    """The token is over, or the miner was restarted since it gave it: nothing was carried out."""


def first(answer: bytes, name: str) -> dict[str, Any]:
    """Return the first entry of a section in cgminer's form, {} where it has none."""
    return next(iter(entries(answer, name)), {})


def entries(answer: bytes, name: str) -> list[dict[str, Any]]:
    """Return the entries of a section in cgminer's form, no more than boards of a machine."""
    document = _document(answer)
    _raise_refusal(document, {})
    found = document.get(name)
    listed = found if isinstance(found, list) else []
    return [entry for entry in listed if isinstance(entry, dict)][:MOST_BOARDS]


def message(answer: bytes) -> dict[str, Any]:
    """Return what a read told in `Msg`, {} where that is a text."""
    document = _document(answer)
    _raise_refusal(document, {})
    return _object(document.get("Msg"))


def taken(answer: bytes) -> dict[str, Any]:
    """Return what a command, or the question for a token, brought; raises the error of a refusal."""
    document = _document(answer)
    _raise_refusal(document, _ERRORS)
    if label(document.get("Msg")).lower() == "over max connect":
        raise HeldByAnother(_ALL_TOKENS_HELD)
    return _object(document.get("Msg"))


def _object(said: object) -> dict[str, Any]:
    return said if isinstance(said, dict) else {}


_ALL_TOKENS_HELD = (
    "Other programs hold all tokens that the miner gives: have them use one each, or wait half an hour."
)
_ERRORS: Mapping[float, tuple[type[DeviceError], str]] = {
    23: (
        Unauthorized,
        "The miner cannot decipher what it was sent: set WHATSMINER_PASSWORD to its web admin's.",
    ),
    45: (WriteAccessClosed, WRITE_ACCESS_CLOSED),
    135: (TokenRefused, "The miner does not take the token that it gave."),
    136: (HeldByAnother, _ALL_TOKENS_HELD),
}


def _document(answer: bytes) -> dict[str, Any]:
    if not answer.lstrip().startswith(b"{"):
        raise NotAMiner("What answers on the API port is not a miner's API.")
    return parse(answer)


def _raise_refusal(
    document: Mapping[str, Any], errors: Mapping[float, tuple[type[DeviceError], str]]
) -> None:
    status = document.get("STATUS")
    entry = status[0] if isinstance(status, list) and status else document
    if not isinstance(entry, dict) or entry.get("STATUS") not in ("E", "F"):
        return
    code, reason = number(entry.get("Code")) or 0.0, label(entry.get("Msg"), LONGEST_TEXT)
    kind, text = errors.get(
        code, (CommandRefused, f"The miner refuses with code {code:.0f}: {reason or 'no reason given'}.")
    )
    raise kind(text)


def version(answer: bytes) -> str:
    """Return `2.0.5, 20230803.11.REL`; raises `NotAMiner` for what is no Whatsminer with API 2."""
    try:
        told = message(answer)
    except CommandRefused as error:
        raise NotAMiner("What answers on the API port does not know Whatsminers' questions.") from error
    api, firmware = label(told.get("api_ver")), label(told.get("fw_ver"))
    if not api.startswith("2.") or not firmware:
        raise NotAMiner("What answers on the API port is no Whatsminer with API 2.")
    return f"API {api}, {firmware}"


def model(answer: bytes) -> str:
    """Return the model by the details of its boards, the maker alone where they do not tell."""
    return model_of(label(first(answer, "DEVDETAILS").get("Model")))


def rated_hashrate(summary: Mapping[str, Any]) -> GigahashPerSecond | None:
    """Return the hash rate that the factory measured, which is in GH/s."""
    told = plausible(summary.get("Factory GHS"), 1, 2_000_000)
    return None if told is None else GigahashPerSecond(told)


def takes_commands(version: str) -> bool:
    """Whether firmware of that version takes the maker's commands for curtailment: since 2020-08."""
    date = _DATE.search(version)
    return date is not None and int(date[1]) >= _COMMANDED_SINCE


def may_have_api3(version: str) -> bool:
    """Whether firmware of that version may have API 3 as well: since 2024-05."""
    date = _DATE.search(version)
    return date is not None and int(date[1]) >= _API3_SINCE


def state(
    status: Mapping[str, Any], summary: Mapping[str, Any], boards: Sequence[Mapping[str, Any]]
) -> State:
    """Put together what the answers tell; those of a sleeping machine may be empty."""
    elapsed = age_told(summary.get("Elapsed"))
    off = label(status.get("mineroff", status.get("btmineroff"))).lower()
    return State(
        working=off != "true",
        ramped=has_ramped(_finished(summary, boards), elapsed),
        percent=percent_told(status.get("hash_percent")),
        limit=limit_told(summary.get("Power Limit"), status.get("power_limit_set")),
        power=watts_told(summary.get("Power")),
        hashrate=_gigahash(summary),
        elapsed=elapsed,
        boards=tuple(_board(place, entry) for place, entry in enumerate(boards)),
        fans=speeds(summary.get("Fan Speed In"), summary.get("Fan Speed Out")),
    )


def _finished(summary: Mapping[str, Any], boards: Sequence[Mapping[str, Any]]) -> object:
    """Return whether the clock has climbed, of the machine or else of the last of its boards."""
    told = [entry for entry in (summary, *boards) if number(entry.get("Upfreq Complete")) is not None]
    if told:
        return min(number(entry["Upfreq Complete"]) or 0.0 for entry in told)
    return 1 if summary.get("Hash Stable") is True else None


def _board(place: int, entry: Mapping[str, Any]) -> Board:
    return board(
        entry.get("Slot", place),
        entry.get("Effective Chips"),
        entry.get("Chip Frequency"),
        _gigahash(entry),
        entry.get("Temperature"),
        entry.get("Chip Temp Max"),
        alive=label(entry.get("Status")).lower() == "alive",
    )


def _gigahash(entry: Mapping[str, Any]) -> GigahashPerSecond:
    """Return the rate of now, else that of the last minutes, and at last the average since the start."""
    told = (plausible(entry.get(key), 0, 2e9) for key in ("HS RT", "MHS 1m", "MHS 5s", "MHS av"))
    return GigahashPerSecond(next((rate for rate in told if rate is not None), 0.0) / 1000)
