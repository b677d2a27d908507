"""The quotes of all contracts of one day at the same moments, so that contracts can be held against each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

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
        close: float32 [contracts], the previous session's close; 0 where it is not told.
    """

    underlying: str
    contracts: tuple[ContractKey, ...]
    times: Int64
    bid: Float32
    ask: Float32
    last: Float32
    close: Float32

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
    """Read the quotes of a day's options as of every minute, a few contracts at a time."""
    gathered = _Gathered(file, moments(windows))
    for numbers in _portions(file.contracts.rows, file.contracts.row_group):
        read = file.read(numbers, (*_QUOTED, "close_paise"))
        for number, rows in _by_contract(file, numbers):
            here = {name: column[rows] for name, column in read.items()}
            gathered.take(number, here, here["close_paise"])
    return gathered.quotes(underlying)


def snapshots_of(underlying: str, file: ContractsFile) -> Quotes:
    """Read the quotes of an option chain as of each time it was taken.

    Rows that lie no more than 15 s apart are of one taking. The previous close is the price less its change.
    """
    numbers = list(range(len(file.contracts)))
    read = file.read(numbers, (*_QUOTED, "netChange_paise"))
    stamps = np.unique(read["timestamp"])
    gathered = _Gathered(file, stamps[np.diff(stamps, append=np.iinfo(np.int64).max) > FRESH_SECONDS * NANOSECONDS])
    for number, rows in _by_contract(file, numbers):
        here = {name: column[rows] for name, column in read.items()}
        gathered.take(number, here, here["price_paise"] - here["netChange_paise"])
    return gathered.quotes(underlying)


_QUOTED = ("timestamp", "bp0_paise", "sp0_paise", "price_paise")


class _Gathered:
    """Quotes as they are read, contract by contract."""

    def __init__(self, file: ContractsFile, times: Int64) -> None:
        self._contracts = tuple(file.contracts.keys())
        self._times = times
        shape = (len(self._contracts), len(times))
        self._bid, self._ask, self._last = (np.full(shape, np.nan, dtype=np.float32) for _ in range(3))
        self._close = np.zeros(len(self._contracts), dtype=np.float32)

    def take(self, number: int, rows: Mapping[str, NDArray[Any]], close: NDArray[np.int32]) -> None:
        """Take one contract's rows, and what they say of the previous close."""
        place, known = as_of(rows["timestamp"], self._times, FRESH_SECONDS * NANOSECONDS)
        best_bid, best_ask, price = (rows[name][place] for name in _QUOTED[1:])
        quoted = known & (best_ask > best_bid)
        self._bid[number, quoted], self._ask[number, quoted] = best_bid[quoted], best_ask[quoted]
        self._last[number, known] = price[known]
        told = close[place][known & (price > 0) & (close[place] > 0)]
        if len(told):
            self._close[number] = np.sort(told)[len(told) // 2]

    def quotes(self, underlying: str) -> Quotes:
        """Return what was taken."""
        return Quotes(underlying, self._contracts, self._times, self._bid, self._ask, self._last, self._close)


def _by_contract(file: ContractsFile, numbers: Sequence[int]) -> Iterator[tuple[int, slice]]:
    """Yield each contract, and where its rows lie among those read."""
    ends = np.cumsum(file.contracts.rows[np.asarray(numbers)]).tolist()
    for number, start, end in zip(numbers, [0, *ends[:-1]], ends, strict=True):
        yield number, slice(start, end)


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
