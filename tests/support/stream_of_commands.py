"""A writer to be killed: records commands without end and prints the version of each once it is answered."""

import sys

from recording import SteppedClock, origin

from events.commands import Activate
from events.log import FleetLog
from netstab.power.allocation import PowerMode
from netstab.units import Watts

log = FleetLog(sys.argv[1], SteppedClock(), PowerMode.FREQUENCY)
log.server_started("0.1.0")
while True:
    version = log.accept(Activate(Watts(float(log.state.version))), origin(number=log.state.version), "")
    sys.stdout.write(f"{version}\n")
    sys.stdout.flush()
