"""The Resource Manager as a front: it connects to the CEM, and remembers from one session to the next.

What is said and done decides `session`. A lost connection ends a run, and the runner begins the next one.
"""

import asyncio
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException

from netstab.clock import WallClock
from netstab.errors import CounterpartLost
from netstab.fronts.link import Link
from netstab.fronts.s2.connecting import PING_EVERY, connection, trouble
from netstab.fronts.s2.session import Closed, handle
from netstab.fronts.s2.talk import Talk
from netstab.fronts.s2.turn import Session
from netstab.fronts.s2.view import NOTHING_KNOWN
from netstab.settings.fronts import S2Settings
from netstab.units import Seconds
from netstab.urls import without_password

__all__ = ["S2Front"]


class S2Front:
    """Keeps a session with the CEM; what a lost one leaves in force is known to the next.

    `silent_after` is how long a front may be silent, 0 s for ever: a ping comes more often.
    """

    name = "s2"

    def __init__(self, settings: S2Settings, wall: WallClock, silent_after: Seconds) -> None:
        self.counterpart = without_password(settings.url)
        self._settings = settings
        self._wall = wall
        self._ping_every = Seconds(min(PING_EVERY, silent_after / 3)) if silent_after else PING_EVERY
        self._session = Session(settings.resource_id)

    async def run(self, link: Link) -> None:
        """Hold one session. Raises `CounterpartLost` when it ends."""
        lost = ""
        client = f"s2 {urlsplit(self._settings.url).netloc.rpartition('@')[2]}"
        talk = Talk(link, client, self._wall, self._session)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(talk.look_at_the_fleet())
                tasks.create_task(talk.tell_the_fleet())
                tasks.create_task(self._connect(talk))
                await talk.follow()
        except* CounterpartLost as group:
            lost = str(group.exceptions[0])
        finally:
            self._session, _ = handle(talk.session, Closed(), self._wall(), NOTHING_KNOWN)
        raise CounterpartLost(lost)

    async def _connect(self, talk: Talk) -> None:
        """Connect, and carry what comes; time goes on meanwhile for what is in force."""
        reason = "The CEM has ended the connection."
        try:
            async with connection(self._settings) as socket:
                await talk.carry(socket, self._ping_every)
        except (OSError, WebSocketException) as error:
            reason = trouble(error)
        talk.lose(reason)
