"""Reading a lake: which days there are, and the rows of chosen contracts, from the row groups that hold them alone."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from nfolab.base.errors import InputError, did_you_mean
from nfolab.base.snapshot import DataKind, SourceKind, schema_of
from nfolab.lake.auditing.delay import FeedDelay
from nfolab.lake.catalogue import Entry, entry_of, read_catalogue
from nfolab.lake.contracts import ContractIndex
from nfolab.lake.dayfile import (
    CONTRACTS_KEY,
    FEED_DELAY_KEY,
    Footer,
    block,
    broken,
    content_of,
    read_footer,
    read_metadata,
)
from nfolab.lake.layout import audit_file, day_file

_FOOTERS_KEPT = 32  # a full day's takes some megabytes
_DAYS_NAMED = 4


@dataclass(frozen=True)
class SeriesDay:
    """One day of an index, its VIX or a share, ordered by time.

    Attributes:
        timestamp: int64 [rows], nanoseconds since 1970 UTC.
        price_paise: int32 [rows]; 0 where it is missing.
        volume: int64 [rows], shares traded on the day so far, 0 where it is missing; None where no row tells it.
    """

    timestamp: NDArray[np.int64]
    price_paise: NDArray[np.int32]
    volume: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class _Opened:
    """A lake file's footer, read once per process."""

    metadata: pq.FileMetaData
    footer: Footer
    content: str


@lru_cache(maxsize=_FOOTERS_KEPT)
def _footer(path: Path, modified: int, size: int) -> _Opened:  # noqa: ARG001 - a file that changed is another file
    metadata = read_metadata(path)
    return _Opened(metadata, read_footer(metadata, path), content_of(metadata, path))


@lru_cache(maxsize=_FOOTERS_KEPT)
def _contracts(path: Path, modified: int, size: int) -> ContractIndex:
    opened = _footer(path, modified, size)
    return ContractIndex.from_json(block(opened.metadata, CONTRACTS_KEY, path), opened.footer.day)


