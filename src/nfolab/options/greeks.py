"""Price and all first- and second-order greeks of Black-76, per forward, and how they read per spot.

With d1 = ln(F/K)/s + s/2, d2 = d1 - s, s = volatility sqrt(T), D = exp(-rate T), N and n the normal distribution and
density, and a year's decay of the undiscounted price a = F n(d1) volatility/(2 sqrt T):

    delta = D N(d1) (CE), -D N(-d1) (PE)          gamma = D n(d1)/(F s)
    vega  = D F n(d1) sqrt T                      rho   = -T price
    theta = rate price - D a                      vanna = -D n(d1) d2/volatility
    volga = vega d1 d2/volatility                 charm = rate delta + D n(d1) d2/(2 T)
    veta  = vega (rate - (1 + d1 d2)/(2 T))       theta drift = rate^2 price - 2 rate D a + D a (d1 d2 - 1)/(2 T)

theta, charm, veta and theta drift are by the passing of time (-d/dT), forward and volatility held. The remaining
second-order greeks are multiples: by rate and forward -T delta, by rate and volatility -T vega, by rate twice
T^2 price, by rate and time price - T theta (theta a year).

Source: differentiation of F. Black, "The pricing of commodity contracts", Journal of Financial Economics 3 (1976).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nfolab.base.compiled import compiled
from nfolab.options.contract_arrays import BoolArray, Float64Array, Int8Array, OptionKind, flat_arrays
from nfolab.options.implied import CALENDAR_DAYS_A_YEAR
from nfolab.options.normal import density, tail_ratio
from nfolab.options.normalised import log_ratio, time_value
from nfolab.options.reasons import Reason

TRADING_MINUTES_A_YEAR = 252 * 375
"""The year over which a year's decay is spread when only trading counts: 252 sessions of 375 minutes."""

_KNOWN = int(Reason.KNOWN)
_MISSING = int(Reason.MISSING)
_NO_PRICE = int(Reason.NO_PRICE)
_NO_TIME = int(Reason.NO_TIME)
_NO_VOLATILITY = int(Reason.NO_VOLATILITY)
_BEYOND_NUMBERS = int(Reason.BEYOND_NUMBERS)
_KEPT = 11


@dataclass(frozen=True, slots=True)
class Greeks:
    """Price and greeks at a fixed forward, float64 of one shape; NaN where there are none, with the reason.

    Attributes:
        reason: a `Reason` as int8.
        price: the option's price, in the unit of the forward. Small prices keep their relative precision.
        delta: change of price by forward, discounted.
        gamma: change of delta by forward.
        theta: change of price a calendar day (a year's, divided by 365).
        vega: change of price by volatility, for 1.00 (100 points); divide by 100 for one point.
        rho: change of price by rate, for 1.00, the forward held.
        vanna: change of delta by volatility of 1.00, which is that of vega by forward.
        volga: change of vega by volatility of 1.00.
        charm: change of delta a calendar day.
        veta: change of vega a calendar day.
        theta_drift: change of theta (a calendar day's) a calendar day.
    """

    reason: Int8Array
    price: Float64Array
    delta: Float64Array
    gamma: Float64Array
    theta: Float64Array
    vega: Float64Array
    rho: Float64Array
    vanna: Float64Array
    volga: Float64Array
    charm: Float64Array
    veta: Float64Array
    theta_drift: Float64Array

    @property
    def theta_per_trading_minute(self) -> Float64Array:
        """Change of price a minute of trading: a year's, spread over 252 × 375 minutes."""
        return self.theta * (CALENDAR_DAYS_A_YEAR / TRADING_MINUTES_A_YEAR)


@dataclass(frozen=True, slots=True)
class SpotGreeks:
    """First-order greeks and gamma per spot: the forward moves with spot, rate and time as spot × exp(carry × years).

    Attributes:
        delta: change of price by spot.
        gamma: change of that delta by spot.
        theta: change of price a calendar day, spot held: the forward comes down to it.
        vega: as per forward.
        rho: change of price by rate, for 1.00, spot held: the forward rises by its own × years.
    """

    delta: Float64Array
    gamma: Float64Array
    theta: Float64Array
    vega: Float64Array
    rho: Float64Array


