"""A source read once, its rows laid aside by contract and day until the days are written."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nfolab.base.errors import InputError
from nfolab.base.snapshot import VOLACTUAL, DataKind
from nfolab.lake.contracts import ContractKey
from nfolab.lake.packing.rows import volumes
from nfolab.lake.provenance import BackwardTime, SourceShare
from nfolab.lake.schema import NANOSECONDS
from nfolab.market.contracts import Contract
from nfolab.vendor.batch import Batch, RefusedRows, total_by_reason
from nfolab.vendor.block import Block, Int64
from nfolab.vendor.narrow import Narrow, narrow
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
        first: The first row's time, nanoseconds since 1970 UTC; `last` the last row's.
        rising: Whether each row is later than the one before it, or as late with more volume: then they stand in lake
            order, and none can equal another.
        held: The rows themselves where they are kept in memory; else they lie in the file.
    """

    offset: int
    size: int
    rows: int
    nulls: int
    with_volactual: bool
    first: int
    last: int
    rising: bool
    held: Narrow | None = None


@dataclass(frozen=True, slots=True)
class DayShard:
    """What one source has for one day file: pieces by contract in the source's order, and the counts.

    Attributes:
        path: The source's scratch file.
    """

    share: SourceShare
    path: Path
    pieces: Mapping[ContractKey, tuple[Piece, ...]]

    def rows(self, key: ContractKey) -> Iterator[Narrow]:
        """Read a contract's pieces."""
        for piece in self.pieces.get(key, ()):
            if piece.held is not None:
                yield piece.held
                continue
            found = np.empty(piece.size, dtype=np.uint8)
            with self.path.open("rb", buffering=0) as file:
                file.seek(piece.offset)
                read_whole(file, found)
            yield Narrow.from_bytes(found)


@dataclass(frozen=True, slots=True)
class SourceShards:
    """One source, wholly read: its part of each day, and the refused rows that no day can be told of.

    Attributes:
        scratch_bytes: How much room its rows take where they lie aside, in memory or in its scratch file.
        held_bytes: How much of that in memory.
        pieces: In how many pieces.
    """

    sha256: str
    name: str
    rows_read: int
    days: Mapping[DayKey, DayShard]
    refused_without_day: Mapping[str, RefusedRows]
    scratch_bytes: int
    held_bytes: int
    pieces: int


@dataclass
class _DayCounts:
    passed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    refused: dict[str, dict[str, RefusedRows]] = field(default_factory=lambda: defaultdict(dict))
    notes: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    backward: dict[str, BackwardTime] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    """The time of each contract's row that came last."""
    pieces: dict[ContractKey, list[Piece]] = field(default_factory=lambda: defaultdict(list))


class _PieceWriter:
    """Joins consecutive rows of one contract and day, and keeps them in memory or appends them to a scratch file."""

    def __init__(self, path: Path, source: Source, room: int, memory: int) -> None:
        self._path = path
        self._file: BufferedWriter | None = None
        self._source = source
        self._room = room
        self._memory = memory
        self.size = 0
        self.held_bytes = 0
        self._days: dict[DayKey, _DayCounts] = defaultdict(_DayCounts)
        self._held: list[Block] = []
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

    def add(self, day: DayKey, contract: ContractKey, rows: Block) -> None:
        """Lay rows aside."""
        if self._owner != (day, contract) or self._held_rows >= _ROWS_IN_PIECE:
            self.flush()
            self._owner = (day, contract)
        self._held.append(rows)
        self._held_rows += rows.rows

    def flush(self) -> None:
        """Write what is held.

        Raises:
            InputError: the source needs more scratch than there may be.
        """
        if self._owner is None or not self._held:
            return
        names = max((one.columns.names for one in self._held), key=len)
        rows = Block.together(self._held, names)
        day, contract = self._owner
        offset, size, held = self._kept(narrow(rows))
        nulls = sum(1 << place for place, name in enumerate(names) if name in rows.missing)
        stamps = rows["timestamp"]
        self._days[day].pieces[contract].append(
            Piece(
                offset,
                size,
                rows.rows,
                nulls,
                names[-1] == VOLACTUAL.stored,
                int(stamps[0]),
                int(stamps[-1]),
                _rises(rows),
                held,
            )
        )
        self._held, self._held_rows = [], 0
        self.size += size
        if self.size > self._room:
            raise beyond_scratch(self._source, self.size, self._room)

    def _kept(self, rows: Narrow) -> tuple[int, int, Narrow | None]:
        """Keep rows, and return where they begin in the scratch file, their size, and themselves if they are held."""
        if self.held_bytes + rows.size <= self._memory:
            self.held_bytes += rows.size
            return 0, rows.size, replace(rows, numbers=rows.numbers.copy())
        if self._file is None:
            self._file = self._path.open("wb")
        offset = self._file.tell()
        for part in rows.parts():
            self._file.write(part.data)
        return offset, self._file.tell() - offset, None

    def close(self) -> None:
        """Close the scratch file, if there is one."""
        if self._file is not None:
            self._file.close()

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


