"""The forward that put-call parity shows, K + (C - P) exp(rate years), from quotes of a chain over time.

Each strike pair tells a forward and how sure it is of it: between K + C bid - P ask and K + C ask - P bid, which could
be traded. Near the money spreads are narrow, so the few pairs with the smallest |C - P| are asked, each weighted by
1/(half width)^2 as for errors in proportion to the spread. A stale or broken quote tells a forward of its own: pairs
whose interval does not hold the weighted median of all are left out, and the rest are averaged. The simple form, the
one nearest pair, is what the tape's `parity` spot uses.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nfolab.base.compiled import compiled
from nfolab.base.errors import InputError
from nfolab.options.contract_arrays import Float64Array

PAIRS_ASKED = 5

_LEAST_WIDTH = 1e-9
"""In points; no market is so narrow, and its weight stays a number."""

Int16Array = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class ParityForward:
    """Forwards of one expiry over time; where no pair had good quotes, NaN and 0 pairs.

    Attributes:
        forward: float64 [times], in the strikes' unit.
        half_width: float64 [times], half the width of the interval of the narrowest pair that was used.
        pairs: int16 [times], how many pairs were used.
    """

    forward: Float64Array
    half_width: Float64Array
    pairs: Int16Array


@compiled
def _from_pairs(
    strike: Float64Array,
    call_bid: Float64Array,
    call_ask: Float64Array,
    put_bid: Float64Array,
    put_ask: Float64Array,
    growth: Float64Array,
    asked: int,
    forward: Float64Array,
    half_width: Float64Array,
    pairs: Int16Array,
) -> None:
    away, told, width = np.empty(asked), np.empty(asked), np.empty(asked)
    for at in range(forward.size):
        found = 0
        for pair in range(strike.size):
            good = 0.0 < call_bid[pair, at] < call_ask[pair, at] and 0.0 < put_bid[pair, at] < put_ask[pair, at]
            if not (good and math.isfinite(call_ask[pair, at] + put_ask[pair, at])):
                continue
            difference = 0.5 * (call_bid[pair, at] + call_ask[pair, at] - put_bid[pair, at] - put_ask[pair, at])
            place = min(found, asked - 1)
            if found == asked and not abs(difference) < away[place]:
                continue
            while place > 0 and away[place - 1] > abs(difference):
                away[place], told[place], width[place] = away[place - 1], told[place - 1], width[place - 1]
                place -= 1
            away[place] = abs(difference)
            told[place] = strike[pair] + difference * growth[at]
            spreads = call_ask[pair, at] - call_bid[pair, at] + put_ask[pair, at] - put_bid[pair, at]
            width[place] = max(0.5 * spreads * growth[at], _LEAST_WIDTH)
            found = min(found + 1, asked)
        pairs[at] = 0
        forward[at] = half_width[at] = math.nan
        if found == 0 or not 0.0 < growth[at] < math.inf:
            continue
        weights = 0.0
        for one in range(found):
            weights += 1.0 / (width[one] * width[one])
        middle = told[0]
        nearest = math.inf
        for one in range(found):
            # The weighted median: the forward below and above which lies no more than half the weight.
            below, above = 0.0, 0.0
            for other in range(found):
                weight = 1.0 / (width[other] * width[other])
                if told[other] < told[one]:
                    below += weight
                elif told[other] > told[one]:
                    above += weight
            if max(below, above) <= 0.5 * weights * (1.0 + 1e-12) and away[one] < nearest:
                middle = told[one]
                nearest = away[one]
        total, sure, narrowest = 0.0, 0.0, math.inf
        for one in range(found):
            if abs(told[one] - middle) <= width[one]:
                weight = 1.0 / (width[one] * width[one])
                total += weight * (told[one] - middle)
                sure += weight
                narrowest = min(narrowest, width[one])
                pairs[at] += 1
        forward[at] = middle + total / sure
        half_width[at] = narrowest


def parity_forward(
    strike: ArrayLike,
    call_bid: ArrayLike,
    call_ask: ArrayLike,
    put_bid: ArrayLike,
    put_ask: ArrayLike,
    *,
    growth: ArrayLike = 1.0,
    pairs: int = PAIRS_ASKED,
) -> ParityForward:
    """Return the forward of one expiry over time, weighted over several strike pairs near the money.

    Args:
        strike: float64 [strikes], in any order.
        call_bid: float64 [strikes, times], best bids of the calls; likewise the others. A quote that is missing, empty,
            crossed or too old is NaN or 0: a pair counts only where both its quotes are good.
        call_ask: see `call_bid`.
        put_bid: see `call_bid`.
        put_ask: see `call_bid`.
        growth: exp(rate × years) [times] or one number; 1 neglects the discount of C − P, which near the money is
            worth |C − P| × rate × years: under 2 points a month at 500 apart.
        pairs: how many pairs with the smallest |C − P| are asked; 1 is the simple form, the nearest pair alone (of two
            equally near the first given).

    Raises:
        InputError: shapes do not fit together, or `pairs` is below 1.
    """
    if pairs < 1:
        raise InputError(f"a forward from {pairs} strike pairs cannot be: ask at least 1")
    strikes = np.ascontiguousarray(strike, dtype=np.float64).reshape(-1)
    quotes = [np.array(one, dtype=np.float64, order="C") for one in (call_bid, call_ask, put_bid, put_ask)]
    shapes = {quote.shape for quote in quotes}
    if len(shapes) != 1 or quotes[0].ndim != 2 or quotes[0].shape[0] != strikes.size:
        raise InputError(
            f"quotes of the shapes {sorted(shapes)} do not fit {strikes.size} strikes: give each as [strikes, times]"
        )
    times = quotes[0].shape[1]
    growths = np.array(np.broadcast_to(np.asarray(growth, dtype=np.float64), (times,)), order="C")
    forward, half_width, used = np.empty(times), np.empty(times), np.empty(times, np.int16)
    _from_pairs(
        strikes, quotes[0], quotes[1], quotes[2], quotes[3], growths, pairs, forward, half_width, used
    )  # fmt: skip
    return ParityForward(forward, half_width, used)
