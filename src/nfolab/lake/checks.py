"""What the audit looks for in the rows of one contract (or of one underlying's spot) on one day.

Every check is a pure function of ordered rows. A finding counts rows (or gaps), says when the first and the last were,
and how bad the worst was, in the unit that the check's note names.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfolab.base.snapshot import LEVELS, TIMEZONE
from nfolab.base.units import PAISE_PER_RUPEE, TICK_PAISE
from nfolab.lake.schema import BOOK_COLUMNS, CLOCKS, GAP, NANOSECONDS, SNAPSHOT_COLUMNS

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
_OTHERS = tuple(name for name in SNAPSHOT_COLUMNS if name not in BOOK_COLUMNS and name not in CLOCKS)

Bool = NDArray[np.bool_]
Int64 = NDArray[np.int64]


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
    return _numbers(rows[column]).astype(np.int64, copy=False)


def _numbers(values: pl.Series) -> NDArray[Any]:
    """Return a column of numbers or clocks as an array, nulls as 0; nothing is copied where there are none."""
    plain = values.to_physical()
    return (plain.fill_null(0) if plain.null_count() else plain).to_numpy()


def _equal_to_previous(rows: pl.DataFrame, columns: Sequence[str], among: Int64) -> Int64:
    """Return those of the places `among` (none is 0) at which the row equals the one before in all of `columns`."""
    for name in columns:
        values = rows[name]
        if values.null_count() == rows.height:
            continue
        numbers = _numbers(values)
        among = among[numbers[among] == numbers[among - 1]]
        if values.null_count():
            missing = values.is_null().to_numpy()
            among = among[missing[among] == missing[among - 1]]
    return among


def _mask(places: Int64, rows: int) -> Bool:
    mask = np.zeros(rows, dtype=np.bool_)
    mask[places] = True
    return mask


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


def _repeats(contract: str, rows: pl.DataFrame, stamps: Int64) -> list[Finding]:
    same_book = _equal_to_previous(rows, BOOK_COLUMNS, np.arange(1, rows.height))
    book = _mask(same_book, rows.height)
    row = _mask(_equal_to_previous(rows, _OTHERS, same_book), rows.height)
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
    _repeats,
    _best_quotes,
    zero_prices,
    _off_tick,
)


def option_findings(contract: str, rows: pl.DataFrame, windows: Windows) -> list[Finding]:
    """Return what the audit finds in one contract's ordered rows."""
    stamps: Int64 = rows["timestamp"].to_physical().to_numpy()
    return [
        *silences(contract, stamps, windows),
        *(finding for check in _OPTION_CHECKS for finding in check(contract, rows, stamps)),
    ]


def spot_findings(name: str, rows: pl.DataFrame) -> list[Finding]:
    """Return what the audit finds in one underlying's ordered spot rows; its silences are those of the day."""
    stamps: Int64 = rows["timestamp"].to_physical().to_numpy()
    return zero_prices(name, rows, stamps)
