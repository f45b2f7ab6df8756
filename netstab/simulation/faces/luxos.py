"""A miner on LuxOS: one session for writers, a ramp by 5 MHz at a time, an agent that changes its profile.

Made after recorded answers of an S19k Pro of 2025; none is known of a device that sleeps or ramps, nor of a
write: there the vendor's document is followed, and where that says nothing, what is hardest to cope with.
"""

import json
import string
from dataclasses import dataclass
from typing import Any

from netstab.simulation.faces.face import Face, Kind, Place, golden
from netstab.simulation.faces.luxos_answers import Told, told, watts_of
from netstab.simulation.faces.machine import Agent, Build, Machine, Port
from netstab.simulation.physics import Stage
from netstab.simulation.tunable import Law

__all__ = ["LUXOS", "LUXOS_ATM", "LuxosFace"]

SESSION_LASTS = 60.0  # s after its last use
_MOVES_EVERY = 90.0  # s between two changes of profile by its own agent
_BOOTS_FOR, _PROCESS_RESTARTS_FOR = 60.0, 10.0  # s without an API
_REFUSES_FOR = 3.0  # s after a burst
_LAW = Law(
    idle=22.0,
    start=(30.0, 60.0),
    rises=2.0,
    falls=1.0,
    share=0.99,
    ripple=0.005,
    climb=(90.0, 150.0),
    slope=25.0,  # W/s: 5 MHz a second
)
_READS = ("config", "devs", "fans", "pools", "power", "profiles", "stats", "summary", "temps", "version")
_IN_SESSION = ("logoff", "curtail", "profileset", "frequencyset", "ledset", "resetminer", "rebootdevice")


@dataclass
class _Session:
    name: str
    used_at: float
    anothers: bool = False


