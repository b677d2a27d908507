"""An APPROXIMATE margin of short options and combinations of one expiry, after the clearing house's public rules.

Scan: the worst loss of the legs together over sixteen scenarios (seven price moves within the price scan range, each
with volatility up and down by the volatility scan range; two moves of twice the range at 35 % of their loss), at least
the short option minimum. To it come exposure margin on every short option and, since 2024-11-20, extra margin on those
that expire that day. Premium received or paid is counted apart. Parameters by date and their sources:
`data/margin_parameters.csv`. How far it is off the clearing house's figures is told in docs/market.md and tested.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nfolab.base.errors import InputError
from nfolab.base.units import PAISE_PER_RUPEE, rupees
from nfolab.market.tables import in_force, require_covered, rows

Float64Array = NDArray[np.float64]
Pricer = Callable[[Float64Array, Float64Array, Float64Array], tuple[Float64Array, Float64Array]]
"""Prices of call and put by forward, strike and volatility × √years, undiscounted: `options.black76.undiscounted_pair`.

Pricing stands above this room, so it is handed in.
"""

_MOVES = np.repeat([0.0, 1 / 3, -1 / 3, 2 / 3, -2 / 3, 1.0, -1.0], 2)
_VOLATILITY_SIGNS = np.tile([1.0, -1.0], 7)
_DAYS_A_YEAR = 365
_LEAST_VOLATILITY = 0.0001


@dataclass(frozen=True, slots=True)
class MarginLeg:
    """One option held: kind, strike in rupees, signed units (negative is short)."""

    kind: Literal["CE", "PE"]
    strike: int
    units: int


@dataclass(frozen=True, slots=True)
class ScenarioMargin:
    """The parts of an APPROXIMATE margin, in paise."""

    scan: int
    exposure: int
    expiry_day: int
    label: Literal["APPROXIMATE"] = "APPROXIMATE"

    @property
    def total(self) -> int:
        """Scan, exposure and expiry-day margin together, in paise."""
        return self.scan + self.exposure + self.expiry_day

    def __str__(self) -> str:
        return f"Rs {rupees(self.total)} ({self.label})"


@cache
def _parameters(day: date) -> dict[str, float]:
    return {row["parameter"]: float(row["value"]) for row in rows("margin_parameters") if in_force(row, day)}


def scan_ranges(day: date, forward: float, clearing_volatility: float | None) -> tuple[float, float]:
    """Return the price scan range in rupees and the volatility scan range as a fraction.

    Args:
        day: the trading day.
        forward: the forward of the legs' expiry, in rupees.
        clearing_volatility: the clearing house's yearly volatility of the index (its slow average); without it the
            floors stand, as they have on quiet days.

    Raises:
        InputError: a day outside the facts.
    """
    require_covered(day)
    known = _parameters(day)
    volatility = clearing_volatility or 0.0
    share = max(known["price_scan_floor"], known["price_scan_deviations"] * volatility / np.sqrt(_DAYS_A_YEAR))
    return share * forward, max(known["volatility_scan_floor"], known["volatility_scan_share"] * volatility)


def _worst_loss(
    legs: Sequence[MarginLeg],
    day: date,
    forward: float,
    years: float,
    volatility: float,
    ranges: tuple[float, float],
    pricer: Pricer,
) -> float:
    """Return the worst loss over the sixteen scenarios in rupees, at least 0."""
    price_range, volatility_range = ranges
    known = _parameters(day)
    extreme = known["extreme_move"] * price_range
    moves = np.concatenate(([0.0], _MOVES * price_range, [extreme, -extreme]))
    forwards = np.maximum(forward + moves, 1.0)
    volatilities = np.concatenate(([volatility], volatility + _VOLATILITY_SIGNS * volatility_range, [volatility] * 2))
    deviations = np.maximum(volatilities, _LEAST_VOLATILITY) * np.sqrt(years)
    values = np.zeros_like(forwards)
    for leg in legs:
        call, put = pricer(forwards, np.full_like(forwards, leg.strike), deviations)
        values += leg.units * (call if leg.kind == "CE" else put)
    losses = values[0] - values[1:]
    losses[-2:] *= known["extreme_weight"]
    return max(float(losses.max()), 0.0)


def scenario_margin(
    legs: Sequence[MarginLeg],
    *,
    day: date,
    expiry: date,
    forward: float,
    years: float,
    volatility: float,
    pricer: Pricer,
    clearing_volatility: float | None = None,
) -> ScenarioMargin:
    """Return the APPROXIMATE margin of options of one expiry, held together.

    Args:
        legs: the options; long ones lower the scan, never the exposure margin of the short ones.
        day: the trading day, for the parameters in force.
        expiry: the legs' expiry; on it the extra margin of expiring shorts is due.
        forward: the forward of that expiry, in rupees.
        years: time to expiry in years, above zero.
        volatility: yearly volatility at which the legs are valued, as a fraction.
        pricer: prices calls and puts; see `Pricer`.
        clearing_volatility: see `scan_ranges`.

    Raises:
        InputError: no legs, an amount not above zero, `day` after `expiry` or outside the facts.
    """
    if not legs or any(leg.units == 0 for leg in legs):
        raise InputError("a margin needs legs, each of units other than 0: give the options held")
    for name, value in (("forward", forward), ("years", years), ("volatility", volatility)):
        if not value > 0:
            raise InputError(f"{name} of {value} cannot be: give one above 0")
    if day > expiry:
        raise InputError(f"contracts of {expiry} did not trade on {day}: choose a day up to their expiry")
    ranges = scan_ranges(day, forward, clearing_volatility)
    known = _parameters(day)
    uncovered = sum(max(-sum(leg.units for leg in legs if leg.kind == kind), 0) for kind in {leg.kind for leg in legs})
    scan = max(
        _worst_loss(legs, day, forward, years, volatility, ranges, pricer),
        known["short_option_minimum"] * forward * uncovered,
    )
    short_value = forward * sum(-leg.units for leg in legs if leg.units < 0)
    on_expiry_day = known["expiry_day_short"] * short_value if day == expiry else 0.0
    return ScenarioMargin(_paise(scan), _paise(known["exposure"] * short_value), _paise(on_expiry_day))


def _paise(amount: float) -> int:
    return round(amount * PAISE_PER_RUPEE)
