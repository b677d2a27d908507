"""Files without a price of their own, whose last price stands in `close`."""

from collections.abc import Sequence

import polars as pl
import pyarrow.parquet as pq

from nfolab.vendor.columns import TIMESTAMP_AGAIN
from nfolab.vendor.refuse import best_clock
from nfolab.vendor.values import is_missing, readable_numbers

_LONG_AGO = 2000


def is_last_price_in_close(file: pq.ParquetFile, names: Sequence[str]) -> bool:
    """Say whether a file of snapshots has its last price in `close`.

    So it is where there is no column `price`, or where it is empty in every row (those before 2000 apart) although
    units were traded: without a trade there is no last price, and `close` is the previous day's as usual.

    Raises:
        InputError: A column is of a senseless type.
    """
    there = {name.lower(): name for name in names}
    if "close" not in there or "volume" not in there:
        return False
    if "price" not in there:
        return True
    if not _may_be_empty(file, names.index(there["price"])):
        return False
    asked = [there[name] for name in ("price", "volume", "timestamp", TIMESTAMP_AGAIN) if name in there]
    rows = pl.DataFrame(pl.from_arrow(file.read(asked))).rename(str.lower)
    told = rows.filter(~is_missing(rows["price"]))
    priced = best_clock(told, "price")[0].dt.year() >= _LONG_AGO
    if priced.fill_null(value=True).any():
        return False
    traded = readable_numbers(rows["volume"], "volume").max()
    return bool(isinstance(traded, int | float) and traded > 0)


def _may_be_empty(file: pq.ParquetFile, column: int) -> bool:
    """Say whether most values of a column may be missing, by the counts that the file keeps of itself."""
    metadata = file.metadata
    nulls = 0
    for place in range(metadata.num_row_groups):
        statistics = metadata.row_group(place).column(column).statistics
        if statistics is None or not statistics.has_null_count or statistics.physical_type == "BYTE_ARRAY":
            return True
        nulls += statistics.null_count
    return bool(2 * nulls >= metadata.num_rows)
