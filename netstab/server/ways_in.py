"""The ways in beside HTTP of one term of leadership: which are set, and how they are started and stopped."""

from contextlib import ExitStack, closing

from events.telemetry import TelemetryReader
from netstab.fronts.front import BlockingFront, Front
from netstab.fronts.modbus.front import ModbusFront
from netstab.fronts.mqtt.front import MqttFront
from netstab.fronts.openadr.front import OpenAdrFront
from netstab.fronts.runner import FrontParts, Fronts
from netstab.fronts.s2.front import S2Front
from netstab.fronts.schedule.front import ScheduleFront
from netstab.server.staff import STOP_WITHIN, Shared
from netstab.settings import Settings

__all__ = ["start_fronts"]


def start_fronts(shared: Shared, stack: ExitStack) -> None:
    """Start those that are set; they are stopped before the actors are."""
    on_loop, blocking = _on_loop(shared), _blocking(shared.settings, stack)
    parts = FrontParts(shared.client, shared.fronts, shared.energy, shared.clock)
    fronts = Fronts(parts, on_loop, blocking)
    fronts.start()
    stack.callback(fronts.stop, STOP_WITHIN)


def _on_loop(shared: Shared) -> list[Front]:
    """Return those of asyncio that are set."""
    settings, fronts = shared.settings, list[Front]()
    if settings.fronts.mqtt.url:
        fronts.append(MqttFront(settings.fronts.mqtt, watched=settings.ems_timeout > 0))
    if settings.fronts.s2.url:
        fronts.append(S2Front(settings.fronts.s2, shared.wall, settings.ems_timeout))
    if (modbus := settings.fronts.modbus).listen:
        fronts.append(ModbusFront(modbus.listen, modbus.networks, settings.constraints))
    return fronts


def _blocking(settings: Settings, stack: ExitStack) -> list[BlockingFront]:
    """Return those with a thread of their own that are set; a schedule may be entered at any time."""
    fronts: list[BlockingFront] = [ScheduleFront()]
    if settings.fronts.openadr.vtn_url:
        telemetry = stack.enter_context(closing(TelemetryReader(settings.database_url)))
        fronts.append(OpenAdrFront(settings.fronts.openadr, settings.constraints, telemetry.power))
    return fronts
