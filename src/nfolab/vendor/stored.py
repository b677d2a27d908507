"""A source's column into the stored type: at one glance where nothing in it can be wrong, else value by value."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfolab.base.snapshot import Column
from nfolab.vendor.at_a_glance import decimals, rupees, whole_decimals, whole_numbers
from nfolab.vendor.raw_rows import RawColumn
from nfolab.vendor.values import is_missing, is_text, paise, readable_numbers

_LARGEST: dict[pl.DataType, float] = {
    pl.Int32(): float(2**31 - 1),
    pl.Int64(): float(2**53),
    pl.Float64(): float(np.finfo(np.float64).max),
}
_WIDEST = 8


@dataclass(frozen=True, slots=True)
class Glance:
    """What one glance at a column told.

    Attributes:
        fine: Whether nothing in it can be wrong, so that what was written holds.
        missing: Where nothing is told, bool [rows]; None where everything is.
    """

    fine: bool
    missing: NDArray[np.bool_] | None


@dataclass(frozen=True)
class Wrong:
    """Which values of a column are a reason to refuse their row; bool [rows] each."""

    negative: NDArray[np.bool_]
    unreadable: NDArray[np.bool_]
    out_of_range: NDArray[np.bool_]

    @property
    def any(self) -> NDArray[np.bool_]:
        """Whether a value is wrong in any way, bool [rows]."""
        return self.negative | self.unreadable | self.out_of_range


def at_a_glance(given: RawColumn, column: Column, to: NDArray[Any]) -> Glance:
    """Write a column in its stored type to `to`, as `judged` and a cast would, unless it needs a closer look.

    Nulls and not-a-numbers are missing, and written as 0.
    """
    values, missing = given.filled(), given.missing
    if values is None:
        values, missing = _of_text(given.series)
    if values is None or given.ticks:
        return Glance(fine=False, missing=None)
    if missing is not None and missing.all():
        to[:] = 0
        return Glance(fine=True, missing=missing)
    if values.dtype.kind != "f":
        if column.unit == "paise" or not column.dtype.is_integer():
            return Glance(_of_decimals(values.astype(np.float64), column, to), missing)
        largest = int(_LARGEST[column.dtype])
        whole = _read_only(values if values.itemsize == _WIDEST else values.astype(np.int64))
        return Glance(whole_numbers(whole, -largest if column.signed else 0, largest, to), missing)
    numbers = values.astype(np.float64, copy=False)
    if _of_decimals(numbers, column, to):
        return Glance(fine=True, missing=missing)
    nothing = np.isnan(numbers)
    if not nothing.any():
        return Glance(fine=False, missing=None)
    missing = nothing if missing is None else missing | nothing
    return Glance(_of_decimals(np.where(nothing, 0.0, numbers), column, to), missing)


def _of_text(values: pl.Series) -> tuple[NDArray[np.float64] | None, NDArray[np.bool_] | None]:
    """Return the numbers of a column of text all of which is plain numbers, and where there is none; else None."""
    if values.dtype == pl.Null:
        return np.zeros(values.len()), np.ones(values.len(), dtype=np.bool_)
    if values.dtype != pl.String:
        return None, None
    numbers = values.cast(pl.Float64, strict=False)
    if numbers.null_count() != values.null_count():
        return None, None
    if not numbers.null_count():
        return numbers.to_numpy(), None
    return numbers.fill_null(0.0).to_numpy(), numbers.is_null().to_numpy()


def _read_only(values: NDArray[Any]) -> NDArray[Any]:
    """Return a view that cannot be written to, as arrays of a file are: a kernel is compiled for each of the two."""
    view = values.view()
    view.flags.writeable = False
    return view


def _of_decimals(values: NDArray[np.float64], column: Column, to: NDArray[Any]) -> bool:
    largest = _LARGEST[column.dtype]
    least = -largest if column.signed else 0.0
    values = _read_only(values)
    if column.unit == "paise":
        return rupees(values, least, largest, to)
    return (whole_decimals if column.dtype.is_integer() else decimals)(values, least, largest, to)


def judged(values: pl.Series, column: Column, where: str) -> tuple[pl.Series, Wrong]:
    """Return a column's numbers (paise where the column is money), and which are wrong, value by value.

    Args:
        values: Numbers of any type, or text.
        column: What the column is.
        where: The file, for the error.

    Raises:
        InputError: The column holds neither numbers nor text.
    """
    numbers = readable_numbers(values, f"{where}, column {column.vendor}")
    if column.unit == "paise":
        frame = numbers.cast(pl.Float64).to_frame()
        numbers = frame.select(paise(pl.col(values.name))).to_series()
    never = np.zeros(values.len(), dtype=np.bool_)
    unreadable = never
    if is_text(values.dtype):
        unreadable = (numbers.is_null() & ~is_missing(values)).to_numpy()
    if column.unit != "paise" and column.dtype.is_integer() and numbers.dtype.is_float():
        unreadable = unreadable | _known(numbers % 1 != 0)
    negative = never if column.signed else _known(numbers < 0)
    return numbers, Wrong(negative, unreadable, _known(numbers.abs() > _LARGEST[column.dtype]))


def _known(mask: pl.Series) -> NDArray[np.bool_]:
    known: NDArray[np.bool_] = (mask.fill_null(value=False) if mask.null_count() else mask).to_numpy()
    return known
