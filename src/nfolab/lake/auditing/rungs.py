"""What a day's mean says of one ladder: whether the values of its rungs lie on a smooth curve, and which do not.

A step of strikes may be worth less than the spread of any one second, and yet show in the mean of a day: the error of
a mean of hundreds of middles is a small part of a tick. Logarithms of option prices are smooth in the strike, so that
each rung can be foretold by the cubic through the four beside it. How far real ladders are from smooth is measured on
the rungs around, for it differs from market to market: round strikes of cheap options are dearer than their neighbours.
"""

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

LEAST_RUNGS: Final = 5
_AROUND = 10
_BACKGROUND = 3.0
"""Of errors as chance makes them, three times their lower third is as much as twice their median."""

_BENDING = 0.1


@dataclass(frozen=True)
class Rungs:
    """One ladder of calls or puts of one expiry.

    Attributes:
        places: Of the contracts, in order of `strikes`.
        strikes: float64 [rungs], rupees.
        values: float64 [series, rungs], logarithms of prices; NaN where unknown.
        errors: float64 [series, rungs], by how much each may be wrong by rounding.
        empty: float64 [strikes], those between the ladder's ends that no contract has.
        roughness: float64 [series, rungs], what is usual around each at most; infinite before `calibrated`.
    """

    places: Int64
    strikes: Float64
    values: Float64
    errors: Float64
    empty: Float64
    roughness: Float64

    def calibrated(self) -> Self:
        """Return the ladder with its roughness as it is now: whatever is tried with its rungs cannot make it more."""
        found = np.full(self.values.shape, np.inf)
        for series, values in enumerate(self.values):
            known = np.flatnonzero(np.isfinite(values))
            if len(known) >= LEAST_RUNGS:
                found[series, known] = _foretold(self.strikes[known], values[known]).usual
        return replace(self, roughness=found)

    def without(self, gone: Bool) -> Self:
        """Return the ladder without some rungs."""
        return self.renamed(self.strikes, ~gone)

    def renamed(self, strikes: Float64, kept: Bool | None = None) -> Self:
        """Return the ladder, or those rungs of it that are kept, with other strikes and in their order."""
        chosen = np.arange(len(strikes)) if kept is None else np.flatnonzero(kept)
        order = chosen[np.argsort(strikes[chosen], kind="stable")]
        return replace(
            self,
            places=self.places[order],
            strikes=strikes[order],
            values=self.values[:, order],
            errors=self.errors[:, order],
            roughness=self.roughness[:, order],
        )


@dataclass(frozen=True)
class Fit:
    """How each rung lies to the curve through the others.

    Attributes:
        away: float64 [series, rungs], how often its usual error it is off; NaN where it cannot be told.
    """

    away: Float64

    @property
    def worst(self) -> float:
        """The largest `away`."""
        return float(np.nanmax(self.away, initial=0.0))

    @property
    def cost(self) -> float:
        """A sum over all rungs, 0 for a ladder without a flaw."""
        return float(np.nansum(np.minimum(self.away, 30.0) ** 2))


def fit_of(rungs: Rungs) -> Fit:
    """Foretell each rung by the cubic through the four known ones nearest to it in order, itself left out."""
    away = np.full(rungs.values.shape, np.nan)
    for series, values in enumerate(rungs.values):
        known = np.flatnonzero(np.isfinite(values))
        if len(known) >= LEAST_RUNGS:
            told = _foretold(rungs.strikes[known], values[known])
            away[series, known] = told.away(rungs.errors[series, known], rungs.roughness[series, known])
    return Fit(away)


@dataclass(frozen=True)
class _Foretold:
    """What the others say of each rung of one series.

    Attributes:
        others: int64 [rungs, 4], who they are, and `weights` what each counts for.
        residual: float64 [rungs], by how much they miss.
        bend: float64 [rungs], by how much they miss a straight line between the two nearest.
    """

    others: Int64
    weights: Float64
    residual: Float64
    bend: Float64

    @property
    def width(self) -> Float64:
        """How much larger the residual's error is than that of one value."""
        return np.asarray(np.sqrt(1.0 + (self.weights**2).sum(axis=1)))

    @property
    def usual(self) -> Float64:
        """The lower third of the residuals around each: a wrong rung spoils up to five, and two of them more."""
        parts = self.residual / self.width
        size = min(len(parts), 2 * _AROUND + 1)
        start = np.clip(np.arange(len(parts)) - _AROUND, 0, len(parts) - size)
        found: Float64 = np.quantile(parts[start[:, None] + np.arange(size)], 1 / 3, axis=1)
        return found

    def away(self, errors: Float64, roughness: Float64) -> Float64:
        """Return how often its usual error each is off."""
        rounding = np.sqrt(errors**2 + (self.weights**2 * errors[self.others] ** 2).sum(axis=1))
        background = _BACKGROUND * self.width * np.minimum(self.usual, roughness)
        found: Float64 = self.residual / np.sqrt(rounding**2 + background**2 + (_BENDING * self.bend) ** 2)
        return found


def _foretold(strikes: Float64, values: Float64) -> _Foretold:
    count = len(strikes)
    start = np.clip(np.arange(count) - 2, 0, count - LEAST_RUNGS)
    window = start[:, None] + np.arange(LEAST_RUNGS)
    others = window[window != np.arange(count)[:, None]].reshape(count, LEAST_RUNGS - 1)
    weights = _lagrange(strikes, strikes[others])
    told = (weights * values[others]).sum(axis=1)
    nearest = np.sort(np.argsort(np.abs(strikes[others] - strikes[:, None]), axis=1, kind="stable")[:, :2], axis=1)
    pair = np.take_along_axis(others, nearest, axis=1)
    bend = told - (_lagrange(strikes, strikes[pair]) * values[pair]).sum(axis=1)
    return _Foretold(others, weights, np.abs(values - told), bend)


def _lagrange(at: Float64, points: Float64) -> Float64:
    """Return the weights by which values at `points` [rungs, 4] make the cubic's value at `at` [rungs]."""
    weights = np.ones_like(points)
    for one in range(points.shape[1]):
        for other in range(points.shape[1]):
            if one != other:
                weights[:, one] *= (at - points[:, other]) / (points[:, one] - points[:, other])
    return weights
