"""The quotes of all contracts of one day at the same moments, so that contracts can be held against each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nfolab.lake.auditing.checks import Windows
from nfolab.lake.contracts import ContractKey, contract_name
from nfolab.lake.packing.repeats import Int64
from nfolab.lake.reader import ContractsFile
from nfolab.lake.schema import NANOSECONDS

Float32 = NDArray[np.float32]

SAMPLE_SECONDS: Final = 60
FRESH_SECONDS: Final = 15
"""A quote older than this is unknown at a moment; that quotes differ in age by seconds averages out over a day."""

_ROWS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Quotes:
    """Best quotes and last prices as of each moment.

    Attributes:
        underlying: Whose options.
        contracts: In the order of the lake: by expiry, kind, strike.
        times: int64 [moments], nanoseconds since 1970 UTC.
        bid: float32 [contracts, moments], paise; 0 where nobody bids, NaN where the quote is crossed, locked, without
            an ask, or too old.
        ask: float32 [contracts, moments], likewise; never 0.
        last: float32 [contracts, moments], the last price; NaN where the row is too old.
    """

    underlying: str
    contracts: tuple[ContractKey, ...]
    times: Int64
    bid: Float32
    ask: Float32
    last: Float32

    def name(self, place: int) -> str:
        """Return a contract's name as the ledger tells it."""
        return contract_name(self.underlying, self.contracts[place])


def moments(windows: Windows) -> Int64:
    """Return the moments of a session, int64, every minute within its windows."""
    step = SAMPLE_SECONDS * NANOSECONDS
    return np.concatenate(
        [
            np.arange(opening + step, closing + 1, step)
            for opening, closing in zip(windows.opens, windows.closes, strict=True)
        ]
    )


def as_of(stamps: Int64, times: Int64, fresh: int) -> tuple[Int64, NDArray[np.bool_]]:
    """Return the place of the newest of `stamps` at or before each time, and whether it is at most `fresh` old."""
    place = np.searchsorted(stamps, times, "right") - 1
    known = place >= 0
    known[known] = times[known] - stamps[place[known]] <= fresh
    return np.maximum(place, 0), known


def quotes_of(underlying: str, file: ContractsFile, windows: Windows) -> Quotes:
    """Read the quotes of a day's options, a few contracts at a time."""
    times = moments(windows)
    index = file.contracts
    bid, ask, last = (np.full((len(index), len(times)), np.nan, dtype=np.float32) for _ in range(3))
    for numbers in _portions(index.rows, index.row_group):
        read = file.read(numbers, ("timestamp", "bp0_paise", "sp0_paise", "price_paise"))
        ends = np.cumsum(index.rows[numbers])
        for number, start, end in zip(numbers, [0, *ends[:-1].tolist()], ends.tolist(), strict=True):
            place, known = as_of(read["timestamp"][start:end], times, FRESH_SECONDS * NANOSECONDS)
            place += start
            best_bid, best_ask = read["bp0_paise"][place], read["sp0_paise"][place]
            quoted = known & (best_ask > best_bid)
            bid[number, quoted], ask[number, quoted] = best_bid[quoted], best_ask[quoted]
            last[number, known] = read["price_paise"][place[known]]
    return Quotes(underlying, tuple(index.keys()), times, bid, ask, last)


def _portions(rows: Int64, row_group: NDArray[np.int32]) -> Iterator[list[int]]:
    """Yield the numbers of contracts in portions of whole row groups, about a million rows each."""
    portion: list[int] = []
    held = 0
    for group in np.unique(row_group).tolist():
        members = np.flatnonzero(row_group == group)
        portion += members.tolist()
        held += int(rows[members].sum())
        if held >= _ROWS_AT_ONCE:
            yield portion
            portion, held = [], 0
    if portion:
        yield portion
