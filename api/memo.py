"""Remembers the newest result of a pure function of an immutable value."""

import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Memo"]

K = TypeVar("K")
V = TypeVar("V")

_GONE = object()


class Memo(Generic[K, V]):
    """Computes again when it is given another object. Threads may race: that costs time and nothing else.

    A snapshot that was computed of is not kept alive by it.
    """

    def __init__(self, compute: Callable[[K], V]) -> None:
        self._compute = compute
        self._newest: tuple[Callable[[], object], V] | None = None

    def __call__(self, key: K) -> V:
        newest = self._newest
        if newest is None or newest[0]() is not key:
            newest = self._newest = (_reference(key), self._compute(key))
        return newest[1]


def _reference(key: object) -> Callable[[], object]:
    """Return what gives the key while anybody else keeps it, and never another."""
    try:
        found = weakref.ref(key)
    except TypeError:  # it cannot be referred to so, as a dict
        return lambda: key
    return lambda: found() or _GONE