@compiled
def _greeks(
    call: BoolArray,
    forward: Float64Array,
    strike: Float64Array,
    years: Float64Array,
    rate: Float64Array,
    volatility: Float64Array,
    reason: Int8Array,
    found: Float64Array,
) -> None:
    """Write price and greeks into the rows of `found` [11, options], in the order of `Greeks`."""
    for i in range(call.size):
        f, k, time, r, vol = forward[i], strike[i], years[i], rate[i], volatility[i]
        why = _KNOWN
        if not math.isfinite(f + k + time + r + vol):
            why = _MISSING
        elif f <= 0.0 or k <= 0.0:
            why = _NO_PRICE
        elif time <= 0.0:
            why = _NO_TIME
        elif vol <= 0.0:
            why = _NO_VOLATILITY
        root = math.sqrt(time) if why == _KNOWN else 1.0
        s = vol * root
        if why == _KNOWN and not (s > 0.0 and f * s > 0.0 and math.isfinite(s * s) and r * time > -700.0):
            why = _BEYOND_NUMBERS
        reason[i] = why
        if why != _KNOWN:
            for row in range(_KEPT):
                found[row, i] = math.nan
            continue
        discount = math.exp(-r * time)
        h = log_ratio(f, k) / s
        t = 0.5 * s
        away = -h if f >= k else h
        d1, d2 = away + t, away - t
        n1 = discount * density(d1)
        tail = n1 * tail_ratio(abs(d1))
        if call[i]:
            delta = tail if d1 <= 0.0 else discount - tail
            intrinsic = max(f - k, 0.0)
        else:
            delta = -tail if d1 >= 0.0 else tail - discount
            intrinsic = max(k - f, 0.0)
        price = discount * (intrinsic + time_value(min(f, k), math.sqrt(f) * math.sqrt(k), h, t))
        vega = f * n1 * root
        decay = 0.5 * vega * vol / time
        by_time = 0.5 / time
        day = 1 / CALENDAR_DAYS_A_YEAR
        found[0, i] = price
        found[1, i] = delta
        found[2, i] = n1 / (f * s)
        found[3, i] = (r * price - decay) * day
        found[4, i] = vega
        found[5, i] = -time * price
        found[6, i] = -n1 * d2 / vol
        found[7, i] = vega * d1 * d2 / vol
        found[8, i] = (r * delta + n1 * d2 * by_time) * day
        found[9, i] = vega * (r - (1.0 + d1 * d2) * by_time) * day
        found[10, i] = (r * r * price - 2.0 * r * decay + decay * (d1 * d2 - 1.0) * by_time) * day * day
        together = 0.0
        for row in range(_KEPT):
            together += found[row, i]
        if not math.isfinite(together):
            reason[i] = _BEYOND_NUMBERS
            for row in range(_KEPT):
                found[row, i] = math.nan


def greeks(
    kind: OptionKind | ArrayLike,
    *,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    volatility: ArrayLike,
) -> Greeks:
    """Return price and greeks; all arguments broadcast, and mean what they mean in `implied.implied_volatility`.

    Raises:
        InputError: a kind is neither CE nor PE, or the shapes do not fit.
    """
    shape, calls, numbers = flat_arrays(kind, forward, strike, years, rate, volatility)
    reason, found = np.empty(calls.size, np.int8), np.empty((_KEPT, calls.size))
    _greeks(calls, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], reason, found)
    return Greeks(reason.reshape(shape), *(row.reshape(shape) for row in found))


def per_spot(greeks: Greeks, *, forward: ArrayLike, spot: ArrayLike, years: ArrayLike) -> SpotGreeks:
    """Return the greeks per spot, the carry being what the forward shows: ln(forward/spot)/years.

    Args:
        greeks: greeks per forward.
        forward: the forward they were worked out with.
        spot: the index, above zero.
        years: their time to expiry, above zero.
    """
    forwards, spots, times = (np.asarray(one, dtype=np.float64) for one in (forward, spot, years))
    ratio = forwards / spots
    carry = np.log(ratio) / times
    return SpotGreeks(
        delta=greeks.delta * ratio,
        gamma=greeks.gamma * ratio * ratio,
        theta=greeks.theta - carry * forwards * greeks.delta / CALENDAR_DAYS_A_YEAR,
        vega=greeks.vega,
        rho=greeks.rho + times * forwards * greeks.delta,
    )
