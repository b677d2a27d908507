"""Expiries of index contracts: regenerated from the weekday rules, the holidays and the week of the monthly.

Rules: `data/expiry_rules.csv`. A contract whose scheduled day is no full session expires on the full session before
it; in the week of the monthly there is no separate weekly.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal

from nfolab.base.errors import InputError
from nfolab.market.lot_rules import lot_near_expiry
from nfolab.market.moves import expiry_as_known
from nfolab.market.sessions import is_full_session
from nfolab.market.tables import LAST_DAY, Row, day_or_none, require_covered, rows, underlying_row

ExpiryKind = Literal["weekly", "monthly"]

WEEK = timedelta(days=7)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
SHIFT_MARGIN = timedelta(days=6)


@dataclass(frozen=True, order=True, slots=True)
class Expiry:
    """One expiry: the day scheduled by the weekday rule, the day it really was, and the lot at the end of its life."""

    underlying: str
    kind: ExpiryKind
    scheduled: date
    expiry: date
    lot: int


def _shifted(scheduled: date) -> date:
    day = scheduled
    while not is_full_session(day):
        day -= timedelta(days=1)
    return day


def _scheduled_days(row: Row) -> list[date]:
    """Return the rule's weekdays around its life: all of them, or the last of each month for a monthly."""
    weekday = WEEKDAYS.index(row["weekday"])
    first = date.fromisoformat(row["first_expiry"])
    last = day_or_none(row["last_expiry"]) or LAST_DAY
    day = first + timedelta(days=(weekday - first.weekday()) % 7)
    days = []
    while day <= min(last + SHIFT_MARGIN, LAST_DAY):
        if row["kind"] == "weekly" or (day + WEEK).month != day.month:
            days.append(day)
        day += WEEK
    return days


def _by_rules(underlying: str, kind: ExpiryKind) -> list[tuple[date, date]]:
    """Return (scheduled, expiry) of every contract of the kind, in order."""
    found = []
    for row in rows("expiry_rules"):
        if (row["underlying"], row["kind"]) == (underlying, kind):
            first = date.fromisoformat(row["first_expiry"])
            last = day_or_none(row["last_expiry"]) or LAST_DAY
            pairs = ((day, _shifted(day)) for day in _scheduled_days(row))
            found += [(day, expiry) for day, expiry in pairs if first <= expiry <= last]
    return sorted(found)


@cache
def _all(underlying: str) -> tuple[Expiry, ...]:
    """Return every expiry of the underlying, ordered by the day it really was."""
    underlying_row(underlying)
    monthlies = _by_rules(underlying, "monthly")
    weeks_of_monthlies = {scheduled.isocalendar()[:2] for scheduled, _ in monthlies}
    weeklies = [pair for pair in _by_rules(underlying, "weekly") if pair[0].isocalendar()[:2] not in weeks_of_monthlies]
    pairs_of: dict[ExpiryKind, list[tuple[date, date]]] = {"weekly": weeklies, "monthly": monthlies}
    found = [
        Expiry(underlying, kind, scheduled, expiry, lot_near_expiry(underlying, kind, expiry))
        for kind, pairs in pairs_of.items()
        for scheduled, expiry in pairs
    ]
    return tuple(sorted(found, key=lambda one: one.expiry))


@cache
def _days(underlying: str, kind: ExpiryKind | None) -> tuple[date, ...]:
    return tuple(one.expiry for one in _all(underlying) if kind is None or one.kind == kind)


@cache
def _by_day(underlying: str) -> dict[date, Expiry]:
    return {one.expiry: one for one in _all(underlying)}


def expiries(underlying: str, first: date, last: date) -> list[Expiry]:
    """Return the expiries from `first` to `last`, both inclusive, by the day they really were, in order.

    Raises:
        InputError: unknown underlying, `first` after `last`, or a day outside 2019-01-01..2026-12-31.
    """
    require_covered(first)
    require_covered(last)
    if first > last:
        raise InputError(f"the first day {first} is after the last day {last}: exchange them")
    return [one for one in _all(underlying) if first <= one.expiry <= last]


@cache
def _nth(underlying: str, day: date, kind: ExpiryKind | None, place: int) -> date:
    require_covered(day)
    days = _days(underlying, kind)
    index = bisect_left(days, day) + place
    if index >= len(days):
        what = f"{kind} expiry" if kind else "expiry"
        raise InputError(
            f"no such {what} of {underlying} is known from {day} on: the last is {days[-1]}, choose an earlier day"
        )
    return days[index]


def nearest_expiry(underlying: str, day: date) -> date:
    """Return the first expiry on or after `day`, weekly or monthly, by the day it really was (the lake's key).

    Raises:
        InputError: unknown underlying, a day outside the facts, or no expiry known from there on.
    """
    return _nth(underlying, day, None, 0)


def next_expiry(underlying: str, day: date) -> date:
    """Return the expiry after the nearest one; raises as `nearest_expiry`."""
    return _nth(underlying, day, None, 1)


def monthly_expiry(underlying: str, day: date) -> date:
    """Return the first monthly expiry on or after `day`; raises as `nearest_expiry`."""
    return _nth(underlying, day, "monthly", 0)


def next_monthly_expiry(underlying: str, day: date) -> date:
    """Return the monthly expiry after `monthly_expiry`; raises as `nearest_expiry`."""
    return _nth(underlying, day, "monthly", 1)


@cache
def expiry_of(underlying: str, expiry: date) -> Expiry:
    """Return all that is known of the contract month or week that expired on `expiry`.

    Raises:
        InputError: unknown underlying, or nothing of it expired that day.
    """
    found = _by_day(underlying).get(expiry)
    if found is None:
        near = _neighbours(underlying, expiry)
        raise InputError(f"no {underlying} contract expired on {expiry}: the nearest are {near}, choose one")
    return found


def expiry_kind(underlying: str, expiry: date) -> ExpiryKind:
    """Return `weekly` or `monthly`; raises as `expiry_of`."""
    return expiry_of(underlying, expiry).kind


def expiries_verified(underlying: str) -> bool:
    """Say whether the expiries were held against a list of real contracts; those of SENSEX and BANKEX were not.

    Raises:
        InputError: unknown underlying.
    """
    return underlying_row(underlying)["expiries_verified"] == "yes"


def calendar_days_to_expiry(underlying: str, expiry: date, day: date) -> int:
    """Return the days from `day` to the expiry as it was known on `day`; 0 on the expiry day.

    Raises:
        InputError: unknown contract, or `day` after the expiry or outside the facts.
    """
    return (expiry_as_known(underlying, expiry_of(underlying, expiry).expiry, day) - day).days


@cache
def trading_days_to_expiry(underlying: str, expiry: date, day: date) -> int:
    """Return the full sessions after `day` up to the expiry as it was known on `day`; 0 on the expiry day.

    Muhurat evenings and disaster-recovery switches are not counted. Raises as `calendar_days_to_expiry`.
    """
    ahead = calendar_days_to_expiry(underlying, expiry, day)
    return sum(is_full_session(day + timedelta(days=n)) for n in range(1, ahead + 1))


def _neighbours(underlying: str, day: date) -> str:
    days = _days(underlying, None)
    place = bisect_left(days, day)
    return " and ".join(str(one) for one in days[max(place - 1, 0) : place + 1])
