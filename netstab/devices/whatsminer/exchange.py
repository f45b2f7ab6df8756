"""The way to the port of API 3: one request and one answer, in frames, on a connection of its own."""

from netstab.devices.port import Endpoint, Permit
from netstab.devices.transport import exchanged
from netstab.devices.whatsminer.frames import framed, unframed

__all__ = ["exchange"]


def exchange(
    endpoint: Endpoint, port: int, content: bytes, expires: float, permit: Permit | None = None
) -> bytes:
    """Exchange one request for the answer, as `exchanged` does."""
    return exchanged(endpoint.miner_id, port, framed(content), unframed, expires, permit)
