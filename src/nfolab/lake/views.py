"""The lake as people read it: the vendor's own names, prices in rupees, and what can be computed for nothing."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from nfolab.base.errors import InputError
from nfolab.base.snapshot import SNAPSHOT, SPOT, VOLACTUAL, Column
from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.lake.catalogue import Entry
from nfolab.lake.layout import audit_file, day_file
from nfolab.lake.ledger import LEDGER_SCHEMA
from nfolab.lake.reader import Lake
from nfolab.lake.schema import OPTIONS, SPOT_KIND

MAX_SPOT_AGE_SECONDS: Final = 2
SPOT_COMPARISONS: Final = ("spot", "moneyness", "distance_from_spot", "intrinsic_value", "time_value")
"""The columns of the SQL view `options` that need the spot of the moment."""

_KEYS = ("expiry", "kind", "strike", "expiry_type")
_DERIVED = ("volume_delta", "defects")


def scan(
    root: Path, underlying: str | None = None, first: date | None = None, last: date | None = None
) -> pl.LazyFrame:
    """Return the options of a lake as one lazy frame.

    Columns: `underlying`, `day`, `expiry`, `kind`, `strike`, `expiry_type`, the vendor's columns under the vendor's
    names (prices in rupees), `volume_delta`, `defects` (the bits of `base.snapshot.Defect`).

    Args:
        root: The lake's folder.
        underlying: Only this one's files are looked at.
        first: Only the files of this day and later.
        last: Only the files of this day and earlier.

    Raises:
        InputError: there is no lake, or it has no such options.
    """
    entries = [
        entry
        for entry in Lake.open(root).days(underlying, OPTIONS)
        if (first or date.min) <= entry.day <= (last or date.max)
    ]
    if not entries:
        raise InputError(f"the lake {root} has no such options: `nfolab lake days --lake {root}` shows what it has")
    return pl.concat([_scan_day(root, entry) for entry in entries], how="diagonal")


def _scan_day(root: Path, entry: Entry) -> pl.LazyFrame:
    columns = (*SNAPSHOT, VOLACTUAL) if entry.volactual else SNAPSHOT
    return pl.scan_parquet(day_file(root, *entry.key)).select(
        pl.lit(entry.underlying).alias("underlying"),
        pl.lit(entry.day).alias("day"),
        *_KEYS,
        *(_in_rupees(column) for column in columns),
        *_DERIVED,
    )


def _in_rupees(column: Column) -> pl.Expr:
    """Return a column under the vendor's name; rounded, for Polars divides by 100 as times 0.01, which is inexact."""
    stored = pl.col(column.stored)
    return ((stored / PAISE_PER_RUPEE).round(2) if column.unit == "paise" else stored).alias(column.vendor)


def view_statements(lake: Lake, with_spot: bool) -> list[str]:
    """Return the SQL that creates the views `options`, `spot` and `audit` in DuckDB.

    Args:
        lake: The lake.
        with_spot: Whether `options` has the columns that need the spot of the moment; without them it reads less.
    """
    options = _options_sql(lake)
    ledgers = [audit_file(lake.root, *entry.key) for entry in lake.entries]
    return [
        f"CREATE VIEW spot AS SELECT * EXCLUDE (place) FROM ({_spot_sql(lake)})",
        f"CREATE VIEW options AS {_beside_spot(options, _spot_sql(lake)) if with_spot else options}",
        f"CREATE VIEW audit AS SELECT {', '.join(map(_audit_column, LEDGER_SCHEMA))} {_files(ledgers)}",
    ]


def _options_sql(lake: Lake) -> str:
    parts = []
    for volactual in (False, True):
        paths = [day_file(lake.root, *one.key) for one in lake.days(kind=OPTIONS) if one.volactual == volactual]
        columns = (*SNAPSHOT, VOLACTUAL) if volactual else SNAPSHOT
        if paths:
            parts.append(f"SELECT {_of_path()}, {_selected(columns)} {_files(paths, more='filename = true')}")
    if not parts:
        return _none_of({"underlying": "VARCHAR", "day": "DATE", "timestamp": "TIMESTAMPTZ", "strike": "INTEGER"})
    return f"""
        SELECT *,
            CASE WHEN bp0 > 0 AND sp0 > 0 THEN (bp0 + sp0) / 2 END AS mid,
            CASE WHEN bp0 > 0 AND sp0 > 0 THEN round(sp0 - bp0, 2) END AS spread,
            expiry - day AS dte
        FROM ({" UNION ALL BY NAME ".join(parts)})"""


def _selected(columns: Sequence[Column]) -> str:
    return ", ".join([*_KEYS, *map(_vendor_column, columns), *_DERIVED])


def _vendor_column(column: Column) -> str:
    """Return a stored column under the vendor's name; clocks in microseconds, which DuckDB can reckon with."""
    if column.unit == "paise":
        return f'{column.stored} / {PAISE_PER_RUPEE}.0::DOUBLE AS "{column.vendor}"'
    return _clock(column.vendor) if column.unit == "time" else f'"{column.vendor}"'


def _audit_column(name: str) -> str:
    return _clock(name) if name in ("first", "last") else f'"{name}"'


def _clock(name: str) -> str:
    return f'"{name}"::TIMESTAMPTZ AS "{name}"'


def _spot_sql(lake: Lake) -> str:
    paths = [day_file(lake.root, *one.key) for one in lake.days(kind=SPOT_KIND)]
    if not paths:
        clocks = {"timestamp": "TIMESTAMPTZ", "place": "BIGINT"}
        return _none_of({"underlying": "VARCHAR", "day": "DATE", "price": "DOUBLE"} | clocks)
    columns = ", ".join(map(_vendor_column, SPOT))
    files = _files(paths, more="filename = true, file_row_number = true")
    return f"SELECT {_of_path()}, {columns}, file_row_number AS place {files}"


def _beside_spot(options: str, spot: str) -> str:
    """Add the newest spot at or before each row, at most two seconds old: never a later one."""
    return f"""
        WITH newest AS (
            SELECT underlying, timestamp, arg_max(price, place) AS price FROM ({spot}) GROUP BY underlying, timestamp),
        joined AS (
            SELECT o.*,
                CASE WHEN o.timestamp - s.timestamp <= INTERVAL {MAX_SPOT_AGE_SECONDS} SECOND THEN s.price END AS spot
            FROM ({options}) o ASOF LEFT JOIN newest s
                ON o.underlying = s.underlying AND o.timestamp >= s.timestamp)
        SELECT *,
            spot / strike AS moneyness,
            round(strike - spot, 2) AS distance_from_spot,
            CASE WHEN spot IS NOT NULL
                THEN greatest(CASE kind WHEN 'CE' THEN spot - strike ELSE strike - spot END, 0) END AS intrinsic_value,
            price - intrinsic_value AS time_value
        FROM joined"""


def _of_path() -> str:
    return "parse_path(filename)[-2] AS underlying, CAST(parse_filename(filename, true) AS DATE) AS day"


def _files(paths: Sequence[Path], more: str = "") -> str:
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    return f"FROM read_parquet([{listed}]{', ' + more if more else ''})"


def _none_of(columns: dict[str, str]) -> str:
    nulls = ", ".join(f"NULL::{kind} AS {name}" for name, kind in columns.items())
    return f"SELECT {nulls} WHERE false"
