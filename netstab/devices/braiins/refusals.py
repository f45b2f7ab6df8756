"""What an answer's status means, each in words of its own. Pure.

Source: the status codes of the vendor's public document of API 1.7; a body for machines is not promised.
"""

import http.client

import msgspec

from netstab.devices.antminer.naming import label
from netstab.errors import (
    CommandRefused,
    DeviceError,
    MalformedAnswer,
    NotControllable,
    StillStarting,
    Unauthorized,
)
from netstab.wire.http import Answer

__all__ = ["content", "taken"]

_LONGEST = 200  # characters of a device's sentence

_REFUSALS: dict[int, tuple[type[DeviceError], str]] = {
    400: (CommandRefused, "The miner does not understand what it is told"),
    403: (Unauthorized, "The miner does not let our user do that"),
    404: (NotControllable, "The miner's build of Braiins OS does not know this command"),
    405: (NotControllable, "The miner's build of Braiins OS does not know this command"),
    409: (StillStarting, "The miner does not take this in the state that it is in"),
    412: (CommandRefused, "One of the miner's own constraints forbids it"),
    501: (NotControllable, "Braiins OS does not support this on the miner's model"),
}


def content(answer: Answer) -> bytes:
    """Return the body of a read; raises `MalformedAnswer` for any status but 200."""
    if answer.status != http.client.OK:
        raise MalformedAnswer(f"The miner answers with status {answer.status}{_sentence(answer)}.")
    return answer.body


def taken(answer: Answer) -> bytes:
    """Return the body of a command that was taken; raises what kept it from being so."""
    if answer.status == http.client.NO_CONTENT:
        return b""
    if answer.status != http.client.OK:
        kind, words = _REFUSALS.get(
            answer.status, (CommandRefused, f"The miner fails with status {answer.status}")
        )
        raise kind(f"{words}{_sentence(answer)}.")
    try:
        msgspec.json.decode(answer.body or b"null")
    except (ValueError, RecursionError) as error:
        raise MalformedAnswer("The miner's answer to a command is not of its REST interface.") from error
    return answer.body


def _sentence(answer: Answer) -> str:
    """Return what a device says of its refusal; a page for browsers says nothing."""
    if answer.body.lstrip()[:1] == b"<":
        return ""
    said = label(answer.body[: 4 * _LONGEST].decode(errors="replace"), _LONGEST).strip('".')
    return f": {said}" if said.isprintable() and said else ""
