"""Devices answer with what is made to hold a parser, poll after poll, while an EMS asks for the status."""

import time
from collections.abc import Sequence

from harness import Api, NewFleet, NewProcess, wait_until
from watch import EmsWatch

from netstab.units import MinerId

MINERS = 6
SECONDS = 3.0
"""Of each answer."""

SIZE = 60_000
"""Below what is taken of an answer, so that all of it is parsed."""

ANSWERS = {
    "unclosed strings": b"{" + b'"\\' * (SIZE // 2),
    "unclosed strings, longer than any answer": b"{" + b'"\\' * 48_000,
    "a version of digits": b'{"minertype":"Antminer S9 (vnish ' + b"3" * (SIZE - 100) + b')"}',
    "fields in fields": b'{"minertype":"Antminer S9","bitmain-freq":"' + b"_ant_a" * (SIZE // 7) + b'"}',
    "a long name": b'{"minertype":"Antminer S9' + b"x" * (SIZE - 100) + b'"}',
}


def test_no_answer_of_a_device_delays_the_ems(new_fleet: NewFleet, new_process: NewProcess) -> None:
    fleet = new_fleet(MINERS)
    hostile = fleet.miners[1:4]
    api = new_process(fleet).start()
    api.wait_for_miners(MINERS)
    for answer in ANSWERS.values():
        for miner_id in hostile:
            fleet.answer_instead(miner_id, api=answer, web=answer)
        with EmsWatch(api.port) as ems:
            _look_at(api, hostile)
        ems.verify()
    assert len(api.get("/dashboard/api/miners").content) < 20_000
    for miner_id in hostile:
        fleet.answer_instead(miner_id, api=None, web=None)
    wait_until(lambda: api.status()["online_miners"] == MINERS)


def _look_at(api: Api, miners: Sequence[MinerId]) -> None:
    """Have the hostile ones identified again and their details read, beside the polls that go on."""
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        api.tell("/dashboard/api/discovery/add", {"ip": miners[0]})
        api.get(f"/dashboard/api/miners/{miners[1]}/details")
        time.sleep(0.2)
