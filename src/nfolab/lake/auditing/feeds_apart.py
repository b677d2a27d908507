"""How far the clocks of the index feed and of the options' feed are apart, by the second."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from nfolab.lake.auditing.checks import Windows
from nfolab.lake.auditing.finding import Finding
from nfolab.lake.auditing.joint_quotes import Float32, as_of
from nfolab.lake.auditing.suspects import Market
from nfolab.lake.reader import ContractsFile, SeriesDay
from nfolab.lake.schema import NANOSECONDS

FEEDS_APART: Final = "feeds apart"
LARGEST_LAG: Final = 30
"""Seconds either way that are looked at."""

_PAIRS = 3
_FRESH = 3 * NANOSECONDS
_RETURN_SECONDS = 3
_LEAST_CORRELATION = 0.2
_LEAST_SECONDS = 1_800
_PAISE = 100


def feeds_apart(file: ContractsFile, market: Market, spot: SeriesDay, windows: Windows) -> list[Finding]:
    """Find a lead of spot or of the options above one second, by the lag at which their short returns go together best.

    The forward is that of the three strike pairs nearest to the day's median forward of the nearest expiry.
    """
    seconds = np.arange(windows.opens[0], windows.closes[-1] + 1, NANOSECONDS)
    forward = _forward_by_second(file, market, seconds)
    place, known = as_of(spot.timestamp, seconds, _FRESH)
    index = np.where(known, spot.price_paise[place], np.nan)
    ours, theirs = (one[_RETURN_SECONDS:] - one[:-_RETURN_SECONDS] for one in (forward, index))
    lags = np.arange(-LARGEST_LAG, LARGEST_LAG + 1)
    told = np.array([_correlation(ours, theirs, lag) for lag in lags.tolist()])
    if not np.isfinite(told).any() or np.nanmax(told) < _LEAST_CORRELATION:
        return []
    lag = int(lags[np.nanargmax(told)])
    if abs(lag) <= 1:
        return []
    who = "the options are behind spot" if lag > 0 else "spot is behind the options"
    note = f"seconds: {who}, by the lag of their {_RETURN_SECONDS}-second returns (correlation {np.nanmax(told):.2f})"
    return [Finding("", FEEDS_APART, 1, int(seconds[0]), int(seconds[-1]), float(abs(lag)), note)]


def _forward_by_second(file: ContractsFile, market: Market, seconds: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean of K + C − P of a few pairs' middles, paise, NaN where none is fresh."""
    known_forward = market.forward[0][np.isfinite(market.forward[0])]
    if not len(known_forward):
        return np.full(len(seconds), np.nan)
    expiry, money = market.expiries[0], float(np.median(known_forward)) / _PAISE
    places = {key[1:]: place for place, key in enumerate(market.quotes.contracts) if key[0] == expiry}
    strikes = sorted({strike for kind, strike in places if ("CE", strike) in places and ("PE", strike) in places})
    near = sorted(strikes, key=lambda strike: abs(strike - money))[:_PAIRS]
    told = [
        strike * _PAISE + _middle(file, places["CE", strike], seconds) - _middle(file, places["PE", strike], seconds)
        for strike in near
    ]
    if not told:
        return np.full(len(seconds), np.nan)
    known = np.isfinite(told)
    total = np.where(known, told, 0.0).sum(axis=0)
    # The set of pairs must not change what is told, so a second counts only where all pairs are fresh.
    return np.where(known.all(axis=0), total / len(told), np.nan)


def _middle(file: ContractsFile, number: int, seconds: NDArray[np.int64]) -> NDArray[np.float64]:
    read = file.read([number], ("timestamp", "bp0_paise", "sp0_paise"))
    place, known = as_of(read["timestamp"], seconds, _FRESH)
    bid, ask = read["bp0_paise"][place], read["sp0_paise"][place]
    return np.where(known & (ask > bid) & (bid > 0), (bid + ask) / 2.0, np.nan)


def _correlation(ours: Float32 | NDArray[np.float64], theirs: NDArray[np.float64], lag: int) -> float:
    """Return how returns go together if ours come `lag` seconds after theirs; NaN where too few are known."""
    late, early = (ours, theirs) if lag >= 0 else (theirs, ours)
    late, early = late[abs(lag) :], early[: len(early) - abs(lag)]
    both = np.isfinite(late) & np.isfinite(early)
    if np.count_nonzero(both) < _LEAST_SECONDS:
        return np.nan
    one, other = late[both], early[both]
    spread = one.std() * other.std()
    return float(((one - one.mean()) * (other - other.mean())).mean() / spread) if spread > 0 else np.nan
