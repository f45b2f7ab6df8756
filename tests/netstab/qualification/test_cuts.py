"""How the failsafe is judged, and what counts as a false claim while something is cut off."""

from netstab.qualification.cuts import Claim, claims, failsafe
from netstab.qualification.explained import Moment

TIMEOUT, ORDERED, SAFE, TOLERANCE = 10.0, 800.0, 200.0, 40.0


def _until(*stretches: tuple[float, int]) -> list[Moment]:
    powers = [power for power, seconds in stretches for _ in range(seconds)]
    return [(float(second), power) for second, power in enumerate(powers)]


def _judged(power: list[Moment]) -> tuple[float | None, bool, float, bool]:
    found = failsafe(power, 0.0, TIMEOUT, ORDERED, SAFE, TOLERANCE)
    return found.seconds, found.moved_early, found.left_again, found.defined(within=15.0)


def test_the_failsafe_counts_from_the_last_word_and_only_for_good() -> None:
    assert _judged(_until((800.0, 11), (500.0, 2), (200.0, 20))) == (13.0, False, 0.0, True)
    assert _judged(_until((800.0, 18), (200.0, 20))) == (18.0, False, 0.0, False)
    assert _judged(_until((800.0, 11), (200.0, 5), (800.0, 3), (200.0, 5))) == (11.0, False, 3.0, False)


def test_power_that_moves_before_the_time_out_or_not_at_all_is_no_defined_failsafe() -> None:
    assert _judged(_until((800.0, 5), (200.0, 20))) == (10.0, True, 0.0, False)
    assert _judged(_until((800.0, 40))) == (None, False, 0.0, False)


def test_a_failsafe_that_holds_the_order_is_kept_by_staying() -> None:
    found = failsafe(_until((800.0, 40)), 0.0, TIMEOUT, ORDERED, ORDERED, TOLERANCE)
    assert found.seconds == TIMEOUT
    assert found.defined(within=15.0)


def test_a_claim_is_false_while_it_is_off_and_only_as_long_as_something_is_claimed() -> None:
    seen = [
        *(Claim(float(second), 800.0, 790.0) for second in range(5)),
        *(Claim(float(second), 800.0, 0.0) for second in range(5, 12)),
        *(Claim(float(second), None, 0.0) for second in range(12, 90)),
    ]
    found = claims(seen, TOLERANCE)
    assert (found.longest_false, found.largest) == (6.0, 800.0)
    assert found.honest(noticed_within=6.0)
    assert not found.honest(noticed_within=5.0)


def test_a_claim_that_was_right_again_between_is_counted_anew() -> None:
    seen = [Claim(float(second), 800.0, 800.0 if second == 5 else 0.0) for second in range(11)]
    assert claims(seen, TOLERANCE).longest_false == 4.0
