"""Limit orders of holdings, to open one or to take its target: sent, placed in the queue, filled, cancelled."""

from nfolab.base.compiled import inner
from nfolab.base.units import TICK_PAISE
from nfolab.engine.book import ASKS, BIDS, is_good
from nfolab.engine.codes import Event, Reason
from nfolab.engine.lines import MISSING
from nfolab.engine.positions.columns import guard, holding, limit, slot, state
from nfolab.engine.positions.guards import half_paise, prices_known, set_guard
from nfolab.engine.positions.orders import cancel, record, remember_row
from nfolab.engine.positions.tables import ROWS_WRITTEN, Desk, Lines, Market, Plans
from nfolab.engine.positions.values import part_line
from nfolab.engine.queue import SILENCE, WORST, ahead_after, displayed_at, filled_by_trade
from nfolab.tape.book import NO_ROW, Book

_FILL, _MISSED, _PLACED, _CANCELLED = (int(one) for one in (Event.FILL, Event.MISSED, Event.PLACED, Event.CANCELLED))
_NONE, _TARGET_OF_LEG, _NOT_FILLED = (int(one) for one in (Reason.NONE, Reason.LEG_TARGET, Reason.NOT_FILLED))
_RESTED = 16
"""Field of the log that tells a fill at a resting order's own price."""

REST_OF_A_PART = 5
"""Seconds after its first fill within which what is left of an order to open is cancelled, or the latency if longer."""


@inner
def on_a_tick(sign: int, price: int) -> int:
    """Return a price in half-paise as paise, on a tick away from the other side: a purchase's down, a sale's up."""
    tick = 2 * TICK_PAISE
    paise: int = price // tick * TICK_PAISE if sign > 0 else -(-price // tick) * TICK_PAISE
    return paise


@inner
def peg_price(sign: int, row: int, peg: int, ticks: int, book: Book) -> int:
    """Return the price that a peg wishes at a good row; docs/desk.md, "peg"."""
    bid, ask = int(book.bid_price[0, row]), int(book.ask_price[0, row])
    if sign > 0:
        wished = on_a_tick(1, bid + ask if peg == limit.MID else 2 * (bid + ticks * TICK_PAISE))
        if wished >= ask:
            wished = on_a_tick(1, 2 * (ask - TICK_PAISE))
    else:
        wished = on_a_tick(-1, bid + ask if peg == limit.MID else 2 * (ask - ticks * TICK_PAISE))
        if wished <= bid:
            wished = on_a_tick(-1, 2 * (bid + TICK_PAISE))
    price: int = max(wished, TICK_PAISE)
    return price


@inner
def opening_price(number: int, contract: int, sign: int, now: int, plans: Plans, market: Market, book: Book) -> int:
    """Return the price (paise) of a limit order that would open a slot; 0 where it is not known."""
    line = plans.limits[plans.slots[number, slot.LIMIT]]
    if line[limit.PEG] != limit.NO_PEG:
        row = int(book.last[contract, now])
        if row == NO_ROW or not is_good(row, book.bid_price, book.bid_size, book.ask_price, book.ask_size):
            return 0
        pegged: int = peg_price(sign, row, line[limit.PEG], line[limit.TICKS], book)
        return pegged
    price = market.features[market.feature_of[line[limit.PRICE], contract], now]
    if price == MISSING:
        return 0
    fixed: int = max(on_a_tick(sign, price), 0)
    return fixed


@inner
def may_open(number: int, contract: int, turned: bool, now: int, plans: Plans, market: Market, book: Book) -> bool:
    """Tell whether every price is known that opening a slot in a contract at `now` needs."""
    if contract < 0 or not prices_known(plans.slots[number, slot.GUARD], contract, now, plans, market):
        return False
    if plans.slots[number, slot.LIMIT] < 0:
        return True
    sign = -plans.slots[number, slot.SIGN] if turned else plans.slots[number, slot.SIGN]
    known: bool = opening_price(number, contract, sign, now, plans, market, book) > 0
    return known


