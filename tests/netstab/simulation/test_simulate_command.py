"""`netstab simulate`: what it serves as a process, what it refuses in this one."""

import re
import signal
import socket
import subprocess
import sys
from signal import Signals
from typing import IO

import pytest
import requests

from netstab.cli import main

SIMULATE = [sys.executable, "-m", "netstab", "simulate", "--api-port", "0", "--http-port", "0"]


def said(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_cleanly_on_a_signal(ending: Signals) -> None:
    command = [
        *SIMULATE,
        "--count",
        "3",
        "--first-address",
        "127.3.0.254",
        "--profile",
        "field",
        "--seed",
        "2",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        line = said(process.stdout).readline()
        found = re.fullmatch(
            r"3 simulated miners at 127\.3\.0\.254 to 127\.3\.1\.2, API port (\d+), web port (\d+)\n", line
        )
        assert found, said(process.stderr).read()
        with socket.create_connection(("127.3.1.1", int(found[1])), 5) as connection:
            connection.sendall(b"version")
            assert connection.recv(65536).startswith(b"STATUS=S")
        process.send_signal(ending)
        assert process.wait(20) == 0
        assert said(process.stderr).read() == ""


def test_the_site_has_a_meter_when_a_port_for_one_is_given() -> None:
    command = [*SIMULATE, "--count", "1", "--first-address", "127.3.2.1", "--meter-http-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        line = said(process.stdout).readline()
        found = re.search(r"site meter (http://127\.0\.0\.1:\d+/) and modbus://127\.0\.0\.1:(\d+)\n", line)
        assert found, said(process.stderr).read()
        assert requests.get(found[1], timeout=60).json()["power"] == pytest.approx(1.46, rel=0.2)
        socket.create_connection(("127.0.0.1", int(found[2])), 5).close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert said(process.stderr).read() == ""


def test_a_mix_says_what_it_is_made_of() -> None:
    command = [*SIMULATE, "--mix", "s9=2", "--first-address", "127.3.4.1", "--whatsminer-api-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        line = said(process.stdout).readline()
        assert line.startswith("2 simulated miners (2 Antminer S9) at 127.3.4.1 to 127.3.4.2, API port ")
        assert re.search(r", web port \d+, Whatsminer API port \d+\n", line)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert said(process.stderr).read() == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--count", "0"], "--count must be 1 or more"),
        (["--speed", "0"], "--speed above 0"),
        (["--faults", "flood=0.1"], "There is no fault 'flood'; there are dead_boards, "),
        (["--faults", "rogue=2"], "The share of fault rogue is 2; it must be from 0 to 1."),
        (["--api-port", "99999"], "--api-port must be from 0 to 65535, not 99999."),
        (["--whatsminer-api-port", "-1"], "--whatsminer-api-port must be from 0 to 65535, not -1."),
        (
            ["--mix", "luxos=2", "--faults", "rogue=1"],
            "--faults are those of S9, and there is none in --mix.",
        ),
        (["--mix", "s9=2,toaster=1"], "--mix: there is no simulated device 'toaster'; there are s9"),
        (["--mix", "s9=2", "--first-address", "10.0.0.1"], "no 2 loopback addresses from 10.0.0.1 on"),
        (["--mix", "s9=2", "--count", "2"], "not allowed with argument --"),
        (["--first-address", "10.0.0.1"], "no 10 loopback addresses from 10.0.0.1 on"),
    ],
)
def test_an_impossible_fleet_is_refused_in_a_sentence(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused([*SIMULATE[3:], *options]) == 2
    assert words in capsys.readouterr().err


def refused(arguments: list[str]) -> int:
    """Return the exit status of a command that serves nothing, in this process: one of its own takes long."""
    try:
        return main(arguments)
    except SystemExit as end:  # of the parser
        return int(end.code or 0)


def test_a_taken_port_is_refused_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert refused([*SIMULATE[3:], "--http-port", str(taken.getsockname()[1])]) == 2
    said_so = capsys.readouterr().err
    assert "ports cannot be opened" in said_so
    assert "--http-port" in said_so


def test_it_says_how_many_miners_each_fault_has_struck() -> None:
    command = [*SIMULATE, "--faults", "wrong_power=0.4,rogue"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = [said(process.stdout).readline() for _ in range(3)]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert lines[1].startswith("wrong_power: 4 miners, the power that it reports is 5 to 20 % too low or")
    assert lines[2] == "rogue: 0 miners, its web server is dead, and it mines from the start\n"
