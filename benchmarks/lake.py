"""Packing and reading a full day, against bare PyArrow on the same bytes and one write of the same rows."""

import os
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.figures import Figure, at_least, at_most, fastest
from benchmarks.market_of_a_day import DATA, DAY, UNDERLYING, full_day
from nfolab.base.snapshot import DataKind
from nfolab.lake import ContractsFile, Lake, reader
from nfolab.lake.dayfile import DayFileWriter
from nfolab.lake.packing.pack import pack
from nfolab.lake.schema import SNAPSHOT_COLUMNS, file_types
from nfolab.vendor.sources import find_sources

GROUP = "lake"
PACKS = 3
TOLD_ONLY = 0.0
COLUMNS = ["price_paise", "volume", "oi", "bp0_paise", "bq0", "sp0_paise", "sq0", "timestamp"]
REAL = Path(os.environ.get("NFOLAB_REAL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def measure() -> list[Figure]:
    lake = full_day()
    file = lake.options(UNDERLYING, DAY)
    return [*_reading(lake, file), *_packing(file), *_size(file)]


def _reading(lake: Lake, file: ContractsFile) -> list[Figure]:
    every = range(len(file.contracts))
    bare = pq.ParquetFile(file.path, memory_map=True, pre_buffer=False)

    def decode() -> None:
        for column in bare.read(columns=COLUMNS, use_threads=False).columns:
            pa.chunked_array(column.chunks).combine_chunks()

    def cold() -> None:
        reader._footer.cache_clear()
        reader._contracts.cache_clear()
        lake.options(UNDERLYING, DAY).read(middle, COLUMNS)

    limit = file.rows / fastest(decode, 3) / 1e6
    rate = file.rows / fastest(lambda: file.read(every, COLUMNS), 3) / 1e6
    middle = [int(number) for number in np.argsort(file.contracts.rows)[-2:]]
    opened = 1e3 * fastest(lambda: lake.options(UNDERLYING, DAY).read(middle, COLUMNS))
    without_footer = 1e3 * fastest(cold)
    bare_pair = 1e3 * fastest(lambda: bare.read_row_groups(_groups(file, middle), columns=COLUMNS, use_threads=False))
    against, pair = ("bare decode", limit), ("bare decode", bare_pair)
    return [
        at_least(GROUP, "read 8 columns of the whole day", rate, "M rows/s", against, 0.9 * limit),
        at_most(GROUP, "two contracts by push-down", opened, "ms", pair, 5.0),
        at_most(GROUP, "two contracts, footer read anew", without_footer, "ms", pair, 10.0),
    ]


def _groups(file: ContractsFile, numbers: list[int]) -> list[int]:
    return sorted({int(file.contracts.row_group[number]) for number in numbers})


def _packing(file: ContractsFile) -> list[Figure]:
    """Pack the day's raw options anew, audit and fsync included, against encoding and writing the sorted rows once.

    The floor is that of two workers; what one does alone stands beside it, against the same one write.
    """
    one, two, write = (
        min(work() for _ in range(PACKS)) for work in (lambda: _packed(1), lambda: _packed(2), lambda: _one_write(file))
    )
    limit = file.rows / write / 1e6
    rates = {workers: file.rows / seconds / 1e6 for workers, seconds in ((1, one), (2, two))}
    against = ("one write of the sorted table", limit)
    return [
        at_least(GROUP, "pack raw Parquet, 2 workers", rates[2], "M rows/s", against, 0.4 * limit, 0.6 * limit),
        at_least(GROUP, "pack raw Parquet, 1 worker (told)", rates[1], "M rows/s", against, TOLD_ONLY),
    ]


def _packed(workers: int) -> float:
    """Return the seconds that packing the day anew takes."""
    scratch = DATA / "packed-anew"
    shutil.rmtree(scratch, ignore_errors=True)
    start = time.perf_counter()
    pack(find_sources([DATA / "raw" / str(DAY)]), scratch, workers)
    seconds = time.perf_counter() - start
    shutil.rmtree(scratch)
    return seconds


def _one_write(file: ContractsFile) -> float:
    """Return the seconds that writing the day's rows takes with the lake's encodings and its hash, no audit."""
    whole = pq.ParquetFile(file.path)
    nullable = frozenset(one.name for one in whole.schema_arrow if one.nullable)
    seconds = 0.0
    with tempfile.TemporaryDirectory(dir=DATA) as folder:
        types = file_types(DataKind.OPTIONS, SNAPSHOT_COLUMNS)
        with DayFileWriter(Path(folder) / "once.parquet", types, nullable) as writer:
            for group in range(whole.num_row_groups):
                rows = whole.read_row_group(group)
                columns = dict(zip(rows.column_names, rows.combine_chunks().columns, strict=True))
                start = time.perf_counter()
                writer.write_group({name: column.chunk(0) for name, column in columns.items()})
                seconds += time.perf_counter() - start
    return seconds


def _size(file: ContractsFile) -> list[Figure]:
    raw = sum(path.stat().st_size for path in (DATA / "raw" / str(DAY)).glob("*.parquet")) / file.rows
    figures = [_bytes_a_row("bytes a row, synthetic", file, raw, 40.0, None)]
    if REAL.is_dir():
        lake = DATA / "real-lake"
        shutil.rmtree(lake, ignore_errors=True)
        sources = find_sources([REAL / "raw_options"])
        pack(sources, lake, 1)
        (entry,) = Lake.open(lake).days(kind=DataKind.OPTIONS)
        real = Lake.open(lake).options(entry.underlying, entry.day)
        raw = sum(source.size for source in sources) / real.rows
        figures.append(_bytes_a_row("bytes a row, real options", real, raw, 31.0, 23.0))
        shutil.rmtree(lake)
    return figures


def _bytes_a_row(name: str, file: ContractsFile, raw: float, floor: float, goal: float | None) -> Figure:
    size = file.path.stat().st_size / file.rows
    return at_most(GROUP, name, size, "bytes", ("the raw files", raw), floor, goal)