class LuxosFace(Face):
    """`measured`: its supply tells the watts. `keeps_curtail`: it sleeps on after a boot, as newer builds do.

    `autosave`: a profile outlives a boot. `lacks` are commands that its build has not. `burst` is how many
    connections within a second it can stand, None for any.
    """

    def __init__(self, machine: Machine, *, measured: bool = True) -> None:
        super().__init__(machine)
        self.measured, self.keeps_curtail, self.autosave = measured, True, True
        self.lacks: frozenset[str] = frozenset()
        self.burst: int | None = None
        self.profile = self.saved = "default"
        self.red_led = "auto"
        self.curtailed = machine.asleep
        self.session: _Session | None = None
        self._asked_at: list[float] = []
        self._closed_until = self._ramps_until = 0.0
        self._born = machine.started

    @property
    def ports(self) -> frozenset[Port]:
        return frozenset() if self.machine.now < self._closed_until else frozenset({Port.API})

    @property
    def next_change(self) -> float:
        opens = [self._closed_until] if self.machine.now < self._closed_until else []
        return min(self.machine.next_change, *opens, float("inf"))

    @property
    def atm(self) -> bool:
        return self.machine.agent is not None

    @property
    def ramping(self) -> bool:
        return self.machine.hashing and (not self.machine.ramped or self.machine.now < self._ramps_until)

    def settle(self, now: float) -> None:
        before = self.machine.stage
        super().settle(now)
        if before is Stage.OFF and self.machine.powered:
            self._boot()
        session = self.session
        if session and not session.anothers and self.machine.now >= session.used_at + SESSION_LASTS:
            self.session = None

    def hold(self, name: str = "ANOTHERS") -> None:
        """Have another client open a session and keep it in use."""
        self.session = _Session(name, self.machine.now, anothers=True)

    def let_go(self) -> None:
        self.session = None

    def enable_atm(self) -> None:
        """Let its agent change the profile by temperature: here, by chance."""
        self.machine.set_agent(Agent("ATM", _MOVES_EVERY, self._moved))

    def _moved(self, machine: Machine) -> float:
        names = list(watts_of())[: list(watts_of()).index("default") + 1]
        place = names.index(self.profile) + machine.random.choice((-1, 1))
        self.profile = names[min(max(place, 0), len(names) - 1)]
        self._ramps(watts_of()[self.profile])
        return watts_of()[self.profile]

    def _ramps(self, watts: float) -> None:
        way = abs(watts * _LAW.share - self.machine.power)
        self._ramps_until = self.machine.now + way / _LAW.slope

    def api(self, request: bytes) -> bytes | None:
        self._count()
        try:
            asked = json.loads(request)
            command, parameters = str(asked["command"]), str(asked.get("parameter", "")).split(",")
        except (ValueError, KeyError, TypeError):
            return _said("E", 14, "Invalid JSON")
        if command in self.lacks:
            return _said("E", 434, f"Unsupported command {command}")
        if command in _READS:
            self.machine.note(Port.API, command)
            return told(command, self._present())
        if command == "session":
            self.machine.note(Port.API, command)
            return _said("S", 319, "Session information", SESSION=[{"SessionID": self._session_name()}])
        if command == "logon":
            return self._logon()
        if command in _IN_SESSION:
            return self._in_session(command, parameters)
        return _said("E", 434, f"Unsupported command {command}")

    def _count(self) -> None:
        """Refuse connections for some seconds once there were too many."""
        now = self.machine.now
        self._asked_at = [*(at for at in self._asked_at if at > now - 1.0), now][-100:]
        if self.burst is not None and len(self._asked_at) > self.burst:
            self._closed_until, self._asked_at = now + _REFUSES_FOR, []

    def _present(self) -> Told:
        return Told(
            machine=self.machine,
            profile=self.profile,
            curtailed=self.curtailed,
            ramping=self.ramping,
            atm=self.atm,
            measured=self.measured,
            red_led=self.red_led,
            elapsed=self.machine.now - self._born,
        )

    def _session_name(self) -> str:
        return self.session.name if self.session is not None else ""

    def _logon(self) -> bytes:
        self.machine.note(Port.API, "logon", write=True)
        if self.session is not None:
            return _said("E", 402, "Another session is active")
        name = "".join(self.machine.random.choices(string.ascii_letters + string.digits, k=8))
        self.session = _Session(name, self.machine.now)
        return _said("S", 316, "Session created", SESSION=[{"SessionID": name}])

    def _in_session(self, command: str, parameters: list[str]) -> bytes:
        name, *rest = parameters
        borrowed = self.session is not None and self.session.anothers and name == self.session.name
        wrong = "another client's session" if borrowed else self._forbidden(command, rest)
        self.machine.note(Port.API, " ".join([command, *rest]), write=True, forbidden=wrong)
        if self.session is None or name != self.session.name:
            return _said("E", 402, "Invalid session ID")
        self.session.used_at = self.machine.now
        return self._carried_out(command, rest)

    def _forbidden(self, command: str, parameters: list[str]) -> str:
        """Say why nobody who dispatches may send it: it wears the machine, or overloads it."""
        first = next(iter(parameters), "")
        if command == "profileset":
            if first[:1] in ("+", "-"):
                return "an increment"
            return "an overclock" if watts_of().get(first, 0) > watts_of()["default"] else ""
        return "a wake in one step" if command == "curtail" and "mode=unsafe" in parameters else ""

    def _carried_out(self, command: str, parameters: list[str]) -> bytes:
        match command, parameters:
            case "logoff", _:
                self.session = None
                return _said("S", 318, "Session closed")
            case "curtail", [("sleep" | "wakeup") as mode, *_]:
                return self._curtail(sleep=mode == "sleep")
            case "profileset" | "frequencyset", [name, *_]:
                return self._set(command, name)
            case "ledset", ["red", state]:
                self.red_led = state
                return _said("S", 338, "LED set")
            case "resetminer" | "rebootdevice", _:
                self._restart(boots=command == "rebootdevice")
                return _said("S", 333, "Restarting")
        return _said("E", 403, "Invalid parameter")

    def _curtail(self, *, sleep: bool) -> bytes:
        if sleep and self.machine.stage is Stage.STARTING:
            return _said("E", 402, "Miner is initializing")
        if sleep:
            already, self.curtailed = self.curtailed, True
            self.machine.sleep()
            return _said("S", 335, "Miner is already asleep" if already else "Curtail: sleep")
        self.curtailed = False
        self.machine.wake()
        return _said("S", 335, "Curtail: wakeup")

    def _set(self, command: str, name: str) -> bytes:
        if not self.machine.hashing:
            return _said("E", 402, "Miner is not hashing")
        if command == "frequencyset":
            return _said("S", 302, "Frequency set")
        if name not in watts_of():
            return _said("E", 403, "Unknown profile")
        self.profile = name
        self.saved = name if self.autosave else self.saved
        self._ramps(watts_of()[name])
        self.machine.tune(watts_of()[name])
        return _said("S", 321, f"Profile {name}")

    def _restart(self, *, boots: bool) -> None:
        self._closed_until = self.machine.now + (_BOOTS_FOR if boots else _PROCESS_RESTARTS_FOR)
        if boots:
            self._boot()
        elif not self.machine.asleep:
            self.machine.restart()
        self.session, self._born = None, self.machine.now

    def _boot(self) -> None:
        self.profile, self._born, self.session = self.saved, self.machine.now, None
        self.machine.tune(watts_of()[self.profile])
        self.curtailed = self.curtailed and self.keeps_curtail
        if self.curtailed:
            self.machine.sleep()
        else:
            self.machine.restart()


def _said(letter: str, code: int, message: str, **sections: Any) -> bytes:
    version = json.loads(golden("luxos", "version.json"))["STATUS"][0]
    status = {**version, "STATUS": letter, "Code": code, "Msg": message}
    return json.dumps({"STATUS": [status], **sections, "id": 1}).encode() + b"\0"


def _built(place: Place, *, measured: bool) -> LuxosFace:
    watts = watts_of()
    build = Build(
        "Antminer S19k Pro", place.mac, watts["default"], 121_800.0, min(watts.values()), _LAW, told=0.98
    )
    return LuxosFace(Machine(build, place.rng, asleep=place.asleep), measured=measured)


def _plain(place: Place) -> LuxosFace:
    return _built(place, measured=place.rng.random() < 0.5)


def _with_atm(place: Place) -> LuxosFace:
    face = _built(place, measured=False)
    face.enable_atm()
    return face


LUXOS = Kind("luxos", "LuxOS on Antminer S19k Pro", _plain)
LUXOS_ATM = Kind("luxos_atm", "LuxOS on Antminer S19k Pro that its ATM moves", _with_atm)
