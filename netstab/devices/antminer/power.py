"""What a whole miner draws, judged by one look at its boards. Pure."""

from collections.abc import Iterable, Sequence

from netstab.devices.model import MinerModel
from netstab.devices.port import Board
from netstab.units import Watts

__all__ = ["machine_power", "power_at_most", "power_is_known"]


def machine_power(boards: Sequence[Board], model: MinerModel) -> Watts:
    """Add up the boards that hash, each by its own figure, else by its share of the model's curve.

    A board that does not hash counts nothing, for it keeps its last figure. Never below the idle draw, never
    above what the model can draw. Of an unknown model only its own figures count.
    """
    return _drawn((board for board in boards if board.hashrate > 0), model)


def power_at_most(boards: Sequence[Board], model: MinerModel) -> Watts:
    """Return what the boards draw if all that have living chips are powered, whether they hash or not."""
    return _drawn((board for board in boards if board.chips_ok), model)


def power_is_known(boards: Sequence[Board], model: MinerModel) -> bool:
    """Whether each board that hashes tells its power, or the model's curve does."""
    hashing = [board for board in boards if board.hashrate > 0]
    return model.known or (bool(hashing) and all(board.power is not None for board in hashing))


def _drawn(boards: Iterable[Board], model: MinerModel) -> Watts:
    drawn = sum(_board_power(board, model) for board in boards)
    return Watts(min(model.most_power, max(model.idle_power, drawn)))


def _board_power(board: Board, model: MinerModel) -> float:
    if board.power is not None:
        return board.power
    full = model.capabilities.full_point
    point = model.capabilities.point_of(round(board.frequency)) if board.frequency else full
    return point.power * board.chips_ok / model.chips if point is not None and full is not None else 0.0
