"""Which rows of a contract repeat the row before them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfolab.lake.schema import BOOK_COLUMNS, CLOCKS, SNAPSHOT_COLUMNS

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


def repeats(rows: pl.DataFrame) -> Repeats:
    """Compare each of one contract's ordered rows with the one before it."""
    book = _equal_to_previous(rows, BOOK_COLUMNS, np.arange(1, rows.height))
    row = _equal_to_previous(rows, _OTHERS, book)
    return Repeats(_mask(book, rows.height), _mask(row, rows.height))


def plain_numbers(values: pl.Series) -> NDArray[Any]:
    """Return a column of numbers or clocks as an array, nulls as 0; nothing is copied where there are none."""
    # Polars takes a tenth of a millisecond for each of these two steps, even where it has nothing to do.
    plain = values.to_physical() if values.dtype.is_temporal() else values
    return (plain.fill_null(0) if plain.null_count() else plain).to_numpy()


def filled(rows: pl.DataFrame, column: str) -> Int64:
    """Return an integer column as int64, nulls as 0."""
    return plain_numbers(rows[column]).astype(np.int64, copy=False)


def _equal_to_previous(rows: pl.DataFrame, columns: Sequence[str], among: Int64) -> Int64:
    """Return those of the places `among` (none is 0) at which the row equals the one before in all of `columns`."""
    for name in columns:
        values = rows[name]
        if values.null_count() == rows.height:
            continue
        numbers = plain_numbers(values)
        among = among[numbers[among] == numbers[among - 1]]
        if values.null_count():
            missing = values.is_null().to_numpy()
            among = among[missing[among] == missing[among - 1]]
    return among


def _mask(places: Int64, rows: int) -> Bool:
    mask = np.zeros(rows, dtype=np.bool_)
    mask[places] = True
    return mask
