"""What of the fleet a session needs to know, at one moment. Pure values; `reading` makes them."""

from dataclasses import dataclass

from netstab.fronts.s2.offer import Offer
from netstab.units import Seconds, WallTime, Watts

__all__ = ["NOTHING_KNOWN", "FleetView"]


@dataclass(frozen=True, slots=True)
class FleetView:
    """`offer` is None until the miners were looked for. `power` is None while nobody knows it.

    `ordered` says whether a dispatch command is in force, and `target` what limits leave of it, None in
    standby. S2 `holds` a setpoint, and `commands` while that is the one in force. The fleet has `settled`
    when all is done for it that can be. `tolerance` is the change of power that is worth telling.
    """

    offer: Offer | None
    power: Watts | None
    tolerance: Watts
    ordered: bool = False
    target: Watts | None = None
    holds: bool = False
    commands: bool = False
    settled: bool = False
    override_since: WallTime | None = None

    def overridden_for(self, now: WallTime) -> Seconds:
        """Return for how long an operator has had command, 0 s where none has."""
        return Seconds(0.0 if self.override_since is None else max(0.0, now - self.override_since))


NOTHING_KNOWN = FleetView(offer=None, power=None, tolerance=Watts(0.0))
