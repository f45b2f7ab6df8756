"""From the text of a front's setting to its value; what cannot be used raises `ValueError` with its rule."""

import re
import socket
from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import NAMESPACE_DNS, UUID, uuid5

from netstab.settings import readers
from netstab.settings.fronts import PRIORITY

__all__ = ["falling_percents", "listen", "priority", "resource_id", "topic", "topic_or_none", "url", "words"]

_LONGEST_TOPIC = 128  # characters; with what follows it stays far below MQTT's 65,535 bytes
_MOST_WORDS, _LONGEST_WORD = 64, 128


def url(*schemes: str, path: bool = True) -> Callable[[str], str]:
    """Read where a counterpart is; a user and password in it stand percent-encoded. None is one as well."""
    rest = r"[^\s?#@]*" if path else ""
    pattern = re.compile(rf"(?:{'|'.join(schemes)})://(?:[^\s/?#@]*@)?[^\s/?#@]+(?:/{rest})?")

    def read(given: str) -> str:
        text = given.strip()
        try:
            sound = not text or (
                pattern.fullmatch(text) and urlsplit(text).port != 0 and urlsplit(text).hostname
            )
        except ValueError:
            sound = False
        if not sound:
            ways = " or ".join(f"{scheme}://host:port" for scheme in schemes)
            raise ValueError(f"must be {ways}, with @ and / of a password percent-encoded, or empty")
        return text

    return read


def topic(given: str) -> str:
    """Read what MQTT topics begin with: levels with / between them, no wildcard."""
    text = given.strip()
    if not re.fullmatch(r"[^\s/+#$\0][^+#\0]*", text) or not text.isprintable() or text.endswith("/"):
        raise ValueError("must be levels of a topic such as netstab/site1, without + and #")
    if len(text) > _LONGEST_TOPIC:
        raise ValueError(f"must have at most {_LONGEST_TOPIC} characters")
    return text


def topic_or_none(given: str) -> str:
    return topic(given) if given.strip() else ""


def listen(given: str) -> tuple[str, int] | None:
    """Read the address and port that a server listens on, an IPv6 one in brackets; none is one as well."""
    text = given.strip()
    if not text:
        return None
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+)):(\d{1,5})", text)
    if found is None:
        raise ValueError("must be an address and a port such as 127.0.0.1:502, or empty")
    return found[1] or found[2], readers.port(found[3])


def resource_id(given: str) -> str:
    """Read a UUID, for s2-python takes no other id; without one it is made of the host's name."""
    text = given.strip()
    if not text:
        return str(uuid5(NAMESPACE_DNS, socket.gethostname()))
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError("must be a UUID such as 2f0d4a52-0c0f-4a53-9d0e-3d8f4f6a5a52, or empty") from None


def words(given: str) -> tuple[str, ...]:
    """Read words with commas between them; none is a list as well."""
    parts = tuple(part.strip() for part in given.split(",") if part.strip())
    if len(parts) > _MOST_WORDS or not all(
        part.isprintable() and len(part) <= _LONGEST_WORD for part in parts
    ):
        raise ValueError(f"must be at most {_MOST_WORDS} words of up to {_LONGEST_WORD} characters")
    return parts


def priority(given: str) -> tuple[str, ...]:
    """Read ways in, the highest first; those left out come after, in the usual order."""
    named = words(given.lower())
    if len(set(named)) < len(named) or not set(named) <= set(PRIORITY):
        raise ValueError(f"must be ways in with commas between them, none twice, of {', '.join(PRIORITY)}")
    return named


def falling_percents(given: str) -> tuple[float, float, float]:
    """Read three shares in percent, none above the one before it."""
    rule = "must be three numbers from 100 to 0 with commas between them, none above the one before it"
    try:
        first, second, third = (readers.number(0, 100)(part) for part in given.split(","))
    except ValueError:
        raise ValueError(rule) from None
    if not first >= second >= third:
        raise ValueError(rule)
    return first, second, third