@inner
def send(
    program: int, trade: int, at: int, rests: int, now: int, price: int, until: int, queue: int, book: Book, desk: Desk
) -> None:
    """Send a limit order of a holding, whose arrival is known; it may fill up to second `until`."""
    made = desk.subjects
    made[holding.RESTS, at] = rests
    made[holding.REST_PRICE, at] = price
    made[holding.REST_UNTIL, at] = until
    made[holding.REST_QUEUE, at] = queue
    made[holding.REST_PLACED, at] = 0
    made[holding.REST_CANCEL, at] = -1
    made[holding.REST_PEG, at] = limit.NO_PEG
    made[holding.REST_FIRST_ROW, at] = 0
    made[holding.CHANGE_ARRIVAL, at] = 0
    row = int(book.last[made[holding.CONTRACT, at], now])
    sign = made[holding.SIGN, at] if rests == holding.TO_OPEN else -made[holding.SIGN, at]
    record(
        desk, program, trade, now, _PLACED, at, row, -1, sign, price, made[holding.LEFT, at], 0, 0, 0,
        _NONE if rests == holding.TO_OPEN else _TARGET_OF_LEG,
    )  # fmt: skip


@inner
def send_to_open(
    program: int, trade: int, at: int, now: int, plans: Plans, market: Market, book: Book, desk: Desk
) -> None:
    """Make the order to open a holding a limit order, where its slot says so."""
    made = desk.subjects
    number = made[holding.SLOT, at]
    if plans.slots[number, slot.LIMIT] < 0:
        return
    line = plans.limits[plans.slots[number, slot.LIMIT]]
    price = opening_price(number, made[holding.CONTRACT, at], made[holding.SIGN, at], now, plans, market, book)
    made[holding.GROUP, at] = -1 - at
    arrival = made[holding.ARRIVAL, at]
    made[holding.REST_ARRIVAL, at] = arrival
    send(program, trade, at, holding.TO_OPEN, now, price, arrival + line[limit.VALID], line[limit.QUEUE], book, desk)
    made[holding.REST_PEG, at] = line[limit.PEG]
    made[holding.REST_TICKS, at] = line[limit.TICKS]
    made[holding.REST_FIRST_ROW, at] = line[limit.FIRST_ROW]


