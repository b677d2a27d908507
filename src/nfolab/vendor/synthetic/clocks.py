"""Time to expiry, by the clock of trading seconds and by the calendar."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from nfolab.market.sessions import Session, previous_trading_day, session, trading_days

SECONDS_A_YEAR = 365 * 86_400
SECONDS_A_DAY = 86_400


def open_steps(today: Session) -> NDArray[np.bool_]:
    """Return which steps from one second to the next lie within a window of the session; shape (last_second,)."""
    mask = today.open_mask()
    return mask[1:] & mask[:-1]


def trading_seconds_left(today: Session, expiry: date) -> NDArray[np.float64]:
    """Return the open seconds from each second of `today` to the close of `expiry`; shape (last_second + 1,).

    Nothing passes while the market is closed: the close of a day and the open of the next have the same.
    """
    today_left = open_steps(today)[::-1].cumsum()[::-1]
    later = sum(int(open_steps(session(day)).sum()) for day in trading_days(today.day, expiry) if day != today.day)
    return np.append(today_left, 0).astype(np.float64) + later


def years_left(today: Session, expiry: date) -> NDArray[np.float64]:
    """Return the calendar years to the close of `expiry`: first from the previous close, then from each second."""
    last = session(expiry).close.second_of_day + (expiry - today.day).days * SECONDS_A_DAY
    before = previous_trading_day(today.day)
    previous_close = session(before).close.second_of_day - (today.day - before).days * SECONDS_A_DAY
    now = np.arange(today.last_second + 1) + today.open.second_of_day
    return np.append(last - previous_close, last - now) / SECONDS_A_YEAR
