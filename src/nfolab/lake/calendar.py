"""An expiry calendar of the user's own, held against the rules when a lake is packed: the rules win, and it is told."""

from dataclasses import asdict
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from nfolab.base.files import replacing
from nfolab.lake.catalogue import damaged_table
from nfolab.lake.layout import calendar_file
from nfolab.lake.ledger import write_table
from nfolab.market.calendar_check import CalendarCheck

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
    with replacing(calendar_file(root)) as temporary:
        write_table(pl.DataFrame(lines, schema=DIFFERENCES), temporary, {"nfolab_calendar": name})


def read_differences(root: Path) -> pl.DataFrame | None:
    """Return what the calendar last given has wrong (DIFFERENCES); None where none was given.

    Raises:
        InputError: the table is damaged.
    """
    path = calendar_file(root)
    if not path.exists():
        return None
    try:
        return pl.DataFrame(pl.from_arrow(pq.ParquetFile(path).read()))
    except (pa.ArrowException, OSError) as problem:
        raise damaged_table(path, problem) from problem
