"""A source read once, its rows laid aside by contract and day until the days are written."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from io import BufferedWriter
from pathlib import Path

import polars as pl
import pyarrow as pa

from nfolab.base.errors import InputError
from nfolab.base.snapshot import DataKind
from nfolab.lake.contracts import ContractKey
from nfolab.lake.provenance import SourceShare
from nfolab.market.contracts import Contract
from nfolab.vendor.batch import Batch, RefusedRows, total_by_reason
from nfolab.vendor.source import Source

DayKey = tuple[DataKind, str, date]
"""(kind, underlying, day): what one day file holds."""

SERIES_KEY: ContractKey = (date.min, "", 0)
"""Stands for the contract where there is none."""

_ROWS_IN_PIECE = 200_000


@dataclass(frozen=True)
class Piece:
    """Rows of one contract and day that lie aside: where, and which of their columns have nulls."""

    path: Path
    offset: int
    size: int
    columns: frozenset[str]
    null_columns: frozenset[str]

    def rows(self) -> pl.DataFrame:
        """Read the rows."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            frame = pl.from_arrow(pa.ipc.open_stream(file.read(self.size)).read_all())
        if not isinstance(frame, pl.DataFrame):
            raise TypeError(f"{self.path} holds no table")
        return frame


@dataclass(frozen=True)
class DayShard:
    """What one source has for one day file: pieces by contract in the source's order, and the counts."""

    share: SourceShare
    pieces: Mapping[ContractKey, tuple[Piece, ...]]


@dataclass(frozen=True)
class SourceShards:
    """One source, wholly read: its part of each day, and the refused rows that no day can be told of."""

    sha256: str
    name: str
    rows_read: int
    days: Mapping[DayKey, DayShard]
    refused_without_day: Mapping[str, RefusedRows]


@dataclass
class _DayCounts:
    passed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    refused: dict[str, dict[str, RefusedRows]] = field(default_factory=lambda: defaultdict(dict))
    pieces: dict[ContractKey, list[Piece]] = field(default_factory=lambda: defaultdict(list))


class _PieceWriter:
    """Joins consecutive rows of one contract and day, and appends them to the source's scratch file."""

    def __init__(self, path: Path, file: BufferedWriter) -> None:
        self._path = path
        self._file = file
        self._days: dict[DayKey, _DayCounts] = defaultdict(_DayCounts)
        self._held: list[pl.DataFrame] = []
        self._held_rows = 0
        self._owner: tuple[DayKey, ContractKey] | None = None

    def day(self, key: DayKey) -> _DayCounts:
        """Return the counts of a day, to be added to."""
        return self._days[key]

    def count_refused(self, day: DayKey, contract: str, refused: Mapping[str, RefusedRows]) -> None:
        """Count a contract's refused rows on a day."""
        by_contract = self._days[day].refused
        by_contract[contract] = total_by_reason((by_contract[contract], refused))

    def add(self, day: DayKey, contract: ContractKey, rows: pl.DataFrame) -> None:
        """Lay rows aside."""
        if self._owner != (day, contract) or self._held_rows >= _ROWS_IN_PIECE:
            self.flush()
            self._owner = (day, contract)
        self._held.append(rows)
        self._held_rows += rows.height

    def flush(self) -> None:
        """Write what is held."""
        if self._owner is None or not self._held:
            return
        rows = pl.concat(self._held) if len(self._held) > 1 else self._held[0]
        day, contract = self._owner
        offset = self._file.tell()
        table = rows.to_arrow()
        with pa.ipc.new_stream(self._file, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as stream:
            stream.write_table(table)
        nulls = frozenset(name for name, count in rows.null_count().row(0, named=True).items() if count)
        self._days[day].pieces[contract].append(
            Piece(self._path, offset, self._file.tell() - offset, frozenset(rows.columns), nulls)
        )
        self._held, self._held_rows = [], 0

    def finished(self) -> dict[DayKey, _DayCounts]:
        """Write the rest and return all days."""
        self.flush()
        return dict(self._days)


def shard(source: Source, sha256: str, folder: Path) -> SourceShards:
    """Read one source and lay its rows aside in a file of `folder`.

    Raises:
        InputError: the source cannot be read, or changed while it was read.
        OSError: the scratch file cannot be written.
    """
    path = folder / f"{sha256}.rows"
    before = source.state()
    rows_read = 0
    without_day: dict[str, dict[str, RefusedRows]] = defaultdict(dict)
    first_days: dict[str, DayKey] = {}
    with path.open("wb") as file:
        writer = _PieceWriter(path, file)
        for batch in source.batches():
            rows_read += batch.rows_read
            contract = _label(batch)
            day = _lay_aside(batch, contract, writer) or first_days.get(contract)
            if day is not None:
                first_days.setdefault(contract, day)
                writer.count_refused(day, contract, batch.refused)
            elif batch.refused:
                without_day[contract] = total_by_reason((without_day[contract], batch.refused))
        for contract in without_day.keys() & first_days.keys():
            writer.count_refused(first_days[contract], contract, without_day.pop(contract))
        days = writer.finished()
    if source.state() != before:
        raise InputError(f"{source.place} changed while it was read: pack it again when it is whole")
    return SourceShards(
        sha256,
        source.name,
        rows_read,
        {day: _day_shard(sha256, source.name, counts) for day, counts in days.items()},
        total_by_reason(without_day.values()),
    )


def _label(batch: Batch) -> str:
    return batch.underlying if batch.contract is None else str(batch.contract)


def _contract_key(contract: Contract | None) -> ContractKey:
    if contract is None:
        return SERIES_KEY
    return contract.expiry, contract.kind, contract.strike or 0


def _lay_aside(batch: Batch, contract: str, writer: _PieceWriter) -> DayKey | None:
    """Lay a batch's rows aside by day; return the first of its days, None where it has no rows."""
    if batch.rows.is_empty():
        return None
    day_of_row = batch.rows["timestamp"].dt.date()
    days = day_of_row.unique().sort().to_list()
    for day in days:
        key = (batch.kind, batch.underlying, day)
        rows = batch.rows if len(days) == 1 else batch.rows.filter(day_of_row == day)
        writer.add(key, _contract_key(batch.contract), rows)
        writer.day(key).passed[contract] += rows.height
    return batch.kind, batch.underlying, days[0]


def _day_shard(sha256: str, name: str, counts: _DayCounts) -> DayShard:
    share = SourceShare(
        sha256,
        name,
        dict(counts.passed),
        {contract: dict(reasons) for contract, reasons in counts.refused.items() if reasons},
    )
    return DayShard(share, {contract: tuple(pieces) for contract, pieces in counts.pieces.items()})
