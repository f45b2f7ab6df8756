"""One exchange with a VTN or its token endpoint, bounded in time and size. It judges redirects alone."""

from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit

from netstab.errors import CounterpartLost
from netstab.wire.bounds import after
from netstab.wire.failure import Failure
from netstab.wire.http import Answer, Call, Content, HttpSession
from netstab.wire.login import Bearer

__all__ = ["LARGEST", "Query", "asked", "peer_of", "refused"]

Query = Sequence[tuple[str, str]]

LARGEST = 4 * 1024 * 1024
"""Bytes of an answer: fifty events of a day of five minutes have half of it."""

_WITHIN, _CONNECT_WITHIN = 8.0, 4.0
_ERRORS = dict.fromkeys(Failure, CounterpartLost)


def peer_of(url: str) -> str:
    """Return the host and port of a URL, as an operator knows it."""
    return urlsplit(url).netloc.rpartition("@")[2]


def asked(
    url: str,
    *,
    query: Query = (),
    content: Content | None = None,
    method: str = "",
    token: str = "",
    expires: float | None = None,
) -> Answer:
    """Ask once, by `expires` on the monotonic clock at the latest. Raises `CounterpartLost`."""
    peer = f"The VTN at {peer_of(url)}"
    until = min(after(_WITHIN), expires if expires is not None else after(_WITHIN))
    call = Call(peer, _ERRORS, until, _CONNECT_WITHIN, largest=LARGEST)
    whole = f"{url}?{urlencode(query)}" if query else url
    answer = HttpSession(Bearer(token) if token else None).exchange(whole, call, content, method)
    if 300 <= answer.status < 400:
        raise CounterpartLost(f"{peer} sends us elsewhere (status {answer.status}), which is not followed.")
    return answer


def refused(answer: Answer, url: str) -> CounterpartLost:
    """Return the error for a status that is no success."""
    return CounterpartLost(f"The VTN at {peer_of(url)} answers {urlsplit(url).path} with {answer.status}.")
