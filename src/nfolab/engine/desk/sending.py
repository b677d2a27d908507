"""Sending orders, changes and cancels: what is refused at once, slices, and the list of what waits in a contract."""

from nfolab.base.compiled import inner
from nfolab.base.units import TICK_PAISE
from nfolab.engine.book import is_good
from nfolab.engine.desk.codes import (
    AHEAD,
    ALL,
    ARRIVAL,
    AT,
    BAD_PRICE,
    BAD_UNITS,
    BY_ROWS,
    CANCEL_AT,
    CHANGE_AT,
    CHANGE_PRICE,
    CHANGE_UNITS,
    CLOCK,
    CONTRACT,
    DAY,
    DECIDED,
    DESK_TAG,
    DRAFT,
    EXPIRES,
    FILL,
    FILLED,
    FIRST_SECOND,
    FLAT_ONLY,
    FREEZE,
    GROUP,
    GROUP_KINDS,
    GROUP_OPEN,
    GROUP_REFUSED,
    KEEP,
    KIND,
    LAST_OPENING,
    LAST_SECOND,
    LEFT,
    LEG,
    LEG_CONTRACT,
    LEG_LIVE,
    LEG_POSITION,
    LEG_TRADE,
    LIMIT,
    LIVE,
    MARKET,
    MESSAGES,
    MOVES_TRIGGER,
    NEWEST,
    NEXT,
    NO_CLOCK,
    NO_LOOK_YET,
    NO_ROOM,
    NOT_YET,
    NOTHING,
    ON_REJECTED,
    ON_SENT,
    ORDERS,
    OTHER_CONTRACT,
    OWN,
    PART,
    PEG,
    PEG_MID,
    PLACED,
    PRICE,
    REJECTED,
    ROW,
    SECOND,
    SECONDS_ONLY,
    SEEN_ROW,
    SENT,
    SHOWN,
    SIDE,
    SLICES,
    SQUARE_OFF_SECOND,
    STATE,
    STOP,
    STOP_LIMIT,
    STOPPED,
    TAG,
    TICKS,
    TOO_LATE,
    TRADE,
    TRADES,
    TRIGGER,
    UNITS,
    UNKNOWN_CONTRACT,
    UNKNOWN_TRADE,
    WORKING,
)
from nfolab.engine.desk.log import fault, is_own_leg, record_order
from nfolab.engine.desk.numbers import wide
from nfolab.engine.desk.room import has_room, leg_made, leg_of
from nfolab.engine.desk.tables import Desk
from nfolab.tape.book import NO_ROW


@inner
def latency_of_next_message(desk: Desk) -> int:
    """Return the seconds that the next message takes, and count it."""
    number = desk.scalars[MESSAGES]
    desk.scalars[MESSAGES] = number + 1
    return wide(desk.latency[number % desk.latency.size])


@inner
def row_as_of(desk: Desk, contract: int, second: int) -> int:
    """Return the row that a decision sees: as of the second, or by rows the row seen."""
    if desk.scalars[CLOCK] == BY_ROWS and desk.scalars[AT] == contract and desk.scalars[ROW] != NOTHING:
        seen: int = desk.scalars[ROW]
        return seen
    return wide(desk.book.last[contract, second])


