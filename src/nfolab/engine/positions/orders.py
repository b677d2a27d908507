"""Orders of a trade: sent, filled as one group to open, filled as the book allows to close."""

from nfolab.base.compiled import inner
from nfolab.engine.book import ASKS, BIDS, is_good, recall
from nfolab.engine.codes import Event, Reason
from nfolab.engine.positions.columns import holding, slot, state
from nfolab.engine.positions.guards import set_guard
from nfolab.engine.positions.tables import (
    CROWDED,
    HOLDINGS,
    MOST_HOLDINGS,
    RAN_OUT,
    ROWS_WRITTEN,
    Desk,
    Lines,
    Market,
    Plans,
)
from nfolab.engine.positions.values import line_of
from nfolab.tape.book import NO_ROW, Book

_DECISION, _ORDER, _FILL, _MISSED = (int(one) for one in (Event.DECISION, Event.ORDER, Event.FILL, Event.MISSED))
_NONE, _NO_ROW, _NO_NEW_ROW, _BAD_QUOTE, _THIN_BOOK = (
    int(one) for one in (Reason.NONE, Reason.NO_ROW, Reason.NO_NEW_ROW, Reason.BAD_QUOTE, Reason.THIN_BOOK)
)


@inner
def record(
    desk: Desk,
    program: int,
    trade: int,
    second: int,
    event: int,
    at: int,
    row: int,
    level: int,
    side: int,
    price: int,
    quantity: int,
    displayed: int,
    observed: int,
    threshold: int,
    reason: int,
) -> None:
    """Write a line of the log where there is room, and count it; `at` is a holding, −1 for the whole."""
    place = desk.counters[ROWS_WRITTEN]
    desk.counters[ROWS_WRITTEN] = place + 1
    if place >= desk.log.shape[0]:
        return
    line = desk.log[place]
    line[0] = program
    line[1] = trade
    line[2] = second
    line[3] = event
    line[4] = at
    line[5] = desk.subjects[holding.CONTRACT, at] if at >= 0 else -1
    line[6] = row
    line[7] = level
    line[8] = side
    line[9] = price
    line[10] = quantity
    line[11] = displayed
    line[12] = observed
    line[13] = threshold
    line[14] = reason
    line[15] = desk.subjects[holding.SLOT, at] if at >= 0 else -1
    line[16] = 0


@inner
def send_opening(
    program: int,
    trade: int,
    number: int,
    contract: int,
    turned: bool,
    now: int,
    latency: int,
    group: int,
    first: bool,
    why: int,
    plans: Plans,
    book: Book,
    lines: Lines,
    desk: Desk,
) -> int:
    """Send an order to open a holding of a slot, on the opposite side if `turned`; return the holding."""
    at: int = desk.counters[HOLDINGS]
    if at == MOST_HOLDINGS:
        desk.counters[CROWDED] = 1
        return at - 1
    desk.counters[HOLDINGS] = at + 1
    made = desk.subjects
    line = plans.slots[number]
    made[:, at] = 0
    made[holding.STATE, at] = state.ENTERING
    made[holding.SLOT, at] = number
    made[holding.CONTRACT, at] = contract
    made[holding.SIGN, at] = -line[slot.SIGN] if turned else line[slot.SIGN]
    made[holding.UNITS, at] = line[slot.UNITS]
    made[holding.LEFT, at] = line[slot.UNITS]
    made[holding.LINE, at] = line_of(line[slot.OTHER_KEY] if turned else line[slot.KEY], contract, book, lines, desk)
    made[holding.GUARD, at] = line[slot.GUARD]
    made[holding.SENT, at] = now
    made[holding.ARRIVAL, at] = now + latency
    made[holding.GROUP, at] = group
    made[holding.REASON, at] = _NONE
    made[holding.FIRST, at] = 1 if first else 0
    record(
        desk, program, trade, now, _DECISION, at, int(book.last[contract, now]), -1, made[holding.SIGN, at], 0,
        line[slot.UNITS], 0, 0, 0, why,
    )  # fmt: skip
    return at


@inner
def cancel(at: int, arrival: int, desk: Desk) -> None:
    """Send a cancel of a holding's resting order, if one that arrives earlier is not on its way."""
    made = desk.subjects
    before = made[holding.REST_CANCEL, at]
    if made[holding.RESTS, at] != holding.NO_ORDER and (before < 0 or arrival < before):
        made[holding.REST_CANCEL, at] = arrival


@inner
def send_closing(
    program: int, trade: int, at: int, now: int, latency: int, why: int, observed: int, book: Book, desk: Desk
) -> None:
    """Send an order to close an open holding; `observed` is its value then, half-paise, 0 where it has none."""
    made = desk.subjects
    made[holding.STATE, at] = state.CLOSING
    made[holding.SENT, at] = now
    made[holding.ARRIVAL, at] = now + latency
    made[holding.REASON, at] = why
    made[holding.LEFT, at] = made[holding.UNITS, at]
    cancel(at, now + latency, desk)
    record(
        desk, program, trade, now, _ORDER, at, int(book.last[made[holding.CONTRACT, at], now]), -1,
        -made[holding.SIGN, at], 0, made[holding.UNITS, at], 0, observed, 0, why,
    )  # fmt: skip


