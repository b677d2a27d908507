"""What a shown row does to the orders that wait in its contract: docs/desk.md, "What a shown row does"."""

from nfolab.base.compiled import inner
from nfolab.engine.book import ASKS, BIDS, gives, is_good, recall
from nfolab.engine.desk.codes import (
    AHEAD,
    ALL,
    ARRIVAL,
    BY_CHANGE,
    BY_NOW,
    BY_STRATEGY,
    CANCEL_AT,
    CANCELLED,
    CHANGE_AT,
    CHANGE_PRICE,
    CHANGE_UNITS,
    CONTRACT,
    DECIDED,
    EXPIRED,
    EXPIRES,
    FILL,
    GROUP,
    KEEP,
    KIND,
    LEFT,
    LIMIT,
    MARKET,
    MOVES_TRIGGER,
    NEXT,
    NOTHING,
    NOW,
    ON_CANCELLED,
    ON_CHANGED,
    ON_EXPIRED,
    ON_LAST,
    ON_PLACED,
    ON_TRIGGERED,
    ONE_SIDED,
    OPPOSITE,
    PEG,
    PEG_MID,
    PLACED,
    PRICE,
    QUEUE,
    QUEUE_MODEL,
    SEEN_ROW,
    SHOWN,
    SIDE,
    STATE,
    STOP,
    STOP_LIMIT,
    TAKEN,
    THROUGH,
    TRIGGER,
    UNITS,
    VALID_OVER,
    WORKING,
    WORST,
)
from nfolab.engine.desk.log import book_fill, record_order
from nfolab.engine.desk.messages import send_change
from nfolab.engine.desk.numbers import wide
from nfolab.engine.desk.sending import finished, own_price, peg_price, retire
from nfolab.engine.desk.tables import Desk
from nfolab.engine.queue import SILENCE, ahead_after, displayed_at, filled_by_trade

_ANY_PRICE = 2**40


@inner
def is_last_of_its_second(desk: Desk, contract: int, row: int) -> bool:
    """Tell whether a row is the last of its contract in its second: only such rows are shown."""
    second = desk.book.second
    last: bool = row + 1 >= desk.book.first_row[contract + 1] or second[row + 1] != second[row]
    return last


@inner
def remember(desk: Desk, contract: int, side: int, row: int) -> int:
    """Bring the memory of what we took from a side of a contract's book to a row; return its line."""
    book = desk.book
    memory = 2 * contract + side
    if side == ASKS:
        recall(
            memory, row, book.second, book.bid_price, book.bid_size, book.ask_price, book.ask_size, book.ask_price,
            book.ask_size, desk.seen_row, desk.taken, desk.scratch, desk.scalars[ONE_SIDED] != 0,
        )  # fmt: skip
    else:
        recall(
            memory, row, book.second, book.bid_price, book.bid_size, book.ask_price, book.ask_size, book.bid_price,
            book.bid_size, desk.seen_row, desk.taken, desk.scratch, desk.scalars[ONE_SIDED] != 0,
        )  # fmt: skip
    return memory


@inner
def may_take(desk: Desk, side: int, row: int) -> bool:
    """Tell whether a side of a row may be taken from, by the desk's policy."""
    book = desk.book
    return gives(
        side, desk.scalars[ONE_SIDED] != 0, row, book.bid_price, book.bid_size, book.ask_price, book.ask_size
    )  # fmt: skip


@inner
def held(desk: Desk, memory: int, side: int, row: int, worst: int) -> int:
    """Return the units that a side of a row still holds at a price or better; `memory` was brought to the row."""
    book = desk.book
    found = 0
    for level in range(book.bid_price.shape[0]):
        if side == ASKS:
            price, size = wide(book.ask_price[level, row]), wide(book.ask_size[level, row])
            near = price <= worst
        else:
            price, size = wide(book.bid_price[level, row]), wide(book.bid_size[level, row])
            near = price >= worst
        if price > 0 and size > 0 and near:
            found += size - desk.taken[memory, level]
    return found


