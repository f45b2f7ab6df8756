import asyncio
import inspect
from ipaddress import IPv4Network

import pytest
from canned_miner import ANYWHERE

from netstab.devices.out_of_reach import OutOfReachDriver
from netstab.devices.port import Findable, Readable, Restartable, Switchable, Tunable
from netstab.errors import Unreachable
from netstab.reach import Reach

INTERFACES = (Readable, Switchable, Tunable, Restartable, Findable)
CALLS = [
    name
    for interface in INTERFACES
    for name, _ in inspect.getmembers(interface, inspect.isfunction)
    if not name.startswith("_")
]


@pytest.mark.parametrize("name", CALLS)
def test_every_call_to_a_miner_out_of_reach_fails_with_the_reason(name: str) -> None:
    call = getattr(OutOfReachDriver(Reach((IPv4Network("127.0.0.0/8"),), 4028)), name)
    with pytest.raises(Unreachable, match="MINER_ALLOWED_NETWORKS"):
        asyncio.run(call(ANYWHERE)) if inspect.iscoroutinefunction(call) else call(ANYWHERE)
