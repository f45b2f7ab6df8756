"""From a mining process's figures to its hash boards. Pure.

What is beyond the model is not counted and named: no miner moves the fleet's figures by a lie.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netstab.devices.antminer.loose_json import number, plausible
from netstab.devices.model import MinerModel
from netstab.devices.port import Board
from netstab.units import Celsius, GigahashPerSecond, Volts, Watts

__all__ = ["Chain", "Found", "find_boards"]

Chain = tuple[int, Mapping[str, Any]]
"""Where a board is listed, and its figures under the names of the status page."""

_MOST_CHIPS = 256
_MOST_BOARDS = 16  # of a model that is not known; the API names as many
_LEAST_POWER = 20.0  # a figure below is none: W


@dataclass(frozen=True, slots=True)
class Found:
    """The boards of a machine, dead ones included, and what its figures have beyond its model."""

    boards: tuple[Board, ...]
    implausible: tuple[str, ...]


def find_boards(
    chains: Iterable[Chain], total: float | None, frequency: float | None, model: MinerModel
) -> Found:
    """Read the boards; `total` is the whole machine's hash rate in GH/s, None before its first sample.

    Boards keep their last rates when they stop, so a total of zero outweighs them; where no board gives a
    rate it is shared out among them.
    """
    reader = _Reader(model, frequency)
    present = reader.present(chains)
    rates = reader.rates(present, total)
    boards = [reader.board(*chain, rate) for chain, rate in zip(present, rates, strict=True)]
    if boards:  # before the first is found none is known to be dead
        boards += [_dead(place) for place in _missing(boards, model)]
    return Found(tuple(sorted(boards, key=lambda board: board.position)), tuple(reader.implausible))


@dataclass(slots=True)
class _Reader:
    model: MinerModel
    frequency: float | None
    implausible: list[str] = field(default_factory=list)

    def present(self, chains: Iterable[Chain]) -> list[Chain]:
        """Return the chains that have chips, as many as the model has boards."""
        model = self.model
        found = [chain for chain in chains if plausible(chain[1].get("chain_acn"), 1, _MOST_CHIPS)]
        if not model.known or len(found) <= model.boards:
            return found[:_MOST_BOARDS]
        self._name(f"{len(found)} boards of {model.boards}")
        return sorted(found, key=lambda chain: (chain[0] not in model.positions, chain[0]))[: model.boards]

    def rates(self, chains: Sequence[Chain], total: float | None) -> list[float]:
        """Return each board's hash rate."""
        total = self._bounded(total, self.model.most_hashrate, "GH/s")
        most = self._share_of_a_board(self.model.most_hashrate)
        rates = [self._bounded(number(chain.get("rate")), most, "GH/s") or 0.0 for _, chain in chains]
        if total == 0 or self._bounded(sum(rates), self.model.most_hashrate, "GH/s") is None:
            return [0.0 for _ in rates]
        if total is not None and not any(rates):
            chips = [_chips(chain, self.model)[1] for _, chain in chains]
            return [total * own / (sum(chips) or 1) for own in chips]
        return rates

    def board(self, position: int, figures: Mapping[str, Any], rate: float) -> Board:
        """Read one board. A temperature is 0 where no sensor gives a plausible one."""
        total, living = _chips(figures, self.model)
        pcb, chip = plausible(figures.get("temp"), 1, 150), plausible(figures.get("temp2"), 1, 150)
        volts = plausible(figures.get("chain_vol"), 500, 1200)
        most = self._share_of_a_board(self.model.most_power)
        power = self._bounded(number(figures.get("chain_consumption")), most, "W")
        own = plausible(figures.get("freqavg"), 50, 1500) or plausible(figures.get("freq"), 50, 1500)
        return Board(
            position=position,
            chips_total=total,
            chips_ok=living,
            frequency=own or self.frequency or 0.0,
            hashrate=GigahashPerSecond(rate),
            pcb_temperature=Celsius(pcb or chip or 0.0),
            chip_temperature=Celsius(chip or pcb or 0.0),
            power=Watts(power) if rate and power is not None and power >= _LEAST_POWER else None,
            voltage=Volts(volts / 100) if volts else None,
        )

    def _share_of_a_board(self, most: float) -> float:
        return most / (self.model.boards or 1)

    def _bounded(self, figure: float | None, most: float, unit: str) -> float | None:
        """Return a figure that the model can reach; None for one beyond, which is named, or below zero."""
        if figure is None or figure < 0:
            return None
        if figure > most:
            self._name(f"{figure:.6g} {unit}, more than {most:.6g}")
            return None
        return figure

    def _name(self, what: str) -> None:
        if what not in self.implausible:
            self.implausible.append(what)


def _chips(figures: Mapping[str, Any], model: MinerModel) -> tuple[int, int]:
    """Return how many chips a board should have and how many of them work."""
    listed = int(plausible(figures.get("chain_acn"), 1, _MOST_CHIPS) or 0)
    whole = max(listed, model.chips_per_board) if not model.known else model.chips_per_board
    marks = str(figures.get("chain_acs", ""))
    return whole, min(marks.count("o") if marks.strip() else listed, listed, whole)


def _missing(boards: Sequence[Board], model: MinerModel) -> Sequence[tuple[int, MinerModel]]:
    taken = {board.position for board in boards}
    free = [position for position in model.positions if position not in taken]
    return [(position, model) for position in free[: model.boards - len(boards)]]


def _dead(place: tuple[int, MinerModel]) -> Board:
    position, model = place
    return Board(
        position=position,
        chips_total=model.chips_per_board,
        chips_ok=0,
        frequency=0.0,
        hashrate=GigahashPerSecond(0.0),
        pcb_temperature=Celsius(0.0),
        chip_temperature=Celsius(0.0),
        power=None,
        voltage=None,
    )
