"""The pages of an Antminer's web server, one at a time: more at once make it answer 500, or hang.

What is read here is told as it is; what is written is the business of `driver.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from netstab.devices.antminer import cgi
from netstab.devices.antminer.loose_json import parse
from netstab.devices.antminer_stock import document
from netstab.devices.port import Endpoint, Permit, always
from netstab.devices.web import Answer, Content, Web

__all__ = ["BLINK", "FACTORY_RESET", "REBOOT", "SET_CONFIGURATION", "Pages", "content"]

_SYSTEM = "/cgi-bin/get_system_info.cgi"
_STATS = "/cgi-bin/stats.cgi"
_CONFIGURATION = "/cgi-bin/get_miner_conf.cgi"

SET_CONFIGURATION = "/cgi-bin/set_miner_conf.cgi"
BLINK = "/cgi-bin/blink.cgi"
REBOOT = "/cgi-bin/reboot.cgi"
FACTORY_RESET = "/cgi-bin/reset_conf.cgi"


def content(answer: Answer) -> bytes:
    """Return the body of an answer; raises `Unauthorized`, `MalformedAnswer` or `NotAMiner` for others."""
    return cgi.content(answer.status, answer.challenge, answer.body)


class Pages:
    """One device's turn is taken for a page, or by `in_turn` for several with nobody in between."""

    def __init__(self, web: Web) -> None:
        self._web = web

    @contextmanager
    def in_turn(self, endpoint: Endpoint, expires: float) -> Iterator["Turn"]:
        with self._web.turns.taken(endpoint, expires):
            yield Turn(self._web, endpoint, expires)

    def system(self, endpoint: Endpoint, expires: float) -> dict[str, Any]:
        with self.in_turn(endpoint, expires) as turn:
            return turn.system()

    def configuration(self, endpoint: Endpoint, expires: float) -> dict[str, Any]:
        with self.in_turn(endpoint, expires) as turn:
            return turn.configuration()


class Turn:
    """What one device is asked while it is asked nothing else; all of it ends by one deadline."""

    def __init__(self, web: Web, endpoint: Endpoint, expires: float) -> None:
        self._web, self._endpoint, self._expires = web, endpoint, expires

    def system(self) -> dict[str, Any]:
        return cgi.parse_system_info(self._get(_SYSTEM))

    def stats(self) -> dict[str, Any]:
        return parse(self._get(_STATS))

    def configuration(self, permit: Permit = always) -> dict[str, Any]:
        """Read the configuration to the letter, as it may be written back."""
        return document.parsed(self._get(_CONFIGURATION, permit))

    def shown_configuration(self) -> dict[str, Any]:
        """Read the configuration to look at, cured and cut: it is never written back."""
        return parse(self._get(_CONFIGURATION))

    def order(self, path: str, permit: Permit, posted: Content | None = None) -> Answer | None:
        """Send a command; None where it was taken and the answer was lost, as its effect may have it."""
        return self._web.deliver(self._endpoint, path, posted, expires=self._expires, permit=permit)

    def ask(self, path: str, posted: Content) -> bytes:
        return content(self._web.ask(self._endpoint, path, posted, expires=self._expires))

    def _get(self, path: str, permit: Permit = always) -> bytes:
        return content(self._web.ask(self._endpoint, path, expires=self._expires, permit=permit))
