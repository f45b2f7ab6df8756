"""SIGUSR1: what every thread, and every call on the loop of polls, is at just now, on standard error.

It changes nothing and waits for nobody. Where no Python runs any more the threads are shown all the same.
"""

import faulthandler
import os
import signal
import sys
import threading
import traceback
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Stack", "StackDump", "stacks_on_signal"]

Stack = tuple[str, ...]
"""Where a call is, the innermost place last."""

_STDERR = 2
_MOST = 100
"""Different stacks of a kind that are written out; a server has a dozen."""


class StackDump:
    """Writes out all stacks; `under_way` says which calls are on the loop, once there is one."""

    def __init__(self) -> None:
        self.under_way: Callable[[], Collection[Stack]] = tuple

    def text(self) -> str:
        """Return what all are at, those at the same place together."""
        return "".join([*_section("Threads", _threads()), *_section("Polls", _calls(self.under_way()))])

    def write(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        try:
            text = self.text()
        except Exception as error:  # noqa: BLE001 - whoever looks for one defect must not be given another
            text = f"The stacks cannot be shown: {error!r}\n"
        os.write(_STDERR, text.encode(errors="backslashreplace"))  # no lock, which the thread may hold


@contextmanager
def stacks_on_signal() -> Iterator[StackDump]:
    """Have SIGUSR1 dump stacks: faulthandler's of a hundred threads at once, then, grouped, all."""
    dump = StackDump()
    before = signal.signal(signal.SIGUSR1, dump.write)
    faulthandler.register(signal.SIGUSR1, file=sys.__stderr__ or _STDERR, all_threads=True, chain=True)
    try:
        yield dump
    finally:
        faulthandler.unregister(signal.SIGUSR1)
        signal.signal(signal.SIGUSR1, before)


def _threads() -> dict[Stack, list[str]]:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    grouped = defaultdict[Stack, list[str]](list)
    for ident, frame in sys._current_frames().items():  # noqa: SLF001 - there is no other way
        grouped[tuple(traceback.format_stack(frame))].append(names.get(ident, f"{ident:#x}"))
    return grouped


def _calls(stacks: Collection[Stack]) -> dict[Stack, list[str]]:
    grouped = defaultdict[Stack, list[str]](list)
    for stack in stacks:
        grouped[stack].append("poll")
    return grouped


def _section(title: str, grouped: dict[Stack, list[str]]) -> Iterator[str]:
    count = sum(map(len, grouped.values()))
    yield f"\n{title} under way: {count}.\n"
    for stack, names in sorted(grouped.items(), key=lambda item: -len(item[1]))[:_MOST]:
        some = ", ".join(sorted(set(names))[:10])
        yield f"{len(names)} at this place ({some}):\n"
        yield from stack
    if len(grouped) > _MOST:
        yield f"and {len(grouped) - _MOST} more places\n"
