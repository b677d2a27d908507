"""What a snapshot is: every vendor column with its stored name, type, unit and meaning.

This is the one place where the schema stands. Readers produce it, the lake stores it, the tape reads it.
Prices are integer paise and say so in their names; quantities are units of the underlying (multiples of the lot).
"""

from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import Literal

import polars as pl

TIMEZONE = "Asia/Kolkata"
TIMESTAMP = pl.Datetime("ns", TIMEZONE)
LEVELS = 5


class SourceKind(StrEnum):
    """Where data came from. It travels from the raw file into every table, chart and report made from it."""

    VENDOR = "vendor"
    SYNTHETIC = "synthetic"


class Defect(IntFlag):
    """What is wrong with a row, known from the contract's rows before it that day: bits of the lake's `defects`."""

    REPEATED_ROW = 1
    """The row equals the one before it in every vendor column but the clocks `timestamp` and `lastTradeTime`."""
    BACKWARD_VOLUME = 2
    """Its cumulative volume is below that of an earlier row, so below the running maximum."""


SOURCE_KEY = b"nfolab_source"
"""Key in a raw Parquet file's metadata (value `synthetic`), and the word in a dump's opening comment
`-- nfolab_source=synthetic`, by which synthetic data is known."""

Unit = Literal["paise", "units", "orders", "percent", "time"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a snapshot: the vendor's name, ours, its type, unit and meaning."""

    vendor: str
    stored: str
    dtype: pl.DataType
    unit: Unit
    meaning: str


def _price(vendor: str, meaning: str) -> Column:
    return Column(vendor, f"{vendor}_paise", pl.Int32(), "paise", meaning)


def _levels() -> list[Column]:
    columns = []
    for letter, side in (("b", "bid"), ("s", "ask")):
        for level in range(LEVELS):
            place = "best" if level == 0 else f"level {level + 1} of five"
            columns += [
                Column(
                    f"{letter}q{level}", f"{letter}q{level}", pl.Int32(), "units", f"quantity at the {side}, {place}"
                ),
                _price(f"{letter}p{level}", f"price of the {side}, {place}"),
                Column(
                    f"{letter}o{level}", f"{letter}o{level}", pl.Int32(), "orders", f"orders at the {side}, {place}"
                ),
            ]
    return columns


SNAPSHOT: tuple[Column, ...] = (
    Column("timestamp", "timestamp", TIMESTAMP, "time", "the recorder's clock when the row was taken, IST"),
    _price("price", "last traded price"),
    Column("qty", "qty", pl.Int32(), "units", "quantity of the last trade"),
    _price("avgPrice", "volume-weighted average price of the day so far"),
    Column("volume", "volume", pl.Int64(), "units", "traded quantity of the day so far"),
    Column("bQty", "bQty", pl.Int64(), "units", "total quantity of all bids"),
    Column("sQty", "sQty", pl.Int64(), "units", "total quantity of all asks"),
    _price("open", "first price of the day"),
    _price("high", "highest price of the day so far"),
    _price("low", "lowest price of the day so far"),
    _price("close", "closing price of the previous day"),
    Column("changeper", "changeper", pl.Float64(), "percent", "change of the last price from the previous close"),
    Column("lastTradeTime", "lastTradeTime", TIMESTAMP, "time", "the exchange's clock at the last trade, IST"),
    Column("oi", "oi", pl.Int64(), "units", "open interest"),
    Column("oiHigh", "oiHigh", pl.Int64(), "units", "highest open interest of the day so far"),
    Column("oiLow", "oiLow", pl.Int64(), "units", "lowest open interest of the day so far"),
    *_levels(),
)
"""The 46 columns of an option snapshot, in the vendor's order."""

SNAPSHOT_SCHEMA: dict[str, pl.DataType] = {column.stored: column.dtype for column in SNAPSHOT}
"""Stored name to Polars type. A missing value is null, never 0."""

VOLACTUAL = Column(
    "volactual", "volactual", pl.Float64(), "units", "the vendor's own reading of volume, older files only"
)
"""The 53rd column of some files of 2019 to 2021; kept where it exists."""

SPOT: tuple[Column, ...] = (
    Column("timestamp", "timestamp", TIMESTAMP, "time", "the recorder's clock when the row was taken, IST"),
    _price("price", "value of the index"),
)
"""The columns of an index-spot row."""

SPOT_SCHEMA: dict[str, pl.DataType] = {column.stored: column.dtype for column in SPOT}
