"""The way to a miner's API port, and what trouble on a wire to a miner is called.

One exchange per connection, within its deadline; nothing is sent twice. The web server's way is `web.py`.
"""

import asyncio
from collections.abc import Mapping

from netstab.devices.exchange import line
from netstab.devices.port import Endpoint
from netstab.errors import ConnectionLost, DeviceError, MalformedAnswer, PortClosed, TimedOut, Unreachable
from netstab.wire.failure import Failure, named

__all__ = ["DEVICE_ERRORS", "ask_api"]

DEVICE_ERRORS: Mapping[Failure, type[DeviceError]] = {
    Failure.TIMED_OUT: TimedOut,
    Failure.PORT_CLOSED: PortClosed,
    Failure.CONNECTION_LOST: ConnectionLost,
    Failure.UNREACHABLE: Unreachable,
    Failure.MALFORMED: MalformedAnswer,
}


async def ask_api(endpoint: Endpoint, request: bytes, expires: float) -> bytes:
    """Exchange one request for one answer on the API port, on a connection of its own.

    The miner's API serves one connection at a time and waits for a silent one without end, so the request
    goes at once and the connection never lingers.
    """
    try:
        with line(asyncio.get_running_loop()) as opened:
            return await opened.ask(endpoint.miner_id, endpoint.api_port, request, expires)
    except (OSError, DeviceError) as error:
        raise named(error, f"{endpoint.miner_id}:{endpoint.api_port}", DEVICE_ERRORS) from error
