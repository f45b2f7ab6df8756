"""An Antminer after the S9 on Bitmain's firmware: Digest, and a configuration that is replaced as a whole.

What is missing in what is written is lost, and it says OK to what it does not heed. No write was recorded:
here it does what its maker's own page relies on, and where that says nothing, what is hardest to cope with.
"""

import json
from collections.abc import Mapping
from typing import Any

from netstab.simulation import digest
from netstab.simulation.faces.antminer_answers import configuration, stats_page, system_page, told
from netstab.simulation.faces.face import Face, HttpRequest, Kind, Place, WebAnswer
from netstab.simulation.faces.machine import Build, Machine, Port
from netstab.simulation.tunable import Law

__all__ = ["S19", "S19_OLD", "S21", "AntminerFace"]

POWER_PORT = 6060
_RESTARTS_FOR = (20.0, 60.0)  # s without a mining process after each change
_BOOTS_FOR = 60.0  # s without a web server as well
_MOST_AT_ONCE = 16  # connections, of idle ones as well; more make its web server fail
_LAW = Law(idle=30.0, start=(120.0, 240.0), rises=4.0, falls=2.0, share=0.99, ripple=0.005)
_WRITTEN = ("bitmain-fan-ctrl", "bitmain-fan-pwn", "freq-level", "miner-mode", "pools")
_STORED = {
    "bitmain-fan-ctrl": "bitmain-fan-ctrl",
    "bitmain-fan-pwn": "bitmain-fan-pwm",
    "freq-level": "bitmain-freq-level",
}
_BLANK = {"url": "", "user": "", "pass": ""}  # nosec B105  # a pool that is not set
_OK = {"stats": "success", "code": "M000", "msg": "OK!"}
_INVALID = {"stats": "error", "code": "M001", "msg": "Invalid pool!"}
ASLEEP = "1"
_CLOCK = 1_755_000_000
_S19 = (("Antminer S19", 3250, 95), ("Antminer S19 Pro", 3250, 110), ("Antminer S19j Pro", 3068, 104))
_HABITS: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("bitmain-work-mode", (int, str)),
    ("bitmain-work-mode", (str,)),
    ("miner-mode", (int,)),
)


