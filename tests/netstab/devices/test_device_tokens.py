"""What devices gave us to show again is kept for its time, in a bounded room."""

import pytest
from freezegun import freeze_time

from netstab.devices import tokens
from netstab.devices.port import Endpoint
from netstab.devices.tokens import Tokens
from netstab.units import MinerId, Seconds


def at(number: int) -> Endpoint:
    return Endpoint(MinerId(f"127.0.0.{number}"), 4028, 80)


def test_a_token_is_known_by_device_and_purpose_until_its_time_is_over() -> None:
    kept = Tokens()
    with freeze_time("2026-11-27 12:00:00") as clock:
        kept.keep(at(1), "login", "abc", Seconds(60.0))
        assert (kept.kept(at(1), "login"), kept.kept(at(1), "salt"), kept.kept(at(2), "login")) == (
            "abc",
            None,
            None,
        )
        clock.tick(59.0)
        assert kept.kept(at(1), "login") == "abc"
        clock.tick(1.0)
        assert kept.kept(at(1), "login") is None


def test_a_token_that_is_forgotten_or_replaced_is_not_shown_again() -> None:
    kept = Tokens()
    kept.keep(at(1), "login", "abc", Seconds(60.0))
    kept.keep(at(1), "login", "def", Seconds(60.0))
    assert kept.kept(at(1), "login") == "def"
    kept.forget(at(1), "login")
    kept.forget(at(2), "login")
    assert kept.kept(at(1), "login") is None


def test_of_more_devices_than_there_is_room_for_the_oldest_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tokens, "_MOST", 3)
    kept = Tokens()
    for number in range(1, 6):
        kept.keep(at(number), "login", str(number), Seconds(60.0))
    assert [kept.kept(at(number), "login") for number in range(1, 6)] == [None, None, "3", "4", "5"]
