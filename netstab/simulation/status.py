"""What the web server's scripts print of the mining process, as they print it, invalid JSON included."""

from collections.abc import Iterator

from netstab.simulation.device import Device
from netstab.simulation.physics import Stage
from netstab.simulation.sections import dialect, latest, latest_total, pool_list
from netstab.simulation.stats import CHAINS, chip_map, fan_speeds

__all__ = ["chip_hashrates", "miner_status", "system_info"]


def system_info(device: Device) -> str:
    """Print get_system_info.cgi: valid JSON even while the mining process is down, and it says so."""
    running = device.miner.api_answers
    words = dialect(device)
    refused = "" if device.miner.stage is Stage.STARTING else "Socket connect failed: Connection refused"
    values = {
        "minertype": device.unit.name,
        "nettype": "DHCP",
        "netdevice": "eth0",
        "macaddr": device.mac,
        "hostname": "antMiner",
        "ipaddress": device.miner_id,
        "netmask": "255.0.0.0",
        "gateway": "",
        "dnsservers": "",
        "curtime": "19:03:45",
        "uptime": "36",
        "loadaverage": "0.02, 0.29, 0.54",
        "mem_total": "503736",
        "mem_used": "389992",
        "mem_free": "113744",
        "mem_buffers": "44002",
        "mem_cached": "8872",
        "system_mode": "GNU/Linux",
        "ant_hwv": words["miner"] if running else refused,
        "system_kernel_version": "Linux 3.14.0-xilinx #1 SMP PREEMPT",
        "system_filesystem_version": "Tue Nov 30 17:18:39 CST 2021",
        "bmminer_version": words["version"] if running else "",
    }
    return "{\n" + ",\n".join(f'"{key}":"{value}"' for key, value in values.items()) + "\n}\n"


def miner_status(device: Device) -> str:
    """Print get_miner_status.cgi; on Vnish it is no JSON while the mining process is down."""
    running = device.miner.api_answers
    if not running and device.unit.stock:
        return _stock_idle()
    summary = _summary(device) if running else ""
    pools = "\n,\n".join(_pools(device)) + "\n]\n" if running else ""
    boards = "\n,\n".join(_board(device, place, running) for place in range(3))
    return f'{{\n"summary":\n{summary},\n"pools": [\n{pools},\n"devs": [\n{boards}\n]\n}}\n'


def _stock_idle() -> str:
    zeros = ",".join(f'"{key}":"0"' for key in ("elapsed", "ghs5s", "ghsav", "accepted", "rejected", "hw"))
    return f'{{"summary":{{{zeros}}},"pools":[],"devs":[]}}\n'


def _summary(device: Device) -> str:
    miner = device.miner
    seconds = int(miner.elapsed)
    shares = sum(int(str(pool["Accepted"])) for pool in pool_list(device))
    values = {
        "elapsed": seconds,
        "stale": 0,
        "ghs5s": f'"{latest_total(device)}"',
        "ghsav": round(miner.mean_hashrate, 2),
        "foundblocks": 0,
        "getworks ": seconds // 30,
        "accepted": shares,
        "rejected": shares // 800,
        "hw": seconds // 100,
        "utility": round(shares * 60 / max(1, seconds), 2),
        "discarded": seconds // 2,
        "localwork": seconds * 29,
        "wu": round(miner.mean_hashrate * 14, 2),
        "diffa": shares * 65536,
        "diffr": shares // 800 * 65536,
        "diffs": 0,
        "bestshare": 31539419,
    }
    return "{\n" + ",\n".join(f'  "{key}": {value}' for key, value in values.items()) + "\n}\n"


def _pools(device: Device) -> Iterator[str]:
    for pool in pool_list(device):
        url = str(pool["URL"]).rsplit("://", maxsplit=1)[-1]
        lines = [
            f'"index": {pool["POOL"]}',
            f'"url":"{url}"',
            f'"user":"{pool["User"]}"',
            f'"status":"{pool["Status"]}"',
            f'"priority":{pool["Priority"]}',
            f'"getworks":{pool["Getworks"]}',
            f'"accepted":{pool["Accepted"]}',
            '"rejected":0',
            '"discarded":0',
            '"stale":0',
            f'"diff":"{pool["Diff"]}"',
            '"diff1":0',
            f'"diffa":{pool["Difficulty Accepted"]}',
            '"diffr":0',
            '"diffs":0',
            f'"lsdiff":{pool["Last Share Difficulty"]}',
            f'"lstime":"{pool["Last Share Time"]}"',
            '"boost":"Normal"',
        ]
        yield "{\n" + ",\n".join(lines) + "\n}"


def _board(device: Device, board: int, running: bool) -> str:
    """Print one board: three are always listed, absent ones and those of a stopped miner without figures."""
    values = _board_values(device, board) if running else {}
    bare = ("rate", "chain_acs", "chain_bchips")
    lines = [f'"index":"{CHAINS[board]}"']
    for key in _board_keys(board):
        value = values.get(key, "")
        text = (f'"{value}"' if running else "") if key in bare else f'"{value}"'
        lines.append(f'"{key}": {text}' if key in bare else f'"{key}":{text}')
    return "{\n" + ",\n".join(lines) + "\n}"


def _board_keys(board: int) -> tuple[str, ...]:
    fans = tuple(f"fan{number}" for number in range(1, 9)) if board == 0 else ()
    figures = "temp temp2 hw rate rtideal totalideal totalrate totalacn chain_acs chain_bchips chain_vol"
    return ("chain_acn", "freq", "freqavg", *fans, *figures.split(), "chain_consumption")


def _board_values(device: Device, board: int) -> dict[str, object]:
    miner, chips = device.miner, device.unit.chips[board]
    fan5, fan6 = fan_speeds(device)
    heat, frequency = miner.chip_temperature(board), round(miner.running.frequency)
    return {
        "chain_acn": 63 if chips else 0,
        "freq": frequency,
        "freqavg": frequency if chips else 0,
        **{f"fan{number}": 0 for number in range(1, 9)},
        "fan5": fan5,
        "fan6": fan6,
        "temp": max(0, heat - 15),
        "temp2": heat,
        "hw": int(miner.elapsed) // 300,
        "rate": latest(miner.board_hashrate(board)),
        "rtideal": round(miner.board_ideal(board), 1),
        "totalideal": round(sum(map(miner.board_ideal, range(3))), 1),
        "totalrate": round(miner.hashrate, 2),
        "totalacn": sum(device.unit.chips),
        "chain_acs": chip_map(chips),
        "chain_bchips": "Warm up",
        "chain_vol": round(miner.running.voltage * 100),
        "chain_consumption": miner.board_power(board),
    }


def chip_hashrates(device: Device) -> str:
    """Print chip_hr.json: a file the mining process leaves behind, so a stopped miner's is stale."""
    rate = round(device.miner.running.frequency * 0.114)
    boards = (
        "{\n" + ",\n".join(f'"Asic{chip:02d}": "{rate if chip < alive else 0}"' for chip in range(63)) + "\n}"
        for alive in device.unit.chips
    )
    return '{\n"chiphr": [\n' + ",\n".join(boards) + "\n]\n}\n"
