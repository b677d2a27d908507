"""Dates in contract names, settled by facts: the real expiry, else the scheduled day, else a day moved away from."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from nfolab.market.expiries import Expiry, expiries
from nfolab.market.moves import moved_from
from nfolab.market.tables import FIRST_DAY, LAST_DAY, underlying_row

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
MONTH_CODES = "123456789OND"
CENTURY = 2000
YEARS = range(FIRST_DAY.year, LAST_DAY.year + 1)

NEAR_LISTING = timedelta(days=110)
"""Futures, weeklies and serial monthlies are listed at most three months and some days before they expire."""

QUARTERLY_LISTING = timedelta(days=364)
"""Three quarterlies are listed beside the three serial months; half-yearlies longer (`data/underlyings.csv`)."""


@dataclass(frozen=True, slots=True)
class NameDate:
    """A date in a name: the day it tells, the real expiry, a note where they differ, a fault if none is known."""

    told: date | None
    expiry: date | None
    note: str | None
    fault: str | None


@cache
def _all(underlying: str) -> tuple[Expiry, ...]:
    return tuple(expiries(underlying, FIRST_DAY, LAST_DAY))


@cache
def _by_expiry(underlying: str) -> dict[date, Expiry]:
    return {one.expiry: one for one in _all(underlying)}


@cache
def _by_schedule(underlying: str) -> dict[date, Expiry]:
    return {one.scheduled: one for one in _all(underlying)}


@cache
def _monthlies(underlying: str) -> dict[tuple[int, int], date]:
    return {(one.scheduled.year, one.scheduled.month): one.expiry for one in _all(underlying) if one.kind == "monthly"}


@cache
def of_month(underlying: str, year: int, month: int) -> NameDate:
    """Settle a name that tells year and month: the monthly contract."""
    expiry = _monthlies(underlying).get((year, month))
    fault = None if expiry else f"no {underlying} monthly of {year}-{month:02d} is known"
    return NameDate(None, expiry, None, fault)


@cache
def of_day(underlying: str, year: int, month: int, day: int) -> NameDate:
    """Settle a name that tells a whole day."""
    try:
        told = date(year, month, day)
    except ValueError:
        return NameDate(None, None, None, f"{year}-{month:02d}-{day:02d} is no day")
    if told in _by_expiry(underlying):
        return NameDate(told, told, None, None)
    if told in _by_schedule(underlying):
        expiry = _by_schedule(underlying)[told].expiry
        return NameDate(told, expiry, f"{told} was the scheduled day; it expired on {expiry}", None)
    if told in moved_from(underlying):
        expiry = moved_from(underlying)[told]
        return NameDate(told, expiry, f"listed for {told}, moved after listing to {expiry}", None)
    return NameDate(told, None, None, f"no {underlying} contract expired on {told}")


@cache
def of_code(underlying: str, code: str) -> NameDate:
    """Settle the five characters of a vendor's name: `25DEC`, or `25206` for 2025-02-06."""
    year = CENTURY + int(code[:2])
    if code[2:] in MONTHS:
        return of_month(underlying, year, MONTHS.index(code[2:]) + 1)
    found = of_day(underlying, year, MONTH_CODES.index(code[2]) + 1, int(code[3:]))
    if found.expiry and found.note is None and _by_expiry(underlying)[found.expiry].kind == "monthly":
        return NameDate(found.told, found.expiry, "a weekly's name for the day of a monthly", None)
    return found


@cache
def of_day_in_any_year(underlying: str, month: int, day: int) -> tuple[NameDate, ...]:
    """Settle a name that tells day and month but no year: one reading for each year in which it is known."""
    readings = (of_day(underlying, year, month, day) for year in YEARS)
    return tuple(reading for reading in readings if reading.fault is None)


@cache
def within_month(underlying: str, year: int, month: int) -> tuple[NameDate, ...]:
    """Settle a name that tells year and month for weeklies too: one reading for each contract of that month."""
    return tuple(
        NameDate(None, one.expiry, None, None)
        for one in _all(underlying)
        if (one.expiry.year, one.expiry.month) == (year, month)
    )


def unlisted(underlying: str, expiry: date, kind: str, trade_date: date) -> str | None:
    """Return why the contract could not have traded on `trade_date`, None if it could."""
    if expiry < trade_date:
        return f"it expired before {trade_date}"
    longest = NEAR_LISTING if kind == "FUT" else _longest_listing(underlying, expiry)
    return f"it was not listed yet on {trade_date}" if expiry - trade_date > longest else None


@cache
def _longest_listing(underlying: str, expiry: date) -> timedelta:
    one = _by_expiry(underlying)[expiry]
    month = one.scheduled.month
    if one.kind == "weekly" or month % 3:
        return NEAR_LISTING
    half_yearly = timedelta(days=int(underlying_row(underlying)["half_yearly_days"]))
    return max(QUARTERLY_LISTING, half_yearly) if month % 6 == 0 else QUARTERLY_LISTING
