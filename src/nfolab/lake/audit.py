"""The ledger of the whole lake."""

from datetime import date

import polars as pl

from nfolab.base.errors import InputError
from nfolab.lake.layout import audit_file
from nfolab.lake.reader import Lake, read_ledger


def audit(lake: Lake, day: date | None = None) -> pl.DataFrame:
    """Return what the audit found, of one day if asked: a line a finding, see `lake.ledger.LEDGER_SCHEMA`.

    Raises:
        InputError: the lake has nothing of that day, or a ledger is damaged.
    """
    entries = [entry for entry in lake.days() if day in (None, entry.day)]
    if not entries:
        first, last = lake.entries[0].day, lake.entries[-1].day
        raise InputError(f"the lake {lake.root} has nothing of {day}: its days go from {first} to {last}")
    return pl.concat([read_ledger(audit_file(lake.root, *entry.key)) for entry in entries])
