"""HTTP Digest as the miners' lighttpd does it: the challenge, and the check of what comes back. Pure."""

import hashlib
import re
from enum import Enum
from typing import NamedTuple

__all__ = ["Guard", "Verdict", "challenge", "check"]

REALM = "antMiner Configuration"
_USER = "root"
_LIFE = 600  # seconds
_PAIR = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]+))')


class Guard(NamedTuple):
    """What a miner's web server goes by: `salt` makes its nonces its own, `now` is its clock in seconds.

    One that `refuses` lets nobody in; of one whose nonces do not age any does.
    """

    salt: str
    password: str
    now: int
    refuses: bool = False
    ages: bool = True


class Verdict(Enum):
    GRANTED = "granted"
    REFUSED = "refused"
    STALE = "stale"  # right credentials, but the nonce is too old or from before a reboot


def challenge(guard: Guard, *, stale: bool) -> str:
    """Return the value of WWW-Authenticate with a fresh nonce."""
    text = (
        f'Digest realm="{REALM}", charset="UTF-8", algorithm="MD5", '
        f'nonce="{_nonce(guard, guard.now)}", qop="auth"'
    )
    return text + ", stale=true" if stale else text


def check(guard: Guard, method: str, authorization: str) -> Verdict:
    """Judge the Authorization header of one request."""
    if not authorization.startswith("Digest ") or guard.refuses:
        return Verdict.REFUSED
    given = {name: quoted or bare for name, quoted, bare in _PAIR.findall(authorization)}
    secret = _md5(f"{_USER}:{REALM}:{guard.password}")
    action = _md5(f"{method}:{given.get('uri', '')}")
    middle = ":".join(given.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
    if given.get("username") != _USER or given.get("response") != _md5(f"{secret}:{middle}:{action}"):
        return Verdict.REFUSED
    return Verdict.GRANTED if _is_fresh(guard, given.get("nonce", "")) else Verdict.STALE


def _nonce(guard: Guard, moment: int) -> str:
    return f"{moment:x}:{_md5(f'{guard.salt}:{moment}')}"


def _is_fresh(guard: Guard, nonce: str) -> bool:
    if not guard.ages:
        return True
    try:
        moment = int(nonce.partition(":")[0], 16)
    except ValueError:
        return False
    return nonce == _nonce(guard, moment) and 0 <= guard.now - moment <= _LIFE


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
