"""Columns of a table put together as Arrow arrays: a day has few rows, so what each column costs is what counts."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from nfolab.base.snapshot import TIMESTAMP
from nfolab.engine.flags import BoolArray
from nfolab.research.results import TABLES
from nfolab.tape.book import Int64Array
from nfolab.tape.tape import NANOSECONDS, Day

STRING = pa.large_string()

Column: TypeAlias = npt.NDArray[Any] | tuple[npt.NDArray[Any], BoolArray] | pa.Array | str | int | date | None
"""An array; an array and where it is known; Arrow's own; or one value for all rows."""


@cache
def arrow_schema(table: str) -> pa.Schema:
    """Return the Arrow schema of one of the tables of a run."""
    return pl.DataFrame(schema=TABLES[table]).to_arrow().schema


def table_of(name: str, rows: int, columns: Mapping[str, Column]) -> pa.Table:
    """Return one of the tables of a run.

    Args:
        name: of the table; its columns come in their order and types.
        rows: how many there are.
        columns: every one of them, by name; clocks are int64, nanoseconds since 1970 UTC.
    """
    schema = arrow_schema(name)
    return pa.Table.from_arrays([_array(field.type, rows, columns[field.name]) for field in schema], schema=schema)


def _array(dtype: pa.DataType, rows: int, column: Column) -> pa.Array:
    if isinstance(column, pa.Array):
        return column
    if column is None:
        return pa.nulls(rows, dtype)
    if isinstance(column, tuple):
        values, known = column
        return _of_numpy(dtype, values, ~known)
    if isinstance(column, np.ndarray):
        return _of_numpy(dtype, column, None)
    return pa.repeat(pa.scalar(column, dtype), rows)


def _of_numpy(dtype: pa.DataType, values: npt.NDArray[Any], unknown: BoolArray | None) -> pa.Array:
    if pa.types.is_timestamp(dtype):
        return pa.array(values, mask=unknown).view(dtype)
    return pa.array(values.astype(dtype.to_pandas_dtype(), copy=False), mask=unknown)


def texts(values: Sequence[str | None]) -> pa.Array:
    """Return texts as a column."""
    return pa.array(values, STRING)


def chosen(values: pa.Array, places: Int64Array) -> pa.Array:
    """Return values at their places; −1 is the last of them."""
    return values.take(pa.array(np.where(places < 0, len(values) - 1, places)))


class Words:
    """Names of small codes from −1 up, as columns of codes need them."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self._words = texts([*(names.get(code) for code in range(max(names) + 1)), names.get(-1)])

    def of(self, codes: Int64Array) -> pa.Array:
        """Return the names of codes; none where a code has none."""
        return chosen(self._words, codes)


def lists_of(flags: Mapping[str, BoolArray], rows: int) -> pa.Array:
    """Return the names of the flags that each row has, in order of the alphabet."""
    names = sorted(flags)
    raised = np.array([flags[name] for name in names], np.bool_).reshape(len(names), rows).T
    ends = np.concatenate(([0], np.cumsum(raised.sum(axis=1))))
    return pa.LargeListArray.from_arrays(pa.array(ends), texts(names).take(pa.array(np.nonzero(raised)[1])))


def clock(day: Day, seconds: Int64Array) -> Int64Array:
    """Return seconds since the session's open as nanoseconds since 1970 UTC."""
    opening = int(day.opening.timestamp()) * NANOSECONDS
    return seconds.astype(np.int64) * NANOSECONDS + opening


def frame_of(table: pa.Table) -> pl.DataFrame:
    """Return a table of Arrow's as a frame."""
    return pl.DataFrame(pl.from_arrow(table))


def time_of(day: Day, column: str) -> pl.Expr:
    """Return a column of seconds since the session's open as times in IST."""
    opening = int(day.opening.timestamp()) * NANOSECONDS
    return (pl.col(column).cast(pl.Int64) * NANOSECONDS + opening).cast(TIMESTAMP)
