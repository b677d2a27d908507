"""What the audit looks for in the rows of one contract (or of one underlying's spot) on one day.

Every check is a pure function of ordered rows. A finding counts rows (or gaps), says when the first and the last were,
and how bad the worst was, in the unit that the check's note names.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from nfolab.base.snapshot import LEVELS, TIMEZONE
from nfolab.base.units import PAISE_PER_RUPEE, TICK_PAISE
from nfolab.lake.repeats import Bool, Int64, Repeats, plain_numbers
from nfolab.lake.schema import GAP, NANOSECONDS

GAP_CHECK: Final = "gap"
LATE_START: Final = "late start"
EARLY_END: Final = "early end"
BACKWARD_VOLUME: Final = "backward volume"
REPEATED_ROW: Final = "repeated row"
REPEATED_BOOK: Final = "repeated book"
EXACT_DUPLICATE: Final = "exact duplicate"
CROSSED_BOOK: Final = "crossed book"
EMPTY_BOOK: Final = "empty book"
ZERO_PRICE: Final = "zero price"
OFF_TICK: Final = "off tick"
FEED_DELAY: Final = "feed delay"

_PRICES = ("price_paise", *(f"{side}p{level}_paise" for side in "bs" for level in range(LEVELS)))


@dataclass(frozen=True)
class Finding:
    """One line of the ledger, about one contract or, with an empty name, about the whole day.

    Attributes:
        first: When, nanoseconds since 1970 UTC; None where no time can be told.
        worst: In the unit that `note` names; None where nothing is worse than another.
    """

    contract: str
    check: str
    count: int
    first: int | None = None
    last: int | None = None
    worst: float | None = None
    note: str | None = None


@dataclass(frozen=True)
class Windows:
    """The session's windows: opens and closes in nanoseconds since 1970 UTC, in order, closes inclusive."""

    opens: Int64
    closes: Int64

    def within(self, before: Int64, after: Int64) -> Bool:
        """Say which pairs of instants lie in one window, so that a pause between windows is no gap."""
        place: Bool = np.searchsorted(self.opens, before, "right") == np.searchsorted(self.opens, after, "right")
        return place


def filled(rows: pl.DataFrame, column: str) -> Int64:
    """Return an integer column as int64, nulls as 0."""
    return plain_numbers(rows[column]).astype(np.int64, copy=False)


def _longest_run(mask: Bool) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _marked(contract: str, check: str, stamps: Int64, mask: Bool, worst: float | None, note: str) -> list[Finding]:
    places = np.flatnonzero(mask)
    if not len(places):
        return []
    first, last = int(stamps[places[0]]), int(stamps[places[-1]])
    return [Finding(contract, check, len(places), first, last, worst, note)]


def silences(contract: str, stamps: Int64, windows: Windows) -> list[Finding]:
    """Find gaps (silences above 5 s, from the first's beginning to the last's end), late start and early end."""
    found = []
    waits = np.diff(stamps)
    gaps = np.flatnonzero((waits > GAP) & windows.within(stamps[:-1], stamps[1:]))
    if len(gaps):
        longest = int(gaps[np.argmax(waits[gaps])])
        found.append(
            Finding(
                contract,
                GAP_CHECK,
                len(gaps),
                int(stamps[gaps[0]]),
                int(stamps[gaps[-1] + 1]),
                waits[longest] / NANOSECONDS,
                f"seconds; the longest ends at {_clock(int(stamps[longest + 1]))}",
            )
        )
    first, last = int(stamps[0]), int(stamps[-1])
    if first - windows.opens[0] > GAP:
        found.append(_off(contract, LATE_START, first, first - windows.opens[0], "seconds after the session's open"))
    if windows.closes[-1] - last > GAP:
        found.append(_off(contract, EARLY_END, last, windows.closes[-1] - last, "seconds before the session's close"))
    return found


