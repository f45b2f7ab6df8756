"""A miner on Vnish 1.2 or 1.3: REST behind a password, presets that take hours to tune, a throttle on 1.3.

Made after the recorded answers of an S21 Pro on 1.2.7; writes were not recorded. There the vendor's document
is followed: what is taken and what is not is answered alike.
"""

import json
from collections.abc import Callable
from typing import Any

from netstab.simulation.faces import vnish_answers as answers
from netstab.simulation.faces.face import Face, HttpRequest, Kind, Place, WebAnswer
from netstab.simulation.faces.machine import Agent, Build, Machine, Port
from netstab.simulation.faces.vnish_answers import Told
from netstab.simulation.faces.vnish_door import Door
from netstab.simulation.tunable import Law

__all__ = ["TUNED", "VNISH_1_2", "VNISH_1_3", "VNISH_SWITCHER", "VnishFace"]

TUNED = frozenset({"2550", "2800", "3070", "3340"})
_SHUTS_DOWN_FOR, _INITIALIZES_FOR, _TUNES_FOR = 8.0, 40.0, 4500.0  # s
_MOVES_EVERY = 300.0  # s between two looks of the preset switcher
_LAW = Law(idle=30.0, start=(120.0, 300.0), rises=10.0, falls=5.0, share=0.98, ripple=0.003)
_HASHRATE = 0.067 * 1000  # GH/s for each W
_PREFIX = "/api/v1/"
_RESTARTS = json.dumps({"restart_required": True, "reboot_required": False}).encode()
_TAKEN = json.dumps({"success": True}).encode()
_NO_RESTART = json.dumps({"restart_required": False, "reboot_required": False}).encode()


