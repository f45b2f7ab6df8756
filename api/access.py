"""Who may ask what: the networks and the tokens of each surface. It knows surfaces, not what is asked there.

The EMS's three calls are one surface, all else is the other. Networks and tokens of one open nothing of the
other.
"""

import falcon

from api.arrival import PRINCIPAL
from api.ems import EMS_PATHS
from api.health import HEALTHZ
from api.methods import READING
from api.networks import within
from api.readiness import READYZ
from api.turned_away import TurnedAway
from api.wording import shortened
from netstab.errors import CommandRejected, ErrorCode
from netstab.settings.access import AccessSettings

__all__ = ["Access", "opened_by"]

_FOR_ALL = (HEALTHZ, READYZ)
"""Balancers, watchdogs and init systems ask there, of both networks and without a token."""

_PRODUCT = ("/", "/docs", "/openapi.json")
_BELOW_PRODUCT = ("/static/", "/docs/")
"""What is the same in every installation and tells nothing of this one: the page has to ask for the token."""

_SCHEME = "bearer "


class Access:
    """Falcon's middleware, before all but `Proxies`. Where `ems_alone`, all is the EMS's surface."""

    def __init__(self, settings: AccessSettings, *, ems_alone: bool = False) -> None:
        self.turned_away = TurnedAway()
        self._settings = settings
        self._ems_alone = ems_alone
        self._for_ems = within(settings.ems_networks)
        self._for_dashboard = within(settings.dashboard_networks)
        self._is_proxy = within(settings.proxies)

    def process_request(self, request: falcon.Request, _response: falcon.Response) -> None:
        """Raise `CommandRejected`: NETWORK_NOT_ALLOWED, TOKEN_REQUIRED or READ_ONLY_TOKEN.

        Nothing behind it sees the token.
        """
        given = request.env.pop("HTTP_AUTHORIZATION", "")
        self._require_network(request)
        request.context[PRINCIPAL] = self._require_token(request, given)

    def refusal(self, address: str, path: str) -> str | None:
        """Say why a connection's request need not be read any further, None where it must be.

        Whom a proxy forwards for only the whole request tells.
        """
        if self._is_proxy(address):
            return None
        message = self._stranger(address, "/" + path.strip("/"))
        if message is not None:
            self.turned_away.note(ErrorCode.NETWORK_NOT_ALLOWED, address, message)
        return message

    def _is_ems(self, path: str) -> bool:
        return self._ems_alone or path in EMS_PATHS

    def _require_network(self, request: falcon.Request) -> None:
        message = self._stranger(request.remote_addr, request.path)
        if message is not None:
            raise self._refused(ErrorCode.NETWORK_NOT_ALLOWED, request, message)

    def _stranger(self, address: str, path: str) -> str | None:
        if path in _FOR_ALL and (self._for_ems(address) or self._for_dashboard(address)):
            return None
        ems = self._is_ems(path)
        if (self._for_ems if ems else self._for_dashboard)(address):
            return None
        setting = "EMS_ALLOWED_NETWORKS" if ems else "DASHBOARD_ALLOWED_NETWORKS"
        return f"Clients at {shortened(address)} are not served here; {setting} lists the networks that are."

    def _require_token(self, request: falcon.Request, given: str) -> str:
        """Return the name of the token that was given, empty where none is asked for."""
        settings, path = self._settings, request.path
        commanding = settings.ems_tokens if self._is_ems(path) else settings.dashboard_tokens
        if not commanding or path in _FOR_ALL or _is_product(path):
            return ""
        secret = _bearer(given)
        name = commanding.name_of(secret)
        if name is not None:
            return name
        viewer = None if self._is_ems(path) else settings.viewer_tokens.name_of(secret)
        if viewer is None:
            raise self._unknown(request, given)
        if request.method not in READING:
            message = f"The token of {viewer} is for reading alone; commands take one of DASHBOARD_TOKEN."
            raise self._refused(ErrorCode.READ_ONLY_TOKEN, request, message)
        return viewer

    def _unknown(self, request: falcon.Request, given: str) -> CommandRejected:
        asked = "EMS_TOKEN" if self._is_ems(request.path) else "DASHBOARD_TOKEN or VIEWER_TOKEN"
        what = "The token is none of" if given else "A token is needed: Authorization: Bearer, with one of"
        return self._refused(ErrorCode.TOKEN_REQUIRED, request, f"{what} {asked}.")

    def _refused(self, code: ErrorCode, request: falcon.Request, message: str) -> CommandRejected:
        self.turned_away.note(code, request.remote_addr, message)
        return CommandRejected(code, message)


def opened_by(method: str, path: str) -> tuple[str, ...]:
    """Return the settings whose tokens open an operation, none where no token is ever asked for."""
    if path in _FOR_ALL or _is_product(path):
        return ()
    if path in EMS_PATHS:
        return ("EMS_TOKEN",)
    return ("DASHBOARD_TOKEN", "VIEWER_TOKEN") if method in READING else ("DASHBOARD_TOKEN",)


def _is_product(path: str) -> bool:
    return path in _PRODUCT or path.startswith(_BELOW_PRODUCT)


def _bearer(given: str) -> bytes:
    """Return the token of an Authorization header; of any other scheme nothing that could be one."""
    scheme, secret = given[: len(_SCHEME)], given[len(_SCHEME) :]
    return secret.strip().encode("latin-1", "replace") if scheme.lower() == _SCHEME else b""
