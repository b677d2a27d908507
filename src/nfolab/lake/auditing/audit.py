"""The ledger of the whole lake, each line with its severity."""

from collections.abc import Callable
from datetime import date

import polars as pl

from nfolab.base.errors import InputError
from nfolab.lake.auditing.joint import joint_ledgers
from nfolab.lake.auditing.severity import severities
from nfolab.lake.auditing.without_day import refused_without_day
from nfolab.lake.layout import audit_file
from nfolab.lake.reader import Lake, read_ledger


def audit(lake: Lake, day: date | None = None, month: str | None = None) -> pl.DataFrame:
    """Return what the audit found: a line a finding (`lake.ledger.LEDGER_SCHEMA`), and its `severity` as text.

    Rows refused of contracts of which nothing was kept are told too, on the day of the earliest of them. Where no row
    tells a day, they belong to no day and no month.

    Args:
        lake: The lake.
        day: Only this day.
        month: Only this month, as `2025-12`.

    Raises:
        InputError: the lake has nothing of that day or month, or a ledger is damaged.
    """
    found = findings_of_days(lake, lambda one: day in (None, one) and month in (None, f"{one:%Y-%m}"))
    if day is not None or month is not None:
        found = found.filter(pl.col("day").is_not_null())
    if found.is_empty():
        first, last = lake.entries[0].day, lake.entries[-1].day
        raise InputError(f"the lake {lake.root} has nothing of {day or month}: its days go from {first} to {last}")
    return found


def findings_of_days(lake: Lake, wanted: Callable[[date], bool]) -> pl.DataFrame:
    """Return the findings of the days wanted and those of no day, with their severity; none if there are none."""
    entries = [one for one in lake.days() if wanted(one.day)]
    without_day = refused_without_day(lake.root)
    days = {one for one in without_day["day"].unique() if one is None or wanted(one)}
    ledgers = [
        *(read_ledger(audit_file(lake.root, *entry.key)) for entry in entries),
        *joint_ledgers(lake, {entry.day for entry in entries}),
        without_day.filter(pl.col("day").is_in(list(days), nulls_equal=True)),
    ]
    found = pl.concat(ledgers)
    return found.with_columns(severities(found))
