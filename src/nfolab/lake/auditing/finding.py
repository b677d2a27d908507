"""One line of the ledger of data quality."""

from dataclasses import dataclass

import numpy as np

from nfolab.lake.packing.repeats import Bool, Int64


@dataclass(frozen=True)
class Finding:
    """One line of the ledger, about one contract or, with an empty name, about the whole day.

    Attributes:
        first: When, nanoseconds since 1970 UTC; None where no time can be told.
        worst: In the unit that `note` names; None where nothing is worse than another.
        rows: How many rows (of the contract that day) or samples were looked at; None where `count` is no part of them.
    """

    contract: str
    check: str
    count: int
    first: int | None = None
    last: int | None = None
    worst: float | None = None
    note: str | None = None
    rows: int | None = None


def marked(contract: str, check: str, stamps: Int64, mask: Bool, worst: float | None, note: str) -> list[Finding]:
    """Return the finding of the rows that `mask` marks, none where it marks none."""
    places = np.flatnonzero(mask)
    if not len(places):
        return []
    first, last = int(stamps[places[0]]), int(stamps[places[-1]])
    return [Finding(contract, check, len(places), first, last, worst, note, len(stamps))]


def longest_run(mask: Bool) -> int:
    """Return the length of the longest stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))
