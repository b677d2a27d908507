"""The kinds of data there are, and what a row of each holds: every column with its stored name, type, unit and meaning.

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


class DataKind(StrEnum):
    """What the rows of a day file are about. Every kind has day files of its own."""

    OPTIONS = "options"
    SPOT = "spot"
    FUTURES = "futures"
    VIX = "vix"
    EQUITY = "equity"
    CHAIN = "chain"
    """Snapshots of a whole option chain, minutes apart: a second grade of data, without depth."""

    @property
    def by_contract(self) -> bool:
        """Whether its day file holds many contracts, or else the one series of its underlying."""
        return self in (DataKind.OPTIONS, DataKind.FUTURES, DataKind.CHAIN)


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
    """One column: the vendor's name, ours, its type, unit and meaning, and whether it may be below zero."""

    vendor: str
    stored: str
    dtype: pl.DataType
    unit: Unit
    meaning: str
    signed: bool = False


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
    Column("changeper", "changeper", pl.Float64(), "percent", "change of the last price from the previous close", True),
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

EQUITY: tuple[Column, ...] = (
    *SPOT[:1],
    _price("price", "last traded price"),
    Column("volume", "volume", pl.Int64(), "units", "shares traded on the day so far"),
)
"""The columns of an equity row; `volume` may be missing throughout."""

CHAIN: tuple[Column, ...] = (
    Column("timestamp", "timestamp", TIMESTAMP, "time", "when the chain was taken, IST"),
    Column("exchangeTime", "exchangeTime", TIMESTAMP, "time", "the exchange's own clock in the chain, IST"),
    _price("price", "last traded price"),
    Column(
        "netChange", "netChange_paise", pl.Int32(), "paise", "change of the last price from the previous close", True
    ),
    Column("bq0", "bq0", pl.Int32(), "units", "quantity at the bid, best"),
    _price("bp0", "price of the bid, best"),
    Column("sq0", "sq0", pl.Int32(), "units", "quantity at the ask, best"),
    _price("sp0", "price of the ask, best"),
    Column("volume", "volume", pl.Int64(), "units", "traded quantity of the day so far"),
    Column("oi", "oi", pl.Int64(), "units", "open interest"),
    Column("oiChange", "oiChange", pl.Int64(), "units", "change of the open interest from the previous day's", True),
    Column("iv", "iv", pl.Float64(), "percent", "the source's own implied volatility, a year"),
    _price("spot", "value of the index in the same row"),
)
"""The columns of a row of an option chain that is taken every minute or quarter of an hour."""

COLUMNS: dict[DataKind, tuple[Column, ...]] = {
    DataKind.OPTIONS: SNAPSHOT,
    DataKind.SPOT: SPOT,
    DataKind.FUTURES: SNAPSHOT,
    DataKind.VIX: SPOT,
    DataKind.EQUITY: EQUITY,
    DataKind.CHAIN: CHAIN,
}
"""What a row of each kind holds, in the stored order; of options and futures, VOLACTUAL comes last where it exists."""


def schema_of(kind: DataKind) -> dict[str, pl.DataType]:
    """Return stored name to Polars type, in the stored order."""
    return {column.stored: column.dtype for column in COLUMNS[kind]}
