"""Packing 5 and 50 million rows with two workers: time should grow in line, memory not at all. By hand: ONLY=scale.

The raw files are the full synthetic day's, with further days of the same rows appended, as a vendor's file of a
contract holds many days. Memory is the resident set of the packing process and all its workers together, asked for
twice a second; pages that they share count once for each.
"""

import json
import shutil
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.figures import Figure, at_least, at_most
from benchmarks.market_of_a_day import DATA, full_day

GROUP = "scale"
BY_HAND = True
WORKERS = 2
DAYS = (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)
"""Days after the first, a Monday: two weeks of sessions."""
_CLOCKS = ("timestamp", "lastTradeTime", "ts")


def measure() -> list[Figure]:
    small, large = (_packed(days) for days in (DAYS[:1], DAYS))
    rates = {rows: rows / seconds / 1e6 for rows, seconds, _ in (small, large)}
    text = f"pack {large[0] / 1e6:.0f} M rows on {WORKERS} workers"
    fewer = f"{small[0] / 1e6:.0f} M rows"
    return [
        at_least(GROUP, text, rates[large[0]], "M rows/s", (fewer, rates[small[0]]), 0.85 * rates[small[0]]),
        at_most(GROUP, f"{text}: memory", large[2], "MB", (fewer, small[2]), 2_000.0),
    ]


def _packed(days: tuple[int, ...]) -> tuple[int, float, float]:
    """Return rows packed, seconds, and the most memory of all processes in MB."""
    raw, lake = _raw(days), DATA / "scale-lake"
    shutil.rmtree(lake, ignore_errors=True)
    words = ["pack", str(raw), "--lake", str(lake), "--workers", str(WORKERS), "--json"]
    started = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", "nfolab", *words], stdout=subprocess.PIPE, text=True)
    most = 0.0
    while child.poll() is None:
        most = max(most, _megabytes_of(child.pid))
        time.sleep(0.5)
    seconds = time.perf_counter() - started
    told = json.loads(child.communicate()[0])
    shutil.rmtree(lake)
    if child.returncode or told["rows_read"] != told["rows_written"] + told["rows_refused"] + told["rows_repeated"]:
        raise RuntimeError(f"the pack ended with {child.returncode}: {told}")
    print(f"{told['rows_written']:,} rows in {seconds:.0f} s, {most:,.0f} MB at most", file=sys.stderr)
    return told["rows_written"], seconds, most


def _megabytes_of(pid: int) -> float:
    """Return the resident memory of a process and all below it."""
    lines = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
    table = [tuple(map(int, line.split())) for line in lines.splitlines()]
    family = {pid}
    for _ in range(3):
        family |= {child for child, parent, _ in table if parent in family}
    return sum(kilobytes for child, _, kilobytes in table if child in family) / 1024


def _raw(days: tuple[int, ...]) -> Path:
    """Return the folder of raw files of so many days; made once."""
    full_day()
    folder = DATA / f"scale-raw-{len(days)}"
    if not folder.exists():
        print(f"making raw files of {len(days)} days …", file=sys.stderr)
        begun = folder.with_name(f"{folder.name}.begun")
        shutil.rmtree(begun, ignore_errors=True)
        begun.mkdir(parents=True)
        for path in sorted((DATA / "raw").rglob("banknifty*.parquet")):
            table = pq.read_table(path)
            pq.write_table(pa.concat_tables(_moved(table, day) for day in days), begun / path.name)
        begun.rename(folder)
    return folder


def _moved(table: pa.Table, days: int) -> pa.Table:
    for name in set(_CLOCKS) & set(table.column_names):
        place = table.schema.get_field_index(name)
        field = table.schema.field(place)
        table = table.set_column(
            place, field, pc.add(table.column(name), pa.scalar(timedelta(days), pa.duration("us")))
        )
    return table
