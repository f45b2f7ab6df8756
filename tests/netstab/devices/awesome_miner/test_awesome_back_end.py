"""One poll for all units, over real sockets; what is told of each, what is sent, and what never is."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Network

import pytest
from waiting import wait_until

from netstab.devices.awesome_miner.access import AwesomeMinerSettings
from netstab.devices.awesome_miner.back_end import STALE_AFTER, AwesomeMiner
from netstab.devices.awesome_miner.driver import AwesomeMinerDriver
from netstab.devices.awesome_miner.proof import STOPS_WITHIN, Action
from netstab.devices.families import driver_for, family_of
from netstab.devices.port import Activity, Endpoint, Firmware, always
from netstab.devices.web import Web
from netstab.errors import (
    CommandRefused,
    DeviceError,
    MalformedAnswer,
    PortClosed,
    StillStarting,
    TimedOut,
    Unauthorized,
    Unreachable,
    Withdrawn,
)
from netstab.reach import Reach
from netstab.simulation.awesome_miner import SimulatedAwesomeMiner, Stops, Watched, rig
from netstab.simulation.awesome_miner.documents import Locale
from netstab.simulation.awesome_miner.server import Trouble
from netstab.units import MinerId, Timestamp, WallTime, Watts

KEY = "0123456789abcdef0123456789abcdef"
REACH = Reach((IPv4Network("127.0.7.0/24"),), 4028)
ONE, TWO, NAMED = MinerId("127.0.7.1"), MinerId("127.0.7.2"), MinerId("awesome-1000000003")


@dataclass
class Site:
    """Both ends, with the time of both in one hand."""

    server: SimulatedAwesomeMiner
    back_end: AwesomeMiner
    now: list[float]
    rated: dict[MinerId, Watts] = field(default_factory=dict)

    def pass_time(self, seconds: float) -> None:
        """Let time pass at both ends, and poll."""
        self.now[0] += seconds
        self.back_end.poll()

    def driver(self) -> AwesomeMinerDriver:
        return AwesomeMinerDriver(Web(awesome_miner=self.back_end))

    def activity(self, miner_id: MinerId) -> Activity:
        return self.back_end.reading(miner_id).activity

    def why_left_alone(self, miner_id: MinerId) -> str:
        return self.back_end.reading(miner_id).takes_no_orders

    def told(self, place: int) -> list[str]:
        return self.server.watched[place].told


def watched(count: int = 3) -> list[Watched]:
    hosts = ["127.0.7.1:4028", "127.0.7.2", "s9-03"]
    return [
        Watched(1_000_000_001 + place, f"S9-{place + 1:02}", hosts[place], rig(place))
        for place in range(count)
    ]


@contextmanager
def site(
    miners: list[Watched] | None = None,
    *,
    control: bool = True,
    key: str = KEY,
    shown: str = KEY,
    locale: Locale = Locale.COMMA,
) -> Iterator[Site]:
    now = [0.0]
    clock = now.__getitem__
    with SimulatedAwesomeMiner(
        watched() if miners is None else miners, key=key, locale=locale, clock=lambda: clock(0)
    ) as server:
        settings = AwesomeMinerSettings(server.url, shown, control)
        began = server.epoch
        back_end = AwesomeMiner(
            settings,
            REACH,
            clock=lambda: Timestamp(1000.0 + now[0]),
            wall=lambda: WallTime(began + now[0]),
            rated=lambda miner_id: one.rated.get(miner_id, Watts(0.0)),
        )
        one = Site(server, back_end, now, dict.fromkeys((ONE, TWO, NAMED), Watts(1460.0)))
        yield one


@pytest.mark.parametrize("locale", Locale)
def test_one_poll_tells_of_all_units_in_any_locale(locale: Locale) -> None:
    with site(locale=locale) as both:
        both.back_end.poll()
        assert list(both.back_end.board.known.numbers) == [ONE, TWO, NAMED]
        for miner_id in (ONE, TWO, NAMED):
            found = both.back_end.reading(miner_id)
            assert (found.activity, found.power) == (Activity.HASHING, 1460.0)
            assert found.hashrate == pytest.approx(13_600.0, rel=0.01)
        assert list(both.server.asked) == ["GET /api/miners"]
        assert both.back_end.works()


def test_a_miner_that_is_entered_at_another_address_is_another_unit() -> None:
    with site() as both:
        both.back_end.poll()
        both.server.watched[0].hostname = "127.0.7.9"
        both.pass_time(5)
        assert list(both.back_end.board.known.numbers) == ["127.0.7.9", TWO, NAMED]
        with pytest.raises(Unreachable, match="does not list it"):
            both.back_end.reading(ONE)


def test_a_unit_of_which_nothing_is_told_has_the_driver_say_so() -> None:
    with site() as both:
        with pytest.raises(Unreachable, match="not been asked"):
            both.back_end.reading(ONE)
        both.back_end.poll()
        with pytest.raises(Unreachable, match="does not list it"):
            both.back_end.reading(MinerId("127.0.7.9"))
        both.server.watched[0].offline = True
        both.pass_time(10)
        with pytest.raises(Unreachable, match="does not reach it"):
            both.back_end.reading(ONE)
        assert both.activity(TWO) is Activity.HASHING


def test_a_unit_that_was_not_heard_of_for_a_minute_is_not_known_though_it_is_listed() -> None:
    frozen = watched()
    frozen[0].members = {"updatedUtc": "2001-01-01T00:00:00.0000000Z"}
    with site(frozen) as both:
        both.back_end.poll()
        with pytest.raises(Unreachable, match="not heard of it"):
            both.back_end.reading(ONE)


def test_a_poll_waits_for_the_first_answer_and_never_for_another() -> None:
    with site() as both:
        polled: list[Activity] = []

        def poll() -> None:
            endpoint = Endpoint(ONE, 4028, 80)
            polled.append(asyncio.run(both.driver().poll(endpoint)).activity)

        waiting = threading.Thread(target=poll)
        waiting.start()
        assert not polled
        both.back_end.poll()
        waiting.join(60)
        assert polled == [Activity.HASHING]
        both.server.go()
        poll()
        assert polled == [Activity.HASHING] * 2


def test_the_server_gone_and_back_is_an_error_of_each_unit_only_once_the_last_poll_is_old() -> None:
    with site() as both:
        both.back_end.poll()
        both.server.go()
        with pytest.raises(PortClosed):
            both.back_end.poll()
        assert both.back_end.works()
        assert both.activity(ONE) is Activity.HASHING
        both.now[0] += STALE_AFTER + 1
        assert not both.back_end.works()
        with pytest.raises(Unreachable, match="refuses connections"):
            both.back_end.reading(ONE)
        both.server.come_back()
        both.back_end.poll()
        assert both.back_end.works()
        assert both.activity(ONE) is Activity.HASHING


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "302 Found", "404 Not Found", ""])
def test_a_wrong_key_is_told_in_words_that_do_not_hold_it(
    status: str, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "f" * 32
    with site(shown=wrong) as both:
        both.server.trouble = Trouble(status=status)
        with pytest.raises(Unauthorized, match="does not let us in, or is not Awesome Miner") as caught:
            both.back_end.poll()
        with pytest.raises(Unauthorized):
            both.back_end.reading(ONE)
        with caplog.at_level(logging.DEBUG):
            logging.getLogger("test").warning("failed", exc_info=caught.value)
        assert not both.back_end.works()
        assert wrong not in caplog.text
        assert wrong not in repr(both.back_end.__dict__["_access"])


@pytest.mark.parametrize(
    ("trouble", "kind"), [(Trouble(status="500 Internal Server Error"), MalformedAnswer)]
)
def test_what_is_wrong_with_the_server_itself_is_no_matter_of_the_key(
    trouble: Trouble, kind: type[DeviceError]
) -> None:
    with site() as both:
        both.server.trouble = trouble
        with pytest.raises(kind):
            both.back_end.poll()


def test_silence_ends_by_the_deadline_and_only_one_poll_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netstab.devices.awesome_miner.access.ANSWER_WITHIN", 2.0)
    with site() as both:
        both.server.trouble = Trouble(silent=True)
        ended: list[DeviceError] = []

        def poll() -> None:
            with pytest.raises(TimedOut) as caught:
                both.back_end.poll()
            ended.append(caught.value)

        first = threading.Thread(target=poll)
        first.start()
        wait_until(lambda: both.server.connections)
        with pytest.raises(TimedOut, match="still being asked"):
            both.back_end.poll()
        first.join(60)
        assert [type(error) for error in ended] == [TimedOut]


def test_a_list_of_many_megabytes_is_read_and_what_is_beyond_the_bound_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = watched()
    long[0].members = {"progressInfo": {"line1": "x" * 2_000_000}}
    with site(long) as both:
        both.back_end.poll()
        assert both.activity(ONE) is Activity.HASHING
        monkeypatch.setattr("netstab.devices.awesome_miner.access.LARGEST_DOCUMENT", 1_000_000)
        with pytest.raises(MalformedAnswer, match="more than 1000000 bytes"):
            both.back_end.poll()


def settles(both: Site, miner_id: MinerId, activity: Activity) -> bool:
    for _ in range(int(STOPS_WITHIN / 10)):
        both.pass_time(10)
        if both.activity(miner_id) is activity:
            both.pass_time(10)  # a later look says so as well
            return both.activity(miner_id) is activity
    return False


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
        with pytest.raises(TimedOut):
            both.back_end.act(ONE, Action.STOP, always)
        both.server.trouble = Trouble()
        assert both.told(0) == ["stop"]
        assert settles(both, ONE, Activity.STOPPED)
        assert both.back_end.proof.proved_by == 1_000_000_001


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "404 Not Found"])
def test_a_command_that_is_refused_is_no_trial(status: str) -> None:
    with site() as both:
        both.back_end.poll()
        both.server.trouble = Trouble(status=status)
        with pytest.raises((Unauthorized, CommandRefused)):
            both.back_end.act(ONE, Action.STOP, always)
        assert both.back_end.proof.trial is None


@pytest.mark.parametrize("status", ["302 Found", "200 OK", "500 Internal Server Error"])
def test_a_command_that_is_answered_with_a_page_may_have_been_carried_out_and_is_a_trial(status: str) -> None:
    with site() as both:
        both.back_end.poll()
        both.server.trouble = Trouble(status=status, body=b"\xef\xbb\xbf<html>")
        with pytest.raises(MalformedAnswer):
            both.back_end.act(ONE, Action.STOP, always)
        assert both.back_end.proof.trial == 1_000_000_001
        with pytest.raises(StillStarting):
            both.back_end.act(TWO, Action.STOP, always)


def test_what_was_proved_before_holds_from_the_first_poll_on() -> None:
    with site() as both:
        both.back_end.poll()
        both.back_end.proved_before(TWO)
        assert both.back_end.proof.proved_by == 1_000_000_002
        assert both.why_left_alone(NAMED) == ""


def test_details_are_all_that_is_told_of_one_unit() -> None:
    with site() as both:
        both.back_end.poll()
        found = both.driver().details(Endpoint(NAMED, 4028, 80))
        assert found.reading.activity is Activity.HASHING
        assert found.status["name"] == "S9-03"
        assert list(both.server.asked) == ["GET /api/miners", "GET /api/miners/1000000003"]
        both.server.watched.pop()
        with pytest.raises(Unreachable, match="does not list it"):
            both.driver().details(Endpoint(NAMED, 4028, 80))


def test_its_units_have_a_driver_of_their_own_and_nobody_is_asked_where_none_is_set() -> None:
    assert family_of(Firmware.AWESOME_MINER, "unknown", "").key == "awesome_miner"
    driver = driver_for(Firmware.AWESOME_MINER, "Antminer S9", "", Web())
    assert isinstance(driver, AwesomeMinerDriver)
    calls: tuple[Callable[[], object], ...] = (
        lambda: driver.probe(Endpoint(ONE, 4028, 80)),
        lambda: asyncio.run(driver.poll(Endpoint(ONE, 4028, 80))),
    )
    for call in calls:
        with pytest.raises(Unreachable, match="AWESOME_MINER_URL"):
            call()
