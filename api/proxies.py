"""For whom a reverse proxy asks: what configured proxies forward stands where the connection's own would.

What anybody else sends in these headers is dropped unread. `Forwarded` is never read: proxies that write the
X- headers pass it through as the client wrote it.
"""

import re
from collections.abc import Iterable
from typing import Any

import falcon

from api.guard import Hosts
from api.networks import address_of, within
from api.wording import shortened
from netstab.errors import CommandRejected, ErrorCode
from netstab.settings.access import ClientNetwork

__all__ = ["Proxies"]

_FOR, _PROTO, _HOST = "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"
_UNREAD = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_BY",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_REAL_IP",
)
_MOST_HOPS = 20
_WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d{1,5})?|(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}")


class Proxies:
    """Falcon's middleware, before all that judges a request by its client, host or scheme."""

    def __init__(self, trusted: Iterable[ClientNetwork], hosts: Hosts) -> None:
        self._trusts = within(trusted)
        self._hosts = hosts

    def process_request(self, request: falcon.Request, _response: falcon.Response) -> None:
        """Take over what a trusted proxy says; raises `CommandRejected`: INVALID_INPUT if it is unusable."""
        environment = request.env
        for name in _UNREAD:
            environment.pop(name, None)
        client, scheme, host = (environment.pop(name, "").strip() for name in (_FOR, _PROTO, _HOST))
        if not self._trusts(request.remote_addr):
            return
        if client:
            environment["REMOTE_ADDR"] = self._client(client)
        if scheme:
            environment["wsgi.url_scheme"] = _scheme(scheme)
        if host:
            self._take_host(environment, _last(host))

    def _client(self, chain: str) -> str:
        """Return the last address that is no trusted proxy's: all before it anybody may have written."""
        hops = [hop.strip() for hop in chain.split(",")]
        if len(hops) > _MOST_HOPS:
            raise _unusable("X-Forwarded-For", chain)
        for hop in reversed(hops):
            address = _hop(hop)
            if not self._trusts(address):
                return address
        return _hop(hops[0])

    def _take_host(self, environment: dict[str, Any], host: str) -> None:
        """Put the forwarded host in the other's place, if that one is known.

        A proxy that passes Host on may pass on a client's X-Forwarded-Host as well: both are judged.
        """
        if self._hosts.know(environment.get("HTTP_HOST", "")):
            environment["HTTP_HOST"] = host


def _hop(text: str) -> str:
    found = _WITH_PORT.fullmatch(text)
    address = address_of(found[1] or found[2] if found else text)
    if address is None:
        raise _unusable("X-Forwarded-For", text)
    return str(address)


def _scheme(text: str) -> str:
    scheme = _last(text).lower()
    if scheme not in ("http", "https"):
        raise _unusable("X-Forwarded-Proto", text)
    return scheme


def _last(text: str) -> str:
    return text.rpartition(",")[2].strip()


def _unusable(header: str, text: str) -> CommandRejected:
    return CommandRejected(
        ErrorCode.INVALID_INPUT, f"{header} of the proxy cannot be used: {shortened(text)!r}."
    )
