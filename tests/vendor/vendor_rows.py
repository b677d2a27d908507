"""Rows as the vendor has them, and a little writer of dumps that knows nothing of the reader."""

import gzip
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl

from nfolab.vendor.batch import RefusedRows

PRICES = ["price", "avgPrice", "open", "high", "low", "close"] + [f"{s}p{n}" for n in range(5) for s in "bs"]
COUNTS = ["qty", "volume", "bQty", "sQty", "oi", "oiHigh", "oiLow"]
COUNTS += [f"{s}{what}{n}" for n in range(5) for s in "bs" for what in "qo"]
COLUMNS = [
    *("timestamp", "price", "qty", "avgPrice", "volume", "bQty", "sQty", "open", "high", "low", "close", "changeper"),
    *("lastTradeTime", "oi", "oiHigh", "oiLow"),
    *(f"{side}{what}{level}" for side in "bs" for level in range(5) for what in "qpo"),
]
NAME = "banknifty25dec59400ce"
DAY = datetime.fromisoformat("2025-12-15")
OPEN = DAY.replace(hour=9, minute=15)

Row = dict[str, object]


def snapshot(at: datetime | None, **values: object) -> Row:
    """A row with every column of the vendor's 46; prices are Decimals."""
    row: Row = dict.fromkeys(COUNTS, 35) | {name: Decimal("100.05") for name in PRICES}
    row |= {"timestamp": at, "lastTradeTime": at, "changeper": Decimal("-1.5000000000")}
    return {name: (row | values)[name] for name in COLUMNS}


def snapshots(count: int, start: datetime = OPEN) -> list[Row]:
    """Rows a second apart, each with a price and a volume of its own."""
    return [
        snapshot(start + timedelta(seconds=n), price=Decimal(10_000 + 5 * n) / 100, volume=35 * n) for n in range(count)
    ]


def counts(refused: Mapping[str, RefusedRows]) -> dict[str, int]:
    """How many rows were refused, by reason."""
    return {reason: rows.count for reason, rows in refused.items()}


def told(name: str = NAME) -> Row:
    """What a raw file repeats of its name, for the names used here: banknifty25dec and five digits of strike."""
    return {"symbol": "BANKNIFTY", "opt_type": name[-2:].upper(), "strike": int(name[14:19]), "year": 2025, "month": 12}


def as_frame(rows: Sequence[Row], **more: object) -> pl.DataFrame:
    """Rows as the user's raw files hold them: floats, microseconds, and the columns that repeat the name."""
    frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(pl.col(*PRICES, "changeper").cast(pl.Float64))
    frame = frame.with_columns(pl.lit(value).alias(name) for name, value in (told() | more).items())
    return frame.with_columns(pl.col("timestamp").alias("ts"))


def write_raw(folder: Path, frame: pl.DataFrame, name: str = NAME) -> Path:
    path = folder / f"{name}.parquet"
    frame.write_parquet(path)
    return path


def literal(value: object, *, doubled: bool = False, quoted_numbers: bool = False) -> str:
    """A value as MySQL writes it; quotes within text doubled or behind a backslash."""
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return f"'{value.isoformat(sep=' ')}'"
    if isinstance(value, str):
        text = value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\0", "\\0")
        return "'" + text.replace("'", "''" if doubled else "\\'") + "'"
    return f"'{value}'" if quoted_numbers else str(value)


def create(table: str, columns: Sequence[str]) -> str:
    """A table's structure as mysqldump writes it, types by name."""
    types = dict.fromkeys(PRICES, "decimal(19,2) DEFAULT NULL") | {"timestamp": "datetime NOT NULL"}
    types |= {"note": "varchar(99) DEFAULT 'a, (b' COMMENT 'it''s; odd'", "lastTradeTime": "datetime DEFAULT NULL"}
    lines = [f"  `{name}` {types.get(name, 'bigint(20) DEFAULT NULL')}" for name in columns]
    body = ",\n".join([*lines, "  PRIMARY KEY (`timestamp`,`price`)", "  KEY `second` (`price`)"])
    return f"DROP TABLE IF EXISTS `{table}`;\nCREATE TABLE `{table}` (\n{body}\n) ENGINE=MyISAM COMMENT='x (y';\n"


def insert(
    table: str,
    rows: Sequence[Mapping[str, object]],
    columns: Sequence[str],
    *,
    verb: str = "REPLACE INTO",
    border: str = ",\n",
    listed: bool = False,
    doubled: bool = False,
    quoted_numbers: bool = False,
) -> str:
    """One statement of several rows."""
    values = (
        ",".join(literal(row[name], doubled=doubled, quoted_numbers=quoted_numbers) for name in columns) for row in rows
    )
    names = " (" + ", ".join(f"`{name}`" for name in columns) + ")" if listed else ""
    return f"{verb} `{table}`{names} VALUES\n" + border.join(f"({one})" for one in values) + ";\n"


def dump_of(*statements: str) -> str:
    """A whole dump as MariaDB's dumper frames it."""
    opening = (
        "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19  Distrib 10.11\n--\n-- Host: it's here; (\n\n"
    )
    return opening + "/*!40101 SET NAMES utf8mb4 */;\n" + "".join(statements) + "\n-- Dump completed on 2025-12-15\n"


def write_dump(path: Path, text: str) -> Path:
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def paise(value: object) -> int | None:
    return None if value is None else int(Decimal(str(value)) * 100)
