"""Changes and cancels: messages about orders that were sent, with a latency of their own."""

from nfolab.base.compiled import inner
from nfolab.base.units import TICK_PAISE
from nfolab.engine.desk.codes import (
    BAD_PRICE,
    BAD_UNITS,
    CANCEL_AT,
    CHANGE_AT,
    CHANGE_PRICE,
    CHANGE_UNITS,
    CONTRACT,
    FLAT_ONLY,
    FREEZE,
    GROUP,
    KEEP,
    KIND,
    LAST_OPENING,
    LEFT,
    LEG,
    MARKET,
    MOVES_TRIGGER,
    NOT_LIVE,
    NOTHING,
    ON_CANCEL_SENT,
    ON_CHANGE_SENT,
    ON_ITS_WAY,
    ON_REJECTED,
    ORDERS,
    OWN,
    PEG,
    PEG_MID,
    SECOND,
    SIDE,
    SLICES,
    STOP,
    STOP_LIMIT,
    STOPPED,
    TOO_LATE,
    UNITS,
    UNKNOWN_ORDER,
)
from nfolab.engine.desk.log import fault, record_order
from nfolab.engine.desk.numbers import wide
from nfolab.engine.desk.sending import is_waiting, latency_of_next_message, own_price, reduces, row_as_of
from nfolab.engine.desk.tables import Desk


@inner
def _known(desk: Desk, order: int) -> bool:
    """Tell whether an order was ever sent; if not, keep the fault."""
    if order < 0 or order >= desk.scalars[ORDERS]:
        fault(desk, UNKNOWN_ORDER)
        return False
    known: bool = order < desk.orders.shape[0]
    return known


@inner
def _refuse_message(desk: Desk, order: int, price: int, units: int, why: int) -> None:
    second = desk.scalars[SECOND]
    row = row_as_of(desk, desk.orders[order, CONTRACT], second)
    record_order(desk, second, ON_REJECTED, order, row, price, units, 0, why)


@inner
def cancel_one(desk: Desk, order: int) -> None:
    """Send a cancel of one order; refused where it is final, the desk's own, or one is on its way."""
    one = desk.orders[order]
    second = desk.scalars[SECOND]
    if not is_waiting(desk, order) or one[OWN]:
        _refuse_message(desk, order, own_price(desk, order), one[LEFT], NOT_LIVE)
    elif one[CANCEL_AT] != NOTHING:
        _refuse_message(desk, order, own_price(desk, order), one[LEFT], ON_ITS_WAY)
    else:
        one[CANCEL_AT] = second + latency_of_next_message(desk)
        row = row_as_of(desk, one[CONTRACT], second)
        record_order(desk, second, ON_CANCEL_SENT, order, row, own_price(desk, order), one[LEFT], 0, NOTHING)


@inner
def cancel(desk: Desk, order: int) -> None:
    """Send a cancel of an order, or of each of its slices that is live."""
    if not _known(desk, order):
        return
    slices = desk.orders[order, SLICES]
    if slices <= 1:
        cancel_one(desk, order)
        return
    for one in range(order, min(order + slices, desk.orders.shape[0])):
        if is_waiting(desk, one):
            cancel_one(desk, one)


@inner
def _why_no_change(desk: Desk, order: int, price: int, units: int) -> int:
    """Return why a change is refused at once, −1 if it is not."""
    one = desk.orders[order]
    if not is_waiting(desk, order) or one[OWN] or one[GROUP] != NOTHING:
        return NOT_LIVE
    if one[CHANGE_AT] != NOTHING:
        return ON_ITS_WAY
    if units != KEEP and units > 0 and (units % desk.lot[one[CONTRACT]] != 0 or units > desk.scalars[FREEZE]):
        return BAD_UNITS
    if price != KEEP and (one[KIND] in (MARKET, PEG, PEG_MID) or price <= 0 or price % TICK_PAISE != 0):
        return BAD_PRICE
    if desk.scalars[STOPPED] or desk.scalars[SECOND] > desk.scalars[LAST_OPENING]:
        whole = one[UNITS] if units == KEEP else units
        left = whole - (one[UNITS] - one[LEFT])
        if left > 0 and not reduces(desk, one[LEG], one[CONTRACT], one[SIDE], left, order):
            return FLAT_ONLY if desk.scalars[STOPPED] else TOO_LATE
    return NOTHING


@inner
def change(desk: Desk, order: int, price: int = KEEP, units: int = KEEP) -> None:
    """Send a change of an order's price, of the units of the whole order, or both; KEEP leaves one as it is."""
    if not _known(desk, order):
        return
    one = desk.orders[order]
    price = wide(price)
    units = wide(units)
    why = _why_no_change(desk, order, price, units)
    told_price = own_price(desk, order) if price == KEEP else price
    told_units = one[UNITS] if units == KEEP else units
    if why != NOTHING:
        _refuse_message(desk, order, told_price, told_units, why)
        return
    send_change(desk, order, desk.scalars[SECOND], price, units)


@inner
def send_change(desk: Desk, order: int, second: int, price: int, units: int) -> None:
    """Send a change that needs no check: of the strategy, or of a peg that follows its market."""
    one = desk.orders[order]
    one[CHANGE_AT] = second + latency_of_next_message(desk)
    one[CHANGE_PRICE] = price
    one[CHANGE_UNITS] = units
    one[MOVES_TRIGGER] = one[KIND] in (STOP, STOP_LIMIT)
    told_price = own_price(desk, order) if price == KEEP else price
    told_units = one[UNITS] if units == KEEP else units
    row = row_as_of(desk, one[CONTRACT], second)
    record_order(desk, second, ON_CHANGE_SENT, order, row, told_price, told_units, 0, NOTHING)
