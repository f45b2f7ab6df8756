"""The driver of units that Awesome Miner stands before. It reads the shared board, and nothing of a device.

What Awesome Miner's `stop` does to a miner is not known; `proof.py` has it tried on one before it is used.
"""

import asyncio

from netstab.devices.antminer.texts import LONGEST_TEXT, cleaned
from netstab.devices.awesome_miner.back_end import AwesomeMiner
from netstab.devices.awesome_miner.proof import Action
from netstab.devices.port import Details, Endpoint, Firmware, Identity, Permit, Pool, Reading
from netstab.devices.web import Web
from netstab.errors import NotAMiner, Unreachable

__all__ = ["AwesomeMinerDriver"]


class AwesomeMinerDriver:
    firmware = Firmware.AWESOME_MINER

    def __init__(self, web: Web) -> None:
        self._set = web.awesome_miner

    async def poll(self, endpoint: Endpoint) -> Reading:
        back_end = self._back_end()
        if not back_end.asked.done():
            await asyncio.shield(asyncio.wrap_future(back_end.asked))
        return back_end.reading(endpoint.miner_id)

    def probe(self, endpoint: Endpoint) -> Reading:
        return self._back_end().reading(endpoint.miner_id)

    def identify(self, endpoint: Endpoint) -> Identity:
        raise NotAMiner(f"At {endpoint.miner_id} itself nobody is asked: Awesome Miner stands before it.")

    def details(self, endpoint: Endpoint) -> Details:
        back_end = self._back_end()
        found = back_end.reading(endpoint.miner_id)
        told = cleaned(back_end.details(endpoint.miner_id), LONGEST_TEXT)
        return Details(found, told, {}, {}, (), {})

    async def pools(self, endpoint: Endpoint) -> tuple[Pool, ...]:
        return ()

    def sleep(self, endpoint: Endpoint, permit: Permit, *, insist: bool = False) -> None:
        self._back_end().act(endpoint.miner_id, Action.STOP, permit)

    def wake(self, endpoint: Endpoint, permit: Permit) -> None:
        self._back_end().act(endpoint.miner_id, Action.START, permit)

    def _back_end(self) -> AwesomeMiner:
        if self._set is None:
            raise Unreachable("Awesome Miner is not set: AWESOME_MINER_URL names none.")
        return self._set
