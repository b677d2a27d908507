"""Slots at rest: what a holding that was closed leaves behind, and when it is opened again."""

from nfolab.base.compiled import inner
from nfolab.engine.codes import Reason
from nfolab.engine.lines import MISSING
from nfolab.engine.positions.columns import again, holding, rest, rule, slot
from nfolab.engine.positions.guards import FINE, level
from nfolab.engine.positions.limits import may_open, send_to_open
from nfolab.engine.positions.orders import send_opening
from nfolab.engine.positions.tables import HOLDINGS, NO_CONTRACT, UNASKED, Desk, Lines, Market, Plans
from nfolab.tape.book import Book

_NONE, _STOP, _COST, _TRAIL, _TARGET, _SIGNAL, _SPOT, _HOLD, _AGAIN = (
    int(one)
    for one in (
        Reason.NONE,
        Reason.STOP,
        Reason.COST,
        Reason.TRAIL,
        Reason.TARGET,
        Reason.SIGNAL,
        Reason.SPOT,
        Reason.HOLD,
        Reason.AGAIN,
    )
)


@inner
def kind_of(reason: int) -> int:
    """Return the bit of again.py that a reason for closing belongs to; 0 for one after which there is no re-entry."""
    if reason > _NONE:
        reason -= reason % 2
    if reason in (_STOP, _COST, _TRAIL):
        return again.ON_STOP
    if reason == _TARGET:
        return again.ON_TARGET
    if reason in (_SIGNAL, _SPOT, _HOLD):
        return again.ON_OTHER
    return 0


@inner
def let_rest(at: int, now: int, plans: Plans, first_slot: int, desk: Desk) -> None:
    """Let the slot of a holding that was closed wait for its re-entry, if it has one left."""
    made = desk.subjects
    number = made[holding.SLOT, at]
    line = plans.slots[number]
    place = number - first_slot
    why = kind_of(made[holding.REASON, at])
    if made[holding.REASON, at] % 2 == 0 or now + line[slot.AGAIN_AFTER] > line[slot.AGAIN_UNTIL]:
        return
    if why == 0 or line[slot.AGAIN_ON] & why == 0 or desk.rest[rest.USED, place] >= line[slot.AGAIN_TIMES]:
        return
    waiting = desk.rest
    entry_units = made[holding.ENTRY_UNITS, at]
    sign, entry = made[holding.SIGN, at], made[holding.ENTRY, at]
    waiting[rest.WAITS, place] = line[slot.AGAIN_MODE]
    waiting[rest.FROM, place] = now + line[slot.AGAIN_AFTER]
    waiting[rest.CONTRACT, place] = made[holding.CONTRACT, at]
    waiting[rest.SIGN, place] = -sign if line[slot.AGAIN_REVERSED] != 0 else sign
    waiting[rest.LINE, place] = made[holding.ENTRY_LINE, at]
    if line[slot.AGAIN_MODE] == again.COST:
        waiting[rest.LEVEL, place] = sign * entry * FINE
        waiting[rest.DIRECTION, place] = -1 if why == again.ON_TARGET else 1
    elif line[slot.AGAIN_MODE] == again.MOVE:
        left_at = sign * made[holding.CASH, at] + entry
        move = level(line[slot.AGAIN_MEASURE], line[slot.AGAIN_VALUE], left_at, entry_units)
        waiting[rest.LEVEL, place] = sign * (left_at * FINE + move)
        waiting[rest.DIRECTION, place] = sign if move > 0 else -sign


@inner
def open_again(
    program: int,
    trade: int,
    now: int,
    plans: Plans,
    market: Market,
    book: Book,
    lines: Lines,
    desk: Desk,
) -> bool:
    """Send the orders of slots whose re-entry has come; false where a contract has to be asked for first."""
    rules = plans.rules[program]
    first_slot = rules[rule.SLOT_FIRST]
    waiting = desk.rest
    for place in range(rules[rule.SLOT_COUNT]):
        if waiting[rest.WAITS, place] == 0:
            continue
        line = plans.slots[first_slot + place]
        if now > min(line[slot.AGAIN_UNTIL], rules[rule.LAST_ENTRY]) or now >= rules[rule.EXIT_SECOND]:
            waiting[rest.WAITS, place] = 0
            continue
        if now < waiting[rest.FROM, place]:
            continue
        opened = first_slot + line[slot.AGAIN_OPENS]
        contract = waiting[rest.CONTRACT, place]
        if waiting[rest.WAITS, place] == again.ASAP:
            choice = plans.slots[opened, slot.CHOICE]
            contract = int(market.choices[choice, now])
            if contract == UNASKED:
                desk.asked[program, 0] = choice
                desk.asked[program, 1] = now
                return False
            if contract == NO_CONTRACT:
                continue
        else:
            value = lines.values[waiting[rest.LINE, place], now]
            if value == MISSING or waiting[rest.DIRECTION, place] * (value * FINE - waiting[rest.LEVEL, place]) < 0:
                continue
        turned = waiting[rest.SIGN, place] != line[slot.SIGN]
        if line[slot.AGAIN_OPENS] != place:
            turned = False
        if not may_open(opened, contract, turned, now, plans, market, book):
            continue
        waiting[rest.WAITS, place] = 0
        waiting[rest.USED, place] += 1
        at = send_opening(
            program, trade, opened, contract, turned, now, rules[rule.LATENCY], desk.counters[HOLDINGS], False, _AGAIN,
            plans, book, lines, desk,
        )  # fmt: skip
        send_to_open(program, trade, at, now, plans, market, book, desk)
    return True
