"""The sessions of LuxOS, in which alone it takes commands: opened, ended, remembered, and never borrowed."""

import threading
from collections.abc import Callable, Iterator

import pytest
from luxos_site import Site, keeps_all, loses_the, luxos_site
from waiting import PATIENCE

from netstab.devices.port import always
from netstab.errors import (
    CommandRefused,
    ConnectionLost,
    DeviceError,
    HeldByAnother,
    PortClosed,
    TimedOut,
    Withdrawn,
)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with luxos_site(monkeypatch) as site:
        yield site


def test_each_command_opens_a_session_of_its_own_and_ends_it(site: Site) -> None:
    site.driver.sleep(site.endpoint, always)
    assert site.writes == ["logon", "curtail sleep", "logoff"]
    assert site.session == ""


def test_a_session_of_another_client_is_neither_used_nor_ended(site: Site) -> None:
    site.act(lambda face: face.hold())
    for command in (site.driver.sleep, site.driver.wake):
        with pytest.raises(HeldByAnother, match="Another tool holds"):
            command(site.endpoint, always)
    assert (site.writes, site.session) == ([], "ANOTHERS")
    site.act(lambda face: face.let_go())
    site.driver.sleep(site.endpoint, always)
    assert site.writes == ["logon", "curtail sleep", "logoff"]


def test_one_who_is_first_between_our_look_and_our_logon_holds_it(site: Site) -> None:
    def another_logs_on() -> bool:
        site.act(lambda face: face.hold())
        return True

    with pytest.raises(HeldByAnother):
        site.driver.sleep(site.endpoint, another_logs_on)
    assert (site.writes, site.session) == (["logon"], "ANOTHERS")


def test_a_session_that_another_takes_over_before_its_command_is_not_borrowed(site: Site) -> None:
    asked: list[bool] = []

    def taken_over() -> bool:
        asked.append(True)
        if len(asked) == 2:  # the session stands, the command goes next
            site.act(lambda face: face.hold())
        return True

    with pytest.raises(CommandRefused, match="Invalid session"):
        site.driver.sleep(site.endpoint, taken_over)
    assert (site.writes, site.session) == (["logon", "curtail sleep", "logoff"], "ANOTHERS")
    with pytest.raises(HeldByAnother):
        site.driver.sleep(site.endpoint, always)
    assert len(site.writes) == 3


def test_a_session_that_could_not_be_ended_is_known_for_our_own_and_used_again(site: Site) -> None:
    loses_the(site, "logoff")
    site.driver.sleep(site.endpoint, always)
    ours = site.session
    assert (site.writes, bool(ours)) == (["logon", "curtail sleep", "logoff"], True)
    keeps_all(site)
    site.driver.wake(site.endpoint, always)
    assert site.writes[3:] == ["curtail wakeup", "logoff"]
    assert site.session == ""


def test_a_session_that_could_not_be_ended_ends_by_itself(site: Site) -> None:
    loses_the(site, "logoff")
    site.driver.sleep(site.endpoint, always)
    keeps_all(site)
    site.fleet.skip(61)
    assert site.session == ""
    site.driver.wake(site.endpoint, always)
    assert site.writes[3:] == ["logon", "curtail wakeup", "logoff"]


def test_a_session_whose_name_was_lost_is_not_taken_for_anothers_nor_for_ours(site: Site) -> None:
    loses_the(site, "logon")
    with pytest.raises(DeviceError):
        site.driver.sleep(site.endpoint, always)
    keeps_all(site)
    with pytest.raises(CommandRefused, match="may be our own"):
        site.driver.sleep(site.endpoint, always)
    assert site.writes == ["logon"]
    site.fleet.skip(61)
    site.driver.sleep(site.endpoint, always)
    assert site.writes == ["logon", "logon", "curtail sleep", "logoff"]


CALLS: dict[str, Callable[[Site], object]] = {
    "curtail": lambda site: site.driver.sleep(site.endpoint, always),
    "profileset": lambda site: site.driver.apply(site.endpoint, "290MHz", always),
}


@pytest.mark.parametrize("command", CALLS)
def test_a_lost_answer_is_not_asked_for_again_and_may_have_acted(site: Site, command: str) -> None:
    loses_the(site, command)
    with pytest.raises(DeviceError) as lost:
        CALLS[command](site)
    assert lost.value.may_have_acted
    assert [text.split()[0] for text in site.writes] == ["logon", command, "logoff"]
    assert site.session == ""


def test_a_command_that_is_overtaken_once_its_session_stands_is_not_sent(site: Site) -> None:
    asked: list[bool] = []

    def only_once() -> bool:
        asked.append(True)
        return len(asked) == 1

    with pytest.raises(Withdrawn) as withdrawn:
        site.driver.sleep(site.endpoint, only_once)
    assert not withdrawn.value.may_have_acted
    assert site.writes == ["logon", "logoff"]
    assert site.session == ""


def test_commands_of_two_threads_follow_one_another(site: Site) -> None:
    waits, goes_on = threading.Event(), threading.Event()

    def permit() -> bool:
        waits.set()
        return goes_on.wait(PATIENCE)

    first = threading.Thread(target=lambda: site.driver.sleep(site.endpoint, permit))
    second = threading.Thread(target=lambda: site.driver.find_mode(site.endpoint, enabled=True))
    first.start()
    assert waits.wait(PATIENCE)
    second.start()
    goes_on.set()
    first.join()
    second.join()
    assert site.writes == ["logon", "curtail sleep", "logoff", "logon", "ledset red blink", "logoff"]


def test_a_command_waits_for_the_one_before_it_no_longer_than_its_own_deadline(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netstab.devices.luxos.driver.COMMAND", 1.6)
    with site.web.turns.taken(site.endpoint, float("inf")), pytest.raises(TimedOut, match="Another command"):
        site.driver.sleep(site.endpoint, always)
    assert site.writes == []


def test_refused_connections_after_a_burst_are_no_refusal_of_the_command(site: Site) -> None:
    site.set(burst=1)  # with the logon it is one too many
    with pytest.raises((PortClosed, ConnectionLost)):  # who waits to be let in is cut off
        site.driver.sleep(site.endpoint, always)
    assert site.writes == ["logon"]
    site.set(burst=None)
    site.fleet.skip(4)
    site.driver.sleep(site.endpoint, always)  # in the session of before, which is known for our own
    assert site.writes == ["logon", "curtail sleep", "logoff"]
