"""The runtime configuration: read, and changed as a whole or not at all."""

from typing import Any

import falcon
import msgspec

from actors.port import FleetPort
from api.addresses import same_address
from api.arrival import sender
from api.operation import operation
from api.schemas.configuration import ConfigurationChange, ConfigurationView
from events.state import Configuration, Source
from netstab.errors import ErrorCode

__all__ = ["ConfigurationResource", "configuration_view"]

_MOST_BODY = 256 * 1024
"""Bytes: 10,000 addresses in `miner_priority` take 180 KiB."""


class ConfigurationResource:
    def __init__(self, fleet: FleetPort) -> None:
        self._fleet = fleet

    @operation("The runtime configuration", ConfigurationView)
    def on_get(self, _request: falcon.Request) -> ConfigurationView:
        return configuration_view(self._fleet.snapshot.state.configuration)

    @operation(
        "Change the runtime configuration",
        ConfigurationView,
        body=ConfigurationChange,
        most_body=_MOST_BODY,
        refusals=(ErrorCode.FAULT_STATE,),
    )
    def on_patch(self, request: falcon.Request, body: ConfigurationChange) -> ConfigurationView:
        changed = self._fleet.configure(_changes(body), Source.DASHBOARD, sender(request))
        return configuration_view(changed)


def _changes(body: ConfigurationChange) -> dict[str, Any]:
    sent = {name: getattr(body, name) for name in body.__struct_fields__}
    changes = {name: value for name, value in sent.items() if value is not msgspec.UNSET}
    if "miner_priority" in changes:
        addresses = enumerate(changes["miner_priority"])
        changes["miner_priority"] = tuple(same_address(f"miner_priority[{i}]", ip) for i, ip in addresses)
    return changes


def configuration_view(configuration: Configuration) -> ConfigurationView:
    percent = configuration.min_miner_power_percent
    return ConfigurationView(
        rated_power_kw_override=configuration.rated_power_kw_override,
        power_distribution_strategy=configuration.power_distribution_strategy,
        miner_priority=list(configuration.miner_priority),
        max_power_change_rate_kw_per_sec=configuration.max_power_change_rate_kw_per_sec,
        min_miner_power_percent=int(percent) if percent == int(percent) else percent,
    )