class VnishFace(Face):
    """`tuned` are the presets that cost no tuning. With `refuses` it answers as ever and takes no setting.

    `silent_at` are paths that it never answers, `failure` the code of what its mining process has died of.
    """

    def __init__(self, machine: Machine, version: str, preset: str) -> None:
        super().__init__(machine)
        self.version, self.tuned = version, TUNED
        self.preset, self.percent = preset, 100
        self.stored: dict[str, Any] = {"preset": preset}
        self.door = Door()
        self.metered, self.blinks, self.refuses = True, False, False
        self.restart_required = True
        self.failure: int | None = None
        self.silent_at: frozenset[str] = frozenset()
        self._stopped_at = self._tunes_until = -3600.0
        self.set_switcher(enabled=False)

    @property
    def throttles(self) -> bool:
        return self.version.startswith("1.3")

    @property
    def switches(self) -> bool:
        return self.machine.agent is not None

    @property
    def state(self) -> str:
        if self.failure is not None:
            return "failure"
        if self.machine.asleep:
            return "shutting-down" if self.machine.now < self._stopped_at + _SHUTS_DOWN_FOR else "stopped"
        if not self.machine.hashing:
            return "initializing" if self.machine.elapsed < _INITIALIZES_FOR else "starting"
        return "auto-tuning" if self.machine.now < self._tunes_until else "mining"

    def set_switcher(self, *, enabled: bool) -> None:
        """Let it change its preset by itself from now on, or not."""
        self.stored = {**answers.settings(self.stored)["miner"]["overclock"]}
        self.stored["preset_switcher"] = {**self.stored["preset_switcher"], "enabled": enabled}
        self.machine.set_agent(Agent("preset switcher", _MOVES_EVERY, self._moved) if enabled else None)

    def choose(self, preset: str) -> None:
        """Have it run at a preset, as its owner may: one that is not tuned is tuned for hours."""
        self.stored["preset"] = preset
        self._run_at(preset)

    def fail(self, code: int) -> None:
        """Have its mining process die, and its own restarts come to nothing."""
        self.failure = code
        self.machine.sleep()

    def api(self, request: bytes) -> bytes | None:
        try:
            command = str(json.loads(request.rstrip(b"\0")).get("command"))
        except (ValueError, AttributeError):
            command = ""
        self.machine.note(Port.API, command)
        return answers.api_answer(command, self.told)

    @property
    def told(self) -> Told:
        machine = self.machine
        return Told(
            version=self.version,
            mac=machine.build.mac,
            state=self.state,
            lasted=machine.elapsed,
            preset=self.preset,
            tuned=self.tuned,
            throttled=self.percent if self.throttles else None,
            switches=self.switches,
            power=machine.told_power,
            hashrate=machine.hashrate,
            metered=self.metered,
            failure=self.failure,
        )

    def web(self, request: HttpRequest) -> WebAnswer | None:
        path = request.path.removeprefix(_PREFIX)
        if path in self.silent_at:
            return None
        known = request.path.startswith(_PREFIX)
        if known and request.method == "GET" and path in self._reads():
            return self._read(path, request)
        take = self._writes().get(path) if known and request.method == "POST" else None
        if take is None:
            self.machine.note(Port.WEB, f"{request.method} {request.path}")
            return WebAnswer(answers.PAGE, content_type="text/html")
        if path == "unlock":
            return self._unlocked(request)
        if not self._is_known(request):
            self.machine.note(Port.WEB, f"{path} without a token")
            return _failed("401 Unauthorized", "token is invalid")
        return take(request)

    def _reads(self) -> dict[str, Callable[[], Any]]:
        boards = "boards" if self.throttles else "chains"
        return {
            "info": lambda: answers.info(self.told),
            "status": lambda: answers.status(self.told, blinks=self.blinks),
            "summary": lambda: answers.summary(self.told),
            "perf-summary": lambda: answers.performance(self.told),
            "autotune/presets": lambda: answers.presets(self.told),
            "settings": lambda: answers.settings(self.stored),
            boards: lambda: answers.summary(self.told)["miner"]["chains"],
        }

    def _read(self, path: str, request: HttpRequest) -> WebAnswer:
        self.machine.note(Port.WEB, path)
        if path == "settings" and not self._is_known(request):
            return _failed("401 Unauthorized", "token is invalid")
        return WebAnswer(json.dumps(self._reads()[path]()).encode())

    def _is_known(self, request: HttpRequest) -> bool:
        return self.door.knows(request.headers, self.machine.now)

    def _unlocked(self, request: HttpRequest) -> WebAnswer:
        now = self.machine.now
        locked = "it has had too many tries" if self.door.is_locked(now) else ""
        self.machine.note(Port.WEB, "unlock", forbidden=locked)
        status, given = self.door.unlock(_asked(request).get("pw"), now)
        if status == 200:
            return WebAnswer(json.dumps({"token": given}).encode())
        return _failed("403 Forbidden" if status == 403 else "429 Too Many Requests", "wrong password")

    def _writes(self) -> dict[str, Callable[[HttpRequest], WebAnswer]]:
        blink = "locate-miner" if self.throttles else "find-miner"
        throttle = {"mining/throttle": self._throttled} if self.throttles else {}
        return {
            "unlock": self._unlocked,
            "mining/stop": self._stopped,
            "mining/start": self._started,
            "mining/restart": self._restarted,
            "mining/pause": self._paused,
            "mining/resume": self._paused,
            "system/reboot": self._rebooted,
            "settings/factory-reset": self._reset,
            "settings": self._set,
            blink: self._blinked,
            **throttle,
        }

    def _stopped(self, _request: HttpRequest) -> WebAnswer:
        self.machine.note(Port.WEB, "mining/stop", write=True)
        if not self.machine.asleep:
            self._stopped_at = self.machine.now
        self.machine.sleep()
        return WebAnswer(_TAKEN)

    def _started(self, _request: HttpRequest) -> WebAnswer:
        self.machine.note(Port.WEB, "mining/start", write=True)
        if self.failure is None:
            self.machine.wake()
        return WebAnswer(_TAKEN)

    def _restarted(self, _request: HttpRequest) -> WebAnswer:
        self.machine.note(Port.WEB, "mining/restart", write=True)
        if not self.machine.asleep:
            self._run_at(self.stored["preset"])
            self.machine.restart()
        return WebAnswer(_TAKEN)

    def _paused(self, request: HttpRequest) -> WebAnswer:
        self.machine.note(Port.WEB, request.path, forbidden="what it does is not known")
        return WebAnswer()

    def _rebooted(self, _request: HttpRequest) -> WebAnswer:
        self.machine.note(Port.WEB, "system/reboot", write=True)
        self.door.expire()
        if not self.machine.asleep:  # remain_stopped_on_reboot is set, as in the record
            self.machine.restart()
        return WebAnswer(json.dumps({"after": 3}).encode())

    def _reset(self, request: HttpRequest) -> WebAnswer:
        self.door.password, self.percent = "admin", 100
        return self._rebooted(request)

    def _blinked(self, request: HttpRequest) -> WebAnswer:
        asked = _asked(request)
        self.machine.note(Port.WEB, f"blink {asked}", write=True)
        self.blinks = asked.get("is_enabled" if self.throttles else "on") is True
        return WebAnswer(json.dumps(asked).encode())

    def _throttled(self, request: HttpRequest) -> WebAnswer:
        percent = _asked(request).get("percent")
        self.machine.note(Port.WEB, f"throttle {percent}", write=True, forbidden=self._fought())
        if not isinstance(percent, int) or not 20 <= percent <= 100:
            return _failed("500 Internal Server Error", "percent is out of range")
        if not self.refuses:
            self.percent = percent
            self._set_power()
        return WebAnswer(_NO_RESTART)

    def _fought(self) -> str:
        return "it fights the preset switcher" if self.switches else ""

    def _set(self, request: HttpRequest) -> WebAnswer:
        meant = _asked(request).get("miner", {}).get("overclock", {})
        preset = meant.get("preset")
        self.machine.note(Port.WEB, f"preset {preset}", write=True, forbidden=self._wrong_to_set(meant))
        if self.refuses or preset not in {*answers.preset_names(), "disabled"}:
            return WebAnswer(_NO_RESTART)
        self.stored = meant
        if not self.restart_required or not self.machine.hashing:
            self._run_at(preset)
        return WebAnswer(_RESTARTS if self.restart_required else _NO_RESTART)

    def _wrong_to_set(self, meant: dict[str, Any]) -> str:
        """Say what is wrong with settings of which nothing but the preset may be another's."""
        if {**meant, "preset": ""} != {**self.stored, "preset": ""}:
            return "it loses what its owner has set"
        if meant["preset"] not in self.tuned:
            return "it begins to tune a preset, for hours"
        return self._fought()

    def _run_at(self, preset: str) -> None:
        self.preset = preset
        if preset not in self.tuned:
            self._tunes_until = self.machine.now + _TUNES_FOR
        self._set_power()

    def _set_power(self) -> None:
        if self.preset.isdigit():
            self.machine.tune(float(self.preset) * self.percent / 100)

    def _moved(self, machine: Machine) -> float:
        """Move to a neighbouring preset, as the switcher does by temperature."""
        names = answers.preset_names()
        place = names.index(self.preset) + machine.random.choice((-1, 1))
        self.preset = names[min(max(place, 0), len(names) - 1)]
        return float(self.preset) * self.percent / 100


