"""The answer to `stats`: one long line per miner, filled into a template because it is asked for most."""

from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.simulation.device import Device
from netstab.simulation.sections import dialect, latest, latest_total

__all__ = ["CHAINS", "chip_map", "fan_speeds", "stats"]

CHAINS = (6, 7, 8)
"""The positions at which an S9 lists its three boards."""

_FULL_CHIPS = ANTMINER_S9.chips_per_board


def chip_map(alive: int) -> str:
    """Draw a board's chips as the miner does: `o` works, `x` does not, a blank before every eight."""
    if not alive:
        return ""
    signs = "o" * alive + "x" * (_FULL_CHIPS - alive)
    return "".join(" " + signs[start : start + 8] for start in range(0, _FULL_CHIPS, 8))


def fan_speeds(device: Device) -> tuple[int, int]:
    """Return the two fans' speed, in rpm."""
    heat = max(device.miner.chip_temperature(board) for board in range(3))
    return 60 * (40 + heat // 2), 60 * (44 + heat // 2)


def _sixteen(name: str, absent: str) -> str:
    """List all sixteen places of a figure; only the S9's three are ever filled."""
    return ",".join(
        f'"{name}{place}":' + (f"%({name}{place})s" if place in CHAINS else absent) for place in range(1, 17)
    )


def _three(*names: str) -> str:
    return ",".join(f'"{name}{chain}":%({name}{chain})s' for name in names for chain in CHAINS)


def _template(figures: str, tail: str) -> str:
    parts = (
        (
            '{"%(stats_key)s":"%(version)s","Miner":"%(miner)s","CompileTime":"%(compiled)s","Type":"%(type)s"}'
            '{"STATS":0,"ID":"BC50","Elapsed":%(elapsed)d,"Calls":0,"Wait":0.000000,"Max":0.000000,'
            '"Min":99999999.000000,"GHS 5s":"%(latest)s","GHS av":%(mean).2f,"miner_count":%(boards)d,'
            '"frequency":%(frequency)s,"fan_num":2,"fan1":0,"fan2":0,"fan3":0,"fan4":0,"fan5":%(fan5)d,'
            '"fan6":%(fan6)d,"fan7":0,"fan8":0,"temp_num":%(boards)d'
        ),
        _sixteen("temp", "0"),
        _sixteen("temp2_", "0"),
        ",".join(f'"temp3_{place}":0' for place in range(1, 17)),
        _sixteen("freq_avg", "0.00"),
        '"total_rateideal":%(ideal).2f,"total_freqavg":%(average).2f,"total_acn":%(chips)d,"total_rate":%(total).2f',
        _sixteen("chain_rateideal", "0.00"),
        '"temp_max":%(hottest)d,"Device Hardware%%":0.0034,"no_matching_work":%(elapsed)d',
        _sixteen("chain_acn", "0"),
        _sixteen("chain_acs", '""'),
        _sixteen("chain_hw", "0"),
        _sixteen("chain_rate", '""'),
        figures,
        '"miner_version":"%(miner)s"' + tail + "}",
    )
    return ",".join(parts)


_STOCK = _template(_three("chain_xtime", "chain_offside_", "chain_opencore_"), "")
_VNISH = _template(
    _three(
        "chain_bchips", "chain_xtime", "chain_offside_", "chain_opencore_", "chain_vol", "chain_consumption"
    ),
    ',"manual_fan_mode":false,"build_version":"3.9.0"',
)


def stats(device: Device) -> str:
    """Write both objects of `stats`, without a comma between them, as every recorded S9 does."""
    miner, stock = device.miner, device.unit.stock
    frequency = round(miner.running.frequency)
    fan5, fan6 = fan_speeds(device)
    values: dict[str, object] = {
        **dialect(device),
        "elapsed": miner.elapsed,
        "latest": latest_total(device),
        "mean": miner.mean_hashrate,
        "boards": sum(map(bool, device.unit.chips)),
        "frequency": frequency if stock else f'"{frequency}"',
        "fan5": fan5,
        "fan6": fan6,
        "ideal": sum(map(miner.board_ideal, range(3))),
        "average": frequency,
        "chips": sum(device.unit.chips),
        "total": miner.hashrate,
        "hottest": max(map(miner.chip_temperature, range(3))),
    }
    for board, chain in enumerate(CHAINS):
        values |= _board(device, board, chain)
    return (_STOCK if stock else _VNISH) % values


def _board(device: Device, board: int, chain: int) -> dict[str, object]:
    miner, chips = device.miner, device.unit.chips[board]
    heat = miner.chip_temperature(board)
    return {
        f"temp{chain}": max(0, heat - 15),
        f"temp2_{chain}": heat,
        f"freq_avg{chain}": f"{miner.running.frequency if chips else 0:.2f}",
        f"chain_rateideal{chain}": f"{miner.board_ideal(board):.2f}",
        f"chain_acn{chain}": chips and _FULL_CHIPS,
        f"chain_acs{chain}": f'"{chip_map(chips)}"',
        f"chain_hw{chain}": int(miner.elapsed) // 300 if chips else 0,
        f"chain_rate{chain}": f'"{latest(miner.board_hashrate(board))}"',
        f"chain_bchips{chain}": '"Warm up"',
        f"chain_xtime{chain}": '"{}"',
        f"chain_offside_{chain}": '"0"',
        f"chain_opencore_{chain}": '"0"',
        f"chain_vol{chain}": round(miner.running.voltage * 100) if chips else 0,
        f"chain_consumption{chain}": miner.board_power(board),
    }
