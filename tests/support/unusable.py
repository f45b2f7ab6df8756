"""Settings that are refused, and files that secrets are in."""

from pathlib import Path

import pytest

from netstab.errors import SettingsError
from netstab.settings import read_settings

__all__ = ["refused", "written"]


def refused(given: dict[str, str]) -> str:
    """Return what is said of settings that cannot be used."""
    with pytest.raises(SettingsError) as caught:
        read_settings(given)
    return str(caught.value)


def written(folder: Path, content: str, mode: int = 0o600) -> str:
    """Write a file for a secret, under a name that no message may show."""
    path = folder / "kept-apart"
    path.write_text(content)
    path.chmod(mode)
    return str(path)
