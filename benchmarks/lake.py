"""Packing and reading a full day, against bare PyArrow on the same bytes."""

import shutil
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.figures import Figure, at_least, at_most, fastest
from benchmarks.market_of_a_day import DATA, DAY, UNDERLYING, full_day
from nfolab.lake.pack import pack
from nfolab.vendor.sources import find_sources

GROUP = "lake"
COLUMNS = ["price_paise", "volume", "oi", "bp0_paise", "bq0", "sp0_paise", "sq0", "timestamp"]


def measure() -> list[Figure]:
    lake = full_day()
    file = lake.options(UNDERLYING, DAY)
    every = range(len(file.contracts))
    bare = pq.ParquetFile(file.path, memory_map=True, pre_buffer=False)

    def decode() -> None:
        for column in bare.read(columns=COLUMNS, use_threads=False).columns:
            pa.chunked_array(column.chunks).combine_chunks()

    limit = file.rows / fastest(decode, 3) / 1e6
    rate = file.rows / fastest(lambda: file.read(every, COLUMNS), 3) / 1e6
    figures = [at_least(GROUP, "read 8 columns of the whole day", rate, "M rows/s", ("bare decode", limit), 15.0, 75.0)]

    figures.append(_packing(file.rows))
    size = file.path.stat().st_size / file.rows
    raw = sum(path.stat().st_size for path in (DATA / "raw").rglob("banknifty*.parquet")) / file.rows
    figures.append(at_most(GROUP, "bytes a row", size, "bytes", ("the raw files", raw), 40.0, 31.0))
    middle = [int(number) for number in np.argsort(file.contracts.rows)[-2:]]
    opened = 1e3 * fastest(lambda: lake.options(UNDERLYING, DAY).read(middle, COLUMNS))
    bare_pair = 1e3 * fastest(lambda: bare.read_row_groups(_groups(file, middle), columns=COLUMNS, use_threads=False))
    figures.append(at_most(GROUP, "two contracts by push-down", opened, "ms", ("bare decode", bare_pair), 10.0, 5.0))
    return figures


def _groups(file: object, numbers: list[int]) -> list[int]:
    return sorted({int(file.contracts.row_group[number]) for number in numbers})


def _packing(rows: int) -> Figure:
    """Pack the day's raw files anew, against reading them once with bare PyArrow."""
    raw, scratch = DATA / "raw", DATA / "packed-anew"
    shutil.rmtree(scratch, ignore_errors=True)
    start = time.perf_counter()
    pack(find_sources([raw]), scratch)
    seconds = time.perf_counter() - start
    shutil.rmtree(scratch)
    start = time.perf_counter()
    for path in sorted(Path(raw).rglob("banknifty*.parquet")):
        pq.read_table(path)
    limit = rows / (time.perf_counter() - start) / 1e6
    return at_least(
        GROUP, "pack raw Parquet", rows / seconds / 1e6, "M rows/s", ("read the raw files once", limit), 0.2, 1.0
    )
