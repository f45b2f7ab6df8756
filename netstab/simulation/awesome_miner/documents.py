"""The documents of a simulated Awesome Miner, with the members that its clients' models have. Pure."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from netstab.simulation.awesome_miner.watched import Watched

__all__ = ["Locale", "miner", "miners", "notifications", "summary"]

_GROUP = 4  # miners, before one begins another group within
_PREFIXES = ((1e6, "P"), (1e3, "T"), (1.0, "G"))


class Locale(StrEnum):
    """How the Windows machine writes numbers."""

    POINT = "point"
    COMMA = "comma"


def miners(watched: Sequence[Watched], epoch: float, locale: Locale) -> dict[str, Any]:
    """Return the list: groups within groups, an empty one, one that is null, and all once more in a group."""
    told = [miner(each, epoch, locale, place) for place, each in enumerate(watched)]
    return {
        "totalHashrate5s": rate(sum(each.view.hashrate for each in watched), locale),
        "canManualAction": True,
        "hasManualAction": True,
        "hasPoolOperations": True,
        "manualActionList": [{"id": 1, "name": "Night mode"}],
        "groupList": [
            _nested(told, 2),
            {"id": 900, "name": "All", "minerList": told},
            {"id": 901, "name": "Empty", "minerList": None, "groupList": None},
            None,
        ],
        "metaData": _META,
    }


def _nested(told: Sequence[dict[str, Any]], number: int) -> dict[str, Any]:
    """Return a group with a few of them, and the rest in groups within."""
    group = {"id": number, "name": f"Hall {number - 1}", "minerList": list(told[:_GROUP])}
    rest = told[_GROUP:]
    if len(rest) > 25 * _GROUP:  # in halls side by side: no site nests them a hundred deep
        halls = [rest[at : at + 100] for at in range(0, len(rest), 100)]
        group["groupList"] = [
            {"id": number + place, "name": f"Row {place}", "minerList": list(hall)}
            for place, hall in enumerate(halls, 1)
        ]
    elif rest:
        group["groupList"] = [_nested(rest, number + 1)]
    return group


def miner(watched: Watched, epoch: float, locale: Locale, place: int = 0) -> dict[str, Any]:
    """Return one miner; of every third some members are null."""
    hashrate, bare, can = watched.view.hashrate, place % 3 == 2, watched.can
    told: dict[str, Any] = {
        "id": watched.number,
        "name": watched.name,
        "hostname": watched.hostname,
        "groupId": 2,
        "pool": None if bare else "pool.example:3333",
        "temperature": None if bare else "71 °C",
        "hardware": None,
        "statusInfo": {"statusDisplay": "Mining" if hashrate > 0 else "Gestoppt", "statusLine3": None},
        "progressInfo": None if bare else {"line1": "Accepted: 310", "line2": "Rejected: 0", "line3": None},
        "speedInfo": {
            "logInterval": 5,
            "hashrate": rate(hashrate, locale),
            "hashrateValue": round(hashrate * 1000),
            "avgHashrate": rate(hashrate * 0.98, locale),
            "workUtility": number(187_300.1, locale),
            "line2": None,
            "line3": None,
        },
        "coinInfo": None if bare else {"displayName": "Bitcoin (BTC)", "revenuePerDay": "$0,61"},
        "updatedUtc": watched.updated(epoch),
        "updated": "2026-11-26 11:00:00",
        "poolList": None if bare else [_pool(watched)],
        "gpuList": [],
        "pgaList": [],
        "asicList": None if bare else [_asic(board, locale) for board in range(3)],
        "hasPool": True,
        "hasGpu": False,
        "hasPga": False,
        "hasAsic": True,
        "canReboot": True,
        "canStop": can["stop"],
        "canRestart": can["stop"],
        "canStart": can["start"],
        "canPool": True,
        "hasValidStatus": watched.view.valid,
    }
    return told | dict(watched.members)


def _pool(watched: Watched) -> dict[str, Any]:
    return {
        "id": 0,
        "name": "main",
        "statusInfo": {"statusDisplay": "Enabled", "statusLine3": None},
        "additionalInfo": {"displayUrl": "pool.example:3333", "worker": f"farm.{watched.name}"},
        "priorityInfo": {"priority": 0, "quota": 0},
        "progressInfo": None,
        "coinName": "Bitcoin",
        "minerID": watched.number,
        "minerName": watched.name,
        "canRemove": True,
        "canDisable": True,
        "canEnable": False,
        "canPrioritize": True,
    }


def _asic(board: int, locale: Locale) -> dict[str, Any]:
    return {
        "name": f"ASIC {board}",
        "statusInfo": {"statusDisplay": "Alive", "statusLine3": None},
        "deviceInfo": {"deviceType": "ASIC", "gpuClock": 650, "fanSpeed": 4200, "temperature": 71},
        "progressInfo": None,
        "speedInfo": {"logInterval": 5, "hashrate": rate(4500.0, locale), "workUtility": ""},
    }


_META: dict[str, Any] = {
    "updated": None,
    "edition": "Ultimate",
    "version": "11.2.5",
    "infoList": [],
    "warningList": None,
}


def summary(watched: Sequence[Watched], locale: Locale) -> dict[str, Any]:
    total = sum(each.view.hashrate for each in watched)
    return {
        "gpuCount": 0,
        "revenuePerDay": "$0,61",
        "revenuePerMonth": "$18,5",
        "algorithmList": [{"name": "SHA-256", "hashRateAvg": rate(total, locale)}],
        "coinList": None,
    }


def notifications() -> dict[str, Any]:
    return {"notificationList": [], "notificationCount": 0, "unacknowledgedNotificationCount": 0}


def rate(hashrate: float, locale: Locale) -> str:
    """Write GH/s in the locale's way, with a no-break blank before the unit as some have it."""
    factor, prefix = next((each for each in _PREFIXES if hashrate >= each[0]), (1.0, "G"))
    blank = "\u00a0" if locale is Locale.COMMA else " "
    return f"{number(hashrate / factor, locale)}{blank}{prefix}H/s"


def number(value: float, locale: Locale) -> str:
    written = f"{value:,.1f}"
    if locale is Locale.POINT:
        return written
    return written.replace(",", "\u00a0").replace(".", ",")
