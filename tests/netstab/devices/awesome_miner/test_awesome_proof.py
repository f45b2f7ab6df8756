"""A stop is tried on one miner, and nobody else is told before its hash rate has fallen."""

import pytest
from msgspec.structs import replace

from netstab.devices.awesome_miner.proof import (
    AWAITED_FOR,
    LEFT_ALONE,
    MOST_TRIALS,
    STOPS_WITHIN,
    Action,
    Proof,
    Seen,
    candidate,
)
from netstab.units import Timestamp

NEW = Proof()


def at(seconds: float) -> Timestamp:
    return Timestamp(1000.0 + seconds)


def seen(hashes: bool, seconds: float) -> Seen:
    return Seen(hashes, not hashes, at(seconds))


def told(number: int, seconds: float, before: Proof = NEW, action: Action = Action.STOP) -> Proof:
    return before.told(number, action, at(seconds), hashed=action is Action.STOP)


def stopped(before: Proof, first: float, second: float) -> Proof:
    """Have number 7 seen to be stopped twice."""
    for seconds in (first, second):
        before = before.after({7: seen(hashes=False, seconds=seconds)}, at(seconds))
    return before


def proved() -> Proof:
    return stopped(told(7, 0), 5, 10)


def test_the_first_to_try_is_one_that_hashes_and_the_lowest() -> None:
    assert candidate(NEW, {9: True, 8: True, 5: False}) == 8
    assert candidate(NEW, {9: False, 8: False}) == 8
    assert candidate(NEW, {}) is None


def test_while_a_stop_is_tried_nobody_else_is_told_and_the_same_one_is() -> None:
    proof = told(7, 0)
    assert candidate(proof, {1: True, 7: True}) == 7
    assert proof.refuses(8, Action.STOP)
    assert proof.refuses(8, Action.START)
    assert not proof.refuses(7, Action.START)


def test_a_rate_that_falls_to_nothing_in_time_proves_the_stop_for_all() -> None:
    proof = told(7, 0).after({7: seen(hashes=True, seconds=5)}, at(5))
    assert not proof.proved
    proof = stopped(proof, STOPS_WITHIN - 5, STOPS_WITHIN)
    assert proof.proved_by == 7
    assert not proof.refuses(8, Action.STOP)
    assert candidate(proof, {8: True}) is None


def test_a_rate_of_nothing_that_is_told_once_and_is_back_then_proves_nothing() -> None:
    proof = told(7, 0).after({7: seen(hashes=False, seconds=5)}, at(5))
    assert not proof.after({7: seen(hashes=False, seconds=5)}, at(10)).proved  # it is the same look
    back = proof.after({7: seen(hashes=True, seconds=10)}, at(10))
    assert (back.proved, dict(back.others)) == (False, {})
    assert not back.after({7: seen(hashes=False, seconds=15)}, at(15)).proved


def test_what_was_told_of_it_before_the_stop_proves_nothing() -> None:
    proof = told(7, 10)
    for before in (9, 10):
        assert not stopped(proof, before, before + 0.1 if before < 10 else before).proved


def test_the_stop_of_one_that_did_not_hash_proves_nothing() -> None:
    proof = NEW.told(7, Action.STOP, at(0), hashed=False)
    assert not stopped(proof, 5, 10).proved


def test_a_stop_after_which_no_start_is_offered_proves_nothing() -> None:
    proof = told(7, 0)
    for seconds in (5, 10, 15):
        proof = proof.after({7: Seen(hashes=False, startable=False, at=at(seconds))}, at(seconds))
    assert not proof.proved
    assert stopped(proof, 20, 25).proved


def test_what_was_told_is_awaited_until_it_is_seen_or_its_time_is_over() -> None:
    proof = told(7, 0)
    assert proof.awaits(7, at(AWAITED_FOR))
    assert not proof.awaits(7, at(AWAITED_FOR + 1))
    assert not proof.awaits(8, at(0))
    assert not proved().awaits(7, at(20))


def test_a_miner_of_which_nothing_is_told_any_more_proves_nothing() -> None:
    proof = told(7, 0).after({}, at(60)).after({}, at(STOPS_WITHIN + 1))
    assert not proof.proved
    assert proof.failed == (7,)


def test_a_rate_that_falls_too_late_is_neither_proof_nor_failure() -> None:
    late = STOPS_WITHIN + 5
    proof = stopped(told(7, 0), STOPS_WITHIN, late)
    assert (proof.proved_by, proof.trial, proof.failed) == (None, None, ())


