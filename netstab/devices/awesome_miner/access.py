"""The way to Awesome Miner's HTTP API: one bounded call each, no redirects, and its key in no word.

The key is part of each URL, as that API wants it. So no URL leaves here: errors name host and port alone.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from netstab.devices.awesome_miner.document import LARGEST_DOCUMENT, Listed, listed
from netstab.devices.awesome_miner.proof import Action
from netstab.devices.port import Permit, always
from netstab.devices.transport import DEVICE_ERRORS
from netstab.errors import CommandRefused, DeviceError, MalformedAnswer, Unauthorized, Unreachable, Withdrawn
from netstab.units import Seconds
from netstab.wire.bounds import after
from netstab.wire.http import Answer, Call, HttpSession
from netstab.wire.login import login_in

__all__ = ["ANSWER_WITHIN", "Access", "AwesomeMinerSettings"]

ANSWER_WITHIN = Seconds(10.0)
COMMAND_WITHIN, READ_WITHIN = Seconds(5.0), Seconds(4.0)
_CONNECT_WITHIN = 3.0  # seconds
_LARGEST_MINER = 1024 * 1024  # bytes
_SUCCESS, _REDIRECT, _REFUSED, _NOT_FOUND, _FAULT = 200, 300, 400, 404, 500
_BLANK = b"\xef\xbb\xbf \t\r\n"  # with the mark that Windows puts before a text


@dataclass(frozen=True, slots=True)
class AwesomeMinerSettings:
    """Where Awesome Miner is, and its key, "" where there is none; whether it may be commanded."""

    url: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    control: bool = False

    @property
    def advice(self) -> tuple[str, ...]:
        """Say what is set without effect, where no Awesome Miner is named."""
        given = {"AWESOME_MINER_KEY": self.key, "AWESOME_MINER_CONTROL": self.control}
        idle = [] if self.url else [name for name, value in given.items() if value]
        return tuple(
            f"{name} is set and AWESOME_MINER_URL is not: no Awesome Miner is asked." for name in idle
        )


class Access:
    """Safe for many threads; keeps nothing."""

    def __init__(self, settings: AwesomeMinerSettings) -> None:
        self._base = settings.url.rstrip("/").removesuffix("/api")
        self._key = settings.key
        self.peer = f"Awesome Miner at {urlsplit(self._base).netloc.rpartition('@')[2]}"

    def listed(self) -> dict[int, Listed]:
        """Ask for all miners, once."""
        answer = self._ask("/api/miners", ANSWER_WITHIN, largest=LARGEST_DOCUMENT)
        self._require_json(answer)
        return dict(listed(answer.body))

    def miner(self, number: int) -> dict[str, Any]:
        """Ask for all that is told of one miner."""
        answer = self._ask(f"/api/miners/{number}", READ_WITHIN, largest=_LARGEST_MINER)
        if answer.status == _NOT_FOUND:
            raise Unreachable(f"{self.peer} does not list it.")
        self._require_json(answer)
        try:
            told = json.loads(answer.body)
        except (ValueError, RecursionError):
            raise MalformedAnswer(f"{self.peer} answers with what is no JSON.") from None
        if not isinstance(told, dict):
            raise MalformedAnswer(f"{self.peer} answers with what is no miner.")
        return told

    def act(self, number: int, action: Action, permit: Permit) -> None:
        """Have it carry out an action on one miner. It is sent once; what becomes of it readings tell.

        An error says by `may_have_acted` whether something can have come of it.
        """
        path, left = f"/api/miners/{number}", False

        def leave() -> bool:
            nonlocal left
            left = permit()
            return left

        try:
            answer = self._ask(path, COMMAND_WITHIN, {"action": action.value}, method="POST", permit=leave)
            if answer.status == _NOT_FOUND:
                raise CommandRefused(f"{self.peer} knows no such miner.")
            if answer.status < _REFUSED and (answer.status >= _REDIRECT or _is_page(answer.body)):
                raise MalformedAnswer(
                    f"{self.peer} answers a command with a page: whether it acts is not told."
                )
            self._require_taken(answer)
        except DeviceError as error:
            error.may_have_acted = left and not isinstance(error, CommandRefused | Unauthorized)
            raise

    def _ask(
        self,
        path: str,
        within: Seconds,
        parameters: dict[str, str] | None = None,
        *,
        method: str = "",
        largest: int = _LARGEST_MINER,
        permit: Permit = always,
    ) -> Answer:
        query = urlencode({**(parameters or {}), **({"key": self._key} if self._key else {})})
        call = Call(
            self.peer, DEVICE_ERRORS, after(within), _CONNECT_WITHIN, leave=_leaving(permit), largest=largest
        )
        session = HttpSession(login_in(self._base))
        try:
            return session.exchange(f"{self._base}{path}{'?' if query else ''}{query}", call, method=method)
        except DeviceError as error:
            raise error from None  # what is behind it may have the URL in its words

    def _require_json(self, answer: Answer) -> None:
        self._require_taken(answer)
        if answer.body.lstrip(_BLANK)[:1] != b"{":
            raise self._not_let_in()

    def _require_taken(self, answer: Answer) -> None:
        if answer.status >= _FAULT:
            raise MalformedAnswer(f"{self.peer} answers with status {answer.status}.")
        if not _SUCCESS <= answer.status < _REDIRECT:
            raise self._not_let_in()

    def _not_let_in(self) -> Unauthorized:
        return Unauthorized(
            f"{self.peer} does not let us in, or is not Awesome Miner: check AWESOME_MINER_KEY, "
            "AWESOME_MINER_URL, and that its API is switched on."
        )


def _is_page(body: bytes) -> bool:
    return body.lstrip(_BLANK)[:1] == b"<"


def _leaving(permit: Permit) -> Callable[[], None]:
    def leave() -> None:
        if not permit():
            raise Withdrawn("A newer command overtook this one before it was sent.")

    return leave
