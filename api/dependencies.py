"""What the API is given. It takes nothing from the environment and keeps no state of its own."""

from dataclasses import dataclass, field

from actors.front_board import FrontBoard
from actors.port import FleetPort
from events.history import HistoryReader
from events.telemetry import TelemetryReader
from netstab.clock import Clock, WallClock, wall_clock
from netstab.metrics import Metrics
from netstab.settings import Settings

__all__ = ["Dependencies"]


@dataclass(frozen=True, slots=True)
class Dependencies:
    fleet: FleetPort
    history: HistoryReader
    settings: Settings
    clock: Clock
    telemetry: TelemetryReader
    wall: WallClock
    metrics: Metrics = field(default_factory=Metrics)
    fronts: FrontBoard = field(default_factory=lambda: FrontBoard(wall_clock))
