"""Orders to close: of everything, of one holding, and what its rule says of the others."""

from nfolab.base.compiled import inner
from nfolab.engine.codes import Event
from nfolab.engine.lines import MISSING
from nfolab.engine.positions.columns import guard, holding, rest, slot, state, then
from nfolab.engine.positions.guards import NEVER
from nfolab.engine.positions.orders import cancel, record, send_closing
from nfolab.engine.positions.tables import HOLDINGS, Desk, Lines, Plans
from nfolab.tape.book import NO_ROW, Book

_TO_COST = int(Event.TO_COST)
_SPENT = 2**31


@inner
def let_none_rest(desk: Desk) -> None:
    """Spend every re-entry of the trade: what closes the whole lets no slot rest, now or later."""
    desk.rest[rest.WAITS, :] = 0
    desk.rest[rest.USED, :] = _SPENT


@inner
def close_all(program: int, trade: int, now: int, latency: int, why: int, book: Book, lines: Lines, desk: Desk) -> None:
    """Send orders to close every open holding, and let no slot rest any longer."""
    made = desk.subjects
    for at in range(desk.counters[HOLDINGS]):
        if made[holding.STATE, at] == state.OPEN:
            value = lines.values[made[holding.LINE, at], now]
            send_closing(program, trade, at, now, latency, why, 0 if value == MISSING else abs(value), book, desk)
        elif made[holding.STATE, at] == state.ENTERING:
            cancel(at, now + latency, desk)
    let_none_rest(desk)


@inner
def close_one(
    program: int,
    trade: int,
    at: int,
    now: int,
    latency: int,
    why: int,
    plans: Plans,
    book: Book,
    lines: Lines,
    desk: Desk,
) -> None:
    """Send the order to close a holding whose rule has fired, and do what its guard says of the others."""
    made = desk.subjects
    value = lines.values[made[holding.LINE, at], now]
    send_closing(program, trade, at, now, latency, why, 0 if value == MISSING else abs(value), book, desk)
    follow_up(program, trade, at, now, latency, why, plans, book, lines, desk)


@inner
def follow_up(
    program: int,
    trade: int,
    at: int,
    now: int,
    latency: int,
    why: int,
    plans: Plans,
    book: Book,
    lines: Lines,
    desk: Desk,
) -> None:
    """Do what a holding's slot says of the others after one of its rules."""
    made = desk.subjects
    follows = plans.guards[plans.slots[made[holding.SLOT, at], slot.GUARD], guard.THEN]
    if follows == then.NOTHING:
        return
    if follows == then.CLOSE_ALL:
        close_all(program, trade, now, latency, why, book, lines, desk)
        return
    for other in range(desk.counters[HOLDINGS]):
        moves = follows == then.OTHERS_TO_COST or made[holding.STOP_AT, other] != NEVER
        if moves and made[holding.STATE, other] == state.OPEN and made[holding.TO_COST, other] == 0:
            made[holding.TO_COST, other] = 1
            record(desk, program, trade, now, _TO_COST, other, NO_ROW, -1, 0, 0, 0, 0, 0, 0, why)
