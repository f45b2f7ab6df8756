"""Who may speak to this server: it answers to its own names, and takes no command from another site's page.

Where no token is set a browser in the operators' network is all that it takes to command, so a page of any
other site must be unable to use that browser. It knows no route.
"""

import ipaddress
import re
import socket
from collections.abc import Iterable

import falcon

from api.methods import READING
from api.protection import PROTECTION
from api.wording import shortened
from netstab.errors import CommandRejected, ErrorCode

__all__ = ["Guard", "Hosts"]

_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::\d{1,5})?", re.IGNORECASE)
_ORIGIN = re.compile(r"(https?)://([^/?#@]+)", re.IGNORECASE)
_OWN_PORT = {"http": ":80", "https": ":443"}
_OWN_SITE = ("same-origin", "none")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Hosts:
    """The names that this server answers to, whatever the port.

    A page reaches another machine under a *name* that it has had rebound to its address. So names are
    `localhost` and those allowed; addresses are loopback's, those of this machine, and those allowed.
    """

    def __init__(self, listening: str, allowed: Iterable[str] = ()) -> None:
        self._known = {"localhost", *(_plain(name) for name in (listening, *allowed))}

    def know(self, authority: str) -> bool:
        """Whether a Host header is of this server."""
        found = _AUTHORITY.fullmatch(authority)
        if found is None:
            return False
        name = _plain(found[1])
        address = _address(name)
        return name in self._known or (address is not None and (address.is_loopback or _of_here(address)))


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
        site = None if request.method in READING else _foreign(request, host)
        if site is not None:
            message = f"Commands are not taken from pages of another site ({shortened(site)})."
            raise CommandRejected(ErrorCode.FOREIGN_SITE, message)

    def process_response(
        self, _request: falcon.Request, response: falcon.Response, _resource: object, _succeeded: bool
    ) -> None:
        for name, value in PROTECTION.items():
            if response.get_header(name) is None:
                response.set_header(name, value)


def _foreign(request: falcon.Request, host: str) -> str | None:
    """Name the other site that a browser sends a command for; None for its own page, and for no browser."""
    site = request.get_header("Sec-Fetch-Site")
    origin = request.get_header("Origin")
    # Who says same-origin has compared the schemes; TLS may end in front of this server, unseen from here.
    scheme = None if site == "same-origin" else request.scheme
    if origin is not None and not _same(origin, host, scheme):
        return origin
    return None if site is None or site in _OWN_SITE else site


def _same(origin: str, host: str, scheme: str | None) -> bool:
    found = _ORIGIN.fullmatch(origin)
    if found is None or (scheme is not None and found[1].lower() != scheme):
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


def _of_here(address: Address) -> bool:
    """Whether an address is one of this machine now: nothing else can be bound to."""
    if address.is_multicast or address.is_unspecified:
        return False
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
