"""Requests that show a device the token it gave us, and a password to nobody without a sign of the family.

Tokens live as long as they are used, an hour at most without; a device that restarts forgets them. Reads need
them, too: a password that was refused is not tried again with each look.
"""

import re

from netstab.devices.braiins.sign import require_sign
from netstab.devices.figures import parsed
from netstab.devices.port import Endpoint, Permit, always
from netstab.devices.web import Answer, Content, Web
from netstab.errors import FirmwareTooOld, MalformedAnswer, NotAMiner, Unauthorized
from netstab.units import Seconds
from netstab.wire.login import Token

__all__ = ["LOGIN", "PASSWORD", "USERNAME", "WRONG_FOR", "Session"]

USERNAME, PASSWORD = "BRAIINS_USERNAME", "BRAIINS_PASSWORD"  # nosec B105  # names of settings

LOGIN = "/api/v1/auth/login"

_PURPOSE, _OLDER = "braiins", "braiins too old"
WRONG_FOR = Seconds(300.0)
"""So long a password that was refused, or that older firmware does not ask for, is not tried again.

Whether a device counts the tries is not known.
"""

_LASTS = Seconds(3600.0)  # as the devices say, from its last use on
_SHOWABLE = re.compile(r"[!-~]{1,4096}")
GRAPHQL = "/graphql"
"""Where older firmware tells what newer ones tell over REST."""

_NO_SUCH_CALL = (405, 501)
_REFUSED = (401, 403, 429)
_TOO_OLD = (
    "Its Braiins OS has no REST interface yet, so it is only read. Update it to version 25.07 or a newer one."
)
_WRONG = (
    f"The miner does not take our user and password: see {USERNAME} and {PASSWORD}. "
    "They are tried again in five minutes."
)


class Session:
    """The way to devices, for any thread; it keeps nothing but their tokens, in `web.tokens`."""

    def __init__(self, web: Web) -> None:
        self._web, self._bare = web, web.logged_in(None)

    def ask(
        self,
        endpoint: Endpoint,
        path: str,
        content: Content | None = None,
        *,
        method: str = "",
        expires: float,
        permit: Permit = always,
    ) -> Answer:
        """Ask with the token that is kept; if that is refused, nothing was done, and a new one is shown once.

        Raises `Unauthorized` where the password or a new token is refused, `FirmwareTooOld` where there is no
        such login. With a `method` it is a change: an error says whether the device may have acted.
        """

        def shown(token: str) -> Answer:
            way = self._web.logged_in(Token("Authorization", token))  # bare: without "Bearer"
            ask = way.tell if method else way.ask
            return ask(endpoint, path, content, method=method, expires=expires, permit=permit)

        tokens = self._web.tokens
        token = tokens.kept(endpoint, _PURPOSE) or ""
        answer = shown(token) if token else None
        if answer is None or answer.status == 401:
            tokens.forget(endpoint, _PURPOSE)
            token = self._new_token(endpoint, expires)
            answer = shown(token)
        if answer.status == 401:
            raise Unauthorized("The miner does not take the token that it has just given us.")
        tokens.keep(endpoint, _PURPOSE, token, _LASTS)
        return answer

    def ask_bare(
        self, endpoint: Endpoint, path: str, content: Content | None = None, *, expires: float
    ) -> Answer:
        """Ask without showing anything."""
        return self._bare.ask(endpoint, path, content, expires=expires)

    def _new_token(self, endpoint: Endpoint, expires: float) -> str:
        tokens, credentials = self._web.tokens, self._web.credentials
        tokens.require_not_refused(endpoint, _PURPOSE)
        if tokens.kept(endpoint, _OLDER) is not None:
            raise FirmwareTooOld(_TOO_OLD)
        require_sign(endpoint, self._web, expires)
        shown = {"username": credentials.get(USERNAME, ""), "password": credentials.get(PASSWORD, "")}
        answer = self._bare.ask(endpoint, LOGIN, Content.json(shown), expires=expires)
        if answer.challenge:
            raise NotAMiner("What answers there asks for a login that is not of Braiins OS.")
        if answer.status in _REFUSED:
            raise tokens.refused(endpoint, _PURPOSE, _WRONG, WRONG_FOR)
        if answer.status in _NO_SUCH_CALL or (
            answer.status == 404 and self._speaks_graphql(endpoint, expires)
        ):
            tokens.keep(endpoint, _OLDER, _TOO_OLD, WRONG_FOR)
            raise FirmwareTooOld(_TOO_OLD)
        if answer.status != 200:
            raise MalformedAnswer(f"The miner answers a login with status {answer.status}.")
        token = parsed(answer.body).get("token")
        if not isinstance(token, str) or not _SHOWABLE.fullmatch(token):
            raise MalformedAnswer("The miner answers a login without a token.")
        return token

    def _speaks_graphql(self, endpoint: Endpoint, expires: float) -> bool:
        """Tell older firmware from a web server whose software has not started yet."""
        try:
            asked = Content.json({"query": "{ __typename }"})
            return "data" in parsed(self.ask_bare(endpoint, GRAPHQL, asked, expires=expires).body)
        except MalformedAnswer:
            return False
