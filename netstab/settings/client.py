"""What the command line's client of a server goes by: the environment alone, no secret in its arguments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from netstab.errors import SettingsError

__all__ = ["CLIENT_VARIABLES", "ClientSettings", "read_client_settings", "read_ems_settings"]

CLIENT_VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "NETSTAB_URL": "the server's URL; without it http://127.0.0.1:8000",
        "NETSTAB_TOKEN": "the token that is shown to it, if it asks for one",  # nosec B105  # a meaning
        "NETSTAB_TOKEN_FILE": "a file that holds the token, in place of it",  # nosec B105
        "NETSTAB_EMS_URL": "for `netstab qualify`, the EMS's port where it has one of its own",
        "NETSTAB_EMS_TOKEN": "for `netstab qualify`, the token of the EMS's calls, if another",  # nosec B105
        "NETSTAB_CA_FILE": "a file with the authority that vouches for the server, if the system knows none",
    }
)
"""Their names and meanings."""

_LONGEST = 4096  # characters of a token


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Where the server is, the token for it, "" for none, and who vouches for it, "" for the system's own."""

    url: str
    token: str = field(repr=False)
    ca_file: str


def read_client_settings(environment: Mapping[str, str], url: str = "") -> ClientSettings:
    """Read what the environment says; a given `url` goes before. Raises `SettingsError`."""
    return ClientSettings(
        _url(url or environment.get("NETSTAB_URL") or "http://127.0.0.1:8000"),
        _token(environment),
        _file(environment.get("NETSTAB_CA_FILE", "")),
    )


def read_ems_settings(environment: Mapping[str, str], url: str = "") -> ClientSettings:
    """Read how the EMS's calls are made: as all others, but for what is set. Raises `SettingsError`."""
    token = environment.get("NETSTAB_EMS_TOKEN", "")
    own = {
        name: value for name, value in environment.items() if not (token and name.startswith("NETSTAB_TOKEN"))
    }
    given = {**own, "NETSTAB_TOKEN": token} if token else own
    return read_client_settings(given, environment.get("NETSTAB_EMS_URL", "") or url)


def _url(given: str) -> str:
    try:
        parts = urlsplit(given)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.query or parts.fragment:
        raise SettingsError("The server's URL must be like http://host:8000.")
    if "@" in parts.netloc:
        raise SettingsError("The server's URL must hold no password; put a token in NETSTAB_TOKEN.")
    return given.rstrip("/")


def _token(environment: Mapping[str, str]) -> str:
    named = environment.get("NETSTAB_TOKEN_FILE", "")
    token = environment.get("NETSTAB_TOKEN", "").strip()
    if named and token:
        raise SettingsError("Only one of NETSTAB_TOKEN and NETSTAB_TOKEN_FILE may be set.")
    if named:
        try:
            token = Path(named).read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            what = type(error).__name__
            raise SettingsError(
                f"NETSTAB_TOKEN_FILE names {named!r}, which cannot be read: {what}."
            ) from None
    if not (token.isascii() and token.isprintable() and " " not in token and len(token) <= _LONGEST):
        raise SettingsError("The token must be one line of printable ASCII without spaces.")
    return token


def _file(named: str) -> str:
    if named and not Path(named).is_file():
        raise SettingsError(f"NETSTAB_CA_FILE names {named!r}, which is no file.")
    return named
