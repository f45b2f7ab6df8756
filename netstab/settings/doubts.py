"""What of the settings may not be meant so: sentences for whoever set them. No value is shown."""

from collections.abc import Mapping
from pathlib import Path
from stat import S_IROTH

from netstab.settings import Settings
from netstab.settings.env_file import values_in
from netstab.settings.misspelt import misspelt
from netstab.settings.variables import CREDENTIALS, SECRETS, TOKENS
from netstab.urls import holds_password

__all__ = ["doubts"]


def doubts(environment: Mapping[str, str], env_file: Path | None, settings: Settings) -> list[str]:
    """Name what is not known, what everybody can read, and what is open to all."""
    in_file = values_in(env_file) if env_file else {}
    exposed = _exposed(env_file, in_file) if env_file else []
    return [*misspelt([*environment, *in_file]), *exposed, *settings.advice]


def _exposed(env_file: Path, in_file: Mapping[str, str]) -> list[str]:
    secret = [name for name, value in in_file.items() if _is_secret(name, value.strip())]
    if not secret or not env_file.stat().st_mode & S_IROTH:
        return []
    held = " and ".join(secret)
    return [
        f"The file {env_file} holds {held}, and can be read by every user of this host; chmod 0600 is enough."
    ]


def _is_secret(name: str, value: str) -> bool:
    asked = CREDENTIALS.get(name)
    if asked is not None:
        return asked.secret and value not in ("", asked.default)
    return (bool(value) and name in (*TOKENS, *SECRETS)) or (name.endswith("_URL") and holds_password(value))
