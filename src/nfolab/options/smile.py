"""A smile through one expiry's volatilities (SVI), and whether it could be traded against.

SVI (Gatheral, 2004) writes total variance w = volatility^2 years over k = ln(strike/forward) as

    w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)).

With z = (k - m)/sigma it is linear in three numbers once m and sigma are chosen:

    w = a + p (sqrt(z^2 + 1) + z) + q (sqrt(z^2 + 1) - z),   p, q >= 0  (which is |rho| <= 1, b >= 0),

so each pair (m, sigma) of a grid has an exact least-squares answer, and the grid closes in on the best pair. A smile is
free of butterfly arbitrage where Durrleman's function g is not below 0 (it is the density, up to a positive factor):

    g = (1 - k w'/(2 w))^2 - w'^2/4 (1/w + 1/4) + w''/2,

and of calendar arbitrage where a later expiry's w is nowhere below an earlier one's.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nfolab.base.errors import InputError
from nfolab.options.contract_arrays import Float64Array

FEWEST_STRIKES = 5

_GRID = 13
_ROUNDS = 12
_SHRINK = 0.4
_CHECKED_POINTS = 401


@dataclass(frozen=True, slots=True)
class Smile:
    """A fitted smile: Gatheral's five numbers, years to expiry, and how far in k quotes reached."""

    a: float
    b: float
    rho: float
    m: float
    sigma: float
    years: float
    lowest: float
    highest: float

    def total_variance(self, k: ArrayLike) -> Float64Array:
        """Return w at k = ln(strike/forward)."""
        away = np.asarray(k, dtype=np.float64) - self.m
        return np.asarray(self.a + self.b * (self.rho * away + np.hypot(away, self.sigma)))

    def volatility(self, strike: ArrayLike, forward: float) -> Float64Array:
        """Return the volatility a year at strikes; beyond the quotes it is an extrapolation."""
        k = np.log(np.asarray(strike, dtype=np.float64) / forward)
        return np.asarray(np.sqrt(np.maximum(self.total_variance(k), 0.0) / self.years))

    def durrleman(self, k: ArrayLike) -> Float64Array:
        """Return g(k): below 0 there is a butterfly of negative price."""
        x = np.asarray(k, dtype=np.float64)
        away = x - self.m
        root = np.hypot(away, self.sigma)
        w = self.total_variance(x)
        first = self.b * (self.rho + away / root)
        second = self.b * self.sigma**2 / root**3
        return np.asarray((1 - x * first / (2 * w)) ** 2 - first**2 / 4 * (1 / w + 0.25) + second / 2)


def _best_line(k: Float64Array, w: Float64Array, weight: Float64Array, m: float, sigma: float) -> tuple[float, ...]:
    """Return (error, a, p, q) of the best a, p, q at a given m and sigma, p and q not below 0."""
    z = (k - m) / sigma
    root = np.sqrt(z * z + 1)
    columns = np.stack([np.ones_like(z), root + z, root - z], axis=1) * weight[:, np.newaxis]
    target = w * weight
    best = (np.inf, 0.0, 0.0, 0.0)
    for used in ((0, 1, 2), (0, 1), (0, 2), (0,)):
        solved = np.linalg.lstsq(columns[:, used], target, rcond=None)[0]
        if (solved[1:] < 0).any():
            continue
        error = float(((columns[:, used] @ solved - target) ** 2).sum())
        if error < best[0]:
            full = np.zeros(3)
            full[list(used)] = solved
            best = (error, float(full[0]), float(full[1]), float(full[2]))
        if len(used) == 3:
            break
    return best


def fit_smile(
    strike: ArrayLike,
    volatility: ArrayLike,
    *,
    forward: float,
    years: float,
    weight: ArrayLike | None = None,
) -> Smile:
    """Return the SVI smile closest to volatilities, by weighted least squares of total variance.

    Args:
        strike: [strikes], in any order.
        volatility: implied volatilities [strikes]; NaN where not known.
        forward: the forward of the expiry.
        years: time to expiry, above zero.
        weight: how sure each volatility is [strikes], such as vega ÷ spread; all alike if left out.

    Raises:
        InputError: fewer than five known volatilities, or forward or years not above zero.
    """
    strikes, volatilities = np.asarray(strike, dtype=np.float64), np.asarray(volatility, dtype=np.float64)
    weights = np.ones_like(strikes) if weight is None else np.asarray(weight, dtype=np.float64)
    known = np.isfinite(volatilities) & np.isfinite(weights) & (volatilities > 0) & (weights > 0)
    if not (forward > 0 and years > 0):
        raise InputError(f"a smile at a forward of {forward} and {years} years cannot be: give numbers above 0")
    if np.unique(strikes[known]).size < FEWEST_STRIKES:
        raise InputError(
            f"a smile needs volatilities at {FEWEST_STRIKES} strikes, not {np.unique(strikes[known]).size}: "
            "give more strikes"
        )
    k = np.log(strikes[known] / forward)
    w = volatilities[known] ** 2 * years
    scale = weights[known] / weights[known].max()
    low, high = float(k.min()), float(k.max())
    middle, reach = (low + high) / 2, (high - low) / 2
    log_sigma, log_reach = float(np.log(reach / 3)), 3.0
    best: tuple[float, ...] = (np.inf,)
    at = (middle, float(np.exp(log_sigma)))
    for _ in range(_ROUNDS):
        for m in np.linspace(middle - reach, middle + reach, _GRID):
            for sigma in np.exp(np.linspace(log_sigma - log_reach, log_sigma + log_reach, _GRID)):
                found = _best_line(k, w, scale, float(m), float(sigma))
                if found[0] < best[0]:
                    best, at = found, (float(m), float(sigma))
        middle, log_sigma = at[0], float(np.log(at[1]))
        reach, log_reach = reach * _SHRINK, log_reach * _SHRINK
    _, a, p, q = best
    rho = (p - q) / (p + q) if p + q > 0 else 0.0
    return Smile(a, (p + q) / at[1], rho, at[0], at[1], years, low, high)


def _grid(*smiles: Smile) -> Float64Array:
    return np.linspace(min(one.lowest for one in smiles), max(one.highest for one in smiles), _CHECKED_POINTS)


def butterfly_arbitrage(smile: Smile) -> Float64Array:
    """Return the k within the quotes at which the smile has a negative density or variance; empty if it is free."""
    k = _grid(smile)
    broken = smile.total_variance(k) <= 0
    broken[~broken] = smile.durrleman(k[~broken]) < 0
    return np.asarray(k[broken])


def calendar_arbitrage(near: Smile, following: Smile) -> Float64Array:
    """Return the k within both smiles' quotes at which the later expiry has less total variance; empty if it is free.

    Raises:
        InputError: `following` does not expire after `near`.
    """
    if not following.years > near.years:
        raise InputError(f"a smile of {following.years} years does not expire after one of {near.years}: exchange them")
    k = np.linspace(max(near.lowest, following.lowest), min(near.highest, following.highest), _CHECKED_POINTS)
    return np.asarray(k[following.total_variance(k) < near.total_variance(k)])
