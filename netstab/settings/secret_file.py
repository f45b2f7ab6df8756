"""A secret in a file of its own, as service managers hand them out. It knows no setting by name.

No message holds the name of the file: it may be a secret in the wrong place.
"""

from dataclasses import dataclass, field
from pathlib import Path
from stat import S_IROTH

__all__ = ["SecretFile", "read_secret_file"]

_LARGEST = 64 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class SecretFile:
    """What the file holds, and whether every user of the host can read it."""

    text: str = field(repr=False)
    readable_by_all: bool


def read_secret_file(path: str) -> SecretFile:
    """Read a file, or raise `ValueError` where it is not there, too large or empty."""
    place = Path(path.strip())
    try:
        if not place.is_file():
            raise FileNotFoundError
        with place.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
        exposed = bool(place.stat().st_mode & S_IROTH)
    except (OSError, ValueError) as error:
        raise ValueError(f"must name a file that can be read ({type(error).__name__})") from None
    if len(content) > _LARGEST:
        raise ValueError("names a file that is too large")
    text = content.decode("utf-8", "replace")
    if not text.strip():
        raise ValueError("names a file that holds nothing")
    return SecretFile(text, exposed)
