"""API 3 in documents: requests to bytes, answers to values. Pure; its hash rates are in TH/s."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Never

from netstab.devices.antminer.loose_json import number, parse, plausible
from netstab.devices.antminer.naming import label
from netstab.devices.antminer.texts import LONGEST_TEXT
from netstab.devices.port import Board, Pool
from netstab.devices.whatsminer.access import NO_PERMISSION, WRITE_ACCESS_CLOSED
from netstab.devices.whatsminer.models import model_of
from netstab.devices.whatsminer.state import (
    MOST_BOARDS,
    State,
    age_told,
    board,
    count,
    has_ramped,
    limit_told,
    percent_told,
    speeds,
    watts_told,
)
from netstab.errors import CommandRefused, MalformedAnswer, NotAMiner, Unauthorized, WriteAccessClosed
from netstab.units import GigahashPerSecond

__all__ = [
    "INFO",
    "SETTING",
    "SUMMARY",
    "WHOLE_STATUS",
    "Info",
    "command",
    "commanded",
    "pools",
    "rated_hashrate",
    "request",
    "state",
    "tells_shares",
    "told",
]

_MOST_POOLS = 16
_CLOCKS = 1e9, 1e10  # seconds since 1970: what is no time of today is no clock
_MAY_NOT_LOG_IN = ("token", "password", "passwd", "account", "auth")


def request(name: str, param: object = None) -> bytes:
    """Return a request that reads."""
    asked = {"cmd": name} if param is None else {"cmd": name, "param": param}
    return json.dumps(asked, separators=(",", ":")).encode()


INFO = request("get.device.info")
SUMMARY = request("get.miner.status", "summary")
WHOLE_STATUS = request("get.miner.status", "summary+pools+edevs")
SETTING = request("get.miner.setting")


def command(name: str, param: object, account: str, password: str, salt: str, at: int) -> bytes:
    """Return a request that changes something, signed for one moment of the device's own clock."""
    signed = sha256(f"{name}{password}{salt}{at}".encode()).digest()
    shown = {"ts": at, "token": base64.b64encode(signed).decode()[:8], "account": account}
    asked = {"cmd": name} if param is None else {"cmd": name, "param": param}
    return json.dumps({**asked, **shown}, separators=(",", ":")).encode()


def told(answer: bytes, name: str) -> tuple[Any, Mapping[str, Any]]:
    """Return what an answer tells, and the whole of it; raises the error of one that refuses."""
    if not answer.lstrip().startswith(b"{"):
        raise NotAMiner("What answers there does not speak the API 3 of Whatsminers.")
    document = parse(answer)
    code = number(document.get("code"))
    if code is None:
        raise NotAMiner("What answers there does not speak the API 3 of Whatsminers.")
    if code != 0:
        _refused(name, int(code), document.get("msg"))
    return document.get("msg"), document


def commanded(answer: bytes, name: str, *, opened: bool) -> None:
    """Raise the error of a command's refusal; a device that was `opened` has no permission for us alone."""
    try:
        told(answer, name)
    except WriteAccessClosed as error:
        if opened:
            raise Unauthorized(_NOT_OURS) from error
        raise


_NOT_OURS = (
    "The miner's write access is open, but not to us: the password of its account is another, or the account "
    "may not do this. Set WHATSMINER_USERNAME and WHATSMINER_PASSWORD to one that may."
)


def _refused(name: str, code: int, said: object) -> Never:
    reason = label(said, LONGEST_TEXT)
    if code == NO_PERMISSION and name.startswith("set."):
        raise WriteAccessClosed(WRITE_ACCESS_CLOSED)
    if any(word in reason.lower() for word in _MAY_NOT_LOG_IN):
        raise Unauthorized(
            f"The miner does not know the account, or its password: {reason}. "
            "Set WHATSMINER_USERNAME and WHATSMINER_PASSWORD to its own."
        )
    raise CommandRefused(f"The miner refuses with code {code}: {reason or 'no reason given'}.")


