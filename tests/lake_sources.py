"""Small raw files in the vendor's own format, and ways to look at a lake's bytes."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq

MONDAY = date(2025, 12, 15)
TUESDAY = date(2025, 12, 16)
OPEN = 9 * 3600 + 15 * 60

NUMBERS = ["price", "qty", "avgPrice", "volume", "bQty", "sQty", "open", "high", "low", "close", "changeper"]
BOOK = [f"{side}{what}{level}" for side in "bs" for level in range(5) for what in "qpo"]
VENDOR_COLUMNS = ["timestamp", *NUMBERS, "lastTradeTime", "oi", "oiHigh", "oiLow", *BOOK]


def clock(day: date, second: float) -> datetime:
    """The naive IST time `second` seconds after the open."""
    return datetime.combine(day, time()) + timedelta(seconds=OPEN + second)


def row(day: date, second: float, **given: Any) -> dict[str, Any]:
    """One vendor row: a whole book around 100 rupees, everything overridable by name."""
    bid, ask = given.get("bp0", 99.95), given.get("sp0", 100.05)
    values: dict[str, Any] = {
        "timestamp": clock(day, second),
        "price": 100.0,
        "qty": 35,
        "avgPrice": 100.0,
        "volume": 35_000 + 35 * int(second),
        "bQty": 5000,
        "sQty": 6000,
        "open": 101.0,
        "high": 120.0,
        "low": 90.0,
        "close": 99.0,
        "changeper": 1.01,
        "lastTradeTime": clock(day, second),
        "oi": 70_000,
        "oiHigh": None,
        "oiLow": None,
    }
    for level in range(5):
        values |= {f"bq{level}": 35 * (level + 1), f"bp{level}": None if bid is None else bid - level * 0.05}
        values |= {f"sq{level}": 70 * (level + 1), f"sp{level}": None if ask is None else ask + level * 0.05}
        values |= {f"bo{level}": None, f"so{level}": None}
    return values | given


def bogus() -> dict[str, Any]:
    """The row of 1970 that stands at the beginning of every table of the vendor's."""
    return {"timestamp": datetime.fromisoformat("1970-01-01T05:30"), "price": 0.0, "volume": 0}


def write_contract(path: Path, rows: Sequence[dict[str, Any]], synthetic: bool = False) -> Path:
    """Write a raw per-contract Parquet file; the contract stands in its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kinds = {name: pl.Float64 for name in VENDOR_COLUMNS if name[:2] in ("bp", "sp")}
    kinds |= dict.fromkeys(("price", "avgPrice", "open", "high", "low", "close", "changeper"), pl.Float64)
    kinds |= dict.fromkeys(("timestamp", "lastTradeTime"), pl.Datetime("us"))
    schema = {name: kinds.get(name, pl.Int64) for name in VENDOR_COLUMNS}
    frame = pl.DataFrame([{name: one.get(name) for name in VENDOR_COLUMNS} for one in rows], schema=schema)
    if rows and "volactual" in rows[0]:
        frame = frame.with_columns(pl.Series("volactual", [one["volactual"] for one in rows], dtype=pl.Float64))
    table = frame.to_arrow()
    if synthetic:
        table = table.replace_schema_metadata({"nfolab_source": "synthetic"})
    pq.write_table(table, path)
    return path


def write_spot(path: Path, symbol: str, prices: Sequence[tuple[datetime, float]]) -> Path:
    """Write an index-spot Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times, values = zip(*prices, strict=True)
    pl.DataFrame(
        {"symbol": [symbol] * len(times), "timestamp": pl.Series(times, dtype=pl.Datetime("us")), "price": values}
    ).write_parquet(path)
    return path


def walk(day: date, seconds: Sequence[float], seed: int, **given: Any) -> list[dict[str, Any]]:
    """Rows whose last price and book walk at random, on ticks, by seed."""
    random = np.random.default_rng(seed)
    mids = 100 + 0.05 * np.cumsum(random.integers(-2, 3, len(seconds)))
    volumes = 35_000 + 35 * np.cumsum(random.integers(0, 3, len(seconds)))
    return [
        row(
            day,
            second,
            price=round(float(mid), 2),
            volume=int(volume),
            bp0=round(float(mid) - 0.05, 2),
            sp0=round(float(mid) + 0.05, 2),
            bq0=int(35 * random.integers(1, 20)),
            **given,
        )
        for second, mid, volume in zip(seconds, mids, volumes, strict=True)
    ]


def small_market(folder: Path, seconds: int = 120) -> list[Path]:
    """Six contracts of two expiries on two days, and an index: eight raw files, with 1970 rows and silent seconds."""
    paths = []
    names = ("banknifty25dec59400ce", "banknifty25dec59400pe", "banknifty25dec59500ce", "banknifty26jan59400ce")
    for number, name in enumerate(names):
        beats = [second for second in range(seconds) if (second + number) % 7]
        rows = [bogus(), *walk(MONDAY, beats, number), *walk(TUESDAY, beats, number + 100)]
        paths.append(write_contract(folder / f"{name}.parquet", rows))
    for number, name in enumerate(("nifty25d1626000ce", "nifty25d1626000pe")):
        paths.append(write_contract(folder / f"{name}.parquet", walk(MONDAY, range(seconds), number + 200)))
    for number, symbol in enumerate(("BANKNIFTY", "NIFTY")):
        beats = [(clock(MONDAY, second), 59_400.0 + number + second * 0.5) for second in range(0, seconds, 3)]
        paths.append(write_spot(folder / f"{symbol.lower()}_spot.parquet", symbol, beats))
    return paths


def tree(root: Path) -> dict[str, bytes]:
    """Every file under a folder, hidden ones too, by its path within."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def lake_rows(root: Path, kind: str, underlying: str, day: date) -> pl.DataFrame:
    """A day file read by another reader than the package's own."""
    return pl.read_parquet(root / kind / underlying / f"{day}.parquet")
