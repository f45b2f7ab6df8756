"""Answers that are encoded once for all who ask."""

from typing import Any

import msgspec
import pytest

from api.encoded import Encoded, encoded, encoded_rows
from api.schemas.discovery import DiscoveredMiners


@pytest.mark.parametrize("count", [0, 1, 2, 499, 500, 501, 1203])
def test_rows_that_are_encoded_in_parts_make_the_list_that_they_are(count: int) -> None:
    rows = [{"number": number, "text": "[],"} for number in range(count)]
    assert b"".join(encoded_rows(rows).chunks) == msgspec.json.encode(rows)


def test_rows_stand_where_they_are_within_an_answer() -> None:
    made = b"".join(encoded_rows(["one", "two"], within=DiscoveredMiners([], 2, 1, 0)).chunks)
    assert made == b'{"miners":["one","two"],"total":2,"online":1,"mining":0}'


def test_no_more_than_a_few_rows_are_encoded_at_a_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    encode, longest = msgspec.json.encode, 0

    def watched(value: Any) -> bytes:
        nonlocal longest
        longest = max(longest, len(value))
        return encode(value)

    monkeypatch.setattr("msgspec.json.encode", watched)
    encoded_rows(["x"] * 20_000)
    assert 0 < longest <= 500


def test_what_says_the_same_is_known_again_and_what_does_not_is_not() -> None:
    rows = [["a", number] for number in range(700)]
    assert encoded_rows(rows).etag == encoded_rows(list(rows)).etag
    assert encoded_rows(rows).etag != encoded_rows(rows[:-1]).etag
    assert encoded({"a": 1}).etag != encoded({"a": 2}).etag


def test_the_length_is_that_of_what_is_sent() -> None:
    assert Encoded("tag", (b"one", b"", b"three")).length == 8
