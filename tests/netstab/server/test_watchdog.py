"""The datagrams to systemd, and who gets none."""

import os
import tempfile
from pathlib import Path

import pytest
from notify_socket import NotifySocket
from waiting import wait_until

from netstab.server.watchdog import ServiceManager, watched
from netstab.units import Seconds


def never() -> Seconds:
    return Seconds(0.0)


def test_a_socket_of_a_path_hears_it_too() -> None:
    with tempfile.TemporaryDirectory() as folder, NotifySocket(str(Path(folder) / "notify")) as systemd:
        ServiceManager({"NOTIFY_SOCKET": systemd.name}).tell("READY=1", "STATUS=at work")
        assert systemd.next() == ["READY=1", "STATUS=at work"]


def test_without_systemd_nobody_is_told_and_nothing_fails(caplog: pytest.LogCaptureFixture) -> None:
    with watched(ServiceManager({}), never, "here"):
        pass
    assert caplog.messages == []


def test_a_socket_that_nobody_listens_at_is_said_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with watched(ServiceManager({"NOTIFY_SOCKET": "/nowhere/notify"}), never, "here"):
        pass
    assert caplog.messages == [
        "systemd could not be told READY=1: No such file or directory.",
        "systemd could not be told STOPPING=1: No such file or directory.",
    ]


@pytest.mark.parametrize(
    ("environment", "patience"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_beats_are_sent_where_those_of_this_process_are_awaited(
    environment: dict[str, str], patience: float | None
) -> None:
    assert ServiceManager(environment).patience == patience


def test_who_is_on_time_beats_and_who_is_late_does_not(caplog: pytest.LogCaptureFixture) -> None:
    silence = [0.0]
    with NotifySocket() as systemd:
        manager = ServiceManager({"NOTIFY_SOCKET": systemd.name, "WATCHDOG_USEC": "200000"})
        with watched(manager, lambda: Seconds(silence[0]), "here"):
            assert systemd.next()[0] == "READY=1"
            assert [systemd.next() for _ in range(3)] == [["WATCHDOG=1"]] * 3
            silence[0] = 0.11
            wait_until(lambda: systemd.is_silent(0.3))
            silence[0] = 0.09
            assert systemd.next() == ["WATCHDOG=1"]
        while systemd.next() != ["STOPPING=1"]:
            pass
    assert "The control loop has told nothing for 0 s: systemd gets no beats." in caplog.messages
