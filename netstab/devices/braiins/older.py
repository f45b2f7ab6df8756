"""Reads of Braiins OS without a REST interface (24.09 and older): GraphQL, else the summary of its API port.

Nothing is ever changed there. GraphQL is asked without a login: whether each build allows that is not known.
"""

from msgspec.structs import replace

from netstab.devices.antminer.api_protocol import SUMMARY, reading_of_summary
from netstab.devices.antminer.naming import label
from netstab.devices.braiins.refusals import content
from netstab.devices.braiins.session import GRAPHQL, Session
from netstab.devices.figures import MOST_HASHRATE, MOST_POWER, NO_POWER, dug, entries, figure, parsed, whole
from netstab.devices.models import UNKNOWN, model_named
from netstab.devices.port import Activity, Board, Endpoint, Reading
from netstab.devices.transport import exchange_api
from netstab.devices.web import Content
from netstab.errors import DeviceError, FirmwareTooOld, MalformedAnswer, TimedOut
from netstab.power.unit import COMMON_IDLE_POWER
from netstab.units import Celsius, GigahashPerSecond, Volts, Watts

__all__ = ["names", "parse", "reading"]

QUERY = (
    "{ bosminer { info { fans { rpm } summary { power { approxConsumptionW limitW } } workSolver {"
    " realHashrate { mhs5S } childSolvers { name realHashrate { mhs5S } temperatures { name degreesC }"
    " hwDetails { chips frequencyMhz voltageV } } } } } }"
)

NAMES = "{ bos { info { version { full } } } bosminer { info { modelName } } }"
"""What another program (asic-rs) asks; of the version an answer was recorded."""

_MOST_BOARDS = _MOST_FANS = 16


def reading(session: Session, endpoint: Endpoint, expires: float, why: FirmwareTooOld) -> Reading:
    """Read what can be read; raises `why` where nothing can, `TimedOut` where nothing answers in time."""
    try:
        found = _told(session, endpoint, expires)
    except TimedOut:
        raise
    except DeviceError:
        raise why from None
    return replace(found, closed=str(why))


def names(session: Session, endpoint: Endpoint, expires: float) -> tuple[str, str]:
    """Return the model and version that it names, each "" where it names none."""
    try:
        asked = Content.json({"query": NAMES})
        data = parsed(content(session.ask_bare(endpoint, GRAPHQL, asked, expires=expires))).get("data")
    except DeviceError:
        return "", ""
    model = label(dug(data, "bosminer", "info", "modelName"))
    return model, label(dug(data, "bos", "info", "version", "full"))


def _told(session: Session, endpoint: Endpoint, expires: float) -> Reading:
    try:
        asked = Content.json({"query": QUERY})
        return parse(content(session.ask_bare(endpoint, GRAPHQL, asked, expires=expires)))
    except TimedOut:
        raise
    except DeviceError:
        return reading_of_summary(exchange_api(endpoint, SUMMARY, expires), model_named(UNKNOWN))


def parse(body: bytes) -> Reading:
    """Read the answer to `QUERY`; a mining process that does not run tells nothing."""
    bosminer = dug(parsed(body), "data", "bosminer")
    info = dug(bosminer, "info")
    if not isinstance(info, dict):
        raise MalformedAnswer("The miner's GraphQL does not tell of its mining process.")
    power = figure(info, "summary", "power", "approxConsumptionW", most=MOST_POWER)
    rate = _hashrate(dug(info, "workSolver"))
    boards = entries(dug(info, "workSolver", "childSolvers"), _MOST_BOARDS)
    hashes = rate > 0
    return Reading(
        activity=Activity.HASHING if hashes else Activity.STARTING,
        power=Watts(power) if power else COMMON_IDLE_POWER,
        hashrate=rate,
        setting=whole(info, "summary", "power", "limitW", least=1, most=round(MOST_POWER)),
        elapsed=None,
        boards=tuple(_board(place, board) for place, board in enumerate(boards, 1)),
        fans=tuple(whole(fan, "rpm", most=60_000) or 0 for fan in entries(info.get("fans"), _MOST_FANS)),
        uncertain=NO_POWER if hashes and not power else "",
    )


def _board(place: int, board: dict[str, object]) -> Board:
    chips = whole(board, "hwDetails", "chips", most=4096) or 0
    voltage = figure(board, "hwDetails", "voltageV", most=100.0)
    heat = {
        str(sensor.get("name")): figure(sensor, "degreesC", least=-60.0, most=200.0) or 0.0
        for sensor in entries(board.get("temperatures"), 8)
    }
    rate = _hashrate(board)
    return Board(
        position=whole(board, "name", most=255) or place,
        chips_total=chips,
        chips_ok=chips if rate else 0,
        frequency=figure(board, "hwDetails", "frequencyMhz", most=5000.0) or 0.0,
        hashrate=rate,
        pcb_temperature=Celsius(heat.get("Board", 0.0)),
        chip_temperature=Celsius(heat.get("Chip", heat.get("Board", 0.0))),
        power=None,
        voltage=None if voltage is None else Volts(voltage),
    )


def _hashrate(solver: object) -> GigahashPerSecond:
    rate = figure(solver, "realHashrate", "mhs5S", most=MOST_HASHRATE * 1000) or 0.0
    return GigahashPerSecond(rate / 1000)
