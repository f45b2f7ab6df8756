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
from events.state import FleetState

__all__ = ["StateSnapshot"]

_LEVEL = 1  # higher levels save little and the fleet waits for it


class StateSnapshot(Snapshot):
    """A database format like the events; `class_version` is that of the format.

    `state` holds JSON, packed with zlib and base64, for the registry of a large fleet shrinks to a tenth, and
    the SHA-256 of that, so that no bit of it changes unseen. Format 1 had the JSON as it is.
    """

    class_version: int = field(default=2, kw_only=True)

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

    def mutate(self, _: None) -> Fleet:
        fleet = Fleet.__new__(Fleet)
        fleet.__base_init__(self.originator_id, self.originator_version, self.timestamp)
        state = msgspec.json.decode(_unpacked(self.state), type=FleetState)
        fleet.state = replace(
            state,
            miners=MappingProxyType(state.miners),
            holds=MappingProxyType(state.holds),
            experience=MappingProxyType(state.experience),
        )
        return fleet


def _packed(json: bytes) -> dict[str, str]:
    packed = base64.b64encode(zlib.compress(json, _LEVEL))
    return {"packed": packed.decode(), "sha256": hashlib.sha256(packed).hexdigest()}


def _unpacked(state: dict[str, str]) -> bytes:
    packed = state["packed"].encode()
    if hashlib.sha256(packed).hexdigest() != state["sha256"]:
        raise ValueError("a snapshot is not what it was when it was taken")
    return zlib.decompress(base64.b64decode(packed))
