"""What is written out of stacks: every thread and every poll, those at one place together."""

import os
import signal
import threading

import pytest

from netstab.server.stacks import StackDump, stacks_on_signal


def test_threads_at_one_place_are_told_together_with_their_names() -> None:
    done, names = threading.Event(), [f"waits-{number}" for number in range(3)]
    threads = [threading.Thread(target=done.wait, name=name) for name in names]
    for thread in threads:
        thread.start()
    try:
        text = StackDump().text()
    finally:
        done.set()
    assert "3 at this place (waits-0, waits-1, waits-2):" in text


def test_a_thousand_polls_at_one_place_are_one_stack() -> None:
    dump = StackDump()
    dump.under_way = lambda: [("outer\n", "inner\n")] * 1000
    assert "Polls under way: 1000.\n1000 at this place (poll):\nouter\ninner\n" in dump.text()


def test_however_many_places_there_are_the_text_has_a_bound() -> None:
    dump = StackDump()
    dump.under_way = lambda: [(f"place {number}\n",) for number in range(5000)]
    assert dump.text().count("place ") < 300
    assert "and 4900 more places" in dump.text()


def test_a_defect_of_the_dump_itself_is_told_and_stays_one(capfd: pytest.CaptureFixture[str]) -> None:
    dump = StackDump()
    dump.under_way = lambda: [1 / 0]  # type: ignore[list-item, unused-ignore]
    dump.write()
    assert "The stacks cannot be shown: ZeroDivisionError" in capfd.readouterr().err


def test_the_signal_is_as_it_was_before_once_nobody_asks_for_stacks() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    with stacks_on_signal() as dump:
        assert signal.getsignal(signal.SIGUSR1) == dump.write
        os.kill(os.getpid(), signal.SIGUSR1)
    assert signal.getsignal(signal.SIGUSR1) is before
