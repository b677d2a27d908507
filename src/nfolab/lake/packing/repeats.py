"""Which rows of a contract repeat the row before them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nfolab.lake.schema import BOOK_COLUMNS, CLOCKS, SNAPSHOT_COLUMNS
from nfolab.vendor.block import Block

_OTHERS: Final = tuple(name for name in SNAPSHOT_COLUMNS if name not in BOOK_COLUMNS and name not in CLOCKS)

Bool = NDArray[np.bool_]
Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class Repeats:
    """What each row of one contract has in common with the row before it; the first has nothing.

    Attributes:
        book: bool [rows], all five levels are equal, prices and sizes.
        row: bool [rows], so is every other vendor column but the two clocks; a missing value equals a missing value.
    """

    book: Bool
    row: Bool


def repeats(rows: Block) -> Repeats:
    """Compare each of one contract's ordered rows with the one before it."""
    book = equal_to_previous(rows, BOOK_COLUMNS, np.arange(1, rows.rows))
    row = equal_to_previous(rows, _OTHERS, book)
    return Repeats(_mask(book, rows.rows), _mask(row, rows.rows))


def equal_to_previous(rows: Block, columns: Sequence[str], among: Int64) -> Int64:
    """Return those of the places `among` (none is 0) at which the row equals the one before in all of `columns`."""
    for name in columns:
        values = rows[name]
        among = among[values[among] == values[among - 1]]
        missing = rows.missing.get(name)
        if missing is not None:
            among = among[missing[among] == missing[among - 1]]
    return among


def _mask(places: Int64, rows: int) -> Bool:
    mask = np.zeros(rows, dtype=np.bool_)
    mask[places] = True
    return mask
