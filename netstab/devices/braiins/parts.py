"""The parts of a machine, from its REST answers: boards, fans, pools. Pure."""

from netstab.devices.antminer.naming import label
from netstab.devices.antminer.texts import LONGEST_TEXT
from netstab.devices.braiins.documents import hashrate
from netstab.devices.figures import dug, entries, figure, parsed, parsed_list, whole
from netstab.devices.port import Board, Pool
from netstab.units import Celsius, Volts

__all__ = ["boards", "fans", "pools"]

_MOST_COUNTED = 2**53
_MOST_BOARDS = _MOST_FANS = _MOST_POOLS = 16
_HOTTEST = 200.0  # °C


def boards(body: bytes, *, hashing: bool) -> tuple[Board, ...]:
    """Read `miner/hw/hashboards`: while others hash, one that does not has no chips that work."""
    listed = entries(parsed(body).get("hashboards"), _MOST_BOARDS)
    return tuple(_board(place, board, hashing=hashing) for place, board in enumerate(listed, 1))


def _board(place: int, board: dict[str, object], *, hashing: bool) -> Board:
    chips = whole(board, "chips_count", most=4096) or 0
    rates = dug(board, "stats", "real_hashrate")
    rate = hashrate(dug(rates, "last_5s")) or hashrate(dug(rates, "last_15s"))
    dead = board.get("enabled") is False or (hashing and not rate)
    frequency = figure(board, "current_frequency", "hertz", most=5e9) or 0.0
    voltage = figure(board, "current_voltage", "volt", most=100.0)
    pcb = _celsius(board.get("board_temp"))
    return Board(
        position=whole(board, "id", most=255) or place,
        chips_total=chips,
        chips_ok=0 if dead else chips,
        frequency=frequency / 1e6,
        hashrate=rate,
        pcb_temperature=pcb,
        chip_temperature=_celsius(dug(board, "highest_chip_temp", "temperature")) or pcb,
        power=None,
        voltage=None if voltage is None else Volts(voltage),
    )


def fans(body: bytes) -> tuple[int, ...]:
    """Read the speeds of `cooling/state` in rpm."""
    listed = entries(parsed(body).get("fans"), _MOST_FANS)
    return tuple(whole(fan, "rpm", most=60_000) or 0 for fan in listed)


def pools(body: bytes) -> tuple[Pool, ...]:
    """Read `pools/`: groups of pools, in the order of their use."""
    groups = entries(parsed_list(body), _MOST_POOLS)
    listed = [pool for group in groups for pool in entries(group.get("pools"), _MOST_POOLS)]
    return tuple(_pool(place, pool) for place, pool in enumerate(listed[:_MOST_POOLS]))


def _pool(place: int, pool: dict[str, object]) -> Pool:
    shares = dug(pool, "stats")
    accepted, rejected, stale = (
        whole(shares, name, most=_MOST_COUNTED) or 0
        for name in ("accepted_shares", "rejected_shares", "stale_shares")
    )
    alive = "Alive" if pool.get("alive") is True else "Dead"
    return Pool(
        position=place,
        url=label(pool.get("url"), LONGEST_TEXT),
        worker=label(pool.get("user"), LONGEST_TEXT),
        status=alive if pool.get("enabled") is not False else "Disabled",
        accepted=accepted,
        rejected=rejected,
        stale=stale,
        stratum_active=pool.get("active") is True,
    )


def _celsius(document: object) -> Celsius:
    return Celsius(figure(document, "degree_c", least=-60.0, most=_HOTTEST) or 0.0)
