"""How simulated miners behave, as data: times, failures, and what a fleet is made of.

A new kind of behaviour is a new row here, not a branch in the physics.
"""

from dataclasses import dataclass
from itertools import pairwise

__all__ = ["DOCUMENT", "FIELD", "PROFILES", "Boot", "Profile", "Range"]

Range = tuple[float, float]
"""The least and the greatest value of a quantity that is drawn uniformly."""


@dataclass(frozen=True, slots=True)
class Boot:
    """A start of the operating system: seconds until the web server is back, and until the boards hash."""

    system: Range
    hashing: Range


@dataclass(frozen=True, slots=True)
class Profile:
    """Times in seconds, powers in W, shares and probabilities from 0 to 1.

    `restart` is a start of the mining process alone, `respawn` the delay of its watchdog, `api_opens` the
    time from the process's start until its port is bound; with `api_hangs` the port then accepts and stays
    silent until the boards hash. `sleep_fall` and `kill_fall` say how long boards keep drawing power after
    the process was told to sleep or was killed. `script` is what a configuration script takes to answer.

    `boot_failure` gives the probability that a booted system never starts mining, over the number of
    miners on the same supply that boot at the same time; linear in between. `restart_failure` is the
    probability that a restart leaves the mining process dead until power is cut.
    """

    name: str
    wake: Boot
    reboot: Boot
    reset: Boot
    restart: Range
    respawn: Range
    api_opens: Range
    api_hangs: bool
    ramp: float
    sleep_fall: float
    kill_fall: float
    script: float
    boot_failure: tuple[tuple[int, float], ...]
    restart_failure: float
    frequencies: tuple[int, ...]
    asicboost_share: float
    power_spread: Range
    hashrate_spread: Range
    idle_power: Range
    partial_share: float
    missing_chips_share: float
    plain_name_share: float
    stock_share: float
    locked_share: float

    def boot_failure_among(self, together: int) -> float:
        """Return the probability that a boot fails, one of `together` at the same time on one supply."""
        points = self.boot_failure
        if together <= points[0][0]:
            return points[0][1]
        for (low, at_low), (high, at_high) in pairwise(points):
            if together <= high:
                return at_low + (at_high - at_low) * (together - low) / (high - low)
        return points[-1][1]


DOCUMENT = Profile(
    name="document",
    wake=Boot(system=(2, 4), hashing=(5, 10)),
    reboot=Boot(system=(25, 35), hashing=(60, 90)),
    reset=Boot(system=(40, 60), hashing=(120, 180)),
    restart=(10, 30),
    respawn=(3, 5),
    api_opens=(1, 2),
    api_hangs=False,
    ramp=2,
    sleep_fall=1,
    kill_fall=2,
    script=1,
    boot_failure=((1, 0.0),),
    restart_failure=0.0,
    frequencies=(650,),
    asicboost_share=0.0,
    power_spread=(0.98, 1.02),
    hashrate_spread=(0.98, 1.01),
    idle_power=(49, 51),
    partial_share=0.0,
    missing_chips_share=0.0,
    plain_name_share=0.0,
    stock_share=0.0,
    locked_share=0.0,
)

FIELD = Profile(
    name="field",
    wake=Boot(system=(24, 32), hashing=(60, 130)),
    reboot=Boot(system=(24, 32), hashing=(60, 130)),
    reset=Boot(system=(24, 32), hashing=(120, 180)),
    restart=(33, 111),
    respawn=(3, 5),
    api_opens=(5, 8),
    api_hangs=True,
    ramp=20,
    sleep_fall=3,
    kill_fall=10,  # the PIC keeps the rail up until it misses its heartbeat
    script=7,
    boot_failure=((80, 0.085), (152, 0.24), (171, 0.43)),
    restart_failure=1 / 3,
    frequencies=(600, 625, 625, 650),
    asicboost_share=0.9,  # the miner's own figure leaves AsicBoost out: that is most of its error
    power_spread=(0.92, 1.08),
    hashrate_spread=(0.95, 1.0),
    idle_power=(30, 51),
    partial_share=17 / 99,
    missing_chips_share=2 / 99,
    plain_name_share=58 / 173,
    stock_share=5 / 173,
    locked_share=1 / 173,
)

PROFILES = {profile.name: profile for profile in (DOCUMENT, FIELD)}