def _identity(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except FileNotFoundError as problem:
        raise broken(path, "it is gone") from problem
    return status.st_mtime_ns, status.st_size


def _open(path: Path) -> tuple[pq.ParquetFile, _Opened, tuple[int, int]]:
    """Open a lake file; what is returned goes on reading that file even if a pack replaces it."""
    while True:
        seen = _identity(path)
        opened = _footer(path, *seen)
        try:
            file = pq.ParquetFile(path, metadata=opened.metadata, memory_map=True, pre_buffer=False)
        except (pa.ArrowException, OSError) as problem:
            raise broken(path, problem) from problem
        if _identity(path) == seen:
            return file, opened, seen


def _array(column: pa.ChunkedArray, runs: Sequence[tuple[int, int]]) -> NDArray[Any]:
    """Return stretches (start, rows) of a column, joined: writable and contiguous, for kernels are compiled for such.

    Clocks become int64 nanoseconds; nulls become 0, in a float NaN. The memory is Arrow's, which keeps it for the next
    day; from NumPy each day would fault in fresh pages, at the cost of a tenth of the reading.
    """
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    if column.null_count and not pa.types.is_floating(column.type):
        column = column.fill_null(0)
    dtype = np.dtype(column.type.to_pandas_dtype())
    rows = sum(count for _, count in runs)
    joined: NDArray[Any] = np.frombuffer(pa.allocate_buffer(rows * dtype.itemsize), dtype=dtype)
    place = 0
    for start, count in runs:
        for chunk in column.slice(start, count).chunks:
            joined[place : place + len(chunk)] = chunk.to_numpy(zero_copy_only=False)
            place += len(chunk)
    return joined


class ContractsFile:
    """One underlying's options, futures or chain snapshots of one day.

    Attributes:
        contracts: Where the rows of each contract lie.
        source: Whose data it is.
        content: SHA-256 of the row groups: it names the rows.
        path: The file.
        rows: How many rows it has.
    """

    def __init__(self, root: Path, kind: DataKind, underlying: str, day: date) -> None:
        self.path = day_file(root, kind, underlying, day)
        self._ledger = audit_file(root, kind, underlying, day)
        self._file, opened, seen = _open(self.path)
        self._metadata = opened.metadata
        self.contracts: ContractIndex = _contracts(self.path, *seen)
        self.source: SourceKind = opened.footer.source
        self.content: str = opened.content
        self.rows: int = self._metadata.num_rows

    def read(self, numbers: Sequence[int], columns: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Return rows of some contracts.

        Args:
            numbers: Places in `contracts`; the rows come one contract after another in this order.
            columns: Stored names, such as `timestamp`, `bp0_paise`, `volume`; numbers and clocks only.

        Returns:
            An array a column: int32, int64 or float64 [rows]. Clocks are int64 nanoseconds since 1970 UTC; a missing
            value is 0, in a float NaN.

        Raises:
            InputError: the file is damaged.
            KeyError: no such column.
        """
        chosen = np.asarray(numbers, dtype=np.int64)
        wanted = list(dict.fromkeys(columns))
        groups = np.unique(self.contracts.row_group[chosen])
        try:
            table = self._file.read_row_groups(groups.tolist(), columns=wanted, use_threads=False)
        except (pa.ArrowException, OSError) as problem:
            raise broken(self.path, problem) from problem
        runs = _runs(self._places(chosen, groups), self.contracts.rows[chosen])
        return {name: _array(table.column(name), runs) for name in wanted}

    def _places(self, chosen: NDArray[np.int64], groups: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return where each chosen contract's rows begin in the row groups read one after another."""
        sizes = np.array([self._metadata.row_group(group).num_rows for group in groups.tolist()], dtype=np.int64)
        first_in_group = np.searchsorted(self.contracts.row_group, groups)
        group_starts = self.contracts.first_row[first_in_group]
        shift = np.concatenate(([0], np.cumsum(sizes)))[:-1] - group_starts
        places: NDArray[np.int64] = (
            self.contracts.first_row[chosen] + shift[np.searchsorted(groups, self.contracts.row_group[chosen])]
        )
        return places

    def ledger(self) -> pl.DataFrame:
        """Return what the audit found that day, a line a finding (see `lake.ledger.LEDGER_SCHEMA`).

        Raises:
            InputError: the ledger is damaged or gone.
        """
        return read_ledger(self._ledger)

    def feed_delay(self) -> pl.DataFrame | None:
        """Return the recorder's delay against the exchange: `minute` (start, IST), `delay_seconds`, `usual_seconds`.

        Of each minute the median of `timestamp` − `lastTradeTime` over its rows that traded; `usual` is the median of
        the minutes. None where no row told a delay, as in a chain.
        """
        delay = self._delay()
        return None if delay is None else delay.frame()

    def late_minutes(self, seconds: float) -> NDArray[np.int64]:
        """Return the starts of the minutes so much later than usual: int64, nanoseconds since 1970 UTC."""
        delay = self._delay()
        if delay is None or delay.usual is None:
            return np.empty(0, np.int64)
        return delay.minutes[delay.seconds - delay.usual > seconds]

    def _delay(self) -> FeedDelay | None:
        if FEED_DELAY_KEY not in self._metadata.metadata:
            return None
        delay = FeedDelay.from_json(block(self._metadata, FEED_DELAY_KEY, self.path))
        return None if delay.usual is None else delay


def _runs(starts: NDArray[np.int64], rows: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return (start, rows) of the stretches that contracts make up, those that follow each other joined."""
    fresh = np.concatenate(([True], starts[1:] != (starts + rows)[:-1]))[: len(starts)]
    first = np.flatnonzero(fresh)
    sums = np.add.reduceat(rows, first) if len(first) else rows
    return list(zip(starts[first].tolist(), sums.tolist(), strict=True))


def read_ledger(path: Path) -> pl.DataFrame:
    """Return one ledger; raise InputError if it is damaged or gone."""
    try:
        table = pq.ParquetFile(path).read()
        # Polars ends the process's thread on a name or a remark in the schema that is no UTF-8, PyArrow raises.
        return pl.DataFrame(pl.from_arrow(table.rename_columns(table.schema.names).replace_schema_metadata()))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as problem:
        raise broken(path, problem) from problem


@dataclass(frozen=True)
class Lake:
    """A packed lake: where it lies, whose data it holds, and its day files."""

    root: Path
    source: SourceKind
    entries: tuple[Entry, ...]

    @staticmethod
    def open(root: Path) -> "Lake":
        """Open the lake at `root`.

        Raises:
            InputError: there is none, it is empty, of another schema, or its catalogue is damaged.
        """
        if not root.is_dir():
            raise InputError(f"there is no lake at {root}: make one with `nfolab pack SOURCE --lake {root}`")
        catalogue = read_catalogue(root)
        if catalogue is None:
            raise InputError(
                f"{root} is no lake, or its first pack did not finish: run `nfolab pack SOURCE --lake {root}`"
            )
        source, entries = catalogue
        if not entries:
            raise InputError(f"the lake {root} is empty: fill it with `nfolab pack SOURCE --lake {root}`")
        return Lake(root, source, tuple(entries))

    def days(self, underlying: str | None = None, kind: str | None = None) -> list[Entry]:
        """Return the day files, of one underlying or kind if asked, ordered by day, underlying and kind."""
        return [
            entry for entry in self.entries if underlying in (None, entry.underlying) and kind in (None, entry.kind)
        ]

    def underlyings(self) -> list[str]:
        """Return the underlyings of which there are options, else all there are, in order."""
        with_options = {entry.underlying for entry in self.entries if entry.kind == DataKind.OPTIONS}
        return sorted(with_options or {entry.underlying for entry in self.entries})

    def options(self, underlying: str, day: date) -> ContractsFile:
        """Open one day's options; raises as `contracts`."""
        return self.contracts(DataKind.OPTIONS, underlying, day)

    def contracts(self, kind: DataKind, underlying: str, day: date) -> ContractsFile:
        """Open one day's options, futures or chain snapshots.

        Raises:
            InputError: the lake has none of that underlying or day, or the file is damaged.
        """
        self._require(kind, underlying, day)
        return ContractsFile(self.root, kind, underlying, day)

    def spot(self, underlying: str, day: date) -> SeriesDay | None:
        """Return one day of the index, None where the lake has none; raise InputError if the file is damaged."""
        return self.series(DataKind.SPOT, underlying, day)

    def series(self, kind: DataKind, name: str, day: date) -> SeriesDay | None:
        """Return one day of an index, its VIX or a share (`NIFTY`, `INDIAVIX`, `RELIANCE`).

        None where the lake has none; raise InputError if the file is damaged.
        """
        if not any(entry.key == (kind, name, day) for entry in self.entries):
            return None
        path = day_file(self.root, kind, name, day)
        file, _, _ = _open(path)
        try:
            table = file.read(columns=list(schema_of(kind)), use_threads=False)
        except (pa.ArrowException, OSError) as problem:
            raise broken(path, problem) from problem
        whole = [(0, table.num_rows)]
        told = "volume" in table.column_names and table.column("volume").null_count < table.num_rows
        return SeriesDay(
            _array(table.column("timestamp"), whole),
            _array(table.column("price_paise"), whole),
            _array(table.column("volume"), whole) if told else None,
        )

    def content(self, entry: Entry) -> str:
        """Return the SHA-256 that names a day file's rows, from the catalogue, without opening the file.

        Only a file that is not as long as listed is asked itself: a pack may have died before it wrote the catalogue.

        Raises:
            InputError: such a file is damaged or gone.
        """
        path = day_file(self.root, *entry.key)
        with suppress(FileNotFoundError):
            if path.stat().st_size == entry.bytes:
                return entry.content
        return entry_of(path).content

    def _require(self, kind: DataKind, underlying: str, day: date) -> None:
        days = [entry.day for entry in self.days(underlying, kind)]
        if day in days:
            return
        if not days:
            known = {entry.underlying for entry in self.entries if entry.kind == kind}
            near = did_you_mean(underlying, known) if known else ""
            raise InputError(f"the lake {self.root} has no {kind} of {underlying!r}{near}")
        near_days = sorted(sorted(days, key=lambda one: abs((one - day).days))[:_DAYS_NAMED])
        raise InputError(
            f"the lake {self.root} has no {underlying} {kind} of {day}: "
            f"the days nearest are {', '.join(map(str, near_days))}"
        )