def _asked(request: HttpRequest) -> dict[str, Any]:
    try:
        asked = json.loads(request.body or "{}")
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}


def _failed(status: str, words: str) -> WebAnswer:
    return WebAnswer(json.dumps({"err": words}).encode(), status)


def _machine(place: Place, preset: str) -> Machine:
    full = float(preset)
    build = Build(
        "Antminer S21 Pro", place.mac, full=full, hashrate=full * _HASHRATE, lowest=0.2 * full, law=_LAW
    )
    return Machine(build, place.rng, asleep=place.asleep)


def _built(version: str, preset: str, *, switches: bool = False) -> Callable[[Place], Face]:
    def build(place: Place) -> Face:
        face = VnishFace(_machine(place, preset), version, preset)
        if switches:
            face.set_switcher(enabled=True)
        return face

    return build


VNISH_1_3 = Kind("vnish", "Antminer S21 Pro on AnthillOS 1.3", _built("1.3.4", "3340"))
VNISH_1_2 = Kind("vnish_1_2", "Antminer S21 Pro on Vnish 1.2", _built("1.2.7", "3340"))
VNISH_SWITCHER = Kind(
    "vnish_switcher", "Antminer S21 Pro whose preset switcher is on", _built("1.3.4", "2800", switches=True)
)
