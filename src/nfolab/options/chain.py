"""Measures of one expiry's chain: volatility at the money and at a delta, skew, term gap, and what a strike pays for.

Arrays are [strikes, times] or [strikes]; a NaN is a strike whose value is not known then. Between the two nearest known
strikes (or deltas) values go in a straight line; outside them nothing is known, and the answer is NaN.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nfolab.base.compiled import compiled
from nfolab.base.errors import InputError
from nfolab.market.scenario_margin import MarginLeg, scenario_margin
from nfolab.options.black76 import undiscounted_pair
from nfolab.options.contract_arrays import Float64Array

SKEW_DELTA = 0.25


@compiled
def _between_nearest(points: Float64Array, values: Float64Array, wanted: Float64Array, found: Float64Array) -> None:
    for at in range(wanted.size):
        below, above = -1, -1
        for one in range(points.shape[0]):
            point = points[one, at]
            if np.isnan(point) or np.isnan(values[one, at]):
                continue
            if point <= wanted[at] and (below < 0 or point > points[below, at]):
                below = one
            if point >= wanted[at] and (above < 0 or point < points[above, at]):
                above = one
        if below < 0 or above < 0:
            found[at] = np.nan
        elif points[below, at] == points[above, at]:
            found[at] = values[below, at]
        else:
            share = (wanted[at] - points[below, at]) / (points[above, at] - points[below, at])
            found[at] = values[below, at] + share * (values[above, at] - values[below, at])


def _interpolated(points: ArrayLike, values: ArrayLike, wanted: ArrayLike) -> Float64Array:
    value = np.asarray(values, dtype=np.float64)
    shape = value.shape[1:]
    times = int(np.prod(shape))
    point = np.asarray(points, dtype=np.float64)
    if point.ndim == 1 and value.ndim > 1:
        point = point[:, np.newaxis]
    try:
        all_points = np.array(np.broadcast_to(point, value.shape), order="C").reshape(value.shape[0], times)
        all_wanted = np.array(np.broadcast_to(np.asarray(wanted, dtype=np.float64), shape), order="C").reshape(times)
    except ValueError:
        raise InputError(
            f"arrays of the shapes {np.shape(points)}, {value.shape} and {np.shape(wanted)} do not fit: "
            "give [strikes, times], and one wanted value a time"
        ) from None
    found = np.empty(times)
    _between_nearest(all_points, np.ascontiguousarray(value).reshape(value.shape[0], times), all_wanted, found)
    return found.reshape(shape)


def volatility_at_strike(strike: ArrayLike, volatility: ArrayLike, level: ArrayLike) -> Float64Array:
    """Return the volatility at a level between strikes, [times] or a number.

    Args:
        strike: [strikes].
        volatility: implied volatilities [strikes, times] or [strikes], best of options out of the money.
        level: the level, one a time or one for all.

    Raises:
        InputError: the shapes do not fit.
    """
    return _interpolated(strike, volatility, level)


def atm_volatility(strike: ArrayLike, volatility: ArrayLike, forward: ArrayLike) -> Float64Array:
    """Return the volatility at the forward; arguments and errors as `volatility_at_strike`."""
    return _interpolated(strike, volatility, forward)


def skew_by_strike(strike: ArrayLike, volatility: ArrayLike, forward: ArrayLike) -> Float64Array:
    """Return each strike's volatility less that at the money, in the shape of `volatility`."""
    return np.asarray(np.asarray(volatility, dtype=np.float64) - atm_volatility(strike, volatility, forward))


def volatility_at_delta(delta: ArrayLike, volatility: ArrayLike, target: float) -> Float64Array:
    """Return the volatility where options of one kind have the target delta.

    Args:
        delta: deltas of calls (or puts) [strikes, times] or [strikes].
        volatility: their volatilities, same shape.
        target: 0.25 for calls, −0.25 for puts.

    Raises:
        InputError: the shapes do not fit.
    """
    return _interpolated(delta, volatility, target)


def skew_25_delta(
    call_delta: ArrayLike, call_volatility: ArrayLike, put_delta: ArrayLike, put_volatility: ArrayLike
) -> Float64Array:
    """Return the volatility of the 25-delta put less that of the 25-delta call: above 0 where puts are dearer."""
    put = volatility_at_delta(put_delta, put_volatility, -SKEW_DELTA)
    return np.asarray(put - volatility_at_delta(call_delta, call_volatility, SKEW_DELTA))


def term_gap(near: ArrayLike, following: ArrayLike) -> Float64Array:
    """Return the nearest expiry's volatility at the money less that of the next: above 0 where the near is dearer."""
    return np.asarray(np.asarray(near, dtype=np.float64) - np.asarray(following, dtype=np.float64))


def gamma_per_spread(gamma: ArrayLike, bid: ArrayLike, ask: ArrayLike) -> Float64Array:
    """Return gamma for each point of spread paid, NaN where the quote is not good (0 < bid < ask)."""
    bids, asks = np.asarray(bid, dtype=np.float64), np.asarray(ask, dtype=np.float64)
    spread = np.where((bids > 0) & (asks > bids), asks - bids, np.nan)
    return np.asarray(np.asarray(gamma, dtype=np.float64) / spread)


def theta_per_margin(theta: ArrayLike, units: int, margin_paise: ArrayLike) -> Float64Array:
    """Return a day's decay of a short position for each rupee of margin, NaN where there is no margin.

    Args:
        theta: change of price a calendar day for one unit (a straddle's: of call and put together), in rupees.
        units: units sold of each.
        margin_paise: margin of the position, in paise.
    """
    margin = np.asarray(margin_paise, dtype=np.float64) / 100
    return np.asarray(np.abs(np.asarray(theta, dtype=np.float64)) * units / np.where(margin > 0, margin, np.nan))


def short_straddle_margins(
    strike: Sequence[int],
    *,
    units: int,
    day: date,
    expiry: date,
    forward: float,
    years: float,
    volatility: float,
) -> NDArray[np.int64]:
    """Return the APPROXIMATE scenario margin of a short straddle at each strike, in paise.

    Args:
        strike: strikes in rupees.
        units: units sold of each leg.
        day: the trading day.
        expiry: the expiry; its own day asks for extra margin.
        forward: the forward, in rupees.
        years: time to expiry, above zero.
        volatility: yearly volatility at which the legs are valued.

    Raises:
        InputError: as `market.scenario_margin.scenario_margin`.
    """
    margins = [
        scenario_margin(
            [MarginLeg("CE", one, -units), MarginLeg("PE", one, -units)],
            day=day, expiry=expiry, forward=forward, years=years, volatility=volatility, pricer=undiscounted_pair,
        ).total
        for one in strike
    ]  # fmt: skip
    return np.array(margins, dtype=np.int64)
