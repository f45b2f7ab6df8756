"""Braiins OS as the network meets it: REST with a login, the version on the API port, GraphQL of older ones.

It draws 5 to 15 % more than it says, and says about what it is set to.
"""

import json
from collections.abc import Callable, Mapping
from math import inf

from netstab.simulation.faces import braiins_answers as answers
from netstab.simulation.faces.braiins_answers import Model, State
from netstab.simulation.faces.braiins_tuner import Tuner
from netstab.simulation.faces.face import Face, HttpRequest, Kind, Place, WebAnswer
from netstab.simulation.faces.machine import Build, Machine, Port
from netstab.simulation.tunable import Law

__all__ = ["BRAIINS", "BRAIINS_DPS", "BRAIINS_OLD", "BraiinsFace"]

USERNAME, PASSWORD = "root", ""
TOKEN_LASTS = 3600.0  # s, from its last use

_API = "/api/v1/"
_FORBIDDEN = {
    "GET miner/status": "it is a stream without end",
    "PATCH performance/power-target/increment": "the target moves on paper alone",
    "PATCH performance/power-target/decrement": "the target moves on paper alone",
    "PATCH performance/power-target/relative": "it is no absolute target",
    "PUT performance/quick-ramping": "it is its owner's",
    "PUT performance/dps": "it is its owner's",
    "PUT actions/factory-reset": "its pools are lost",
}


class BraiinsFace(Face):
    """One machine. `instead` has other answers by path, their status and text; with `html` all are pages."""

    def __init__(self, machine: Machine, model: Model, *, rest: bool = True) -> None:
        super().__init__(machine)
        self.model, self.rest = model, rest
        self.password = PASSWORD
        self.tuner = Tuner(machine, model.lowest, model.highest)
        self.bounds_told, self.html = True, False
        self.locates = self.stopped = False
        self.instead: dict[str, tuple[str, str]] = {}
        self.reason: object = None
        self.logins = 0
        self._tokens: dict[str, float] = {}

    @property
    def next_change(self) -> float:
        return min(self.machine.next_change, self.tuner.next_step)

    def settle(self, now: float) -> None:
        self.tuner.settle(now)

    def expire(self) -> None:
        """Forget all tokens, as after a restart of its software."""
        self._tokens.clear()

    def api(self, request: bytes) -> bytes | None:
        self.machine.note(Port.API, request.decode(errors="replace"))
        return answers.rpc(request)

    def web(self, request: HttpRequest) -> WebAnswer | None:
        path = request.path.removeprefix(_API).rstrip("/")
        asked = f"{request.method} {path}"
        write = request.method not in ("GET", "POST")
        self.machine.note(
            Port.WEB, f"{asked} {request.body}".strip(), write=write, forbidden=_FORBIDDEN.get(asked, "")
        )
        if self.html:
            return WebAnswer(b"<!DOCTYPE html><html></html>", content_type="text/html")
        if asked == "POST /graphql":
            return _document(answers.graphql(self._state(), request.body))
        if not self.rest:
            return _said("405 Method Not Allowed" if request.method == "POST" else "404 Not Found", "")
        if asked == "POST auth/login":
            return self._login(request.body)
        if not request.path.startswith(_API):
            return _said("404 Not Found", "not found")
        if not self._lets_in(request.headers.get("authorization", "")):
            return _said("401 Unauthorized", "missing or expired token")
        if path in self.instead:
            return _said(*self.instead[path])
        return self._answer(asked, request.body)

    def _answer(self, asked: str, body: str) -> WebAnswer:
        if asked in answers.READS:
            return _document(answers.READS[asked](self._state()))
        if asked in _ACTIONS:
            return _document(_ACTIONS[asked](self))
        if asked == "PUT actions/reboot":
            self.restart()
            return WebAnswer(b"", "204 No Content")
        if asked == "PUT performance/power-target":
            return self._power_target(body)
        if asked == "PUT actions/locate":
            self.locates = body == "true"
            return _document(self.locates)
        return _said("404 Not Found", "not found")

    def _power_target(self, body: str) -> WebAnswer:
        watt = _watt(body)
        if watt is None:
            return _said("400 Bad Request", "invalid body")
        if not self.model.lowest <= watt <= self.model.highest:
            return _said("412 Precondition Failed", "power target is out of its constraints")
        self.tuner.set_target(watt)
        return _document({"watt": watt})

    def _login(self, body: str) -> WebAnswer:
        self.logins += 1
        try:
            shown = json.loads(body)
        except ValueError:
            shown = None
        if shown != {"username": USERNAME, "password": self.password}:
            return _said("401 Unauthorized", "invalid credentials")
        token = f"{self.machine.random.getrandbits(128):032x}"
        self._tokens[token] = self.machine.now + TOKEN_LASTS
        return _document({"token": token, "timeout_s": int(TOKEN_LASTS)})

    def _lets_in(self, token: str) -> bool:
        """Whether a token, shown bare, is known; its use renews it."""
        if self._tokens.get(token, -inf) < self.machine.now:
            return False
        self._tokens[token] = self.machine.now + TOKEN_LASTS
        return True

    def _state(self) -> State:
        machine = self.machine
        return State(
            self.model,
            self.tuner,
            status=1 if self.stopped and machine.asleep else 3 if machine.asleep else 2,
            reason=self.reason,
            told_power=round(machine.told_power * machine.random.uniform(0.981, 1.019)),
            bounds_told=self.bounds_told,
            locates=self.locates,
            rest=self.rest,
        )

    def pause(self, *, stop: bool = False) -> bool:
        self.stopped = stop
        return self.tuner.pause()

    def restart(self) -> bool:
        self.expire()
        self.machine.restart()
        return False


