"""Writing the desk's log, and the positions that its fills make."""

from nfolab.base.compiled import inner
from nfolab.engine.desk.codes import (
    CASH,
    CONTRACT,
    FAULT,
    FAULT_SECOND,
    FLAT_SINCE,
    LEFT,
    LEG,
    LEG_CASH,
    LEG_FILLS,
    LEG_POSITION,
    LEG_TRADE,
    LOGGED,
    NO_FAULT,
    NOTHING,
    ON_FILLED,
    ON_NOTED,
    OWN_TRADES,
    SECOND,
    SIDE,
    TAG,
    TRADE,
    TRADES,
)
from nfolab.engine.desk.tables import Desk


@inner
def record(
    desk: Desk,
    second: int,
    event: int,
    order: int,
    trade: int,
    contract: int,
    row: int,
    level: int,
    side: int,
    price: int,
    units: int,
    shown: int,
    reason: int,
    tag: int,
) -> None:
    """Write one line of the log where there is room, and count it; the columns are those of `LogField`."""
    at = desk.scalars[LOGGED]
    if at < desk.log.shape[0]:
        line = desk.log[at]
        line[0] = second
        line[1] = event
        line[2] = order
        line[3] = trade
        line[4] = contract
        line[5] = row
        line[6] = level
        line[7] = side
        line[8] = price
        line[9] = units
        line[10] = shown
        line[11] = reason
        line[12] = tag
    desk.scalars[LOGGED] = at + 1


@inner
def record_order(
    desk: Desk, second: int, event: int, order: int, row: int, price: int, units: int, shown: int, reason: int
) -> None:
    """Write a line about an order."""
    one = desk.orders[order]
    record(
        desk, second, event, order, one[TRADE], one[CONTRACT], row, NOTHING, one[SIDE], price, units, shown, reason,
        one[TAG],
    )  # fmt: skip


@inner
def fault(desk: Desk, what: int) -> None:
    """Keep the first thing that the strategy did wrong; the run tells it and fails."""
    if desk.scalars[FAULT] == NO_FAULT:
        desk.scalars[FAULT] = what
        desk.scalars[FAULT_SECOND] = desk.scalars[SECOND]


@inner
def is_own_leg(desk: Desk, leg: int) -> bool:
    """Tell whether a leg is a contract's own, from flat to flat, and not one of a trade of the strategy."""
    return leg < desk.first_order.size


@inner
def _book_fill(
    desk: Desk, order: int, second: int, row: int, level: int, price: int, units: int, shown: int, reason: int
) -> None:
    """Book a fill that does not go through zero: the log, the position, the cash."""
    one = desk.orders[order]
    leg = desk.legs[one[LEG]]
    own = is_own_leg(desk, one[LEG])
    if own and leg[LEG_POSITION] == 0:
        leg[LEG_TRADE] = desk.scalars[TRADES]
        desk.scalars[TRADES] += 1
        desk.scalars[OWN_TRADES] += 1
    record(
        desk, second, ON_FILLED, order, leg[LEG_TRADE], one[CONTRACT], row, level, one[SIDE], price, units, shown,
        reason, one[TAG],
    )  # fmt: skip
    cash = -one[SIDE] * price * units
    leg[LEG_POSITION] += one[SIDE] * units
    leg[LEG_CASH] += cash
    leg[LEG_FILLS] += 1
    desk.scalars[CASH] += cash
    if leg[LEG_POSITION] == 0:
        desk.contracts[one[CONTRACT], FLAT_SINCE] = second
        if own:
            leg[LEG_TRADE] = NOTHING
            leg[LEG_CASH] = 0


@inner
def book_fill(
    desk: Desk, order: int, second: int, row: int, level: int, price: int, units: int, shown: int, reason: int
) -> None:
    """Book a fill of an order; one of a contract's own trade that goes through zero is split there."""
    one = desk.orders[order]
    one[LEFT] -= units
    position = desk.legs[one[LEG], LEG_POSITION]
    if is_own_leg(desk, one[LEG]) and position * one[SIDE] < 0 and units > abs(position):
        closing = abs(position)
        _book_fill(desk, order, second, row, level, price, closing, shown, reason)
        _book_fill(desk, order, second, row, level, price, units - closing, shown, reason)
    else:
        _book_fill(desk, order, second, row, level, price, units, shown, reason)


@inner
def note(desk: Desk, what: int, number: int) -> None:
    """Keep a note of the strategy's own in the log: a code and a number."""
    second = desk.scalars[SECOND]
    record(desk, second, ON_NOTED, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, 0, what, number, 0, NOTHING, 0)
