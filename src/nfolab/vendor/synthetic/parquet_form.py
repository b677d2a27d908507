"""The vendor's Parquet form: a file for each contract and day, and one for the index."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from nfolab.market.contracts import vendor_name
from nfolab.vendor.synthetic.beside import recorded_future, recorded_vix
from nfolab.vendor.synthetic.chain import Listing
from nfolab.vendor.synthetic.feed import Feed, Recorded, recorded, recorded_spot
from nfolab.vendor.synthetic.parallel import in_order
from nfolab.vendor.synthetic.table import SCHEMA, bogus_row

_CONTINUOUS = ("timestamp", "ts", "lastTradeTime", "price", "avgPrice", "changeper", "volume", "bQty", "sQty", "oi")
_REPEATING = [name for name in SCHEMA.names if name not in _CONTINUOUS and not (name[1] == "p" and name[2:].isdigit())]
"""Columns of few values: a dictionary makes them small; for the others it would only cost time."""


def write_parquet(
    folder: Path,
    feeds: Sequence[tuple[Feed, Sequence[Listing]]],
    done: Callable[[Feed, Recorded], None],
) -> tuple[int, int]:
    """Write every option's file, `<day>/<contract>.parquet`, and beside them what is of the index.

    That is `spot/index_spot_<underlying>_<day>.parquet`, `futures/<day>/<contract>.parquet` of the near month, and
    `vix/india_vix_<day>.parquet`.

    Args:
        folder: Where to; it exists.
        feeds: Days with what they list.
        done: Told of each contract once its file is written, in order.

    Returns:
        Number of files and of rows.
    """
    files, rows = 0, 0
    for feed, listed in feeds:
        day_folder = folder / feed.day.isoformat()
        day_folder.mkdir()
        for written in in_order(partial(_write_strike, day_folder, feed), listed):
            for one in written:
                files += 1
                rows += one.table.num_rows
                done(feed, one)
        for path, table in _beside(feed):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, folder / path)
            files, rows = files + 1, rows + table.num_rows
    return files, rows


def _beside(feed: Feed) -> list[tuple[str, pa.Table]]:
    """Return where what is recorded beside the options goes, and its rows."""
    contract, future = recorded_future(feed)
    return [
        (f"spot/index_spot_{feed.market.underlying}_{feed.day}.parquet", recorded_spot(feed)),
        (f"futures/{feed.day}/{vendor_name(contract)}.parquet", future),
        (f"vix/india_vix_{feed.day}.parquet", recorded_vix(feed)),
    ]


def _write_strike(folder: Path, feed: Feed, listing: Listing) -> list[Recorded]:
    written = []
    for one in recorded(feed, listing):
        table = one.table
        if feed.defects:
            table = pa.concat_tables([bogus_row(one.contract), table])
        pq.write_table(table, folder / f"{one.name}.parquet", use_dictionary=_REPEATING)
        written.append(Recorded(one.contract, table, one.fair, one.places))
    return written