@inner
def take(
    desk: Desk, order: int, second: int, memory: int, side: int, row: int, worst: int, at_price: int, reason: int
) -> None:
    """Fill an order from the levels of a side at a price or better, in the row's order.

    Args:
        desk: the desk.
        order: the order.
        second: the second of the fill.
        memory: the line of what we took, brought to the row.
        side: BIDS or ASKS.
        row: the row.
        worst: the worst price that is taken.
        at_price: the price of the fill; NOTHING for that of each level.
        reason: TAKEN or OPPOSITE.
    """
    book = desk.book
    one = desk.orders[order]
    for level in range(book.bid_price.shape[0]):
        if side == ASKS:
            price, size = wide(book.ask_price[level, row]), wide(book.ask_size[level, row])
            near = price <= worst
        else:
            price, size = wide(book.bid_price[level, row]), wide(book.bid_size[level, row])
            near = price >= worst
        if one[LEFT] > 0 and price > 0 and size > 0 and near:
            units = min(one[LEFT], size - desk.taken[memory, level])
            if units > 0:
                desk.taken[memory, level] += units
                paid = price if at_price == NOTHING else at_price
                book_fill(desk, order, second, row, level, paid, units, size, reason)


@inner
def displayed(desk: Desk, side: int, row: int, price: int) -> int:
    """Return the size displayed at a price of an order's own side; NOTHING where the five levels cannot tell.

    Args:
        desk: the desk.
        side: +1 for a purchase's bids, −1 for a sale's asks.
        row: a good quote.
        price: paise.
    """
    book = desk.book
    if side > 0:
        found: int = displayed_at(side, row, price, book.bid_price, book.bid_size)
    else:
        found = displayed_at(side, row, price, book.ask_price, book.ask_size)
    return found


@inner
def _stand_anew(desk: Desk, order: int) -> None:
    one = desk.orders[order]
    one[PLACED] = 0
    one[AHEAD] = NOTHING
    one[SHOWN] = NOTHING


@inner
def _cancelled(desk: Desk, order: int, second: int, row: int, reason: int) -> None:
    record_order(desk, second, ON_CANCELLED, order, row, own_price(desk, order), desk.orders[order, LEFT], 0, reason)
    retire(desk, order, CANCELLED)


@inner
def _change_arrived(desk: Desk, order: int, second: int, row: int) -> bool:
    """Let a change take effect; return whether nothing is left, so that the order is cancelled."""
    one = desk.orders[order]
    units = one[UNITS] if one[CHANGE_UNITS] == KEEP else one[CHANGE_UNITS]
    price = one[CHANGE_PRICE]
    one[CHANGE_AT] = NOTHING
    anew = units > one[UNITS]
    one[LEFT] += units - one[UNITS]
    one[UNITS] = units
    if price != KEEP and one[MOVES_TRIGGER]:
        one[TRIGGER] = price
    elif price != KEEP:
        anew = anew or price != one[PRICE]
        one[PRICE] = price
    record_order(desk, second, ON_CHANGED, order, row, own_price(desk, order), units, 0, NOTHING)
    if anew:
        _stand_anew(desk, order)
    if one[LEFT] > 0:
        return False
    _cancelled(desk, order, second, row, BY_CHANGE)
    return True


@inner
def _market(desk: Desk, order: int, second: int, row: int, worst: int) -> None:
    """Take from the other side what its levels hold at a price or better."""
    one = desk.orders[order]
    side = ASKS if one[SIDE] > 0 else BIDS
    memory = remember(desk, one[CONTRACT], side, row)
    if one[FILL] != ALL or held(desk, memory, side, row, worst) >= one[LEFT]:
        take(desk, order, second, memory, side, row, worst, NOTHING, TAKEN)


@inner
def _place(desk: Desk, order: int, second: int, row: int, good: bool) -> None:
    """Let a limit take what stands at its price or better, and the rest of it stand in the queue."""
    one = desk.orders[order]
    _market(desk, order, second, row, one[PRICE])
    if one[LEFT] > 0 and good and one[FILL] != NOW:
        one[PLACED] = 1
        one[AHEAD] = displayed(desk, one[SIDE], row, one[PRICE])
        one[SHOWN] = one[AHEAD]
        record_order(desk, second, ON_PLACED, order, row, one[PRICE], one[LEFT], one[AHEAD], NOTHING)


