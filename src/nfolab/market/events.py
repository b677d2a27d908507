"""Days on which the market expects news: RBI and Fed decisions, budgets, election results, expiries.

Source: `data/events.csv`, and `data/event_coverage.csv` for the days within which a kind is complete. Times are Indian;
that of an RBI decision is approximate. An event that was not scheduled was known to nobody on the day before: a filter
that avoids it looks ahead.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache

from nfolab.base.errors import InputError, did_you_mean
from nfolab.base.units import Clock
from nfolab.market.expiries import expiries
from nfolab.market.tables import rows, underlyings

EXPIRY = "expiry"


@dataclass(frozen=True, order=True, slots=True)
class Event:
    """One event: Indian day and time, kind, name, and whether its day was known before."""

    day: date
    time: Clock
    kind: str
    name: str
    scheduled: bool
    source: str


@cache
def coverage() -> dict[str, tuple[date, date]]:
    """Return, for each kind of event, the first and the last day within which all of them are recorded."""
    return {
        row["kind"]: (date.fromisoformat(row["first_day"]), date.fromisoformat(row["last_day"]))
        for row in rows("event_coverage")
    }


@cache
def _recorded(kind: str) -> tuple[Event, ...]:
    if kind == EXPIRY:
        first, last = coverage()[EXPIRY]
        closing = Clock.parse("15:30")
        return tuple(
            Event(
                one.expiry, closing, EXPIRY, f"{one.underlying} {one.kind}", scheduled=True, source="expiry_rules.csv"
            )
            for underlying in underlyings()
            for one in expiries(underlying, first, last)
        )
    return tuple(
        Event(
            date.fromisoformat(row["date"]),
            Clock.parse(row["time"]),
            kind,
            row["name"],
            row["scheduled"] == "yes",
            row["source"],
        )
        for row in rows("events")
        if row["kind"] == kind
    )


def events(kind: str, first: date, last: date) -> list[Event]:
    """Return the events of a kind from `first` to `last`, both inclusive, in order.

    Args:
        kind: `rbi_policy`, `budget`, `election_result`, `fed_decision` or `expiry`.
        first: first Indian day.
        last: last Indian day.

    Raises:
        InputError: unknown kind, `first` after `last`, or days outside the kind's coverage.
    """
    known = coverage().get(kind)
    if known is None:
        raise InputError(f"unknown kind of event {kind!r}{did_you_mean(kind, coverage())}")
    if first > last:
        raise InputError(f"the first day {first} is after the last day {last}: exchange them")
    if first < known[0] or last > known[1]:
        raise InputError(
            f"events of kind {kind} are recorded from {known[0]} to {known[1]}, not {first} to {last}: ask within"
        )
    return sorted(event for event in _recorded(kind) if first <= event.day <= last)
