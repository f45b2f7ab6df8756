"""A fleet in virtual time: real physics under the product's real state machine of each miner.

Events are taken from a queue; nothing is ticked. A miner at rest is not asked through its state machine: the
answer could only be the same again, so its report is brought up to date instead.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from zlib import crc32

from msgspec import structs

from actors.fence import WakeFence
from actors.messages import ActionEnded, Finished, PollDue, ReleaseControl, SetTarget
from actors.miner.machine import Message, handle
from actors.miner.report import report
from actors.miner.state import Announce, Effect, MinerState, Poll, Probe, Send, Withdraw
from actors.report import MinerReport, Phase
from netstab.dispatch.setpoint import Setpoint
from netstab.simulation.population import random_of
from netstab.simulation.virtual.calls import Calls
from netstab.simulation.virtual.miner import (
    POLL_INTERVAL,
    Agenda,
    Sent,
    VirtualMiner,
    is_steady,
    virtual_miner,
)
from netstab.simulation.virtual.site import Site, devices_of
from netstab.units import MinerId, Timestamp, Version

__all__ = ["Plant"]


class Plant:
    """Call `run_until` to let time pass; what controllers may see is in `reports`, the truth in `power`."""

    def __init__(self, site: Site, *, asleep: bool) -> None:
        self.site = site
        self.fence = WakeFence()
        self.reports: dict[MinerId, MinerReport] = {}
        devices = devices_of(site, asleep=asleep)
        self.registered = {miner_id: device.registered for miner_id, device in devices.items()}
        self.miners = {miner_id: virtual_miner(device, site) for miner_id, device in devices.items()}
        self._moving = set(self.miners.values())
        self._news: list[ActionEnded] = []
        self._agenda = Agenda()
        self._calls = Calls(site, self._agenda, self.fence, self._deliver, self.disturb)
        for miner in self.miners.values():
            share = crc32(miner.miner_id.encode()) / 2**32
            self._agenda.after(share * POLL_INTERVAL, partial(self._poll_due, miner))

    @property
    def now(self) -> float:
        return self._agenda.now

    @property
    def sent(self) -> list[Sent]:
        """The commands that reached miners."""
        return self._calls.sent

    def run_until(self, now: float) -> None:
        """Let everything happen that is due by `now`."""
        self._agenda.run_until(now)

    def at(self, moment: float, act: Callable[[], None]) -> None:
        """Have something done at a moment to come."""
        self._agenda.at(moment, act)

    def lose_requests(self, share: float | None) -> None:
        """Have a share of all requests lost from now on; None for what the site says."""
        self._calls.lost = self.site.disturbance.lost if share is None else share

    def cut_power(self, share: float) -> None:
        """Take the power from a share of the miners for good, as the site's seed says from which."""
        miners = list(self.miners.values())
        random_of(self.site.seed, "power cut").shuffle(miners)
        for miner in miners[: round(share * len(miners))]:
            miner.device.advance(self.now)
            miner.device.cut_power()
            self.disturb(miner)

    # The truth

    def measure(self) -> tuple[float, float]:
        """Return the fleet's true power in W and hashrate in TH/s now."""
        for miner in tuple(self._moving):
            self._follow(miner)
        miners = self.miners.values()
        return sum(miner.power for miner in miners), sum(miner.hashrate for miner in miners)

    def _follow(self, miner: VirtualMiner) -> None:
        device = miner.device
        device.advance(self.now)
        if device.stage is not miner.stage:
            miner.stage, miner.changed_at = device.stage, self.now
        miner.power, miner.hashrate = device.power, device.hashrate
        if is_steady(miner, self.now):
            self._moving.discard(miner)

    def disturb(self, miner: VirtualMiner) -> None:
        """Take note that something was done to a miner."""
        miner.rests, miner.changed_at = False, self.now
        self._moving.add(miner)

    # Messages

    def tell(self, miner_id: MinerId, setpoint: Setpoint | None, order: int) -> None:
        """Tell a miner its setpoint, None to leave it alone."""
        version = Version(order)
        message = ReleaseControl(version) if setpoint is None else SetTarget(setpoint, version)
        self._deliver(self.miners[miner_id], message)

    def _deliver(self, miner: VirtualMiner, message: Message) -> None:
        before, now = miner.state, Timestamp(self.now)
        if miner.seen_at is not None:
            before, miner.seen_at = structs.replace(before, seen_at=Timestamp(miner.seen_at)), None
        miner.rests = False
        miner.state, effects = handle(before, message, now, miner.facts, self.fence.standby_version)
        self._carry_out(miner, effects)
        if isinstance(message, Finished):
            miner.withdrawn.discard(message.token)
        if not isinstance(message, PollDue) or miner.state.phase is not before.phase:
            self.reports[miner.miner_id] = report(miner.state, miner.facts, now)

    def _carry_out(self, miner: VirtualMiner, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Poll(token):
                    self._calls.poll(miner, token)
                case Probe():
                    self._calls.probe(miner, effect)
                case Send():
                    self._calls.send(miner, effect)
                case Withdraw(token):
                    miner.withdrawn.add(token)
                case Announce(news):
                    self._news.append(news)

    def take_news(self) -> list[ActionEnded]:
        """Return what became of steps since the last time."""
        news, self._news = self._news, []
        return news

    # Polls

    def _poll_due(self, miner: VirtualMiner) -> None:
        self._agenda.after(POLL_INTERVAL, partial(self._poll_due, miner))
        miner.loses = self._calls.is_lost(miner)
        if miner.rests and not miner.loses and not self._probe_is_due(miner.state):
            self._seen_again(miner)
        else:
            self._deliver(miner, PollDue())

    def _probe_is_due(self, state: MinerState) -> bool:
        return state.observed is Phase.ASLEEP and self.now >= state.probe_due

    def _seen_again(self, miner: VirtualMiner) -> None:
        known, now = self.reports[miner.miner_id], Timestamp(self.now)
        hashed = now - known.at if known.phase is Phase.HASHING else 0.0
        hours = known.running_hours + hashed / 3600
        self.reports[miner.miner_id] = replace(known, at=now, seen_at=now, running_hours=hours)
        miner.seen_at = self.now