def shard(source: Source, sha256: str, folder: Path, room: int, memory: int) -> SourceShards:
    """Read one source and lay its rows aside, in memory as far as there may be, else in a file of `folder`.

    Args:
        source: The source.
        sha256: Its identity.
        folder: Where.
        room: How many bytes its rows may take.
        memory: How many of them in memory.

    Raises:
        InputError: the source cannot be read, changed while it was read, or needs more room.
        OSError: the scratch file cannot be written.
    """
    path = folder / f"{sha256}.rows"
    before = source.state()
    rows_read = 0
    without_day: dict[str, dict[str, RefusedRows]] = defaultdict(dict)
    first_days: dict[str, DayKey] = {}
    writer = _PieceWriter(path, source, room, memory)
    try:
        with closing(writer):
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
        _require_unchanged(source, before)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return SourceShards(
        sha256,
        source.name,
        rows_read,
        {day: _day_shard(sha256, source.name, path, counts) for day, counts in days.items()},
        total_by_reason(without_day.values()),
        writer.size,
        writer.held_bytes,
        sum(len(pieces) for counts in days.values() for pieces in counts.pieces.values()),
    )


def _require_unchanged(source: Source, before: Hashable) -> None:
    if source.state() != before:
        raise InputError(f"{source.place} changed while it was read: pack it again when it is whole")


def _rises(rows: Block) -> bool:
    steps = np.diff(rows["timestamp"])
    if (steps > 0).all():
        return True
    return "volume" in rows and bool(((steps > 0) | ((steps == 0) & (np.diff(volumes(rows)) > 0))).all())


def _label(batch: Batch) -> str:
    return batch.underlying if batch.contract is None else str(batch.contract)


def _contract_key(contract: Contract | None) -> ContractKey:
    if contract is None:
        return SERIES_KEY
    return contract.expiry, contract.kind, contract.strike or 0


def _lay_aside(batch: Batch, contract: str, writer: _PieceWriter) -> DayKey | None:
    """Lay a batch's rows aside by day; return the first of its days, None where it has no rows."""
    first: DayKey | None = None
    for number, rows in _by_day(batch.block):
        key: DayKey = (batch.kind, batch.underlying, _EPOCH + timedelta(number))
        writer.add(key, _contract_key(batch.contract), rows)
        counts = writer.day(key)
        counts.passed[contract] += rows.rows
        _count_backward(counts, contract, rows["timestamp"])
        first = first or key
    return first


def _by_day(block: Block) -> Iterator[tuple[int, Block]]:
    """Yield the rows of each day, in the order of the days: the day's number since 1970, and the rows in theirs."""
    if not block.rows:
        return
    stamps = block["timestamp"] + _EAST_OF_GREENWICH
    first, last = int(stamps.min()) // _DAY, int(stamps.max()) // _DAY
    if first == last:
        yield first, block
        return
    day_of_row = stamps // _DAY
    ends = np.flatnonzero(np.diff(day_of_row)) + 1
    if (np.diff(day_of_row) >= 0).all():
        for begin, end in zip([0, *ends.tolist()], [*ends.tolist(), block.rows], strict=True):
            yield int(day_of_row[begin]), block.part(begin, end)
        return
    for day in np.unique(day_of_row).tolist():
        yield day, block.chosen(np.flatnonzero(day_of_row == day))


def _count_backward(counts: _DayCounts, contract: str, stamps: Int64) -> None:
    """Count the rows of a contract that are earlier than the one before them in the source."""
    steps = np.diff(stamps, prepend=counts.ends.get(contract, stamps[0]))
    counts.ends[contract] = int(stamps[-1])
    if steps.min() >= 0:
        return
    back = stamps[steps < 0]
    found = BackwardTime(len(back), int(back.min()), int(back.max()), -int(steps.min()))
    counts.backward[contract] = counts.backward[contract] + found if contract in counts.backward else found


def read_whole(file: FileIO, to: NDArray[np.uint8]) -> None:
    """Read from a file until an array is full.

    Raises:
        OSError: the file is too short.
    """
    view = to.data
    while view:
        read = file.readinto(view)
        if not read:
            raise OSError(f"{file.name} is shorter than what was written to it")
        view = view[read:]


def _day_shard(sha256: str, name: str, path: Path, counts: _DayCounts) -> DayShard:
    share = SourceShare(
        sha256,
        name,
        dict(counts.passed),
        {contract: dict(reasons) for contract, reasons in counts.refused.items() if reasons},
        notes={contract: dict(told) for contract, told in counts.notes.items() if told},
        backward=dict(counts.backward),
    )
    return DayShard(share, path, {contract: tuple(pieces) for contract, pieces in counts.pieces.items()})
