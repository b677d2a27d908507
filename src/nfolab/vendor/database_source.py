"""One day of one table of a running database, as a source."""

import json
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

import numpy as np
import polars as pl

from nfolab.base.errors import InputError
from nfolab.base.snapshot import DataKind, SourceKind
from nfolab.market.contracts import Contract
from nfolab.vendor.batch import Batch
from nfolab.vendor.database import Address, Row, ServerError, Session, quoted, read_address, session
from nfolab.vendor.database_tables import (
    Content,
    Table,
    TableDays,
    calendar_day,
    content_question,
    content_told,
    tables_of,
)
from nfolab.vendor.mark import MARK, marked_kind
from nfolab.vendor.named import batch_named, foreign_batch
from nfolab.vendor.naming import contract_named
from nfolab.vendor.raw_rows import RawRows
from nfolab.vendor.sql_columns import ValueColumns
from nfolab.vendor.sql_table import under_our_names
from nfolab.vendor.sql_values import ENDED, IS_FULL

_FIRST_USABLE = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class TableDay:
    """The rows that a table had of one day when the database was asked. Nothing else is ever read as that source.

    Attributes:
        address: Where the database is.
        table: The table.
        day: As `Table.day` told it: `2025-12-15`, empty for rows without a time.
        content: What the rows were.
        first_day: The first day of the whole table that can be right, which settles a name of several readings for
            rows that have no such day themselves.
    """

    address: Address
    table: Table
    day: str
    content: Content
    first_day: date | None

    @property
    def name(self) -> str:
        """The table and the day."""
        return f"{self.table.name} {self.day}".rstrip()

    @property
    def place(self) -> str:
        """The database without user and password, the table and the day."""
        return f"{self.address}, table {self.table.name}" + (f", day {self.day}" if self.day else "")

    @property
    def size(self) -> int:
        """About the bytes of its rows."""
        return self.content.rows * self.table.row_bytes

    def source_kind(self) -> SourceKind:
        """Return whose data the table's comment says it is; raise InputError if the mark there is unknown."""
        mark = MARK.search(self.table.comment.encode())
        return marked_kind(mark[1] if mark else None, self.place)

    def identity(self) -> str:
        """Return the SHA-256 of the table's name, the day, the columns read and the rows' content.

        Neither server nor database are part of it: the same rows on another server are no new source.
        """
        columns = [one.name for one in self.table.columns]
        told = ["table and day", self.table.name, self.day, columns, self.content.rows, self.content.checksum]
        return sha256(json.dumps(told).encode()).hexdigest()

    def state(self) -> Hashable:
        """Return the content that was told; whether it still holds is asked by `batches`, in the snapshot it reads."""
        return self.content

    def batches(self) -> Iterator[Batch]:
        """Read the rows, at most 25,000 at a time, after asking in the same snapshot whether they are still the same.

        An engine that keeps no snapshots (MyISAM, Aria) is asked again after the last row.

        Raises:
            InputError: The rows are not those that were there when the database was asked, the server is gone, or the
                table's name can be read in two ways. Batches yielded before belong to a source that failed.
        """
        with session(self.address) as reading:
            try:
                self._check(reading)
                if self.table.kind is None:
                    yield foreign_batch(self.table.name, self.content.rows)
                else:
                    yield from self._read(reading, self.table.kind)
                if not self.table.keeps_snapshots:
                    self._check(reading)
            except ServerError as problem:
                raise InputError(f"{self.place} cannot be read ({problem}): pack again when that is mended") from None

    def _check(self, reading: Session) -> None:
        (row,) = reading.all(content_question(self.table, self.day))
        if content_told(row) != self.content:
            raise InputError(f"{self.place} changed while it was read: pack again when nothing writes to that day")

    def _read(self, reading: Session, kind: DataKind) -> Iterator[Batch]:
        table = self.table
        contract = self._contract(kind)
        names = [one.name for one in table.columns]
        columns = ValueColumns(names, {one.name: one.form for one in table.columns})
        question = f"SELECT {table.rows()} FROM {quoted(table.name)} WHERE {table.within(self.day)}"
        for answer in reading.stream(question):
            _take(columns, answer, self.place)
            for rows in columns.full():
                yield self._batch(rows, kind, contract)
        for rows in columns.rest():
            yield self._batch(rows, kind, contract)

    def _batch(self, rows: RawRows, kind: DataKind, contract: Contract | None) -> Batch:
        ours = under_our_names(kind, rows, self.place)
        return batch_named(self.table.name, kind, ours, self.place, contract)

    def _contract(self, kind: DataKind) -> Contract | None:
        """Return the contract where the rows themselves cannot settle its name."""
        own = calendar_day(self.day)
        if not kind.by_contract or self.first_day is None or (own is not None and own >= _FIRST_USABLE):
            return None
        first = RawRows.of_frame(pl.DataFrame({"timestamp": [self.first_day]}))
        return contract_named(self.table.name, first, self.place)


@dataclass(frozen=True, slots=True)
class UnreadableTable:
    """A table that cannot be read: a source that says so and gives nothing."""

    address: Address
    table: Table
    reason: str

    @property
    def name(self) -> str:
        """The table."""
        return self.table.name

    @property
    def place(self) -> str:
        """The database without user and password, and the table."""
        return f"{self.address}, table {self.table.name}"

    @property
    def size(self) -> int:
        """Nothing is moved."""
        return 0

    def source_kind(self) -> SourceKind:
        """Raise InputError with the reason."""
        raise InputError(self.reason)

    def identity(self) -> str:
        """Raise InputError with the reason."""
        raise InputError(self.reason)

    def state(self) -> Hashable:
        """Return nothing that changes."""
        return None

    def batches(self) -> Iterator[Batch]:
        """Raise InputError with the reason."""
        raise InputError(self.reason)


def database_sources(text: str) -> list[TableDay | UnreadableTable]:
    """Return the days of the tables of the database at `mysql://user:password@host:port/database`.

    Raises:
        InputError: The address cannot be read, nobody answers there, or the database holds no rows.
    """
    address = read_address(text)
    return [source for told in tables_of(address) for source in _sources(address, told)]


def _sources(address: Address, told: TableDays) -> Iterator[TableDay | UnreadableTable]:
    if told.reason is not None:
        yield UnreadableTable(address, told.table, told.reason)
    usable = [known for day, _ in told.days if (known := calendar_day(day)) and known >= _FIRST_USABLE]
    for day, content in told.days:
        yield TableDay(address, told.table, day, content, min(usable, default=None))


def _take(columns: ValueColumns, answer: Sequence[Row], where: str) -> None:
    """Let the columns read rows as the server wrote them."""
    text = np.frombuffer(b"(" + b"),(".join(row[0] or b"" for row in answer) + b");", np.uint8)
    stop = columns.read(text, 0, inside=False)
    while stop.reason == IS_FULL:
        stop = columns.read(text, stop.position, stop.inside)
    if stop.reason != ENDED:
        raise InputError(f"{where} holds values that cannot be told apart: export the table and look at its rows")
