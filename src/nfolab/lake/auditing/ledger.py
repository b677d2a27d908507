"""The ledger of data quality of one day file: gathered while the day is written, stored beside it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from nfolab.base.snapshot import TIMEZONE, DataKind
from nfolab.lake.auditing import checks, constancy
from nfolab.lake.auditing.checks import Windows
from nfolab.lake.auditing.finding import Finding
from nfolab.lake.contracts import midnight
from nfolab.lake.provenance import SourceShare
from nfolab.lake.schema import GAP, NANOSECONDS
from nfolab.market.sessions import session
from nfolab.vendor.batch import RefusedRows, total_by_reason

SECONDS_OF_DAY = 86_400
REFUSED = "refused"

SUPERSEDED = "superseded"
_OF_TIMES = (
    REFUSED,
    SUPERSEDED,
    checks.GAP_CHECK,
    checks.LATE_START,
    checks.EARLY_END,
    checks.BACKWARD_TIME,
    checks.EXACT_DUPLICATE,
)
_OF_BEST_QUOTES = (checks.CROSSED_BOOK, checks.LOCKED_BOOK, checks.EMPTY_BOOK)
_OF_ROWS = (checks.TWO_ROWS_AT_ONE_TIME, checks.ZERO_PRICE)
_OF_SNAPSHOTS = (
    *_OF_TIMES,
    *_OF_ROWS,
    *_OF_BEST_QUOTES,
    checks.REPEATED_ROW,
    checks.REPEATED_BOOK,
    checks.BACKWARD_VOLUME,
    checks.OFF_TICK,
    constancy.CHANGING_CLOSE,
    constancy.CHANGING_OPEN,
    constancy.SHRINKING_RANGE,
    constancy.OUTSIDE_THE_RANGE,
    checks.FEED_DELAY,
)
_OF_SERIES = (*_OF_TIMES, *_OF_ROWS, checks.STALE_STRETCH)

MADE: Mapping[str, tuple[str, ...]] = {
    DataKind.OPTIONS: _OF_SNAPSHOTS,
    DataKind.FUTURES: _OF_SNAPSHOTS,
    DataKind.SPOT: _OF_SERIES,
    DataKind.VIX: _OF_SERIES,
    DataKind.EQUITY: _OF_SERIES,
    DataKind.CHAIN: (*_OF_TIMES, *_OF_ROWS, *_OF_BEST_QUOTES, checks.REPEATED_ROW, checks.ZERO_VOLATILITY),
}
"""The checks that are made of every day file of a kind."""

LEDGER_SCHEMA: dict[str, pl.DataType] = {
    "day": pl.Date(),
    "underlying": pl.String(),
    "contract": pl.String(),
    "check": pl.String(),
    "count": pl.Int64(),
    "first": pl.Datetime("ns", TIMEZONE),
    "last": pl.Datetime("ns", TIMEZONE),
    "worst": pl.Float64(),
    "note": pl.String(),
    "kind": pl.String(),
    "rows": pl.Int64(),
}


def session_windows(day: date) -> Windows:
    """Return the windows of a day's session as instants; raise InputError where there is no session."""
    start = midnight(day)
    windows = session(day).windows
    opens, closes = (
        np.array([start + window[end].second_of_day * NANOSECONDS for window in windows]) for end in (0, 1)
    )
    return Windows(opens, closes)


