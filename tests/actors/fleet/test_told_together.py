"""What miners tell the fleet together is taken as if each of them had told it alone."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any, cast

import pytest
from fleet_values import A, B, report
from test_fleet_actor import read
from waiting import wait_until

from actors.messages import ActionEnded, KeepTuning, Tick
from actors.report import Phase, Step
from actors.supervisor import Died
from actors.workers import Together
from events.commands import Activate, Deactivate
from events.fleet import Fleet
from events.store import FleetStore
from netstab.power.tuning import Tuning
from netstab.units import MinerId, Timestamp, Version, Watts

OWN = Tuning(650, plain=True, settings=(("bitmain-freq", "650"),))


@pytest.fixture
def setting(begin: Callable[..., Any]) -> Any:
    return begin()


def news(setting: Any, *miner_ids: MinerId) -> list[ActionEnded]:
    """Return that these miners were woken, for the order in force."""
    version, now = Version(setting.status.state.order.version), Timestamp(setting.now)
    return [ActionEnded(each, Step.WAKE, version, "", now) for each in miner_ids]


def recorded(setting: Any) -> list[str]:
    """Return whose news are in the log, in its order."""
    with closing(FleetStore(f"sqlite:///{setting.path}")) as store:
        events = [store.domain_event(stored) for page in store.pages() for stored in page]
    found = (event.responses for event in events if isinstance(event, Fleet.MinersResponded))
    return [each["miner_id"] for responses in found for each in responses]


def test_of_a_miner_the_last_report_counts_and_nobodys_is_left_out(setting: Any) -> None:
    first, other, last = report(Phase.STARTING, A), report(Phase.STARTING, B), report(Phase.ASLEEP, A)
    setting.give(Together((first, other, last)))
    setting.ticks()
    assert setting.status.reports == {A: last, B: other}


def test_news_are_recorded_in_the_order_in_which_they_were_told(setting: Any) -> None:
    setting.ask(Activate(Watts(2920.0)))
    setting.give(Together(tuple(news(setting, B, A, B))))
    setting.give(news(setting, A)[0])
    setting.ticks()
    assert recorded(setting) == [B, A, B, A]


def test_who_asks_meanwhile_is_answered_once_all_of_it_is_taken(setting: Any) -> None:
    setting.ask(Activate(Watts(2920.0)))
    setting.fleet.tell(Together((report(Phase.ASLEEP, A), report(Phase.ASLEEP, B))))
    setting.ask(Deactivate())
    assert setting.status.hashing == 0


def test_a_stop_that_comes_between_waits_for_the_rest_which_is_recorded(setting: Any) -> None:
    setting.ask(Activate(Watts(2920.0)))

    class Stopping:
        """Has the fleet's actor stopped as soon as it takes up the tick."""

        def set(self) -> None:
            setting.fleet.stop(block=False)

    first, last = news(setting, A, B)
    setting.fleet.tell(Together((first, Tick(cast("Any", Stopping())), last)))
    wait_until(lambda: not setting.fleet.is_alive())
    assert recorded(setting) == [A, B]


def test_one_that_cannot_be_taken_ends_the_actor_and_what_came_before_it_was_taken(setting: Any) -> None:
    setting.ask(Activate(Watts(2920.0)))
    broken = replace(news(setting, A)[0], at=cast("Timestamp", None))
    read(setting.directory.supervisor)
    setting.fleet.tell(Together((KeepTuning(A, OWN), broken, KeepTuning(B, OWN))))
    wait_until(lambda: not setting.fleet.is_alive())
    [died] = [told for told in read(setting.directory.supervisor) if isinstance(told, Died)]
    assert died.name == "fleet"
    assert died.reason.startswith("TypeError")
    setting.start()
    setting.give(Together((KeepTuning(B, OWN), report(Phase.ASLEEP, A))))
    setting.ticks()
    assert setting.status.state.tunings == {A: OWN, B: OWN}
    assert setting.status.reports[A].phase is Phase.ASLEEP
