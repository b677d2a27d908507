"""The band: the fills of the likely run re-priced as well and as badly as its rows allow, and what they paid for."""

from dataclasses import dataclass

import numpy as np

from nfolab.base.compiled import compiled
from nfolab.base.units import TICK_PAISE
from nfolab.engine.book import is_good, walk
from nfolab.market.lots import strike_step
from nfolab.tape.book import Int32Array, Int64Array
from nfolab.tape.money import HALF_PAISE_PER_RUPEE, UNKNOWN

NEAR_SLIP_PAISE = 15
FAR_SLIP_PAISE = 30
"""Slip a unit within one strike step of the money, and beyond it or where the money is not known."""


@dataclass(frozen=True)
class FillGroups:
    """What each leg took in one second from one row; every array has one element a group.

    Attributes:
        contract: int64, number within the tape.
        row: int64, row of the tape.
        sign: int64, +1 a purchase, −1 a sale.
        quantity: int64, units.
        value: int64, paise: price × units as filled.
        seen_row: int64, the row that the order's decision saw; −1 where there was none.
        slip: int64, paise a unit.
    """

    contract: Int64Array
    row: Int64Array
    sign: Int64Array
    quantity: Int64Array
    value: Int64Array
    seen_row: Int64Array
    slip: Int64Array


def slip_paise(underlying: str, strike: Int64Array, where: Int64Array) -> Int64Array:
    """Return the slip a unit (paise) for strikes (rupees) when the money stands at `where` (half-paise, −1 unknown)."""
    step = strike_step(underlying)
    wide = step * HALF_PAISE_PER_RUPEE
    below, beyond = np.divmod(where, wide)
    at_the_money = (below + (2 * beyond > wide)) * step
    near = (where != UNKNOWN) & (np.abs(strike - at_the_money) <= step)
    return np.where(near, NEAR_SLIP_PAISE, FAR_SLIP_PAISE)


@compiled
def reprice(
    contract: Int64Array,
    row: Int64Array,
    sign: Int64Array,
    quantity: Int64Array,
    value: Int64Array,
    seen_row: Int64Array,
    slip: Int64Array,
    second: Int32Array,
    first_row: Int32Array,
    bid_price: Int32Array,
    bid_size: Int32Array,
    ask_price: Int32Array,
    ask_size: Int32Array,
    prices: Int64Array,
) -> bool:
    """Fill `prices` [5, groups]: best value, worst value (paise), spread, depth and latency paid (half-paise).

    The rules are those of docs/engine.md, "The band". The first seven arguments are the fields of `FillGroups`, the
    next six those of `Book`.

    Returns:
        Whether the levels that were loaded ran out, so that deeper ones would matter.
    """
    ran_out = False
    for group in range(row.size):
        at = row[group]
        units = quantity[group]
        buys = sign[group] > 0
        price, size = (ask_price, ask_size) if buys else (bid_price, bid_size)
        best = units * price[0, at]
        poorer = value[group]
        slips = 2
        end = first_row[contract[group] + 1]
        for later in range(at + 1, end):
            if second[later] == second[at] or (later + 1 < end and second[later + 1] == second[later]):
                continue
            if is_good(later, bid_price, bid_size, ask_price, ask_size):
                slips = 1
                walked, left, last_price = walk(later, units, price, size)
                if left > 0:
                    ran_out = True
                walked += left * last_price
                poorer = max(poorer, walked) if buys else min(poorer, walked)
                break
        mid = bid_price[0, at] + ask_price[0, at]
        prices[0, group] = best
        if buys:
            prices[1, group] = poorer + slips * slip[group] * units
            prices[2, group] = units * (2 * ask_price[0, at] - mid)
            prices[3, group] = 2 * (value[group] - best)
        else:
            prices[1, group] = max(poorer - slips * slip[group] * units, TICK_PAISE * units)
            prices[2, group] = units * (mid - 2 * bid_price[0, at])
            prices[3, group] = 2 * (best - value[group])
        prices[4, group] = 0
        seen = seen_row[group]
        if seen >= 0 and is_good(seen, bid_price, bid_size, ask_price, ask_size):
            prices[4, group] = sign[group] * units * (mid - (bid_price[0, seen] + ask_price[0, seen]))
    return ran_out


@compiled
def reprice_resting(
    groups: Int64Array,
    contract: Int64Array,
    row: Int64Array,
    sign: Int64Array,
    quantity: Int64Array,
    value: Int64Array,
    slip: Int64Array,
    second: Int32Array,
    first_row: Int32Array,
    bid_price: Int32Array,
    bid_size: Int32Array,
    ask_price: Int32Array,
    ask_size: Int32Array,
    prices: Int64Array,
) -> None:
    """Fill `prices` [5, groups] for fills at a resting order's own price; docs/desk.md, "Trades".

    The best is the fill's own value; the worst the poorest of it and of a market order's walks at this row and at the
    next that serves, less a slip; the spread is what was paid beyond the mid (below zero: earned), there is no depth.
    Latency is left as it is.

    Args:
        groups: which of the groups, whose arrays follow as in `reprice`.
        contract: see `groups`.
        row: see `groups`.
        sign: see `groups`.
        quantity: see `groups`.
        value: see `groups`.
        slip: see `groups`.
        second: int32 [rows], and the next five as in `Book`.
        first_row: see `second`.
        bid_price: see `second`.
        bid_size: see `second`.
        ask_price: see `second`.
        ask_size: see `second`.
        prices: int64 [5, groups], filled.
    """
    for group in groups:
        at = row[group]
        units = quantity[group]
        buys = sign[group] > 0
        price, size = (ask_price, ask_size) if buys else (bid_price, bid_size)
        walked, left, last_price = walk(at, units, price, size)
        walked += left * last_price
        poorer = max(value[group], walked) if buys else min(value[group], walked)
        slips = 2
        end = first_row[contract[group] + 1]
        for later in range(at + 1, end):
            if second[later] == second[at] or (later + 1 < end and second[later + 1] == second[later]):
                continue
            if is_good(later, bid_price, bid_size, ask_price, ask_size):
                slips = 1
                walked, left, last_price = walk(later, units, price, size)
                walked += left * last_price
                poorer = max(poorer, walked) if buys else min(poorer, walked)
                break
        prices[0, group] = value[group]
        if buys:
            prices[1, group] = poorer + slips * slip[group] * units
        else:
            prices[1, group] = max(poorer - slips * slip[group] * units, TICK_PAISE * units)
        prices[2, group] = 0
        if is_good(at, bid_price, bid_size, ask_price, ask_size):
            prices[2, group] = sign[group] * (2 * value[group] - units * (bid_price[0, at] + ask_price[0, at]))
        prices[3, group] = 0
