"""What a site has planned, as one snapshot has it: all that decides what is in force. Pure."""

from collections.abc import Iterable
from functools import lru_cache

from actors.snapshot import FleetSnapshot
from events.commands import SetPrices
from events.state import RegisteredMiner, Source
from netstab.devices.families import family_of
from netstab.devices.port import Firmware
from netstab.dispatch.ramp import ramps
from netstab.schedules.efficiency import steps
from netstab.schedules.in_force import Plans, Site
from netstab.schedules.price_rule import ALL, folded, verdict_at
from netstab.schedules.prices import Prices, Rate, merged
from netstab.units import Seconds, WallTime, Watts

__all__ = ["PRICE", "SCHEDULE", "plans_of", "priced", "says_nothing"]

SCHEDULE, PRICE = "schedule", "price"
"""The sources of the limits that are set for a schedule and for a price."""


def plans_of(snapshot: FleetSnapshot) -> Plans:
    """Return the schedule and the prices in force, and what is known of the fleet that goes by them."""
    state, rules = snapshot.state, snapshot.view.rules
    rate = state.configuration.max_power_change_rate_kw_per_sec
    return Plans(
        schedule=state.schedule,
        prices=state.prices,
        absence=rules.absence,
        groups=steps(snapshot.units) if state.prices.hash_price is not None else (),
        site=Site(
            rated=snapshot.rated_power,
            ramp_down=ramps(rules.constraints, rate).down,
            sleep=_sleep(state.miners.values()),
            stagger=rules.return_within,
            name=rules.fleet_id,
            elsewhere=_asked_elsewhere(snapshot),
        ),
    )


def _asked_elsewhere(snapshot: FleetSnapshot) -> Watts:
    """Return what the other ways in ask for: a planned setpoint below that is to be reached at its start."""
    commands = snapshot.commanding_but(Source.SCHEDULE)
    return Watts(0.0) if commands is None or commands.target is None else commands.target


def priced(snapshot: FleetSnapshot, new: Iterable[Rate], now: WallTime) -> SetPrices:
    """Return the command that says new prices from the first of them on, in currency per kWh.

    Raises `ValueError` as `merged` does.
    """
    known = snapshot.state.prices
    rates = merged(known.rates, new, now)
    if not rates or not known.rates or rates[0].start <= known.rates[0].start:
        return SetPrices(rates, worth=known.worth)
    plans = plans_of(snapshot)
    verdicts = folded(plans.prices, plans.groups, plans.absence, rates[0].end)
    worth = verdict_at(verdicts, rates[0].start).worth
    return SetPrices(rates, worth=None if worth == ALL else worth)


def says_nothing(command: SetPrices, known: Prices) -> bool:
    """Whether a command says what is known already; that some of it is past by now is nothing new."""
    rates, hash_price = command.rates, command.hash_price
    if rates is not None and (rates != known.rates[-len(rates) :] or (not rates and known.rates)):
        return False
    return command.rule in (None, known.rule) and hash_price in (None, known.hash_price or 0.0)


def _sleep(miners: Iterable[RegisteredMiner]) -> Seconds:
    """Return how long the slowest of them takes to fall asleep."""
    kinds = {(miner.firmware, miner.model, miner.firmware_version) for miner in miners}
    return max((_stop(*kind) for kind in kinds), default=Seconds(0.0))


@lru_cache(maxsize=256)
def _stop(firmware: Firmware, model: str, version: str) -> Seconds:
    return family_of(firmware, model, version).timings.stop
