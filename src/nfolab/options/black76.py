"""Black-76: the price of a European option on a forward.

Source: F. Black, "The pricing of commodity contracts", Journal of Financial Economics 3 (1976), 167-179:

    call = D (F N(d1) - K N(d2)),  put = D (K N(-d2) - F N(-d1)),
    d1 = ln(F/K)/s + s/2,  d2 = d1 - s,  s = volatility sqrt(years),  D = exp(-rate years).

Index options in India are European and settle in cash, so the forward of the same expiry is all they need.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from nfolab.base.compiled import compiled
from nfolab.base.errors import InputError
from nfolab.options.contract_arrays import Float64Array, OptionKind
from nfolab.options.normalised import log_ratio, time_value


@compiled
def _out_of_the_money(
    forward: Float64Array, strike: Float64Array, deviation: Float64Array, value: Float64Array
) -> None:
    """Write the undiscounted price of the option without intrinsic value: the put below the forward, else the call.

    Only this half is computed; the other kind follows from put-call parity, which so holds to the last bit of rounding.
    """
    for i in range(value.size):
        if deviation[i] == 0.0:
            value[i] = 0.0
            continue
        low, scale = min(forward[i], strike[i]), math.sqrt(forward[i]) * math.sqrt(strike[i])
        s = deviation[i]
        value[i] = time_value(low, scale, log_ratio(forward[i], strike[i]) / s, 0.5 * s)


def undiscounted_pair(
    forward: ArrayLike, strike: ArrayLike, total_deviation: ArrayLike
) -> tuple[Float64Array, Float64Array]:
    """Return the prices of call and put before discounting; call - put = forward - strike.

    Args:
        forward: Forward of the same expiry, above zero; any shape.
        strike: Strike in the forward's unit, above zero; broadcast against the others.
        total_deviation: Volatility × √(years to expiry), not below zero; zero gives the intrinsic value.

    Returns:
        Call and put, float64 of the broadcast shape, in the unit of the forward.
    """
    forwards, strikes, deviations = np.broadcast_arrays(
        np.asarray(forward, dtype=np.float64),
        np.asarray(strike, dtype=np.float64),
        np.asarray(total_deviation, dtype=np.float64),
    )
    values = np.empty(forwards.size)
    flat = [np.array(array, order="C").reshape(-1) for array in (forwards, strikes, deviations)]
    _out_of_the_money(flat[0], flat[1], flat[2], values)
    value = values.reshape(forwards.shape)
    return value + np.maximum(forwards - strikes, 0.0), value + np.maximum(strikes - forwards, 0.0)


def price(
    kind: OptionKind,
    *,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    volatility: ArrayLike,
) -> Float64Array:
    """Return the Black-76 price of calls (`CE`) or puts (`PE`); all numbers broadcast.

    Args:
        kind: `CE` or `PE`.
        forward: Forward of the option's expiry, above zero.
        strike: Strike in the same unit, above zero.
        years: Time to expiry in years; at 0 the price is the intrinsic value.
        rate: Continuously compounded rate a year, 0.065 for 6.5 %.
        volatility: Volatility a year, 0.13 for 13 %.

    Returns:
        float64 of the broadcast shape, in the unit of the forward.

    Raises:
        InputError: A forward or strike is not above zero, years or volatility are below zero, or a number is no number.
    """
    numbers = {"forward": forward, "strike": strike, "years": years, "rate": rate, "volatility": volatility}
    arrays = {name: np.asarray(value, dtype=np.float64) for name, value in numbers.items()}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise InputError(f"the {name} of an option must be a number, not infinite or missing: give a finite one")
    for name in ("forward", "strike"):
        if (arrays[name] <= 0).any():
            raise InputError(f"the {name} of an option must be above zero, not {arrays[name].min()}: give its price")
    for name in ("years", "volatility"):
        if (arrays[name] < 0).any():
            raise InputError(f"the {name} of an option cannot be below zero, as {arrays[name].min()} is")
    deviation = arrays["volatility"] * np.sqrt(arrays["years"])
    call, put = undiscounted_pair(arrays["forward"], arrays["strike"], deviation)
    chosen = call if kind == "CE" else put
    return np.asarray(np.exp(-arrays["rate"] * arrays["years"]) * chosen, dtype=np.float64)
