"""From a step to the call of a driver: one of forgetful devices is given what the log has kept of them."""

from typing import Any

import pytest

from actors.miner.state import Send
from actors.miner.steps import carry_out
from actors.report import Step
from netstab.devices.port import Endpoint, Keep, Permit, Recall, always
from netstab.power.tuning import Tuning
from netstab.units import MinerId, Version

ENDPOINT = Endpoint(MinerId("127.0.0.1"), 1, 1)
OWN = Tuning("work mode 3", plain=False, settings=())


class Plain:
    def __init__(self) -> None:
        self.told: list[str] = []

    def sleep(self, endpoint: Endpoint, permit: Permit, *, insist: bool = False) -> None:
        self.told.append(f"sleep {insist}")

    def wake(self, endpoint: Endpoint, permit: Permit) -> None:
        self.told.append("wake")


class Forgetful(Plain):
    def sleep_keeping(
        self, endpoint: Endpoint, permit: Permit, keep: Keep, recall: Recall, *, insist: bool = False
    ) -> None:
        self.told.append(f"sleep from {recall()} {insist}")
        keep(OWN)

    def wake_to_kept(self, endpoint: Endpoint, permit: Permit, recall: Recall) -> None:
        own = recall()
        self.told.append(f"wake to {own.setting if own else None}")


@pytest.mark.parametrize(
    ("driver", "told"),
    [
        (Plain(), ["sleep True", "wake"]),
        (Forgetful(), ["sleep from None True", "wake to work mode 3"]),
    ],
)
def test_only_a_driver_of_forgetful_devices_is_given_what_is_kept(driver: Any, told: list[str]) -> None:
    kept: list[Tuning] = []

    def recall() -> Tuning | None:
        return kept[-1] if kept else None

    for step in (Step.SLEEP, Step.WAKE):
        send = Send(1, step, None, None, Version(1), insist=True)
        assert carry_out(send, driver, ENDPOINT, always, kept.append, recall) is None
    assert driver.told == told
