"""Contracts whose expiry was moved after they were listed: `data/expiry_moves.csv`."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from nfolab.market.tables import rows


@dataclass(frozen=True, order=True, slots=True)
class Move:
    """One move of one contract: away from `before`, to `after`, known to all who traded on `known` or later."""

    underlying: str
    known: date
    before: date
    after: date


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
            )
            for row in rows("expiry_moves")
            if row["underlying"] == underlying
        )
    )


@cache
def moved_from(underlying: str) -> dict[date, date]:
    """Return, for each day a contract was moved away from, the day it expired in the end."""
    last_move = {move.before: move.after for move in moves(underlying)}
    final = {}
    for before, first_after in last_move.items():
        after, seen = first_after, {before}
        while after in last_move and after not in seen:
            seen.add(after)
            after = last_move[after]
        final[before] = after
    return final
