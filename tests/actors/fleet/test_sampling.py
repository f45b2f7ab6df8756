"""What the delivery record is made of."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fleet_values import NOW, RUN, A, B, C, miner, report
from published import published

from actors.fence import WakeFence
from actors.fleet.log_writer import LogWriter
from actors.fleet.sampling import disobedient, sampled
from actors.report import Desired, LastError, MinerReport, Phase
from actors.snapshot import FleetPhase, FleetSnapshot
from events.commands import Activate, Origin
from events.history import HistoryReader, Outcome
from events.log import FleetLog
from events.state import FleetState, Order, Source
from netstab.dispatch.decision import decision
from netstab.dispatch.delivery import Deliveries, Ending, Result, result
from netstab.dispatch.plan import Excluded, Plan
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.dispatch.unit_status import Availability
from netstab.power.allocation import Allocation, PowerMode
from netstab.units import MinerId, Timestamp, Version, WallTime, Watts

ORDER = Order(Watts(2000.0), "id", Source.EMS, 7, WallTime(NOW))


def plan(setpoints: dict[MinerId, Setpoint], *passed_over: Excluded) -> Plan:
    return Plan(
        Watts(2000.0),
        setpoints,
        Allocation(Watts(2000.0), ()),
        passed_over,
        Watts(0.0),
        Watts(0.0),
    )


def fleet(
    reports: Sequence[MinerReport] = (),
    order: Order | None = ORDER,
    planned: Plan | None = None,
    initializing: bool = False,
) -> FleetSnapshot:
    miners = {each: miner(each) for each in (A, B)}
    state = FleetState(9, PowerMode.ON_OFF, order=order, miners=miners)
    known = {each.miner_id: each for each in reports}
    return published(state, known, NOW, planned, Watts(2920.0), initializing=initializing)


def test_a_sample_holds_the_order_and_what_cannot_be_fallen_below() -> None:
    sample = sampled(fleet([report(Phase.HASHING, A), report(Phase.ASLEEP, B)]))
    assert sample is not None
    assert (sample.order, sample.target, sample.power, sample.idle) == (7, 2000.0, 1451.0, 102.0)
    assert sample.settled


@pytest.mark.parametrize("changes", [{"order": None}, {"initializing": True}])
def test_nothing_is_watched_before_the_first_order_or_while_miners_are_unknown(
    changes: dict[str, Any],
) -> None:
    assert sampled(fleet([report(Phase.HASHING)], **changes)) is None


def test_the_disobedient_are_named_with_their_reasons() -> None:
    at_it = report(Phase.HASHING, A, desired=Desired(RUN, Version(7), NOW))
    booting = report(Phase.STARTING, B, desired=Desired(RUN, Version(7), NOW), settled=False)
    locked = Excluded(C, Availability.LOCKED, "401")
    held = Excluded(C, Availability.HELD, "stopped by an operator")
    seen = fleet([at_it, booting], planned=plan({A: RUN, B: RUN}, locked, held))
    assert [tuple(each) for each in disobedient(seen)] == [
        (C, "locked: 401"),
        (B, "starting, not at its setpoint yet"),
    ]
    trouble = LastError("no_effect", "woke up and does not hash", NOW)
    troubled = replace(booting, last_error=trouble)
    assert disobedient(fleet([at_it, troubled], planned=plan({B: RUN})))[0].reason == trouble.text
    assert disobedient(fleet([], planned=plan({A: RUN})))[0].reason == "not seen yet"
    assert disobedient(fleet([])) == []


def test_who_is_only_read_disobeys_nobody_and_an_order_of_nothing_is_reached_beside_it() -> None:
    stopped = Order(None, "id", Source.EMS, 7, WallTime(NOW))
    read = Excluded(B, Availability.NOT_CONTROLLABLE, "its model is not known", runs=True)
    nothing = replace(plan({A: IDLE}, read), target=None)
    asleep = report(Phase.ASLEEP, A, desired=Desired(IDLE, Version(7), NOW))
    seen = fleet([asleep, report(Phase.HASHING, B)], order=stopped, planned=nothing)
    assert disobedient(seen) == []
    sample = sampled(seen)
    assert sample is not None
    assert sample.idle == sample.power == 51.0 + 1400.0
    deliveries = Deliveries(5.0)
    deliveries.observe(replace(sample, settled=True), list)
    assert [result(record) for record in deliveries.take()] == [Result.REACHED]
    ordered = sampled(fleet([asleep, report(Phase.HASHING, B)], planned=plan({A: IDLE}, read)))
    assert ordered is not None
    assert ordered.idle == 102.0


def test_what_came_of_an_order_is_recorded_with_the_next_flush(tmp_path: Path) -> None:
    url = str(tmp_path / "log.db")
    log = FleetLog(url, lambda: WallTime(NOW), PowerMode.ON_OFF)
    writer = LogWriter(log, 5.0, WakeFence())
    version = writer.accept(
        Activate(Watts(2000.0)), Origin("id", Source.EMS, ""), "", decision(plan({}), 5.0, 1.0)
    )
    order = log.state.order
    seen = fleet([report(Phase.HASHING, A), report(Phase.HASHING, B)], order=order)
    writer.watch(replace(seen, settled=False))
    writer.watch(replace(seen, at=Timestamp(NOW + 15)))
    writer.watch(replace(seen, phase=FleetPhase.FAULT, at=Timestamp(NOW + 16)))
    reader = HistoryReader(url)
    assert reader.recent(1)[0].outcome is Outcome.UNDER_WAY
    writer.flush()
    writer.flush()
    found = reader.command("id")
    reader.close()
    log.close()
    assert found is not None
    record, delivery = found
    assert record.outcome is Outcome.MISSED
    assert delivery is not None
    assert (delivery.order, delivery.ending, delivery.ended_at) == (version, Ending.SETTLED, NOW + 15)
    assert log.state.version == version + 1
