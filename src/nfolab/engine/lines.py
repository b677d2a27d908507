"""Lines: what closing a leg would bring at each second of the day, built once and shared by all who watch it."""

from nfolab.base.compiled import lean
from nfolab.engine.codes import Watch
from nfolab.tape.book import NO_ROW, Int32Array, Int64Array

MISSING = 2**62
"""Stands where a leg has no value to close: no usable quote, or five levels that do not hold its quantity."""

_WALK = int(Watch.WALK)
_MID = int(Watch.MID)


@lean
def close_line(
    contract: int,
    sign: int,
    units: int,
    max_age: int,
    watch: int,
    second: Int32Array,
    last: Int32Array,
    bid_price: Int32Array,
    bid_size: Int32Array,
    ask_price: Int32Array,
    ask_size: Int32Array,
    last_price: Int32Array,
    line: Int64Array,
) -> bool:
    """Fill `line` with the cash (half-paise) that closing a leg would bring at each second; below zero for a sold leg.

    Half-paise, because the middle of a bid and an ask may lie between two paise.

    Args:
        contract: number within the tape.
        sign: +1 for a bought leg, −1 for a sold one.
        units: the leg's quantity.
        max_age: seconds beyond which a row is not usable.
        watch: a `Watch`: the walked cost to close, the mid, or the last price.
        second: int32 [rows], and the arrays of the book as in `Book`.
        last: see `second`.
        bid_price: see `second`.
        bid_size: see `second`.
        ask_price: see `second`.
        ask_size: see `second`.
        last_price: see `second`.
        line: int64 [seconds], filled; MISSING where there is no value.

    Returns:
        Whether the levels that were loaded ran out at a usable row, so that deeper ones would matter.
    """
    ran_out = False
    sold = sign < 0
    price, size = (ask_price, ask_size) if sold else (bid_price, bid_size)
    levels = price.shape[0]
    value = MISSING
    valued_row = NO_ROW
    for at in range(line.size):
        row = last[contract, at]
        if row == NO_ROW or at - second[row] > max_age:
            line[at] = MISSING
            continue
        if row != valued_row:
            valued_row = row
            value = MISSING
            bid, ask = bid_price[0, row], ask_price[0, row]
            # Written out, not asked of `is_good` and `walk`: a call that takes arrays costs more than the work here.
            if bid > 0 and ask > bid and bid_size[0, row] > 0 and ask_size[0, row] > 0:
                if watch == _WALK:
                    walked = 0
                    left = units
                    for level in range(levels):
                        if price[level, row] > 0 and size[level, row] > 0:
                            taken = min(left, size[level, row])
                            walked += taken * price[level, row]
                            left -= taken
                        if left == 0:
                            break
                    if left == 0:
                        value = 2 * sign * walked
                    else:
                        ran_out = True
                elif watch == _MID:
                    value = sign * units * (bid + ask)
                elif last_price[row] > 0:
                    value = 2 * sign * units * last_price[row]
        line[at] = value
    return ran_out
