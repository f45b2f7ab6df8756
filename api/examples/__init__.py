"""The examples that the OpenAPI document shows, by method and path. Addresses lie on loopback."""

from api.examples.base import Example
from api.examples.discovery import DISCOVERY
from api.examples.dispatch import DISPATCH
from api.examples.ems import EMS
from api.examples.fleet import FLEET
from api.examples.history import HISTORY
from api.examples.miners import MINERS
from api.examples.power import POWER
from api.examples.schedule import SCHEDULE

__all__ = ["EXAMPLES", "Example"]

EXAMPLES = {**EMS, **FLEET, **DISPATCH, **SCHEDULE, **HISTORY, **MINERS, **POWER, **DISCOVERY}
