"""What each column of a lake means, where it comes from, and what it ranges over in this lake."""

import os
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from rich.progress import Progress

from nfolab.base.snapshot import Column, DataKind
from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.base.workers import WorkerPool
from nfolab.lake.catalogue import Entry
from nfolab.lake.dayfile import broken
from nfolab.lake.layout import day_file
from nfolab.lake.reader import Lake
from nfolab.lake.schema import codec, encoding
from nfolab.lake.shown import VIEWS, derived_columns, key_columns, shown_columns

_WORTH_WORKERS: Final = 200_000_000
"""Bytes of day files below which starting worker processes costs more than it saves."""

_PATH_COLUMNS: Final = {
    "underlying": "the underlying, as BANKNIFTY",
    "day": "the trading day",
}
_KEY_MEANINGS: Final = {
    "expiry": ("day", "the day the contract really expired", "the contract's name, read by the expiry calendar"),
    "kind": ("", "CE, PE or FUT", "the contract's name"),
    "strike": ("rupees", "strike price", "the contract's name"),
    "expiry_type": ("", "weekly or monthly", "derived from the expiry, by the exchange's calendar"),
}
_DERIVED_MEANINGS: Final = {
    "volume_delta": (
        "units",
        "traded since the row before: the increase of the running maximum of volume",
        "derived from volume and timestamp; missing in a contract's first row and after a silence above 5 s",
    ),
    "defects": (
        "bits",
        "what is wrong with the row: 1 it repeats the one before in all but its clocks, 2 its volume fell",
        "derived from the contract's rows before it",
    ),
}
_SOURCE_MEANING: Final = ("place", "the row's source: its place in the footer's list", "the pack")
_COMPUTED: Final = {
    "mid": ("rupees", "half of best bid and best ask together, where both are there"),
    "spread": ("rupees", "best ask less best bid"),
    "dte": ("days", "calendar days to the expiry"),
    "spot": ("rupees", "the index's newest value at or before the row, at most 2 s old"),
    "moneyness": ("ratio", "spot by strike"),
    "distance_from_spot": ("rupees", "strike less spot"),
    "intrinsic_value": ("rupees", "what exercising at the spot would bring, at least 0"),
    "time_value": ("rupees", "price less intrinsic value"),
    "basis": ("rupees", "the future's price less spot"),
}
_WITH_QUOTES: Final = ("mid", "spread", "dte")
_WITH_SPOT: Final = ("moneyness", "distance_from_spot", "intrinsic_value", "time_value")
_COMPUTED_OF: Final[Mapping[DataKind, tuple[str, ...]]] = {
    DataKind.OPTIONS: (*_WITH_QUOTES, "spot", *_WITH_SPOT),
    DataKind.FUTURES: (*_WITH_QUOTES, "spot", "basis"),
    DataKind.CHAIN: (*_WITH_QUOTES, *_WITH_SPOT),
}


@dataclass(frozen=True)
class Range:
    """What a stored column ranges over in the rows looked at, as stored.

    Attributes:
        rows: How many rows were looked at.
        missing: In how many of them the column has no value.
        least: The least value; None where every one is missing.
        greatest: The greatest.
    """

    rows: int
    missing: int
    least: Any
    greatest: Any

    def __add__(self, other: "Range") -> "Range":
        """Return both together."""
        least = [one.least for one in (self, other) if one.least is not None]
        greatest = [one.greatest for one in (self, other) if one.greatest is not None]
        return Range(
            self.rows + other.rows,
            self.missing + other.missing,
            min(least, default=None),
            max(greatest, default=None),
        )


@dataclass(frozen=True)
class DescribedColumn:
    """One column as the data book tells it.

    Attributes:
        view: The SQL view, which shows it.
        name: What people are shown; None where only the file has it.
        stored: What it is called in the file; None where it is not stored.
        unit: The unit of what is shown.
        origin: From which vendor column, or from what it is derived.
        storing: How it is encoded and compressed; empty where it is not stored.
        least: The least value in the rows looked at, as shown; None where there is none.
        greatest: The greatest value.
        rows: How many rows were looked at; 0 for what is not stored.
        missing: How many of them lack a value.
    """

    view: str
    name: str | None
    stored: str | None
    unit: str
    meaning: str
    origin: str
    storing: str
    least: Any
    greatest: Any
    rows: int
    missing: int