_ACTIONS: Mapping[str, Callable[[BraiinsFace], bool]] = {
    "PUT actions/pause": lambda face: face.pause(),
    "PUT actions/stop": lambda face: face.pause(stop=True),
    "PUT actions/resume": lambda face: face.tuner.resume(),
    "PUT actions/start": lambda face: face.tuner.resume(),
    "PUT actions/restart": lambda face: face.restart(),
}


def _watt(body: str) -> int | None:
    try:
        watt = json.loads(body)["watt"]
    except (ValueError, TypeError, KeyError):
        return None
    return watt if type(watt) is int else None


def _document(content: object) -> WebAnswer:
    return WebAnswer(json.dumps(content).encode())


def _said(status: str, text: str) -> WebAnswer:
    return WebAnswer(text.encode(), status, content_type="text/plain")


def _built(place: Place, *, rest: bool = True) -> BraiinsFace:
    model, share = place.rng.choice(answers.MODELS), place.rng.uniform(1.05, 1.15)
    quick = place.rng.random() < 0.3  # some owners have it resume as fast as it can
    law = Law(
        idle=place.rng.uniform(20.0, 40.0),
        start=(5.0, 8.0) if quick else (30.0, 90.0),
        rises=3.0,
        falls=2.0 / 3,  # off within 2 s: the vendor's example of quick ramping
        share=share,
        scatter=0.01,
        ripple=0.005,
        climb=(5.0, 10.0) if quick else (60.0, 120.0),
    )
    highest, lowest = float(model.highest), float(model.lowest)
    build = Build(model.name, place.mac, highest, model.hashrate, lowest, law, told=1 / share)
    return BraiinsFace(Machine(build, place.rng, asleep=place.asleep), model, rest=rest)


def _scaling(place: Place) -> BraiinsFace:
    face = _built(place)
    face.tuner.drifts()
    return face


BRAIINS = Kind("braiins", "Braiins OS 26.04", _built)
BRAIINS_DPS = Kind("braiins_dps", "Braiins OS 26.04 with dynamic power scaling", _scaling)
BRAIINS_OLD = Kind("braiins_old", "Braiins OS 24.09", lambda place: _built(place, rest=False))
