"""What never leaves for an Antminer on Bitmain's firmware, whatever it answers: judged by what was sent."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from antminer_pages import CONFIGURATION, body, stats
from canned_miner import MAKERS
from hypothesis import given, settings
from hypothesis import strategies as st

from netstab.devices.antminer.api_protocol import section
from netstab.devices.antminer.loose_json import parse
from netstab.devices.antminer_stock import figures
from netstab.devices.antminer_stock.driver import StockDriver
from netstab.devices.antminer_stock.memory import kept_mode
from netstab.devices.antminer_stock.power_port import power_in
from netstab.devices.antminers import ANTMINERS
from netstab.devices.port import Activity, Endpoint, Permit, always
from netstab.devices.web import Answer, Content, Web
from netstab.errors import ConnectionLost, DeviceError, TimedOut, Withdrawn
from netstab.power.tuning import Tuning
from netstab.units import MinerId

ENDPOINT = Endpoint(MinerId("127.0.0.1"), 1, 1)
CONF, SET = "/cgi-bin/get_miner_conf.cgi", "/cgi-bin/set_miner_conf.cgi"
WHOLE = body(CONFIGURATION)
TAKEN = b'{"stats":"success","code":"M000","msg":"OK!"}'


class Scripted(Web):
    """Answers each request by the next of its script, and keeps what was posted after which read."""

    def __init__(self, script: list[Answer | DeviceError]) -> None:
        super().__init__()
        self.script = iter(script)
        self.read: bytes = b""
        self.posted: list[tuple[bytes, bytes]] = []
        self.answers: list[Answer | None] = []

    def ask(
        self,
        endpoint: Endpoint,
        path: str,
        content: Content | None = None,
        *,
        method: str = "",
        expires: float,
        permit: Permit = always,
    ) -> Answer:
        assert (path, content) == (CONF, None)
        if not permit():
            raise Withdrawn("overtaken")
        self.read = b""
        answer = self._next()
        self.read = answer.body if answer.status == 200 else b""
        return answer

    def deliver(
        self,
        endpoint: Endpoint,
        path: str,
        content: Content | None = None,
        *,
        expires: float,
        answer_within: float = 0.0,
        permit: Permit = always,
    ) -> Answer | None:
        assert path == SET
        assert content is not None
        if not permit():
            raise Withdrawn("overtaken")
        self.posted.append((self.read, content.data))
        self.answers.append(None)
        with suppress(ConnectionLost):
            self.answers[-1] = self._next()
        return self.answers[-1]

    def _next(self) -> Answer:
        answer = next(self.script, TimedOut("late"))
        if isinstance(answer, DeviceError):
            raise answer
        return answer


def mutated(answer: bytes) -> st.SearchStrategy[bytes]:
    """The answer as it is, or with bytes replaced, cut out, cut off or put in."""
    return st.just(answer) | st.builds(
        lambda start, length, inserted: answer[:start] + inserted + answer[start + length :],
        st.integers(0, len(answer)),
        st.integers(0, 60) | st.just(len(answer)),
        st.binary(max_size=6) | st.sampled_from([b"null", b"[]", b'"', b"\\", b",", b"}", b"1e999", b"\xc3"]),
    )


MODES = st.sampled_from(["0", "0", "1", "1", "2", "3", 0, 1, "4"])
WHOLES = MODES.map(lambda mode: body({**CONFIGURATION, "bitmain-work-mode": mode}))
READS = WHOLES | WHOLES.flatmap(mutated) | st.just(b"{}")
STATUS = st.sampled_from([200, 200, 200, 200, 200, 500, 404, 401])
FAILURES = st.sampled_from([TimedOut("late"), ConnectionLost("broken")])
READ = st.builds(Answer, STATUS, st.just(""), READS) | FAILURES
SAID = st.builds(Answer, STATUS, st.just(""), st.sampled_from([TAKEN, b"", b"ok"])) | FAILURES
SOUND = st.builds(Answer, st.just(200), st.just(""), WHOLES)
SCRIPTS = (
    st.tuples(SOUND, SAID, SOUND | READ, SAID, READ).map(list)
    | st.tuples(READ, SAID, READ, SAID, READ).map(list)
    | st.lists(READ | SAID, max_size=6)
)
KEPT = st.sampled_from(["", "0", "1", "2", "3", "7"]).map(
    lambda mode: Tuning(None, plain=False, settings=(("work-mode", mode),)) if mode else None
)


@settings(max_examples=500, deadline=None)
@given(SCRIPTS, st.booleans(), st.booleans(), KEPT)
def test_whatever_it_answers_no_write_leaves_but_with_the_pools_of_a_whole_read_right_before(
    script: list[Answer | DeviceError], sleep: bool, insist: bool, kept: Tuning | None
) -> None:
    web = Scripted(script)
    driver = StockDriver(web)
    with suppress(DeviceError):
        if sleep:
            driver.sleep_keeping(ENDPOINT, always, lambda _own: None, lambda: kept, insist=insist)
        else:
            driver.wake_to_kept(ENDPOINT, always, lambda: kept)
    assert len(web.posted) <= 2
    assert len({posted for _, posted in web.posted}) == len(web.posted), "no form is sent twice"
    for answer in web.answers[:-1]:
        assert answer is not None, "after a lost answer nothing is sent again"
        assert answer.status == 200
    for read, posted in web.posted:
        check(json.loads(read), json.loads(posted), sleep=sleep, kept=kept)


def check(read: dict[str, Any], posted: dict[str, Any], *, sleep: bool, kept: Tuning | None) -> None:
    """See that what was posted has all of what was read, and only another work mode, an allowed one."""
    assert posted["pools"] == read["pools"]
    assert len(posted["pools"]) == 3
    assert posted["bitmain-fan-ctrl"] == read["bitmain-fan-ctrl"]
    assert posted["bitmain-fan-pwn"] == read["bitmain-fan-pwm"]
    assert posted["freq-level"] == read["bitmain-freq-level"]
    assert int(posted["miner-mode"]) == (1 if sleep else kept_mode(kept))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2), READS)
def test_a_permit_that_ends_at_any_request_lets_nothing_out_after_it(until: int, then: bytes) -> None:
    script: list[Answer | DeviceError] = [
        Answer(200, "", WHOLE),
        Answer(200, "", TAKEN),
        Answer(200, "", then),
        Answer(200, "", TAKEN),
    ]
    web, asked = Scripted(script), iter([True] * until)
    with suppress(DeviceError):
        StockDriver(web).sleep(ENDPOINT, lambda: next(asked, False))
    assert len(web.posted) == (1 if until == 2 else 0)


RECORDED = [path.read_bytes() for path in sorted((MAKERS / "antminer_stock_s19").glob("*.json"))]


@contextmanager
def in_a_moment() -> Iterator[None]:
    began = time.process_time()
    yield
    assert time.process_time() - began < 1.0


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([*RECORDED, stats(198_000.0)]).flatmap(mutated), st.sampled_from([None, 0, 1, 3]))
def test_no_answer_crashes_or_hangs_a_reading_or_goes_beyond_the_largest_machine(
    answer: bytes, mode: int | None
) -> None:
    with in_a_moment(), suppress(DeviceError):
        for told in (figures.told_by_api(section(answer, "STATS")), figures.told_by_page(parse(answer))):
            reading = figures.reading(told, mode, None)
            assert 0 <= reading.power <= 12_000
            assert 0 <= reading.hashrate <= 1_500_000
            assert reading.activity is not Activity.HASHING or reading.hashrate > 0


LINE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nmine power is:3401"


@settings(max_examples=400, deadline=None)
@given(mutated(LINE) | st.binary(max_size=200), st.sampled_from(ANTMINERS))
def test_no_line_of_the_power_port_crashes_or_is_more_than_twice_the_rating(
    answer: bytes, model: Any
) -> None:
    with in_a_moment():
        power = power_in(answer, model)
    assert power is None or 1 <= power <= 2 * model.power
