"""Remembers the newest result of a pure function of an immutable value."""

from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Memo"]

K = TypeVar("K")
V = TypeVar("V")


class Memo(Generic[K, V]):
    """Computes again when it is given another object. Threads may race: that costs time and nothing else."""

    def __init__(self, compute: Callable[[K], V]) -> None:
        self._compute = compute
        self._newest: tuple[K, V] | None = None

    def __call__(self, key: K) -> V:
        newest = self._newest
        if newest is None or newest[0] is not key:
            newest = self._newest = (key, self._compute(key))
        return newest[1]
