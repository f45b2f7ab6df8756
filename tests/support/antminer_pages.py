"""The pages of an S21 on Bitmain's firmware, made by hand after its maker's own page; none was recorded."""

import json
from typing import Any

from canned_miner import MAKERS, CannedMiner, Page, recorded

__all__ = ["CONFIGURATION", "POOLS", "SYSTEM", "AntminerPages", "antminer", "body", "stats"]

SYSTEM = (MAKERS / "antminer_stock_s19/system_info.json").read_bytes()
POOLS = [
    {"url": "stratum+tcp://pool.example.com:3333", "user": "account.worker", "pass": "x',=&%41"},
    {"url": "stratum+tcp://other.example.com:3333", "user": "account.wörker", "pass": ""},
    {"url": "", "user": "", "pass": ""},
]
CONFIGURATION: dict[str, Any] = {
    "pools": POOLS,
    "api-listen": True,
    "api-network": True,
    "api-groups": "A:stats:pools:devs:summary:version",
    "api-allow": "A:0/0,W:*",
    "bitmain-fan-ctrl": False,
    "bitmain-fan-pwm": "100",
    "bitmain-use-vil": True,
    "bitmain-freq": "525",
    "bitmain-voltage": "1360",
    "bitmain-ccdelay": "0",
    "bitmain-pwth": "0",
    "bitmain-work-mode": "0",
    "bitmain-freq-level": "100",
}


def body(document: object) -> bytes:
    return json.dumps(document).encode()


def stats(rate: float, model: str = "Antminer S21", **more: Any) -> bytes:
    """The page `stats.cgi` of a machine at a rate in GH/s; asleep it lists nothing."""
    chain = {"index": 0, "freq_avg": 525, "rate_real": rate / 3, "asic_num": 108, "asic": "ooo ooo" * 18}
    chains = [{**chain, "index": place, "temp_pcb": [50, 52], "temp_chip": [66, 70]} for place in range(3)]
    machine = {"elapsed": 500, "rate_5s": rate, "rate_ideal": 200_000.0, "fan": [5880, 6000], "chain": chains}
    listed = [{**machine, **more}] if rate else []
    return body({"STATUS": {"STATUS": "S"}, "INFO": {"type": model}, "STATS": listed})


class AntminerPages(dict[str, Page]):
    """Pages that store what is posted as the device does, and keep it all in `written`.

    `ignores` are the values of `miner-mode` that it takes without heeding them; `answer` is what it says.
    """

    def __init__(self, configuration: dict[str, Any] | None = None) -> None:
        self.configuration = dict(CONFIGURATION if configuration is None else configuration)
        self.written: list[dict[str, Any]] = []
        self.ignores: tuple[object, ...] = ()
        self.answer = b'{"stats":"success","code":"M000","msg":"OK!"}'
        super().__init__(
            {
                "/cgi-bin/get_system_info.cgi": SYSTEM,
                "/cgi-bin/get_miner_conf.cgi": lambda _body: body(self.configuration),
                "/cgi-bin/set_miner_conf.cgi": self.take,
                "/cgi-bin/stats.cgi": lambda _body: stats(0.0 if self.mode == "1" else 198_000.0),
                "/cgi-bin/blink.cgi": lambda said: (
                    b'{"code":"B000"}' if b"true" in said else b'{"code":"B100"}'
                ),
                "/cgi-bin/reboot.cgi": b"",
                "/cgi-bin/reset_conf.cgi": b"",
            }
        )

    @property
    def mode(self) -> str:
        return str(self.configuration.get("bitmain-work-mode", ""))

    def take(self, posted: bytes) -> bytes:
        """Store pools, fan and mode together, whatever they are: what is missing is lost."""
        told = json.loads(posted)
        self.written.append(told)
        if self.answer.startswith(b'{"stats":"error"'):
            return self.answer
        blank = {"url": "", "user": "", "pass": ""}
        self.configuration["pools"] = told.get("pools", [blank] * 3)
        self.configuration["bitmain-fan-ctrl"] = told.get("bitmain-fan-ctrl", False)
        self.configuration["bitmain-fan-pwm"] = told.get("bitmain-fan-pwn", "")
        self.configuration["bitmain-freq-level"] = told.get("freq-level", "")
        if "miner-mode" in told and told["miner-mode"] not in self.ignores:
            self.configuration["bitmain-work-mode"] = str(told["miner-mode"])
        return self.answer


def antminer(pages: dict[str, Page]) -> CannedMiner:
    """A machine with those pages, and the API of a recorded S19 Pro."""
    return CannedMiner(pages, recorded("antminer_stock_s19"))
