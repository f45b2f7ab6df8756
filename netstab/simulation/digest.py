"""HTTP Digest as the miners' lighttpd does it: the challenge, and the check of what comes back. Pure."""

import hashlib
import re
from enum import Enum

from netstab.simulation.device import Device

__all__ = ["Verdict", "challenge", "check"]

REALM = "antMiner Configuration"
_USER = "root"
_LIFE = 600  # seconds
_PAIR = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]+))')


class Verdict(Enum):
    GRANTED = "granted"
    REFUSED = "refused"
    STALE = "stale"  # right credentials, but the nonce is too old or from before a reboot


def challenge(device: Device, *, stale: bool) -> str:
    """Return the value of WWW-Authenticate with a fresh nonce."""
    text = (
        f'Digest realm="{REALM}", charset="UTF-8", algorithm="MD5", '
        f'nonce="{_nonce(device, device.wall_clock)}", qop="auth"'
    )
    return text + ", stale=true" if stale else text


def check(device: Device, method: str, authorization: str) -> Verdict:
    """Judge the Authorization header of one request."""
    if not authorization.startswith("Digest ") or device.condition.unauthorized:
        return Verdict.REFUSED
    given = {name: quoted or bare for name, quoted, bare in _PAIR.findall(authorization)}
    secret = _md5(f"{_USER}:{REALM}:{device.password}")
    action = _md5(f"{method}:{given.get('uri', '')}")
    middle = ":".join(given.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
    if given.get("username") != _USER or given.get("response") != _md5(f"{secret}:{middle}:{action}"):
        return Verdict.REFUSED
    return Verdict.GRANTED if _is_fresh(device, given.get("nonce", "")) else Verdict.STALE


def _nonce(device: Device, moment: int) -> str:
    return f"{moment:x}:{_md5(f'{device.miner_id}:{device.miner.boots}:{moment}')}"


def _is_fresh(device: Device, nonce: str) -> bool:
    if device.unit.stock:  # its older server never looks
        return True
    try:
        moment = int(nonce.partition(":")[0], 16)
    except ValueError:
        return False
    return nonce == _nonce(device, moment) and 0 <= device.wall_clock - moment <= _LIFE


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
