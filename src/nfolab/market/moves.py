"""Contracts whose expiry was moved after they were listed: `data/expiry_moves.csv`.

A move is `known` from the day of the exchange's notice where that notice told the contract's old and new day, else from
the day at whose end the contract files changed. `announced` is the day of the first notice. The yearly list of holidays
is taken as known.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache

from nfolab.base.errors import InputError
from nfolab.market.tables import require_covered, rows


@dataclass(frozen=True, order=True, slots=True)
class Move:
    """One move of one contract away from the day `before` to the day `after`."""

    underlying: str
    known: date
    before: date
    after: date
    announced: date


@cache
def moves(underlying: str) -> tuple[Move, ...]:
    """Return the moves of an underlying's contracts in the order they became known."""
    return tuple(
        sorted(
            Move(
                row["underlying"],
                date.fromisoformat(row["known"]),
                date.fromisoformat(row["before"]),
                date.fromisoformat(row["after"]),
                date.fromisoformat(row["announced"]),
            )
            for row in rows("expiry_moves")
            if row["underlying"] == underlying
        )
    )


@cache
def moved_from(underlying: str) -> dict[date, date]:
    """Return, for each day a contract was moved away from, the day it expired in the end."""
    next_day = {move.before: move.after for move in moves(underlying)}
    final = {}
    for before, first_after in next_day.items():
        after, seen = first_after, {before}
        while after in next_day and after not in seen:
            seen.add(after)
            after = next_day[after]
        final[before] = after
    return final


@cache
def expiry_as_known(underlying: str, expiry: date, day: date) -> date:
    """Return the day on which the contract that expired on `expiry` was expected to expire by who traded it on `day`.

    Raises:
        InputError: `day` is after `expiry`, or outside 2019-01-01..2026-12-31.
    """
    require_covered(day)
    if day > expiry:
        raise InputError(f"the {underlying} contract of {expiry} did not trade on {day}: choose a day up to its expiry")
    final = moved_from(underlying)
    for move in moves(underlying):
        if final[move.before] == expiry and day < move.known:
            return move.before
    return expiry
