"""The API of LuxOS on port 4028: requests to bytes and answers to documents. Pure: no socket is opened here.

One request a connection, parameters as one text with commas (docs.luxor.tech). A `STATUS` of E says no; its
text is shown and never judged by.
"""

import json
from dataclasses import dataclass
from typing import Any

from netstab.devices.antminer.loose_json import parse, plausible
from netstab.devices.antminer.naming import label
from netstab.devices.antminer.texts import LONGEST_TEXT
from netstab.errors import CommandRefused, MalformedAnswer, NotAMiner, NotControllable

__all__ = ["SOFTWARE", "Refusal", "document", "names_luxos", "refusal", "request", "section", "session_id"]

_UNSUPPORTED = 434
SOFTWARE = "LUXminer"
"""The name of its mining software, by which alone it is known."""

_LONGEST_ID = 32  # characters; those that were seen have 8


def request(command: str, *parameters: str) -> bytes:
    """Return a request; no parameter may hold a comma."""
    what = {"command": command}
    if parameters:
        what["parameter"] = ",".join(parameters)
    return json.dumps(what, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no of the device: whether it has no such command at all, and its words."""

    unsupported: bool
    reason: str

    @property
    def error(self) -> CommandRefused | NotControllable:
        if self.unsupported:
            return NotControllable("The miner's build of LuxOS has no such command.")
        return CommandRefused(f"The miner refused the request: {self.reason}.")


def document(answer: bytes) -> dict[str, Any]:
    """Read an answer; `NotAMiner` for what is not of this protocol, `MalformedAnswer` for what is broken."""
    if not answer.lstrip().startswith(b"{"):
        raise NotAMiner("What answers on the API port is not a miner's API.")
    return parse(answer)


def refusal(told: dict[str, Any]) -> Refusal | None:
    """Return the no in an answer, None where it is a yes."""
    match told.get("STATUS"):
        case [{"STATUS": "E" | "F", **details}, *_]:
            reason = label(details.get("Msg"), LONGEST_TEXT).rstrip(".") or "no reason given"
            return Refusal(plausible(details.get("Code"), _UNSUPPORTED, _UNSUPPORTED) is not None, reason)
        case [{"STATUS": str()}, *_]:
            return None
    raise MalformedAnswer("The miner's answer has no status.")


def section(answer: bytes, name: str) -> list[dict[str, Any]]:
    """Return the entries of what was asked for; raises what a refusal comes to."""
    told = document(answer)
    if no := refusal(told):
        raise no.error
    entries = told.get(name)
    if not isinstance(entries, list):
        raise MalformedAnswer(f"The miner's answer has no section {name}.")
    return [entry for entry in entries if isinstance(entry, dict)]


def names_luxos(software: dict[str, str]) -> bool:
    """Whether what `version` tells is of LuxOS: the name of its mining software is the one positive sign."""
    return bool(software.get(SOFTWARE))


def session_id(answer: bytes) -> str:
    """Return the session that an answer to `session` or `logon` names, "" for none."""
    told = next(iter(section(answer, "SESSION")), {}).get("SessionID", "")
    name = label(told)
    if name != told or len(name) > _LONGEST_ID or not (name.isalnum() or not name):
        raise MalformedAnswer("The miner's session has a name that none has.")
    return name