@dataclass(frozen=True, slots=True)
class Info:
    """What counts of `get.device.info`. `at` is the device's own clock, None where it tells none."""

    whole: Mapping[str, Any]
    miner: Mapping[str, Any]
    system: Mapping[str, Any]
    network: Mapping[str, Any]
    salt: str
    at: int | None

    @classmethod
    def parsed(cls, answer: bytes) -> "Info":
        """Read it; raises `NotAMiner` without the sign of a Whatsminer, the sections of its own."""
        whole, document = told(answer, "get.device.info")
        if not isinstance(whole, dict) or not isinstance(whole.get("miner"), dict):
            raise NotAMiner("What answers there is no Whatsminer.")
        at = plausible(document.get("when"), *_CLOCKS)
        return cls(
            whole,
            whole["miner"],
            _section(whole, "system"),
            _section(whole, "network"),
            label(whole.get("salt")),
            None if at is None else int(at),
        )

    @property
    def working(self) -> bool:
        """Whether the mining service runs; raises `MalformedAnswer` where it does not say."""
        said = label(self.miner.get("working")).lower()
        if said not in ("true", "false"):
            raise MalformedAnswer("The miner does not say whether it works.")
        return said == "true"

    @property
    def model(self) -> str:
        return model_of(label(self.miner.get("type")))

    @property
    def api(self) -> str:
        return label(self.system.get("api"))

    @property
    def version(self) -> str:
        return f"API {self.api}, {label(self.system.get('fwversion'))}"

    @property
    def closed(self) -> str | None:
        """Why it takes no commands, "" where it takes them, None where it does not tell."""
        return {"0": WRITE_ACCESS_CLOSED, "1": ""}.get(label(self.system.get("apiswitch")))

    @property
    def blinks(self) -> bool:
        return label(self.system.get("ledstatus")) not in ("auto", "")

    @property
    def shown(self) -> dict[str, Any]:
        """All but the salt."""
        return {name: value for name, value in self.whole.items() if name != "salt"}


def state(info: Info, status: Mapping[str, Any], setting: Mapping[str, Any]) -> State:
    """Put together what three answers tell; those of a sleeping machine may be empty."""
    summary = _section(status, "summary")
    elapsed = age_told(summary.get("elapsed"))
    return State(
        working=info.working,
        ramped=has_ramped(summary.get("up-freq-finish"), elapsed),
        percent=percent_told(setting.get("power-percent"), info.miner.get("hash-percent")),
        limit=limit_told(summary.get("power-limit"), setting.get("power-limit")),
        power=watts_told(summary.get("power-realtime")),
        hashrate=_gigahash(summary.get("hash-realtime")),
        elapsed=elapsed,
        boards=_boards(status, summary),
        fans=speeds(summary.get("fan-speed-in"), summary.get("fan-speed-out")),
        pools=pools(status),
        closed=info.closed,
    )


def rated_hashrate(status: Mapping[str, Any]) -> GigahashPerSecond | None:
    """Return the hash rate that the factory measured."""
    return _gigahash(_section(status, "summary").get("factory-hash")) or None


def pools(status: Mapping[str, Any]) -> tuple[Pool, ...]:
    """Read the pools; the state of one is written as that of any other make's."""
    return tuple(
        Pool(
            position=place,
            url=label(pool.get("url"), LONGEST_TEXT),
            worker=label(pool.get("account"), LONGEST_TEXT),
            status=label(pool.get("status")).capitalize(),
            accepted=count(pool, "accepted"),
            rejected=count(pool, "rejected"),
            stale=count(pool, "stale"),
            stratum_active=pool.get("stratum-active") is True,
        )
        for place, pool in enumerate(_entries(status, "pools")[:_MOST_POOLS])
    )


def tells_shares(status: Mapping[str, Any]) -> bool:
    """Whether its pools count shares: on the firmware whose answers are recorded they do not."""
    return any("accepted" in pool for pool in _entries(status, "pools"))


def _boards(status: Mapping[str, Any], summary: Mapping[str, Any]) -> tuple[Board, ...]:
    warm = summary.get("board-temperature")
    warm = warm if isinstance(warm, list) else []
    return tuple(
        board(
            entry.get("id", place),
            entry.get("effective-chips"),
            entry.get("freq"),
            _gigahash(entry.get("hash-realtime")),
            warm[place] if place < len(warm) else None,
            entry.get("chip-temp-max"),
            alive=label(entry.get("status")).lower() == "alive",
        )
        for place, entry in enumerate(_entries(status, "edevs")[:MOST_BOARDS])
    )


def _gigahash(terahash: object) -> GigahashPerSecond:
    return GigahashPerSecond((plausible(terahash, 0, 2000) or 0.0) * 1000)


def _section(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = document.get(name)
    return section if isinstance(section, dict) else {}


def _entries(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    entries = document.get(name)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
