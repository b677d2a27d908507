"""The kernel: walks a day for every program of a batch. One set of compiled functions serves every recipe."""

from nfolab.base.compiled import inner, lean
from nfolab.engine.codes import Event, Reason
from nfolab.engine.lines import MISSING
from nfolab.engine.positions.columns import holding, rule, slot
from nfolab.engine.positions.guards import FINE, half_paise, level, lowest_gain, set_guard
from nfolab.engine.positions.life import ASKED, live
from nfolab.engine.positions.limits import may_open, send_to_open
from nfolab.engine.positions.orders import record, send_opening
from nfolab.engine.positions.resting import kind_of
from nfolab.engine.positions.tables import (
    AGAIN_AT,
    CLOSED_AT,
    CLOSED_FOR,
    DAY,
    DAY_CASH,
    DAY_OVER,
    DECIDED,
    ENTRY_SPOT,
    HOLDINGS,
    LOST_IN_A_ROW,
    NO_CONTRACT,
    START,
    TIMES_AGAIN,
    TRADES,
    TRADES_TODAY,
    TURNED,
    UNASKED,
    WHOLE,
    Desk,
    Lines,
    Market,
    Plans,
)
from nfolab.engine.positions.values import line_of
from nfolab.engine.positions.watching import note_best
from nfolab.tape.book import NO_ROW, Book

_SKIPPED, _MISSED, _GAVE_UP = (int(one) for one in (Event.SKIPPED, Event.MISSED, Event.GAVE_UP))
_NONE, _NO_CHOICE, _NO_VALUE = (int(one) for one in (Reason.NONE, Reason.NO_CHOICE, Reason.NO_VALUE))
_SENT, _GIVEN_UP, _NO_CONTRACT, _ASKED, _NO_PRICE = range(5)
"""What comes of a decision to enter."""


@inner
def waited(
    program: int,
    trade: int,
    decided: int,
    contract: int,
    turned: bool,
    plans: Plans,
    book: Book,
    lines: Lines,
    desk: Desk,
) -> int:
    """Return the second at which the first slot's price has moved as the entry asks; −1 − second where it gave up."""
    rules = plans.rules[program]
    line = plans.slots[rules[rule.SLOT_FIRST]]
    row = line_of(line[slot.KEY] if turned else line[slot.OTHER_KEY], contract, book, lines, desk)
    before = lines.values[row, decided]
    last = min(decided + rules[rule.WAIT_WITHIN], rules[rule.LAST_ENTRY], book.last.shape[1] - 1)
    if before == MISSING:
        record(desk, program, trade, decided, _MISSED, -1, NO_ROW, -1, 0, 0, 0, 0, 0, 0, _NO_VALUE)
        return -1 - decided
    price = abs(before)
    move = level(rules[rule.WAIT_MEASURE], rules[rule.WAIT_VALUE], price, line[slot.UNITS])
    for now in range(decided + 1, last + 1):
        value = lines.values[row, now]
        if value == MISSING:
            continue
        moved = (abs(value) - price) * FINE
        if (move > 0 and moved >= move) or (move < 0 and moved <= move):
            return now
    record(desk, program, trade, last, _GAVE_UP, -1, NO_ROW, -1, 0, 0, 0, 0, price, price + half_paise(move), _NONE)
    gave_up: int = -1 - last
    return gave_up


