"""How the site meter is reached and read, as it is set."""

from dataclasses import dataclass, field
from enum import StrEnum

from netstab.units import Seconds

__all__ = ["MeterSettings", "MeterUnit", "ModbusSettings", "ModbusTable", "ModbusType", "WordOrder"]


class MeterUnit(StrEnum):
    KILOWATTS = "kW"
    WATTS = "W"


class ModbusTable(StrEnum):
    HOLDING = "holding"
    INPUT = "input"


class ModbusType(StrEnum):
    """How a register, or two of them, hold a number."""

    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    FLOAT32 = "float32"


class WordOrder(StrEnum):
    """Which of two registers has the higher word."""

    BIG = "big"
    LITTLE = "little"


@dataclass(frozen=True, slots=True)
class ModbusSettings:
    """Where a Modbus meter keeps its power; what it holds times `scale` is in the meter's unit."""

    unit_id: int
    table: ModbusTable
    register: int
    kind: ModbusType
    word_order: WordOrder
    scale: float


@dataclass(frozen=True, slots=True)
class MeterSettings:
    """The site meter; `url` is empty without one.

    `field` is a key or dotted path in an HTTP meter's JSON. A reading older than `stale_after` counts for
    nothing. `base_power` is what else the site draws; it is subtracted from each reading.
    """

    url: str = field(repr=False)
    field: str
    unit: MeterUnit
    interval: Seconds
    stale_after: Seconds
    base_power_kw: float
    modbus: ModbusSettings
