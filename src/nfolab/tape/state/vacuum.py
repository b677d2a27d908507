"""How far a move is one of missing liquidity: by how much the spread opens and the depth goes, for so little trade.

The strike is frozen ten seconds before; the newest ten seconds stand against the thirty before them. Call and put count
together: the sums of their spreads and of their five levels on both sides.
"""

import math
from typing import Final, NamedTuple

import numpy as np

from nfolab.base.compiled import compiled
from nfolab.tape.book import Int32Array
from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import Values
from nfolab.tape.features.subject import SPOT
from nfolab.tape.state.frozen import frozen_places, least_of, trade_rate
from nfolab.tape.state.level import level_of
from nfolab.tape.state.strikes import at_the_money_of, books_of
from nfolab.tape.state.thresholds import load_thresholds

NOW: Final = 10
BEFORE: Final = 30
_PER_TEN_THOUSAND: Final = 1e4


class Vacuum(NamedTuple):
    """The parts of the score by second, float64 [seconds]; NaN where one is not known.

    Attributes:
        spread_increase: how far the widest spread of t − 10 … t lies above the mean of t − 40 … t − 11, as a share.
        depth_drop: how far the thinnest book of t − 10 … t lies below the mean of t − 40 … t − 11, as a share.
        price: 1e4 |S[t] − S[t − 10]| / S[t − 10] / (1 + lots traded in the ten seconds).
        score: their weighted sum.
        trade_rate: lots that traded a second, over the ten seconds.
    """

    spread_increase: Values
    depth_drop: Values
    price: Values
    score: Values
    trade_rate: Values


@compiled
def _against_before(
    values: Values, place: Int32Array, sign: int, now: int, before: int, least_now: int, least_before: int, out: Values
) -> None:
    """Fill `out` with how far the greatest value of now (`sign` −1: the least) lies beyond the mean of before."""
    for at in range(out.size):
        out[at] = math.nan
        here = place[at]
        if here < 0 or at < now + before:
            continue
        total = 0.0
        told = 0
        for one in range(at - now - before, at - now):
            if not math.isnan(values[here, one]):
                total += values[here, one]
                told += 1
        extreme = -math.inf
        seen = 0
        for one in range(at - now, at + 1):
            if not math.isnan(values[here, one]):
                extreme = max(extreme, sign * values[here, one])
                seen += 1
        if told >= least_before and seen >= least_now:
            mean = total / told
            out[at] = max(0.0, (extreme - sign * mean) / mean)


def vacuum_of(given: Given) -> Vacuum:
    """Return the score and its parts; worked out once a day."""
    return given.of(SPOT).once("vacuum", _vacuum)


def _vacuum(given: Given) -> Vacuum:
    books, money, level = books_of(given), at_the_money_of(given), level_of(given)
    place = frozen_places(given, NOW)
    spread, depth = books.spread().sum(axis=0), books.depth().sum(axis=0)
    increase, drop = np.empty(place.size), np.empty(place.size)
    for values, sign, out in ((spread, 1, increase), (depth, -1, drop)):
        _against_before(values, place, sign, NOW, BEFORE, least_of(NOW + 1), least_of(BEFORE), out)
    lots = trade_rate(given, NOW) / money.lot
    moved = level.moved(NOW)
    price = _PER_TEN_THOUSAND * np.abs(moved) / (level.value - moved) / (1.0 + NOW * lots)
    weights = load_thresholds().vacuum
    score = weights.spread * increase + weights.depth * drop + weights.price * price
    return Vacuum(increase, drop, price, score, lots)
