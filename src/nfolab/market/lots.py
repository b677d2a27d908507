"""Lot sizes and strike steps."""

from datetime import date
from functools import cache

from nfolab.base.errors import InputError
from nfolab.market.expiries import expiry_of
from nfolab.market.lot_rules import lot_switches
from nfolab.market.tables import require_covered, underlying_row

QUARTERLY_MONTHS = (3, 6, 9, 12)


@cache
def lot_size(underlying: str, expiry: date, day: date) -> int:
    """Return the units in a lot of the contract that expires on `expiry`, as traded on `day`.

    Raises:
        InputError: unknown underlying, nothing of it expires on `expiry`, `day` after `expiry`, or a day outside
            2019-01-01..2026-12-31.
    """
    require_covered(day)
    one = expiry_of(underlying, expiry)
    if day > expiry:
        raise InputError(f"the {underlying} contract of {expiry} did not trade on {day}: choose a day up to its expiry")
    quarterly = one.kind == "monthly" and one.scheduled.month in QUARTERLY_MONTHS
    for switch in lot_switches(underlying):
        if day <= switch.last_day and expiry >= switch.first_expiry and (quarterly or not switch.quarterly_only):
            return switch.old_lot
    return one.lot


@cache
def strike_step(underlying: str) -> int:
    """Return the distance between strikes in rupees (100 BANKNIFTY, 50 NIFTY); InputError for an unknown underlying."""
    return int(underlying_row(underlying)["strike_step"])
