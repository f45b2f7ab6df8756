"""What Awesome Miner is told: tried on one unit first, sent once, and never but where it is offered."""

import pytest
from awesome_site import KEY, NAMED, ONE, TWO, settles, site, watched

from netstab.devices.awesome_miner.proof import Action
from netstab.devices.port import Activity, Endpoint, always
from netstab.errors import (
    CommandRefused,
    MalformedAnswer,
    StillStarting,
    TimedOut,
    Unauthorized,
    Withdrawn,
)
from netstab.simulation.awesome_miner import Stops
from netstab.simulation.awesome_miner.server import Trouble
from netstab.units import Watts


def test_the_first_stop_is_tried_on_one_unit_and_only_then_are_others_told() -> None:
    with site() as both:
        both.back_end.poll()
        assert both.why_left_alone(ONE) == ""
        assert "first stop" in both.why_left_alone(TWO)
        both.driver().sleep(Endpoint(ONE, 4028, 80), always)
        with pytest.raises(StillStarting, match="to be seen to work"):
            both.driver().sleep(Endpoint(TWO, 4028, 80), always)
        assert (both.told(0), both.told(1)) == (["stop"], [])
        assert settles(both, ONE, Activity.STOPPED)
        assert both.why_left_alone(TWO) == both.why_left_alone(NAMED) == ""
        both.driver().sleep(Endpoint(TWO, 4028, 80), always)
        assert settles(both, TWO, Activity.STOPPED)
        both.driver().wake(Endpoint(TWO, 4028, 80), always)
        assert settles(both, TWO, Activity.HASHING)
        assert (both.told(0), both.told(1), both.told(2)) == (["stop"], ["stop", "start"], [])
        assert both.server.forbidden == []


def test_a_stop_that_does_nothing_is_tried_on_others_and_in_the_end_nobody_is_told() -> None:
    miners = watched()
    for each in miners:
        each.stops = Stops.NOTHING
    with site(miners) as both:
        both.back_end.poll()
        for miner_id in (ONE, TWO, NAMED):
            assert both.why_left_alone(miner_id) == ""
            both.back_end.act(miner_id, Action.STOP, always)
            assert not settles(both, miner_id, Activity.STOPPED)
            both.pass_time(10)
        for miner_id in (ONE, TWO, NAMED):
            assert "stopped none" in both.why_left_alone(miner_id)
            with pytest.raises(StillStarting, match="stopped none"):
                both.back_end.act(miner_id, Action.STOP, always)
        assert [each.told for each in both.server.watched] == [["stop"]] * 3


def test_one_that_starts_without_our_word_is_left_alone_and_says_so() -> None:
    with site() as both:
        both.back_end.poll()
        both.back_end.act(ONE, Action.STOP, always)
        assert settles(both, ONE, Activity.STOPPED)
        both.server.do(both.server.watched[0].rig.wake)
        assert settles(both, ONE, Activity.HASHING)
        assert "started by somebody else" in both.why_left_alone(ONE)
        assert both.why_left_alone(TWO) == ""


def test_a_command_is_a_post_of_nothing_with_the_key_as_every_client_sends_it() -> None:
    with site() as both:
        both.back_end.poll()
        both.back_end.act(ONE, Action.STOP, always)
        request = both.server.newest
        assert request is not None
        assert (request.method, request.path, request.body) == ("POST", "/api/miners/1000000001", "")
        assert request.query == f"action=stop&key={KEY}"
        assert request.headers["content-length"] == "0"


def test_no_key_is_shown_where_none_is_set() -> None:
    with site(key="", shown="") as both:
        both.back_end.poll()
        assert both.server.newest is not None
        assert both.server.newest.query == ""


def test_what_is_direct_or_not_rated_is_not_what_a_first_stop_is_tried_on() -> None:
    with site() as both:
        both.rated[ONE] = Watts(0.0)
        both.back_end.poll()
        assert both.back_end.board.tried == 1_000_000_002


def test_what_awesome_miner_does_not_offer_is_not_sent() -> None:
    miners = watched()
    miners[0].switchable = False
    with site(miners) as both:
        both.back_end.poll()
        assert "does not offer to stop it" in both.why_left_alone(ONE)
        assert both.why_left_alone(TWO) == ""  # it is tried in its place
        for action in Action:
            with pytest.raises(CommandRefused, match="does not offer"):
                both.back_end.act(ONE, action, always)
        assert both.told(0) == []


def test_without_control_or_a_rating_or_with_a_withdrawn_permit_nothing_is_sent() -> None:
    with site(control=False) as both:
        both.back_end.poll()
        assert both.why_left_alone(ONE) == ""
        with pytest.raises(CommandRefused, match="AWESOME_MINER_CONTROL"):
            both.back_end.act(ONE, Action.STOP, always)
        assert both.told(0) == []
    with site() as both:
        both.rated.clear()
        both.back_end.poll()
        assert "power is not known" in both.why_left_alone(ONE)
        assert both.back_end.reading(ONE).power == 0.0
    with site() as both:
        both.back_end.poll()
        with pytest.raises(Withdrawn):
            both.back_end.act(ONE, Action.STOP, lambda: False)
        assert (both.told(0), both.back_end.proof.trial) == ([], None)


def test_a_command_whose_answer_is_lost_is_not_sent_again_and_counts_as_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("netstab.devices.awesome_miner.access.COMMAND_WITHIN", 1.0)
    with site() as both:
        both.back_end.poll()
        both.server.trouble = Trouble(slow=60.0)
        with pytest.raises(TimedOut) as lost:
            both.back_end.act(ONE, Action.STOP, always)
        assert lost.value.may_have_acted
        both.server.trouble = Trouble()
        assert both.told(0) == ["stop"]
        assert settles(both, ONE, Activity.STOPPED)
        assert both.back_end.proof.proved_by == 1_000_000_001


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "404 Not Found"])
def test_a_command_that_is_refused_is_no_trial(status: str) -> None:
    with site() as both:
        both.back_end.poll()
        both.server.trouble = Trouble(status=status)
        with pytest.raises((Unauthorized, CommandRefused)) as refused:
            both.back_end.act(ONE, Action.STOP, always)
        assert not refused.value.may_have_acted
        assert both.back_end.proof.trial is None


@pytest.mark.parametrize("status", ["302 Found", "200 OK", "500 Internal Server Error"])
def test_a_command_that_is_answered_with_a_page_may_have_been_carried_out_and_is_a_trial(status: str) -> None:
    with site() as both:
        both.back_end.poll()
        both.server.trouble = Trouble(status=status, body=b"\xef\xbb\xbf<html>")
        with pytest.raises(MalformedAnswer) as told:
            both.back_end.act(ONE, Action.STOP, always)
        assert told.value.may_have_acted
        assert both.back_end.proof.trial == 1_000_000_001
        with pytest.raises(StillStarting):
            both.back_end.act(TWO, Action.STOP, always)


def test_what_was_proved_before_holds_from_the_first_poll_on() -> None:
    with site() as both:
        both.back_end.poll()
        both.back_end.proved_before(TWO)
        assert both.back_end.proof.proved_by == 1_000_000_002
        assert both.why_left_alone(NAMED) == ""
