"""Trading sessions of the index-option market: which days are open, and when.

Source of every date and hour: `data/holidays.csv`, `data/special_sessions.csv`, `data/hours.csv`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from nfolab.base.errors import InputError
from nfolab.base.units import Clock
from nfolab.market.tables import FIRST_DAY, LAST_DAY, require_covered, rows

SATURDAY = 5
ONE_DAY = timedelta(days=1)

Window = tuple[Clock, Clock]


@dataclass(frozen=True, slots=True)
class Session:
    """One trading session: its day, its windows in order, and its name if it is a special one."""

    day: date
    windows: tuple[Window, ...]
    name: str | None

    @property
    def open(self) -> Clock:
        """The opening of the first window: second 0 of the day."""
        return self.windows[0][0]

    @property
    def close(self) -> Clock:
        """The close of the last window; the closing second belongs to the session."""
        return self.windows[-1][1]

    @property
    def last_second(self) -> int:
        """Seconds from open to close: 22,500 on a regular day before 2026-08-03, 23,100 since."""
        return self.close.second_of_day - self.open.second_of_day

    def open_mask(self) -> NDArray[np.bool_]:
        """Return which seconds are open: shape (last_second + 1,), windows inclusive at both ends."""
        mask = np.zeros(self.last_second + 1, dtype=np.bool_)
        start = self.open.second_of_day
        for opening, closing in self.windows:
            mask[opening.second_of_day - start : closing.second_of_day - start + 1] = True
        return mask


@cache
def _holidays() -> dict[date, str]:
    return {date.fromisoformat(row["date"]): row["name"] for row in rows("holidays")}


@cache
def _special() -> dict[date, tuple[str, str, tuple[Window, ...]]]:
    """Special sessions: day to (name, kind, windows); no windows where the hours are unknown."""
    found: dict[date, tuple[str, str, tuple[Window, ...]]] = {}
    for row in rows("special_sessions"):
        day = date.fromisoformat(row["date"])
        windows = found[day][2] if day in found else ()
        if row["open"]:
            windows += ((Clock.parse(row["open"]), Clock.parse(row["close"])),)
        found[day] = (row["name"], row["kind"], windows)
    return found


def _regular(day: date) -> bool:
    return day.weekday() < SATURDAY and day not in _holidays()


@cache
def _hours(product: str) -> tuple[tuple[date, date, Window], ...]:
    return tuple(
        (
            date.fromisoformat(row["from_date"]),
            date.fromisoformat(row["to_date"]) if row["to_date"] else LAST_DAY,
            (Clock.parse(row["open"]), Clock.parse(row["close"])),
        )
        for row in rows("hours")
        if row["product"] == product
    )


def _regular_window(product: str, day: date) -> Window:
    return next(window for first, last, window in _hours(product) if first <= day <= last)


def why_closed(day: date) -> str | None:
    """Return why there is no usable session on `day` (`Saturday`, `Christmas`, …), None if there is one.

    Raises:
        InputError: `day` lies outside 2019-01-01..2026-12-31.
    """
    require_covered(day)
    special = _special().get(day)
    if special:
        name, _, windows = special
        return None if windows else f"{name}, of which the hours are not known"
    if day in _holidays():
        return _holidays()[day]
    return None if day.weekday() < SATURDAY else f"a {day:%A}"


def special_name(day: date) -> str | None:
    """Return the name of the special session of `day` (`Muhurat`, `Union Budget`, …), None if there is none.

    Raises:
        InputError: `day` lies outside 2019-01-01..2026-12-31.
    """
    require_covered(day)
    special = _special().get(day)
    return special[0] if special else None


def is_session(day: date) -> bool:
    """Say whether there is a session of known hours on `day`, Muhurat and weekend sessions included.

    Raises:
        InputError: `day` lies outside 2019-01-01..2026-12-31.
    """
    return why_closed(day) is None


def is_full_session(day: date) -> bool:
    """Say whether `day` is a trading day on which contracts can expire.

    Full Saturday and Sunday sessions are (contracts of Monday 2024-01-22 expired on Saturday 2024-01-20, Zerodha
    bulletin 369143); Muhurat evenings and disaster-recovery switches are not.

    Raises:
        InputError: `day` lies outside 2019-01-01..2026-12-31.
    """
    require_covered(day)
    special = _special().get(day)
    return special[1] == "full" if special else _regular(day)


@cache
def session(day: date) -> Session:
    """Return the option session of `day`.

    Raises:
        InputError: there is none that day (a holiday, a weekend), its hours are unknown, or the day lies outside
            2019-01-01..2026-12-31.
    """
    reason = why_closed(day)
    if reason:
        raise InputError(f"there is no session on {day} ({reason}): the nearest are {_neighbours(day)}, choose one")
    if day in _special():
        name, _, windows = _special()[day]
        return Session(day, windows, name)
    return Session(day, (_regular_window("option", day),), None)


def seconds_of(day: date) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return the seconds of the session's grid, 0 to `last_second`, and which of them are open; raises as `session`."""
    mask = session(day).open_mask()
    return np.arange(mask.size, dtype=np.int32), mask


def spot_stands_still_from(day: date) -> Clock | None:
    """Return when the index stops moving while options trade on (15:15 from 2026-08-03), None if it moves to the end.

    Since then the shares go to a closing auction, whose single print is the index's last (NSE/FAOP/74467 and the cash
    market circulars of 2026).

    Raises:
        InputError: there is no session on `day`.
    """
    closing = session(day).close
    if day in _special():
        return None
    spot_closing = _regular_window("spot", day)[1]
    return spot_closing if spot_closing < closing else None


def _neighbours(day: date) -> str:
    before = next((d for d in _days_from(day, -ONE_DAY) if is_session(d)), None)
    after = next((d for d in _days_from(day, ONE_DAY) if is_session(d)), None)
    return " and ".join(str(d) for d in (before, after) if d)


def _days_from(day: date, step: timedelta) -> list[date]:
    days: list[date] = []
    current = day + step
    while FIRST_DAY <= current <= LAST_DAY and len(days) < 10:
        days.append(current)
        current += step
    return days


@cache
def _all_sessions() -> tuple[date, ...]:
    days = (FIRST_DAY + n * ONE_DAY for n in range((LAST_DAY - FIRST_DAY).days + 1))
    return tuple(day for day in days if is_session(day))


def trading_days(first: date, last: date) -> list[date]:
    """Return the days with a session from `first` to `last`, both inclusive, in order.

    Raises:
        InputError: `first` is after `last`, or either lies outside 2019-01-01..2026-12-31.
    """
    require_covered(first)
    require_covered(last)
    if first > last:
        raise InputError(f"the first day {first} is after the last day {last}: exchange them")
    return [day for day in _all_sessions() if first <= day <= last]


@cache
def previous_trading_day(day: date) -> date:
    """Return the last day before `day` with a session of known hours.

    Raises:
        InputError: `day` lies outside 2019-01-01..2026-12-31, or no session lies before it there.
    """
    require_covered(day)
    before = [d for d in _days_from(day, -ONE_DAY) if is_session(d)]
    if not before:
        raise InputError(f"no session before {day} is known: the market facts begin on {FIRST_DAY}, choose a later day")
    return before[0]
