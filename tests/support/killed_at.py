"""Runs `netstab serve` and kills it with SIGKILL at one step of its first activation.

Arguments: a function as `module:Class.name`, `before` or `after`, and which call of it. Calls are counted
from 1, from the moment at which the activation is about to be recorded.
"""

import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from itertools import count
from typing import Any

from actors.fleet.log_writer import LogWriter
from events.commands import Activate
from netstab.cli import main

activating = False


def arm() -> None:
    """Count from the moment at which an activation reaches the pen."""
    accept = LogWriter.accept

    def armed(self: LogWriter, command: Any, *arguments: Any) -> int:
        global activating  # noqa: PLW0603
        activating = activating or isinstance(command, Activate)
        return accept(self, command, *arguments)

    setattr(LogWriter, "accept", armed)  # noqa: B010 - its types would have to be written again


def die_at(point: str, moment: str, turn: int) -> None:
    module, _, path = point.partition(":")
    *owners, name = path.split(".")
    owner: Any = import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    original: Callable[..., Any] = getattr(owner, name)
    calls = count(1)

    def fatal(*arguments: Any, **options: Any) -> Any:
        doomed = activating and next(calls) == turn
        if doomed and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*arguments, **options)
        if doomed:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, fatal)


die_at(sys.argv[1], sys.argv[2], int(sys.argv[3]))
arm()
sys.exit(main(["serve"]))