@inner
def send_target(
    program: int, trade: int, at: int, now: int, latency: int, plans: Plans, book: Book, desk: Desk
) -> None:
    """Send the target of a holding that has just opened, where it is a resting order."""
    made = desk.subjects
    rests = plans.guards[made[holding.GUARD, at], guard.TARGET_RESTS]
    if rests == 0 or made[holding.TARGET_AT, at] == MISSING:
        return
    # The gain in half-paise, rounded up, is reached at this worth of all units; the price of one on a tick.
    gain = -half_paise(-made[holding.TARGET_AT, at])
    sign, units = made[holding.SIGN, at], made[holding.UNITS, at]
    worth = made[holding.ENTRY, at] + sign * gain
    tick = 2 * TICK_PAISE * units
    ticks = -(-worth // tick) if sign > 0 else worth // tick
    made[holding.LEFT, at] = units
    made[holding.REST_ARRIVAL, at] = now + latency
    made[holding.TARGET_AT, at] = MISSING
    price = max(ticks, 1) * TICK_PAISE
    send(program, trade, at, holding.TO_CLOSE, now, price, book.last.shape[1], rests - 1, book, desk)


@inner
def fill_at(
    program: int,
    trade: int,
    at: int,
    now: int,
    row: int,
    worst: int,
    at_own_price: bool,
    book: Book,
    desk: Desk,
) -> None:
    """Fill a resting order from the other side's levels at a price or better; at its own price, or at theirs."""
    made = desk.subjects
    sign = order_sign(at, desk)
    side = ASKS if sign > 0 else BIDS
    price, size = (book.ask_price, book.ask_size) if side == ASKS else (book.bid_price, book.bid_size)
    memory = 2 * made[holding.CONTRACT, at] + side
    remember_row(at, row, sign, book, desk)
    for level in range(price.shape[0]):
        shown = int(price[level, row])
        if made[holding.LEFT, at] > 0 and shown > 0 and size[level, row] > 0 and sign * shown <= sign * worst:
            units = min(made[holding.LEFT, at], size[level, row] - desk.taken[memory, level])
            if units > 0:
                desk.taken[memory, level] += units
                paid = worst if at_own_price else shown
                book_fill(program, trade, at, now, row, level, paid, units, size[level, row], at_own_price, desk)


@inner
def offered(at: int, row: int, worst: int, book: Book, desk: Desk) -> int:
    """Return the units that the other side still holds at a price or better, less what we took and is gone."""
    sign = order_sign(at, desk)
    side = ASKS if sign > 0 else BIDS
    price, size = (book.ask_price, book.ask_size) if side == ASKS else (book.bid_price, book.bid_size)
    memory = 2 * desk.subjects[holding.CONTRACT, at] + side
    remember_row(at, row, sign, book, desk)
    found = 0
    for level in range(price.shape[0]):
        shown = int(price[level, row])
        if shown > 0 and size[level, row] > 0 and sign * shown <= sign * worst:
            found += size[level, row] - desk.taken[memory, level]
    return found


@inner
def order_sign(at: int, desk: Desk) -> int:
    """Return +1 where a holding's resting order buys, −1 where it sells."""
    opens = desk.subjects[holding.RESTS, at] == holding.TO_OPEN
    sign: int = desk.subjects[holding.SIGN, at] if opens else -desk.subjects[holding.SIGN, at]
    return sign


@inner
def book_fill(
    program: int,
    trade: int,
    at: int,
    now: int,
    row: int,
    level: int,
    price: int,
    units: int,
    displayed: int,
    rested: bool,
    desk: Desk,
) -> None:
    """Note a fill of a resting order: its cash, what is left, and a line of the log."""
    made = desk.subjects
    sign = order_sign(at, desk)
    opens = made[holding.RESTS, at] == holding.TO_OPEN
    made[holding.LEFT, at] -= units
    made[holding.CASH, at] -= 2 * sign * units * price
    if opens:
        made[holding.ENTRY, at] += 2 * units * price
    else:
        made[holding.UNITS, at] -= units
    place = desk.counters[ROWS_WRITTEN]
    why = _NONE if opens else _TARGET_OF_LEG
    record(desk, program, trade, now, _FILL, at, row, level, sign, price, units, displayed, 0, 0, why)
    if rested and place < desk.log.shape[0]:
        desk.log[place, _RESTED] = 1


@inner
def is_over(at: int, now: int, desk: Desk) -> bool:
    """Tell whether a resting order can fill no more, before the row of `now` is shown to it."""
    made = desk.subjects
    cancelled = 0 <= made[holding.REST_CANCEL, at] <= now
    return bool(cancelled or now > made[holding.REST_UNTIL, at] or made[holding.LEFT, at] == 0)


@inner
def show_row(program: int, trade: int, at: int, now: int, latency: int, market: Market, book: Book, desk: Desk) -> None:
    """Show the row stamped `now`, if there is one, to a resting order; docs/desk.md, "What a shown row does"."""
    made = desk.subjects
    contract = made[holding.CONTRACT, at]
    row = int(book.last[contract, now])
    if row == NO_ROW or book.second[row] != now or now < made[holding.REST_ARRIVAL, at]:
        return
    sign = order_sign(at, desk)
    if 0 < made[holding.CHANGE_ARRIVAL, at] <= now:
        made[holding.CHANGE_ARRIVAL, at] = 0
        made[holding.REST_PRICE, at] = made[holding.CHANGE_PRICE, at]
        made[holding.REST_PLACED, at] = 0
    if not is_good(row, book.bid_price, book.bid_size, book.ask_price, book.ask_size):
        return
    peg = made[holding.REST_PEG, at]
    if peg != limit.NO_PEG and made[holding.CHANGE_ARRIVAL, at] == 0:
        wished = peg_price(sign, row, peg, made[holding.REST_TICKS, at], book)
        if wished != made[holding.REST_PRICE, at]:
            made[holding.CHANGE_ARRIVAL, at] = now + latency
            made[holding.CHANGE_PRICE, at] = wished
    price = made[holding.REST_PRICE, at]
    own_price, own_size = (book.bid_price, book.bid_size) if sign > 0 else (book.ask_price, book.ask_size)
    if made[holding.REST_PLACED, at] == 0:
        fill_at(program, trade, at, now, row, price, False, book, desk)
        shown = displayed_at(sign, row, price, own_price, own_size)
        made[holding.REST_PLACED, at] = 1
        made[holding.REST_AHEAD, at] = shown
        made[holding.REST_SHOWN, at] = shown
    else:
        wait_in_queue(program, trade, at, now, row, price, market, book, desk)
    if made[holding.REST_FIRST_ROW, at] != 0:
        made[holding.REST_UNTIL, at] = now


@inner
def wait_in_queue(
    program: int, trade: int, at: int, now: int, row: int, price: int, market: Market, book: Book, desk: Desk
) -> None:
    """Let a good row do to an order that stands in the queue what its model says."""
    made = desk.subjects
    contract = made[holding.CONTRACT, at]
    sign, model, ahead = order_sign(at, desk), made[holding.REST_QUEUE, at], made[holding.REST_AHEAD, at]
    before = row > book.first_row[contract]
    moves = not (before and now - book.second[row - 1] > SILENCE)
    if desk.had[0, contract] != row:
        desk.had[0, contract] = row
        desk.had[1, contract] = 0
    traded = market.traded[row] - desk.had[1, contract]
    last_price = int(book.last_price[row])
    left = made[holding.LEFT, at]
    by_trade = 0
    if moves:
        rest = left - min(left, offered(at, row, price, book, desk))
        by_trade = filled_by_trade(sign, price, last_price, traded, ahead, rest, model)
    fill_at(program, trade, at, now, row, price, True, book, desk)
    if by_trade > 0:
        told = traded if last_price != price else ahead
        book_fill(program, trade, at, now, row, -1, price, by_trade, told, True, desk)
        desk.had[1, contract] += by_trade
    if model != WORST:
        own_price, own_size = (book.bid_price, book.bid_size) if sign > 0 else (book.ask_price, book.ask_size)
        shown = displayed_at(sign, row, price, own_price, own_size)
        if moves:
            at_price = max(traded, 0) if last_price == price else 0
            made[holding.REST_AHEAD, at] = ahead_after(ahead, made[holding.REST_SHOWN, at], shown, at_price, model)
        made[holding.REST_SHOWN, at] = shown


@inner
def rest_to_open(
    program: int,
    trade: int,
    at: int,
    now: int,
    latency: int,
    plans: Plans,
    market: Market,
    book: Book,
    lines: Lines,
    desk: Desk,
) -> bool:
    """Take an order to open one second further; tell whether it is over, its holding open or missed."""
    made = desk.subjects
    asked = made[holding.UNITS, at]
    before = made[holding.LEFT, at]
    if not is_over(at, now, desk):
        show_row(program, trade, at, now, latency, market, book, desk)
        if before == asked and 0 < made[holding.LEFT, at] < asked:
            cancel(at, now + max(REST_OF_A_PART, latency), desk)
    end = book.last.shape[1] - 1
    if not is_over(at, now + 1, desk) and now < end:
        return False
    filled = asked - made[holding.LEFT, at]
    contract = made[holding.CONTRACT, at]
    row = int(book.last[contract, now])
    sign = made[holding.SIGN, at]
    made[holding.RESTS, at] = holding.NO_ORDER
    if filled == 0:
        price = made[holding.REST_PRICE, at]
        record(desk, program, trade, now, _MISSED, at, row, -1, sign, price, asked, 0, 0, 0, _NOT_FILLED)
        made[holding.STATE, at] = state.MISSED
        return True
    if filled < asked:
        record(desk, program, trade, now, _CANCELLED, at, row, -1, sign, 0, asked - filled, 0, 0, 0, _NOT_FILLED)
    line = plans.slots[made[holding.SLOT, at]]
    key = line[slot.KEY] if sign == line[slot.SIGN] else line[slot.OTHER_KEY]
    made[holding.UNITS, at] = filled
    made[holding.ENTRY_UNITS, at] = filled
    made[holding.ENTRY_SECOND, at] = now
    made[holding.LINE, at] = part_line(key, contract, filled, book, lines, desk)
    made[holding.ENTRY_LINE, at] = made[holding.LINE, at]
    made[holding.STATE, at] = state.OPEN
    made[holding.BASE, at] = made[holding.ENTRY, at]
    set_guard(made, at, made[holding.GUARD, at], made[holding.SENT, at], plans, market)
    return True


@inner
def rest_to_close(
    program: int,
    trade: int,
    at: int,
    now: int,
    latency: int,
    plans: Plans,
    market: Market,
    book: Book,
    lines: Lines,
    desk: Desk,
) -> bool:
    """Take a resting target one second further; tell whether it closed the holding."""
    made = desk.subjects
    held = made[holding.UNITS, at]
    if is_over(at, now, desk):
        made[holding.RESTS, at] = holding.NO_ORDER
        return False
    show_row(program, trade, at, now, latency, market, book, desk)
    left = made[holding.UNITS, at]
    if left == 0:
        made[holding.RESTS, at] = holding.NO_ORDER
        made[holding.REASON, at] = _TARGET_OF_LEG
        made[holding.STATE, at] = state.CLOSED
        return True
    if left < held and made[holding.STATE, at] == state.OPEN:
        line = plans.slots[made[holding.SLOT, at]]
        key = line[slot.KEY] if made[holding.SIGN, at] == line[slot.SIGN] else line[slot.OTHER_KEY]
        made[holding.LINE, at] = part_line(key, made[holding.CONTRACT, at], left, book, lines, desk)
    return False