@inner
def _rest(desk: Desk, order: int, second: int, row: int, good: bool, traded: int, silent: bool) -> int:
    """Let a row do to a resting limit what the model says; return the units of the row's trade that it took."""
    book = desk.book
    one = desk.orders[order]
    price, sign = one[PRICE], one[SIDE]
    side = ASKS if sign > 0 else BIDS
    memory = remember(desk, one[CONTRACT], side, row)
    opposite = min(one[LEFT], held(desk, memory, side, row, price))
    model = desk.scalars[QUEUE_MODEL]
    at_last = wide(book.last_price[row])
    ahead = one[AHEAD]
    moves = good and not silent
    by_trade = 0
    if moves:
        by_trade = filled_by_trade(sign, price, at_last, traded, ahead, one[LEFT] - opposite, model)
    taken = 0
    if one[FILL] != ALL or opposite + by_trade >= one[LEFT]:
        if opposite > 0:
            take(desk, order, second, memory, side, row, price, price, OPPOSITE)
        if by_trade > 0 and at_last != price:
            book_fill(desk, order, second, row, NOTHING, price, by_trade, traded, THROUGH)
        elif by_trade > 0:
            book_fill(desk, order, second, row, NOTHING, price, by_trade, ahead, QUEUE)
        taken = by_trade
    if good and model != WORST:
        shown = displayed(desk, sign, row, price)
        if moves:
            one[AHEAD] = ahead_after(ahead, one[SHOWN], shown, max(traded, 0) if at_last == price else 0, model)
        one[SHOWN] = shown
    return taken


@inner
def _watch(desk: Desk, order: int, second: int, row: int) -> None:
    """Let a stop look at a good row, and fire."""
    book = desk.book
    one = desk.orders[order]
    if desk.scalars[ON_LAST]:
        seen = wide(book.last_price[row])
    else:
        seen = wide(book.ask_price[0, row]) if one[SIDE] > 0 else wide(book.bid_price[0, row])
    if seen > 0 and one[SIDE] * seen >= one[SIDE] * one[TRIGGER]:
        record_order(desk, second, ON_TRIGGERED, order, row, seen, one[LEFT], 0, NOTHING)
        one[KIND] = MARKET if one[KIND] == STOP else LIMIT
        one[ARRIVAL] = second + 1
        one[DECIDED] = second
        one[SEEN_ROW] = row


@inner
def show_row(desk: Desk, contract: int, row: int) -> None:
    """Show a row, the last of its second, to every order that waits in its contract."""
    book = desk.book
    second = wide(book.second[row])
    good = is_good(row, book.bid_price, book.bid_size, book.ask_price, book.ask_size)
    silent = row > book.first_row[contract] and second - book.second[row - 1] > SILENCE
    traded = wide(desk.traded[row])
    order = wide(desk.first_order[contract])
    while order != NOTHING:
        one = desk.orders[order]
        following = one[NEXT]
        if one[GROUP] == NOTHING and second >= one[ARRIVAL]:
            traded -= _show(desk, order, second, row, good, silent, traded)
        order = following


@inner
def _show(desk: Desk, order: int, second: int, row: int, good: bool, silent: bool, traded: int) -> int:
    """Show a row to an order that has arrived; return the units of the row's trade that it took."""
    one = desk.orders[order]
    one[STATE] = WORKING
    if one[CANCEL_AT] != NOTHING and one[CANCEL_AT] <= second:
        _cancelled(desk, order, second, row, BY_STRATEGY)
        return 0
    if one[CHANGE_AT] != NOTHING and one[CHANGE_AT] <= second and _change_arrived(desk, order, second, row):
        return 0
    if second > one[EXPIRES]:
        record_order(desk, second, ON_EXPIRED, order, row, own_price(desk, order), one[LEFT], 0, VALID_OVER)
        retire(desk, order, EXPIRED)
        return 0
    if one[KIND] in (STOP, STOP_LIMIT):
        if good:
            _watch(desk, order, second, row)
        return 0
    if not good and not may_take(desk, ASKS if one[SIDE] > 0 else BIDS, row):
        return 0
    taken = 0
    if one[KIND] == MARKET:
        _market(desk, order, second, row, one[SIDE] * _ANY_PRICE)
    else:
        if good and one[KIND] in (PEG, PEG_MID) and one[CHANGE_AT] == NOTHING:
            wished = peg_price(desk, order, row)
            if wished != one[PRICE]:
                send_change(desk, order, second, wished, KEEP)
        if one[PLACED]:
            taken = _rest(desk, order, second, row, good, traded, silent)
        else:
            _place(desk, order, second, row, good)
    if not finished(desk, order) and one[FILL] == NOW:
        _cancelled(desk, order, second, row, BY_NOW)
    return taken
