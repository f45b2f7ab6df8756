"""What machines were told last, for firmware that says ever after that no percentage is in use.

Whether such firmware exists is not known; then only what the machine draws tells what it runs at.
"""

import time
from dataclasses import replace

from netstab.devices.port import Endpoint
from netstab.devices.tokens import Tokens
from netstab.devices.whatsminer.percents import FULL
from netstab.devices.whatsminer.state import State
from netstab.units import Seconds

__all__ = ["Shares", "proved"]

_PURPOSE = "whatsminer percent"
_REMEMBERED = Seconds(7 * 24 * 3600.0)
_SLACK = Seconds(10.0)
"""By which a machine's age may seem less than it is."""

_SURELY_SET = 80.0
"""Per cent of its limit: who draws less is set to less, or lacks a board. Some tell 87 at full power."""


class Shares:
    """The percentages that machines have taken, each as long as their mining process lasts."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def keep(self, endpoint: Endpoint, percent: int) -> None:
        self._tokens.keep(endpoint, _PURPOSE, f"{percent} {time.monotonic()}", _REMEMBERED)

    def forget(self, endpoint: Endpoint) -> None:
        self._tokens.forget(endpoint, _PURPOSE)

    def proved(self, endpoint: Endpoint, state: State) -> State:
        """Return the state with the percentage that what it draws speaks for."""
        return proved(state, self._taken(endpoint, state)) if state.percent == 0 else state

    def _taken(self, endpoint: Endpoint, state: State) -> int | None:
        kept = self._tokens.kept(endpoint, _PURPOSE)
        if kept is None:
            return None
        percent, at = kept.split()
        ended = state.elapsed is not None and state.elapsed + _SLACK < time.monotonic() - float(at)
        return None if ended else int(percent)


def proved(state: State, taken: int | None) -> State:
    """Judge one that says that no percentage is in use, and has `taken` that one, None where none is known.

    It runs at what it has taken, or at full power, whichever is nearer to what it draws. Who draws too little
    for full power without anybody knowing why is set to nothing that is known, so that it is told anew.
    """
    if not (state.settable and state.power and state.limit and state.hashrate > 0):
        return state
    drawn = FULL * state.power / state.limit
    if taken is None:
        return replace(state, percent=None) if drawn < _SURELY_SET else state
    return replace(state, percent=min(taken, FULL, key=lambda percent: abs(percent - drawn)))
