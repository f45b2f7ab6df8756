"""The demonstration of a tree of sites runs, steers and leaves nothing behind."""

import subprocess
import sys

from waiting import PATIENCE

COMMAND = (sys.executable, "-m", "netstab", "demo", "--sites", "2", "--miners", "2", "--port", "0")


def test_the_demonstration_shows_sites_that_follow_an_ems() -> None:
    options = ("--speed", "40", "--seconds", "25")
    shown = subprocess.run(
        (*COMMAND, *options), check=False, capture_output=True, text=True, timeout=PATIENCE + 60
    )
    assert shown.returncode == 0, shown.stderr
    assert "2 sites of 2 simulated Antminer S9 each" in shown.stdout
    assert "2 asleep" in shown.stdout or "hashing" in shown.stdout, shown.stdout
