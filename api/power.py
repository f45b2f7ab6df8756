"""Power control: what can be set, what a target would mean, and setting it."""

import logging

import falcon

from actors.port import FleetPort
from actors.report import MinerReport, Phase
from api.arrival import sender
from api.errors import unknown_miner
from api.operation import operation
from api.schemas.power import (
    ApplyAnswer,
    CurveAnswer,
    CurveEntry,
    Frequencies,
    FrequencyAnswer,
    FrequencyChange,
    MinerPower,
    PowerTarget,
)
from api.slots import Slots
from events.commands import ApplyPower, SetFrequency
from events.state import RegisteredMiner, Source
from netstab.devices.antminer.curve import CurvePoint
from netstab.devices.antminer.s9 import FREQUENCIES, FULL_FREQUENCY, POWER_CURVE, frequency_of, voltage_of
from netstab.errors import ErrorCode
from netstab.power.unit import drawn_at
from netstab.units import Megahertz, MinerId, Setting, Volts, Watts, asked_watts, kilowatts

__all__ = [
    "ApplyResource",
    "CurveResource",
    "FrequenciesResource",
    "MinerPowerResource",
    "SetFrequencyResource",
]


logger = logging.getLogger(__name__)


class FrequenciesResource:
    @operation("The frequencies that dispatch may choose", Frequencies)
    def on_get(self, _request: falcon.Request) -> Frequencies:
        frequencies = FREQUENCIES
        return Frequencies(
            valid_frequencies=list(frequencies),
            min_frequency=min(frequencies),
            max_frequency=max(frequencies),
            default_frequency=FULL_FREQUENCY,
        )


class CurveResource:
    @operation("The power-frequency curve of an S9", CurveAnswer)
    def on_get(self, _request: falcon.Request) -> CurveAnswer:
        return CurveAnswer(curve=[_entry(point) for point in POWER_CURVE.points])


class ApplyResource:
    def __init__(self, fleet: FleetPort) -> None:
        self._fleet = fleet

    @operation(
        "Apply a target power",
        ApplyAnswer,
        body=PowerTarget,
        refusals=(ErrorCode.INVALID_POWER, ErrorCode.FAULT_STATE, ErrorCode.FLEET_OFFLINE),
    )
    def on_post(self, request: falcon.Request, body: PowerTarget) -> ApplyAnswer:
        target = asked_watts(body.target_power_kw)
        result = self._fleet.submit(ApplyPower(target), Source.DASHBOARD, sender(request))
        return ApplyAnswer(success=True, message=result.message, target_power_kw=kilowatts(target))


class SetFrequencyResource:
    def __init__(self, fleet: FleetPort, slots: Slots) -> None:
        self._fleet = fleet
        self._slots = slots

    @operation(
        "Run one miner at a frequency, under the operator's hold",
        FrequencyAnswer,
        body=FrequencyChange,
        refusals=(
            ErrorCode.UNKNOWN_MINER,
            ErrorCode.MINER_REFUSED,
            ErrorCode.FAULT_STATE,
            ErrorCode.MINER_UNREACHABLE,
            ErrorCode.MINER_TIMEOUT,
            ErrorCode.BUSY,
        ),
    )
    def on_post(self, request: falcon.Request, body: FrequencyChange) -> FrequencyAnswer:
        miner = self._fleet.snapshot.state.miners.get(MinerId(body.miner_ip))
        if miner is None:
            raise unknown_miner(body.miner_ip)
        frequency = Megahertz(body.frequency_mhz)
        voltage = None if body.voltage is None else Volts(body.voltage)
        if frequency > FULL_FREQUENCY:
            logger.warning("%s is set to %d MHz, above its %d.", miner.miner_id, frequency, FULL_FREQUENCY)
        with self._slots.one():
            command = SetFrequency(miner.miner_id, frequency, voltage)
            self._fleet.operate(command, Source.DASHBOARD, sender(request))
        return FrequencyAnswer(
            success=True,
            message=f"Frequency set to {frequency} MHz",
            miner_ip=miner.miner_id,
            frequency_mhz=frequency,
            voltage=(voltage_of(miner.model, frequency) or 0.0) if voltage is None else voltage,
            estimated_power_watts=round(_power_at(miner, frequency)),
        )


class MinerPowerResource:
    def __init__(self, fleet: FleetPort) -> None:
        self._fleet = fleet

    @operation("What a miner runs at", MinerPower, refusals=(ErrorCode.UNKNOWN_MINER,))
    def on_get(self, _request: falcon.Request, miner_ip: str) -> MinerPower:
        snapshot, known = self._fleet.snapshot, MinerId(miner_ip)
        miner = snapshot.state.miners.get(known)
        if miner is None:
            raise unknown_miner(miner_ip)
        return _miner_power(miner, snapshot.reports.get(known))


def _entry(point: CurvePoint) -> CurveEntry:
    return CurveEntry(
        frequency_mhz=point.frequency,
        power_watts=round(point.power),
        hashrate_ths=point.hashrate / 1000,
        voltage=point.voltage,
    )


def _present_frequency(miner: RegisteredMiner, report: MinerReport | None) -> Megahertz | None:
    """Return what a miner runs at: 0 asleep, None unknown."""
    if report is None or not report.reachable:
        return None
    return Megahertz(0) if report.phase is Phase.ASLEEP else frequency_of(miner, report.setting)


def _miner_power(miner: RegisteredMiner, report: MinerReport | None) -> MinerPower:
    frequency, power = _present_frequency(miner, report), _present_power(miner, report)
    return MinerPower(
        miner_ip=miner.miner_id,
        frequency_mhz=frequency,
        voltage=voltage_of(miner.model, frequency),
        estimated_power_watts=None if power is None else round(power),
        estimated_power_kw=None if power is None else kilowatts(round(power)),
    )


def _present_power(miner: RegisteredMiner, report: MinerReport | None) -> Watts | None:
    """Return what a miner draws at its point, asleep its idle draw; None where no points are known."""
    if report is None or not report.reachable or miner.points.full_point is None:
        return None
    if report.phase is Phase.ASLEEP:
        return miner.points.idle_power
    return None if report.setting is None else _power_at(miner, report.setting)


def _power_at(miner: RegisteredMiner, setting: Setting) -> Watts:
    return drawn_at(miner.points, miner.point_of(setting), miner.rated_power)
