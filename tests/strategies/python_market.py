"""Twenty minutes of a small synthetic market, for Python strategies: packed once, replaced after a second at will."""

import datetime as dt
from pathlib import Path

import pyarrow as pa

from honesty.markets import cut_window, nearest_only, packed_window
from nfolab.lake import Lake
from nfolab.vendor.synthetic import write_market

DAY = dt.date(2025, 7, 9)
FIRST, LAST = "10:30:00", "10:50:00"

EXAMPLES = {
    "limit_scalper": {"first": "10:31:00", "last": "10:46:00", "hold": "40s", "pause": "10s"},
    "market_maker": {"first": "10:31:00", "last": "10:46:00"},
    "hedged_strangle": {"entry": "10:33:00", "exit": "10:47:00", "every": "20s", "band": "1%", "wing": "40%"},
    "ema_scan": {"first": "10:31:00", "last": "10:46:00", "most_spread": "3%"},
}
"""The strategies of the library, with parameters for this window."""


def window_tables(folder: Path) -> dict[str, pa.Table]:
    write_market(folder, underlying="NIFTY", start=DAY, days=1, size="small", form="parquet", seed=5)
    kept = nearest_only(folder)
    for path in folder.rglob("*.parquet"):
        if path not in kept:
            path.unlink()
    return cut_window(folder, DAY, FIRST, LAST)


def window_lake(folder: Path, tables: dict[str, pa.Table]) -> Lake:
    return packed_window(folder, tables)
