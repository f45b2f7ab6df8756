"""The token of a VEN: OAuth2's client credentials, got when it is needed and renewed before it ends."""

import math
from time import monotonic
from urllib.parse import urlencode, urljoin, urlsplit

from msgspec import Struct, field

from netstab.errors import CounterpartLost
from netstab.fronts.openadr.documents import decoded
from netstab.fronts.openadr.exchange import asked, peer_of
from netstab.settings.fronts import OpenAdrSettings, OpenAdrVersion
from netstab.wire.http import Content

__all__ = ["Access"]

_LIFETIME = 3600.0  # seconds, where nothing is said
_SHORTEST, _LONGEST = 5.0, 7 * 86_400.0
_RENEWED_AT = 0.8
_LONGEST_TOKEN = 8192  # characters


class _Granted(Struct):
    """The one document of the specification in snake case."""

    access_token: str
    expires_in: float | None = None


class _Server(Struct):
    token_url: str = field(name="tokenURL")


class Access:
    """For one thread. Without a client id no token is asked for: public VTNs have none."""

    def __init__(self, settings: OpenAdrSettings) -> None:
        self._settings = settings
        self._base = settings.vtn_url.rstrip("/")
        self._token, self._until = "", -math.inf

    def token(self) -> str:
        """Return a token that counts, "" where none is needed. Raises `CounterpartLost`."""
        if self._settings.client_id and monotonic() >= self._until:
            self._renew()
        return self._token

    def forget(self) -> bool:
        """Take the token for worthless; say whether another can be had."""
        self._until = -math.inf
        return bool(self._settings.client_id)

    def _renew(self) -> None:
        url = self._settings.token_url or self._told() or f"{self._base}/auth/token"
        form = {
            "grant_type": "client_credentials",
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret,
        }
        answer = asked(url, content=Content.form(urlencode(form).encode()))
        if answer.status not in (200, 201):
            raise CounterpartLost(f"{peer_of(url)} gives no token: it answers with {answer.status}.")
        try:
            granted = decoded(answer.body, _Granted, strict=False)
        except ValueError as error:
            raise CounterpartLost(f"{peer_of(url)} gives a token that cannot be read: {error}.") from None
        if not 0 < len(granted.access_token) <= _LONGEST_TOKEN or not granted.access_token.isascii():
            raise CounterpartLost(f"{peer_of(url)} gives a token that is none.")
        lifetime = min(max(granted.expires_in or _LIFETIME, _SHORTEST), _LONGEST)
        self._token, self._until = granted.access_token, monotonic() + _RENEWED_AT * lifetime

    def _told(self) -> str:
        """Return what the VTN tells of its token endpoint, as of 3.1; "" where it tells nothing."""
        if self._settings.version is OpenAdrVersion.V3_0_1:
            return ""
        answer = asked(f"{self._base}/auth/server")
        try:
            url = decoded(answer.body, _Server).token_url if answer.status == 200 else ""
        except ValueError:
            return ""
        url = urljoin(f"{self._base}/", url) if url else ""
        if url and not _as_safe(url, self._base):
            raise CounterpartLost(f"The VTN names a token endpoint that is none to trust: {url[:100]}.")
        return url


def _as_safe(url: str, base: str) -> bool:
    """Whether a secret that goes there is no less protected than on its way to the VTN."""
    there, here = urlsplit(url), urlsplit(base)
    return bool(there.hostname) and (there.scheme == "https" or (there.scheme == here.scheme == "http"))