def test_a_stop_that_is_said_again_and_again_is_tried_no_longer_for_it() -> None:
    proof = NEW
    for seconds in range(0, int(STOPS_WITHIN) + 60, 60):
        proof = told(7, seconds, proof)
    over = STOPS_WITHIN + 1
    assert proof.after({7: seen(hashes=True, seconds=over)}, at(over)).failed == (7,)


def test_a_stop_that_does_nothing_is_tried_on_another_and_in_the_end_on_nobody() -> None:
    proof = NEW
    everybody = dict.fromkeys(range(1, 10), True)
    for number in range(1, MOST_TRIALS + 1):
        assert candidate(proof, everybody) == number
        began = number * 1000.0
        proof = told(number, began, proof)
        over = began + STOPS_WITHIN + 1
        proof = proof.after({one: seen(hashes=True, seconds=over) for one in everybody}, at(over))
        assert number in proof.failed
    assert proof.exhausted
    assert candidate(proof, everybody) is None
    assert all(proof.refuses(number, Action.STOP) for number in everybody)


def test_one_that_was_not_told_after_all_is_no_trial() -> None:
    assert told(7, 0).untold(7, NEW) == NEW
    before = told(7, 0, proved(), Action.START)
    assert before.told(7, Action.STOP, at(50), hashed=True).untold(7, before) == before


@pytest.mark.parametrize("action", Action)
def test_a_trial_goes_on_where_what_was_told_after_its_stop_was_refused(action: Action) -> None:
    proof = told(7, 0)
    assert told(7, 30, proof, action).untold(7, proof) == proof
    proved_meanwhile = stopped(told(7, 30, proof), 35, 40)
    assert proved_meanwhile.untold(7, proof).proved_by == 7
    assert proved_meanwhile.untold(7, proof).trial is None


def test_who_starts_without_having_been_told_is_known_as_another_ones_until_it_stops() -> None:
    proof = proved().after({7: seen(hashes=True, seconds=60)}, at(60))
    assert 7 in proof.others
    assert 7 in proof.after({7: seen(hashes=True, seconds=90)}, at(90)).others
    stops = proof.after({7: seen(hashes=False, seconds=90)}, at(90))
    assert 7 not in stops.others
    assert 7 in stops.after({7: seen(hashes=True, seconds=120)}, at(120)).others


def test_who_was_told_to_start_is_nobody_elses() -> None:
    proof = told(7, 20, proved(), Action.START).after({7: seen(hashes=True, seconds=60)}, at(60))
    assert not proof.others


def test_one_that_others_started_is_ours_again_after_an_hour_or_once_it_is_told_by_an_operator() -> None:
    proof = proved().after({7: seen(hashes=True, seconds=60)}, at(60))
    assert not told(7, 70, proof).others
    later = 60 + LEFT_ALONE
    assert not proof.after({7: seen(hashes=True, seconds=later)}, at(later)).others


def test_one_that_stopped_after_its_trial_had_failed_may_be_started_again() -> None:
    over = STOPS_WITHIN + 1
    proof = told(7, 0).after({7: seen(hashes=True, seconds=over)}, at(over))
    assert proof.failed == (7,)
    proof = replace(proof, failed=(5, 6, 7)).after({7: seen(hashes=False, seconds=over + 9)}, at(over + 9))
    assert proof.exhausted
    assert not proof.refuses(7, Action.START)
    assert proof.refuses(7, Action.STOP)
    assert proof.refuses(8, Action.START)


def test_a_list_that_is_short_for_a_moment_hides_no_trial_and_nothing_that_was_told() -> None:
    proof = told(7, 0).listed({}).after({}, at(5))
    assert (proof.trial, proof.has_stopped(7)) == (7, True)
    assert proof.after({}, at(STOPS_WITHIN + 1)).failed == (7,)
    assert 7 in proved().listed({}).after({7: seen(hashes=True, seconds=60)}, at(60)).others


def test_who_is_listed_no_more_is_forgotten_where_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netstab.devices.awesome_miner.proof.MOST_LISTED", 1)
    proof = told(8, 20, proved()).listed({8: None})
    assert (list(proof.given), proof.proved) == ([8], True)


@pytest.mark.parametrize("number", [-1, 7])
def test_what_was_proved_before_holds(number: int) -> None:
    assert not NEW.with_proof(number).refuses(9, Action.STOP)