@inner
def peg_price(desk: Desk, order: int, row: int) -> int:
    """Return the price that a peg wishes at a good row."""
    one = desk.orders[order]
    bid, ask = wide(desk.book.bid_price[0, row]), wide(desk.book.ask_price[0, row])
    if one[SIDE] > 0:
        wished = (bid + ask) // 2 if one[KIND] == PEG_MID else bid + one[TICKS] * TICK_PAISE
        wished = wished // TICK_PAISE * TICK_PAISE
        if wished >= ask:
            wished = (ask - TICK_PAISE) // TICK_PAISE * TICK_PAISE
        return max(wished, TICK_PAISE)
    wished = -((bid + ask) // -2) if one[KIND] == PEG_MID else ask - one[TICKS] * TICK_PAISE
    wished = -(wished // -TICK_PAISE) * TICK_PAISE
    if wished <= bid:
        wished = -((bid + TICK_PAISE) // -TICK_PAISE) * TICK_PAISE
    return max(wished, TICK_PAISE)


@inner
def reduces(desk: Desk, leg: int, contract: int, side: int, units: int, but: int) -> bool:
    """Tell whether an order only reduces the position of its leg, with the live orders of its side but one counted."""
    if leg == NOTHING:
        return False
    position = desk.legs[leg, LEG_POSITION]
    if position * side >= 0:
        return False
    wanted = units
    if desk.legs[leg, LEG_LIVE] > 0:
        at = wide(desk.first_order[contract])
        while at != NOTHING:
            one = desk.orders[at]
            if one[LEG] == leg and one[SIDE] == side and at != but:
                wanted += one[LEFT]
            at = one[NEXT]
    return bool(wanted <= abs(position))


@inner
def _why_refused(desk: Desk, order: int, whole: int, leg: int) -> int:
    """Return why an order is refused at once, −1 if it is not."""
    scalars = desk.scalars
    one = desk.orders[order]
    contract, side, kind = one[CONTRACT], one[SIDE], one[KIND]
    if whole <= 0 or whole % desk.lot[contract] != 0:
        return BAD_UNITS
    if kind in (LIMIT, STOP_LIMIT) and (one[PRICE] <= 0 or one[PRICE] % TICK_PAISE != 0):
        return BAD_PRICE
    if kind in (STOP, STOP_LIMIT) and (one[TRIGGER] <= 0 or one[TRIGGER] % TICK_PAISE != 0):
        return BAD_PRICE
    if kind in (PEG, PEG_MID) and one[PRICE] <= 0:
        return BAD_PRICE
    if scalars[SECOND] < scalars[FIRST_SECOND]:
        return NOT_YET
    if reduces(desk, leg, contract, side, whole, NOTHING):
        return NOTHING
    if scalars[STOPPED] or scalars[SECOND] >= scalars[SQUARE_OFF_SECOND]:
        return FLAT_ONLY
    if scalars[SECOND] > scalars[LAST_OPENING]:
        return TOO_LATE
    if not has_room(desk, contract, one[TRADE]):
        return NO_ROOM
    return NOTHING


@inner
def enlist(desk: Desk, order: int) -> None:
    """Put an order at the end of its contract's list of what waits, which is in order of number."""
    one = desk.orders[order]
    one[NEXT] = NOTHING
    contract = one[CONTRACT]
    if desk.first_order[contract] == NOTHING:
        desk.first_order[contract] = order
    else:
        desk.orders[desk.contracts[contract, NEWEST], NEXT] = order
    desk.contracts[contract, NEWEST] = order
    desk.legs[one[LEG], LEG_LIVE] += 1
    desk.scalars[LIVE] += 1


@inner
def retire(desk: Desk, order: int, state: int) -> None:
    """Take a live order off its contract's list, for good."""
    one = desk.orders[order]
    one[STATE] = state
    contract = one[CONTRACT]
    if desk.first_order[contract] == order:
        desk.first_order[contract] = one[NEXT]
    else:
        at = wide(desk.first_order[contract])
        while desk.orders[at, NEXT] != order:
            at = desk.orders[at, NEXT]
        desk.orders[at, NEXT] = one[NEXT]
        if one[NEXT] == NOTHING:
            desk.contracts[contract, NEWEST] = at
    desk.legs[one[LEG], LEG_LIVE] -= 1
    desk.scalars[LIVE] -= 1


@inner
def is_waiting(desk: Desk, order: int) -> bool:
    """Tell whether an order is live: sent or working."""
    if order < 0 or order >= min(desk.scalars[ORDERS], desk.orders.shape[0]):
        return False
    state = desk.orders[order, STATE]
    live: bool = state in (SENT, WORKING)
    return live


@inner
def _may_send(desk: Desk, contract: int, trade: int, kind: int) -> bool:
    """Tell whether a strategy may send this now; if not, keep its fault."""
    scalars = desk.scalars
    if scalars[CLOCK] == NO_CLOCK:
        fault(desk, NO_LOOK_YET)
    elif contract < 0 or contract >= desk.first_order.size:
        fault(desk, UNKNOWN_CONTRACT)
    elif trade != NOTHING and (trade < 0 or trade >= scalars[TRADES] or trade >= desk.trade_leg.size):
        fault(desk, UNKNOWN_TRADE)
    elif scalars[CLOCK] == BY_ROWS and trade != NOTHING:
        fault(desk, SECONDS_ONLY)
    elif scalars[CLOCK] == BY_ROWS and contract != scalars[AT]:
        fault(desk, OTHER_CONTRACT)
    elif scalars[GROUP_OPEN] != NOTHING and kind != MARKET:
        fault(desk, GROUP_KINDS)
    else:
        return True
    return False


@inner
def write_order(
    desk: Desk,
    contract: int,
    side: int,
    units: int,
    kind: int,
    fill: int,
    price: int,
    trigger: int,
    ticks: int,
    valid: int,
    trade: int,
    tag: int,
) -> int:
    """Write an order into the table, not yet sent, and return its number; −1 where there is no room."""
    scalars = desk.scalars
    order: int = scalars[ORDERS]
    scalars[ORDERS] = order + 1
    if order >= desk.orders.shape[0]:
        return NOTHING
    second = scalars[SECOND]
    one = desk.orders[order]
    one[CONTRACT] = contract
    one[SIDE] = side
    one[UNITS] = units
    one[LEFT] = units
    one[KIND] = kind
    one[FILL] = fill
    one[PRICE] = price
    one[TRIGGER] = trigger
    one[TICKS] = ticks
    one[EXPIRES] = valid
    one[TRADE] = trade
    one[TAG] = tag
    one[STATE] = DRAFT
    one[AHEAD] = NOTHING
    one[PLACED] = 0
    one[SHOWN] = NOTHING
    one[CANCEL_AT] = NOTHING
    one[CHANGE_AT] = NOTHING
    one[CHANGE_PRICE] = KEEP
    one[CHANGE_UNITS] = KEEP
    one[MOVES_TRIGGER] = 0
    one[GROUP] = scalars[GROUP_OPEN]
    one[NEXT] = NOTHING
    one[DECIDED] = second
    row = row_as_of(desk, contract, second)
    one[SEEN_ROW] = row
    if kind in (PEG, PEG_MID) and row != NO_ROW:
        book = desk.book
        if is_good(row, book.bid_price, book.bid_size, book.ask_price, book.ask_size):
            one[PRICE] = peg_price(desk, order, row)
    one[OWN] = 0
    one[SLICES] = 1
    return order


@inner
def own_price(desk: Desk, order: int) -> int:
    """Return the price of an order as it stands: a limit, or the trigger of a stop that has not fired."""
    one = desk.orders[order]
    if one[KIND] in (STOP, STOP_LIMIT):
        trigger: int = one[TRIGGER]
        return trigger
    if one[KIND] == MARKET:
        return 0
    price: int = one[PRICE]
    return price


@inner
def dispatch(desk: Desk, order: int) -> None:
    """Send an order that was checked: its message is on the way."""
    one = desk.orders[order]
    one[STATE] = SENT
    one[ARRIVAL] = one[DECIDED] + latency_of_next_message(desk)
    one[EXPIRES] = min(one[ARRIVAL] + one[EXPIRES], desk.scalars[LAST_SECOND])
    record_order(desk, one[DECIDED], ON_SENT, order, one[SEEN_ROW], own_price(desk, order), one[UNITS], 0, NOTHING)


@inner
def refuse(desk: Desk, order: int, why: int) -> None:
    """Log that an order is rejected."""
    one = desk.orders[order]
    one[STATE] = REJECTED
    record_order(desk, one[DECIDED], ON_REJECTED, order, one[SEEN_ROW], own_price(desk, order), one[UNITS], 0, why)


@inner
def send_slices(desk: Desk, order: int, whole: int) -> None:
    """Give the order that was written its first slice, and write the others: as few as possible, the largest first."""
    one = desk.orders[order]
    lot = desk.lot[one[CONTRACT]]
    largest = max(desk.scalars[FREEZE] // lot * lot, lot)
    one[UNITS] = min(whole, largest)
    one[LEFT] = one[UNITS]
    left = whole - one[UNITS]
    slices = 1
    while left > 0:
        units = min(left, largest)
        another = write_order(
            desk, one[CONTRACT], one[SIDE], units, one[KIND], one[FILL], one[PRICE], one[TRIGGER], one[TICKS],
            one[EXPIRES], one[TRADE], one[TAG],
        )  # fmt: skip
        left -= units
        slices += 1
        if another != NOTHING:
            desk.orders[another, LEG] = one[LEG]
            desk.orders[another, OWN] = one[OWN]
            desk.orders[another, GROUP] = one[GROUP]
            desk.orders[another, SLICES] = 0
    one[SLICES] = slices


@inner
def send(
    desk: Desk,
    contract: int,
    side: int,
    units: int,
    kind: int,
    fill: int,
    price: int,
    trigger: int,
    ticks: int,
    valid: int,
    trade: int,
    tag: int,
) -> int:
    """Check an order and send it, cut into slices where it is above the freeze quantity; return its number.

    Within a group it is kept until the group is sent.
    """
    if not _may_send(desk, contract, trade, kind):
        return NOTHING
    order = write_order(desk, contract, side, units, kind, fill, price, trigger, ticks, valid, trade, tag)
    if order == NOTHING:
        return NOTHING
    scalars = desk.scalars
    why = _why_refused(desk, order, units, leg_of(desk, trade, contract))
    if why == NOTHING:
        leg = leg_made(desk, trade, contract)
        if leg == NOTHING:  # the day is run again with more room
            why = NO_ROOM
        else:
            desk.orders[order, LEG] = leg
            send_slices(desk, order, units)
    if scalars[GROUP_OPEN] != NOTHING:
        _add_to_group(desk, order, why)
    elif why != NOTHING:
        refuse(desk, order, why)
    else:
        for one in range(order, min(scalars[ORDERS], desk.orders.shape[0])):
            enlist(desk, one)
            dispatch(desk, one)
    return order


@inner
def _add_to_group(desk: Desk, order: int, why: int) -> None:
    """Keep an order, or its slices, until the group is sent; those that are not refused count as live from now on."""
    for one in range(order, min(desk.scalars[ORDERS], desk.orders.shape[0])):
        desk.orders[one, FILL] = ALL
        desk.orders[one, AHEAD] = why
        if why == NOTHING:
            enlist(desk, one)
    if why != NOTHING:
        desk.scalars[GROUP_REFUSED] = 1


@inner
def send_own(desk: Desk, leg: int, second: int) -> None:
    """Send the desk's own market orders that close a leg: no check, sliced, each a message."""
    position = desk.legs[leg, LEG_POSITION]
    contract = desk.legs[leg, LEG_CONTRACT]
    trade = NOTHING if is_own_leg(desk, leg) else desk.legs[leg, LEG_TRADE]
    side = -1 if position > 0 else 1
    whole = abs(position)
    order = write_order(desk, contract, side, whole, MARKET, PART, 0, 0, 0, DAY, trade, DESK_TAG)
    if order == NOTHING:
        return
    desk.orders[order, LEG] = leg
    desk.orders[order, OWN] = 1
    desk.orders[order, GROUP] = NOTHING
    send_slices(desk, order, whole)
    for one in range(order, min(desk.scalars[ORDERS], desk.orders.shape[0])):
        desk.orders[one, DECIDED] = second
        enlist(desk, one)
        dispatch(desk, one)


@inner
def finished(desk: Desk, order: int) -> bool:
    """Tell whether an order has nothing left to be filled; then take it off its contract's list."""
    if desk.orders[order, LEFT] > 0:
        return False
    retire(desk, order, FILLED)
    return True
