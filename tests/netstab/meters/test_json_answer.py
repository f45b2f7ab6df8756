"""From an HTTP meter's bytes to a figure: whatever comes, a figure or one of two errors."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.errors import MeterError, MeterFigureUnusable, MeterMalformed
from netstab.meters.json_answer import figure_in

numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**15), 10**15)
keys = st.text(min_size=1, max_size=8).filter(lambda key: "." not in key)
documents = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(numbers, st.lists(keys | st.integers(0, 3), min_size=1, max_size=5))
def test_a_number_is_found_at_the_path_that_leads_to_it(number: float, path: list[str | int]) -> None:
    document: object = number
    for step in reversed(path):
        document = {step: document} if isinstance(step, str) else [None] * step + [document]
    if isinstance(document, dict) or len(path) > 1:
        field = ".".join(map(str, path))
        assert figure_in(json.dumps(document).encode(), field) == float(number)


@given(numbers)
def test_a_number_may_be_written_as_text(number: float) -> None:
    assert figure_in(json.dumps({"power": f" {number}\n"}).encode(), "power") == float(number)


@given(st.binary() | documents.map(lambda document: json.dumps(document).encode()), st.text(min_size=1))
def test_anything_gives_a_figure_or_a_meters_error(body: bytes, field: str) -> None:
    try:
        figure = figure_in(body, field)
    except MeterError:
        return
    assert isinstance(figure, float)


def test_a_key_with_dots_is_taken_as_it_is() -> None:
    assert figure_in(b'{"total.power": 3, "total": {"power": 4}}', "total.power") == 3


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        (b"{}", "power", "no field power: power is missing"),
        (b'{"site": [1]}', "site.1", "no field site.1: 1 is missing"),
        (b'{"site": [1]}', "site.-1", "-1 is missing"),
        (b'{"power": true}', "power", "must hold a number, not True"),
        (b'{"power": null}', "power", "must hold a number, not None"),
        (b'{"power": "1_000"}', "power", "must hold a number, not '1_000'"),
        (b'{"power": "n/a"}', "power", "must hold a number, not 'n/a'"),
        (b'{"power": {"kw": 1}}', "power", "must hold a number, not {'kw': 1}"),
        (b'{"power": 1' + b"0" * 400 + b"}", "power", "holds a number that has no end"),
    ],
)
def test_an_answer_without_a_number_there_says_what_is_missing(body: bytes, field: str, words: str) -> None:
    with pytest.raises(MeterFigureUnusable, match=words.replace("{", r"\{")):
        figure_in(body, field)


@pytest.mark.parametrize(
    "body", [b"", b"<html><title>Log in</title>", b"\xff\xfe\x00", b"[" * 50_000, b"1" * 5000]
)
def test_what_is_no_json_is_shown_by_its_beginning(body: bytes) -> None:
    with pytest.raises(MeterMalformed, match="is no JSON; it begins with '"):
        figure_in(body, "power")
