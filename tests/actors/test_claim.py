"""A command is recorded, or its sender is told that it never will be: one of both."""

import threading

import pytest

from actors.claim import Claim
from netstab.errors import CommandRejected
from netstab.units import Timestamp

NOW = Timestamp(10.0)


def refused(claim: Claim) -> bool:
    with pytest.raises(CommandRejected, match="nothing was done") as rejected:
        claim.take(NOW)
    return rejected.value.code == "TOO_LATE"


def test_what_is_taken_cannot_be_withdrawn() -> None:
    claim = Claim()
    claim.check()
    claim.take(NOW)
    assert not claim.withdraw()


def test_what_is_taken_stays_so_when_a_slow_log_has_it_taken_once_more() -> None:
    left = threading.Event()
    claim = Claim(NOW, left.is_set)
    claim.take(NOW)
    left.set()
    claim.take(Timestamp(NOW + 1))
    assert not claim.withdraw()


def test_what_is_withdrawn_cannot_be_taken() -> None:
    claim = Claim()
    assert claim.withdraw()
    assert claim.withdraw()
    assert refused(claim)


def test_what_is_late_cannot_be_taken() -> None:
    assert refused(Claim(Timestamp(NOW - 0.001)))
    Claim(NOW).take(NOW)


def test_whose_client_has_left_cannot_be_taken() -> None:
    left = threading.Event()
    claim = Claim(gone=left.is_set)
    claim.check()
    left.set()
    assert refused(claim)


def withdraw(claim: Claim, both: threading.Barrier, withdrawn: list[bool]) -> None:
    both.wait()
    withdrawn.append(claim.withdraw())


def test_of_taking_and_withdrawing_at_once_exactly_one_comes_about() -> None:
    for _ in range(200):
        claim, both, withdrawn = Claim(), threading.Barrier(2), list[bool]()

        def withdraw(
            claim: Claim = claim, both: threading.Barrier = both, to: list[bool] = withdrawn
        ) -> None:
            both.wait()
            to.append(claim.withdraw())

        other = threading.Thread(target=withdraw)
        other.start()
        both.wait()
        try:
            claim.take(NOW)
            taken = True
        except CommandRejected:
            taken = False
        other.join()
        assert withdrawn == [not taken]


def test_what_is_taken_stays_so_however_late_it_is_asked_for_again() -> None:
    left = threading.Event()
    claim = Claim(NOW, left.is_set)
    claim.take(NOW)
    left.set()
    claim.take(Timestamp(NOW + 1))
    assert not claim.withdraw()
