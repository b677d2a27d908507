"""Rows as a source has them: columns of plain numbers as arrays, any other as a series to look at more closely."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Self

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

Bool = NDArray[np.bool_]

_TICKS: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_UNITS: Final = {ticks: unit for unit, ticks in _TICKS.items()}
_FORMS: Final[Mapping[pa.DataType, type[np.number[Any]]]] = {
    pa.int8(): np.int8,
    pa.int16(): np.int16,
    pa.int32(): np.int32,
    pa.int64(): np.int64,
    pa.uint8(): np.uint8,
    pa.uint16(): np.uint16,
    pa.uint32(): np.uint32,
    pa.float32(): np.float32,
    pa.float64(): np.float64,
    **{pa.timestamp(unit): np.int64 for unit in _TICKS},
}
_NUMBERS: Final = (
    *(pl.Int8, pl.Int16, pl.Int32, pl.Int64),
    *(pl.UInt8, pl.UInt16, pl.UInt32),
    *(pl.Float32, pl.Float64),
)


@dataclass(frozen=True, slots=True)
class RawColumn:
    """One column.

    Attributes:
        values: Numbers, or the counts of a clock without a zone, [rows]; None where the column holds anything else.
        ticks: How many counts of the clock are a second; 0 for numbers.
        missing: Where nothing is told, bool [rows]; None where everything is, and where `values` is None.
        told: The column itself; None where `values` and `missing` are all of it.
    """

    values: NDArray[Any] | None
    ticks: int = 0
    missing: Bool | None = None
    told: pl.Series | pa.Array | None = None

    @classmethod
    def of_array(cls, array: pa.Array) -> Self:
        """Return a column that stands in an Arrow array."""
        form, ticks = _form_and_ticks(array.type)
        if form is None:
            return cls(None, told=array)
        return cls(_values(array, form), ticks, _missing(array) if array.null_count else None, array)

    @classmethod
    def of_series(cls, series: pl.Series) -> Self:
        """Return a column that stands in a series."""
        dtype = series.dtype
        if dtype in _NUMBERS or (isinstance(dtype, pl.Datetime) and dtype.time_zone is None):
            return cls.of_array(series.rechunk().to_arrow())
        return cls(None, told=series)

    @property
    def series(self) -> pl.Series:
        """The column as a series, for a closer look."""
        if isinstance(self.told, pl.Series):
            return self.told
        series = pl.from_arrow(self._array() if self.told is None else self.told)
        if not isinstance(series, pl.Series):
            raise TypeError("an array is one column")
        return series

    def _array(self) -> pa.Array:
        array = pa.array(self.values, mask=self.missing)
        return array.cast(pa.timestamp(_UNITS[self.ticks])) if self.ticks else array

    def filled(self) -> NDArray[Any] | None:
        """Return the values, those missing as 0."""
        if self.values is None or self.missing is None:
            return self.values
        return np.where(self.missing, self.values.dtype.type(0), self.values)


@dataclass(frozen=True, slots=True)
class RawRows:
    """Rows of one source: so many, and their columns by name."""

    columns: Mapping[str, RawColumn]
    height: int

    @classmethod
    def of_frame(cls, frame: pl.DataFrame) -> Self:
        """Return the rows of a frame."""
        return cls({one.name: RawColumn.of_series(one) for one in frame.get_columns()}, frame.height)

    @property
    def names(self) -> list[str]:
        """The names of the columns, in their order."""
        return list(self.columns)

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> RawColumn:
        return self.columns[name]

    def under(self, names: Mapping[str, str]) -> "RawRows":
        """Return some columns under other names: those wanted to those they have."""
        return RawRows({ours: self.columns[theirs] for ours, theirs in names.items()}, self.height)

    def frame(self, *names: str) -> pl.DataFrame:
        """Return the columns of these names that there are, or all, as a frame."""
        wanted = [name for name in names if name in self] if names else self.names
        return pl.DataFrame([self[name].series.alias(name) for name in wanted])


@lru_cache(maxsize=1000)
def _form_and_ticks(dtype: pa.DataType) -> tuple[type[np.number[Any]] | None, int]:
    return _FORMS.get(dtype), _TICKS[dtype.unit] if pa.types.is_timestamp(dtype) else 0


def _values(array: pa.Array, form: type[np.number[Any]]) -> NDArray[Any]:
    numbers = array.buffers()[1]
    if numbers is None or not len(array):
        return np.zeros(len(array), form)
    return np.frombuffer(numbers, form, len(array), array.offset * np.dtype(form).itemsize)


def _missing(array: pa.Array) -> Bool:
    begin, end = array.offset, array.offset + len(array)
    bits = np.frombuffer(array.buffers()[0], np.uint8, -(-end // 8) - begin // 8, begin // 8)
    missing: Bool = np.unpackbits(bits, bitorder="little")[begin % 8 :][: len(array)] == 0
    return missing
