"""Rows of one contract or series as plain arrays, in the stored types: what readers give and the lake packs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Self

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from nfolab.base.snapshot import COLUMNS, TIMEZONE, VOLACTUAL

Bool = NDArray[np.bool_]
Int64 = NDArray[np.int64]

_COLUMNS: Final = {column.stored: column for columns in (*COLUMNS.values(), (VOLACTUAL,)) for column in columns}
_SMALL, _LARGE, _DECIMAL = range(3)
_CLOCK: Final = pa.timestamp("ns", TIMEZONE)
_ARROW: Final = (pa.int32(), pa.int64(), pa.float64())


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where the columns of a block stand.

    Attributes:
        names: The stored names, in the stored order.
        places: Of each, which of the block's three arrays, and which row of it.
        sizes: How many columns each array has.
        arrow: The Arrow type of each.
    """

    names: tuple[str, ...]
    places: Mapping[str, tuple[int, int]]
    sizes: tuple[int, int, int]
    arrow: Mapping[str, pa.DataType]


@lru_cache(maxsize=1000)
def arrangement(names: tuple[str, ...]) -> Arrangement:
    """Return the arrangement of columns with these stored names."""
    places, sizes, arrow = {}, [0, 0, 0], {}
    for name in names:
        column = _COLUMNS[name]
        array = _array_of(column.dtype)
        places[name] = (array, sizes[array])
        sizes[array] += 1
        arrow[name] = _CLOCK if column.unit == "time" else _ARROW[array]
    return Arrangement(names, places, (sizes[0], sizes[1], sizes[2]), arrow)


def _array_of(dtype: pl.DataType) -> int:
    if dtype == pl.Int32():
        return _SMALL
    return _DECIMAL if dtype == pl.Float64() else _LARGE


@dataclass(frozen=True, slots=True)
class Block:
    """Rows in the stored types.

    Attributes:
        columns: Which columns there are, and where.
        small: int32 [columns, rows], the columns of 32 bits.
        large: int64 [columns, rows], the columns of 64 bits; clocks in nanoseconds since 1970 UTC.
        decimal: float64 [columns, rows].
        missing: By the name of a column in which something is missing, bool [rows]; the value there is 0.
    """

    columns: Arrangement
    small: NDArray[np.int32]
    large: Int64
    decimal: NDArray[np.float64]
    missing: Mapping[str, Bool]

    @classmethod
    def with_room(cls, names: Sequence[str], rows: int) -> Self:
        """Return a block of so many rows, to be filled."""
        columns = arrangement(tuple(names))
        small, large, decimal = columns.sizes
        return cls(
            columns,
            np.empty((small, rows), dtype=np.int32),
            np.empty((large, rows), dtype=np.int64),
            np.empty((decimal, rows), dtype=np.float64),
            {},
        )

    @classmethod
    def of_frame(cls, frame: pl.DataFrame) -> Self:
        """Return the rows of a frame in the stored types."""
        block = cls.with_room(frame.columns, frame.height)
        missing = {}
        for values in frame.get_columns():
            plain = values.to_physical()
            if plain.null_count():
                missing[values.name] = plain.is_null().to_numpy()
                plain = plain.fill_null(0)
            block[values.name][:] = plain.to_numpy()
        return cls(block.columns, block.small, block.large, block.decimal, missing)

    @classmethod
    def together(cls, parts: Sequence["Block"], names: Sequence[str]) -> "Block":
        """Return the rows of all parts; a column that a part lacks is missing there."""
        if len(parts) == 1 and parts[0].columns.names == tuple(names):
            return parts[0]
        whole = cls.with_room(names, sum(part.rows for part in parts))
        missing: dict[str, Bool] = {}
        at = 0
        for part in parts:
            end = at + part.rows
            for name in whole.columns.names:
                gone = part.missing.get(name)
                if name in part.columns.places:
                    whole[name][at:end] = part[name]
                else:
                    whole[name][at:end] = 0
                    gone = np.ones(part.rows, dtype=np.bool_)
                if gone is not None:
                    missing.setdefault(name, np.zeros(whole.rows, dtype=np.bool_))[at:end] = gone
            at = end
        return Block(whole.columns, whole.small, whole.large, whole.decimal, missing)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.small[0]) if len(self.small) else self.large.shape[1]

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return a column, 0 where it is missing: a view, so that what is written there is in the block."""
        array, row = self.columns.places[name]
        arrays: tuple[NDArray[Any], ...] = (self.small, self.large, self.decimal)
        found: NDArray[Any] = arrays[array][row]
        return found

    def __contains__(self, name: object) -> bool:
        return name in self.columns.places

    def chosen(self, places: Int64) -> "Block":
        """Return the rows at these places, in their order."""
        missing = {name: some for name, gone in self.missing.items() if (some := gone[places]).any()}
        return Block(
            self.columns,
            np.take(self.small, places, axis=1),
            np.take(self.large, places, axis=1),
            np.take(self.decimal, places, axis=1),
            missing,
        )

    def part(self, begin: int, end: int) -> "Block":
        """Return the rows from one place up to another; nothing is copied."""
        missing = {name: some for name, gone in self.missing.items() if (some := gone[begin:end]).any()}
        rows = slice(begin, end)
        return Block(self.columns, self.small[:, rows], self.large[:, rows], self.decimal[:, rows], missing)

    def arrays(self) -> Iterator[tuple[str, pa.Array]]:
        """Yield the columns in the stored order as Arrow arrays; values are not copied."""
        for name in self.columns.names:
            yield name, arrow_array(self[name], self.columns.arrow[name], self.missing.get(name))

    def frame(self) -> pl.DataFrame:
        """Return the rows as a frame."""
        frame = pl.from_arrow(pa.table(dict(self.arrays())))
        if not isinstance(frame, pl.DataFrame):
            raise TypeError("a table is no column")
        return frame


def arrow_array(values: NDArray[Any], dtype: pa.DataType, missing: Bool | None = None) -> pa.Array:
    """Return numbers as an Arrow array of a type of their width; nothing is copied but the mask."""
    there = None if missing is None else pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(dtype, len(values), [there, pa.py_buffer(np.ascontiguousarray(values))])
