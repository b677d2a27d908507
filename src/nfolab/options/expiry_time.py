"""Time to a contract's end, in minutes of the calendar and of trading, as a day knew it.

A contract ends when the session of its expiry closes: 15:30, since 2026-08-03 15:40. What counts is the expiry as it
was known on the trading day; some contracts were moved later. Calendar years have 525,600 minutes; a year of trading
has 252 sessions of 375 minutes.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from nfolab.market.expiries import expiry_of
from nfolab.market.moves import expiry_as_known
from nfolab.market.sessions import is_session, session, trading_days
from nfolab.options.contract_arrays import Float64Array
from nfolab.options.greeks import TRADING_MINUTES_A_YEAR

CALENDAR_MINUTES_A_YEAR = 365 * 24 * 60

MIDNIGHT = time()

_SECONDS_A_MINUTE = 60


@dataclass(frozen=True, slots=True)
class TimeToExpiry:
    """Minutes from each second asked for to the contract's end, float64, never below zero."""

    calendar_minutes: Float64Array
    trading_minutes: Float64Array

    @property
    def years(self) -> Float64Array:
        """Calendar minutes in years of 525,600: what pricing here uses unless told otherwise."""
        return self.calendar_minutes / CALENDAR_MINUTES_A_YEAR

    @property
    def trading_years(self) -> Float64Array:
        """Minutes of trading in years of 252 × 375."""
        return self.trading_minutes / TRADING_MINUTES_A_YEAR


@cache
def contract_end(underlying: str, expiry: date, day: date) -> datetime:
    """Return when the contract ends by what was known on `day`, naive wall clock of India.

    Args:
        underlying: NIFTY, BANKNIFTY …
        expiry: the day it really expired, the lake's key.
        day: a trading day of it.

    Raises:
        InputError: no such contract, or `day` after its expiry or outside the facts.
    """
    known = expiry_as_known(underlying, expiry_of(underlying, expiry).expiry, day)
    # A day that was expected to trade and did not has no session; the contract's own end tells the hour.
    close = session(known if is_session(known) else expiry).close
    return datetime.combine(known, MIDNIGHT) + timedelta(seconds=close.second_of_day)


@cache
def _trading_seconds_after(day: date, last: date) -> int:
    """Return the open seconds of the sessions after `day` up to `last`; a window's closing second adds none."""
    if last <= day:
        return 0
    return sum(
        closing.second_of_day - opening.second_of_day
        for one in trading_days(day + timedelta(days=1), last)
        for opening, closing in session(one).windows
    )


def time_to_expiry(underlying: str, expiry: date, day: date, second: ArrayLike) -> TimeToExpiry:
    """Return the time left at seconds of a day.

    Every session of known hours counts as trading, Muhurat evenings too; windows of one day count without the pause
    between them. Holidays declared later than `day` are taken as if they had been known.

    Args:
        underlying: NIFTY, BANKNIFTY …
        expiry: the day the contract really expired, the lake's key.
        day: the trading day.
        second: seconds since the session's open, any shape.

    Raises:
        InputError: no such contract, no session on `day`, or `day` after the expiry or outside the facts.
    """
    seconds = np.asarray(second, dtype=np.float64)
    today = session(day)
    end = contract_end(underlying, expiry, day)
    opened = datetime.combine(day, MIDNIGHT) + timedelta(seconds=today.open.second_of_day)
    calendar = np.maximum((end - opened).total_seconds() - seconds, 0.0)
    trading = np.full(seconds.shape, float(_trading_seconds_after(day, end.date())))
    for opening, closing in today.windows:
        start, stop = (clock.second_of_day - today.open.second_of_day for clock in (opening, closing))
        trading += np.clip(stop - seconds, 0.0, stop - start)
    return TimeToExpiry(calendar / _SECONDS_A_MINUTE, trading / _SECONDS_A_MINUTE)
