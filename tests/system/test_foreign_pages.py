"""Pages of other sites send all that a browser lets them, over and over, while an EMS asks."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, cycle, islice, product

import requests
from harness import NewFleet, NewProcess, asleep, commands
from watch import EmsWatch

THREADS = 8
SECONDS = 4.0
MOST = 2_000
"""Requests of a thread, at most."""

ORDER = b'{"activationPowerInKw": 2.92, "enabled": true, "action": "reset", "ip": "127.0.0.1"}'
FOREIGN: tuple[dict[str, str | None], ...] = (
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    {"Sec-Fetch-Site": "same-site", "Content-Type": "text/plain;charset=UTF-8"},
    {"Origin": "http://evil.example", "Content-Type": "application/json"},
    {"Host": "rebound.example"},
)
CALLS = (
    ("POST", "/api/activate", ORDER),
    ("POST", "/api/deactivate", None),
    ("POST", "/dashboard/api/override", ORDER),
    ("POST", "/dashboard/api/power/apply", ORDER),
    ("POST", "/dashboard/api/miners/{miner}/control", ORDER),
    ("POST", "/dashboard/api/discovery/add", ORDER),
    ("POST", "/dashboard/api/discovery/scan", None),
    ("PATCH", "/dashboard/api/config", ORDER),
    ("DELETE", "/dashboard/api/discovery/miners/{miner}", None),
)


def test_pages_of_other_sites_command_nothing_and_keep_no_ems_waiting(
    new_fleet: NewFleet, new_process: NewProcess
) -> None:
    fleet = new_fleet(2)
    api = new_process(fleet).start()
    api.wait_for_miners(2)
    before = api.history()
    with EmsWatch(api.port) as ems, ThreadPoolExecutor(THREADS) as sites:
        answers = list(chain.from_iterable(sites.map(hammer, [(api.base, fleet.miners[0])] * THREADS)))
    assert len(answers) > len(CALLS) * len(FOREIGN)
    assert set(answers) <= {400, 403}
    assert api.history() == before
    assert commands(fleet) == []
    assert asleep(fleet)
    ems.verify()


def hammer(at: tuple[str, str]) -> list[int]:
    """Send each call as each foreign page would, over and over; gives the statuses."""
    base, miner = at
    until, statuses = time.monotonic() + SECONDS, []
    with requests.Session() as session:
        session.trust_env = False
        for (method, path, body), foreign in islice(cycle(product(CALLS, FOREIGN)), MOST):
            if time.monotonic() > until:
                break
            url = base + path.replace("{miner}", miner)
            statuses.append(session.request(method, url, data=body, headers=foreign, timeout=20).status_code)
    return statuses
