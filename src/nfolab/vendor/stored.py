"""A source's column into the stored type: at one glance where nothing in it can be wrong, else value by value."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from nfolab.base.snapshot import Column
from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.vendor.values import is_missing, is_text, paise, readable_numbers

_LARGEST: dict[pl.DataType, float] = {
    pl.Int32(): float(2**31 - 1),
    pl.Int64(): float(2**53),
    pl.Float64(): float(np.finfo(np.float64).max),
}
_NOT_IN_INT64 = (pl.UInt64, pl.Int128, pl.UInt128)
_SURELY_ROUNDED = 0.25
_NUMPY_TYPES: dict[pl.DataType, type[np.int32] | type[np.int64]] = {pl.Int32(): np.int32, pl.Int64(): np.int64}


@dataclass(frozen=True)
class Wrong:
    """Which values of a column are a reason to refuse their row; bool [rows] each."""

    negative: NDArray[np.bool_]
    unreadable: NDArray[np.bool_]
    out_of_range: NDArray[np.bool_]


def faultless(values: pl.Series, column: Column) -> pl.Series | None:
    """Return a column in its stored type, or None where that needs a closer look: it may then hold anything.

    Nulls and not-a-numbers become null. What is returned equals what `judged` and a cast would make of it.
    """
    dtype = values.dtype
    if dtype.is_integer() and dtype not in _NOT_IN_INT64 and column.unit != "paise":
        return _whole_numbers(values, column)
    if dtype == pl.Float64:
        return _of_floats(values, column)
    if dtype.is_numeric() and dtype not in _NOT_IN_INT64:
        return _of_floats(values.cast(pl.Float64), column)
    if dtype == pl.String:
        numbers = values.cast(pl.Float64, strict=False)
        return _of_floats(numbers, column) if numbers.null_count() == values.null_count() else None
    return _nothing(values, column) if dtype == pl.Null else None


def _nothing(values: pl.Series, column: Column) -> pl.Series:
    return pl.Series(values.name, [None], column.dtype).new_from_index(0, values.len())


def _whole_numbers(values: pl.Series, column: Column) -> pl.Series | None:
    least, most = values.min(), values.max()
    if isinstance(least, int) and isinstance(most, int):
        largest = _LARGEST[column.dtype]
        if most > largest or least < (-largest if column.signed else 0):
            return None
    return values if values.dtype == column.dtype else values.cast(column.dtype)


def _of_floats(values: pl.Series, column: Column) -> pl.Series | None:
    if values.null_count() == values.len():
        return _nothing(values, column)
    numbers = values.to_numpy()
    missing = None
    if np.isnan(numbers.min()):
        missing = np.isnan(numbers)
        if missing.all():
            return _nothing(values, column)
        numbers = np.where(missing, 0.0, numbers)
    exact = _exact(numbers, column)
    if exact is None:
        return None
    if missing is None:
        return pl.Series(values.name, exact)
    found = pl.from_arrow(pa.array(exact, mask=missing))
    if not isinstance(found, pl.Series):
        raise TypeError("an array is one column")
    return found.alias(values.name)


def _exact(numbers: NDArray[np.float64], column: Column) -> NDArray[np.generic] | None:
    """Return numbers in the stored type where each is exactly, or most nearly, one value of it; else None."""
    largest = _LARGEST[column.dtype]
    least, most = numbers.min(), numbers.max()
    if most > largest or least < -largest:
        return None
    if column.dtype == pl.Float64():
        return numbers if column.signed or least >= 0 else None
    in_paise = column.unit == "paise"
    scaled = numbers * PAISE_PER_RUPEE if in_paise else numbers
    whole = np.rint(scaled)
    if whole.max() > largest or whole.min() < (-largest if column.signed else 0):
        return None
    # A price so close to a paisa is rounded to it whatever the tie rule; a count must be whole as it stands.
    apart = np.abs(np.subtract(scaled, whole, out=scaled if in_paise else None)).max()
    return whole.astype(_NUMPY_TYPES[column.dtype]) if apart <= (_SURELY_ROUNDED if in_paise else 0.0) else None


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