@inner
def enter(
    program: int,
    trade: int,
    decided: int,
    turned: bool,
    plans: Plans,
    market: Market,
    book: Book,
    lines: Lines,
    desk: Desk,
) -> tuple[int, int]:
    """Decide on an entry and send its orders.

    Returns:
        What came of it, and the second at which the orders were sent, or from which on the strategy is free again.
    """
    rules = plans.rules[program]
    desk.counters[HOLDINGS] = 0
    desk.subjects[:, WHOLE] = 0
    desk.subjects[holding.UNITS, WHOLE] = rules[rule.SET_UNITS]
    desk.rest[:, :] = 0
    desk.used[:] = 0
    desk.lasting[:, :] = 0
    desk.trade[DECIDED] = decided
    desk.trade[CLOSED_AT] = -1
    desk.trade[CLOSED_FOR] = _NONE
    first_slot = rules[rule.SLOT_FIRST]
    lead = -1
    for number in range(first_slot, first_slot + rules[rule.SLOT_COUNT]):
        line = plans.slots[number]
        if line[slot.LAZY] == 0:
            contract = int(market.choices[line[slot.CHOICE], decided])
            if contract == UNASKED:
                desk.asked[program, 0] = line[slot.CHOICE]
                desk.asked[program, 1] = decided
                return _ASKED, decided
            if contract == NO_CONTRACT:
                return _NO_CONTRACT, decided + 1
            if not may_open(number, contract, turned, decided, plans, market, book):
                return _NO_PRICE, decided + 1
            if lead < 0:
                lead = contract
    goes = decided
    if rules[rule.WAIT_WITHIN] > 0:
        goes = waited(program, trade, decided, lead, turned, plans, book, lines, desk)
        if goes < 0:
            return _GIVEN_UP, -1 - goes
        for number in range(first_slot, first_slot + rules[rule.SLOT_COUNT]):
            line = plans.slots[number]
            contract = int(market.choices[line[slot.CHOICE], decided])
            if line[slot.LAZY] == 0 and not may_open(number, contract, turned, goes, plans, market, book):
                record(desk, program, trade, goes, _MISSED, -1, NO_ROW, -1, 0, 0, 0, 0, 0, 0, _NO_VALUE)
                return _GIVEN_UP, goes
    desk.trade[ENTRY_SPOT] = market.spot[decided]
    for number in range(first_slot, first_slot + rules[rule.SLOT_COUNT]):
        line = plans.slots[number]
        if line[slot.LAZY] == 0:
            group = desk.counters[HOLDINGS] if rules[rule.LEGGED] != 0 else 0
            at = send_opening(
                program, trade, number, int(market.choices[line[slot.CHOICE], decided]), turned, goes,
                rules[rule.LATENCY], group, True, _NONE, plans, book, lines, desk,
            )  # fmt: skip
            send_to_open(program, trade, at, goes, plans, market, book, desk)
    set_guard(desk.subjects, WHOLE, rules[rule.GUARD], goes, plans, market)
    return _SENT, goes


@inner
def next_decision(program: int, plans: Plans, market: Market, desk: Desk) -> int:
    """Return the next second at which a program decides to enter, by its condition or again; −1 where there is none."""
    rules = plans.rules[program]
    today = desk.trade
    seconds = market.spot.size
    if today[DAY_OVER] != 0 or today[TRADES_TODAY] >= rules[rule.TIMES]:
        return -1
    decided = int(market.next_true[rules[rule.ENTRY_FLAG], min(today[START], seconds)])
    again_at = today[AGAIN_AT]
    today[AGAIN_AT] = -1
    if again_at >= 0 and again_at <= decided:
        decided = again_at
        today[TIMES_AGAIN] += 1
    else:
        today[TURNED] = 0
    if decided > rules[rule.LAST_ENTRY] or decided >= seconds:
        return -1
    return decided


