"""What was refused of contracts of which nothing was kept: they have no day file, and so no ledger of their own.

The list of packed sources counts these rows. A line tells the source, the reason and, where the source's name is a
contract's, the contract; its day is that of the earliest of the rows.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from nfolab.base.errors import InputError
from nfolab.base.snapshot import TIMEZONE
from nfolab.lake.auditing.finding import Finding
from nfolab.lake.auditing.ledger import LEDGER_SCHEMA, REFUSED, frame_of
from nfolab.lake.catalogue import damaged_table, read_source_lines
from nfolab.lake.layout import sources_file
from nfolab.lake.provenance import refused_from_json
from nfolab.lake.schema import NANOSECONDS
from nfolab.market.contracts import Contract, read_name

WITHOUT_DAY: Final = "no day file"
"""The kind that the ledger tells of such lines."""


def refused_without_day(root: Path) -> pl.DataFrame:
    """Return a line a source and reason (`LEDGER_SCHEMA`); day and underlying are null where nothing tells them.

    Raises:
        InputError: the list of sources is damaged, or that of another schema.
    """
    table = read_source_lines(root)
    if table is None:
        return pl.DataFrame(schema=LEDGER_SCHEMA)
    told = table.filter(pl.col("refused_without_day") != "{}").sort("name", "sha256")
    try:
        parts = [_lines(name, json.loads(refused)) for name, refused in told["name", "refused_without_day"].iter_rows()]
    except (KeyError, TypeError, ValueError) as problem:
        raise damaged_table(sources_file(root), problem) from problem
    return pl.concat([pl.DataFrame(schema=LEDGER_SCHEMA), *parts])


def _lines(name: str, refused: dict[str, Any]) -> pl.DataFrame:
    contract = _contract(name)
    underlying = None if contract is None else contract.underlying
    parts = []
    for reason, rows in refused_from_json(refused).items():
        day = None if rows.first is None else _day(rows.first)
        note = f"rows of {name}, of whose contract nothing was kept"
        about = "" if contract is None else str(contract)
        finding = Finding(about, f"{REFUSED}: {reason}", rows.count, rows.first, rows.last, None, note, rows.count)
        parts.append(frame_of(WITHOUT_DAY, underlying, day, [finding]))
    return pl.concat(parts)


def _contract(name: str) -> Contract | None:
    """Return the contract that a source's name means, None where it means none."""
    try:
        return read_name(Path(name).stem)[0]
    except InputError:
        return None


def _day(instant: int) -> Any:
    return datetime.fromtimestamp(instant // NANOSECONDS, ZoneInfo(TIMEZONE)).date()
