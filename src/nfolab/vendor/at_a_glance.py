"""Columns of numbers into the stored types in one pass, where nothing in them can be wrong.

Each function says whether that is so. If not, what it wrote means nothing, and the column needs a closer look.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nfolab.base.compiled import compiled
from nfolab.base.units import PAISE_PER_RUPEE

_SURELY_ROUNDED: Final = 0.25
"""A price so close to a whole paisa is rounded to it, whatever the rule for a tie."""


@compiled
def whole_numbers(values: NDArray[Any], least: int, most: int, to: NDArray[Any]) -> bool:
    """Write whole numbers (integers of any width, [rows]) to `to` (int32 or int64 [rows]) if all lie in a range."""
    low, high = np.int64(most), np.int64(least)
    for row in range(len(values)):
        value = np.int64(values[row])
        low, high = min(low, value), max(high, value)
        to[row] = value
    return bool(low >= least and high <= most)


@compiled
def whole_decimals(values: NDArray[np.float64], least: float, most: float, to: NDArray[Any]) -> bool:
    """Write decimals (float64 [rows]) that are whole and lie in a range."""
    fine = True
    for row in range(len(values)):
        value = values[row]
        within = value == np.rint(value) and value >= least and value <= most
        fine = fine and within
        to[row] = np.int64(value) if within else 0
    return fine


@compiled
def rupees(values: NDArray[np.float64], least: float, most: float, to: NDArray[np.int32]) -> bool:
    """Write rupees (float64 [rows]) as paise, if each lies near a whole paisa and that in a range."""
    fine = True
    for row in range(len(values)):
        scaled = values[row] * PAISE_PER_RUPEE
        whole = np.rint(scaled)
        within = np.abs(scaled - whole) <= _SURELY_ROUNDED and whole >= least and whole <= most
        fine &= within
        to[row] = np.int32(whole) if within else np.int32(0)
    return fine


@compiled
def decimals(values: NDArray[np.float64], least: float, most: float, to: NDArray[np.float64]) -> bool:
    """Write decimals (float64 [rows]) that lie in a range."""
    fine = True
    for row in range(len(values)):
        value = values[row]
        fine &= value >= least and value <= most
        to[row] = value
    return fine


@compiled
def instants(values: NDArray[np.int64], least: int, most: int, factor: int, shift: int, to: NDArray[np.int64]) -> bool:
    """Write counts of a clock (int64 [rows]) times `factor` less `shift`, if all lie between two counts, at neither."""
    low, high = np.int64(most), np.int64(least)
    first = len(values) > 0
    for row in range(len(values)):
        value = values[row]
        low, high = min(low, value), max(high, value)
        to[row] = value * factor - shift
    return not first or bool(low > least and high < most)
