"""What an Antminer tells of itself while it runs, to a `Reading`. Pure.

It tells the same in two dialects: that of the API of port 4028, and that of the page `stats.cgi`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netstab.devices.antminer.loose_json import number, plausible
from netstab.devices.antminer.naming import label
from netstab.devices.antminer.reading import DOES_NOT_HASH
from netstab.devices.antminer.texts import LONGEST_TEXT
from netstab.devices.antminers import Antminer, antminer_named
from netstab.devices.figures import MOST_HASHRATE, MOST_POWER, NO_POWER
from netstab.devices.port import Activity, Board, Reading
from netstab.power.unit import COMMON_IDLE_POWER
from netstab.units import Celsius, GigahashPerSecond, Seconds, Watts

__all__ = ["AS_SET", "START_LIMIT", "Told", "reading", "told_by_api", "told_by_page"]

AS_SET = "as set"
"""The one setting there is: such a machine runs as its owner has set it, or sleeps."""

START_LIMIT = Seconds(600.0)
"""How long a start takes is not established: minutes, as a boot. A process that is older starts no more."""

_MOST_BOARDS, _MOST_FANS, _MOST_CHIPS = 16, 16, 512
_BEYOND = 2.0  # of the rating nothing is or draws as much
_OLDEST_S = 1e8
_LEAST, _MOST = 0.2, 1.25  # of the rating: what a machine may be set to by level and mode
_WATTS = re.compile(r"\s{0,8}(\d{1,5}(?:\.\d{1,6})?)\s{0,8}(?:W\b|\Z)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Told:
    """One look. `hashrate` is the whole machine's, `ideal` what it should come to as it is set, in GH/s."""

    model: Antminer | None = None
    hashrate: float | None = None
    ideal: float | None = None
    elapsed: float | None = None
    boards: tuple[Board, ...] = ()
    fans: tuple[int, ...] = ()
    power: Watts | None = None
    mode: int | None = None
    implausible: tuple[str, ...] = field(default=())

    @property
    def hashes(self) -> bool:
        return bool(self.hashrate)


def told_by_api(entries: Sequence[Mapping[str, Any]]) -> Told:
    """Read the entries of `stats` of port 4028: the model in the first, figures in that with `Elapsed`."""
    name = label(entries[0].get("Type"), LONGEST_TEXT) if entries else ""
    figures = next((entry for entry in entries if "Elapsed" in entry), {})
    places = [
        place for place in range(1, _MOST_BOARDS + 1) if plausible(figures.get(f"chain_acn{place}"), 1, 512)
    ]
    boards = tuple(_board_of_api(figures, place) for place in places)
    fans = (figures.get(f"fan{place}") for place in range(1, _MOST_FANS + 1))
    return _told(
        name,
        figures,
        (figures.get("GHS 5s"), figures.get("total_rateideal"), figures.get("Elapsed")),
        boards,
        fans,
    )


def told_by_page(document: Mapping[str, Any]) -> Told:
    """Read `stats.cgi`; asleep its lists are empty."""
    info, found = document.get("INFO"), document.get("STATS")
    name = label(info.get("type"), LONGEST_TEXT) if isinstance(info, dict) else ""
    figures = _first(found)
    chains = [chain for chain in _listed(figures.get("chain"))[:_MOST_BOARDS] if isinstance(chain, dict)]
    boards = tuple(_board_of_page(chain) for chain in chains if plausible(chain.get("asic_num"), 1, 512))
    return _told(
        name,
        figures,
        (figures.get("rate_5s"), figures.get("rate_ideal"), figures.get("elapsed")),
        boards,
        _listed(figures.get("fan")),
    )


def reading(told: Told, mode: int | None, watts: Watts | None) -> Reading:
    """Judge one look. `mode` is the configured work mode (1: it is to sleep), `watts` what port 6060 told.

    A machine that hashes draws, whatever its mode is: it takes a moment to come to rest.
    """
    asleep = not told.hashes and (told.mode if mode is None else mode) == 1
    late = told.elapsed is not None and told.elapsed > START_LIMIT
    power = watts or told.power or _modelled(told)
    why = DOES_NOT_HASH if late and not told.hashes and not asleep else ""
    if told.hashes and power is None:
        why = f"{NO_POWER}, and none of its model is known"
    return Reading(
        activity=Activity.STOPPED if asleep else Activity.HASHING if told.hashes else Activity.STARTING,
        power=power or COMMON_IDLE_POWER,
        hashrate=GigahashPerSecond(told.hashrate or 0.0),
        setting=AS_SET,
        elapsed=None if told.elapsed is None else Seconds(told.elapsed),
        boards=() if asleep else told.boards,
        fans=told.fans,
        uncertain=why,
        power_at_most=told.model.power if why and told.model else None,
        implausible=_beyond(told),
    )


