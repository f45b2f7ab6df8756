"""The way to the API of Vnish 1.x: reads show nothing, commands show a token that the password was given for.

A device takes no more tries after too many: whatever it refused is not tried again for long, by no call. That
is not known any more after a restart of this server, which makes one try then, with its first command.
"""

from netstab.devices.port import Endpoint, Permit
from netstab.devices.vnish.documents import info, token
from netstab.devices.web import Answer, Content, Web
from netstab.errors import CommandRefused
from netstab.units import Seconds
from netstab.wire.login import Bearer

__all__ = ["TOO_MANY_FOR", "VNISH_PASSWORD", "WRONG_FOR", "Session"]

VNISH_PASSWORD = "VNISH_PASSWORD"  # noqa: S105  # nosec B105  # the name of a setting

WRONG_FOR, TOO_MANY_FOR = Seconds(1800.0), Seconds(3600.0)
"""So long no wrong password is tried again, and none after too many: what a device bears is not known."""

_API = "/api/v1/"
_PURPOSE = "vnish"
_TOKEN_LASTS = Seconds(12 * 3600.0)  # how long the device takes it, it says with its first refusal
_WRONG = "The miner refuses the password of VNISH_PASSWORD; it is not tried again for half an hour."
_TOO_MANY = "The miner takes no more tries of its password for now; none is made for an hour."


class Session:
    def __init__(self, web: Web) -> None:
        self._web = web.logged_in(None)
        self._password = web.credentials.get(VNISH_PASSWORD, "")

    def read(self, endpoint: Endpoint, path: str, expires: float) -> Answer:
        """GET what needs no login."""
        return self._web.ask(endpoint, _API + path, expires=expires)

    def is_known(self, endpoint: Endpoint) -> bool:
        """Whether a token is at hand, so that nothing has to be tried."""
        return self._web.tokens.kept(endpoint, _PURPOSE) is not None

    def forget(self, endpoint: Endpoint) -> None:
        self._web.tokens.forget(endpoint, _PURPOSE)

    def ask(
        self, endpoint: Endpoint, path: str, content: Content | None, expires: float, permit: Permit
    ) -> Answer:
        """GET a path with a token, or POST to it; once more with a new one where the old one has expired.

        An error tells if the device may have acted: where the request had left. One call at a time has the
        device for this, so that no two of them try a password.
        """
        with self._web.turns.taken(endpoint, expires):
            return self._ask_in_turn(endpoint, path, content, expires, permit)

    def _ask_in_turn(
        self, endpoint: Endpoint, path: str, content: Content | None, expires: float, permit: Permit
    ) -> Answer:
        shown = self._web.tokens.kept(endpoint, _PURPOSE) or self._unlock(endpoint, expires, permit)
        answer = self._ask(endpoint, path, content, expires, permit, shown)
        if answer.status == 401:
            self.forget(endpoint)
            shown = self._unlock(endpoint, expires, permit)
            answer = self._ask(endpoint, path, content, expires, permit, shown)
        if answer.status in (401, 403):
            self.forget(endpoint)
        return answer

    def _ask(
        self,
        endpoint: Endpoint,
        path: str,
        content: Content | None,
        expires: float,
        permit: Permit,
        shown: str,
    ) -> Answer:
        way = self._web.logged_in(Bearer(shown))
        ask = way.ask if content is None else way.tell
        return ask(endpoint, _API + path, content, expires=expires, permit=permit)

    def _unlock(self, endpoint: Endpoint, expires: float, permit: Permit) -> str:
        """Have the password open the device; what it has refused lately is not tried again.

        What answers at its address and does not name itself is shown none.
        """
        self._web.tokens.require_not_refused(endpoint, _PURPOSE)
        info(self.read(endpoint, "info", expires))
        content = Content.json({"pw": self._password})
        answer = self._web.ask(endpoint, _API + "unlock", content, expires=expires, permit=permit)
        if answer.status in (401, 403):
            raise self._web.tokens.refused(endpoint, _PURPOSE, _WRONG, WRONG_FOR)
        if answer.status == 429:
            raise self._web.tokens.refused(endpoint, _PURPOSE, _TOO_MANY, TOO_MANY_FOR)
        if answer.status != 200:
            raise CommandRefused(f"The miner answers its password with status {answer.status}.")
        given = token(answer)
        self._web.tokens.keep(endpoint, _PURPOSE, given, _TOKEN_LASTS)
        return given
