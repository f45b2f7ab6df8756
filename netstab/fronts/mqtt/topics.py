"""The topics of one fleet. Pure."""

import re
from dataclasses import dataclass

from netstab.fronts.mqtt.payloads import COMMANDS

__all__ = ["Topics"]


@dataclass(frozen=True, slots=True)
class Topics:
    """What a fleet publishes to and listens on, below its `root`; `home` is Home Assistant's, "" for none."""

    root: str
    home: str

    @property
    def availability(self) -> str:
        return f"{self.root}/availability"

    @property
    def state(self) -> str:
        return f"{self.root}/state"

    @property
    def result(self) -> str:
        return f"{self.root}/result"

    def command(self, name: str) -> str:
        """Return where a command is taken: `target`, `target_w` or `run`."""
        return f"{self.root}/{name}/set"

    @property
    def heard(self) -> tuple[str, ...]:
        """What is listened on."""
        home = (self.home_status,) if self.home else ()
        return (*map(self.command, COMMANDS), *home)

    @property
    def fleet_id(self) -> str:
        """The name of the device: of letters, digits, `_` and `-` alone, as Home Assistant wants it."""
        return re.sub(r"[^a-zA-Z0-9_-]", "_", self.root)

    @property
    def discovery(self) -> str:
        """Where Home Assistant looks for a device, since its release 2024.11."""
        return f"{self.home}/device/{self.fleet_id}/config"

    @property
    def home_status(self) -> str:
        """Where Home Assistant says that it is there."""
        return f"{self.home}/status"
