"""How far the underlying is expected to move until expiry, in its own points."""

import math

import numpy as np
from numpy.typing import ArrayLike

from nfolab.options.contract_arrays import Float64Array

MEAN_ABSOLUTE_OF_NORMAL = math.sqrt(2 / math.pi)
"""The mean distance of a normal variable from its middle, in deviations."""


def expected_move(forward: ArrayLike, volatility: ArrayLike, years: ArrayLike) -> Float64Array:
    """Return one deviation of the forward until expiry: forward × volatility × √years, in points; all broadcast."""
    deviation = np.asarray(volatility, dtype=np.float64) * np.sqrt(np.asarray(years, dtype=np.float64))
    return np.asarray(np.asarray(forward, dtype=np.float64) * deviation, dtype=np.float64)


def expected_move_of_straddle(premium: ArrayLike, growth: ArrayLike = 1.0) -> Float64Array:
    """Return one deviation in points as a straddle at the money prices it.

    Undiscounted, such a straddle is the mean absolute move, √(2/π) = 0.798 deviations (exact on a normal
    market, within s²/24 on a lognormal one of total deviation s).

    Args:
        premium: call and put together, in points.
        growth: exp(rate × years); left out, the discount is neglected.
    """
    undiscounted = np.asarray(premium, dtype=np.float64) * np.asarray(growth, dtype=np.float64)
    return np.asarray(undiscounted / MEAN_ABSOLUTE_OF_NORMAL, dtype=np.float64)
