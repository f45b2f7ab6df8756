"""Pictures of the dashboard for the README: a simulated fleet with a past, seen on a desktop and a phone.

Until they are taken the server's time runs fast, from a quarter of an hour ago to now. Run: make screenshots
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from browsing import CHROMIUM, PHONE, Visit, launched
from harness import Controller, environment, wait_until
from playwright.sync_api import Browser, Page

from netstab.demo import SIGNAL
from netstab.server.wiring import running
from netstab.settings import read_settings
from netstab.simulation.fleet import SimulatedFleet
from netstab.units import MinerId, Timestamp, WallTime

MINERS = 60
PACE = 10.0
PAST_S = 16 * 60
SCREEN = {"viewport": {"width": 1440, "height": 900}}
LOOKS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "desktop": (SCREEN, ("now", "miner", "steer", "command")),
    "dark": (SCREEN | {"color_scheme": "dark"}, ("fleet", "look_back")),
    "phone": (PHONE, ("now", "fleet", "steer", "look_back")),
}


class Hurried:
    """A clock that starts in the past and runs fast until it has caught up."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._wall = time.time()

    def __call__(self) -> Timestamp:
        elapsed = time.monotonic() - self._started
        return Timestamp(self._wall + min(elapsed, elapsed * PACE - PAST_S))

    @property
    def late(self) -> bool:
        return self() < time.time() - 1


def passed(clock: Hurried, moment: float) -> bool:
    return clock() > moment


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("docs/images"))
    options = parser.parse_args()
    if CHROMIUM is None:
        sys.exit("Chromium is not installed: apt-get install chromium")
    options.folder.mkdir(parents=True, exist_ok=True)
    clock = Hurried()
    with site(clock) as (api, fleet), launched() as browser:
        live_through(api, fleet, clock)
        take_all(browser, api, fleet.miners[7], options.folder)


@contextmanager
def site(clock: Hurried) -> Iterator[tuple[Controller, SimulatedFleet]]:
    fleet = SimulatedFleet(MINERS, first_address="127.98.0.1", seed=6, speed=PACE, asleep=True)
    with tempfile.TemporaryDirectory() as folder, fleet:
        changes = {"POLL_INTERVAL_SECONDS": "0.5", "SNAPSHOT_INTERVAL_SECONDS": "5"}
        settings = read_settings(environment(fleet, Path(folder), **changes))
        with running(settings, clock, lambda: WallTime(clock())) as system, Controller(system) as api:
            api.wait_for(total_miners=MINERS, within=60)
            yield api, fleet


def live_through(api: Controller, fleet: SimulatedFleet, clock: Hurried) -> None:
    """Let an EMS follow its signal while an operator does what operators do."""
    rated = api.status()["rated_power_kw"]
    began = clock()
    for trouble in troubles(api, fleet):
        trouble()
        for _ in range(4):
            ems(api, rated * 0.8 * SIGNAL.at((clock() - began) / 3))
            wait_until(partial(passed, clock, clock() + 22), 60)
    wait_until(lambda: not clock.late, 120)
    ems(api, rated * 0.7)
    api.wait_for(state="active")


def ems(api: Controller, kilowatts: float) -> None:
    """Order a power; while an operator overrides, that is refused and recorded as well."""
    api.post("/api/activate", {"activationPowerInKw": round(kilowatts, 2)})


def troubles(api: Controller, fleet: SimulatedFleet) -> list[Callable[[], object]]:
    def control(number: int, action: str) -> None:
        api.post(f"/dashboard/api/miners/{fleet.miners[number]}/control", {"action": action})

    return [
        lambda: None,
        lambda: control(3, "stop"),
        partial(cut_power, fleet, fleet.miners[40:42]),
        lambda: api.patch("/dashboard/api/config", {"min_miner_power_percent": 30}),
        lambda: fleet.change_password(fleet.miners[50], "changed"),
        lambda: api.post("/dashboard/api/override", {"enabled": True, "target_power_kw": 30.0}),
        lambda: api.post("/dashboard/api/override", {"enabled": False}),
        lambda: api.post("/dashboard/api/override", {"enabled": True, "target_power_kw": 500.0}),
        lambda: fleet.hang(fleet.miners[20]),
        lambda: api.post(
            "/dashboard/api/power/set-frequency", {"miner_ip": fleet.miners[9], "frequency_mhz": 550}
        ),
    ]


def cut_power(fleet: SimulatedFleet, miners: Sequence[MinerId]) -> None:
    for miner in miners:
        fleet.cut_power(miner)


def take_all(browser: Browser, api: Controller, miner: MinerId, folder: Path) -> None:
    command = next(delivered(api))
    addresses = {view: f"/#/{view}" for view in ("now", "fleet", "steer")}
    addresses["miner"] = f"/#/miner/{miner}"
    addresses["look_back"] = f"/#/look_back?at={moment(time.time() - 430)}"
    addresses["command"] = f"/#/look_back/{command}"
    for look, (options, views) in LOOKS.items():
        with Visit(browser, api.base, None, locale="en-GB", **options) as visit:
            for view in views:
                take(visit.page, addresses[view], folder / f"{view}-{look}.png")


def moment(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def delivered(api: Controller) -> Iterator[str]:
    """Return the ids of dispatches whose delivery is recorded, the newest first."""
    for entry in api.read("/dashboard/api/history?command=activate&detail=true")["commands"]:
        if entry["outcome"] == "reached":
            yield entry["command_id"]


def take(page: Page, address: str, file: Path) -> None:
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for(state="attached")
    if "look_back?" in address:
        page.get_by_role("button", name="15 min").click()
    if address.endswith("steer"):
        page.get_by_label("Target in kW").fill("40")
        page.get_by_role("button", name="Preview").click()
    page.wait_for_timeout(2500)  # figures come within two polls, curves are drawn once
    page.screenshot(path=file)
    sys.stdout.write(f"{file} {file.stat().st_size // 1000} kB\n")


if __name__ == "__main__":
    main()