def _told(
    name: str,
    figures: Mapping[str, Any],
    totals: tuple[object, object, object],
    boards: tuple[Board, ...],
    fans: Iterable[object],
) -> Told:
    model = antminer_named(name)
    most = _BEYOND * model.hashrate if model else MOST_HASHRATE
    rate = number(totals[0])
    beyond = rate is not None and rate > most
    if rate is None and boards:
        rate = sum(board.hashrate for board in boards)
    mode = plausible(figures.get("miner-mode"), 0, 9)
    return Told(
        model=model,
        hashrate=None if rate is None else plausible(rate, 0, most),
        ideal=plausible(totals[1], 1, most),
        elapsed=plausible(totals[2], 0, _OLDEST_S),
        boards=boards,
        fans=tuple(int(speed) for fan in fans if (speed := plausible(fan, 1, 12_000)))[:_MOST_FANS],
        power=_own_power(figures, model),
        mode=None if mode is None else int(mode),
        implausible=(f"{rate:.6g} GH/s, more than {most:.6g}",) if beyond and rate is not None else (),
    )


def _own_power(figures: Mapping[str, Any], model: Antminer | None) -> Watts | None:
    """Return the machine's own figure, `3250 W` or 3250, where its build gives one."""
    for key in ("chain_power", "power"):
        found = _WATTS.match(label(figures.get(key)))
        watts = plausible(found[1], 1, _BEYOND * model.power if model else MOST_POWER) if found else None
        if watts:
            return Watts(watts)
    return None


def _modelled(told: Told) -> Watts | None:
    """Return what its model draws at the rate that it is set to, for the boards that hash; None asleep."""
    if not told.hashes or told.model is None:
        return None
    share = min(max(told.ideal / told.model.hashrate, _LEAST), _MOST) if told.ideal else 1.0
    hashing = sum(board.hashrate > 0 for board in told.boards)
    up = hashing / len(told.boards) if hashing else 1.0  # boards that give no rate of their own say nothing
    return Watts(max(COMMON_IDLE_POWER, told.model.power * share * up))


def _board_of_api(figures: Mapping[str, Any], place: int) -> Board:
    return _board(
        place,
        figures.get(f"chain_acn{place}"),
        figures.get(f"chain_acs{place}"),
        (figures.get(f"freq_avg{place}") or figures.get(f"freq{place}"), figures.get(f"chain_rate{place}")),
        (_sensors(figures.get(f"temp_pcb{place}")), _sensors(figures.get(f"temp_chip{place}"))),
    )


def _board_of_page(chain: Mapping[str, Any]) -> Board:
    return _board(
        int(plausible(chain.get("index"), 0, _MOST_BOARDS) or 0),
        chain.get("asic_num"),
        chain.get("asic"),
        (chain.get("freq_avg"), chain.get("rate_real")),
        (_listed(chain.get("temp_pcb")), _listed(chain.get("temp_chip"))),
    )


def _board(
    place: int,
    chips: object,
    marks: object,
    figures: tuple[object, object],
    sensors: tuple[Sequence[object], Sequence[object]],
) -> Board:
    """Make a board; `figures` are its frequency and rate, `sensors` those of the board and of the chips."""
    total = int(plausible(chips, 0, _MOST_CHIPS) or 0)
    seen = str(marks) if isinstance(marks, str) else ""
    pcb, chip = (_hottest(of) for of in sensors)
    return Board(
        position=place,
        chips_total=total,
        chips_ok=min(total, seen.count("o")) if seen.strip() else total,
        frequency=plausible(figures[0], 1, 2000) or 0.0,
        hashrate=GigahashPerSecond(plausible(figures[1], 0, 500_000) or 0.0),
        pcb_temperature=Celsius(pcb or chip),
        chip_temperature=Celsius(chip or pcb),
        power=None,
        voltage=None,
    )


def _sensors(value: object) -> Sequence[object]:
    """Return the sensors of a text like `78-50-69-70`."""
    return value[:LONGEST_TEXT].split("-") if isinstance(value, str) else ()


def _hottest(sensors: Sequence[object]) -> float:
    return max(
        (found for value in sensors[:_MOST_BOARDS] if (found := plausible(value, 1, 150))), default=0.0
    )


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _first(value: object) -> Mapping[str, Any]:
    first: object = next(iter(_listed(value)), {})
    return first if isinstance(first, dict) else {}


def _beyond(told: Told) -> str:
    who = told.model.name if told.model else "miner"
    return f"tells what no {who} can do: {', '.join(told.implausible)}" if told.implausible else ""