def _off(contract: str, check: str, instant: int, by: int, note: str) -> Finding:
    return Finding(contract, check, 1, instant, instant, by / NANOSECONDS, note)


def _clock(instant: int) -> str:
    return datetime.fromtimestamp(instant // NANOSECONDS, ZoneInfo(TIMEZONE)).strftime("%H:%M:%S")


def _backward_volume(contract: str, rows: pl.DataFrame, stamps: Int64) -> list[Finding]:
    volume = filled(rows, "volume")
    falls = np.concatenate(([0], volume[:-1] - volume[1:]))
    if rows["volume"].null_count():
        missing = rows["volume"].is_null().to_numpy()
        falls[missing | np.concatenate(([False], missing[:-1]))] = 0
    return _marked(contract, BACKWARD_VOLUME, stamps, falls > 0, float(falls.max()), "units, the largest fall")


def _repeated(contract: str, stamps: Int64, repeated: Repeats) -> list[Finding]:
    book, row = repeated.book, repeated.row
    return [
        *_marked(contract, REPEATED_ROW, stamps, row, _longest_run(row), "rows, the longest run; clocks apart"),
        *_marked(contract, REPEATED_BOOK, stamps, book, _longest_run(book), "rows, the longest run; all five levels"),
    ]


def _best_quotes(contract: str, rows: pl.DataFrame, stamps: Int64) -> list[Finding]:
    bid, ask = filled(rows, "bp0_paise"), filled(rows, "sp0_paise")
    both = (bid > 0) & (ask > 0)
    crossed = both & (bid >= ask)
    empty = ~both | (filled(rows, "bq0") <= 0) | (filled(rows, "sq0") <= 0)
    over = float((bid - ask)[crossed].max(initial=0)) / PAISE_PER_RUPEE
    return [
        *_marked(contract, CROSSED_BOOK, stamps, crossed, over, "rupees by which the bid is above the ask"),
        *_marked(contract, EMPTY_BOOK, stamps, empty, _longest_run(empty), "rows, the longest run without a side"),
    ]


def zero_prices(contract: str, rows: pl.DataFrame, stamps: Int64) -> list[Finding]:
    """Find rows whose last price is missing or zero."""
    zero = filled(rows, "price_paise") <= 0
    return _marked(contract, ZERO_PRICE, stamps, zero, _longest_run(zero), "rows, the longest run")


def _off_tick(contract: str, rows: pl.DataFrame, stamps: Int64) -> list[Finding]:
    off = np.zeros(rows.height, dtype=np.int64)
    for name in _PRICES:
        beyond = filled(rows, name) % TICK_PAISE
        np.maximum(off, np.minimum(beyond, TICK_PAISE - beyond), out=off)
    note = "rupees from the nearest multiple of 0.05, last price or book"
    return _marked(contract, OFF_TICK, stamps, off > 0, float(off.max()) / PAISE_PER_RUPEE, note)


_OPTION_CHECKS: tuple[Callable[[str, pl.DataFrame, Int64], list[Finding]], ...] = (
    _backward_volume,
    _best_quotes,
    zero_prices,
    _off_tick,
)


def option_findings(contract: str, rows: pl.DataFrame, repeated: Repeats, windows: Windows) -> list[Finding]:
    """Return what the audit finds in one contract's ordered rows, of which `repeated` tells the repeats."""
    stamps: Int64 = rows["timestamp"].to_physical().to_numpy()
    return [
        *silences(contract, stamps, windows),
        *_repeated(contract, stamps, repeated),
        *(finding for check in _OPTION_CHECKS for finding in check(contract, rows, stamps)),
    ]


def spot_findings(name: str, rows: pl.DataFrame) -> list[Finding]:
    """Return what the audit finds in one underlying's ordered spot rows; its silences are those of the day."""
    stamps: Int64 = rows["timestamp"].to_physical().to_numpy()
    return zero_prices(name, rows, stamps)
