"""The lake in SQL: a view a kind of data, with the vendor's own names, prices in rupees, and what can be computed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from nfolab.base.snapshot import VOLACTUAL, Column, DataKind
from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.lake.layout import day_file
from nfolab.lake.reader import Lake
from nfolab.lake.shown import (
    SPOT_COMPARISONS,
    VIEWS,
    derived_columns,
    key_columns,
    shown_columns,
)

__all__ = ["MAX_SPOT_AGE_SECONDS", "SPOT_COMPARISONS", "view_statements"]

MAX_SPOT_AGE_SECONDS: Final = 2

_TYPES: Final = {
    "expiry": "DATE",
    "kind": "VARCHAR",
    "strike": "INTEGER",
    "expiry_type": "VARCHAR",
    "volume_delta": "BIGINT",
    "defects": "INTEGER",
}
_NUMBERS: Final = {"Int32": "INTEGER", "Int64": "BIGINT", "Float64": "DOUBLE"}


def view_statements(lake: Lake, with_spot: bool) -> list[str]:
    """Return the SQL that creates the views of a lake in DuckDB, one a kind of data.

    A kind of which the lake has nothing is a view without rows.

    Args:
        lake: The lake.
        with_spot: Whether `options` and `futures` have the columns that need the spot of the moment; without them they
            read less.
    """
    views = {kind: _rows_sql(lake, kind) for kind in DataKind}
    views[DataKind.OPTIONS] = _with_quotes(views[DataKind.OPTIONS])
    views[DataKind.FUTURES] = _with_quotes(views[DataKind.FUTURES])
    views[DataKind.CHAIN] = _with_moneyness(_with_quotes(views[DataKind.CHAIN]))
    if with_spot:
        spot = _rows_sql(lake, DataKind.SPOT, placed=True)
        views[DataKind.OPTIONS] = _with_moneyness(_beside_spot(views[DataKind.OPTIONS], spot))
        beside = _beside_spot(views[DataKind.FUTURES], spot)
        views[DataKind.FUTURES] = f"SELECT *, round(price - spot, 2) AS basis FROM ({beside})"
    return [f'CREATE VIEW "{name}" AS {views[kind]}' for kind, name in VIEWS.items()]


def _rows_sql(lake: Lake, kind: DataKind, *, placed: bool = False) -> str:
    """Return the rows of one kind, with their place in the file if asked."""
    columns = shown_columns(kind)
    parts = []
    for volactual in (False, True):
        paths = [day_file(lake.root, *one.key) for one in lake.days(kind=kind) if one.volactual == volactual]
        if paths:
            there = [_shown(one) if one != VOLACTUAL or volactual else _nothing(one) for one in columns]
            place = ["file_row_number AS place"] if placed else []
            chosen = [_OF_PATH, *key_columns(kind), *there, *derived_columns(kind), *place]
            more = "filename = true" + (", file_row_number = true" if placed else "")
            parts.append(f"SELECT {', '.join(chosen)} {_files(paths, more)}")
    if parts:
        return " UNION ALL BY NAME ".join(parts)
    keys = {"underlying": "VARCHAR", "day": "DATE"} | {name: _TYPES[name] for name in key_columns(kind)}
    vendor = {column.vendor: _type(column) for column in columns}
    derived = {name: _TYPES[name] for name in derived_columns(kind)} | ({"place": "BIGINT"} if placed else {})
    nulls = ", ".join(f'NULL::{dtype} AS "{name}"' for name, dtype in (keys | vendor | derived).items())
    return f"SELECT {nulls} WHERE false"


_OF_PATH: Final = "parse_path(filename)[-2] AS underlying, CAST(parse_filename(filename, true) AS DATE) AS day"


def _shown(column: Column) -> str:
    """Return a stored column under the vendor's name; clocks in microseconds, which DuckDB can reckon with."""
    if column.unit == "paise":
        return f'{column.stored} / {PAISE_PER_RUPEE}.0::DOUBLE AS "{column.vendor}"'
    return _clock(column.vendor) if column.unit == "time" else f'"{column.stored}" AS "{column.vendor}"'


def _nothing(column: Column) -> str:
    return f'NULL::{_type(column)} AS "{column.vendor}"'


def _type(column: Column) -> str:
    if column.unit == "paise":
        return "DOUBLE"
    return "TIMESTAMPTZ" if column.unit == "time" else _NUMBERS[str(column.dtype)]


def _clock(name: str) -> str:
    return f'"{name}"::TIMESTAMPTZ AS "{name}"'


def _with_quotes(rows: str) -> str:
    return f"""
        SELECT *,
            CASE WHEN bp0 > 0 AND sp0 > 0 THEN (bp0 + sp0) / 2 END AS mid,
            CASE WHEN bp0 > 0 AND sp0 > 0 THEN round(sp0 - bp0, 2) END AS spread,
            expiry - day AS dte
        FROM ({rows})"""


def _beside_spot(rows: str, spot: str) -> str:
    """Add the newest spot at or before each row, at most two seconds old: never a later one."""
    return f"""
        WITH newest AS (
            SELECT underlying, day, timestamp, arg_max(price, place) AS price
            FROM ({spot}) GROUP BY underlying, day, timestamp)
        SELECT o.*,
            CASE WHEN o.timestamp - s.timestamp <= INTERVAL {MAX_SPOT_AGE_SECONDS} SECOND THEN s.price END AS spot
        FROM ({rows}) o ASOF LEFT JOIN newest s
            ON o.underlying = s.underlying AND o.day = s.day AND o.timestamp >= s.timestamp"""


def _with_moneyness(rows: str) -> str:
    """Add what compares an option with the spot beside it; all null where there is none."""
    return f"""
        SELECT *,
            spot / strike AS moneyness,
            round(strike - spot, 2) AS distance_from_spot,
            CASE WHEN spot IS NOT NULL
                THEN greatest(CASE kind WHEN 'CE' THEN spot - strike ELSE strike - spot END, 0) END AS intrinsic_value,
            price - intrinsic_value AS time_value
        FROM ({rows})"""


def _files(paths: Sequence[Path], more: str = "") -> str:
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    return f"FROM read_parquet([{listed}]{', ' + more if more else ''})"
