"""The total deviation s = volatility x sqrt(years) that an option's time value implies: one number, compiled.

In the notation of `normalised`, the slope of b is n(h) exp(-t^2/2), so (ln b)' = 1/B and (ln c)' = -1/C. Both
logarithms need no exponential and never underflow. Solved is ln b(s) = ln beta, or ln c(s) = ln gamma where beta is
above half its bound, by Householder's iteration of third order: each step takes the error to its fourth power.

Precision: normalised prices carry about h^2 ulps of rounding, and since b/(s b') is about 1/h^2, that is one ulp in s.

First guess: on a normal (Bachelier) market the time value is |F - K| (n(z)/z - N(-z)), z = |F - K|/deviation, a
function of one variable, whose inverse is kept as a polynomial (1e-5). A lognormal s differs from it by 1 + s^2/24
and so on. Where it is far off, a bracket keeps the iteration from leaving.
"""

import math

from nfolab.base.compiled import compiled
from nfolab.options.normal import ROOT_TWO_PI
from nfolab.options.normalised import normal_gap, upper_gap

_CLOSE_ENOUGH = 3e-5
"""A step below this leaves an error of its fourth power."""
_MOST_STEPS = 100
_FAR = 30.0
_LEAST_GAP = 1e-300


@compiled
def _normal_market_guess(x: float, distance: float, beta: float, log_beta: float) -> float:
    """Return s of a normal market, corrected for the lognormal one; `distance` is |F - K|/sqrt(F K)."""
    if distance < 1e-7 * beta:
        normal = ROOT_TWO_PI * (beta + 0.5 * distance)
        return normal * (1.0 + normal * normal * (1 / 24))
    y = math.log(beta + distance) - log_beta
    w = (y - 15.0) / (y + 15.0)
    u = w * w
    even = ((((-0.000230179931 * u - 0.00198577133) * u + 0.0433915289) * u - 0.0781945851) * u - 0.0435879085) * u
    odd = (((0.0258223732 * u - 0.0670076667) * u + 0.0404170087) * u + 0.0873878069) * u - 0.0869817822
    z = y / math.sqrt(2 * math.pi + 0.5 * y) * (even + 1.08025562 + w * odd)
    normal = distance / z
    return normal * (1.0 + normal * normal * (1 / 24)) * (-x / distance)


@compiled
def _upper_guess(x: float, gamma: float) -> float:
    """Return s from N(-t) of about gamma/(2 cosh(x/2)), by Polya's 2 N(t) - 1 = sqrt(1 - exp(-2 t^2/pi))."""
    share = min(gamma / (math.exp(0.5 * x) + math.exp(-0.5 * x)), 0.4999)
    return 2.0 * math.sqrt(-0.5 * math.pi * math.log(4.0 * share * (1.0 - share)))


@compiled
def total_deviation(x: float, distance: float, beta: float, gamma: float) -> float:
    """Return s with b(s) = beta.

    Args:
        x: -|ln(F/K)|.
        distance: |F - K|/sqrt(F K).
        beta: undiscounted time value/sqrt(F K), above 0.
        gamma: exp(x/2) - beta, above 0, given apart because the difference may cancel.
    """
    below = beta < gamma
    if below:
        target = math.log(beta)
        s = _normal_market_guess(x, distance, beta, target)
    else:
        target = math.log(gamma)
        s = _upper_guess(x, gamma)
    target += math.log(ROOT_TWO_PI)
    low, high = 0.0, math.inf
    for _ in range(_MOST_STEPS):
        if not 0.0 < s < math.inf:
            return math.nan
        h = x / s
        t = 0.5 * s
        exponent = 0.5 * (h * h + t * t)
        if h + t > _FAR if below else h + t < -_FAR:
            # Far on the other side: b or c is at its bound, and the iteration would not move.
            better = math.nan
            step = -s if below else s
        else:
            gap = max(normal_gap(h, t) if below else upper_gap(h, t), _LEAST_GAP)
            miss = math.log(gap) - exponent - target
            step = -miss * gap if below else miss * gap
            slope = 1.0 / gap if below else -1.0 / gap
            q = (h * h - t * t) / s
            second = q - slope
            third = second * second - second * slope - (3.0 * h * h + t * t) / s / s
            divisor = 1.0 + step * (second + step * third * (1 / 6))
            better = s + step * (1.0 + 0.5 * step * second) / divisor if divisor > 0.0 else s + step
        if abs(better - s) <= _CLOSE_ENOUGH * s:
            return better
        if step > 0.0:
            low = s
        else:
            high = s
        if not low < better < high or not 0.2 * s < better < 5.0 * s:
            if low == 0.0:
                better = 0.2 * s
            elif high == math.inf:
                better = 5.0 * s
            else:
                better = math.sqrt(low * high)
        s = better
    return s
