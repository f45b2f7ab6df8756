"""What can go wrong on the way to a database server, and how long it may take."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from urllib.parse import urlsplit

import pytest
from cutting_proxy import CuttingProxy
from postgres_server import PostgresServer, give_it_time
from recording import SteppedClock, origin, record_everything
from waiting import running_time

from events.commands import Activate, Deactivate
from events.follower import LogFollower
from events.history import HistoryReader
from events.lock import lock_for
from events.log import FleetLog
from events.telemetry import TelemetryReader, TelemetryWriter
from netstab.errors import LogUnavailable, NetstabError
from netstab.power.allocation import PowerMode
from netstab.units import WallTime, Watts
from netstab.urls import without_password


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.new_database()


@pytest.fixture
def proxy(url: str) -> Iterator[CuttingProxy]:
    with CuttingProxy(urlsplit(url).port or 0) as proxy:
        yield proxy


@pytest.fixture
def log(url: str, proxy: CuttingProxy) -> Iterator[FleetLog]:
    through = url.replace(f":{urlsplit(url).port}/", f":{proxy.port}/")
    with closing(FleetLog(through, SteppedClock(), PowerMode.ON_OFF)) as log:
        yield log


def recorded(url: str) -> list[int]:
    with closing(HistoryReader(url)) as reader:
        return [record.version for record in reader.recent(10)]


def test_a_commit_whose_answer_was_lost_is_found_and_counts(
    log: FleetLog, proxy: CuttingProxy, url: str
) -> None:
    proxy.cut = "after"
    version = log.accept(Activate(Watts(1.0)), origin(), "")
    assert log.state.order is not None
    assert log.state.order.version == version
    assert log.accept(Deactivate(), origin(), "") == version + 1
    assert recorded(url) == [version + 1, version]


def test_a_commit_that_never_arrived_is_refused_and_leaves_nothing(
    log: FleetLog, proxy: CuttingProxy, url: str
) -> None:
    state, head = log.state, log.head
    proxy.cut = "before"
    with pytest.raises(LogUnavailable, match="cannot be written"):
        log.accept(Activate(Watts(1.0)), origin(), "")
    assert (log.state, log.head) == (state, head)
    assert recorded(url) == []
    assert log.accept(Deactivate(), origin(), "") == state.version + 1


def test_a_frozen_server_is_not_waited_for_and_goes_on_when_it_wakes(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_it_time(monkeypatch, 2)
    server = PostgresServer()
    with closing(server):
        server.start()
        own = server.new_database()
        log, reader, lock = FleetLog(own, SteppedClock(), PowerMode.ON_OFF), HistoryReader(own), lock_for(own)
        assert lock.acquire()
        reader.recent(1)
        server.freeze(frozen=True)
        for call, within in (
            (lambda: log.accept(Deactivate(), origin(), ""), 6),
            (lambda: reader.recent(1), 4),
        ):
            started = running_time()
            with pytest.raises(LogUnavailable):
                call()
            assert running_time() - started < within
        started = running_time()
        assert not lock.holds()
        assert running_time() - started < 4
        server.freeze(frozen=False)
        assert log.accept(Deactivate(), origin(), "") == log.state.version
        assert reader.recent(1)[0].version == log.state.version
        for part in (log, reader):
            part.close()
        lock.release()


def test_connections_that_died_while_idle_are_replaced_unseen(url: str, postgres: PostgresServer) -> None:
    with (
        closing(FleetLog(url, SteppedClock(), PowerMode.ON_OFF)) as log,
        closing(HistoryReader(url)) as reader,
    ):
        record_everything(log)
        reader.recent(1)
        name = urlsplit(url).path.strip("/").partition("?")[0]
        gone = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608
        postgres.execute(gone)
        assert log.accept(Deactivate(), origin(), "") == reader.recent(1)[0].version


def test_a_password_is_not_told(url: str) -> None:
    assert "secret" in url
    away = url.replace(f":{urlsplit(url).port}/", ":1/")
    with pytest.raises(LogUnavailable) as refused:
        FleetLog(away, SteppedClock(), PowerMode.ON_OFF)
    assert "secret" not in str(refused.value)
    assert "secret" not in without_password(f"{url}?password=secret")


@pytest.mark.parametrize(
    "written", ["s3cret", "s3%40cret%2Fs3cret", "s3@cret", "s3/cret", "s3%cret", "s3@s3/cret"]
)
def test_nobody_who_fails_to_connect_tells_a_password(written: str, caplog: pytest.LogCaptureFixture) -> None:
    url = f"postgresql://me:{written}@127.0.0.1:1/log"
    attempts: list[Callable[[], object]] = [
        partial(FleetLog, url, SteppedClock(), PowerMode.ON_OFF),
        partial(TelemetryWriter, url),
        lambda: TelemetryReader(url).fleet(WallTime(0.0), WallTime(1.0), 1),
        lambda: HistoryReader(url).recent(1),
        LogFollower(url).state,
        lock_for(url).acquire,
    ]
    with caplog.at_level("DEBUG"):
        for attempt in attempts:
            with pytest.raises(NetstabError) as refused:
                attempt()
            told = "".join(traceback.format_exception(refused.value))
            assert "s3" not in told
            assert "cret" not in told
    assert "cret" not in caplog.text
