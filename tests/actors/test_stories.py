"""What joins the lines of one order: kept of few orders, and told of few miners."""

import logging

import pytest

from actors.stories import Lately, Stories, ids_of
from events.commands import Origin
from events.state import Source

IDS = ids_of(Origin("c-1", Source.EMS, "127.0.0.1", request_id="r-1"), 12)


def test_an_order_is_known_by_its_request_its_command_and_its_event() -> None:
    assert IDS == {"request_id": "r-1", "command_id": "c-1", "order": 12}
    assert ids_of(Origin("c-1", Source.EMS, "127.0.0.1")) == {"request_id": "c-1"}


def test_of_a_large_fleet_s_order_a_bounded_number_of_lines_is_told_and_that_there_are_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    stories = Stories()
    stories.begin(12, IDS)
    told = [stories.line(12) for _ in range(10_000)]
    assert 0 < sum(ids is not None for ids in told) <= 200
    assert [record.message for record in caplog.records] == [
        "Of this order nothing more is told here; the history has all of it."
    ]


def test_the_oldest_orders_are_forgotten_and_none_is_told_of_that_is_not_known() -> None:
    stories = Stories()
    for version in range(10_000):
        stories.begin(version, IDS)
    assert sum(version in stories for version in range(10_000)) < 1_000
    assert 9_999 in stories
    assert stories.line(1) is None


def test_what_was_said_is_not_said_again_for_a_minute_and_few_things_are_kept() -> None:
    lately = Lately()
    assert [lately("refused", now) for now in (0.0, 1.0, 59.0, 60.0, 61.0)] == [
        False,
        True,
        True,
        False,
        True,
    ]
    for number in range(10_000):
        lately(number, 100.0)
    assert len(lately._said) < 1_000
