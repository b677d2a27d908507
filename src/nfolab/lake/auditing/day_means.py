"""The ladders of a day, each contract by the mean of its middle prices and by the previous day's close."""

from collections.abc import Mapping
from datetime import date
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nfolab.lake.auditing.joint_quotes import Float32, Quotes
from nfolab.lake.auditing.rungs import Bool, Float64, Int64, Rungs

KEPT_MOMENTS: Final = 10
"""A quote stands until it is replaced: for the mean of a day it counts for so many moments after."""

WITHIN: Final = 0.08
"""Part of the forward: strikes farther away are traded by other rules, round ones much more than others."""

_WIDEST_HOLE = 3
_LEAST_PART = 0.8
_MOST_WITHOUT_BID = 0.1
_LEAST_CLOSE = 10.0
_MEAN_ERROR, _BID_ERROR, _CLOSE_ERROR = 0.5, 5.0, 0.85
_RELATIVE_ERROR = 0.001
_WIDEST, _WIDEST_PART = 50.0, 0.1


def ladders(
    quotes: Quotes, money: Mapping[date, float | None], step: int, least_moments: int
) -> dict[tuple[date, str], Rungs]:
    """Return each ladder within 8 % of the forward by expiry and kind; none of an expiry whose forward is unknown.

    Args:
        quotes: Of a day.
        money: By expiry, the forward in rupees.
        step: The distance of strikes, rupees.
        least_moments: At fewer moments at which all contracts are known there is no mean.
    """
    found = {}
    numbered = enumerate(quotes.contracts)
    for (expiry, kind), group in groupby(numbered, key=lambda one: one[1][:2]):
        forward = money[expiry]
        if forward is None:
            continue
        members = [one for one in group if abs(one[1][2] - forward) <= WITHIN * forward]
        if not members:
            continue
        places = np.array([place for place, _ in members], dtype=np.int64)
        strikes = np.array([key[2] for _, key in members], dtype=np.float64)
        mean, mean_error, narrow = _mean_middle(quotes, places, least_moments)
        close = quotes.close[places].astype(np.float64)
        close = np.where(narrow & (close >= _LEAST_CLOSE), close, np.nan)
        prices = np.stack([mean, close])
        errors = np.stack([mean_error, np.full(len(places), _CLOSE_ERROR)])
        unknown = np.isnan(mean) & np.isnan(close)
        unlimited = np.full(prices.shape, np.inf)
        relative = errors / prices + _RELATIVE_ERROR
        rungs = Rungs(places, strikes, np.log(prices), relative, empty_rungs(strikes, step), unlimited)
        unknown = np.isnan(mean) & np.isnan(close)
        found[expiry, kind] = rungs.without(unknown).calibrated()
    return found


def empty_rungs(strikes: Float64, step: int) -> Float64:
    """Return the strikes that a ladder skips, at most two side by side, where it is whole on both sides of them."""
    apart = np.diff(strikes)
    found = [
        np.arange(strikes[at] + step, strikes[at + 1], step)
        for at in range(1, len(apart) - 1)
        if step < apart[at] <= _WIDEST_HOLE * step and apart[at - 1] == step == apart[at + 1]
    ]
    return np.concatenate(found) if found else np.empty(0)


def _mean_middle(quotes: Quotes, places: Int64, least_moments: int) -> tuple[Float64, Float64, Bool]:
    """Return the mean middle of each contract at moments at which all are known, its error, and which are well quoted.

    The mean is in paise, NaN for contracts that are badly quoted, or of which nobody bids.
    """
    bid, ask = _kept(quotes.bid[places]), _kept(quotes.ask[places])
    known = np.isfinite(bid)
    part = known.mean(axis=1)
    narrow = (part >= _LEAST_PART * part.max(initial=0.0)) & (part > 0)
    moments = known[narrow].all(axis=0)
    mean, error = (np.full(len(places), np.nan) for _ in range(2))
    if np.count_nonzero(moments) < least_moments:
        return mean, error, np.zeros_like(narrow)
    some_bid, some_ask = (side[narrow][:, moments].astype(np.float64) for side in (bid, ask))
    without = (some_bid <= 0).mean(axis=1)
    middle = (some_bid + some_ask).mean(axis=1) / 2.0
    told = (some_ask - some_bid).mean(axis=1) <= _WIDEST + _WIDEST_PART * middle
    mean[narrow] = np.where(told & (without <= _MOST_WITHOUT_BID), middle, np.nan)
    error[narrow] = _MEAN_ERROR + _BID_ERROR * without
    narrow[narrow] = told
    return mean, error, narrow


def _kept(sides: Float32) -> Float32:
    """Return sides of books with what is unknown filled by what was known a few moments before."""
    filled = sides.copy()
    age: NDArray[np.int64] = np.zeros(len(sides), dtype=np.int64)
    for moment in range(1, sides.shape[1]):
        unknown = ~np.isfinite(filled[:, moment])
        age = np.where(unknown, age + 1, 0)
        kept = unknown & (age <= KEPT_MOMENTS)
        filled[kept, moment] = filled[kept, moment - 1]
    return filled
