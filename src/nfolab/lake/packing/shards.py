"""A source read once, its rows laid aside by contract and day until the days are written."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BufferedWriter, BytesIO
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from nfolab.base.errors import InputError
from nfolab.base.snapshot import DataKind
from nfolab.lake.contracts import ContractKey
from nfolab.lake.packing.repeats import plain_numbers
from nfolab.lake.provenance import SourceShare
from nfolab.lake.schema import NANOSECONDS
from nfolab.market.contracts import Contract
from nfolab.vendor.batch import Batch, RefusedRows, total_by_reason
from nfolab.vendor.source import Source

DayKey = tuple[DataKind, str, date]
"""(kind, underlying, day): what one day file holds."""

SERIES_KEY: ContractKey = (date.min, "", 0)
"""Stands for the contract where there is none."""

GIGABYTE: Final = 1_000_000_000
_ROWS_IN_PIECE = 200_000
_EPOCH = date(1970, 1, 1)
_DAY = 86_400 * NANOSECONDS
_EAST_OF_GREENWICH = 19_800 * NANOSECONDS
"""IST is 5 h 30 min ahead of UTC, and has been since before there was data."""


class Piece(NamedTuple):
    """Rows of one contract and day that lie aside.

    Attributes:
        offset: Where they begin in the source's scratch file.
        size: Bytes there.
        rows: How many.
        nulls: A bit a column that has nulls, by its place among the columns that lie there.
        with_volactual: Whether `volactual` is among these.
    """

    offset: int
    size: int
    rows: int
    nulls: int
    with_volactual: bool


@dataclass(frozen=True, slots=True)
class DayShard:
    """What one source has for one day file: pieces by contract in the source's order, and the counts.

    Attributes:
        path: The source's scratch file.
    """

    share: SourceShare
    path: Path
    pieces: Mapping[ContractKey, tuple[Piece, ...]]

    def frames(self, key: ContractKey) -> Iterator[pl.DataFrame]:
        """Read a contract's pieces."""
        pieces = self.pieces.get(key, ())
        if not pieces:
            return
        with self.path.open("rb") as file:
            for piece in pieces:
                file.seek(piece.offset)
                yield pl.read_ipc_stream(BytesIO(file.read(piece.size)))


@dataclass(frozen=True, slots=True)
class SourceShards:
    """One source, wholly read: its part of each day, and the refused rows that no day can be told of.

    Attributes:
        scratch_bytes: How much room its rows take where they lie aside.
        pieces: In how many pieces.
    """

    sha256: str
    name: str
    rows_read: int
    days: Mapping[DayKey, DayShard]
    refused_without_day: Mapping[str, RefusedRows]
    scratch_bytes: int
    pieces: int


@dataclass
class _DayCounts:
    passed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    refused: dict[str, dict[str, RefusedRows]] = field(default_factory=lambda: defaultdict(dict))
    notes: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    pieces: dict[ContractKey, list[Piece]] = field(default_factory=lambda: defaultdict(list))


class _PieceWriter:
    """Joins consecutive rows of one contract and day, and appends them to the source's scratch file."""

    def __init__(self, file: BufferedWriter, source: Source, room: int) -> None:
        self._file = file
        self._source = source
        self._room = room
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

    def count_notes(self, day: DayKey, contract: str, notes: Mapping[str, int]) -> None:
        """Count what the reader tells of a contract's rows on a day."""
        told = self._days[day].notes[contract]
        for note, rows in notes.items():
            told[note] = told.get(note, 0) + rows

    def add(self, day: DayKey, contract: ContractKey, rows: pl.DataFrame) -> None:
        """Lay rows aside."""
        if self._owner != (day, contract) or self._held_rows >= _ROWS_IN_PIECE:
            self.flush()
            self._owner = (day, contract)
        self._held.append(rows)
        self._held_rows += rows.height

    def flush(self) -> None:
        """Write what is held.

        Raises:
            InputError: the source needs more scratch than there may be.
        """
        if self._owner is None or not self._held:
            return
        rows = pl.concat(self._held) if len(self._held) > 1 else self._held[0]
        day, contract = self._owner
        offset = self._file.tell()
        stream = BytesIO()
        rows.write_ipc_stream(stream, compression="lz4")
        self._file.write(stream.getbuffer())  # Polars' own errors do not say why a file cannot be written.
        nulls = sum(1 << place for place, column in enumerate(rows.get_columns()) if column.null_count())
        end = self._file.tell()
        self._days[day].pieces[contract].append(
            Piece(offset, end - offset, rows.height, nulls, rows.columns[-1] == "volactual")
        )
        self._held, self._held_rows = [], 0
        if end > self._room:
            raise beyond_scratch(self._source, end, self._room)

    def finished(self) -> dict[DayKey, _DayCounts]:
        """Write the rest and return all days."""
        self.flush()
        return dict(self._days)


