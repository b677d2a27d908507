"""The ledger of the whole lake, each line with its severity."""

from datetime import date

import polars as pl

from nfolab.base.errors import InputError
from nfolab.base.snapshot import DataKind
from nfolab.lake.auditing.joint import joint_ledgers
from nfolab.lake.auditing.severity import severities
from nfolab.lake.layout import audit_file
from nfolab.lake.reader import Lake, read_ledger


def audit(lake: Lake, day: date | None = None, month: str | None = None) -> pl.DataFrame:
    """Return what the audit found: a line a finding (`lake.ledger.LEDGER_SCHEMA`), and its `severity` as text.

    Args:
        lake: The lake.
        day: Only this day.
        month: Only this month, as `2025-12`.

    Raises:
        InputError: the lake has nothing of that day or month, or a ledger is damaged.
    """
    entries = [one for one in lake.days() if day in (None, one.day) and month in (None, f"{one.day:%Y-%m}")]
    if not entries:
        first, last = lake.entries[0].day, lake.entries[-1].day
        raise InputError(f"the lake {lake.root} has nothing of {day or month}: its days go from {first} to {last}")
    with_options = [(entry.underlying, entry.day) for entry in entries if entry.kind == DataKind.OPTIONS]
    found = pl.concat(
        [*(read_ledger(audit_file(lake.root, *entry.key)) for entry in entries), *joint_ledgers(lake, with_options)]
    )
    return found.with_columns(severities(found))
