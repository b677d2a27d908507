"""The rows of one contract and how they stand over the seconds: which row holds, and how old it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nfolab.base.compiled import compiled
from nfolab.tape.book import NO_ROW, Int32Array, Int64Array, as_of_index
from nfolab.tape.features.definition import Columns, Values

MAX_AGE: Final = 5
"""Seconds for which a value is carried; a longer silence is a gap."""

CLOCK: Final = "timestamp"
VOLUME: Final = "volume"
BEST: Final[Columns] = ("bp0_paise", "bq0", "sp0_paise", "sq0")


def side_columns(side: str, levels: int) -> list[tuple[str, str]]:
    """Return the names of price and size of the first levels of a side, `b` for bids or `s` for asks."""
    return [(f"{side}p{level}_paise", f"{side}q{level}") for level in range(levels)]


@compiled
def _quoted(
    fresh: Int32Array, bid: Int32Array, bid_size: Int32Array, ask: Int32Array, ask_size: Int32Array
) -> Int32Array:
    """Return `fresh` with −1 where the row's quote is not good."""
    quoted = np.empty_like(fresh)
    for at in range(fresh.size):
        row = fresh[at]
        good = row >= 0 and bid[row] > 0 and ask[row] > bid[row] and bid_size[row] > 0 and ask_size[row] > 0
        quoted[at] = row if good else NO_ROW
    return quoted


@compiled
def place_values(rows: Int32Array, column: Int64Array, out: Values) -> None:
    """Fill `out` with a column's values at some rows; NaN where the row is −1 or the value not above zero."""
    for at in range(out.size):
        row = rows[at]
        out[at] = column[row] if row >= 0 and column[row] > 0 else np.nan


@compiled
def add_sizes(rows: Int32Array, price: Int32Array, size: Int32Array, out: Values) -> None:
    """Add a level's size at some rows to `out`, nothing where the level is empty; NaN where the row is −1."""
    for at in range(out.size):
        row = rows[at]
        if row < 0:
            out[at] = np.nan
        elif price[row] > 0 and size[row] > 0:
            out[at] += size[row]


@compiled
def _known_volume(second: Int32Array, volume: Int64Array, seconds: int) -> tuple[Int64Array, Int32Array]:
    sixtieths = np.zeros(seconds, np.int64)
    count = np.zeros(seconds, np.int32)
    before = -1
    before_total = np.int64(0)
    total = np.int64(0)
    for row in range(second.size):
        total = max(total, volume[row])
        at = second[row]
        if row + 1 < second.size and second[row + 1] == at:
            continue
        passed = at - before
        # A day's volume of 0 is not told from a missing one.
        told = before >= 0 and before_total > 0 and passed <= MAX_AGE
        # Spread over 1 to 5 seconds it is a whole number of sixtieths in each.
        each = (total - before_total) * 60 // passed if told else np.int64(0)
        for one in range(before + 1, at + 1):
            sixtieths[one] = sixtieths[one - 1] + each if one > 0 else np.int64(0)
            count[one] = count[one - 1] + told if one > 0 else 0
        before = at
        before_total = total
    for one in range(max(before, 0) + 1, seconds):
        sixtieths[one] = sixtieths[one - 1]
        count[one] = count[one - 1]
    return sixtieths, count


@dataclass(frozen=True)
class KnownVolume:
    """The traded volume of a contract that is known by second, cumulated since the open.

    What was traded between two rows at most 5 seconds apart, by the running maximum of the day's volume, is spread over
    the seconds passed; after a longer silence it is not known when it was traded.

    Attributes:
        sixtieths: int64 [seconds], sixtieths of a unit traded in known seconds up to this one.
        count: int32 [seconds], known seconds up to this one.
        newest: int32 [seconds], the second of the newest row at or before; −1 before the first. What stands beyond it
            was not known then.
    """

    sixtieths: Int64Array
    count: Int32Array
    newest: Int32Array


class ContractRows:
    """The rows of one contract of a day.

    Attributes:
        second: int32 [rows], seconds since the open.
        row: int32 [seconds], the newest row at or before a second, −1 before the first.
    """

    def __init__(self, second: Int32Array, seconds: int) -> None:
        self.second = second
        self.seconds = seconds
        self.row: Int32Array = as_of_index(second, np.array([0, second.size], np.int32), seconds)[0]
        self._columns: dict[str, npt.NDArray[Any]] = {}

    def add(self, columns: Mapping[str, npt.NDArray[Any]]) -> None:
        """Add columns that were read."""
        self._columns.update(columns)

    def lacks(self, columns: Columns) -> bool:
        """Tell whether one of some columns was not read yet."""
        return not self._columns.keys() >= set(columns)

    def __getitem__(self, column: str) -> npt.NDArray[Any]:
        return self._columns[column]

    @cached_property
    def newest(self) -> Int32Array:
        """int32 [seconds], the second of the newest row; −1 before the first."""
        return seconds_of_rows(self.second, self.row)

    @cached_property
    def fresh(self) -> Int32Array:
        """int32 [seconds], the newest row if it is at most 5 s old, else −1."""
        old = np.arange(self.seconds, dtype=np.int32) - self.newest > MAX_AGE
        return np.where(old, np.int32(NO_ROW), self.row)

    @cached_property
    def quoted(self) -> Int32Array:
        """int32 [seconds], the newest row if it is at most 5 s old and its quote good, else −1."""
        bid, bid_size, ask, ask_size = (self[name] for name in BEST)
        return _quoted(self.fresh, bid, bid_size, ask, ask_size)

    @cached_property
    def known_volume(self) -> KnownVolume:
        """The volume known by second."""
        sixtieths, count = _known_volume(self.second, self[VOLUME], self.seconds)
        return KnownVolume(sixtieths, count, self.newest)


def seconds_of_rows(second: Int32Array, row: Int32Array) -> Int32Array:
    """Return the second of each row, −1 for row −1."""
    if not second.size:
        return np.full(row.size, NO_ROW, np.int32)
    return np.where(row >= 0, second[row], np.int32(NO_ROW))
