"""Durations and moments as OpenADR 3 writes them, and the traps that ISO 8601 has there."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.fronts.openadr.periods import NOW, duration_in, moment_in


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT0S", 0),
        ("PT15M", 900),
        ("P1DT2H3M4.5S", 93_784.5),
        ("P2W", 1_209_600),
        ("P1M", 2_592_000),
        ("-PT1H", -3600),
        ("P9999Y", math.inf),
        ("-P9999Y", -math.inf),
        ("P99999Y", math.inf),
    ],
)
def test_a_duration_is_read_and_9999_years_are_for_ever(text: str, seconds: float) -> None:
    assert duration_in(text) == seconds * 1000


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "1H", "PT1", "P1H", "PT-1S", "PT1S ", "PT1\u0661S", "P1D2W", "P" + 99 * "9"]
)
def test_what_is_no_duration_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="is no ISO 8601 duration"):
        duration_in(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-26T12:00:00Z", 1795694400.0),
        ("2026-11-26t12:00:00z", 1795694400.0),
        ("2026-11-26T13:00:00+01:00", 1795694400.0),
        ("2026-11-26T12:00:00", 1795694400.0),
        ("2026-11-26", 1795651200.0),
        ("2026-11-26T12:00:00.1239999Z", 1795694400.124),
        ("0001-01-01", -math.inf),
        ("0001-01-01T00:00:00", -math.inf),
        ("0001-01-01T00:00:00+14:00", -math.inf),
        ("9999-12-31T23:59:59-12:00", 253402343999.0),
    ],
)
def test_a_moment_is_read_and_the_year_1_is_now(text: str, seconds: float) -> None:
    assert moment_in(text) == seconds * 1000


@pytest.mark.parametrize("text", ["", "now", "0000-00-00", "2026-13-01", "2026-11-26T25:00:00Z", 99 * "2"])
def test_what_is_no_moment_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="is no date and time"):
        moment_in(text)


@given(st.text())
def test_any_text_is_read_in_whole_milliseconds_or_refused(text: str) -> None:
    for read in (duration_in, moment_in):
        try:
            found = read(text)
        except ValueError:
            continue
        assert found in (NOW, math.inf) or found == int(found)
