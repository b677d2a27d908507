"""Implied volatility of Black-76 to machine precision, alone or with the five greeks in one go.

How the number is found: `solve`. How exact it can be: a premium is a floating-point number, so it is known to half an
ulp, and one ulp of it is worth ulp(premium)/vega of volatility. For an option in the money the time value is what is
left of the premium after the intrinsic value, so it inherits the ulp of the whole premium.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nfolab.base.compiled import compiled
from nfolab.options.contract_arrays import BoolArray, Float64Array, Int8Array, OptionKind, flat_arrays
from nfolab.options.normal import density, tail_ratio
from nfolab.options.normalised import log_ratio
from nfolab.options.reasons import Reason
from nfolab.options.solve import total_deviation

CALENDAR_DAYS_A_YEAR = 365

_ROUNDING = 4e-16

_KNOWN = int(Reason.KNOWN)
_MISSING = int(Reason.MISSING)
_NO_PRICE = int(Reason.NO_PRICE)
_NO_TIME = int(Reason.NO_TIME)
_BELOW_INTRINSIC = int(Reason.BELOW_INTRINSIC)
_NO_TIME_VALUE = int(Reason.NO_TIME_VALUE)
_ABOVE_BOUND = int(Reason.ABOVE_BOUND)
_BEYOND_NUMBERS = int(Reason.BEYOND_NUMBERS)


@dataclass(frozen=True, slots=True)
class ImpliedVolatility:
    """Volatilities a year, 0.13 for 13 %, NaN where there is none, and why: a `Reason` as int8, of the same shape."""

    volatility: Float64Array
    reason: Int8Array


@dataclass(frozen=True, slots=True)
class ImpliedGreeks:
    """Implied volatility with delta, gamma, theta, vega and rho at it, in the units of `greeks.Greeks`."""

    volatility: Float64Array
    reason: Int8Array
    delta: Float64Array
    gamma: Float64Array
    theta: Float64Array
    vega: Float64Array
    rho: Float64Array


@compiled
def _deviation_and_reason(
    call: bool, forward: float, strike: float, years: float, growth: float, premium: float
) -> tuple[float, int]:
    """Return volatility x sqrt(years) and the reason where there is none."""
    if not math.isfinite(forward + strike + years + premium) or math.isnan(growth):
        return math.nan, _MISSING
    if forward <= 0.0 or strike <= 0.0:
        return math.nan, _NO_PRICE
    if years <= 0.0:
        return math.nan, _NO_TIME
    if growth == 0.0 or growth == math.inf:
        return math.nan, _BEYOND_NUMBERS
    undiscounted = premium * growth
    intrinsic = max(forward - strike, 0.0) if call else max(strike - forward, 0.0)
    time_value = undiscounted - intrinsic
    if time_value <= 0.0:
        lost_to_rounding = intrinsic > 0.0 and time_value >= -_ROUNDING * intrinsic
        return math.nan, _NO_TIME_VALUE if lost_to_rounding else _BELOW_INTRINSIC
    left = min(forward, strike) - time_value
    if left <= 0.0:
        return math.nan, _ABOVE_BOUND
    scale = math.sqrt(forward) * math.sqrt(strike)
    beta = time_value / scale
    gamma = left / scale
    if not (beta > 0.0 and gamma > 0.0 and math.isfinite(beta + gamma)):
        return math.nan, _BEYOND_NUMBERS
    s = total_deviation(log_ratio(forward, strike), abs(forward - strike) / scale, beta, gamma)
    return s, _KNOWN if s > 0.0 and forward * s > 0.0 and math.isfinite(s) else _BEYOND_NUMBERS


@compiled
def _implied(
    call: BoolArray,
    forward: Float64Array,
    strike: Float64Array,
    years: Float64Array,
    rate: Float64Array,
    premium: Float64Array,
    volatility: Float64Array,
    reason: Int8Array,
) -> None:
    for i in range(call.size):
        growth = math.exp(rate[i] * years[i])
        s, why = _deviation_and_reason(call[i], forward[i], strike[i], years[i], growth, premium[i])
        reason[i] = why
        volatility[i] = math.nan
        if why == _KNOWN:
            volatility[i] = s / math.sqrt(years[i])
            if not math.isfinite(volatility[i]):
                reason[i] = _BEYOND_NUMBERS
                volatility[i] = math.nan


@compiled
def _implied_with_greeks(
    call: BoolArray,
    forward: Float64Array,
    strike: Float64Array,
    years: Float64Array,
    rate: Float64Array,
    premium: Float64Array,
    volatility: Float64Array,
    reason: Int8Array,
    delta: Float64Array,
    gamma: Float64Array,
    theta: Float64Array,
    vega: Float64Array,
    rho: Float64Array,
) -> None:
    for i in range(call.size):
        growth = math.exp(rate[i] * years[i])
        s, why = _deviation_and_reason(call[i], forward[i], strike[i], years[i], growth, premium[i])
        reason[i] = why
        if why != _KNOWN:
            volatility[i] = delta[i] = gamma[i] = theta[i] = vega[i] = rho[i] = math.nan
            continue
        root = math.sqrt(years[i])
        d1 = math.copysign(log_ratio(forward[i], strike[i]), forward[i] - strike[i]) / s + 0.5 * s
        discounted = density(d1) / growth
        tail = discounted * tail_ratio(abs(d1))
        if call[i]:
            delta[i] = tail if d1 <= 0.0 else 1.0 / growth - tail
        else:
            delta[i] = -tail if d1 >= 0.0 else tail - 1.0 / growth
        volatility[i] = s / root
        gamma[i] = discounted / (forward[i] * s)
        vega[i] = forward[i] * discounted * root
        decay = 0.5 * vega[i] * volatility[i] / years[i]
        theta[i] = (rate[i] * premium[i] - decay) * (1 / CALENDAR_DAYS_A_YEAR)
        rho[i] = -years[i] * premium[i]
        if not math.isfinite(volatility[i] + delta[i] + gamma[i] + theta[i] + vega[i] + rho[i]):
            reason[i] = _BEYOND_NUMBERS
            volatility[i] = delta[i] = gamma[i] = theta[i] = vega[i] = rho[i] = math.nan


@compiled
def out_of_the_money_deviation(forward: float, strike: float, years: float, premium: float) -> float:
    """Return volatility x sqrt(years) of the undiscounted option out of the money, NaN where there is none.

    That is the CE where the strike is at or above the forward, else the PE. For kernels; a deviation that is told is
    above zero and finite.
    """
    deviation, why = _deviation_and_reason(strike >= forward, forward, strike, years, 1.0, premium)
    return deviation if why == _KNOWN else math.nan


def implied_volatility(
    kind: OptionKind | ArrayLike,
    *,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    premium: ArrayLike,
) -> ImpliedVolatility:
    """Return the volatility at which Black-76 gives the premium; all arguments broadcast.

    Args:
        kind: `CE`, `PE`, or an array of them.
        forward: forward of the option's expiry.
        strike: strike in the same unit.
        years: time to expiry in years; see `expiry_time`.
        rate: continuously compounded rate a year.
        premium: price of the option in the unit of the forward.

    Returns:
        float64 volatilities and int8 reasons of the broadcast shape. What is no option, or no premium within the
        no-arbitrage bounds, gives NaN and its reason; nothing is raised for it.

    Raises:
        InputError: a kind is neither CE nor PE, or the shapes do not fit.
    """
    shape, calls, numbers = flat_arrays(kind, forward, strike, years, rate, premium)
    volatility, reason = np.empty(calls.size), np.empty(calls.size, np.int8)
    _implied(calls, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], volatility, reason)
    return ImpliedVolatility(volatility.reshape(shape), reason.reshape(shape))


def implied_greeks(
    kind: OptionKind | ArrayLike,
    *,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    premium: ArrayLike,
) -> ImpliedGreeks:
    """Return implied volatility and the five greeks at it, in one pass; arguments, errors as `implied_volatility`."""
    shape, calls, numbers = flat_arrays(kind, forward, strike, years, rate, premium)
    volatility, reason = np.empty(calls.size), np.empty(calls.size, np.int8)
    found = [np.empty(calls.size) for _ in range(5)]
    _implied_with_greeks(
        calls, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], volatility, reason,
        found[0], found[1], found[2], found[3], found[4],
    )  # fmt: skip
    greeks = [one.reshape(shape) for one in found]
    return ImpliedGreeks(volatility.reshape(shape), reason.reshape(shape), *greeks)
