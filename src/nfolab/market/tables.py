"""The dated facts that lie beside this module as CSV files, each row with its source and confidence."""

import csv
from datetime import date
from functools import cache
from importlib.resources import files

from nfolab.base.errors import InputError, did_you_mean

FIRST_DAY = date(2019, 1, 1)
LAST_DAY = date(2026, 12, 31)
"""The days the facts cover. What lies outside is refused, never extrapolated."""

Row = dict[str, str]


@cache
def rows(name: str) -> tuple[Row, ...]:
    """Return the rows of `data/<name>.csv` in file order, every value a string."""
    text = files("nfolab.market").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def underlyings() -> dict[str, Row]:
    """Return the row of each underlying by its name."""
    return {row["underlying"]: row for row in rows("underlyings")}


def underlying_row(underlying: str) -> Row:
    """Return the facts of one underlying.

    Raises:
        InputError: no such underlying.
    """
    row = underlyings().get(underlying)
    if row is None:
        raise InputError(f"unknown underlying {underlying!r}{did_you_mean(underlying, underlyings())}")
    return row


def exchange(underlying: str) -> str:
    """Return `NSE` or `BSE`; raise InputError for an unknown underlying."""
    return underlying_row(underlying)["exchange"]


def require_covered(day: date) -> None:
    """Raise InputError if `day` lies outside the days the facts cover."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InputError(
            f"{day} is outside the market facts, which cover {FIRST_DAY} to {LAST_DAY}: choose a day within them"
        )


def day_or_none(text: str) -> date | None:
    """Return the day of an ISO text, None for an empty one."""
    return date.fromisoformat(text) if text else None


def in_force(row: Row, day: date) -> bool:
    """Say whether `day` lies within the row's `from_date` and `to_date`, both inclusive; an empty end is open."""
    last = day_or_none(row["to_date"])
    return date.fromisoformat(row["from_date"]) <= day and (last is None or day <= last)
