"""Who may speak to this server: it answers to its own names, and takes no command from another site's page.

There is no password between a browser in the operators' network and the fleet, so a page of any other site
must be unable to use that browser against it. It knows no route.
"""

import ipaddress
import re
from collections.abc import Iterable

import falcon

from api.wording import shortened
from netstab.errors import CommandRejected, ErrorCode

__all__ = ["Guard", "Hosts"]

_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::\d{1,5})?", re.IGNORECASE)
_ORIGIN = re.compile(r"(https?)://([^/?#@]+)", re.IGNORECASE)
_OWN_PORT = {"http": ":80", "https": ":443"}
_READING = ("GET", "HEAD", "OPTIONS")
_OWN_SITE = ("same-origin", "none")
_HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Hosts:
    """The names that this server answers to, whatever the port.

    A page reaches another machine under a *name* that it has had rebound to its address. So names are
    `localhost` and those allowed; addresses are loopback's, the one listened on, and any where all are.
    """

    def __init__(self, listening: str, allowed: Iterable[str] = ()) -> None:
        own = _address(listening)
        self._any_address = own is not None and own.is_unspecified
        self._known = {"localhost", *(_plain(name) for name in (listening, *allowed))}

    def know(self, authority: str) -> bool:
        """Whether a Host header is of this server."""
        found = _AUTHORITY.fullmatch(authority)
        if found is None:
            return False
        name = _plain(found[1])
        address = _address(name)
        loopback_or_any = address is not None and (self._any_address or address.is_loopback)
        return loopback_or_any or name in self._known


class Guard:
    """Falcon's middleware: it sees every request before its route, and every answer."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    def process_request(self, request: falcon.Request, _response: falcon.Response) -> None:
        """Raise `CommandRejected`: UNKNOWN_HOST, or FOREIGN_SITE for another site's command."""
        host = request.get_header("Host")
        if host is None or not self._hosts.know(host):
            given = "No Host is named" if host is None else f"Host names {shortened(host)!r}"
            message = f"{given}, but must be one name of this server; ALLOWED_HOSTS lists further ones."
            raise CommandRejected(ErrorCode.UNKNOWN_HOST, message)
        site = None if request.method in _READING else _foreign(request, host)
        if site is not None:
            message = f"Commands are not taken from pages of another site ({shortened(site)})."
            raise CommandRejected(ErrorCode.FOREIGN_SITE, message)

    def process_response(
        self, _request: falcon.Request, response: falcon.Response, _resource: object, _succeeded: bool
    ) -> None:
        response.set_headers(_HEADERS)


def _foreign(request: falcon.Request, host: str) -> str | None:
    """Name the other site that a browser sends a command for; None for its own page, and for no browser."""
    site = request.get_header("Sec-Fetch-Site")
    origin = request.get_header("Origin")
    if origin is not None and not _same(origin, host):
        return origin
    return None if site is None or site in _OWN_SITE else site


def _same(origin: str, host: str) -> bool:
    found = _ORIGIN.fullmatch(origin)
    if found is None:
        return False
    port = _OWN_PORT[found[1].lower()]
    return found[2].lower().removesuffix(port) == host.lower().removesuffix(port)


def _plain(name: str) -> str:
    """Return a name as it is compared: without brackets, a last dot, or a choice of case."""
    name = name.strip("[]").rstrip(".").lower()
    address = _address(name)
    return name if address is None else str(address)


def _address(name: str) -> Address | None:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
