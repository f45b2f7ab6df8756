"""Three servers of 200 simulated miners each and one above them, over real sockets: how such a tree holds.

Run: make bench-sites, which runs the one in virtual time first
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from harness import Controller
from site_tree import Tree, upper_server

BLOCK = "127.64.1."
SHARES = (0.5, 0.6)
EVERY = 0.25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=3)
    parser.add_argument("--units", type=int, default=200)
    parser.add_argument(
        "--settle", type=float, default=45.0, help="seconds after an order that are not judged"
    )
    parser.add_argument("--steady", type=float, default=15.0, help="seconds that are")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(BLOCK, asked.sites, asked.units, Path(folder))
        try:
            with upper_server(tree, BLOCK, Path(folder), POLL_INTERVAL_SECONDS="1") as upper:
                _trial(tree, upper, asked.settle, asked.steady)
        finally:
            tree.close()


def _trial(tree: Tree, upper: Controller, settle: float, steady: float) -> None:
    rated = float(upper.status()["rated_power_kw"])
    ramp = {"max_power_change_rate_kw_per_sec": 1e6}
    for api in (upper, *(site.api for site in tree.sites)):
        api.patch("/dashboard/api/config", ramp).raise_for_status()
    target = 0.0
    for share in SHARES:
        target = share * rated
        upper.activate(round(target, 3))
        time.sleep(settle)
        off = max(_errors(tree, target, steady))
        print(f"{100 * share:.0f} %: at worst {100 * off:.2f} % off the target in {steady:g} s", flush=True)
    lost, *others = tree.sites
    began = time.monotonic()
    lost.is_lost()
    told = _after(began, settle, lambda: sum(site.target_kw or 0.0 for site in others) >= 0.99 * target)
    drawn = _after(began, settle, lambda: abs(_drawn(tree) - target) <= 0.01 * target)
    print(f"a lost site's share is told after {told} and drawn after {drawn}")


def _errors(tree: Tree, target: float, seconds: float) -> list[float]:
    errors = []
    expires = time.monotonic() + seconds
    while time.monotonic() < expires:
        errors.append(abs(_drawn(tree) - target) / target)
        time.sleep(EVERY)
    return errors


def _drawn(tree: Tree) -> float:
    return sum(site.fleet.true_power() for site in tree.sites) / 1000


def _after(began: float, within: float, done: Callable[[], bool]) -> str:
    while time.monotonic() < began + within:
        if done():
            return f"{time.monotonic() - began:.1f} s"
        time.sleep(EVERY)
    return f"more than {within:g} s"


if __name__ == "__main__":
    main()
