"""What is the best that can be scored by who does not know the next order."""

import pytest

from benchmarks.dispatch.bound import BEST_OF, best_score
from benchmarks.dispatch.scoring import HOUR_NEEDS


@pytest.mark.parametrize(
    ("profile", "signal", "best"),
    [
        ("document", "CAISO", 0.971),
        ("field", "CAISO", 0.954),
        ("document", "RegD", 0.990),
        ("field", "RegD", 0.980),
    ],
)
def test_the_best_is_what_the_documents_say(profile: str, signal: str, best: float) -> None:
    assert BEST_OF[signal](profile) == pytest.approx(best, abs=0.0006)


def test_what_moves_between_samples_alone_is_followed_wholly() -> None:
    """By who settles within two seconds: steps come five seconds before each sample."""
    place = range(HOUR_NEEDS // 5 + 1)
    waves = [0.5 * ((step + 1) // 2 % 2) for step in place]
    assert best_score(waves, 5, "document") > 0.999
    assert best_score(waves, 5, "field") < 0.95
