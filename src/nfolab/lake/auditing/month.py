"""What the audit found in one month: by day and check, the worst findings, the worst day by contract and minute."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfolab.base.errors import InputError
from nfolab.base.snapshot import DataKind, SourceKind
from nfolab.lake.auditing.audit import audit
from nfolab.lake.auditing.ledger import session_windows
from nfolab.lake.auditing.severity import Severity
from nfolab.lake.catalogue import Entry
from nfolab.lake.contracts import ContractKey, midnight
from nfolab.lake.reader import Lake
from nfolab.lake.schema import NANOSECONDS

TOP_FINDINGS: Final = 20

NO_UNDERLYING: Final = "of no known underlying"

_MINUTE = 60


@dataclass(frozen=True)
class Cell:
    """What one check found on one day: the worst level, how many findings, and the count of all of them."""

    severity: Severity
    findings: int
    count: int


@dataclass(frozen=True)
class Coverage:
    """How the contracts of one day are covered.

    Attributes:
        contracts: In the order of the lake.
        first_minute: Of the day, minutes since midnight IST.
        share: float64 [contracts, minutes], the part of each minute's seconds that have a row.
    """

    underlying: str
    day: date
    contracts: tuple[ContractKey, ...]
    first_minute: int
    share: NDArray[np.float64]


@dataclass(frozen=True)
class AuditMonth:
    """A month.

    Attributes:
        month: As `2025-12`.
        entries: The day files.
        cells: By (underlying, kind) and check, the days on which something was found.
        levels: By level, how many findings.
        top: The worst findings, worst first; `more` counts the others of their check, level and day.
        coverage: Of the worst day that has options; None where no day has any.
    """

    month: str
    source: SourceKind
    entries: Sequence[Entry]
    cells: dict[tuple[str, str], dict[str, dict[date, Cell]]]
    levels: dict[Severity, int]
    top: pl.DataFrame
    coverage: Coverage | None

    @property
    def days(self) -> list[date]:
        """The days of which there is anything."""
        return sorted({entry.day for entry in self.entries})


def checked_month(text: str) -> str:
    """Return a month written 2025-12; raise InputError for anything else."""
    try:
        return f"{date.fromisoformat(f'{text}-01'):%Y-%m}"
    except ValueError:
        raise InputError(f"{text!r} is not a month: write it as 2025-12") from None


def audit_month(lake: Lake, month: str) -> AuditMonth:
    """Put a month together; raise InputError where the lake has nothing of it, or a ledger is damaged."""
    ledger = audit(lake, month=month).with_columns(
        pl.col("check").str.replace(r":.*", "").alias("family"), pl.col("underlying").fill_null(NO_UNDERLYING)
    )
    found = ledger.filter(pl.col("count") > 0).with_columns(
        pl.col("severity").replace_strict({one.value: place for place, one in enumerate(Severity)}).alias("level")
    )
    entries = [entry for entry in lake.entries if f"{entry.day:%Y-%m}" == month]
    by_level = found.group_by("severity").len()
    counts = dict(by_level.iter_rows())
    return AuditMonth(
        month,
        lake.source,
        entries,
        _cells(ledger, found),
        {one: counts.get(one.value, 0) for one in Severity if one is not Severity.CLEAN},
        _worst(found),
        _coverage(lake, _worst_day(found, entries)),
    )


def _worst(found: pl.DataFrame) -> pl.DataFrame:
    """Return the worst findings; of those of one check, level and day the worst alone, `more` counts the others."""
    by = ("underlying", "day", "family", "severity")
    contract = pl.col("contract").is_not_null()
    ordered = found.sort(
        "level", contract, "worst", "count", descending=[True, False, True, True], nulls_last=True, maintain_order=True
    )
    first = ordered.group_by(by, maintain_order=True).agg(pl.all().first(), (pl.len() - 1).alias("more"))
    return first.head(TOP_FINDINGS)


def _cells(ledger: pl.DataFrame, found: pl.DataFrame) -> dict[tuple[str, str], dict[str, dict[date, Cell]]]:
    cells: dict[tuple[str, str], dict[str, dict[date, Cell]]] = {}
    for underlying, kind, check in ledger.select("underlying", "kind", "family").unique().sort(pl.all()).iter_rows():
        cells.setdefault((underlying, kind), {})[check] = {}
    grouped = found.group_by("underlying", "kind", "family", "day").agg(pl.max("level"), pl.len(), pl.sum("count"))
    levels = list(Severity)
    for underlying, kind, check, day, level, findings, count in grouped.iter_rows():
        cells[underlying, kind][check][day] = Cell(levels[level], findings, count)
    return cells


def _worst_day(found: pl.DataFrame, entries: Sequence[Entry]) -> tuple[str, date] | None:
    """Return the day with options that has the worst finding, of several that with most of them."""
    with_options = {(entry.underlying, entry.day) for entry in entries if entry.kind == DataKind.OPTIONS}
    levels = len(Severity)
    tallies = {one: [0] * levels for one in sorted(with_options)}
    for underlying, day, level, count in found.group_by("underlying", "day", "level").len().iter_rows():
        if (underlying, day) in tallies:
            tallies[underlying, day][levels - 1 - level] = count
    return max(tallies, key=lambda one: tallies[one], default=None)


def _coverage(lake: Lake, worst: tuple[str, date] | None) -> Coverage | None:
    if worst is None:
        return None
    underlying, day = worst
    file = lake.options(underlying, day)
    windows = session_windows(day)
    start = midnight(day)
    first = int((windows.opens[0] - start) // NANOSECONDS // _MINUTE)
    last = int((windows.closes[-1] - start) // NANOSECONDS // _MINUTE)
    share = np.zeros((len(file.contracts), last - first + 1))
    for number in range(len(share)):
        seconds = np.unique((file.read([number], ("timestamp",))["timestamp"] - start) // NANOSECONDS)
        share[number] = np.bincount(seconds // _MINUTE - first, minlength=share.shape[1]) / _MINUTE
    return Coverage(underlying, day, tuple(file.contracts.keys()), first, share)
