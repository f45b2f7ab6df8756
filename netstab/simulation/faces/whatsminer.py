"""A Whatsminer as both of its APIs find it: service, clock, percentage and limit of power, write access.

Answers are the recorded ones with the machine's own figures. Laws are those of the maker's manual: a
percentage in fast mode takes about 1 s, off by up to 3 %, and is lost when mining ends; a limit restarts the
miner; from a start to full clock it takes 6-10 minutes, or one where it boots fast.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from netstab.simulation.faces.face import Face, HttpRequest, Place, WebAnswer, golden
from netstab.simulation.faces.machine import Build, Machine, Port
from netstab.simulation.physics import Stage
from netstab.simulation.tunable import Law

__all__ = ["ACCOUNT", "DOWN", "EPOCH", "Model", "Whatsminer", "built", "document", "recorded"]

EPOCH = 1_790_000_000
"""What its clock shows when its physics begin, in s."""

ACCOUNT = "super"

DOWN = 8.0
"""Seconds without both APIs while the process restarts."""

_FAST, _NORMAL = 0.4, 60.0  # time constants of a percentage in s
_SAYS_SO = 1.0  # s before it does
_REBOOT = 60.0
_FALLS = 60.0  # s that it holds a percentage that is too low for it
_CHIP, _BOARD, _ROOM = 82.0, 65.0, 28.0  # °C at full power, and of the air
_BLADES = 5400.0


@dataclass(frozen=True, slots=True)
class Model:
    """A model: the type that it tells, its power limit in W, its hash rate in GH/s, its clock in MHz."""

    name: str
    type_name: str
    limit: float
    hashrate: float
    clock: float


def document(content: bytes) -> dict[str, Any]:
    """Return a request or answer in JSON, {} for what is no object."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def recorded(folder: str, name: str) -> dict[str, Any]:
    """Return a recorded answer, to change at will."""
    return document(golden(folder, f"{name}.json"))


def built(model: Model, place: Place) -> Machine:
    chance = place.rng
    law = Law(
        idle=chance.uniform(11.0, 15.0),
        start=(20.0, 60.0),
        rises=_FAST,
        falls=_FAST,
        share=chance.uniform(0.93, 0.99),
        scatter=0.03,
        ripple=0.004,
        climb=(330.0, 540.0),
    )
    build = Build(
        model.name, place.mac, model.limit, model.hashrate, 0.0, law, told=chance.uniform(0.97, 1.03)
    )
    return Machine(build, chance, asleep=place.asleep)


