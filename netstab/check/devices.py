"""Whether a few miners that the log knows take our password, and the meter can be read: by reads alone."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from events.state import RegisteredMiner
from netstab.check.finding import Finding, fail, good, warn
from netstab.clock import steady_clock
from netstab.devices.awesome_miner.back_end import AwesomeMiner
from netstab.devices.families import driver_of, family_of
from netstab.devices.port import Endpoint
from netstab.devices.web import Web
from netstab.errors import DeviceError, MeterError, NotAMiner, Unauthorized, Unreachable
from netstab.meters.drivers import meter_for
from netstab.settings import Settings
from netstab.units import kilowatts

__all__ = ["ASKED", "awesome_miner", "meter", "password"]

ASKED = 3
"""Miners of a family that are asked at most; each family has a password of its own."""


def password(settings: Settings, miners: Sequence[RegisteredMiner]) -> Iterator[Finding]:
    """Ask a few miners by what the settings have for them."""
    usual = [
        miner for miner in miners if (miner.controllable or miner.locked) and _may_be_asked(miner, settings)
    ]
    if not usual:
        yield good(
            "miners", "No miner that is controlled is known yet, so that none was asked for its password."
        )
        return
    asked = _of_each_kind(usual)
    web = Web(settings.credentials, settings.reach, whatsminer_api_port=settings.whatsminer_api_port)
    with ThreadPoolExecutor(len(asked)) as threads:
        yield from threads.map(lambda miner: _asked(miner, web), asked)


def _of_each_kind(miners: Sequence[RegisteredMiner]) -> list[RegisteredMiner]:
    """Choose a few of each family, among them one that refused our password, in the order of families."""
    kinds: dict[str, list[RegisteredMiner]] = {}
    for miner in sorted(miners, key=lambda each: not each.locked):
        family = family_of(miner.firmware, miner.model, miner.firmware_version)
        kinds.setdefault(family.key, []).append(miner)
    return [miner for kind in kinds.values() for miner in kind[:: max(1, len(kind) // ASKED)][:ASKED]]


def _may_be_asked(miner: RegisteredMiner, settings: Settings) -> bool:
    return miner.direct and settings.reach.takes(miner.miner_id, miner.api_port, miner.http_port)


def _asked(miner: RegisteredMiner, web: Web) -> Finding:
    endpoint = Endpoint(miner.miner_id, miner.api_port, miner.http_port)
    family = family_of(miner.firmware, miner.model, miner.firmware_version)
    try:
        driver_of(family, web).probe(endpoint)
    except Unauthorized as error:
        names = " and ".join(one.name for one in family.credentials)
        return fail("miners", f"{miner.miner_id}: {error} Set {names} to its own.")
    except NotAMiner:
        return warn(
            "miners",
            f"{miner.miner_id} answers, but is no miner: see what has this address now, and scan again.",
        )
    except Unreachable as error:
        return warn("miners", f"{error} See whether the miner {miner.miner_id} has power and network.")
    except DeviceError as error:
        return warn("miners", f"{miner.miner_id} answers unusably: {error}")
    proved = ", and takes our password"
    if family.reads_freely:
        proved = "; what it is shown with a command is not tried" if family.credentials else ""
    return good("miners", f"{miner.miner_id} answers{proved}.")


def awesome_miner(settings: Settings) -> Iterator[Finding]:
    """Ask Awesome Miner for its miners, once."""
    back_end = AwesomeMiner(settings.awesome_miner, settings.reach)
    try:
        back_end.poll()
    except DeviceError as error:
        yield fail("awesome miner", str(error))
    else:
        yield good("awesome miner", f"It lists {len(back_end.board.known.numbers)} units.")


def meter(settings: Settings) -> Iterator[Finding]:
    """Take one reading."""
    driver = meter_for(settings.meter, steady_clock())
    if driver is None:
        yield good("meter", "None is set: active power is the sum of what miners report.")
        return
    try:
        reading = driver.read()
    except MeterError as error:
        yield fail("meter", f"{error} See POWER_METER_URL and what belongs to it.")
    else:
        yield good("meter", f"It shows {kilowatts(reading.power)} kW for the miners.")
