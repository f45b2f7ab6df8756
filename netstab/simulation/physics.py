"""One miner's physics: what it does and draws. Pure: no clock, no I/O; time is handed in, in seconds.

A miner is moved from change to change, never ticked, so hours of virtual time cost little.
"""

from enum import Enum
from math import exp, inf, sin
from random import Random

from netstab.devices.antminer.s9 import POWER_CURVE
from netstab.simulation.boards import Boards, Settings
from netstab.simulation.population import Unit
from netstab.simulation.profiles import Boot, Profile
from netstab.simulation.supply import Supply
from netstab.simulation.window import NEVER

__all__ = ["Miner", "Stage"]

_IDLE_RAIL = 0.3  # share of full power that boards draw with their rail up and no work
_LONG_AGO = -3600.0  # when a fleet that starts hashing began to
_HEATING = 60.0  # time constant of the boards' temperature, s


class Stage(Enum):
    """Where a miner is on its way from no power to hashing."""

    OFF = "off"
    BOOTING = "booting"  # the operating system starts: nothing answers
    DOWN = "down"  # the web server is up, no mining process
    LOADING = "loading"  # the process runs, its port is not bound yet
    STARTING = "starting"  # the port is bound, no board hashes
    HASHING = "hashing"


class Miner:
    """One miner. Call `advance(now)` before anything else: properties and commands are of that moment.

    Commands are what the firmware's scripts do; who calls them checks `reachable` first, as the
    network would.
    """

    def __init__(self, unit: Unit, profile: Profile, supply: Supply, random: Random, *, asleep: bool) -> None:
        self.unit, self.profile = unit, profile
        self._supply, self._random = supply, random
        self.now = 0.0
        self.stage = Stage.DOWN if asleep else Stage.HASHING
        voltage = POWER_CURVE.at(unit.frequency).voltage
        self.configured = Settings(unit.frequency, voltage, unit.asicboost)
        self.dead = False
        self.boots = 1
        self.started = self._hashing_since = _LONG_AGO
        self._booted = 0.0
        self._plan: list[tuple[float, Stage]] = []
        self._rail_off, self._rail_power = 0.0, 0.0
        self._boards = Boards(unit, self.configured)
        self._follow_mains()

    @property
    def running(self) -> Settings:
        """How the boards are driven, or were when the mining process last ran."""
        return self._boards.settings

    @property
    def next_change(self) -> float:
        """The moment at which the stage changes by itself, `inf` if never."""
        return min(self._plan[0][0] if self._plan else inf, self._mains_change)

    def advance(self, now: float) -> None:
        """Go to `now`, in seconds; a moment that has passed changes nothing."""
        while self.next_change <= now:
            self.now = self.next_change
            if self.now == self._mains_change:
                self._follow_mains()
            else:
                self._enter(self._plan.pop(0)[1])
        self.now = max(self.now, now)

    def _follow_mains(self) -> None:
        outages = self.unit.defects.outages
        self._mains_change = outages.next_change(self.now)
        if outages.holds(self.now):
            self.cut_power()
        else:
            self.return_power()

    def _enter(self, stage: Stage) -> None:
        if stage is Stage.LOADING:
            if not self._process_starts():
                self.stage = Stage.DOWN
                self._plan.clear()
                return
            self.started = self.now
            self._boards = Boards(self.unit, self.configured)
        if stage is Stage.HASHING:
            self._hashing_since = self.now
        self.stage = stage

    def _process_starts(self) -> bool:
        if self.dead:
            return False
        if self.stage is Stage.BOOTING:
            together = self._supply.booting_around(self._booted)
            failure = 1.0 if self.unit.defects.never_boots else self.profile.boot_failure_among(together)
            return self._random.random() >= failure
        self.dead = self._random.random() < self._restart_failure
        return not self.dead

    @property
    def _restart_failure(self) -> float:
        if self.configured.frequency == self.running.frequency:
            return self.profile.restart_failure
        return max(self.profile.restart_failure, self.unit.defects.crash)

    def sleep(self) -> None:
        """End mining as the firmware's sleep mode does."""
        self._end_process(self.profile.sleep_fall)

    def stop(self) -> None:
        """Kill the mining process for good."""
        self._end_process(self.profile.kill_fall)

    def kill(self) -> None:
        """Kill the mining process; its watchdog starts it again."""
        self._end_process(self.profile.kill_fall)
        self._plan_process(self.now + self._random.uniform(*self.profile.respawn))

    def restart(self) -> None:
        """Start the mining process, anew if it runs."""
        self._end_process(0.0)
        self._plan_process(self.now)
        self.advance(self.now)

    def wake(self) -> None:
        """Leave sleep mode: the firmware reboots the operating system for it."""
        self._boot(self.profile.wake)

    def reboot(self) -> None:
        self._boot(self.profile.reboot)

    def factory_reset(self) -> None:
        self._boot(self.profile.reset)

    def cut_power(self) -> None:
        self._end_process(0.0)
        self.stage = Stage.OFF
        self.dead = False

    def return_power(self) -> None:
        """Power is back: a miner boots into hashing, whatever it did before."""
        if self.stage is Stage.OFF:
            self._boot(self.profile.reboot)

    def set_voltage(self, voltage: float) -> None:
        """Change the boards' voltage while they run; the next start takes the configured one again."""
        settings = Settings(self.running.frequency, voltage, self.running.asicboost)
        self._boards = Boards(self.unit, settings)

    def _end_process(self, fall: float) -> None:
        if self.stage is Stage.HASHING:
            self._rail_power = self._boards.power * self._ramp * _IDLE_RAIL
            self._rail_off = self.now + fall
        self.stage = Stage.DOWN
        self._plan.clear()

    def _plan_process(self, begin: float) -> None:
        bound = begin + self._random.uniform(*self.profile.api_opens)
        hashing = max(bound, begin + self._random.uniform(*self.profile.restart))
        self._plan = [(begin, Stage.LOADING), (bound, Stage.STARTING), (hashing, Stage.HASHING)]

    def _boot(self, boot: Boot) -> None:
        self._end_process(0.0)
        self.stage = Stage.BOOTING
        self.boots += 1
        self._booted = self.now
        self._supply.boot(self.now)
        up = self.now + self._random.uniform(*boot.system)
        bound = up + self._random.uniform(*self.profile.api_opens)
        hashing = max(bound, self.now + self._random.uniform(*boot.hashing))
        self._plan = [(up, Stage.LOADING), (bound, Stage.STARTING), (hashing, Stage.HASHING)]

    @property
    def reachable(self) -> bool:
        """Whether the operating system is up, and with it the web server."""
        return self.stage not in (Stage.OFF, Stage.BOOTING)

    @property
    def api_answers(self) -> bool:
        """Whether the mining process answers on its port."""
        return self.stage is Stage.HASHING or (self.stage is Stage.STARTING and not self.profile.api_hangs)

    @property
    def power(self) -> float:
        """What a meter at the plug shows, in W."""
        if self.stage is Stage.OFF:
            return 0.0
        if self.stage is Stage.HASHING:
            return self.unit.idle_power + self._boards.power * self._ramp
        return self.unit.idle_power + (self._rail_power if self.now < self._rail_off else 0.0)

    @property
    def elapsed(self) -> float:
        """The age of the mining process, in s."""
        return self.now - self.started

    def board_power(self, board: int) -> int:
        """Return the miner's own figure for a board, in W."""
        return self._boards.reported(board) if self.stage is Stage.HASHING else 0

    def board_ideal(self, board: int) -> float:
        """Return a board's theoretical hashrate, in GH/s."""
        return self._boards.ideal(board)

    @property
    def pool_lost(self) -> bool:
        """Whether it has no work because no pool answers; its boards go on drawing."""
        poolless = self.unit.defects.poolless
        return self.stage is Stage.HASHING and poolless is not NEVER and poolless.holds(self.now)

    def board_hashrate(self, board: int) -> float:
        """Return a board's hashrate over the last seconds, in GH/s."""
        if self.stage is not Stage.HASHING or self.pool_lost:
            return 0.0
        flutter = 1 + 0.01 * sin(self.now / 7 + board + self.unit.ambient)
        return self.board_ideal(board) * self.unit.hashrate_factor * self._ramp * flutter

    @property
    def hashrate(self) -> float:
        return sum(map(self.board_hashrate, range(3)))

    @property
    def mean_hashrate(self) -> float:
        """The hashrate since the mining process started, in GH/s."""
        if self.stage is not Stage.HASHING or self.elapsed <= 0:
            return 0.0
        hashing, ramp = self.now - self._hashing_since, self.profile.ramp
        full = hashing - ramp / 2 if hashing > ramp else hashing**2 / (2 * ramp)
        ideal = sum(map(self.board_ideal, range(3))) * self.unit.hashrate_factor
        return ideal * min(1.0, full / self.elapsed)

    def chip_temperature(self, board: int) -> int:
        """Return a board's temperature, in °C."""
        warmth = 1 - exp(-(self.now - self._hashing_since) / _HEATING) if self.stage is Stage.HASHING else 0.0
        return self._boards.chip_temperature(board, warmth)

    @property
    def _ramp(self) -> float:
        return min(1.0, (self.now - self._hashing_since) / self.profile.ramp)
