"""From queries to filters, and from what the log holds to what the API shows. Pure."""

from collections.abc import Mapping

from actors.worded import setting_words
from api.addresses import same_address
from api.authority_views import in_command, setpoint_views
from api.configuration import configuration_view
from api.schemas.dispatch import LimitView
from api.schemas.history import (
    CommandEntry,
    CommandView,
    DeliveryView,
    DisobedientMiner,
    ExportedCommand,
    HeldMiner,
    HistoryFilter,
    OrderView,
    OverrideView,
    PastState,
    RecordedFailsafe,
    RegisteredMinerView,
)
from events.history import CommandRecord, Period
from events.index import Asked
from events.state import Failsafe, FleetState, Hold, Limit, Order, Override, RegisteredMiner
from netstab.devices.antminer.s9 import frequency_of
from netstab.dispatch.delivery import DeliveryRecord, result
from netstab.units import MinerId, Watts, kilowatts, rfc3339

__all__ = ["asked", "command_view", "entry", "exported", "limit_view", "past_state", "period"]


def asked(query: HistoryFilter) -> Asked:
    miner_id = None if query.miner_id is None else MinerId(same_address("miner_id", query.miner_id))
    return Asked(query.source, query.command, miner_id, query.success)


def period(query: HistoryFilter) -> Period:
    return Period(query.since, query.until)


def entry(record: CommandRecord, *, detail: bool) -> CommandEntry:
    shown = CommandEntry(
        timestamp=rfc3339(record.timestamp),
        source=record.source,
        command=record.command,
        parameters=record.parameters,
        success=record.success,
        message=record.message,
    )
    if detail:
        shown.version, shown.command_id, shown.client = record.version, record.command_id, record.client
        shown.code, shown.outcome = record.code, record.outcome
        shown.principal, shown.request_id = record.principal, record.request_id
    return shown


def exported(record: CommandRecord) -> ExportedCommand:
    return ExportedCommand(
        version=record.version,
        timestamp=rfc3339(record.timestamp),
        command_id=record.command_id,
        source=record.source,
        client=record.client,
        command=record.command,
        parameters=record.parameters,
        success=record.success,
        code=record.code,
        message=record.message,
        outcome=record.outcome,
        principal=record.principal,
        request_id=record.request_id,
    )


def command_view(record: CommandRecord, delivery: DeliveryRecord | None) -> CommandView:
    fields = exported(record)
    known = {name: getattr(fields, name) for name in fields.__struct_fields__}
    return CommandView(**known, delivery=_delivery(delivery) if delivery else None)


def _delivery(record: DeliveryRecord) -> DeliveryView:
    return DeliveryView(
        result=result(record),
        ending=record.ending,
        begun_at=rfc3339(record.begun_at),
        ended_at=rfc3339(record.ended_at),
        target_power_kw=_kilowatts(record.target),
        power_before_kw=kilowatts(record.power_before),
        power_at_end_kw=kilowatts(record.power_at_end),
        reaction_delay_seconds=_rounded(record.reaction_delay),
        time_to_band_seconds=_rounded(record.time_to_band),
        share_in_band=round(record.share_in_band, 4),
        asked_kwh=round(record.asked_energy / 1000, 6),
        delivered_kwh=round(record.delivered_energy / 1000, 6),
        shortfall_kwh=round(record.shortfall_energy / 1000, 6),
        settled_after_seconds=_rounded(record.settled_after),
        limited_by=record.limited_by,
        disobedient=[DisobedientMiner(miner_id, reason) for miner_id, reason in record.disobedient],
        disobedient_total=record.disobedient_total,
    )


def past_state(state: FleetState) -> PastState:
    return PastState(
        version=state.version,
        target_power_kw=_kilowatts(state.order.target) if state.order else None,
        order=_order(state.order) if state.order else None,
        override=_override(state.override) if state.override else None,
        failsafe=_failsafe(state.failsafe) if state.failsafe else None,
        limits=[limit_view(limit) for limit in state.limits.values()],
        in_command=in_command(state),
        setpoints=setpoint_views(state),
        power_control_mode=state.power_mode,
        configuration=configuration_view(state.configuration),
        last_ems_command=None if state.last_ems_command is None else rfc3339(state.last_ems_command),
        holds=[_hold(hold, state.miners) for hold in state.holds.values()],
        miners=[_miner(miner) for miner in state.miners.values()],
    )


def _order(order: Order) -> OrderView:
    return OrderView(
        _kilowatts(order.target), order.command_id, order.source, order.version, rfc3339(order.since)
    )


def _override(override: Override) -> OverrideView:
    return OverrideView(_kilowatts(override.target), override.command_id, rfc3339(override.since))


def _failsafe(failsafe: Failsafe) -> RecordedFailsafe:
    return RecordedFailsafe(
        since=rfc3339(failsafe.since),
        silent_since=rfc3339(failsafe.silent_since),
        action=failsafe.action,
        power_kw=_kilowatts(failsafe.power),
        command_id=failsafe.command_id,
    )


def limit_view(limit: Limit) -> LimitView:
    until = None if limit.until is None else rfc3339(limit.until)
    return LimitView(limit.source, kilowatts(limit.power), until, rfc3339(limit.since), limit.command_id)


def _hold(hold: Hold, miners: Mapping[MinerId, RegisteredMiner]) -> HeldMiner:
    miner = miners.get(hold.miner_id)
    frequency = frequency_of(miner, hold.setting) if miner is not None else None
    setting = setting_words(miner, hold.setting) if miner is not None else None
    return HeldMiner(hold.miner_id, hold.kind, frequency, setting, hold.command_id, rfc3339(hold.since))


def _miner(miner: RegisteredMiner) -> RegisteredMinerView:
    return RegisteredMinerView(
        miner_id=miner.miner_id,
        api_port=miner.api_port,
        http_port=miner.http_port,
        model=miner.model,
        firmware=miner.firmware,
        firmware_version=miner.firmware_version,
        mac=miner.mac,
        hostname=miner.hostname,
        rated_power_kw=kilowatts(miner.rated_power),
        home_frequency_mhz=frequency_of(miner, miner.home_frequency),
        home_setting=setting_words(miner, miner.home_frequency),
        controllable=miner.controllable,
        registered_at=rfc3339(miner.registered_at),
    )


def _kilowatts(power: Watts | None) -> float | None:
    return None if power is None else kilowatts(power)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
