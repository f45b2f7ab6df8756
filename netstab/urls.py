"""URLs as they are written: which may be taken that hold a password, and how they are shown without it."""

import re

__all__ = ["authority", "database_url_fault", "holds_password", "without_password"]

_HIDDEN = "***"
_FILE = "sqlite:///"

_SHOWABLE = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)"
    r"(?:(?P<user>[^@:/?#]*)(?P<password>:[^@/?#]*)?@)?"
    r"(?P<place>(?:[^,@:/?#\[\]]*|\[[0-9a-fA-F:.]*\])(?::\d*)?(?:,[^,@:/?#]*(?::\d*)?)*)"
    r"(?P<path>(?:/[^@?#]*)?)"
    r"(?P<rest>[?#][^@]*)?",
    re.IGNORECASE,
)
"""A URL that cannot be read in two ways: none with an @ or / of a password as it is."""

_MAY_HOLD_ONE = re.compile(r"://|@|(?:passw\w{0,20}|pwd|secret|token|key)\s{0,20}=", re.IGNORECASE)

_PASSWORD = re.compile(r"://[^/@:]*:[^/@]+@|[?&](?:passw\w{0,20}|pwd|secret|token|key)=", re.IGNORECASE)


def authority(host: str, port: int) -> str:
    """Return host and port as a URL holds them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def without_password(url: str) -> str:
    """Return a URL as it may be shown: without a password or query, or hidden as a whole if it is ambiguous.

    Text that is no URL and may hold a password, such as `host=a password=b`, is hidden as well.
    """
    found = _SHOWABLE.fullmatch(url)
    if url.startswith(_FILE):
        return url
    if found is None:
        scheme = re.match(r"[a-zA-Z0-9+.-]{1,20}://", url)
        return (scheme[0] if scheme else "") + _HIDDEN if _MAY_HOLD_ONE.search(url) else url
    rest = found["rest"]
    return (
        f"{found['scheme']}{_user(found)}{found['place']}{found['path']}{rest[0] + _HIDDEN if rest else ''}"
    )


def _user(found: re.Match[str]) -> str:
    """Show a user who has a password beside; one alone may be a token."""
    if found["user"] is None:
        return ""
    return f"{found['user']}:{_HIDDEN}@" if found["password"] else f"{_HIDDEN}@"


def holds_password(url: str) -> bool:
    """Whether a password or another secret seems to stand in a URL."""
    return _PASSWORD.search(url) is not None


def database_url_fault(url: str) -> str:
    """Say why a database's URL cannot be used, "" if it can. The reason holds nothing of the URL."""
    if "\0" in url:
        return "must not hold a NUL"
    if url.startswith(_FILE):
        return ""
    if not url.startswith("postgresql://"):
        return "must be sqlite:///path or postgresql://…"
    if re.fullmatch(r"postgresql://(?:[^@/]*@)?[^@/?]*(?:/[^@?]*)?(?:\?.*)?", url, re.DOTALL) is None:
        return "must have each @ and / of its user and password percent-encoded: %40 and %2F"
    if re.search(r"%(?![0-9a-fA-F]{2})", url):
        return "must have each % percent-encoded: %25"
    return ""
