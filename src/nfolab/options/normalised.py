"""The option out of the money in the form that keeps its digits: every pricing kernel stands on it.

The option out of the money holds all time value. With x = -|ln(F/K)|, h = x/s, t = s/2, s = volatility sqrt(years), n
and N the normal density and distribution, its undiscounted price divided by sqrt(F K) is

    b(s) = exp(x/2) N(h + t) - exp(-x/2) N(h - t) = n(h) exp(-t^2/2) B,   B = Y(h + t) - Y(h - t),   Y(y) = N(y)/n(y),

since x/2 = h t makes both exponentials times their densities equal. What is missing to its bound is

    c(s) = exp(x/2) - b = n(h) exp(-t^2/2) C,   C = Y(-h - t) + Y(h - t).

B is a difference. For small t it is summed as the Taylor series of Y about h, with Y' = 1 + h Y and
Y^(n+1) = h Y^(n) + n Y^(n-1), which leaves about h^2 ulps of rounding in it; that is as exact as exp(-h^2/2) is.
"""

import math

from nfolab.base.compiled import compiled
from nfolab.options.normal import ROOT_TWO_PI, density, tail_ratio

_SMALL_HALF = 0.2
_SMALL_X = 1.0
_TINY_HALF = 0.02


@compiled
def log_ratio(forward: float, strike: float) -> float:
    """Return -|ln(forward/strike)| with full relative precision near the money too."""
    near = (max(forward, strike) - min(forward, strike)) / (forward + strike)
    if near < 0.05:
        u = near * near
        series = 1.0 + u * (1 / 3 + u * (1 / 5 + u * (1 / 7 + u * (1 / 9 + u * (1 / 11)))))
        return -2.0 * near * series
    return -math.log(max(forward, strike) / min(forward, strike))


@compiled
def normal_gap(h: float, t: float) -> float:
    """Return B = Y(h + t) - Y(h - t) for h <= 0 < t and h + t < 37, beyond which it overflows."""
    if t < _SMALL_HALF and -h * t < 0.5 * _SMALL_X:
        y0 = tail_ratio(-h)
        y1 = 1.0 + h * y0
        y2 = h * y1 + y0
        y3 = h * y2 + 2.0 * y1
        y4 = h * y3 + 3.0 * y2
        y5 = h * y4 + 4.0 * y3
        y6 = h * y5 + 5.0 * y4
        y7 = h * y6 + 6.0 * y5
        square = t * t
        tail = y7
        if t > _TINY_HALF:
            y8 = h * y7 + 7.0 * y6
            y9 = h * y8 + 8.0 * y7
            y10 = h * y9 + 9.0 * y8
            y11 = h * y10 + 10.0 * y9
            y12 = h * y11 + 11.0 * y10
            y13 = h * y12 + 12.0 * y11
            tail += square * (1 / 72) * (y9 + square * (1 / 110) * (y11 + square * (1 / 156) * y13))
        return 2.0 * t * (y1 + square * (1 / 6) * (y3 + square * (1 / 20) * (y5 + square * (1 / 42) * tail)))
    upper = h + t
    if upper <= 0.0:
        return tail_ratio(-upper) - tail_ratio(t - h)
    return ROOT_TWO_PI * math.exp(0.5 * upper * upper) - tail_ratio(upper) - tail_ratio(t - h)


@compiled
def upper_gap(h: float, t: float) -> float:
    """Return C = Y(-h - t) + Y(h - t) for h <= 0 < t and h + t > -37, beyond which it overflows."""
    upper = h + t
    if upper >= 0.0:
        return tail_ratio(upper) + tail_ratio(t - h)
    return ROOT_TWO_PI * math.exp(0.5 * upper * upper) - tail_ratio(-upper) + tail_ratio(t - h)


@compiled
def time_value(low: float, scale: float, h: float, t: float) -> float:
    """Return the undiscounted price out of the money; `low` = min(F, K), `scale` = sqrt(F K), h <= 0 < t."""
    common = scale * density(h) * math.exp(-0.5 * t * t)
    upper = h + t
    if upper < 1.0:
        return common * normal_gap(h, t) if common > 0.0 else 0.0
    return low - common * (upper_gap(h, t))
