"""What must not change within a day, or only one way: the signs by which two contracts' rows in one file show.

The previous day's close is one value all day, and so is the first price once it is set; the day's high only rises, its
low only falls, and the last price lies between them but for the second or two by which a feed tells them late.
"""

from typing import Final

import numpy as np

from nfolab.base.units import PAISE_PER_RUPEE, TICK_PAISE
from nfolab.lake.auditing.finding import Finding, marked
from nfolab.lake.packing.repeats import Bool, Int64
from nfolab.lake.schema import NANOSECONDS
from nfolab.vendor.block import Block

CHANGING_CLOSE: Final = "changing close"
CHANGING_OPEN: Final = "changing open"
SHRINKING_RANGE: Final = "shrinking range"
OUTSIDE_THE_RANGE: Final = "outside the range"

RANGE_LAG_SECONDS: Final = 10
"""A feed tells a new high or low after the trade that made it: on real rows within 2 seconds."""

_RANGE_LAG = RANGE_LAG_SECONDS * NANOSECONDS


def constancy_findings(contract: str, rows: Block, stamps: Int64) -> list[Finding]:
    """Return what changes in one contract's ordered rows (snapshot columns) that cannot change within a day."""
    high, low = rows["high_paise"], rows["low_paise"]
    return [
        *_changing(contract, CHANGING_CLOSE, rows["close_paise"], stamps),
        *_changing(contract, CHANGING_OPEN, rows["open_paise"], stamps),
        *_shrinking_range(contract, high, low, stamps),
        *_outside_the_range(contract, rows["price_paise"], high, low, stamps),
    ]


def _changing(contract: str, check: str, paise: Int64, stamps: Int64) -> list[Finding]:
    there = paise > 0
    if not there.any() or paise[there.argmax()] == paise.max() == paise[there].min():
        return []
    values, counts = np.unique(paise[there], return_counts=True)
    commonest = int(values[counts.argmax()])
    apart = np.where(there, np.abs(paise - commonest), 0)
    note = f"rupees from {commonest / PAISE_PER_RUPEE:.2f}, the commonest of {len(values)} values"
    return marked(contract, check, stamps, apart > 0, float(apart.max()) / PAISE_PER_RUPEE, note)


def _shrinking_range(contract: str, high: Int64, low: Int64, stamps: Int64) -> list[Finding]:
    by = np.zeros(len(stamps), dtype=np.int64)
    for narrower in (high[:-1] - high[1:], low[1:] - low[:-1]):
        by[1:] = np.maximum(by[1:], narrower)
    by[1:][_unset(high, low)] = 0
    note = "rupees, the largest fall of the day's high or rise of its low"
    return marked(contract, SHRINKING_RANGE, stamps, by > 0, float(by.max(initial=0)) / PAISE_PER_RUPEE, note)


def _unset(high: Int64, low: Int64) -> Bool:
    set_: Bool = (high > 0) & (low > 0)
    return ~(set_[1:] & set_[:-1])


def _outside_the_range(contract: str, price: Int64, high: Int64, low: Int64, stamps: Int64) -> list[Finding]:
    beyond = np.flatnonzero((price > 0) & (high > 0) & (low > 0) & ((price > high) | (price < low)))
    by = np.zeros(len(stamps), dtype=np.int64)
    told = np.searchsorted(stamps, stamps[beyond] + _RANGE_LAG, "right") - 1
    by[beyond] = np.maximum(price[beyond] - high[told], low[told] - price[beyond])
    note = f"rupees by which a last price is outside the high and low told {RANGE_LAG_SECONDS} s later"
    return marked(contract, OUTSIDE_THE_RANGE, stamps, by > TICK_PAISE, float(by.max()) / PAISE_PER_RUPEE, note)
