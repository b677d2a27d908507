"""What the volatility at the money was in past sessions: one number each, worked out once and kept on disk.

A session's number is the median of `atm_iv` of its own nearest expiry, with the time that expiry then had left, over
the seconds known among the five minutes that end at a clock. A median, because ranks rest on the lowest and the highest
of the past, and one bad quote must not become either.
"""

from datetime import date
from typing import Final

import numpy as np

from nfolab.base.snapshot import DataKind
from nfolab.base.units import Clock
from nfolab.lake.catalogue import Entry
from nfolab.tape.features.day import DayFeatures, Given
from nfolab.tape.features.definition import Call, Values
from nfolab.tape.features.naming import nearest_chain
from nfolab.tape.features.subject import SPOT
from nfolab.tape.tape import Day

SECONDS: Final = 300
"""Over how many seconds up to the clock the median is taken."""


def past_volatilities(given: Given, days: int, at: Clock) -> Values:
    """Return the volatility at the money of past sessions of the same underlying at a clock.

    Args:
        given: any subject of the day.
        days: how many sessions back are looked at, counting only those that the lake holds options of; all are before
            this day.
        at: the clock.

    Returns:
        float64 [sessions that have one], oldest first; a session without a known second in the five minutes has none.

    Raises:
        InputError: a past day's file is damaged or gone, or the cache cannot be written.
    """
    index, day = given.of(SPOT), given.day
    earlier = [one for one in day.lake.days(day.underlying, DataKind.OPTIONS) if one.day < day.day][-days:]
    spots = {one.day: one for one in day.lake.days(day.underlying, DataKind.SPOT)}

    def of_session(entry: Entry) -> float:
        return index.once(
            f"atm_iv of {entry.day} at {at}", lambda _: _kept_volatility(index, entry, spots.get(entry.day), at)
        )

    found = np.array([of_session(entry) for entry in earlier], np.float64)
    return found[~np.isnan(found)]


def _kept_volatility(index: Given, options: Entry, spot: Entry | None, at: Clock) -> float:
    """Return a session's volatility from the cache, else work it out and keep it there."""
    lake, cache = index.day.lake, index.cache
    contents = [lake.content(options), "no index" if spot is None else lake.content(spot)]
    follows_from = f"atm_iv of {options.underlying} on {options.day} at {at} from {' '.join(contents)}"
    found = None if cache is None else cache.number(follows_from)
    if found is None:
        found = _volatility(index, options.day, at)
        if cache is not None:
            cache.keep_number(follows_from, found)
    return found


def _volatility(index: Given, past: date, at: Clock) -> float:
    day = Day(index.day.lake, index.day.underlying, past)
    end = at.second_of_day - day.session.open.second_of_day + 1
    told = DayFeatures(day, index.cache).get(Call("atm_iv"), nearest_chain(day))[max(0, end - SECONDS) : max(0, end)]
    known = told[~np.isnan(told)]
    return float(np.median(known)) if known.size else np.nan