@inner
def take(program: int, trade: int, at: int, now: int, row: int, sign: int, why: int, book: Book, desk: Desk) -> int:
    """Fill a holding's order from a row, as much as it displays less what we took; return the value in paise."""
    made = desk.subjects
    side = ASKS if sign > 0 else BIDS
    price, size = (book.ask_price, book.ask_size) if side == ASKS else (book.bid_price, book.bid_size)
    memory = 2 * made[holding.CONTRACT, at] + side
    value = 0
    for level in range(price.shape[0]):
        if made[holding.LEFT, at] > 0 and price[level, row] > 0 and size[level, row] > 0:
            units = min(made[holding.LEFT, at], size[level, row] - desk.taken[memory, level])
            if units > 0:
                made[holding.LEFT, at] -= units
                value += units * price[level, row]
                desk.taken[memory, level] += units
                record(
                    desk, program, trade, now, _FILL, at, row, level, sign, price[level, row], units,
                    size[level, row], 0, 0, why,
                )  # fmt: skip
    made[holding.CASH, at] -= 2 * sign * value
    return value


@inner
def remember_row(at: int, row: int, sign: int, book: Book, desk: Desk) -> bool:
    """Bring what we took on the side that a holding's order takes from forward to a row; tell if any is still gone."""
    side = ASKS if sign > 0 else BIDS
    price, size = (book.ask_price, book.ask_size) if side == ASKS else (book.bid_price, book.bid_size)
    memory = 2 * desk.subjects[holding.CONTRACT, at] + side
    gone: bool = recall(
        memory, row, book.second, book.bid_price, book.bid_size, book.ask_price, book.ask_size, price, size,
        desk.seen_row, desk.taken, desk.scratch,
    )  # fmt: skip
    return gone


@inner
def close(program: int, trade: int, at: int, now: int, book: Book, desk: Desk) -> bool:
    """Let the row as of `now` fill a closing holding; tell whether it is closed."""
    made = desk.subjects
    row = int(book.last[made[holding.CONTRACT, at], now])
    if now < made[holding.ARRIVAL, at] or row == NO_ROW or book.second[row] < made[holding.ARRIVAL, at]:
        return False
    if not is_good(row, book.bid_price, book.bid_size, book.ask_price, book.ask_size):
        return False
    sign = -made[holding.SIGN, at]
    if remember_row(at, row, sign, book, desk):
        desk.counters[RAN_OUT] = 1
    take(program, trade, at, now, row, sign, made[holding.REASON, at], book, desk)
    if made[holding.LEFT, at] > 0:
        desk.counters[RAN_OUT] = 1
        return False
    made[holding.STATE, at] = state.CLOSED
    return True


@inner
def refusal(at: int, now: int, book: Book, desk: Desk) -> int:
    """Tell why the row as of `now` does not fill an order to open, together with those of its group before it."""
    made = desk.subjects
    contract, sign = made[holding.CONTRACT, at], made[holding.SIGN, at]
    row = int(book.last[contract, now])
    if row == NO_ROW:
        return _NO_ROW
    if book.second[row] < made[holding.ARRIVAL, at]:
        return _NO_NEW_ROW
    if not is_good(row, book.bid_price, book.bid_size, book.ask_price, book.ask_size):
        return _BAD_QUOTE
    side = ASKS if sign > 0 else BIDS
    price, size = (book.ask_price, book.ask_size) if side == ASKS else (book.bid_price, book.bid_size)
    memory = 2 * contract + side
    gone = remember_row(at, row, sign, book, desk)
    held = 0
    for level in range(price.shape[0]):
        if price[level, row] > 0 and size[level, row] > 0:
            held += size[level, row] - desk.taken[memory, level]
    wanted = 0
    for other in range(at + 1):
        same = made[holding.STATE, other] == state.ENTERING and made[holding.GROUP, other] == made[holding.GROUP, at]
        if same and made[holding.CONTRACT, other] == contract and made[holding.SIGN, other] == sign:
            wanted += made[holding.UNITS, other]
    if held < wanted:
        desk.counters[RAN_OUT] = 1
        return _THIN_BOOK
    if gone:
        desk.counters[RAN_OUT] = 1
    return _NONE


@inner
def open_group(
    program: int, trade: int, group: int, now: int, until: int, plans: Plans, market: Market, book: Book, desk: Desk
) -> bool:
    """Fill a group of orders to open by the rows as of `now`, all or none; drop it after `until`; tell if filled."""
    made = desk.subjects
    cause = _NONE
    culprit = -1
    for at in range(desk.counters[HOLDINGS]):
        if made[holding.STATE, at] == state.ENTERING and made[holding.GROUP, at] == group and cause == _NONE:
            cause = refusal(at, now, book, desk)
            culprit = at
    if cause == _NONE:
        for at in range(desk.counters[HOLDINGS]):
            if made[holding.STATE, at] == state.ENTERING and made[holding.GROUP, at] == group:
                row = int(book.last[made[holding.CONTRACT, at], now])
                value = take(program, trade, at, now, row, made[holding.SIGN, at], _NONE, book, desk)
                made[holding.STATE, at] = state.OPEN
                made[holding.ENTRY, at] = 2 * value
                made[holding.BASE, at] = 2 * value
                made[holding.ENTRY_SECOND, at] = now
                made[holding.ENTRY_UNITS, at] = made[holding.UNITS, at]
                made[holding.ENTRY_LINE, at] = made[holding.LINE, at]
                set_guard(made, at, made[holding.GUARD, at], made[holding.SENT, at], plans, market)
        return True
    if now >= until:
        row = int(book.last[made[holding.CONTRACT, culprit], now])
        record(
            desk, program, trade, now, _MISSED, culprit, row, -1, made[holding.SIGN, culprit], 0,
            made[holding.UNITS, culprit], 0, 0, 0, cause,
        )  # fmt: skip
        for at in range(desk.counters[HOLDINGS]):
            if made[holding.STATE, at] == state.ENTERING and made[holding.GROUP, at] == group:
                made[holding.STATE, at] = state.MISSED
    return False