def described_columns(kind: DataKind, ranges: Mapping[str, Range]) -> Iterator[DescribedColumn]:
    """Yield every column of one kind: of the path, the contract, the vendor, derived, of the source, computed."""
    for name, meaning in _PATH_COLUMNS.items():
        yield _told(kind, name, None, ("", meaning, "the file's path"), None)
    for name in key_columns(kind):
        yield _told(kind, name, name, _KEY_MEANINGS[name], ranges.get(name))
    for column in shown_columns(kind):
        if column.stored in ranges:
            yield _vendor(kind, column, ranges[column.stored])
    for name in derived_columns(kind):
        yield _told(kind, name, name, _DERIVED_MEANINGS[name], ranges.get(name))
    yield _told(kind, None, "source", _SOURCE_MEANING, ranges.get("source"))
    for name in _COMPUTED_OF.get(kind, ()):
        unit, meaning = _COMPUTED[name]
        yield _told(kind, name, None, (unit, meaning, "computed when asked for, in SQL"), None)


def _vendor(kind: DataKind, column: Column, found: Range) -> DescribedColumn:
    unit = {"paise": "rupees", "time": "IST"}.get(column.unit, column.unit)
    told = _told(kind, column.vendor, column.stored, (unit, column.meaning, f"vendor column {column.vendor}"), found)
    if column.unit != "paise" or found.least is None:
        return told
    least, greatest = found.least / PAISE_PER_RUPEE, found.greatest / PAISE_PER_RUPEE
    return DescribedColumn(**{**vars(told), "least": least, "greatest": greatest})


def _told(
    kind: DataKind, name: str | None, stored: str | None, words: tuple[str, str, str], found: Range | None
) -> DescribedColumn:
    storing = f"{encoding(stored)}, {codec(stored)}" if stored else ""
    looked_at = found or Range(0, 0, None, None)
    return DescribedColumn(
        VIEWS[kind],
        name,
        stored,
        *words,
        storing,
        looked_at.least,
        looked_at.greatest,
        looked_at.rows,
        looked_at.missing,
    )


def sampled(entries: Iterable[Entry], files: int | None) -> list[Entry]:
    """Return all entries, or of each kind and underlying so many, evenly spread from the first day to the last."""
    if files is None:
        return list(entries)
    series: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        series[entry.kind, entry.underlying].append(entry)
    chosen = []
    for days in series.values():
        count = min(files, len(days))
        places = {round(number * (len(days) - 1) / max(count - 1, 1)) for number in range(count)}
        chosen += [days[place] for place in sorted(places)]
    return chosen


def ranges_of(
    lake: Lake, entries: Sequence[Entry], workers: int | None, progress: Progress
) -> dict[DataKind, dict[str, Range]]:
    """Return what the stored columns range over in some day files, read row group by row group.

    Args:
        lake: The lake.
        entries: The day files to be read.
        workers: Processes; by default as many as there are processors, one for little data.
        progress: Where to show how far it is.

    Raises:
        InputError: a day file is damaged.
    """
    size = sum(entry.bytes for entry in entries)
    count = workers or (os.cpu_count() or 1 if size > _WORTH_WORKERS else 1)
    bar = progress.add_task("reading columns", total=len(entries), rate="")
    started, rows = time.perf_counter(), 0
    found: dict[DataKind, dict[str, Range]] = defaultdict(dict)
    with ExitStack() as stack:
        run = stack.enter_context(WorkerPool(count)).map if count > 1 else map
        for entry, ranges in zip(entries, run(partial(_ranges_of_file, root=lake.root), entries), strict=True):
            kind = DataKind(entry.kind)
            for name, one in ranges.items():
                found[kind][name] = found[kind][name] + one if name in found[kind] else one
            rows += entry.rows
            rate = f"{rows / max(time.perf_counter() - started, 1e-9):,.0f} rows/s"
            progress.update(bar, advance=1, rate=rate)
    return dict(found)


def _ranges_of_file(entry: Entry, root: Path) -> dict[str, Range]:
    path = day_file(root, *entry.key)
    total: dict[str, Range] = {}
    try:
        file = pq.ParquetFile(path)
        for group in range(file.num_row_groups):
            rows = pl.DataFrame(pl.from_arrow(file.read_row_group(group)))
            for name, one in _ranges(rows).items():
                total[name] = total[name] + one if name in total else one
    except (pa.ArrowException, OSError) as problem:
        raise broken(path, problem) from problem
    return total


def _ranges(rows: pl.DataFrame) -> dict[str, Range]:
    least = rows.select(pl.all().min()).row(0, named=True)
    greatest = rows.select(pl.all().max()).row(0, named=True)
    missing = rows.null_count().row(0, named=True)
    return {name: Range(rows.height, missing[name], least[name], greatest[name]) for name in rows.columns}
