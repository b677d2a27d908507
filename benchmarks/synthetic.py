"""Writing a full synthetic day, against writing random columns of the same number of rows with bare PyArrow."""

import shutil
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.figures import Figure, at_least
from benchmarks.market_of_a_day import DATA, DAY, UNDERLYING
from nfolab.vendor.synthetic import write_market

GROUP = "synthetic"


def measure() -> list[Figure]:
    scratch = DATA / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    write_market(scratch / "warm", underlying=UNDERLYING, start=DAY, days=1, size="small", form="parquet", seed=1)
    start = time.perf_counter()
    made = write_market(scratch / "full", underlying=UNDERLYING, start=DAY, days=1, size="full", form="parquet", seed=1)
    rate = made.rows / (time.perf_counter() - start) / 1e6
    table = pa.table({f"c{n}": np.arange(1_000_000, dtype=np.int64) // (n + 1) for n in range(52)})
    start = time.perf_counter()
    pq.write_table(table, scratch / "bare.parquet")
    limit = table.num_rows / (time.perf_counter() - start) / 1e6
    shutil.rmtree(scratch)
    against = ("bare write of 52 columns", limit)
    return [at_least(GROUP, "write a full day as Parquet", rate, "M rows/s", against, 1.0, 2.0)]