class Whatsminer(Face):
    """What it is and does, whoever asks.

    `percent` is what it is set to, 0 where none is in use; one that is `keeps_0` says that ever after.
    `limit` is in W, `clock_off` in s.

    `open` is its write access, `password` that of whoever may write. Below the percentage `stable_from` it
    gets unstable and restarts itself.
    """

    default_password = "super"  # noqa: S105  # nosec B105  # the maker's

    def __init__(self, machine: Machine, model: Model) -> None:
        super().__init__(machine)
        self.model, self.limit, self.percent = model, model.limit, 0
        self.open, self.password, self.clock_off = True, self.default_password, 0.0
        self.blinks = self.boots_fast = self.keeps_0 = False
        self._gone = (0.0, 0.0)
        self.stable_from, self._falls_at = 0, inf

    @property
    def told_percent(self) -> int:
        return 0 if self.keeps_0 else self.percent

    @property
    def clock(self) -> int:
        """Its own time, in seconds since 1970."""
        return int(EPOCH + self.machine.now + self.clock_off)

    @property
    def ports(self) -> frozenset[Port]:
        begins, ends = self._gone
        return frozenset() if begins <= self.machine.now < ends else super().ports

    def settle(self, now: float) -> None:
        if self._falls_at <= now:
            self.machine.advance(self._falls_at)
            self.restart()
        self.machine.advance(now)

    def web(self, request: HttpRequest) -> WebAnswer | None:
        """Send whoever asks to its own pages, which are on another port."""
        self.machine.note(Port.WEB, f"{request.method} {request.path}", write=request.method != "GET")
        there = f"Location: https://{request.headers.get('host', '')}/cgi-bin/luci\r\n"
        return WebAnswer(b"", "307 Temporary Redirect", "", there)

    @property
    def next_change(self) -> float:
        return min(
            self.machine.next_change,
            *(at for at in (*self._gone, self._falls_at, inf) if at > self.machine.now),
        )

    @property
    def working(self) -> bool:
        return self.machine.stage is not Stage.DOWN

    @property
    def climbed(self) -> float:
        """How much of its clock it has, 0 to 1."""
        if self.machine.ramped:
            return 1.0
        sought = self.machine.target * self.machine.law.share
        return min(0.99, max(0.0, self.machine.power / sought)) if self.machine.hashing else 0.0

    @property
    def terahash(self) -> float:
        return round(self.machine.hashrate / 1000, 3)

    def devdetails(self) -> dict[str, Any]:
        """Return what its boards are, as the maker's manual has it."""
        status = {"STATUS": "S", "When": self.clock, "Code": 69, "Msg": "Device Details"}
        board = {"Name": "SM", "Driver": "bitmicro", "Kernel": "", "Model": self.model.type_name}
        return {
            "STATUS": [{**status, "Description": "btminer"}],
            "DEVDETAILS": [{"DEVDETAILS": place, "ID": place, **board} for place in range(3)],
            "id": 1,
        }

    def chip_temperature(self, board: int) -> float:
        return round(_ROOM + (_CHIP - _ROOM + board) * self._load, 1)

    def board_temperature(self, board: int) -> float:
        return round(_ROOM + (_BOARD - _ROOM + board) * self._load, 1)

    @property
    def fans(self) -> tuple[int, int]:
        speed = round(_BLADES * (0.3 + 0.7 * self._load))
        return speed, speed - 120

    @property
    def _load(self) -> float:
        return min(1.2, self.machine.power / self.limit)

    def set_percent(self, percent: int, *, fast: bool) -> bool:
        """Set a share of the limit; False where it does not take one yet."""
        if not self.machine.ramped or not 0 <= percent <= 100:
            return False
        self.percent = percent
        power = self.limit * (percent or 100) / 100
        self.machine.tune(power, lag=_FAST if fast else _NORMAL, exact=not fast)
        self._falls_at = self.machine.now + _FALLS if 0 < percent < self.stable_from else inf
        return True

    def set_limit(self, limit: float) -> None:
        """Set another limit, which costs a start."""
        self.limit = limit
        self.restart()

    def stop(self) -> None:
        self._forget()
        self.machine.sleep()

    def start(self) -> None:
        if not self.working:
            self._forget()
            self.machine.wake()

    def restart(self, gone: float = DOWN) -> None:
        """Restart what mines, and both APIs once they have said so; where the service is off it stays off."""
        self._gone = self.machine.now + _SAYS_SO, self.machine.now + _SAYS_SO + gone
        self._forget()
        if self.working:
            self.machine.restart()

    def reboot(self) -> None:
        self.restart(_REBOOT)

    def reset(self) -> None:
        """Restore the maker's defaults: nobody may write any more."""
        self.open, self.password = False, self.default_password
        self.reboot()

    def _forget(self) -> None:
        """Lose what lasts no longer than mining does."""
        self.percent, self._falls_at = 0, inf
        self.machine.tune(self.limit)

    def boot_fast(self) -> None:
        """Have it start within a minute from now on."""
        self.boots_fast = True
        self.machine.law = replace(self.machine.law, start=(5.0, 10.0), climb=(40.0, 50.0))

    def note(self, port: Port, name: str, told: Mapping[str, Any], *, write: bool) -> None:
        """Keep what it was asked; what restarts it to be set, or sets who may, is nobody's who dispatches."""
        said = " ".join(str(value) for value in told.values() if isinstance(value, str | int | float))
        why = _FORBIDDEN.get(name, "") or ("a password is its owner's" if "pwd" in name else "")
        self.machine.note(port, f"{name} {said}".strip(), write=write, forbidden=why)


_FORBIDDEN = {
    **dict.fromkeys(("set.miner.power_limit", "adjust_power_limit"), "a power limit restarts the miner"),
    **dict.fromkeys(
        ("set.miner.power_mode", "set_low_power", "set_normal_power", "set_high_power", "set_target_freq"),
        "it restarts the miner",
    ),
    **dict.fromkeys(("set.user.change_passwd", "set.user.permission"), "who may write is its owner's affair"),
}
