"""The bench in command of a running server's fleet until something comes between: it gives it back."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from netstab.client.calls import CallFailed
from netstab.errors import NetstabError
from netstab.qualification.guard import fault, release
from netstab.qualification.plan import Loss
from netstab.qualification.remote import RemoteSite, Shown
from netstab.qualification.site import Declared, Receipt, Recording, Sample
from netstab.units import Seconds, Watts

__all__ = ["Aborted", "GuardedSite", "in_command", "signals_end_it"]

_RELEASED_WITHIN = 30.0  # s; by then a standby leads, and a failsafe is near
_AGAIN = 0.5  # s
_SAME_END = 10.0  # s


class Aborted(NetstabError):
    """Something came between: the test is over, and nothing can be said of it."""


class GuardedSite:
    """A `Site` that looks at each sample whether the bench may go on. Raises `Aborted`, `ConnectionGone`."""

    def __init__(self, site: RemoteSite) -> None:
        self._site = site

    @property
    def units(self) -> int:
        return self._site.units

    @property
    def rated(self) -> Watts:
        return self._site.rated

    def now(self) -> Seconds:
        return self._site.now()

    def wait_until(self, at: Seconds) -> None:
        self._site.wait_until(at)

    def order(self, target: Watts | None) -> Receipt:
        self._site.looked()  # or another's order since the last sample would be overruled unseen
        self._check()
        return self._site.order(target)

    def limit(self, most: Watts | None) -> Receipt:
        self._site.looked()
        self._check()
        return self._site.limit(most)

    def sample(self) -> Sample:
        seen = self._site.sample()
        self._check()
        return seen

    def declared(self) -> Declared:
        return self._site.declared()

    def lose(self, what: Loss, share: float) -> None:
        self._site.lose(what, share)

    def restore(self, what: Loss) -> None:
        self._site.restore(what)

    def proven(self, recording: Recording) -> Recording:
        return self._site.proven(recording)

    def _check(self) -> None:
        if not self._site.is_fresh:
            return
        found = fault(self._site.shown, self._site.asked, silent=self._site.silent)
        if found:
            raise Aborted(found)


@contextmanager
def in_command(site: RemoteSite, say: Callable[[str], None]) -> Iterator[GuardedSite]:
    """Command a site until the end or until something goes wrong, and leave it as `release` says.

    `say` is told how it was left.
    """
    before, site.asked = site.shown, None
    try:
        yield GuardedSite(site)
    finally:
        with _undisturbed():
            say(_released(site, before))


def _released(site: RemoteSite, before: Shown) -> str:
    """Leave the fleet, as often as it takes within `_RELEASED_WITHIN` s; gives what came of it."""
    expires, trouble = time.monotonic() + _RELEASED_WITHIN, ""
    asked = site.asked
    doubtful = asked is not None and asked.in_doubt
    left_to_do = 2 if doubtful else 1  # what is on its way to the server yet is ordered away once it has come
    while time.monotonic() < expires:
        try:
            site.look()
            left = release(before, site.shown, asked if doubtful else site.asked)
            site.silent = False
            lifted = site.limit(None).refusal if site.is_limited else ""
            trouble = (site.order(left.order).refusal if left.orders else "") or lifted
        except CallFailed as error:
            trouble = str(error)
        left_to_do -= not trouble
        if not left_to_do:
            return left.words
        time.sleep(_AGAIN)
    return (
        f"The fleet could not be given back: {trouble} The test's last order stands until the failsafe of "
        f"the server acts, {site.ems_timeout:g} s after it."
    )


@contextmanager
def signals_end_it() -> Iterator[None]:
    """Have SIGTERM, SIGHUP and Ctrl-C raise `KeyboardInterrupt`, so that a fleet is given back.

    One that follows within `_SAME_END` s means the same end, and must not come between that and the fleet.
    """
    ended_at = float("-inf")

    def end(_number: int, _frame: object) -> None:
        nonlocal ended_at
        if time.monotonic() - ended_at >= _SAME_END:
            ended_at = time.monotonic()
            raise KeyboardInterrupt

    handled = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    before = {number: signal.signal(number, end) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let no second signal keep a fleet from being given back: that is bounded."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handled = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
