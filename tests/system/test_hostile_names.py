"""A device whose name no text can hold stands in a block with forty others."""

import json

from harness import NewFleet, NewProcess, block, wait_until
from watch import EmsWatch

SCAN = "/dashboard/api/discovery/scan"
MINERS = 40
POLLS = 200


def named(hostname: str) -> bytes:
    """Return the page of a miner that calls itself so; the name arrives escaped, as JSON has it."""
    return json.dumps(
        {"minertype": "Antminer S9", "macaddr": "02:00:00:00:00:01", "hostname": hostname}
    ).encode()


def test_a_hostname_that_is_no_text_keeps_nobody_out_of_the_fleet(
    new_fleet: NewFleet, new_process: NewProcess
) -> None:
    fleet = new_fleet(MINERS)
    sound, hostile = fleet.miners[0], fleet.miners[17]
    api = new_process(fleet, MINER_DISCOVERY_ENABLED="false").start()
    api.tell("/dashboard/api/discovery/add", {"ip": sound})
    api.wait_for(online_miners=1)
    wait_until(lambda: api.get("/api/status").status_code == 200)
    fleet.answer_instead(hostile, api=b"\0", web=named("\ud800"))
    with EmsWatch(api.port) as ems:
        answer = api.scan({"network_cidr": str(block(fleet))})
        wait_until(lambda: api.status()["online_miners"] >= MINERS - 1)
        while len(ems.latencies) < POLLS:  # bounded by the client's own deadlines
            api.scan({"network_cidr": str(block(fleet))})
    registered = api.status()["total_miners"]
    assert registered in (MINERS - 1, MINERS)
    assert answer["miners_found"] == registered
    assert api.read(SCAN)["unrecorded"] == [hostile] * (MINERS - registered)
    assert api.history()[0]["parameters"]["network_cidr"] == str(block(fleet))
    ems.verify()
