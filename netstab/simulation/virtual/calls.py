"""Calls to miners in virtual time: how long they take, where they wait, and what comes back."""

from collections import deque
from collections.abc import Callable
from functools import partial

from actors.fence import WakeFence
from actors.messages import Finished, Polled, Probed
from actors.miner.state import Probe, Send
from actors.miner.steps import lane_of
from netstab.devices.lanes import THREADS, Lane
from netstab.devices.port import Reading
from netstab.errors import ConnectionLost, DeviceError, PortClosed, TimedOut, Withdrawn
from netstab.simulation.virtual import wire
from netstab.simulation.virtual.device import Order
from netstab.simulation.virtual.miner import Agenda, Sent, VirtualMiner, is_at_rest
from netstab.simulation.virtual.site import Site
from netstab.units import Seconds

__all__ = ["Calls"]

_ROUND_TRIP = (0.005, 0.03)

Deliver = Callable[[VirtualMiner, Finished | Polled | Probed], None]


class Calls:
    """`deliver` takes what came of a call, `disturb` that a miner took a command; `sent` keeps them all."""

    def __init__(
        self,
        site: Site,
        agenda: Agenda,
        fence: WakeFence,
        deliver: Deliver,
        disturb: Callable[[VirtualMiner], None],
    ) -> None:
        self._site, self._agenda, self._fence = site, agenda, fence
        self._deliver, self._disturb = deliver, disturb
        self._free = dict(THREADS)
        self._queues: dict[Lane, deque[Callable[[], None]]] = {lane: deque() for lane in THREADS}
        self.sent: list[Sent] = []
        self.lost = site.disturbance.lost

    def is_lost(self, miner: VirtualMiner) -> bool:
        """Draw whether the next request to a miner is lost."""
        share = self.lost
        return share > 0 and miner.chance.random() < share

    # The API port

    def poll(self, miner: VirtualMiner, token: int) -> None:
        if miner.loses:
            self._agenda.after(
                wire.API_POLL, partial(self._polled, miner, token, self._agenda.now, _no_answer(miner))
            )
        else:
            delay = miner.chance.uniform(*_ROUND_TRIP)
            self._agenda.after(delay, partial(self._look, miner, token, self._agenda.now, waited=False))

    def _look(self, miner: VirtualMiner, token: int, since: float, *, waited: bool) -> None:
        """Look at the port; one that is silent is waited for until the miner changes or time is up."""
        miner.device.advance(self._agenda.now)
        outcome: Reading | DeviceError | None = miner.device.look()
        expires = since + wire.API_POLL
        if isinstance(outcome, PortClosed) and waited:
            outcome = ConnectionLost(f"{miner.miner_id} broke the connection off.")
        if outcome is None and self._agenda.now < expires:
            again = min(expires, max(miner.device.next_change, self._agenda.now))
            self._agenda.at(again, partial(self._look, miner, token, since, waited=True))
            return
        self._polled(miner, token, since, outcome or _no_answer(miner))

    def _polled(self, miner: VirtualMiner, token: int, since: float, outcome: Reading | DeviceError) -> None:
        self._deliver(miner, Polled(token, outcome, Seconds(self._agenda.now - since)))
        miner.rests = is_at_rest(miner, self._agenda.now)

    # The web server

    def probe(self, miner: VirtualMiner, probe: Probe) -> None:
        self._submit(lane_of(probe), partial(self._probe, miner, probe))

    def send(self, miner: VirtualMiner, send: Send) -> None:
        self._submit(lane_of(send), partial(self._send, miner, send))

    def _submit(self, lane: Lane, work: Callable[[], None]) -> None:
        if self._free[lane] > 0:
            self._free[lane] -= 1
            work()
        else:
            self._queues[lane].append(work)

    def _release(self, lane: Lane) -> None:
        if self._queues[lane]:
            self._queues[lane].popleft()()
        else:
            self._free[lane] += 1

    def _probe(self, miner: VirtualMiner, probe: Probe) -> None:
        if self.is_lost(miner):
            self._agenda.after(wire.WEB_READ, partial(self._probed, miner, probe, _no_answer(miner)))
            return
        self._agenda.after(miner.chance.uniform(*self._site.page), partial(self._ask, miner, probe))

    def _ask(self, miner: VirtualMiner, probe: Probe) -> None:
        miner.device.advance(self._agenda.now)
        outcome = miner.device.probe()
        silent = isinstance(outcome, TimedOut)
        self._agenda.after(wire.WEB_READ if silent else 0.0, partial(self._probed, miner, probe, outcome))

    def _probed(self, miner: VirtualMiner, probe: Probe, outcome: Reading | DeviceError) -> None:
        self._release(lane_of(probe))
        self._deliver(miner, Probed(probe.token, outcome))

    def _send(self, miner: VirtualMiner, send: Send) -> None:
        if self.is_lost(miner):
            self._agenda.after(wire.COMMAND, partial(self._finish, miner, send, _no_answer(miner)))
            return
        delay = sum(miner.chance.uniform(*self._site.page) for _ in range(miner.device.pages(send.step)))
        self._agenda.after(delay, partial(self._arrive, miner, send))

    def _arrive(self, miner: VirtualMiner, send: Send) -> None:
        if not self._stands(miner, send):
            self._finish(miner, send, Withdrawn("A newer command overtook this one before it was sent."))
            return
        miner.device.advance(self._agenda.now)
        outcome = miner.device.carry_out(send)
        if isinstance(outcome, Order):
            if outcome.changed:
                self.sent.append(Sent(self._agenda.now, miner.miner_id, send.step, send.version))
            self._disturb(miner)
            ended = None if outcome.changed else False
            self._agenda.after(outcome.delay, partial(self._finish, miner, send, ended))
            return
        silent = isinstance(outcome, TimedOut)
        self._agenda.after(wire.COMMAND if silent else 0.0, partial(self._finish, miner, send, outcome))

    def _stands(self, miner: VirtualMiner, send: Send) -> bool:
        allowed = send.starts_nothing or self._fence.allows(send.version)
        return allowed and send.token not in miner.withdrawn

    def _finish(self, miner: VirtualMiner, send: Send, outcome: bool | DeviceError | None) -> None:
        self._release(lane_of(send))
        self._deliver(miner, Finished(send.token, outcome))


def _no_answer(miner: VirtualMiner) -> TimedOut:
    return TimedOut(f"{miner.miner_id} gave no answer in time.")
