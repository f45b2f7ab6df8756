"""What a front is: it runs until it is stopped, and raises what ends it, to be begun again."""

import threading
from typing import Protocol

from netstab.fronts.link import Link

__all__ = ["BlockingFront", "Front"]


class Front(Protocol):
    """One that runs on the common loop and never blocks it."""

    @property
    def name(self) -> str:
        """Its name, which is its source's."""

    @property
    def counterpart(self) -> str:
        """What it talks to, as it may be shown: no password in it."""

    async def run(self, link: Link) -> None:
        """Run until cancelled. Raises `CounterpartLost` to be begun again; any other error is a defect."""


class BlockingFront(Protocol):
    """One that has a thread of its own."""

    @property
    def name(self) -> str:
        """Its name, which is its source's."""

    @property
    def counterpart(self) -> str:
        """What it talks to, as it may be shown: no password in it."""

    def run(self, link: Link, stopping: threading.Event) -> None:
        """Run until `stopping` is set, and end within a second then. Raises as a `Front` does."""
