"""What a CEM is told without asking: the offer, where the fleet stands, and what it draws. Pure."""

from dataclasses import replace

from msgspec import UNSET

from netstab import __version__
from netstab.fronts.s2.offer import MIN_OFF, MIN_ON, STANDBY, Offer, constraints, description
from netstab.fronts.s2.received import Handshake, RevokeObject
from netstab.fronts.s2.sent import (
    ModeStatus,
    PowerMeasurement,
    PowerValue,
    ResourceManagerDetails,
    Role,
    TimerStatus,
)
from netstab.fronts.s2.terms import QUANTITY, VERSION, ControlType, Revocable
from netstab.fronts.s2.turn import Measured, Standing, Turn
from netstab.units import Seconds, WallTime, rfc3339

__all__ = ["OFFERED", "OVERRIDE_LASTS", "describe", "greet", "introduce", "measure", "tell_mode"]

OFFERED = (ControlType.MODE, ControlType.LIMIT)

OVERRIDE_LASTS = Seconds(30.0)
"""After so long an override is no passing one: the offer is withdrawn until it ends."""

MEASURED_EVERY = Seconds(10.0)
_SOONEST = Seconds(1.0)  # between two measurements
_DESCRIBED_EVERY = Seconds(2.0)
_DELAY_MS = 1000  # from an instruction to the first command to a miner, about

_FACTOR = 0.001  # a smaller change is not told


def greet(turn: Turn) -> None:
    turn.send(lambda message_id: Handshake(message_id, "RM", (VERSION,)))


def introduce(turn: Turn) -> None:
    """Say who we are; `resource` is a UUID that no other resource of the CEM has."""
    turn.send(
        lambda message_id: ResourceManagerDetails(
            message_id=message_id,
            resource_id=turn.session.resource,
            name="Net Stabilization",
            roles=(Role(),),
            model="mining fleet",
            firmware_version=__version__,
            instruction_processing_delay=_DELAY_MS,
            available_control_types=OFFERED,
            provides_forecast=False,
            provides_power_measurement_types=(QUANTITY,),
        )
    )


def describe(turn: Turn) -> None:
    """Keep what the CEM knows of the offer up to date, once it has chosen how it controls."""
    session = turn.session
    if session.control not in OFFERED:
        return
    if turn.view.overridden_for(turn.now) >= OVERRIDE_LASTS:
        _withdraw(turn)
    elif (offer := turn.view.offer) is not None and _is_due(turn, offer):
        _describe(turn, offer, turn.now)


def _is_due(turn: Turn, offer: Offer) -> bool:
    session, at = turn.session, turn.session.described_at
    if not session.described or session.offer is None or at is None:
        return True
    return offer.differs(session.offer) and abs(turn.now - at) >= _DESCRIBED_EVERY


def _describe(turn: Turn, offer: Offer, now: WallTime) -> None:
    if turn.session.control is ControlType.MODE:
        described = turn.send(lambda message_id: description(message_id, offer, now))
    else:
        described = turn.new_id()
        turn.send(lambda message_id: constraints(message_id, described, offer, now))
    turn.change(offer=offer, described=described, described_at=now)
    if turn.session.control is ControlType.MODE:
        _tell_mode(turn)


def _withdraw(turn: Turn) -> None:
    session = turn.session
    if not session.described:
        return
    limits = session.control is ControlType.LIMIT
    kind: Revocable = "PEBC.PowerConstraints" if limits else "OMBC.SystemDescription"
    turn.send(lambda message_id: RevokeObject(message_id, kind, session.described))
    turn.note("The offer to the CEM is withdrawn: an operator has command.")
    turn.change(described="")


def tell_mode(turn: Turn) -> None:
    """Say in which operation mode the fleet is, if that has changed."""
    session = turn.session
    if session.control is not ControlType.MODE or not session.described:
        return
    before, now = session.standing, _standing(turn)
    if before is None or now.mode != before.mode or abs(now.factor - before.factor) > _FACTOR:
        _tell_mode(turn)


def _standing(turn: Turn) -> Standing:
    """Work out the mode by what is ordered; by what is drawn, where nobody has ordered anything."""
    view, offer, before = turn.view, turn.session.offer, turn.session.standing
    power = view.target if view.ordered else view.power
    mode_id, factor = STANDBY, 0.0
    if power is not None and offer is not None:
        mode = offer.nearest(power)
        mode_id, factor = mode.id, mode.factor(power)
    if before is None:
        return Standing(mode_id, factor)
    if mode_id == before.mode:
        return replace(before, factor=factor)
    return Standing(mode_id, factor, before.mode, turn.now)


def _tell_mode(turn: Turn) -> None:
    standing = _standing(turn)
    since = UNSET if standing.since is None else rfc3339(standing.since)
    turn.change(standing=standing)
    turn.send(
        lambda message_id: ModeStatus(
            message_id, standing.mode, standing.factor, standing.previous or UNSET, since
        )
    )
    _tell_timers(turn, standing)


def _tell_timers(turn: Turn, standing: Standing) -> None:
    """Say until when miners owe something to their minimum times; a timer that never ran has ended."""
    offer = turn.session.offer
    if offer is None:
        return
    stands, began = standing.mode == STANDBY, standing.since
    on = began is not None and standing.previous == STANDBY
    off = began is not None and stands
    for timer, duration, runs in ((MIN_ON, offer.min_on, on), (MIN_OFF, offer.min_off, off)):
        if duration:
            end = WallTime((began or 0.0) + duration) if runs else turn.now
            _tell_timer(turn, timer, end)


def _tell_timer(turn: Turn, timer: str, end: WallTime) -> None:
    turn.send(lambda message_id: TimerStatus(message_id, timer, rfc3339(end)))


def measure(turn: Turn) -> None:
    """Say what is drawn: when it has changed by more than the tolerance, and now and then."""
    session, power, now = turn.session, turn.view.power, turn.now
    if power is None or not session.opened:
        return
    last = session.measured
    if last is not None:
        since, change = abs(now - last.at), abs(power - last.power)
        if since < _SOONEST or (since < MEASURED_EVERY and change <= turn.view.tolerance):
            return
    at = rfc3339(now)
    turn.send(lambda message_id: PowerMeasurement(message_id, at, (PowerValue(power),)), again=False)
    turn.change(measured=Measured(now, power))
