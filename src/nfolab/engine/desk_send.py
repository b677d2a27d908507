"""Sending orders, changes and cancels: what is refused at once, slices, and the list of what waits in a contract."""

from nfolab.base.compiled import inner
from nfolab.base.units import TICK_PAISE
from nfolab.engine.book import is_good
from nfolab.engine.desk_codes import (
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
    COOL_DOWN,
    DAY,
    DECIDED,
    DESK_TAG,
    DRAFT,
    EXPIRES,
    FILL,
    FILLED,
    FIRST_SECOND,
    FLAT_ONLY,
    FLAT_SINCE,
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
    LEG_FILLS,
    LEG_LIVE,
    LEG_NEXT,
    LEG_POSITION,
    LEG_TRADE,
    LEGS,
    LIMIT,
    LIVE,
    MARKET,
    MESSAGES,
    MOST_OPEN,
    MOST_TRADES,
    MOVES_TRIGGER,
    NEWEST,
    NEXT,
    NO_CLOCK,
    NO_LOOK_YET,
    NO_ROOM,
    NOT_LIVE,
    NOT_YET,
    NOTHING,
    ON_CANCEL_SENT,
    ON_CHANGE_SENT,
    ON_ITS_WAY,
    ON_REJECTED,
    ON_SENT,
    ORDERS,
    OTHER_CONTRACT,
    OWN,
    OWN_TRADES,
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
    UNKNOWN_ORDER,
    UNKNOWN_TRADE,
    WORKING,
)
from nfolab.engine.desk_log import fault, is_own_leg, record_order
from nfolab.engine.desk_numbers import wide
from nfolab.engine.desk_tables import Desk
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
def leg_of(desk: Desk, trade: int, contract: int) -> int:
    """Return the leg of a trade in a contract, −1 where the trade has none; the contract's own for trade −1."""
    if trade == NOTHING:
        return contract
    leg = wide(desk.trade_leg[trade])
    while leg != NOTHING and desk.legs[leg, LEG_CONTRACT] != contract:
        leg = desk.legs[leg, LEG_NEXT]
    return leg


@inner
def _leg_made(desk: Desk, trade: int, contract: int) -> int:
    """Return the leg of a trade in a contract, made where there is none; −1 where there is no room."""
    leg = leg_of(desk, trade, contract)
    if leg != NOTHING:
        return leg
    made: int = desk.scalars[LEGS]
    desk.scalars[LEGS] = made + 1
    leg = made
    if leg >= desk.legs.shape[0]:
        return NOTHING
    desk.legs[leg, LEG_TRADE] = trade
    desk.legs[leg, LEG_CONTRACT] = contract
    before = NOTHING
    last = wide(desk.trade_leg[trade])
    while last != NOTHING:
        before = last
        last = desk.legs[last, LEG_NEXT]
    if before == NOTHING:
        desk.trade_leg[trade] = leg
    else:
        desk.legs[before, LEG_NEXT] = leg
    return leg


@inner
def _is_open_trade(desk: Desk, trade: int, contract: int) -> bool:
    """Tell whether a trade (−1: the contract's own) holds units or has a live order, in any of its contracts."""
    at = contract if trade == NOTHING else wide(desk.trade_leg[trade])
    while at != NOTHING:
        if desk.legs[at, LEG_POSITION] != 0 or desk.legs[at, LEG_LIVE] > 0:
            return True
        at = desk.legs[at, LEG_NEXT]
    return False


@inner
def _had_a_fill(desk: Desk, trade: int) -> bool:
    """Tell whether a trade of the strategy's own ever had a fill."""
    at = wide(desk.trade_leg[trade])
    while at != NOTHING:
        if desk.legs[at, LEG_FILLS] > 0:
            return True
        at = desk.legs[at, LEG_NEXT]
    return False


@inner
def _has_room(desk: Desk, contract: int, trade: int) -> bool:
    """Tell whether the limits of open trades, of trades a day and of cooling down allow another trade here."""
    scalars = desk.scalars
    if scalars[MOST_OPEN] == 0 and scalars[MOST_TRADES] == 0 and scalars[COOL_DOWN] == 0:
        return True
    if _is_open_trade(desk, trade, contract):
        return True
    if scalars[COOL_DOWN] > 0 and scalars[SECOND] < desk.contracts[contract, FLAT_SINCE] + scalars[COOL_DOWN]:
        return False
    if scalars[MOST_OPEN] == 0 and scalars[MOST_TRADES] == 0:
        return True
    is_open = 0
    begun = scalars[OWN_TRADES]
    had_a_fill = trade != NOTHING and _had_a_fill(desk, trade)
    own_legs = desk.first_order.size
    for at in range(min(scalars[LEGS], desk.legs.shape[0])):
        if at < own_legs:
            opened = _is_open_trade(desk, NOTHING, at)
            is_open += opened
            begun += opened and desk.legs[at, LEG_POSITION] == 0
        elif desk.trade_leg[desk.legs[at, LEG_TRADE]] == at:
            opened = _is_open_trade(desk, desk.legs[at, LEG_TRADE], NOTHING)
            is_open += opened
            begun += opened or _had_a_fill(desk, desk.legs[at, LEG_TRADE])
    room: bool = (scalars[MOST_OPEN] == 0 or is_open < scalars[MOST_OPEN]) and (
        scalars[MOST_TRADES] == 0 or had_a_fill or begun < scalars[MOST_TRADES]
    )
    return room


@inner
def _reduces(desk: Desk, leg: int, contract: int, side: int, units: int, but: int) -> bool:
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
    if _reduces(desk, leg, contract, side, whole, NOTHING):
        return NOTHING
    if scalars[STOPPED] or scalars[SECOND] >= scalars[SQUARE_OFF_SECOND]:
        return FLAT_ONLY
    if scalars[SECOND] > scalars[LAST_OPENING]:
        return TOO_LATE
    if not _has_room(desk, contract, one[TRADE]):
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
    one[LEG] = contract
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
        leg = _leg_made(desk, trade, contract)
        if leg == NOTHING:
            return NOTHING
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
        if left > 0 and not _reduces(desk, one[LEG], one[CONTRACT], one[SIDE], left, order):
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
