"""What the exchange fixes about an order: tick size, the largest quantity, and the slices of a larger one.

Source: `data/tick_sizes.csv`, `data/freeze_limits.csv`.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache

from nfolab.base.errors import InputError
from nfolab.base.units import TICK_PAISE
from nfolab.market.tables import in_force, require_covered, rows, underlying_row


@dataclass(frozen=True, slots=True)
class FreezeLimit:
    """The largest quantity of one order, in units, and the notice it stands in."""

    units: int
    since: date
    source: str
    confidence: str


@cache
def _limits(underlying: str) -> tuple[FreezeLimit, ...]:
    found = (
        FreezeLimit(int(row["units"]), date.fromisoformat(row["from_date"]), row["source"], row["confidence"])
        for row in rows("freeze_limits")
        if row["underlying"] == underlying
    )
    return tuple(sorted(found, key=lambda limit: limit.since))


@cache
def freeze_limit(underlying: str, day: date) -> FreezeLimit:
    """Return the limit in force on `day`: that of the last notice read up to then.

    The exchange sets it monthly by the index level; between notices that were read it may have changed.

    Raises:
        InputError: unknown underlying, a day outside the facts, or before the first notice read.
    """
    underlying_row(underlying)
    require_covered(day)
    limits = _limits(underlying)
    known = [limit for limit in limits if limit.since <= day]
    if not known:
        begin = f"the first notice read is of {limits[0].since}" if limits else "no notice of it was read"
        raise InputError(f"the freeze limit of {underlying} on {day} is not known: {begin}; give a limit of your own")
    return known[-1]


def slices(units: int, lot: int, limit: int) -> list[int]:
    """Return the orders into which `units` must be cut: whole lots, none above `limit`, the largest first.

    Raises:
        InputError: `units` is no positive multiple of `lot`, or a single lot exceeds the limit.
    """
    if units <= 0 or lot <= 0 or units % lot:
        raise InputError(f"{units} units are no whole number of lots of {lot}: give a positive multiple")
    largest = limit // lot * lot
    if largest == 0:
        raise InputError(
            f"a lot of {lot} exceeds the limit of {limit} units an order: check the underlying and the day"
        )
    whole, rest = divmod(units, largest)
    return [largest] * whole + ([rest] if rest else [])


def option_tick() -> int:
    """Return the tick size of options in paise, the same on all days."""
    return TICK_PAISE


def future_tick(day: date, index_level: int) -> int:
    """Return the tick size of index futures in paise.

    Args:
        day: the trading day.
        index_level: the index in whole rupees, by which the size is set from 2025-04-15 on.

    Raises:
        InputError: a day outside the facts, or a level not above zero.
    """
    require_covered(day)
    if index_level <= 0:
        raise InputError(f"an index level of {index_level} cannot be: give one above 0")
    for row in rows("tick_sizes"):
        highest = int(row["level_to"]) if row["level_to"] else index_level
        if row["product"] == "future" and in_force(row, day) and int(row["level_above"]) < index_level <= highest:
            return int(row["paise"])
    raise ValueError(f"tick_sizes.csv has no future tick on {day} at {index_level}")
