"""An expiry calendar of the user's own, held against the rules when a lake is packed: the rules win, and it is told."""

from dataclasses import asdict
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from nfolab.base.files import replacing
from nfolab.lake.auditing.ledger import plain_strings, write_table
from nfolab.lake.catalogue import damaged_table, lines_mark
from nfolab.lake.layout import calendar_file
from nfolab.market.calendar_check import CalendarCheck

_NAME_KEY = "nfolab_calendar"

DIFFERENCES: dict[str, pl.DataType] = {
    "line": pl.Int64(),
    "underlying": pl.String(),
    "kind": pl.String(),
    "in_file": pl.Date(),
    "right": pl.Date(),
    "why": pl.String(),
    "file": pl.String(),
}
"""A line a wrong row of the calendar: its line and day there, and the right day, null where there is no such expiry."""


def keep_differences(root: Path, name: str, check: CalendarCheck) -> None:
    """Keep in the lake at `root` what a calendar of that name has wrong, in the place of what one before had."""
    lines = [{**asdict(row), "file": name} for row in check.wrong]
    write_differences(root, name, pl.DataFrame(lines, schema=DIFFERENCES))


def write_differences(root: Path, name: str, table: pl.DataFrame) -> None:
    """Write the differences (DIFFERENCES) of a calendar of that name, atomically."""
    with replacing(calendar_file(root)) as temporary:
        write_table(table, temporary, {_NAME_KEY: name, **lines_mark(table)})


def read_differences(root: Path) -> pl.DataFrame | None:
    """Return what the calendar last given has wrong (DIFFERENCES); None where none was given.

    Raises:
        InputError: the table is damaged.
    """
    path = calendar_file(root)
    if not path.exists():
        return None
    try:
        table = pq.ParquetFile(path).read()
        table.validate(full=True)
        if not table.schema.equals(plain_strings(pl.DataFrame(schema=DIFFERENCES).to_arrow().schema)):
            raise damaged_table(path, "its columns are not those of this table")
        return pl.DataFrame(pl.from_arrow(table.replace_schema_metadata(None)))
    except (pa.ArrowException, OSError, ValueError) as problem:
        raise damaged_table(path, problem) from problem


def calendar_name(root: Path) -> str:
    """Return the name of the calendar whose differences are kept; raise InputError if the table is damaged."""
    path = calendar_file(root)
    try:
        return str((pq.read_metadata(path).metadata or {})[_NAME_KEY.encode()].decode())
    except (pa.ArrowException, OSError, KeyError, ValueError) as problem:
        raise damaged_table(path, problem) from problem
