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

from nfolab.base.snapshot import LEVELS, TIMEZONE, DataKind, schema_of
from nfolab.base.units import PAISE_PER_RUPEE, TICK_PAISE
from nfolab.lake.auditing.constancy import constancy_findings
from nfolab.lake.auditing.finding import Finding, longest_run, marked
from nfolab.lake.packing.repeats import Bool, Int64, Repeats, equal_to_previous
from nfolab.lake.schema import GAP, NANOSECONDS
from nfolab.vendor.block import Block

GAP_CHECK: Final = "gap"
LATE_START: Final = "late start"
EARLY_END: Final = "early end"
BACKWARD_VOLUME: Final = "backward volume"
BACKWARD_TIME: Final = "backward time"
REPEATED_ROW: Final = "repeated row"
REPEATED_BOOK: Final = "repeated book"
EXACT_DUPLICATE: Final = "exact duplicate"
TWO_ROWS_AT_ONE_TIME: Final = "two rows at one time"
CROSSED_BOOK: Final = "crossed book"
LOCKED_BOOK: Final = "locked book"
EMPTY_BOOK: Final = "empty book"
ZERO_PRICE: Final = "zero price"
OFF_TICK: Final = "off tick"
FEED_DELAY: Final = "feed delay"
SECONDS_COVERED: Final = "seconds covered"
STALE_STRETCH: Final = "stale stretch"
ZERO_VOLATILITY: Final = "zero volatility"

STANDING_STILL_SECONDS: Final = 60
STANDING_STILL: Final = STANDING_STILL_SECONDS * NANOSECONDS
_ROWS_STANDING_STILL = 20

_PRICES = ("price_paise", *(f"{side}p{level}_paise" for side in "bs" for level in range(LEVELS)))


