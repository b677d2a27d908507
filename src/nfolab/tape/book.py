"""The arrays of a day: every row's second and five levels, and the as-of index over the seconds."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nfolab.base.compiled import compiled

Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]

NO_ROW = -1


class Book(NamedTuple):
    """Rows of several contracts, contract after contract, each in order of time, as plain contiguous arrays.

    Attributes:
        second: int32 [rows], seconds since the session's open.
        first_row: int32 [contracts + 1], where each contract's rows begin; the last entry is the number of rows.
        last: int32 [contracts, seconds], the newest row at or before a second, −1 where there is none yet.
        bid_price: int32 [levels, rows], paise; 0 where a level is missing. Likewise `ask_price`.
        bid_size: int32 [levels, rows], units; 0 where a level is missing. Likewise `ask_size`.
        last_price: int32 [rows], last traded price in paise.
        defects: int32 [rows], what is wrong with a row: the bits of `base.snapshot.Defect`.
    """

    second: Int32Array
    first_row: Int32Array
    last: Int32Array
    bid_price: Int32Array
    bid_size: Int32Array
    ask_price: Int32Array
    ask_size: Int32Array
    last_price: Int32Array
    defects: Int32Array


@compiled
def as_of_index(second: Int32Array, first_row: Int32Array, seconds: int) -> Int32Array:
    """Return `last` [contracts, seconds]: the newest row at or before each second.

    Rows stand in order of time; of several in one second the one standing last counts.
    """
    contracts = first_row.size - 1
    last = np.empty((contracts, seconds), np.int32)
    for contract in range(contracts):
        row = first_row[contract]
        end = first_row[contract + 1]
        newest = np.int32(NO_ROW)
        for at in range(seconds):
            while row < end and second[row] <= at:
                newest = np.int32(row)
                row += 1
            last[contract, at] = newest
    return last


@compiled
def as_of_values(second: Int32Array, values: Int32Array, seconds: int, max_age: int, missing: int) -> Int32Array:
    """Return values [seconds] joined backward: the newest at or before each second, `missing` if older than `max_age`.

    Used for the index: joined backward only, so that no second knows a later value.
    """
    joined = np.empty(seconds, np.int32)
    row = 0
    newest = -1
    for at in range(seconds):
        while row < second.size and second[row] <= at:
            newest = row
            row += 1
        if newest >= 0 and at - second[newest] <= max_age:
            joined[at] = values[newest]
        else:
            joined[at] = missing
    return joined
