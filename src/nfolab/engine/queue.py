"""The queue of a resting limit order, as single questions: docs/desk.md, "What a shown row does"."""

from nfolab.base.compiled import inner
from nfolab.tape.book import Int32Array

UNKNOWN = -1
"""Stands for a number of units that five levels cannot tell."""

LIKELY, WORST, BEST = range(3)
"""Models of the queue: as told; trade-through only; with cancels leaving from in front."""

SILENCE = 5
"""Seconds without a row beyond which a row moves no queue."""


@inner
def displayed_at(sign: int, row: int, price: int, own_price: Int32Array, own_size: Int32Array) -> int:
    """Return the size displayed at a price of an order's own side; UNKNOWN where the levels cannot tell.

    Args:
        sign: +1 for a purchase, −1 for a sale.
        row: a good quote.
        price: paise.
        own_price: int32 [levels, rows], the bids for a purchase, the asks for a sale.
        own_size: their sizes.
    """
    found = UNKNOWN
    worse_shown = False
    for level in range(own_price.shape[0]):
        shown, size = own_price[level, row], own_size[level, row]
        if shown > 0 and size > 0:
            if shown == price and found == UNKNOWN:
                found = size
            worse_shown = worse_shown or sign * shown < sign * price
    if found == UNKNOWN and worse_shown:
        return 0
    return found


@inner
def filled_by_trade(sign: int, price: int, last_price: int, traded: int, ahead: int, left: int, model: int) -> int:
    """Return the units of a row's trade that fill a resting order of `left` units; of a row that moves the queue.

    Args:
        sign: +1 for a purchase, −1 for a sale.
        price: the order's, paise.
        last_price: the row's last price.
        traded: units traded in the row, less what own orders before had of them.
        ahead: units in front of the order, or UNKNOWN.
        left: units of the order that nothing else in the row fills.
        model: LIKELY, WORST or BEST.
    """
    if traded <= 0 or last_price <= 0:
        return 0
    if sign * last_price < sign * price:
        return min(left, traded)
    if last_price == price and model != WORST and ahead != UNKNOWN:
        return min(left, max(traded - ahead, 0))
    return 0


@inner
def ahead_after(ahead: int, before: int, shown: int, traded: int, model: int) -> int:
    """Return the units in front of a resting order after a row that moves the queue; not of the model WORST.

    Args:
        ahead: before the row, or UNKNOWN.
        before: the size displayed at the order's price in the last good row it saw, or UNKNOWN.
        shown: the same of this row.
        traded: units traded at the order's price in this row.
        model: LIKELY or BEST.
    """
    left = ahead
    if left != UNKNOWN:
        left = max(left - traded, 0)
    if model == BEST and left != UNKNOWN and shown != UNKNOWN and before != UNKNOWN:
        left = max(left - max(before - shown - traded, 0), 0)
    if shown != UNKNOWN:
        left = shown if left == UNKNOWN else min(left, shown)
    return left
