"""Which lot a contract was listed with, and which contracts already open switched to another.

A change of lot applies by expiry: a contract keeps the lot it was listed with (`data/lots.csv`). Long-dated contracts
already open switch at the end of a given day (`data/lot_switches.csv`).
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from nfolab.base.errors import InputError
from nfolab.market.tables import rows, underlying_row


@dataclass(frozen=True, slots=True)
class LotSwitch:
    """A change of lot of contracts already open: those from `first_expiry` on, after the end of `last_day`."""

    last_day: date
    first_expiry: date
    quarterly_only: bool
    old_lot: int


@cache
def _lots(underlying: str, kind: str) -> tuple[tuple[date, int], ...]:
    """Return (first expiry, lot) in order."""
    found = [
        (date.fromisoformat(row["from_expiry"]), int(row["lot"]))
        for row in rows("lots")
        if (row["underlying"], row["kind"]) == (underlying, kind)
    ]
    return tuple(sorted(found))


@cache
def lot_switches(underlying: str) -> tuple[LotSwitch, ...]:
    """Return the switches of an underlying in the order of their days."""
    found = [
        LotSwitch(
            date.fromisoformat(row["last_day_of_old_lot"]),
            date.fromisoformat(row["first_expiry"]),
            row["contracts"] == "quarterly",
            int(row["old_lot"]),
        )
        for row in rows("lot_switches")
        if row["underlying"] == underlying
    ]
    return tuple(sorted(found, key=lambda switch: switch.last_day))


@cache
def lot_near_expiry(underlying: str, kind: Literal["weekly", "monthly"], expiry: date) -> int:
    """Return the lot of a contract at the end of its life.

    Raises:
        InputError: unknown underlying, or an expiry before its first contract of that kind.
    """
    underlying_row(underlying)
    known = [lot for first, lot in _lots(underlying, kind) if first <= expiry]
    if not known:
        first = min((day for day, _ in _lots(underlying, kind)), default="nowhere")
        raise InputError(
            f"no lot is known of a {kind} {underlying} contract of {expiry}: choose one that expires from {first} on"
        )
    return known[-1]
