import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netstab.devices.antminer.loose_json import has_missing_value, number, parse, parse_exactly, plausible
from netstab.devices.antminer.texts import LONGEST_TEXT, are_harmless, cleaned
from netstab.errors import MalformedAnswer


@pytest.mark.parametrize(
    ("broken", "meant"),
    [
        ('{"a":[{"b":1}{"c":2}]}', {"a": [{"b": 1}, {"c": 2}]}),
        ('{"a":[{"b":1} \n {"c":2}]}', {"a": [{"b": 1}, {"c": 2}]}),
        ('{"a":1}\0', {"a": 1}),
        ('{"a":"x\ny"}', {"a": "x y"}),
        ('{"a":nan,"b":-inf,"c":Infinity,"d":NaN}', {"a": None, "b": None, "c": None, "d": None}),
        ('{"a":1,}', {"a": 1}),
        ('{"a":[,{"b":1,},]}', {"a": [{"b": 1}]}),
        (r'{"a":"it\'s","b":"\\","c":"\\\"}{"}', {"a": "it's", "b": "\\", "c": '\\"}{'}),
    ],
)
def test_each_known_defect_is_repaired(broken: str, meant: object) -> None:
    assert parse(broken.encode()) == meant


def test_a_repair_outside_strings_leaves_the_inside_alone() -> None:
    inside = "}{ ,} [, nan : , {X0=58,X1=59}"
    assert parse(json.dumps({"a": inside})[:-1].encode() + b",}") == {"a": inside}


@pytest.mark.parametrize("braces", ["}{", '"}{', '"}{"', '"}{"STATS"'])
def test_texts_that_look_like_the_usual_defect_are_left_alone(braces: str) -> None:
    document = {"a": braces, "STATS": braces, braces: "STATS"}
    assert parse(json.dumps(document).encode()) == document
    assert parse(json.dumps(document, separators=(",", ":")).encode()) == document


@given(st.lists(st.text('ab"', max_size=12)).map('"'.join), st.integers(1, 8))
def test_an_answer_is_harmless_if_its_quotes_stand_close_enough(text: str, longest: int) -> None:
    assert are_harmless(text, longest) is all(len(part) <= longest for part in text.split('"'))


def test_a_missing_value_is_filled_only_on_demand() -> None:
    text = b'{"fan" : , "x": ": ,"}'
    assert parse_exactly(text, "false") == {"fan": False, "x": ": ,"}
    with pytest.raises(MalformedAnswer):
        parse(text)


def test_a_missing_value_is_seen_outside_strings_only() -> None:
    assert has_missing_value(b'{"summary":\n,\n"pools": [')
    assert not has_missing_value(b'{"a":"b: ,"}')


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"1", b'{"a":', b'{"a":"', b"<html>", b"[" * 100_000, b'{"a":' * 20_000]
)
def test_what_cannot_be_repaired_is_a_malformed_answer(text: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        parse(text)


def test_the_error_does_not_quote_the_text() -> None:
    with pytest.raises(MalformedAnswer) as caught:
        parse(b'{"pass":"hunter2"')
    assert "hunter2" not in str(caught.value)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60)
@given(st.dictionaries(st.text(), _values, min_size=1, max_size=4))
def test_valid_json_is_read_as_it_is_but_for_its_texts_even_when_a_repair_was_needed(
    document: dict[str, object],
) -> None:
    text = json.dumps(document).replace("\\u0000", "")
    plain = cleaned(json.loads(text), LONGEST_TEXT)
    assert parse(text.encode()) == plain
    broken = text[:-1] + ",}"
    assert parse(broken.encode()) == plain


_NUMERAL = st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][-+]?[0-9]{1,3})?", fullmatch=True)


@given(st.lists(_NUMERAL, min_size=1))
def test_numerals_are_read_as_the_interpreter_reads_them(numerals: list[str]) -> None:
    text = f'{{"a":[{",".join(numerals)}]}}'
    assert parse(text.encode()) == cleaned(json.loads(text), LONGEST_TEXT)


def test_a_defect_inside_a_text_is_no_defect_even_where_another_one_follows() -> None:
    assert parse(b'{"a":"}{","b":[{"c":1}{"d":"}{"}]}') == {"a": "}{", "b": [{"c": 1}, {"d": "}{"}]}


@settings(max_examples=150)
@given(st.binary() | st.text(alphabet="{}[]\",:\\ nai\0'1.eE+-").map(str.encode))
def test_arbitrary_bytes_never_raise_anything_else(data: bytes) -> None:
    with suppress(MalformedAnswer):
        parse(data)
    with suppress(MalformedAnswer):
        parse_exactly(data, "false")


@pytest.mark.parametrize(
    ("value", "meant"),
    [("12795.48", 12795.48), (645, 645), ("", None), ("null", None), (None, None), (True, None),
     ("nan", None), ("1e999", None), (10**400, None), ([], None), (" 7 ", 7)],
)  # fmt: skip
def test_numbers_come_as_numbers_or_strings(value: object, meant: float | None) -> None:
    assert number(value) == meant


def test_an_implausible_figure_is_dropped() -> None:
    assert plausible(17_000, 1, 10_000) is None
    assert plausible("-83", 1, 150) is None
    assert plausible("71", 1, 150) == 71
