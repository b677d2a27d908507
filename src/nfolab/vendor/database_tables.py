"""The tables of a database as sources: which there are, and how many rows of which content each day of each has."""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from threading import local

from nfolab.base.errors import InputError
from nfolab.base.progress import progress_bar
from nfolab.base.snapshot import DataKind
from nfolab.vendor.columns import TIMESTAMP_AGAIN, matched_columns
from nfolab.vendor.database import Address, ServerError, Session, literal, quoted, session
from nfolab.vendor.naming import kind_named
from nfolab.vendor.sql_table import wanted_forms

_CLOCK_TYPES = ("datetime", "timestamp", "date")
_PLAIN_TYPES = ("tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "year")
_WITH_SNAPSHOTS = "INNODB"
_USUAL_ROW_BYTES = 300
_MOST_SESSIONS = 8
_TABLES = """
SELECT TABLE_NAME, ENGINE, TABLE_COMMENT, AVG_ROW_LENGTH FROM information_schema.TABLES
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME"""
_COLUMNS = """
SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {table} ORDER BY ORDINAL_POSITION"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is read: its name, what to make of it (a word of `sql_values`), and whether it is a number."""

    name: str
    form: int
    is_number: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the database describes it.

    Attributes:
        kind: What its name says it holds; None where that is nothing we read.
        comment: The table's comment, in which synthetic data has its mark.
        columns: Those that are read, in the vendor's usual order; none where `kind` is None.
        clock: The column by whose days it is read; None where its clock is text or a number: then it is read whole.
        row_bytes: About how many bytes a row has.
        keeps_snapshots: Whether its engine shows a session the rows as they were when the session began.
    """

    name: str
    kind: DataKind | None
    comment: str
    columns: tuple[Column, ...]
    clock: str | None
    row_bytes: int
    keeps_snapshots: bool

    def rows(self) -> str:
        """Return the expression of a row's values as they would stand in a dump, without the brackets."""
        values = ", ".join(
            f"IFNULL({quoted(one.name)}, 'NULL')" if one.is_number else f"QUOTE({quoted(one.name)})"
            for one in self.columns
        )
        return f"CONCAT_WS(',', {values})"

    def day(self) -> str:
        """Return the expression of a row's day as text; empty where the clock is null."""
        return "''" if self.clock is None else f"IFNULL(DATE_FORMAT({quoted(self.clock)}, '%Y-%m-%d'), '')"

    def within(self, day: str) -> str:
        """Return the condition of the rows of a day that `day()` told; an index on the clock serves a usual day."""
        if self.clock is None:
            return "TRUE"
        exact = f"{self.day()} = {literal(day)}"
        known = calendar_day(day)
        if known is None or known == date.max:
            return exact
        clock = quoted(self.clock)
        return f"{clock} >= '{known}' AND {clock} < '{known + timedelta(days=1)}' AND {exact}"


@dataclass(frozen=True, slots=True)
class Content:
    """What rows of a table are, without their order: how many, and the sum of 60 bits of the MD5 of each."""

    rows: int
    checksum: int


@dataclass(frozen=True, slots=True)
class TableDays:
    """A table with the content of each of its days, in their order; or why it cannot be read."""

    table: Table
    days: tuple[tuple[str, Content], ...]
    reason: str | None = None


def calendar_day(day: str) -> date | None:
    """Return the day that `Table.day` told, None for rows without a day (null, 0000-00-00, 2025-12-00)."""
    try:
        return date.fromisoformat(day)
    except ValueError:
        return None


def content_question(table: Table, day: str) -> str:
    """Return what to ask for the content of one day."""
    return f"SELECT {_content_of(table)} FROM {quoted(table.name)} WHERE {table.within(day)}"


def content_told(row: Sequence[bytes | None]) -> Content:
    """Return the content out of the last two values of an answer."""
    rows, checksum = row[-2:]
    return Content(int(rows or 0), int(checksum or 0))


def _content_of(table: Table) -> str:
    if not table.columns:
        return "COUNT(*), 0"
    return f"COUNT(*), SUM(CAST(CONV(LEFT(MD5({table.rows()}), 15), 16, 10) AS UNSIGNED))"


def tables_of(address: Address) -> list[TableDays]:
    """Ask a database for its tables and the content of their days: one scan of every table, several tables at once.

    Every session of these shows the tables as they were when it began, where the engine keeps snapshots (InnoDB).
    Tables without rows are left out.

    Raises:
        InputError: The database cannot be asked, or holds no rows.
    """
    with session(address) as first, progress_bar() as progress:
        listed = [_Listed.of(row) for row in first.all(_TABLES)]
        bar = progress.add_task("asking the database", total=len(listed), rate="")
        found, rows = [], 0
        for one in _in_sessions(address, first, listed):
            found.append(one)
            rows += sum(content.rows for _, content in one.days)
            progress.update(bar, advance=1, rate=f"{rows:,} rows")
    if not any(one.days or one.reason for one in found):
        raise InputError(f"the database {address} holds no table with rows: check the last part of the address")
    return [one for one in found if one.days or one.reason]


@dataclass(frozen=True, slots=True)
class _Listed:
    name: str
    engine: str
    comment: str
    row_bytes: int

    @classmethod
    def of(cls, row: Iterable[bytes | int | None]) -> "_Listed":
        name, engine, comment, row_bytes = (_text(value) for value in row)
        return cls(name, engine.upper(), comment, int(row_bytes or 0))


def _in_sessions(address: Address, first: Session, listed: Sequence[_Listed]) -> Iterator[TableDays]:
    """Ask of each table in a session of the thread that asks; the tables come in their order."""
    workers = min(_MOST_SESSIONS, os.cpu_count() or 1, len(listed))
    if workers <= 1:
        yield from (_asked(first, address, one) for one in listed)
        return
    own = local()
    with ExitStack() as sessions, ThreadPoolExecutor(workers) as pool:
        waiting = [sessions.enter_context(session(address)) for _ in range(workers)]

        def ask(one: _Listed) -> TableDays:
            if not hasattr(own, "session"):
                own.session = waiting.pop()
            return _asked(own.session, address, one)

        yield from pool.map(ask, listed)


def _asked(asked: Session, address: Address, listed: _Listed) -> TableDays:
    """Return a table with its days, or why it cannot be read; InputError where the connection is lost."""
    where = f"{address}, table {listed.name}"
    bare = Table(listed.name, kind_named(listed.name), listed.comment, (), None, 1, keeps_snapshots=False)
    try:
        columns = [(_text(name), _text(kind).lower()) for name, kind in asked.all(_columns_question(listed.name))]
        try:
            table = _described(listed, columns, where)
        except InputError as problem:
            return TableDays(bare, (), str(problem)) if _has_rows(asked, bare) else TableDays(bare, ())
        told = asked.all(f"SELECT {table.day()}, {_content_of(table)} FROM {quoted(table.name)} GROUP BY 1")
    except ServerError as problem:
        return TableDays(bare, (), f"{where} cannot be read ({problem}): repair or drop it")
    days = sorted((_text(row[0]), content_told(row)) for row in told)
    return TableDays(table, tuple((day, content) for day, content in days if content.rows))


def _has_rows(asked: Session, table: Table) -> bool:
    return bool(asked.all(f"SELECT 1 FROM {quoted(table.name)} LIMIT 1"))


def _columns_question(table: str) -> str:
    return _COLUMNS.format(table=literal(table))


def _described(listed: _Listed, columns: Sequence[tuple[str, str]], where: str) -> Table:
    """Return a table by its columns with their types; InputError where an essential one is missing."""
    kind = kind_named(listed.name)
    types = dict(columns)
    names = tuple(types)
    forms = wanted_forms(kind, names, where)
    matched = matched_columns(kind, names, where) if kind else {}
    clock = matched.get("timestamp", matched.get(TIMESTAMP_AGAIN))
    return Table(
        listed.name,
        kind,
        listed.comment,
        _shared(tuple(Column(name, forms[name], types[name] in _PLAIN_TYPES) for name in matched.values())),
        clock if clock and types[clock] in _CLOCK_TYPES else None,
        listed.row_bytes or _USUAL_ROW_BYTES,
        listed.engine == _WITH_SNAPSHOTS,
    )


@cache
def _shared(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return one and the same tuple for equal ones: thousands of tables have the same columns."""
    return columns


def _text(value: bytes | float | None) -> str:
    return "" if value is None else value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
