"""The days on which a recipe trades: `[days]`, by the days left to the expiry, the weekday, events and dates."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from nfolab.base.errors import InputError, did_you_mean
from nfolab.market.events import events
from nfolab.market.expiries import trading_days_to_expiry
from nfolab.strategies.rules import Reader
from nfolab.strategies.words import NONE, one_of

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EVENTS = ("rbi_policy", "budget", "election_result", "fed_decision")


@dataclass(frozen=True, slots=True)
class Days:
    """The days on which a recipe trades; what is not said does not matter.

    Attributes:
        to_expiry: least and greatest number of trading days to the expiry of the first leg; 0 is its day.
        weekdays: as `date.weekday` counts them.
        events: `skip` for none with an event whose day was known before, `only` for none but those.
        without: dates left out.
    """

    to_expiry: tuple[int, int] | None = None
    weekdays: frozenset[int] | None = None
    events: str | None = None
    without: frozenset[date] = frozenset()

    def why_not(self, underlying: str, expiry: date, day: date) -> str | None:
        """Say why there is no trade on a day, None where it is one of those meant.

        Raises:
            InputError: the events of that day, or its distance to the expiry, are not on record.
        """
        if day in self.without:
            return f"{day} is left out by [days]"
        if self.weekdays is not None and day.weekday() not in self.weekdays:
            return f"{day} is a {WEEKDAYS[day.weekday()]}, and [days] names {_named(self.weekdays)}"
        if self.to_expiry is not None:
            left = trading_days_to_expiry(underlying, expiry, day)
            if not self.to_expiry[0] <= left <= self.to_expiry[1]:
                return f"{day} is {left} trading days before the expiry, and [days] asks for {_range(self.to_expiry)}"
        if self.events is not None:
            known = [event.name for kind in EVENTS for event in events(kind, day, day) if event.scheduled]
            if known and self.events == "skip":
                return f"{day} has an event: {known[0]}"
            if not known and self.events == "only":
                return f"{day} has no event"
        return None


def read_days(at: Reader, table: Mapping[str, Any]) -> Days:
    """Read `[days]`."""
    weekdays = _listed(table.get("weekdays", []))
    without = _listed(table.get("without", []))
    to_expiry = table.get("to_expiry", NONE)
    return Days(
        to_expiry=at.read("days.to_expiry", to_expiry, _read_range),
        weekdays=frozenset(at.read("days.weekdays", word, _read_weekday) for word in weekdays) or None,
        events=at.read("days.events", table["events"], _read_events) if "events" in table else None,
        without=frozenset(at.read("days.without", word, _read_date) for word in without),
    )


def _listed(words: str | list[str]) -> list[str]:
    return words if isinstance(words, list) else [words]


def _read_range(text: str) -> tuple[int, int] | None:
    if text == NONE:
        return None
    match = re.fullmatch(r"(\d{1,2})(?:\.\.(\d{1,2}))?", text)
    if match is None or int(match[2] or match[1]) < int(match[1]):
        raise InputError(f'{text!r} is no number of trading days: write "0" for the day of the expiry, or "0..2"')
    return int(match[1]), int(match[2] or match[1])


def _read_weekday(text: str) -> int:
    if text not in WEEKDAYS:
        raise InputError(f"{text!r} is no weekday{did_you_mean(text, WEEKDAYS)}: write {', '.join(WEEKDAYS[:5])}")
    return WEEKDAYS.index(text)


def _read_events(text: str) -> str | None:
    return None if text == NONE else one_of(("skip", "only"), text)


def _read_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is no date: write it as 2025-12-30") from None


def _named(weekdays: frozenset[int]) -> str:
    return ", ".join(WEEKDAYS[one] for one in sorted(weekdays))


def _range(both: tuple[int, int]) -> str:
    return str(both[0]) if both[0] == both[1] else f"{both[0]} to {both[1]}"
