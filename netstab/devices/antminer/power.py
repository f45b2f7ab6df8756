"""What a whole S9 draws, judged by one look at its boards. Pure."""

from collections.abc import Sequence

from netstab.devices.port import Board
from netstab.power.models import MinerModel
from netstab.units import Watts

__all__ = ["machine_power"]


def machine_power(boards: Sequence[Board], model: MinerModel) -> Watts:
    """Add up the boards that hash, each by its own figure, else by its share of the model's curve.

    A board that does not hash counts nothing, for it keeps its last figure. Never below the idle draw.
    """
    drawn = sum(_board_power(board, model) for board in boards if board.hashrate > 0)
    return Watts(max(model.idle_power, drawn))


def _board_power(board: Board, model: MinerModel) -> float:
    if board.power is not None:
        return board.power
    return model.curve.power_at(board.frequency or model.full_frequency) * board.chips_ok / model.chips