def beyond_scratch(source: Source, needed: int, room: int) -> InputError:
    """Return the error of a source that needs more scratch than a pack may use."""
    return InputError(
        f"{source.place} needs more than {needed / GIGABYTE:,.1f} GB of scratch and {room / GIGABYTE:,.1f} GB are "
        "allowed: give more with --scratch-gb, or split it"
    )


def shard(source: Source, sha256: str, folder: Path, room: int) -> SourceShards:
    """Read one source and lay its rows aside in a file of `folder`.

    Args:
        source: The source.
        sha256: Its identity.
        folder: Where.
        room: How many bytes its rows may take there.

    Raises:
        InputError: the source cannot be read, changed while it was read, or needs more room.
        OSError: the scratch file cannot be written.
    """
    path = folder / f"{sha256}.rows"
    before = source.state()
    rows_read = 0
    without_day: dict[str, dict[str, RefusedRows]] = defaultdict(dict)
    first_days: dict[str, DayKey] = {}
    try:
        with path.open("wb") as file:
            writer = _PieceWriter(file, source, room)
            for batch in source.batches():
                rows_read += batch.rows_read
                contract = _label(batch)
                day = _lay_aside(batch, contract, writer) or first_days.get(contract)
                if day is not None:
                    first_days.setdefault(contract, day)
                    writer.count_refused(day, contract, batch.refused)
                    writer.count_notes(day, contract, batch.notes)
                elif batch.refused:
                    without_day[contract] = total_by_reason((without_day[contract], batch.refused))
            for contract in without_day.keys() & first_days.keys():
                writer.count_refused(first_days[contract], contract, without_day.pop(contract))
            days = writer.finished()
            size = file.tell()
        _require_unchanged(source, before)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    if not size:
        path.unlink()
    return SourceShards(
        sha256,
        source.name,
        rows_read,
        {day: _day_shard(sha256, source.name, path, counts) for day, counts in days.items()},
        total_by_reason(without_day.values()),
        size,
        sum(len(pieces) for counts in days.values() for pieces in counts.pieces.values()),
    )


def _require_unchanged(source: Source, before: Hashable) -> None:
    if source.state() != before:
        raise InputError(f"{source.place} changed while it was read: pack it again when it is whole")


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
    day_of_row = (plain_numbers(batch.rows["timestamp"]) + _EAST_OF_GREENWICH) // _DAY
    days = np.unique(day_of_row).tolist()
    keys: list[DayKey] = [(batch.kind, batch.underlying, _EPOCH + timedelta(day)) for day in days]
    for day, key in zip(days, keys, strict=True):
        rows = batch.rows if len(days) == 1 else batch.rows.filter(pl.Series(day_of_row == day))
        writer.add(key, _contract_key(batch.contract), rows)
        writer.day(key).passed[contract] += rows.height
    return keys[0]


def _day_shard(sha256: str, name: str, path: Path, counts: _DayCounts) -> DayShard:
    share = SourceShare(
        sha256,
        name,
        dict(counts.passed),
        {contract: dict(reasons) for contract, reasons in counts.refused.items() if reasons},
        notes={contract: dict(told) for contract, told in counts.notes.items() if told},
    )
    return DayShard(share, path, {contract: tuple(pieces) for contract, pieces in counts.pieces.items()})
