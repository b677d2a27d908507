"""The lake as lazy frames and Arrow datasets: nothing is read but the columns and row groups that are asked for."""

from collections.abc import Collection
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds

from nfolab.base.errors import InputError, did_you_mean
from nfolab.base.snapshot import VOLACTUAL, Column, DataKind
from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.lake.catalogue import Entry
from nfolab.lake.layout import day_file
from nfolab.lake.reader import Lake
from nfolab.lake.schema import file_types, vendor_columns
from nfolab.lake.shown import VIEWS, derived_columns, key_columns, shown_columns


def scan(
    root: Path,
    underlying: str | None = None,
    first: date | None = None,
    last: date | None = None,
    *,
    kind: str = DataKind.OPTIONS,
    days: Collection[date] | None = None,
) -> pl.LazyFrame:
    """Return the rows of a lake, of one kind, as one lazy frame as people read it.

    Columns: `underlying`, `day`; of options, futures and chains `expiry`, `kind`, `strike` (not of futures) and
    `expiry_type`; the vendor's columns under the vendor's names, prices in rupees; of options and futures
    `volume_delta` and `defects` (the bits of `base.snapshot.Defect`).

    Args:
        root: The lake's folder.
        underlying: Only this one's files are looked at.
        first: Only the files of this day and later.
        last: Only the files of this day and earlier.
        kind: `options`, `spot`, `futures`, `vix`, `equity` or `chain`.
        days: Only the files of these days.

    Raises:
        InputError: there is no lake, no such kind, or the lake has no such rows.
    """
    entries = _entries(root, underlying, first, last, kind, days)
    return pl.concat([_scan_day(root, entry) for entry in entries], how="diagonal")


def arrow(
    root: Path,
    underlying: str | None = None,
    first: date | None = None,
    last: date | None = None,
    *,
    kind: str = DataKind.OPTIONS,
    days: Collection[date] | None = None,
) -> ds.Dataset:
    """Return the rows of a lake, of one kind, as an Arrow dataset as stored.

    Its columns are those of the files, prices in paise, clocks in nanoseconds, and `underlying` and `day`. Filters by
    `underlying`, `day`, `expiry`, `kind`, `strike` and `timestamp` pass over files and row groups.

    Args:
        root: The lake's folder.
        underlying: Only this one's files are looked at.
        first: Only the files of this day and later.
        last: Only the files of this day and earlier.
        kind: `options`, `spot`, `futures`, `vix`, `equity` or `chain`.
        days: Only the files of these days.

    Raises:
        InputError: there is no lake, no such kind, or the lake has no such rows.
    """
    entries = _entries(root, underlying, first, last, kind, days)
    there = {column.stored for column in vendor_columns(DataKind(kind))}
    if not any(entry.volactual for entry in entries):
        there.discard(VOLACTUAL.stored)
    types = {"underlying": pa.string(), "day": pa.date32()} | file_types(DataKind(kind), there)
    return ds.FileSystemDataset.from_paths(
        [str(day_file(root, *entry.key)) for entry in entries],
        schema=pa.schema(types),
        format=ds.ParquetFileFormat(),
        filesystem=pa.fs.LocalFileSystem(),
        partitions=[(ds.field("underlying") == entry.underlying) & (ds.field("day") == entry.day) for entry in entries],
    )


def _entries(
    root: Path,
    underlying: str | None,
    first: date | None,
    last: date | None,
    kind: str,
    days: Collection[date] | None,
) -> list[Entry]:
    if kind not in list(DataKind):
        raise InputError(f"there is no kind of data called {kind!r}{did_you_mean(kind, DataKind)}")
    entries = [
        entry
        for entry in Lake.open(root).days(underlying, kind)
        if (first or date.min) <= entry.day <= (last or date.max) and (days is None or entry.day in days)
    ]
    if not entries:
        such = VIEWS[DataKind(kind)]
        raise InputError(f"the lake {root} has no such {such}: `nfolab lake days --lake {root}` shows what it has")
    return entries


def _scan_day(root: Path, entry: Entry) -> pl.LazyFrame:
    return pl.scan_parquet(day_file(root, *entry.key)).select(shown_rows(entry))


def shown_rows(entry: Entry) -> list[pl.Expr]:
    """Return what turns a day file's stored columns into those that people read, in order."""
    kind = DataKind(entry.kind)
    columns = [one for one in shown_columns(kind) if one != VOLACTUAL or entry.volactual]
    return [
        pl.lit(entry.underlying).alias("underlying"),
        pl.lit(entry.day).alias("day"),
        *map(pl.col, key_columns(kind)),
        *(_in_rupees(column) for column in columns),
        *map(pl.col, derived_columns(kind)),
    ]


def _in_rupees(column: Column) -> pl.Expr:
    """Return a column under the vendor's name; rounded, for Polars divides by 100 as times 0.01, which is inexact."""
    stored = pl.col(column.stored)
    return ((stored / PAISE_PER_RUPEE).round(2) if column.unit == "paise" else stored).alias(column.vendor)