class CoveredSeconds:
    """Which seconds of a day had a row of any contract."""

    def __init__(self, day: date, windows: Windows) -> None:
        self._start = midnight(day)
        self._windows = windows
        self._covered = np.zeros(SECONDS_OF_DAY, dtype=np.bool_)

    def add(self, stamps: NDArray[np.int64]) -> None:
        """Mark the seconds of these instants."""
        self._covered[(stamps - self._start) // NANOSECONDS] = True

    def stamps(self) -> NDArray[np.int64]:
        """Return the seconds that had a row, in nanoseconds since 1970 UTC."""
        return np.flatnonzero(self._covered) * NANOSECONDS + self._start

    def findings(self, bound: int = GAP) -> list[Finding]:
        """Return the seconds covered, each gap common to all contracts, and the day's late start and early end.

        Args:
            bound: A longer silence is a gap, in nanoseconds; for a chain `checks.chain_gap` of the seconds covered.
        """
        stamps = self.stamps()
        silences = checks.silences("", stamps, self._windows, bound)
        return [
            checks.coverage("", stamps, self._windows),
            *(finding for finding in silences if finding.check != checks.GAP_CHECK),
            *self._gaps(stamps, bound),
        ]

    def _gaps(self, stamps: NDArray[np.int64], bound: int) -> list[Finding]:
        waits = np.diff(stamps)
        gaps = np.flatnonzero((waits > bound) & self._windows.within(stamps[:-1], stamps[1:]))
        note = "seconds in which no contract had a row: from first to last"
        return [
            Finding("", checks.GAP_CHECK, 1, int(stamps[g]), int(stamps[g + 1]), waits[g] / NANOSECONDS, note)
            for g in gaps
        ]


def counted_findings(shares: Sequence[SourceShare], kept: Mapping[str, int]) -> list[Finding]:
    """Return the findings about rows that are not in the file: refused by the reader, or exact duplicates."""
    found = []
    refusing: dict[str, list[SourceShare]] = defaultdict(list)
    stayed: Counter[str] = Counter()
    for share in shares:
        stayed.update(share.passed)
        stayed.subtract({contract: _count(winners) for contract, winners in share.superseded.items()})
        for contract in share.refused:
            refusing[contract].append(share)
    for contract, its in sorted(refusing.items()):
        refused = total_by_reason(share.refused[contract] for share in its)
        names = ", ".join(sorted({share.name for share in its}))
        found += [
            Finding(
                contract,
                f"{REFUSED}: {reason}",
                rows.count,
                rows.first,
                rows.last,
                note=f"rows of {names}",
                rows=kept.get(contract),
            )
            for reason, rows in refused.items()
        ]
    for contract, rows in sorted(kept.items()):
        dropped = stayed[contract] - rows
        if dropped:
            note = "rows equal to another in every column, dropped"
            found.append(Finding(contract, checks.EXACT_DUPLICATE, dropped, note=note, rows=rows))
    return found


def _count(parts: Mapping[str, RefusedRows]) -> int:
    return sum(rows.count for rows in parts.values())


def summary(kind: str, findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many findings each check of a day file made, zeros included."""
    return _counted(MADE[kind], findings)


def _counted(checks_made: Sequence[str], findings: Iterable[Finding]) -> dict[str, int]:
    found = Counter(_family(finding) for finding in findings)
    return {check: found[check] for check in checks_made}


def _family(finding: Finding) -> str:
    return finding.check.split(":")[0]


def ledger(
    kind: str, underlying: str, day: date, findings: Sequence[Finding], made: Sequence[str] | None = None
) -> pl.DataFrame:
    """Return the ledger (LEDGER_SCHEMA): about the day, then by contract; a check that found nothing says so.

    Args:
        kind: That of the day file, or `joint`.
        underlying: Whose day.
        day: The day.
        findings: In any order.
        made: The checks that were made; None for those of a day file of that kind.
    """
    counted = _counted(MADE[kind] if made is None else made, findings)
    clean = [Finding("", check, 0, note="nothing found") for check, count in counted.items() if not count]
    lines = sorted([*findings, *clean], key=lambda one: (one.contract, one.check, one.first or 0))
    return frame_of(kind, underlying, day, lines)


def frame_of(kind: str, underlying: str | None, day: date | None, lines: Sequence[Finding]) -> pl.DataFrame:
    """Return findings as lines (LEDGER_SCHEMA), in the order given."""
    instants = {
        name: pl.Series([getattr(line, name) for line in lines], dtype=pl.Int64)
        .cast(pl.Datetime("ns", "UTC"))
        .dt.convert_time_zone(TIMEZONE)
        for name in ("first", "last")
    }
    return pl.DataFrame(
        {
            "day": [day] * len(lines),
            "underlying": [underlying] * len(lines),
            "contract": [line.contract or None for line in lines],
            "check": [line.check for line in lines],
            "count": [line.count for line in lines],
            **instants,
            "worst": [None if line.worst is None else float(line.worst) for line in lines],
            "note": [line.note for line in lines],
            "kind": [kind] * len(lines),
            "rows": [line.rows for line in lines],
        },
        schema=LEDGER_SCHEMA,
    )


def write_table(table: pl.DataFrame, path: Path, metadata: Mapping[str, str]) -> None:
    """Write a small table as Parquet; the bytes depend on nothing but the arguments."""
    arrow = table.to_arrow().combine_chunks().replace_schema_metadata(dict(metadata))
    pq.write_table(arrow.cast(plain_strings(arrow.schema)), path, compression="zstd")


def plain_strings(schema: pa.Schema) -> pa.Schema:
    """Return a schema in which every text is stored as a plain string, as all readers know it."""
    fields = [pa.field(one.name, pa.string() if _is_text(one.type) else one.type) for one in schema]
    return pa.schema(fields, metadata=schema.metadata)


def _is_text(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_large_string(dtype) or pa.types.is_string_view(dtype))
