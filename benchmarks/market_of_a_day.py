"""The full synthetic day on which speed is measured: made and packed once, kept in benchmarks/.data."""

import sys
from datetime import date
from pathlib import Path

from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.lake.schema import SCHEMA_VERSION
from nfolab.vendor.sources import find_sources
from nfolab.vendor.synthetic import write_market

DATA = Path(__file__).resolve().parent / ".data"
UNDERLYING = "BANKNIFTY"
DAY = date(2025, 7, 7)


def full_day() -> Lake:
    """Return the lake of one full day; the first call makes it."""
    raw, lake = DATA / "raw", DATA / f"lake-{SCHEMA_VERSION}"
    if not raw.exists():
        print("making a full synthetic day …", file=sys.stderr)
        write_market(raw, underlying=UNDERLYING, start=DAY, days=1, size="full", form="parquet", seed=7)
    pack(find_sources([raw]), lake)
    return Lake.open(lake)
