"""Runs `netstab serve`; its control loop stands still while the file is there that the argument names."""

import sys
import time
from pathlib import Path

from actors.fleet.loop import ControlLoop
from netstab.cli import main

tick = ControlLoop.tick


def halted(self: ControlLoop) -> None:
    while Path(sys.argv[1]).exists():
        time.sleep(0.05)
    tick(self)


setattr(ControlLoop, "tick", halted)  # noqa: B010 - its type would have to be written again
sys.exit(main(["serve"]))
