"""The demonstration runs, steers and leaves nothing behind: of a mixed site, and of a tree of sites."""

import subprocess
import sys

from waiting import PATIENCE

COMMAND = (sys.executable, "-m", "netstab", "demo", "--port", "0")


def test_the_demonstration_shows_sites_that_follow_an_ems() -> None:
    options = ("--sites", "2", "--miners", "2", "--speed", "40", "--seconds", "12")
    shown = subprocess.run(
        (*COMMAND, *options), check=False, capture_output=True, text=True, timeout=PATIENCE + 60
    )
    assert shown.returncode == 0, shown.stderr
    assert "2 sites of 2 simulated Antminer S9 each" in shown.stdout
    assert "2 asleep" in shown.stdout or "hashing" in shown.stdout, shown.stdout


def test_the_demonstration_of_a_mixed_site_says_what_it_is_made_of() -> None:
    options = ("--mix", "s9=2,whatsminer=2", "--speed", "40", "--seconds", "8")
    shown = subprocess.run(
        (*COMMAND, *options), check=False, capture_output=True, text=True, timeout=PATIENCE + 60
    )
    assert shown.returncode == 0, shown.stderr
    assert "4 simulated miners (2 Antminer S9, 2 Whatsminer with API 3), steered" in shown.stdout
    assert "/demo.db verify" in shown.stdout
    assert "hashing" in shown.stdout, shown.stdout


def test_more_miners_than_a_demonstration_has_are_refused() -> None:
    refused = subprocess.run(
        (*COMMAND, "--mix", "s9=255"), check=False, capture_output=True, text=True, timeout=PATIENCE
    )
    assert refused.returncode == 2
    assert "--mix: there are 255 miners; a demonstration has 254 at most." in refused.stderr


def test_the_demonstration_of_the_fronts_says_what_to_connect_to() -> None:
    options = ("--fronts", "--miners", "2", "--speed", "10", "--seconds", "5")
    shown = subprocess.run(
        (*COMMAND, *options), check=False, capture_output=True, text=True, timeout=PATIENCE + 60
    )
    assert shown.returncode == 0, shown.stderr
    assert "steered by whoever connects" in shown.stdout
    for said in ("Modbus TCP and SunSpec: 127.0.0.1:", "OpenADR 3.1: the VTN http://127.0.0.1:", "MQTT: "):
        assert said in shown.stdout
