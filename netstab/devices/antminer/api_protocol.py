"""The cgminer API of port 4028: requests to bytes and answers to values. Pure: no socket is opened here."""

import json
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from netstab.devices.antminer import reading as figures
from netstab.devices.antminer.boards import Chain
from netstab.devices.antminer.loose_json import number, parse, plausible
from netstab.devices.antminer.naming import label, model_name
from netstab.devices.antminer.texts import LONGEST_TEXT
from netstab.devices.models import MinerModel, model_named
from netstab.devices.port import Pool, Reading
from netstab.errors import CommandRefused, MalformedAnswer, NotAMiner
from netstab.units import Watts

__all__ = [
    "BTMINER",
    "POOLS",
    "STATS",
    "SUMMARY",
    "parse_btminer",
    "parse_pools",
    "parse_stats",
    "parse_summary",
    "parse_type",
    "parse_version",
    "reading_of_summary",
    "section",
    "shares",
]


def _request(command: str) -> bytes:
    return json.dumps({"command": command}, separators=(",", ":")).encode()


STATS = _request("stats")
SUMMARY = _request("summary")
POOLS = _request("pools")
BTMINER = _request("get_version")

_MOST = 2.0**53  # of anything that is counted
_MOST_POOLS = 16
_MEGAHASH = ("HS RT", "MHS 5s", "MHS av")
_OF_A_CHAIN = {  # the status page's name for each figure, and how `stats` names it
    "chain_acn": "chain_acn",
    "chain_acs": "chain_acs",
    "chain_vol": "chain_vol",
    "chain_consumption": "chain_consumption",
    "freqavg": "freq_avg",
    "rate": "chain_rate",
    "temp": "temp",
    "temp2": "temp2_",
}
_CHAINS = {
    chain: [(name, f"{prefix}{chain}") for name, prefix in _OF_A_CHAIN.items()] for chain in range(1, 17)
}


def parse_stats(answer: bytes) -> Reading:
    """Read the answer to `STATS`: the model in its first entry, the figures in the one with `Elapsed`."""
    entries = section(answer, "STATS")
    model = model_named(model_name(_type_name(entries)))
    machine = next((entry for entry in entries if "Elapsed" in entry), {})
    frequency = plausible(machine.get("frequency"), 50, 1500)
    return figures.reading(
        _chains(machine),
        total_now=machine.get("GHS 5s"),
        frequency=frequency,
        elapsed=machine.get("Elapsed"),
        fans=figures.fan_speeds(machine),
        model=model,
    )


def parse_type(answer: bytes) -> str:
    """Read the name of the machine from the answer to `STATS`, "" where it gives none."""
    return _type_name(section(answer, "STATS"))


def reading_of_summary(answer: bytes, model: MinerModel) -> Reading:
    """Read the answer to `SUMMARY`, for a miner of another make, which tells nothing in its `STATS`.

    The rate is in GH/s or MH/s, and some give the machine's power in W.
    """
    totals = next(iter(section(answer, "SUMMARY")), {})
    gigahash = number(totals.get("GHS 5s"))
    megahash = next((rate for key in _MEGAHASH if (rate := number(totals.get(key))) is not None), None)
    total = megahash / 1000 if gigahash is None and megahash is not None else gigahash
    reading = figures.reading(
        (), total_now=total, frequency=None, elapsed=totals.get("Elapsed"), fans=(), model=model
    )
    power = plausible(totals.get("Power"), 1, model.most_power)
    return replace(reading, power=Watts(power), uncertain="") if power else reading


def parse_btminer(answer: bytes) -> dict[str, str]:
    """Read the answer to `BTMINER`, which only a Whatsminer understands."""
    version = parse(answer).get("Msg")
    if not isinstance(version, dict) or "fw_ver" not in version:
        raise NotAMiner("What answers on the API port is no Whatsminer.")
    return {"Type": f"Whatsminer ({label(version['fw_ver'])})"}


def parse_summary(answer: bytes) -> dict[str, int]:
    """Read the counts of shares from the answer to `SUMMARY`."""
    return shares(next(iter(section(answer, "SUMMARY")), {}))


def shares(totals: Mapping[str, Any]) -> dict[str, int]:
    """Return the counts of shares of a summary."""
    names = {"accepted": "Accepted", "rejected": "Rejected", "stale": "Stale", "hw_errors": "Hardware Errors"}
    return {name: _count(totals, key) for name, key in names.items()}


def parse_pools(answer: bytes) -> tuple[Pool, ...]:
    """Read the answer to `POOLS`; the firmware's own `DevFee` pool is listed as well."""
    return tuple(
        Pool(
            position=_count(pool, "POOL"),
            url=label(pool.get("URL"), LONGEST_TEXT),
            worker=label(pool.get("User"), LONGEST_TEXT),
            status=label(pool.get("Status")),
            accepted=_count(pool, "Accepted"),
            rejected=_count(pool, "Rejected"),
            stale=_count(pool, "Stale"),
            stratum_active=pool.get("Stratum Active") is True,
        )
        for pool in section(answer, "POOLS")[:_MOST_POOLS]
    )


def parse_version(answer: bytes) -> dict[str, str]:
    """Read the answer to `version`: the names and versions of the mining software, and the miner's `Type`."""
    software = next(iter(section(answer, "VERSION")), {})
    return {label(name): label(value) for name, value in software.items()}


def section(answer: bytes, name: str) -> list[dict[str, Any]]:
    """Return the entries of an answer; raises `CommandRefused` for one that says no."""
    if not answer.lstrip().startswith(b"{"):
        raise NotAMiner("What answers on the API port is not a miner's API.")
    document = parse(answer)
    _raise_refusal(document.get("STATUS"))
    entries = document.get(name)
    if not isinstance(entries, list):
        raise MalformedAnswer(f"The miner's answer has no section {name}.")
    return [entry for entry in entries if isinstance(entry, dict)]


def _raise_refusal(status: object) -> None:
    match status:
        case [{"STATUS": "E" | "F", **details}, *_]:
            reason = label(details.get("Msg"), LONGEST_TEXT) or "no reason given"
            raise CommandRefused(f"The miner refused the request: {reason}.")
        case "E" | "F":
            raise CommandRefused("The miner refused the request: no reason given.")


def _type_name(entries: list[dict[str, Any]]) -> str:
    return label(entries[0].get("Type"), LONGEST_TEXT) if entries else ""


def _chains(machine: Mapping[str, Any]) -> list[Chain]:
    return [
        (chain, {name: machine.get(key, "") for name, key in keys})
        for chain, keys in _CHAINS.items()
        if machine.get(keys[0][1])
    ]


def _count(entry: Mapping[str, Any], key: str) -> int:
    return int(plausible(entry.get(key), 0, _MOST) or 0)
