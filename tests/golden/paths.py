"""Cells of a table of prices as paths by second: what stands in the cell, and what it becomes between two rows."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np
import numpy.typing as npt

from golden.document import CaseError

Ints = npt.NDArray[np.int64]
LEVELS = 5
TICK = 5
SILENT, EMPTY = "silent", "-"
_LEVEL = re.compile(r"([\d.]+)(?:\s*[x×]\s*(\d+))?")


@dataclass(frozen=True)
class Grid:
    """The seconds of a table: every second from its first row to its last, and which of them are rows."""

    rows: tuple[int, ...]

    @property
    def first(self) -> int:
        return self.rows[0]

    @property
    def size(self) -> int:
        return self.rows[-1] - self.rows[0] + 1

    def places(self) -> list[int]:
        return [second - self.first for second in self.rows]


def paise(text: str) -> int:
    """Paise of rupees as written: `1,234.50`, `−3.05`."""
    plain = text.replace(",", "").replace("−", "-").replace("₹", "").strip()
    try:
        amount = Decimal(plain) * 100
    except InvalidOperation:
        raise CaseError(f"{text!r} is no price") from None
    if amount != int(amount):
        raise CaseError(f"{text!r} is finer than a paisa")
    return int(amount)


def value_path(cells: Sequence[str], grid: Grid, tick: int = TICK) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """A path of plain values in paise, and the seconds at which there is one.

    Cells: a price; `→ price` for an even way from the row before; `cycle a; b; c`, one a second; `silent`.
    """
    vectors, there = _walked(cells, grid, lambda text: np.array([paise(text)]), tick)
    return vectors[:, 0], there


def flow_path(cells: Sequence[str], grid: Grid, usual: int) -> Ints:
    """Units traded in each second: `350` from here on, `7000 once` in this second alone, `cycle 35; 70`."""
    rate = usual
    flow = np.full(grid.size, usual, np.int64)
    for place, cell in zip(grid.places(), cells, strict=True):
        if cell.endswith("once"):
            flow[place:] = rate
            flow[place] = _units(cell.removesuffix("once"))
        elif cell.startswith("cycle"):
            values = [_units(text) for text in cell.removeprefix("cycle").split(";")]
            flow[place:] = np.resize(values, grid.size - place)
            rate = values[-1]
        elif cell:
            rate = _units(cell)
            flow[place:] = rate
    return flow


def quote_path(cells: Sequence[str], grid: Grid, spread: int, size: int) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """A path of books: int64 [seconds, 20] of bid prices, bid sizes, ask prices, ask sizes; and where there is a row.

    Cells: `100/100.10`; `100 x 35, 99 x 70 / 100.10 x 1000`; `100`, asked `spread` above; `-`, an empty book.
    """
    return _walked(cells, grid, lambda text: _book(text, spread, size), TICK)


def _units(text: str) -> int:
    try:
        return int(text.strip().replace(",", ""))
    except ValueError:
        raise CaseError(f"{text.strip()!r} is no quantity") from None


def _book(text: str, spread: int, size: int) -> Ints:
    book = np.zeros((4, LEVELS), np.int64)
    if text == EMPTY:
        return book.ravel()
    sides = [side.strip() for side in text.split("/")]
    if len(sides) == 1:
        bid = paise(sides[0])
        book[:, 0] = bid, size, bid + spread, size
        return book.ravel()
    if len(sides) != 2:
        raise CaseError(f"{text!r} is no quote: write it as 100.00/100.10")
    for which, side in enumerate(sides):
        for level, one in enumerate(part for part in side.split(",") if part.strip()):
            match = _LEVEL.fullmatch(one.strip())
            if match is None or level >= LEVELS:
                raise CaseError(f"{text!r} is no quote: write it as 100 x 35, 99.95 x 70 / 100.10 x 1000")
            book[2 * which, level] = paise(match[1])
            book[2 * which + 1, level] = int(match[2] or size)
    return book.ravel()


def _walked(
    cells: Sequence[str], grid: Grid, read: Callable[[str], Ints], tick: int
) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Vectors by second from cells; a way goes evenly in all parts that differ, cut to the tick."""
    width = next((read(_plain(cell)).size for cell in cells if cell and cell != SILENT), 1)
    path = np.zeros((grid.size, width), np.int64)
    there = np.zeros(grid.size, bool)
    before: tuple[int, Ints] | None = None
    for place, cell in zip(grid.places(), cells, strict=True):
        if not cell:
            continue
        there[place:] = cell != SILENT
        if cell == SILENT:
            continue
        if cell.startswith("cycle"):
            values = np.array([read(text.strip()) for text in cell.removeprefix("cycle").split(";")])
            path[place:] = np.resize(values, (grid.size - place, width))
            before = None
            continue
        vector = read(_plain(cell))
        if cell != _plain(cell):
            if before is None:
                raise CaseError(f"{cell!r} has no plain price in a row before it")
            start, old = before
            steps = np.arange(place - start)[:, None]
            exact = old + (vector - old) * steps / (place - start)
            path[start:place] = np.where(vector == old, old, np.round(exact / tick) * tick)
        path[place:] = vector
        before = (place, vector)
    return path, there


def _plain(cell: str) -> str:
    return cell.removeprefix("cycle").split(";")[0].removeprefix("→").removeprefix("->").strip()
