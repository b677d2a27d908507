"""Measures over a window, of the strike that was at the money where the window begins.

A window of w seconds at t is t − w + 1 … t; what happens in a second is told against the one before, so that its strike
is that of t − w. A measure is told where at least half of the window's seconds are known, of the call and of the put.
"""

import math

import numpy as np

from nfolab.base.compiled import compiled
from nfolab.tape.book import NO_ROW, Int32Array
from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import Values
from nfolab.tape.state.strikes import PUT, Marks, at_the_money_of, books_of
from nfolab.tape.state.thresholds import load_thresholds


def least_of(seconds: int) -> int:
    """Return how many seconds of a window have to be known."""
    return math.ceil(load_thresholds().liquidity.known_share * seconds)


def frozen_places(given: Given, seconds: int) -> Int32Array:
    """Return for each second the row in `books_of` of the strike at the money `seconds` before; −1 where none is."""
    money, books = at_the_money_of(given), books_of(given)
    found = np.full(money.place.size, NO_ROW, np.int32)
    before = money.place[: max(0, money.place.size - seconds)]
    found[seconds:] = np.where(before == NO_ROW, NO_ROW, before - np.int32(books.first))
    return found


@compiled
def _count(marks: Marks, known: Marks, place: Int32Array, window: int, least: int, out: Values) -> None:
    """Add to `out` how often something happened within the windows; NaN where too little of `known` is known."""
    for at in range(out.size):
        here = place[at]
        if here < 0:
            out[at] = math.nan
            continue
        for kind in range(marks.shape[0]):
            told = 0
            for one in range(at - window + 1, at + 1):
                told += known[kind, here, one] >= 0
                out[at] += marks[kind, here, one] == 1
            if told < least:
                out[at] = math.nan


def count_of(given: Given, marks: tuple[Marks, ...], window: int) -> Values:
    """Return how often something happened within each window, float64 [seconds].

    Args:
        given: any subject of the day.
        marks: of `books_of`; their counts are added up, over call and put.
        window: in seconds.
    """
    place, books = frozen_places(given, window), books_of(given)
    out = np.zeros(place.size)
    for one in marks:
        _count(one, books.spread_changed, place, window, least_of(window), out)
    return out


def pulls(given: Given, window: int) -> Values:
    """Return the pulls of both sides of call and put within each window, float64 [seconds]."""
    books = books_of(given)
    return count_of(given, (books.bid_pulled, books.ask_pulled), window)


def replenishes(given: Given, window: int) -> Values:
    """Return the replenishments of both sides of call and put within each window, float64 [seconds]."""
    books = books_of(given)
    return count_of(given, (books.bid_replenished, books.ask_replenished), window)


def spread_changes(given: Given, window: int) -> Values:
    """Return how often the spreads of call and put changed within each window, float64 [seconds]."""
    return count_of(given, (books_of(given).spread_changed,), window)


def put_bid_pulls(given: Given, window: int) -> Values:
    """Return how often the put's bids were pulled within each window, float64 [seconds]."""
    books, of_put = books_of(given), slice(PUT, PUT + 1)
    place = frozen_places(given, window)
    out = np.zeros(place.size)
    _count(books.bid_pulled[of_put], books.spread_changed[of_put], place, window, least_of(window), out)
    return out


@compiled
def _mean(values: Values, place: Int32Array, window: int, least: int, out: Values) -> None:
    for at in range(out.size):
        here = place[at]
        out[at] = math.nan
        if here < 0:
            continue
        mean = 0.0
        for kind in range(values.shape[0]):
            total = 0.0
            told = 0
            for one in range(at - window + 1, at + 1):
                value = values[kind, here, one]
                if not math.isnan(value):
                    total += value
                    told += 1
            mean += total / told if told >= least else math.nan
        out[at] = mean


def mean_of(given: Given, values: Values, window: int) -> Values:
    """Return the sum of call's and put's means over each window, float64 [seconds]; `values` as those of `Books`."""
    place = frozen_places(given, window)
    out = np.empty(place.size)
    _mean(values, place, window, least_of(window), out)
    return out


def trade_rate(given: Given, window: int) -> Values:
    """Return the units that traded a known second within each window, call and put together, float64 [seconds]."""
    return mean_of(given, books_of(given).traded, window)


def mean_spread(given: Given, window: int) -> Values:
    """Return the mean spread of the call and that of the put over each window, added, float64 [seconds] in paise."""
    return mean_of(given, books_of(given).spread(), window)
