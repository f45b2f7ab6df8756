"""What only a Resource Manager sends, and how it is written. Pure; decides nothing."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType, field

from netstab.fronts.s2.terms import QUANTITY, ControlType, Id, InstructionState, Message, Part, Quantity

__all__ = [
    "AllowedLimitRange",
    "InstructionStatusUpdate",
    "ModeStatus",
    "NumberRange",
    "OperationMode",
    "PowerConstraints",
    "PowerMeasurement",
    "PowerRange",
    "PowerValue",
    "ResourceManagerDetails",
    "Role",
    "SystemDescription",
    "Timer",
    "TimerStatus",
    "Transition",
    "encoded",
]


class Role(Part, frozen=True):
    role: Literal["ENERGY_CONSUMER"] = "ENERGY_CONSUMER"
    commodity: Literal["ELECTRICITY"] = "ELECTRICITY"


class ResourceManagerDetails(Message, frozen=True, tag="ResourceManagerDetails"):
    message_id: Id
    resource_id: Id
    name: str
    roles: tuple[Role, ...]
    model: str
    firmware_version: str
    instruction_processing_delay: int
    available_control_types: tuple[ControlType, ...]
    provides_forecast: bool
    provides_power_measurement_types: tuple[Quantity, ...]


class PowerRange(Part, frozen=True):
    start_of_range: float
    end_of_range: float
    commodity_quantity: Quantity = QUANTITY


class OperationMode(Part, frozen=True):
    id: Id
    diagnostic_label: str
    power_ranges: tuple[PowerRange, ...]
    abnormal_condition_only: bool = False


class Transition(Part, frozen=True):
    id: Id
    from_: Id = field(name="from")
    to: Id
    start_timers: tuple[Id, ...]
    blocking_timers: tuple[Id, ...]
    transition_duration: int | UnsetType = UNSET
    abnormal_condition_only: bool = False


class Timer(Part, frozen=True):
    id: Id
    diagnostic_label: str
    duration: int


class SystemDescription(Message, frozen=True, tag="OMBC.SystemDescription"):
    message_id: Id
    valid_from: str
    operation_modes: tuple[OperationMode, ...]
    transitions: tuple[Transition, ...]
    timers: tuple[Timer, ...]


class ModeStatus(Message, frozen=True, tag="OMBC.Status"):
    message_id: Id
    active_operation_mode_id: Id
    operation_mode_factor: float
    previous_operation_mode_id: Id | UnsetType = UNSET
    transition_timestamp: str | UnsetType = UNSET


class TimerStatus(Message, frozen=True, tag="OMBC.TimerStatus"):
    message_id: Id
    timer_id: Id
    finished_at: str


class NumberRange(Part, frozen=True):
    start_of_range: float
    end_of_range: float


class AllowedLimitRange(Part, frozen=True):
    limit_type: Literal["UPPER_LIMIT", "LOWER_LIMIT"]
    range_boundary: NumberRange
    commodity_quantity: Quantity = QUANTITY
    abnormal_condition_only: bool = False


class PowerConstraints(Message, frozen=True, tag="PEBC.PowerConstraints"):
    message_id: Id
    id: Id
    valid_from: str
    allowed_limit_ranges: tuple[AllowedLimitRange, ...]
    consequence_type: Literal["VANISH"] = "VANISH"


class InstructionStatusUpdate(Message, frozen=True, tag="InstructionStatusUpdate"):
    message_id: Id
    instruction_id: Id
    status_type: InstructionState
    timestamp: str


class PowerValue(Part, frozen=True):
    value: float
    commodity_quantity: Quantity = QUANTITY


class PowerMeasurement(Message, frozen=True, tag="PowerMeasurement"):
    message_id: Id
    measurement_timestamp: str
    values: tuple[PowerValue, ...]


def encoded(message: Message) -> str:
    return msgspec.json.encode(message).decode()
