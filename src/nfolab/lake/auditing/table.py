"""The audit as a table that SQL can ask."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from nfolab.lake.auditing.audit import findings_of_days
from nfolab.lake.auditing.pinned import Pin
from nfolab.lake.reader import Lake


class AuditTable:
    """What `nfolab lake audit` tells; a question that fixes `day` reads the ledgers of those days alone."""

    name = "audit"
    needed: Mapping[str, str] = {}

    def rows(self, lake: Lake, pins: Mapping[str, Pin]) -> pl.DataFrame:
        """Return the lines on which every pin may hold; clocks in microseconds, which DuckDB can reckon with."""
        days = pins.get("day")

        def wanted(day: date) -> bool:
            return days is None or days.holds(day.isoformat())

        return findings_of_days(lake, wanted).with_columns(pl.col("first", "last").dt.cast_time_unit("us"))
