"""A set of legs at expiry and on the way: payoff, break-evens, and the chance to end in profit or to touch a level.

Probabilities are those of Black-76: the forward moves lognormally without drift, with one volatility. They are what
prices say, not what will happen. s is the total deviation, volatility × √years; levels are watched at every moment.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nfolab.base.errors import InputError
from nfolab.options.contract_arrays import Float64Array, OptionKind
from nfolab.options.normal import cumulative

_IMAGES = 20
_CERTAIN = 4.0
"""A corridor narrower than a quarter of s is left with certainty: it is kept with a chance below 1e-33."""


@dataclass(frozen=True, slots=True)
class PayoffLeg:
    """One option held to expiry: kind, strike, signed units (negative is short), premium at which it was opened."""

    kind: OptionKind
    strike: float
    units: int
    premium: float


def payoff_at_expiry(legs: Sequence[PayoffLeg], settlement: ArrayLike) -> Float64Array:
    """Return profit or loss of the legs together before charges, in rupees, for each settlement of the index.

    Raises:
        InputError: there are no legs.
    """
    if not legs:
        raise InputError("a payoff needs legs: give the options held")
    levels = np.asarray(settlement, dtype=np.float64)
    total = np.zeros(levels.shape)
    for leg in legs:
        ahead = levels - leg.strike if leg.kind == "CE" else leg.strike - levels
        total = total + leg.units * (np.maximum(ahead, 0.0) - leg.premium)
    return total


def break_evens(legs: Sequence[PayoffLeg]) -> list[float]:
    """Return the settlements above zero at which the payoff changes its sign, in order.

    Raises:
        InputError: there are no legs.
    """
    corners = sorted({0.0, *(leg.strike for leg in legs)})
    corners.append(2 * corners[-1] + sum(abs(leg.premium * leg.units) for leg in legs) + 1)
    values = payoff_at_expiry(legs, corners)
    found = []
    for place in range(len(corners) - 1):
        left, right = float(values[place]), float(values[place + 1])
        if left * right < 0:
            found.append(corners[place] + (corners[place + 1] - corners[place]) * left / (left - right))
        elif right == 0 and 0 < place + 1 < len(corners) - 1 and left * float(values[place + 2]) < 0:
            found.append(corners[place + 1])
    return found


def _below(forward: float, level: float, s: float) -> float:
    return cumulative((math.log(level / forward) + 0.5 * s * s) / s) if level > 0 else 0.0


def _require(forward: float, s: float) -> None:
    for name, value in (("forward", forward), ("total deviation", s)):
        if not (math.isfinite(value) and value > 0):
            raise InputError(f"a {name} of {value} cannot be: give one above 0")


def probability_of_profit(legs: Sequence[PayoffLeg], forward: float, s: float) -> float:
    """Return the chance that the payoff at expiry is above zero.

    Raises:
        InputError: there are no legs, or forward or s are not above zero.
    """
    _require(forward, s)
    borders = [0.0, *break_evens(legs)]
    chance = 0.0
    for place, start in enumerate(borders):
        last = place == len(borders) - 1
        inside = 2 * start + max(leg.strike for leg in legs) if last else (start + borders[place + 1]) / 2
        if payoff_at_expiry(legs, inside) > 0:
            chance += (1.0 if last else _below(forward, borders[place + 1], s)) - _below(forward, start, s)
    return chance


def probability_of_touch(forward: float, level: float, s: float) -> float:
    """Return the chance that the forward reaches the level before expiry (reflection principle).

    Raises:
        InputError: forward, level or s are not above zero.
    """
    _require(forward, s)
    _require(level, s)
    away = math.log(level / forward)
    if away == 0:
        return 1.0
    if away > 0:
        return min(cumulative(-away / s - s / 2) + math.exp(-away) * cumulative(-away / s + s / 2), 1.0)
    return min(cumulative(away / s + s / 2) + math.exp(-away) * cumulative(away / s - s / 2), 1.0)


def probability_of_leaving(forward: float, low: float, high: float, s: float) -> float:
    """Return the chance that the forward reaches `low` or `high` before expiry (images of both barriers).

    Raises:
        InputError: a number is not above zero, or `low` is not below `high`.
    """
    for number in (forward, low, high):
        _require(number, s)
    if not low < high:
        raise InputError(f"there is no corridor from {low} to {high}: give the lower level first")
    if not low < forward < high:
        return 1.0
    lower, upper = math.log(low / forward), math.log(high / forward)
    width = upper - lower
    if s > _CERTAIN * width:
        return 1.0
    kept = 0.0
    for n in range(-_IMAGES, _IMAGES + 1):
        for centre, sign in ((2 * n * width, 1.0), (2 * lower + 2 * n * width, -1.0)):
            ends = [(end - centre) / s + s / 2 for end in (lower, upper)]
            kept += sign * math.exp(-centre / 2) * (cumulative(ends[1]) - cumulative(ends[0]))
    return min(max(1.0 - kept, 0.0), 1.0)


def probability_of_touching_break_even(legs: Sequence[PayoffLeg], forward: float, s: float) -> float:
    """Return the chance that the forward reaches a break-even of the legs before expiry; 0 if there is none.

    Raises:
        InputError: there are no legs, or forward or s are not above zero.
    """
    _require(forward, s)
    levels = [level for level in break_evens(legs) if level > 0]
    below = [level for level in levels if level <= forward]
    above = [level for level in levels if level >= forward]
    if below and above:
        return probability_of_leaving(forward, below[-1], above[0], s) if below[-1] < above[0] else 1.0
    return probability_of_touch(forward, (below[-1:] + above[:1])[0], s) if levels else 0.0
