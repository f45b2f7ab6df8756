"""The sections of the mining process's answers, as JSON text with the defects that were recorded."""

import json
import re

from netstab.simulation import conf
from netstab.simulation.device import Device

__all__ = ["devices", "dialect", "latest", "latest_total", "pool_list", "pools", "summary", "version"]

_SHARES_PER_GIGAHASH_SECOND = 2.6e-6
_AROUND_HOST = re.compile(r"^.*://|:\d*$")


def dialect(device: Device) -> dict[str, str]:
    """Return the words in which the two firmwares differ."""
    if device.unit.stock:
        return {
            "program": "bmminer 1.0.0",
            "title": "BMMiner",
            "stats_key": "BMMiner",
            "version_key": "BMMiner",
            "version": "2.0.0",
            "api": "3.1",
            "miner": "30.0.1.3",
            "compiled": "Wed Jul 31 16:18:27 CST 2019",
            "type": "Antminer S9\nV1.3.58",
            "tail": ',"VER":"200215"',
        }
    return {
        "program": "cgminer 4.11.1",
        "title": "CGMiner",
        "stats_key": "Cgminer",
        "version_key": "CGMiner",
        "version": "4.11.1",
        "api": "3.7",
        "miner": "26.0.1.3",
        "compiled": "Fri May  8 15:27:59 CST 2020",
        "type": device.unit.name,
        "tail": "",
    }


def version(device: Device) -> str:
    words = dialect(device)
    return (
        f'{{"{words["version_key"]}":"{words["version"]}","API":"{words["api"]}","Miner":"{words["miner"]}",'
        f'"CompileTime":"{words["compiled"]}","Type":"{words["type"]}"{words["tail"]}}}'
    )


def summary(device: Device) -> str:
    miner = device.miner
    seconds = max(1, int(miner.elapsed))
    work = miner.mean_hashrate * seconds
    shares = int(work * _SHARES_PER_GIGAHASH_SECOND)
    return (
        f'{{"Elapsed":{int(miner.elapsed)},"GHS 5s":"{latest_total(device)}",'
        f'"GHS av":{miner.mean_hashrate:.2f},"Found Blocks":0,"Getworks":{seconds // 30},'
        f'"Accepted":{shares},"Rejected":{shares // 800},"Hardware Errors":{seconds // 100},'
        f'"Utility":{shares * 60 / seconds:.2f},"Discarded":{seconds // 2},"Stale":0,'
        f'"Get Failures":0,"Local Work":{seconds * 29},"Remote Failures":0,"Network Blocks":'
        f'{seconds // 600},"Total MH":{work * 1000:.4f},"Work Utility":{work * 14 / seconds:.2f},'
        f'"Difficulty Accepted":{shares * 65536:.8f},"Difficulty Rejected":{shares // 800 * 65536:.8f},'
        '"Difficulty Stale":0.00000000,"Best Share":31539419,"Device Hardware%":0.0004,'
        '"Device Rejected%":0.1560,"Pool Rejected%":0.1560,"Pool Stale%":0.0000,'
        f'"Last getwork":{device.wall_clock}}}'
    )


def latest(rate: float) -> str:
    """Print a hashrate; before the first sample the miner prints its empty buffer."""
    return f"{rate:.2f}" if rate > 0 else ""


def latest_total(device: Device) -> str:
    """Print the miner's hashrate; one without a pool goes on taking samples, of zero."""
    return "0.00" if device.miner.pool_lost else latest(device.miner.hashrate)


def pool_list(device: Device) -> list[dict[str, object]]:
    """List the configured pools as the miner sees them, and on Vnish the one of its developers."""
    listed = []
    accepted = int(device.miner.mean_hashrate * device.miner.elapsed * _SHARES_PER_GIGAHASH_SECOND)
    for number, pool in enumerate(conf.pools(device.parsed_conf)):
        url, active = pool.get("url", ""), number == device.active_pool
        scheme = "" if "://" in url or not url else "stratum+tcp://"
        worker, lost = pool.get("user", ""), device.miner.pool_lost
        shares = accepted * active
        listed.append(_pool(number, scheme + url, worker, accepted=shares, active=active, lost=lost))
    if not device.unit.stock:
        listed.append(_pool(len(listed), "DevFee", "DevFee", accepted=accepted // 50, active=False))
    return listed


def _pool(
    number: int, url: str, user: str, *, accepted: int, active: bool, lost: bool = False
) -> dict[str, object]:
    usable = url == "DevFee" or (":" in url.removeprefix("stratum+tcp://") and not lost)
    return {
        "POOL": number,
        "URL": url,
        "Status": "Alive" if usable else "Dead",
        "Priority": 993 if url == "DevFee" else number,
        "Quota": 1,
        "Long Poll": "N",
        "Getworks": accepted,
        "Accepted": accepted,
        "Rejected": 0,
        "Discarded": 0,
        "Stale": 0,
        "Get Failures": 0,
        "Remote Failures": 0,
        "User": user,
        "Last Share Time": "0:00:03" if accepted else "0",
        "Diff": "65.5K" if active else "",
        "Diff1 Shares": 0,
        "Proxy Type": "",
        "Proxy": "",
        "Difficulty Accepted": accepted * 65536.0,
        "Difficulty Rejected": 0.0,
        "Difficulty Stale": 0.0,
        "Last Share Difficulty": 65536.0 if accepted else 0.0,
        "Has Stratum": usable,
        "Stratum Active": active and usable,
        "Stratum URL": _AROUND_HOST.sub("", url) if active else "",
        "Has GBT": False,
        "Best Share": 47581166 if accepted else 0,
        "Pool Rejected%": 0.0,
        "Pool Stale%": 0.0,
    }


def pools(device: Device) -> str:
    boost = {} if device.unit.stock else {"Boost": "Normal"}
    listed = (json.dumps(pool | boost, separators=(",", ":")) for pool in pool_list(device))
    return ",".join(listed)


def devices(device: Device) -> str:
    miner = device.miner
    return ",".join(
        f'{{"ASC":{board},"Name":"BC5","ID":{board},"Enabled":"Y","Status":"Alive",'
        f'"Temperature":{miner.chip_temperature(board):.2f},"MHS av":{miner.mean_hashrate * 1000 / 3:.2f},'
        f'"MHS 5s":{miner.board_hashrate(board) * 1000:.2f},"Accepted":0,"Rejected":0,"Hardware Errors":0,'
        f'"Device Elapsed":{int(miner.elapsed)}}}'
        for board in range(3)
        if device.unit.chips[board]
    )
