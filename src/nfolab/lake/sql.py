"""SQL over a lake, by DuckDB."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import duckdb
import polars as pl

from nfolab.base.errors import InputError
from nfolab.base.snapshot import TIMEZONE
from nfolab.lake.auditing.pinned import Pin, pins_of
from nfolab.lake.auditing.table import AuditTable
from nfolab.lake.reader import Lake
from nfolab.lake.views import SPOT_COMPARISONS, view_statements

_COUNT_ALL = re.compile(r"count\s*\(\s*\*\s*\)", re.IGNORECASE)
_ALL_COLUMNS = re.compile(r"\*|\b(?:columns|describe|summarize|show)\b", re.IGNORECASE)
_NEEDS_SPOT = re.compile(rf"\b(?:{'|'.join(SPOT_COMPARISONS)})\b", re.IGNORECASE)
_EXPLAIN = re.compile(r"^\s*explain(\s+analyze)?\b", re.IGNORECASE)
_VIEWS = "options, spot, futures, vix, equity, chains, audit"


class ComputedTable(Protocol):
    """A table that is no file of the lake but worked out, of the rows that a question fixes at least those."""

    @property
    def name(self) -> str:
        """What a question calls it."""

    @property
    def needed(self) -> Mapping[str, str]:
        """The columns that every question has to fix, each with a value that shows how."""

    def rows(self, lake: Lake, pins: Mapping[str, Pin]) -> pl.DataFrame:
        """Return the rows on which every pin may hold; more do no harm."""


def query(root: Path, statement: str, computed: Sequence[ComputedTable] = ()) -> pl.DataFrame:
    """Run one SQL statement over the views of a lake and over computed tables; clocks come back in IST.

    Args:
        root: The lake's folder.
        statement: One question.
        computed: Tables that are worked out if the question names them.

    Raises:
        InputError: there is no lake, the statement is wrong, a file of the lake is damaged, or the question does not
            fix what a computed table needs.
    """
    lake = Lake.open(root)
    with duckdb.connect() as connection:
        connection.execute(f"SET TimeZone = '{TIMEZONE}'")
        connection.execute("SET asof_loop_join_threshold = 0")  # its loop takes minutes over a million rows
        try:
            for view in view_statements(lake, with_spot=_asks_for_spot(statement)):
                connection.execute(view)
            asked = [part.type for part in connection.extract_statements(statement)]
            if asked not in ([duckdb.StatementType.SELECT], [duckdb.StatementType.EXPLAIN]):
                raise InputError("the SQL is not one question: a lake is only read, as by select … from options")
            for table in (AuditTable(), *computed):
                if re.search(rf"\b{table.name}\b", statement, re.IGNORECASE):
                    connection.register(table.name, _worked_out(connection, statement, table, lake))
            return pl.DataFrame(connection.sql(statement).pl())
        except duckdb.Error as problem:
            told = " ".join(str(problem).split("\n\n")[0].split())
            known = f"{_VIEWS}{''.join(f', {table.name}' for table in computed)}"
            raise InputError(f"the SQL cannot be run: {told}; there are the tables {known}") from problem


def _worked_out(
    connection: duckdb.DuckDBPyConnection, statement: str, table: ComputedTable, lake: Lake
) -> pl.DataFrame:
    places = _places(connection, statement, table)
    for place in places:
        lacking = [column for column in table.needed if column not in place]
        if lacking:
            shown = " and ".join(f"{column} = '{table.needed[column]}'" for column in table.needed)
            raise InputError(
                f"{table.name} is worked out when asked, so say for which {' and '.join(lacking)}: "
                f"select … from {table.name} where {shown}"
            )
    fixed = set.intersection(*map(set, places)) if places else set()
    pins: dict[str, Pin] = {}
    for column in fixed:
        for place in places:
            pins[column] = pins.get(column, Pin()) | place[column]
    if not places:
        return table.rows(lake, {column: Pin() for column in table.needed})
    return table.rows(lake, pins)


def _places(connection: duckdb.DuckDBPyConnection, statement: str, table: ComputedTable) -> Sequence[Mapping[str, Pin]]:
    """Return what each place that reads a table fixes; where the question is no plain SELECT, nothing can be told."""
    try:
        return pins_of(connection, _EXPLAIN.sub("", statement), table.name)
    except duckdb.ParserException:
        if table.needed:
            raise
        return []


def _asks_for_spot(statement: str) -> bool:
    """Say whether a statement may use a column that needs the join with spot, which costs what it reads."""
    rest = _COUNT_ALL.sub("", statement)
    return bool(_ALL_COLUMNS.search(rest) or _NEEDS_SPOT.search(rest))