@dataclass(frozen=True)
class Windows:
    """The session's windows: opens and closes in nanoseconds since 1970 UTC, in order, closes inclusive."""

    opens: Int64
    closes: Int64

    @property
    def seconds(self) -> int:
        """How many seconds the session has, each window's closing second included."""
        return int(((self.closes - self.opens) // NANOSECONDS + 1).sum())

    def within(self, before: Int64, after: Int64) -> Bool:
        """Say which pairs of instants lie in one window, so that a pause between windows is no gap."""
        place: Bool = np.searchsorted(self.opens, before, "right") == np.searchsorted(self.opens, after, "right")
        return place


def silences(contract: str, stamps: Int64, windows: Windows, bound: int = GAP) -> list[Finding]:
    """Find gaps (from the first's beginning to the last's end), late start and early end.

    Args:
        contract: The contract, or none for the whole day.
        stamps: int64 [rows], ascending, nanoseconds since 1970 UTC.
        windows: The session's.
        bound: A longer silence is a gap, in nanoseconds.
    """
    found = []
    waits = np.diff(stamps)
    gaps = np.flatnonzero((waits > bound) & windows.within(stamps[:-1], stamps[1:]))
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
    if first - windows.opens[0] > bound:
        found.append(_off(contract, LATE_START, first, first - windows.opens[0], "seconds after the session's open"))
    if windows.closes[-1] - last > bound:
        found.append(_off(contract, EARLY_END, last, windows.closes[-1] - last, "seconds before the session's close"))
    return found


def _off(contract: str, check: str, instant: int, by: int, note: str) -> Finding:
    return Finding(contract, check, 1, instant, instant, by / NANOSECONDS, note)


def _clock(instant: int) -> str:
    return datetime.fromtimestamp(instant // NANOSECONDS, ZoneInfo(TIMEZONE)).strftime("%H:%M:%S")


def _backward_volume(contract: str, rows: Block, stamps: Int64) -> list[Finding]:
    volume = rows["volume"]
    falls = np.concatenate(([0], volume[:-1] - volume[1:]))
    missing = rows.missing.get("volume")
    if missing is not None:
        falls[missing | np.concatenate(([False], missing[:-1]))] = 0
    return marked(contract, BACKWARD_VOLUME, stamps, falls > 0, float(falls.max()), "units, the largest fall")


def _repeated(contract: str, stamps: Int64, repeated: Repeats) -> list[Finding]:
    book, row = repeated.book, repeated.row
    return [
        *marked(contract, REPEATED_ROW, stamps, row, longest_run(row), "rows, the longest run; clocks apart"),
        *marked(contract, REPEATED_BOOK, stamps, book, longest_run(book), "rows, the longest run; all five levels"),
    ]


def _best_quotes(contract: str, rows: Block, stamps: Int64) -> list[Finding]:
    bid, ask = rows["bp0_paise"], rows["sp0_paise"]
    both = (bid > 0) & (ask > 0)
    crossed = both & (bid > ask)
    empty = ~both | (rows["bq0"] <= 0) | (rows["sq0"] <= 0)
    over = float((bid - ask)[crossed].max(initial=0)) / PAISE_PER_RUPEE
    return [
        *marked(contract, CROSSED_BOOK, stamps, crossed, over, "rupees by which the bid is above the ask"),
        *marked(contract, LOCKED_BOOK, stamps, both & (bid == ask), None, "rows whose best bid is the best ask"),
        *marked(contract, EMPTY_BOOK, stamps, empty, longest_run(empty), "rows, the longest run without a side"),
    ]


def _two_rows_at_one_time(contract: str, rows: Block, stamps: Int64) -> list[Finding]:
    again = np.zeros(rows.rows, dtype=np.bool_)
    again[1:] = stamps[1:] == stamps[:-1]
    note = "rows after the first with the very same time; equal rows are dropped before"
    return marked(contract, TWO_ROWS_AT_ONE_TIME, stamps, again, None, note)


def coverage(contract: str, stamps: Int64, windows: Windows) -> Finding:
    """Return how many of the session's seconds have a row, and of them all which part, in percent."""
    seconds = stamps // NANOSECONDS
    covered = 1 + int(np.count_nonzero(np.diff(seconds)))
    first, last = int(stamps[0]), int(stamps[-1])
    note = "percent of the session's seconds that have a row"
    return Finding(contract, SECONDS_COVERED, covered, first, last, 100.0 * covered / windows.seconds, note)


def zero_prices(contract: str, rows: Block, stamps: Int64) -> list[Finding]:
    """Find rows whose last price is missing or zero."""
    zero = rows["price_paise"] <= 0
    return marked(contract, ZERO_PRICE, stamps, zero, longest_run(zero), "rows, the longest run")


def _off_tick(contract: str, rows: Block, stamps: Int64) -> list[Finding]:
    off = np.zeros(rows.rows, dtype=np.int32)
    for name in _PRICES:
        beyond = rows[name] % TICK_PAISE
        np.maximum(off, np.minimum(beyond, TICK_PAISE - beyond), out=off)
    note = "rupees from the nearest multiple of 0.05, last price or book"
    return marked(contract, OFF_TICK, stamps, off > 0, float(off.max()) / PAISE_PER_RUPEE, note)


_CHAIN_VALUES = tuple(name for name in schema_of(DataKind.CHAIN) if name not in ("timestamp", "exchangeTime"))
_USUAL_WAITS = 2

_OPTION_CHECKS: tuple[Callable[[str, Block, Int64], list[Finding]], ...] = (
    constancy_findings,
    _backward_volume,
    _two_rows_at_one_time,
    _best_quotes,
    zero_prices,
    _off_tick,
)


def option_findings(contract: str, rows: Block, repeated: Repeats, windows: Windows) -> list[Finding]:
    """Return what the audit finds in the ordered rows of one option or future; `repeated` tells the repeats."""
    stamps: Int64 = rows["timestamp"]
    return [
        coverage(contract, stamps, windows),
        *silences(contract, stamps, windows),
        *_repeated(contract, stamps, repeated),
        *(finding for check in _OPTION_CHECKS for finding in check(contract, rows, stamps)),
    ]


def series_findings(name: str, rows: Block) -> list[Finding]:
    """Return what the audit finds in the ordered rows of an index, its VIX or a share; its silences are the day's."""
    stamps: Int64 = rows["timestamp"]
    return [
        *zero_prices(name, rows, stamps),
        *_two_rows_at_one_time(name, rows, stamps),
        *_standing_still(name, rows["price_paise"], stamps),
    ]


def _standing_still(name: str, price: Int64, stamps: Int64) -> list[Finding]:
    """Find the stretches in which rows come and their price does not change: a frozen feed."""
    starts = np.flatnonzero(np.diff(price, prepend=price[0] + 1))
    ends = np.append(starts[1:], len(price)) - 1
    lengths = stamps[ends] - stamps[starts]
    still = np.flatnonzero((lengths > STANDING_STILL) & (ends - starts >= _ROWS_STANDING_STILL))
    if not len(still):
        return []
    note = f"seconds, the longest of the stretches above {STANDING_STILL_SECONDS} s in which rows repeat one price"
    first, last = int(stamps[starts[still[0]]]), int(stamps[ends[still[-1]]])
    return [Finding(name, STALE_STRETCH, len(still), first, last, int(lengths[still].max()) / NANOSECONDS, note)]


def chain_findings(contract: str, rows: Block, windows: Windows) -> list[Finding]:
    """Return what the audit finds in one contract's ordered rows of an option chain.

    A chain is taken every minute or quarter of an hour, so that a gap is what exceeds twice its own usual wait.
    """
    stamps: Int64 = rows["timestamp"]
    same = np.zeros(rows.rows, dtype=np.bool_)
    same[equal_to_previous(rows, _CHAIN_VALUES, np.arange(1, rows.rows))] = True
    iv = rows["iv"]
    return [
        *silences(contract, stamps, windows, chain_gap(stamps, windows)),
        *marked(contract, REPEATED_ROW, stamps, same, longest_run(same), "rows, the longest run; clocks apart"),
        *marked(contract, ZERO_VOLATILITY, stamps, iv <= 0, longest_run(iv <= 0), "rows, the longest run"),
        *_two_rows_at_one_time(contract, rows, stamps),
        *_best_quotes(contract, rows, stamps),
        *zero_prices(contract, rows, stamps),
    ]


def chain_gap(stamps: Int64, windows: Windows) -> int:
    """Return the wait, in nanoseconds, beyond which a chain that was taken at these times has a gap."""
    waits = np.diff(stamps)
    waits = waits[windows.within(stamps[:-1], stamps[1:]) & (waits > 0)]
    return max(GAP, _USUAL_WAITS * int(np.median(waits))) if len(waits) else GAP
