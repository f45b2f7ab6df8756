"""From what Vnish 1.x tells at one look to a `Reading`. Pure."""

from collections.abc import Mapping
from typing import Any

from netstab.devices.antminer.loose_json import number, plausible
from netstab.devices.antminer.naming import label
from netstab.devices.figures import MOST_HASHRATE, MOST_POWER, NO_POWER, entries, shares_of
from netstab.devices.port import Activity, Board, Pool, Reading
from netstab.devices.vnish.documents import Performance, Preset, among, version_in
from netstab.devices.vnish.power import setting_of, throttled
from netstab.errors import MalformedAnswer
from netstab.power.unit import COMMON_IDLE_POWER
from netstab.units import Celsius, GigahashPerSecond, Seconds, Setting, Volts, Watts

__all__ = [
    "is_measured",
    "pools",
    "reading",
    "shares",
    "state_of",
    "tells_no_throttle",
    "throttle",
    "throttles",
    "tunes_itself",
]

FAILURE, TUNES = "failure", "auto-tuning"
_HASHES = ("mining", TUNES)
_STARTS = ("initializing", "starting", "restarting", "shutting-down")
_RESTS = ("stopped", FAILURE)
_DEAD = ("failure", "failed", "broken", "stopped", "disabled")
_LATE = Seconds(120.0)
_MOST_BOARDS = 16
_MOST_POOLS = 8
_FEE = "DevFee"
_ANSWERING = ("active", "working")


def state_of(summary: Mapping[str, Any]) -> str:
    """Return the word for what the mining process does, "" where none is given."""
    return label(among(summary, "miner", "miner_status").get("miner_state"))


def throttles(summary: Mapping[str, Any]) -> bool:
    """Whether it takes a throttle: it tells of one, or its type names the version that brought it."""
    told = "throttled" in among(summary, "miner", "miner_status")
    return told or version_in(label(among(summary, "miner").get("miner_type"))) >= (1, 3)


def tells_no_throttle(summary: Mapping[str, Any]) -> bool:
    """Whether it takes a throttle and does not tell here how far it is throttled."""
    return throttles(summary) and "throttled" not in among(summary, "miner", "miner_status")


def throttle(summary: Mapping[str, Any]) -> int | None:
    """Return the percent that it is throttled to, 100 where it is not; None where it does not say how far.

    The document calls the figure `throttled` and does not say what it is while nothing is throttled.
    """
    told = among(summary, "miner", "miner_status").get("throttled")
    if told is True:
        return None
    percent = number(told)
    if not percent:
        return 100 if told in (None, False, 0) else None
    return int(percent) if percent.is_integer() and 1 <= percent <= 100 else None


def tunes_itself(summary: Mapping[str, Any], told: Performance) -> str:
    """Name what moves its power by itself, "" where nothing does."""
    if told.switches_presets:
        return "preset switcher"
    return "auto-tuning" if state_of(summary) == TUNES else ""


def is_measured(summary: Mapping[str, Any]) -> bool:
    """Whether its supply measures what it tells of its power."""
    supply = among(summary, "miner", "psu")
    return supply.get("psu_power_metering") is True or supply.get("power_metering") is True


def setting(summary: Mapping[str, Any], preset: Preset | None) -> Setting | None:
    """Return the watts that it is set to, None of one whose frequencies are set by hand."""
    if preset is None or not preset.watts:
        return None
    powers = throttled(preset) if throttles(summary) else None
    if powers is None:
        return round(preset.watts)
    percent = throttle(summary)
    return None if percent is None else setting_of(powers, percent)


def reading(summary: Mapping[str, Any], told: Performance, failure: object = None) -> Reading:
    """Judge what it tells; `failure` is the code of a mining process that has failed, None if not known."""
    state, miner = state_of(summary), among(summary, "miner")
    if not state:
        raise MalformedAnswer("The miner does not say what its mining process does.")
    hashrate = plausible(miner.get("hr_realtime"), 0, MOST_HASHRATE) or 0.0
    activity = _activity(state, hashrate)
    found = [] if activity is Activity.STOPPED else _boards(miner)
    power, meant = (
        _power(miner, found, activity, measured=is_measured(summary)),
        setting(summary, told.preset),
    )
    supposed = Watts(float(meant)) if isinstance(meant, int) and hashrate else COMMON_IDLE_POWER
    awaits_pool = state in _HASHES and not hashrate and _no_pool_answers(miner)
    return Reading(
        activity=activity,
        power=supposed if power is None else power,
        hashrate=GigahashPerSecond(0.0 if activity is Activity.STOPPED else hashrate),
        setting=meant,
        elapsed=None,  # what its time counts from is not known: a change of state may begin it anew
        boards=tuple(found),
        fans=_fans(miner),
        uncertain=_uncertain(summary, hashrate, failure, awaits_pool=awaits_pool, power=power),
        power_at_most=told.preset.watts or None if told.preset is not None and not hashrate else None,
        awaits_pool=awaits_pool,
        self_tuning=tunes_itself(summary, told),
    )


