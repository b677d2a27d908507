"""SQL over a lake, by DuckDB."""

import re
from pathlib import Path

import duckdb
import polars as pl

from nfolab.base.errors import InputError
from nfolab.base.snapshot import TIMEZONE
from nfolab.lake.reader import Lake
from nfolab.lake.views import SPOT_COMPARISONS, view_statements

_COUNT_ALL = re.compile(r"count\s*\(\s*\*\s*\)", re.IGNORECASE)
_ALL_COLUMNS = re.compile(r"\*|\b(?:columns|describe|summarize|show)\b", re.IGNORECASE)
_NEEDS_SPOT = re.compile(rf"\b(?:{'|'.join(SPOT_COMPARISONS)})\b", re.IGNORECASE)


def query(root: Path, statement: str) -> pl.DataFrame:
    """Run one SQL statement over the views `options`, `spot` and `audit`; clocks come back in IST.

    Raises:
        InputError: there is no lake, the statement is wrong, or a file of the lake is damaged.
    """
    lake = Lake.open(root)
    with duckdb.connect() as connection:
        connection.execute(f"SET TimeZone = '{TIMEZONE}'")
        connection.execute("SET asof_loop_join_threshold = 0")  # its loop takes minutes over a million rows
        for view in view_statements(lake, with_spot=_asks_for_spot(statement)):
            connection.execute(view)
        try:
            asked = [part.type for part in connection.extract_statements(statement)]
            if asked not in ([duckdb.StatementType.SELECT], [duckdb.StatementType.EXPLAIN]):
                raise InputError("the SQL is not one question: a lake is only read, as by select … from options")
            return pl.DataFrame(connection.sql(statement).pl())
        except duckdb.Error as problem:
            told = " ".join(str(problem).split("\n\n")[0].split())
            raise InputError(f"the SQL cannot be run: {told}; the views are options, spot and audit") from problem


def _asks_for_spot(statement: str) -> bool:
    """Say whether a statement may use a column that needs the join with spot, which costs what it reads."""
    rest = _COUNT_ALL.sub("", statement)
    return bool(_ALL_COLUMNS.search(rest) or _NEEDS_SPOT.search(rest))