class AntminerFace(Face):
    """`mode_key` is the name that its work mode is read by, "" for a build without any sleep.

    `takes` are the types that it heeds of a work mode that is written, and `wants_text` has it heed it only
    in plain text. `metered`: port 6060 tells what it draws. `own_mode` and `own_pools` are its owner's.
    """

    def __init__(
        self, machine: Machine, *, mode_key: str = "bitmain-work-mode", mode: str = "0", metered: bool = False
    ) -> None:
        super().__init__(machine)
        self.takes: tuple[type, ...] = (int, str)
        self.wants_text = False
        self.password = "root"  # noqa: S105  # nosec B105  # the factory's
        self.extra_ports = (POWER_PORT,) if metered else ()
        self.mode_key = mode_key
        self.conf = configuration()
        del self.conf["bitmain-work-mode"]
        if mode_key:
            self.conf[mode_key] = ASLEEP if machine.asleep else mode
        self.own_mode = mode
        self.own_pools = json.dumps(self.conf["pools"])
        self.boots = 0
        self._off = False
        self._process_back = self._web_back = 0.0
        self._born = machine.started

    @property
    def mode(self) -> str:
        return str(self.conf.get(self.mode_key, "0"))

    @property
    def pools_lost(self) -> bool:
        return json.dumps(self.conf["pools"]) != self.own_pools

    @property
    def restarts(self) -> bool:
        return self.machine.now < self._process_back

    @property
    def ports(self) -> frozenset[Port]:
        now = self.machine.now
        ways = {Port.API: self._process_back, Port.WEB: self._web_back}
        return frozenset(port for port, back in ways.items() if now >= back)

    @property
    def next_change(self) -> float:
        backs = [back for back in (self._process_back, self._web_back) if back > self.machine.now]
        return min(self.machine.next_change, *backs, float("inf"))

    def settle(self, now: float) -> None:
        super().settle(now)
        was_off, self._off = self._off, not self.machine.powered
        if was_off and not self._off:
            self._boot()

    def set_by_owner(self, mode: str) -> None:
        """Have the owner set another mode by hand."""
        self.own_mode = mode
        self._store({self.mode_key: mode})

    def api(self, request: bytes) -> bytes | None:
        try:
            command = str(json.loads(request)["command"])
        except (ValueError, KeyError, TypeError):
            command = ""
        self.machine.note(Port.API, command)
        invalid = b'{"STATUS":[{"STATUS":"E","Code":14,"Msg":"Invalid command"}],"id":1}\0'
        return told(command, self.machine, self.conf, self.machine.now - self._born) or invalid

    def web(self, request: HttpRequest) -> WebAnswer | None:
        guard = self._guard()
        verdict = digest.check(guard, request.method, request.headers.get("authorization", ""))
        if verdict is not digest.Verdict.GRANTED:
            stale = verdict is digest.Verdict.STALE
            header = f"WWW-Authenticate: {digest.challenge(guard, stale=stale)}\r\n"
            return WebAnswer(b"<html>401</html>", "401 Unauthorized", "text/html", header)
        if self.machine.clients[Port.WEB] > _MOST_AT_ONCE:
            return _failed()
        return self._page(request.path, request)

    def web_at(self, port: int, request: HttpRequest) -> WebAnswer | None:
        self.machine.note(Port.WEB, f"{port} {request.path}")
        if request.path == "/miner_power":
            line = f"mine power is:{self.machine.told_power:.0f}"
            return WebAnswer(line.encode(), content_type="text/plain")
        return _json({"error_message": "None"})

    def _page(self, path: str, request: HttpRequest) -> WebAnswer:
        name = path.removeprefix("/cgi-bin/").removesuffix(".cgi")
        if name in ("set_miner_conf", "blink", "reboot", "reset_conf"):
            return self._order(name, request)
        self.machine.note(Port.WEB, name)
        if name == "get_system_info":
            return _json(system_page(self.machine))
        if name == "get_miner_conf":
            return _json(self.conf)
        if name == "stats":
            since = self.machine.now - self._born
            return _failed() if self.restarts else _json(stats_page(self.machine, self.mode, since))
        return WebAnswer(b"<html>404</html>", "404 Not Found", "text/html")

    def _order(self, name: str, request: HttpRequest) -> WebAnswer:
        if name == "set_miner_conf":
            return self._configure(request)
        if name == "blink":
            on = '"blink": true' in request.body or '"blink":true' in request.body
            self.machine.note(Port.WEB, f"{name} {on}", write=True)
            return _json({"code": "B000" if on else "B100"})
        forbidden = "it takes the pools" if name == "reset_conf" else ""
        self.machine.note(Port.WEB, name, write=True, forbidden=forbidden)
        if forbidden:
            self.conf["pools"] = [_BLANK] * 3
        self._boot()
        return WebAnswer(b"")

    def _configure(self, request: HttpRequest) -> WebAnswer:
        try:
            posted = json.loads(request.body)
        except ValueError:
            posted = None
        posted = posted if isinstance(posted, dict) else {}
        self.machine.note(
            Port.WEB, f"set_miner_conf {posted.get('miner-mode')}", write=True, forbidden=self._harm(posted)
        )
        pools = posted.get("pools", [_BLANK] * 3)
        if not any(pool.get("url") for pool in pools):
            return _json(_INVALID)
        changed = {key: posted.get(name, "") for name, key in _STORED.items()} | {"pools": pools}
        mode, kind = posted.get("miner-mode"), request.headers.get("content-type", "")
        if self.mode_key and type(mode) in self.takes and (not self.wants_text or kind == "text/plain"):
            changed[self.mode_key] = str(mode)
        self._store(changed)
        return _json(_OK)

    def _harm(self, posted: Mapping[str, Any]) -> str:
        """Say what nobody who dispatches may ever write."""
        if missing := [name for name in _WRITTEN if name not in posted]:
            return f"a configuration without {missing[0]}"
        if json.dumps(posted["pools"]) != self.own_pools:
            return "other pools than its owner's"
        changed = [name for name, key in _STORED.items() if posted[name] != self.conf[key]]
        if changed:
            return f"another {changed[0]} than its owner's"
        if str(posted["miner-mode"]) not in ("0", ASLEEP, self.own_mode):
            return "a work mode that it never had"
        return ""

    def _store(self, changed: Mapping[str, Any]) -> None:
        """Keep a configuration, and restart the mining process with it."""
        self.conf |= changed
        self._process_back = self.machine.now + self.machine.random.uniform(*_RESTARTS_FOR)
        self._born = self.machine.now
        if self.mode == ASLEEP:
            self.machine.sleep()
        else:
            self.machine.restart()

    def _boot(self) -> None:
        self.boots += 1
        self._web_back = self.machine.now + _BOOTS_FOR
        self._store({})
        self._process_back = max(self._process_back, self._web_back)

    def _guard(self) -> digest.Guard:
        salt = f"{self.machine.build.mac}:{self.boots}"
        return digest.Guard(salt, self.password, _CLOCK + int(self.machine.now))


def _json(document: object) -> WebAnswer:
    return WebAnswer(json.dumps(document).encode())


def _failed() -> WebAnswer:
    return WebAnswer(b"<html>500</html>", "500 Internal Server Error", "text/html")


def _built(place: Place, model: str, watts: float, terahash: float, **more: Any) -> AntminerFace:
    build = Build(model, place.mac, watts, terahash * 1000, watts, _LAW, told=1.0)
    return AntminerFace(Machine(build, place.rng, asleep=place.asleep), **more)


def _s21(place: Place) -> AntminerFace:
    return _built(place, "Antminer S21", 3500, 200, metered=place.rng.random() < 0.5)


def _s19(place: Place) -> AntminerFace:
    """Draw one of the common ones; some are of builds with names or habits of their own."""
    key, takes = place.rng.choice(_HABITS)
    face = _built(place, *place.rng.choice(_S19), mode_key=key)
    face.takes = takes
    return face


def _s19_old(place: Place) -> AntminerFace:
    return _built(place, "Antminer S19", 3250, 95, mode_key="")


S21 = Kind("s21", "Antminer S21 on Bitmain's firmware", _s21)
S19 = Kind("s19", "Antminer S19, S19 Pro and S19j Pro on Bitmain's firmware", _s19)
S19_OLD = Kind("s19_old", "Antminer S19 on Bitmain's firmware of before sleep", _s19_old)