def _activity(state: str, hashrate: float) -> Activity:
    """Judge by word and figure: to shut down, it hashes for a while yet."""
    if state in _RESTS:
        return Activity.STOPPED
    hashes = hashrate > 0 and (state not in _STARTS or state == "shutting-down")
    return Activity.HASHING if hashes else Activity.STARTING


def _power(
    miner: Mapping[str, Any], boards: list[Board], activity: Activity, *, measured: bool
) -> Watts | None:
    """Return what it tells that it draws, None where it tells nothing that can be."""
    if activity is Activity.STOPPED and not measured:
        return COMMON_IDLE_POWER
    told = miner.get("power_consumption", miner.get("power_usage"))
    power = plausible(told, 0, MOST_POWER) or sum(board.power or 0.0 for board in boards)
    return Watts(power) if power else None


def _uncertain(
    summary: Mapping[str, Any],
    hashrate: float,
    failure: object,
    *,
    awaits_pool: bool,
    power: Watts | None,
) -> str:
    state = state_of(summary)
    if state == FAILURE:
        code = label(failure)
        return "its firmware reports a failure" + (f", code {code}" if code else " and no code")
    if state not in (*_HASHES, *_STARTS, *_RESTS):
        return f"it says that it is {state}, which is not known"
    if awaits_pool:
        return "it does not hash: no pool answers it"
    lasted = plausible(among(summary, "miner", "miner_status").get("miner_state_time"), 0, 1e9)
    if state in _HASHES and not hashrate and lasted is not None and lasted > _LATE:
        return "it does not hash"
    return NO_POWER if hashrate and power is None else ""


def _boards(miner: Mapping[str, Any]) -> list[Board]:
    """Read its boards: `chains` of 1.2, `boards` of 1.3."""
    rows = entries(miner.get("chains", miner.get("boards")), _MOST_BOARDS)
    return [_board(place, row) for place, row in enumerate(rows)]


def _board(place: int, row: Mapping[str, Any]) -> Board:
    chips = {
        color: int(plausible(count, 0, 1000) or 0) for color, count in among(row, "chip_statuses").items()
    }
    total = sum(list(chips.values())[:8])
    dead = label(among(row, "status").get("state")) in _DEAD
    power = plausible(row.get("power_consumption"), 0, MOST_POWER)
    millivolts = plausible(row.get("voltage"), 0, 100_000)
    return Board(
        position=int(plausible(row.get("id"), 0, 1000) or place),
        chips_total=total,
        chips_ok=0 if dead else max(0, total - chips.get("red", 0)),
        frequency=plausible(row.get("frequency"), 0, 10_000) or 0.0,
        hashrate=GigahashPerSecond(plausible(row.get("hashrate_rt"), 0, MOST_HASHRATE) or 0.0),
        pcb_temperature=_hottest(row, "pcb_temp"),
        chip_temperature=_hottest(row, "chip_temp"),
        power=None if power is None else Watts(power),
        voltage=None if millivolts is None else Volts(millivolts / 1000),
    )


def _hottest(row: Mapping[str, Any], name: str) -> Celsius:
    return Celsius(plausible(among(row, name).get("max"), -40, 150) or 0.0)


def _fans(miner: Mapping[str, Any]) -> tuple[int, ...]:
    rows = entries(among(miner, "cooling").get("fans"), _MOST_BOARDS)
    speeds = [plausible(row.get("rpm"), 1, 20_000) for row in rows]
    return tuple(int(speed) for speed in speeds if speed)


def pools(summary: Mapping[str, Any]) -> tuple[Pool, ...]:
    """Return the owner's pools: the firmware's own one for its fee is nobody's."""
    rows = entries(among(summary, "miner").get("pools"), _MOST_POOLS)
    owned = [row for row in rows if not _is_for_the_fee(row)]
    return tuple(_pool(place, row) for place, row in enumerate(owned))


def _is_for_the_fee(row: Mapping[str, Any]) -> bool:
    return _FEE in (row.get("pool_type"), row.get("url"))


def _pool(place: int, row: Mapping[str, Any]) -> Pool:
    status = label(row.get("status"))
    accepted, rejected, stale = (
        int(plausible(row.get(name), 0, 1e15) or 0) for name in ("accepted", "rejected", "stale")
    )
    return Pool(
        position=int(plausible(row.get("id"), 0, 1000) or place),
        url=label(row.get("url"), 255),
        worker=label(row.get("user"), 255),
        status=status,
        accepted=accepted,
        rejected=rejected,
        stale=stale,
        stratum_active=status == "active",
    )


def _no_pool_answers(miner: Mapping[str, Any]) -> bool:
    own = pools({"miner": miner})
    return bool(own) and all(pool.status not in _ANSWERING for pool in own)


def shares(summary: Mapping[str, Any]) -> dict[str, int]:
    """Return the shares of the owner's pools, and the errors of the hardware."""
    errors = int(plausible(among(summary, "miner").get("hw_errors"), 0, 1e15) or 0)
    return shares_of(pools(summary), errors)
