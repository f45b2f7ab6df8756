"""The fleet's state at one version, as it follows from the events: a short cut at start, never the truth."""

import base64
import hashlib
import zlib
from dataclasses import field, replace
from types import MappingProxyType
from typing import Any, Self

import msgspec
from eventsourcing.domain import Snapshot
from eventsourcing.utils import get_topic

from events.fleet import Fleet
from events.state import FleetState, Source

__all__ = ["StateSnapshot", "unnumbered"]

_LEVEL = 1  # higher levels save little and the fleet waits for it


class StateSnapshot(Snapshot):
    """A database format like the events; `class_version` is that of the format.

    `state` holds JSON, packed with zlib and base64, for the registry of a large fleet shrinks to a tenth, and
    the SHA-256 of that, so that no bit of it changes unseen. Format 1 had the JSON as it is; until format 2
    what came first was told by times, which hold until then, and until format 3 settings had the name of the
    first family's. Until format 4 the EMS alone gave setpoints, and its order was its setpoint.
    """

    class_version: int = field(default=5, kw_only=True)

    @classmethod
    def take(cls, aggregate: Any) -> Self:
        return cls(
            originator_id=aggregate.id,
            originator_version=aggregate.version,
            timestamp=aggregate.modified_on,
            topic=get_topic(Fleet),
            state=_packed(msgspec.json.encode(aggregate.state, enc_hook=dict)),
        )

    @staticmethod
    def upcast_v1_v2(stored: dict[str, Any]) -> None:
        stored["state"] = _packed(msgspec.json.encode(stored["state"]))

    @staticmethod
    def upcast_v2_v3(stored: dict[str, Any]) -> None:
        state = msgspec.json.decode(_unpacked(stored["state"]))
        _number(state, state["order"] or {"since": 0.0, "version": 0})
        stored["state"] = _packed(msgspec.json.encode(state))

    @staticmethod
    def upcast_v3_v4(stored: dict[str, Any]) -> None:
        state = msgspec.json.decode(_unpacked(stored["state"]))
        holds = [*state["holds"].values(), *(hold.get("before") for hold in state["holds"].values())]
        for named in (*holds, *state.get("tunings", {}).values()):
            if named:
                named["setting"] = named.pop("frequency")
        stored["state"] = _packed(msgspec.json.encode(state))

    @staticmethod
    def upcast_v4_v5(stored: dict[str, Any]) -> None:
        state = msgspec.json.decode(_unpacked(stored["state"]))
        state["setpoints"] = _setpoints(state["order"], state.get("failsafe"))
        stored["state"] = _packed(msgspec.json.encode(state))

    def mutate(self, _: None) -> Fleet:
        fleet = Fleet.__new__(Fleet)
        fleet.__base_init__(self.originator_id, self.originator_version, self.timestamp)
        state = msgspec.json.decode(_unpacked(self.state), type=FleetState)
        fleet.state = replace(
            state,
            miners=MappingProxyType(state.miners),
            holds=MappingProxyType(state.holds),
            experience=MappingProxyType(state.experience),
            tunings=MappingProxyType(state.tunings),
            limits=MappingProxyType(state.limits),
            setpoints=MappingProxyType(state.setpoints),
            last_commands=MappingProxyType(state.last_commands),
        )
        return fleet


def unnumbered(state: FleetState) -> FleetState:
    """Return a state without what older formats lack: the versions, and the holds that others replaced."""
    return replace(
        state,
        holds={miner_id: replace(hold, version=0, before=None) for miner_id, hold in state.holds.items()},
        failsafe=replace(state.failsafe, version=0) if state.failsafe else None,
        last_ems_version=0,
    )


def _number(state: dict[str, Any], order: dict[str, Any]) -> None:
    """Return versions to what had times alone: one after the order's for what came after it, else before."""
    version: int = order["version"]

    def numbered(since: float) -> int:
        return version + 1 if since > order["since"] else max(0, version - 1)

    for hold in state["holds"].values():
        hold["version"] = numbered(hold["since"])
    failsafe = state.get("failsafe")
    if failsafe:
        same = failsafe["command_id"] == order.get("command_id")
        failsafe["version"] = version if same else numbered(failsafe["since"])
        later = (state["last_ems_command"] or 0.0) > failsafe["since"]
        state["last_ems_version"] = failsafe["version"] + (1 if later else -1)


def _setpoints(order: dict[str, Any] | None, failsafe: dict[str, Any] | None) -> dict[str, Any]:
    """Return the setpoint of the EMS, as `events.authority.alone` does."""
    lapsed = failsafe is not None and order is not None and order["target"] is not None
    if order is None or order["source"] != Source.EMS or lapsed:
        return {}
    return {Source.EMS: {**order, "until": None, "begun": order["version"]}}


def _packed(json: bytes) -> dict[str, str]:
    packed = base64.b64encode(zlib.compress(json, _LEVEL))
    return {"packed": packed.decode(), "sha256": hashlib.sha256(packed).hexdigest()}


def _unpacked(state: dict[str, str]) -> bytes:
    packed = state["packed"].encode()
    if hashlib.sha256(packed).hexdigest() != state["sha256"]:
        raise ValueError("a snapshot is not what it was when it was taken")
    return zlib.decompress(base64.b64decode(packed))