@inner
def count_trade(program: int, decided: int, plans: Plans, market: Market, desk: Desk) -> None:
    """Count a trade that was closed, and say from when on the next may be decided, or that one is opened again."""
    rules = plans.rules[program]
    today = desk.trade
    cash = 0
    for at in range(desk.counters[HOLDINGS]):
        cash += desk.subjects[holding.CASH, at]
    today[TRADES_TODAY] += 1
    today[DAY_CASH] += cash
    lowest, _ = lowest_gain(desk.subjects, DAY, today[CLOSED_AT], plans)
    if today[DAY_CASH] * FINE <= lowest or today[DAY_CASH] * FINE >= desk.subjects[holding.TARGET_AT, DAY]:
        today[DAY_OVER] = 1
    note_best(DAY, today[CLOSED_AT], today[DAY_CASH], plans, market, desk)
    today[LOST_IN_A_ROW] = today[LOST_IN_A_ROW] + 1 if cash < 0 else 0
    today[START] = max(today[START], today[CLOSED_AT] + rules[rule.AFTER])
    if rules[rule.LOSERS] > 0 and today[LOST_IN_A_ROW] >= rules[rule.LOSERS]:
        today[START] = max(today[START], today[CLOSED_AT] + rules[rule.PAUSE])
        today[LOST_IN_A_ROW] = 0
    after = today[START]
    if rules[rule.WINDOW_FLAG] >= 0:
        seconds = market.spot.size
        today[START] = max(after, market.next_true[rules[rule.WINDOW_FLAG], min(decided + 1, seconds)])
    kind = kind_of(today[CLOSED_FOR])
    if kind == 0 or rules[rule.AGAIN_ON] & kind == 0 or today[TIMES_AGAIN] >= rules[rule.AGAIN_TIMES]:
        return
    again_at = max(after, today[CLOSED_AT] + rules[rule.AGAIN_AFTER])
    if again_at <= min(rules[rule.AGAIN_UNTIL], rules[rule.LAST_ENTRY], rules[rule.EXIT_SECOND] - 1):
        today[AGAIN_AT] = again_at
        today[TURNED] = 1 if rules[rule.AGAIN_REVERSED] != 0 and today[TURNED] == 0 else 0


@inner
def tell_skipped(program: int, trade: int, decided: int, plans: Plans, market: Market, desk: Desk) -> None:
    """Log the times of entry that fell while the strategy was not free."""
    flag = plans.rules[program, rule.WINDOW_FLAG]
    seconds = market.spot.size
    skipped = int(market.next_true[flag, min(decided + 1, seconds)])
    while skipped < min(desk.trade[START], seconds):
        record(desk, program, trade, skipped, _SKIPPED, -1, NO_ROW, -1, 0, 0, 0, 0, 0, 0, _NONE)
        skipped = int(market.next_true[flag, min(skipped + 1, seconds)])


@lean
def walk_programs(first: int, last: int, plans: Plans, market: Market, book: Book, lines: Lines, desk: Desk) -> None:
    """Walk the programs `first` up to but not including `last` over one tape; what they did is in the desk's log."""
    for program in range(first, last):
        desk.asked[program, :] = -1
        desk.taken[:, :] = 0
        desk.had[:, :] = -1
        desk.trade[:] = 0
        desk.trade[AGAIN_AT] = -1
        desk.subjects[:, DAY] = 0
        set_guard(desk.subjects, DAY, plans.rules[program, rule.DAY_GUARD], 0, plans, market)
        without_contract = -2
        while True:
            decided = next_decision(program, plans, market, desk)
            if decided < 0:
                break
            trade = desk.counters[TRADES]
            desk.counters[TRADES] = trade + 1
            turned = desk.trade[TURNED] != 0
            came, second = enter(program, trade, decided, turned, plans, market, book, lines, desk)
            free = second
            if came == _SENT:
                arrival = second + plans.rules[program, rule.LATENCY]
                free = live(program, trade, arrival, plans, market, book, lines, desk)
            if came == _ASKED or free == ASKED:
                break
            desk.trade[START] = max(free, decided + 1)
            if came in (_NO_CONTRACT, _NO_PRICE):
                if without_contract != decided - 1:
                    why = _NO_CHOICE if came == _NO_CONTRACT else _NO_VALUE
                    record(desk, program, trade, decided, _MISSED, -1, NO_ROW, -1, 0, 0, 0, 0, 0, 0, why)
                without_contract = decided
                continue
            if desk.trade[CLOSED_AT] >= 0:
                count_trade(program, decided, plans, market, desk)
            if plans.rules[program, rule.LOGS_SKIPS] != 0:
                tell_skipped(program, trade, decided, plans, market, desk)
