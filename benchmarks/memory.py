"""Memory of a run over 50 and 250 days with two workers, and what one more straddle-day costs. By hand: ONLY=memory.

The days are one synthetic day's four contracts at the money and its index under other dates: every contract is named by
the expiry that was nearest on its date. Memory is the resident set of each process of the run, asked for ten times a
second.
"""

import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.figures import Figure, at_most
from benchmarks.market_of_a_day import DATA, DAY, UNDERLYING, full_day
from nfolab.lake.packing.pack import pack
from nfolab.lake.schema import SCHEMA_VERSION
from nfolab.market.contracts import Contract, vendor_name
from nfolab.market.expiries import nearest_expiry
from nfolab.market.sessions import is_full_session, trading_days
from nfolab.tape.tape import Day
from nfolab.vendor.sources import find_sources

GROUP = "memory"
BY_HAND = True
WORKERS = 2
FEW, MANY = 50, 250
FIRST = date(2025, 3, 3)
MOST_MEGABYTES = 1_000.0
VARIANTS = 20
FLAT = 1.15
"""How much more memory a worker may have taken at the most after 250 days than after 50."""


def measure() -> list[Figure]:
    days = _days()
    lake = _lake(days)
    few, many = (_run(lake, days[count - 1]) for count in (FEW, MANY))
    name = f"a worker's memory over {MANY} days, 20 variants"
    marginal = 1e3 * (many.seconds - few.seconds) / (MANY - FEW)
    return [
        at_most(
            GROUP, name, many.worker, "MB", (f"over {FEW} days", few.worker), min(MOST_MEGABYTES, FLAT * few.worker)
        ),
        at_most(
            GROUP, f"the parent's over {MANY} days", many.parent, "MB", (f"over {FEW} days", few.parent), MOST_MEGABYTES
        ),
        at_most(GROUP, f"one more day of {VARIANTS} straddles, of a core", marginal, "ms", ("its limit", 60.0), 60.0),
    ]


@dataclass(frozen=True)
class _Ran:
    """What a run took: the greatest resident sets of a worker and of the parent (MB), and processor seconds."""

    worker: float
    parent: float
    seconds: float


def _run(lake: Path, last: date) -> _Ran:
    runs = DATA / "memory-runs"
    shutil.rmtree(runs, ignore_errors=True)
    stops = ",".join(f"{5 + number}%" for number in range(VARIANTS))
    words = ["run", "short_straddle", "--lake", str(lake), "--to", str(last), "--workers", str(WORKERS)]
    words += ["--grid", f"stop={stops}", "--runs", str(runs)]
    child = subprocess.Popen([sys.executable, "-m", "nfolab", *words], stdout=subprocess.DEVNULL)
    most: dict[int, float] = defaultdict(float)
    done = 0
    while not done:
        for pid, megabytes in _megabytes_of(child.pid).items():
            most[pid] = max(most[pid], megabytes)
        time.sleep(0.1)
        done, status, used = os.wait4(child.pid, os.WNOHANG)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"the run to {last} ended with {child.returncode}")
    seconds = used.ru_utime + used.ru_stime
    shutil.rmtree(runs)
    parent = most.pop(child.pid)
    print(
        f"to {last}: {seconds:.1f} s, parent {parent:.0f} MB, {[round(one) for one in most.values()]}", file=sys.stderr
    )
    return _Ran(max(most.values()), parent, seconds)


def _megabytes_of(pid: int) -> dict[int, float]:
    """Return the resident memory of a process and of those below it."""
    lines = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
    table = [tuple(map(int, line.split())) for line in lines.splitlines()]
    family = {pid}
    for _ in range(2):
        family |= {child for child, parent, _ in table if parent in family}
    return {child: kilobytes / 1024 for child, _, kilobytes in table if child in family}


def _days() -> list[date]:
    days = [day for day in trading_days(FIRST, FIRST + timedelta(days=2 * MANY)) if is_full_session(day)]
    return days[:MANY]


def _lake(days: list[date]) -> Path:
    """Return the lake of so many small days; made once."""
    lake = DATA / f"memory-lake-{SCHEMA_VERSION}"
    if not lake.exists():
        print(f"making a lake of {len(days)} small days …", file=sys.stderr)
        raw, begun = DATA / "memory-raw", lake.with_name(f"{lake.name}.begun")
        for folder in (raw, begun):
            shutil.rmtree(folder, ignore_errors=True)
        _write_raw(raw, days)
        pack(find_sources([raw]), begun, WORKERS)
        shutil.rmtree(raw)
        begun.rename(lake)
    return lake


def _write_raw(raw: Path, days: list[date]) -> None:
    """Write four contracts' rows of one day, every second one, and its index, under all these dates."""
    one = Day(full_day(), UNDERLYING, DAY)
    expiry = nearest_expiry(UNDERLYING, DAY)
    strikes = sorted({int(strike) for strike in one.strike}, key=lambda strike: abs(100 * strike - one.spot[300]))
    raw.mkdir(parents=True)
    for strike in strikes[:2]:
        for kind in ("CE", "PE"):
            name = vendor_name(Contract(UNDERLYING, expiry, kind, strike))
            (path,) = (DATA / "raw").rglob(f"{name.lower()}.parquet")
            rows = pq.read_table(path)
            rows = rows.take(pa.array(range(0, rows.num_rows, 2)))
            by_expiry: dict[date, list[date]] = defaultdict(list)
            for day in days:
                by_expiry[nearest_expiry(UNDERLYING, day)].append(day)
            for other, its_days in by_expiry.items():
                told = vendor_name(Contract(UNDERLYING, other, kind, strike)).lower()
                named = _with(_with(rows, "year", other.year), "month", other.month)
                pq.write_table(pa.concat_tables(_moved(named, day) for day in its_days), raw / f"{told}.parquet")
    (spot,) = (DATA / "raw" / "spot").glob(f"*_{UNDERLYING}_{DAY}.parquet")
    index = pq.read_table(spot)
    for day in days:
        path = raw / "spot" / spot.name.replace(str(DAY), str(day))
        path.parent.mkdir(exist_ok=True)
        pq.write_table(_moved(index, day), path)


def _with(table: pa.Table, name: str, value: int) -> pa.Table:
    """Return the rows with one number in a column: raw files name their expiry's year and month."""
    place = table.schema.get_field_index(name)
    field = table.schema.field(place)
    return table.set_column(place, field, pa.repeat(pa.scalar(value, field.type), table.num_rows))


def _moved(table: pa.Table, day: date) -> pa.Table:
    """Return the rows of the one day under another date."""
    for name in table.column_names:
        place = table.schema.get_field_index(name)
        field = table.schema.field(place)
        if pa.types.is_timestamp(field.type):
            moved = pc.add(table.column(name), pa.scalar(day - DAY, pa.duration("us")))
            table = table.set_column(place, field, moved.cast(field.type))
    return table
