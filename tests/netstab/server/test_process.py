"""What a process asks of its system."""

import gc
import resource
from collections.abc import Iterator

import pytest

from netstab.server.process import collect_no_more, collect_seldom, sockets


@pytest.fixture(autouse=True)
def collected_as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_what_a_server_keeps_does_not_make_it_stand_still_again_and_again() -> None:
    collect_seldom()
    began = gc.get_stats()[2]["collections"]
    kept = [{number} for number in range(300_000)]
    assert len(kept) == 300_000
    assert gc.get_stats()[2]["collections"] == began
    assert gc.get_freeze_count() > 10_000


def test_what_refers_to_itself_is_collected_all_the_same() -> None:
    collect_seldom()
    for _ in range(20_000):
        itself: list[object] = []
        itself.append(itself)
    assert sum(1 for each in gc.get_objects() if isinstance(each, list) and each and each[0] is each) < 2_500


def test_nothing_that_is_there_at_the_end_is_gone_through_again() -> None:
    kept = [{number} for number in range(1000)]
    assert any(each is kept for each in gc.get_objects())
    collect_no_more()
    assert not any(each is kept for each in gc.get_objects())


def test_each_use_of_sockets_has_its_share_where_the_system_allows_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (1024, 4096))
    assert [sockets(2000, 4), sockets(200, 16), sockets(50, 16)] == [256, 64, 50]
