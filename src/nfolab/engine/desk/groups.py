"""Groups: market orders that are filled all together, in one second, or not at all."""

from nfolab.base.compiled import inner
from nfolab.engine.book import ASKS, BIDS, is_good
from nfolab.engine.desk.codes import (
    AHEAD,
    ARRIVAL,
    BAD_QUOTE,
    BY_SECONDS,
    BY_STRATEGY,
    CANCEL_AT,
    CANCELLED,
    CLOCK,
    CONTRACT,
    EXPIRED,
    FILLED,
    GROUP,
    GROUP_OPEN,
    GROUP_REFUSED,
    GROUP_TWICE,
    LAST_SECOND,
    LEFT,
    LIVE_GROUPS,
    NO_NEW_ROW,
    NO_ROW_YET,
    NOTHING,
    ON_CANCELLED,
    ON_EXPIRED,
    ORDERS,
    SECONDS_ONLY,
    SIDE,
    STATE,
    TAKEN,
    THIN_BOOK,
    WITH_GROUP,
    WORKING,
)
from nfolab.engine.desk.log import fault, record_order
from nfolab.engine.desk.numbers import wide
from nfolab.engine.desk.rows import held, remember, take
from nfolab.engine.desk.sending import dispatch, is_waiting, refuse, retire
from nfolab.engine.desk.tables import Desk
from nfolab.tape.book import NO_ROW

GROUP_WAIT = 5
_ANY_PRICE = 2**40


@inner
def begin_group(desk: Desk) -> None:
    """Begin a group: what `buy` and `sell` give from now on is kept until `send_group`."""
    scalars = desk.scalars
    if scalars[CLOCK] != BY_SECONDS:
        fault(desk, SECONDS_ONLY)
    elif scalars[GROUP_OPEN] != NOTHING:
        fault(desk, GROUP_TWICE)
    else:
        scalars[GROUP_OPEN] = scalars[ORDERS]
        scalars[GROUP_REFUSED] = 0


@inner
def send_group(desk: Desk) -> bool:
    """Send the orders given since `begin_group` as one; tell whether they were sent, or all refused."""
    scalars = desk.scalars
    first = scalars[GROUP_OPEN]
    if first == NOTHING:
        fault(desk, GROUP_TWICE)
        return False
    scalars[GROUP_OPEN] = NOTHING
    refused = scalars[GROUP_REFUSED] != 0
    end = min(scalars[ORDERS], desk.orders.shape[0])
    for order in range(first, end):
        one = desk.orders[order]
        why = one[AHEAD]
        one[AHEAD] = NOTHING
        if not refused:
            dispatch(desk, order)
        else:
            if why == NOTHING:
                retire(desk, order, EXPIRED)
            refuse(desk, order, WITH_GROUP if why == NOTHING else why)
    if not refused and end > first:
        scalars[LIVE_GROUPS] += 1
    return not refused and end > first


@inner
def group_end(desk: Desk, first: int) -> int:
    """Return the number after the last order of the group that begins with an order."""
    end = first
    while end < min(desk.scalars[ORDERS], desk.orders.shape[0]) and desk.orders[end, GROUP] == first:
        end += 1
    return end


@inner
def _why_not(desk: Desk, first: int, order: int, arrival: int, second: int) -> int:
    """Return why an order of a group cannot be filled by the row as of a second; NOTHING if it can."""
    book = desk.book
    one = desk.orders[order]
    contract = one[CONTRACT]
    row = wide(book.last[contract, second])
    if row == NO_ROW:
        return NO_ROW_YET
    if book.second[row] < arrival:
        return NO_NEW_ROW
    if not is_good(row, book.bid_price, book.bid_size, book.ask_price, book.ask_size):
        return BAD_QUOTE
    side = ASKS if one[SIDE] > 0 else BIDS
    wanted = 0
    for other in range(first, order + 1):
        if desk.orders[other, CONTRACT] == contract and desk.orders[other, SIDE] == one[SIDE]:
            wanted += desk.orders[other, LEFT]
    memory = remember(desk, contract, side, row)
    if held(desk, memory, side, row, one[SIDE] * _ANY_PRICE) < wanted:
        return THIN_BOOK
    return NOTHING


@inner
def _cancel_asked(desk: Desk, first: int, end: int, second: int) -> bool:
    """Tell whether a cancel of one order of a group has arrived."""
    for order in range(first, end):
        if desk.orders[order, CANCEL_AT] != NOTHING and desk.orders[order, CANCEL_AT] <= second:
            return True
    return False


@inner
def end_group(
    desk: Desk, first: int, second: int, event: int, state: int, culprit: int, reason: int, others: int
) -> None:
    """Retire all orders of a group: cancelled or expired, one of them with a reason of its own."""
    for order in range(first, group_end(desk, first)):
        one = desk.orders[order]
        row = wide(desk.book.last[one[CONTRACT], second])
        why = reason if order == culprit else others
        record_order(desk, second, event, order, row, 0, one[LEFT], 0, why)
        retire(desk, order, state)
    desk.scalars[LIVE_GROUPS] -= 1


@inner
def _try_group(desk: Desk, first: int, second: int) -> None:
    end = group_end(desk, first)
    arrival = 0
    for order in range(first, end):
        arrival = max(arrival, desk.orders[order, ARRIVAL])
    if second < arrival:
        return
    if _cancel_asked(desk, first, end, second):
        end_group(desk, first, second, ON_CANCELLED, CANCELLED, NOTHING, BY_STRATEGY, BY_STRATEGY)
        return
    culprit = NOTHING
    why = NOTHING
    for order in range(first, end):
        desk.orders[order, STATE] = WORKING
        if why == NOTHING:
            why = _why_not(desk, first, order, arrival, second)
            culprit = order
    if why == NOTHING:
        for order in range(first, end):
            one = desk.orders[order]
            side = ASKS if one[SIDE] > 0 else BIDS
            row = wide(desk.book.last[one[CONTRACT], second])
            memory = remember(desk, one[CONTRACT], side, row)
            take(desk, order, second, memory, side, row, one[SIDE] * _ANY_PRICE, NOTHING, TAKEN)
            retire(desk, order, FILLED)
        desk.scalars[LIVE_GROUPS] -= 1
    elif second >= min(arrival + GROUP_WAIT, desk.scalars[LAST_SECOND]):
        end_group(desk, first, second, ON_EXPIRED, EXPIRED, culprit, why, WITH_GROUP)


@inner
def try_groups(desk: Desk, second: int) -> None:
    """Try every group that waits, in the order of their first order's number."""
    left = desk.scalars[LIVE_GROUPS]
    if left == 0:
        return
    order = first_live(desk)
    while order != NOTHING and left > 0:
        first = desk.orders[order, GROUP]
        if first == order and is_waiting(desk, order):
            left -= 1
            _try_group(desk, first, second)
        order += 1
        if order >= min(desk.scalars[ORDERS], desk.orders.shape[0]):
            order = NOTHING


@inner
def first_live(desk: Desk) -> int:
    """Return the least number of an order that waits in any contract, NOTHING where none does."""
    least = NOTHING
    for contract in range(desk.first_order.size):
        order = wide(desk.first_order[contract])
        if order != NOTHING and (least == NOTHING or order < least):
            least = order
    return least
