"""Adjustments: what a rule may ask about the open position, and what it then does."""

from nfolab.base.compiled import inner
from nfolab.engine.codes import Event, Reason
from nfolab.engine.lines import MISSING
from nfolab.engine.positions.closing import let_none_rest
from nfolab.engine.positions.columns import act, adjustment, holding, measure, rule, slot, state, term, words
from nfolab.engine.positions.guards import level, set_guard
from nfolab.engine.positions.orders import record, send_closing, send_opening
from nfolab.engine.positions.tables import (
    ENTRY_SPOT,
    HOLDINGS,
    LAST_CHANGE,
    NO_CONTRACT,
    UNASKED,
    WHOLE,
    Desk,
    Lines,
    Market,
    Plans,
)
from nfolab.tape.book import NO_ROW, Book, Int64Array

_FIRED, _MISSED = int(Event.FIRED), int(Event.MISSED)
_ADJUST, _NO_CHOICE = int(Reason.ADJUST), int(Reason.NO_CHOICE)
_MILLION = 1_000_000

NOTHING = 0
ACTED = 1
ASKS = 2


@inner
def holds(left: int, right: int, comparison: int) -> bool:
    """Compare two numbers as a term says."""
    if comparison == words.ABOVE:
        return left > right
    if comparison == words.AT_LEAST:
        return left >= right
    if comparison == words.BELOW:
        return left < right
    return left <= right


@inner
def extreme_holding(sign: int, now: int, lines: Lines, desk: Desk) -> int:
    """Return the open holding that gains most (`sign` +1) or least (−1) a unit at `now`; −1 if any has no value."""
    made = desk.subjects
    found = -1
    best = 0
    for at in range(desk.counters[HOLDINGS]):
        if made[holding.STATE, at] != state.OPEN:
            continue
        value = lines.values[made[holding.LINE, at], now]
        if value == MISSING:
            return -1
        gain = sign * (made[holding.CASH, at] + value)
        if found < 0 or gain * made[holding.UNITS, found] > best * made[holding.UNITS, at]:
            found = at
            best = gain
    return found


@inner
def sold_pair(desk: Desk) -> tuple[int, int]:
    """Return the two open sold holdings, −1 twice where there are not just two."""
    made = desk.subjects
    first, second, count = -1, -1, 0
    for at in range(desk.counters[HOLDINGS]):
        if made[holding.STATE, at] == state.OPEN and made[holding.SIGN, at] < 0:
            count += 1
            if count == 1:
                first = at
            else:
                second = at
    if count != 2:
        return -1, -1
    return first, second


@inner
def term_holds(line: Int64Array, now: int, gain: int, market: Market, lines: Lines, desk: Desk) -> bool:
    """Tell whether a comparison about the position is true at `now`; a word without a value is never true."""
    made = desk.subjects
    word, how, value, comparison = line[term.WORD], line[term.MEASURE], line[term.VALUE], line[term.COMPARISON]
    if word in (words.GAIN, words.LOSS):
        if gain == MISSING:
            return False
        reached = level(how, value, made[holding.BASE, WHOLE], made[holding.UNITS, WHOLE])
        return holds(gain if word == words.GAIN else -gain, reached, comparison)
    if word == words.HELD:
        return holds(now - made[holding.ENTRY_SECOND, WHOLE], value, comparison)
    if word == words.SPOT_MOVE:
        before, here = desk.trade[ENTRY_SPOT], market.spot[now]
        if before < 0 or here < 0:
            return False
        if how == measure.MILLIONTHS:
            return holds(abs(here - before) * _MILLION, value * before, comparison)
        return holds(abs(here - before), value, comparison)
    if word in (words.WINNER_GAIN, words.LOSER_GAIN):
        at = extreme_holding(1 if word == words.WINNER_GAIN else -1, now, lines, desk)
        if at < 0:
            return False
        reached = level(how, value, made[holding.BASE, at], made[holding.UNITS, at])
        return holds(made[holding.CASH, at] + lines.values[made[holding.LINE, at], now], reached, comparison)
    if word == words.NET_DELTA:
        total = 0
        for at in range(desk.counters[HOLDINGS]):
            if made[holding.STATE, at] == state.OPEN:
                delta = market.features[market.feature_of[line[term.ROW], made[holding.CONTRACT, at]], now]
                if delta == MISSING:
                    return False
                total += made[holding.SIGN, at] * made[holding.UNITS, at] * delta
        return holds(abs(total), value * made[holding.UNITS, WHOLE], comparison)
    first, second = sold_pair(desk)
    if first < 0:
        return False
    cost = lines.values[made[holding.LINE, first], now]
    other_cost = lines.values[made[holding.LINE, second], now]
    if MISSING in (cost, other_cost):
        return False
    # Values of one unit, each times the units of both, so that everything stays whole.
    units, other_units = made[holding.UNITS, first], made[holding.UNITS, second]
    price, other_price = -cost * other_units, -other_cost * units
    if word == words.PREMIUM_RATIO:
        return holds(max(price, other_price) * _MILLION, value * min(price, other_price), comparison)
    if word == words.IMBALANCE:
        return holds(abs(price - other_price) * _MILLION, value * (price + other_price), comparison)
    moved = price - made[holding.ENTRY, first] * other_units
    other_moved = other_price - made[holding.ENTRY, second] * units
    return holds(abs(moved - other_moved), 2 * value * units * other_units, comparison)


@inner
def is_due(number: int, used: int, now: int, gain: int, plans: Plans, market: Market, lines: Lines, desk: Desk) -> bool:
    """Tell whether an adjustment acts at `now`."""
    line = plans.adjustments[number]
    since = now - desk.subjects[holding.ENTRY_SECOND, WHOLE]
    if used >= line[adjustment.TIMES] or since % line[adjustment.EVERY] != 0:
        return False
    if now - desk.trade[LAST_CHANGE] < line[adjustment.AFTER]:
        return False
    if line[adjustment.SIGNAL] >= 0:
        flag = market.signal_of[line[adjustment.SIGNAL], desk.subjects[holding.CONTRACT, 0]]
        if flag < 0 or market.next_true[flag, now] != now:
            return False
    for place in range(line[adjustment.TERM_FIRST], line[adjustment.TERM_FIRST] + line[adjustment.TERM_COUNT]):
        if not term_holds(plans.terms[place], now, gain, market, lines, desk):
            return False
    return True


@inner
def is_meant(at: int, line: Int64Array, winner: int, loser: int, first_slot: int, desk: Desk) -> bool:
    """Tell whether an act is about an open holding."""
    whom = line[act.WHOM]
    if whom == words.ALL:
        return True
    if whom == words.WINNER:
        return at == winner
    if whom == words.LOSER:
        return at == loser
    meant: bool = desk.subjects[holding.SLOT, at] == first_slot + line[act.SLOT]
    return meant


@inner
def contract_for(program: int, number: int, now: int, plans: Plans, market: Market, desk: Desk) -> int:
    """Return the contract that a slot's picker takes at `now`; where it has to be asked, put the question down."""
    choice = plans.slots[number, slot.CHOICE]
    contract = int(market.choices[choice, now])
    if contract == UNASKED:
        desk.asked[program, 0] = choice
        desk.asked[program, 1] = now
    return contract


@inner
def adjust(
    program: int,
    trade: int,
    now: int,
    gain: int,
    plans: Plans,
    market: Market,
    book: Book,
    lines: Lines,
    desk: Desk,
) -> int:
    """Let the first adjustment of a program that is due act; say whether one acted, or asks for a contract first."""
    rules = plans.rules[program]
    made = desk.subjects
    latency = rules[rule.LATENCY]
    first_slot = rules[rule.SLOT_FIRST]
    for place in range(rules[rule.ADJUSTMENT_COUNT]):
        number = rules[rule.ADJUSTMENT_FIRST] + place
        if not is_due(number, desk.used[place], now, gain, plans, market, lines, desk):
            continue
        line = plans.adjustments[number]
        acts = range(line[adjustment.ACT_FIRST], line[adjustment.ACT_FIRST] + line[adjustment.ACT_COUNT])
        winner = extreme_holding(1, now, lines, desk)
        loser = extreme_holding(-1, now, lines, desk)
        held = desk.counters[HOLDINGS]
        possible = True
        something = False
        for step in acts:
            doing = plans.acts[step]
            if doing[act.WHOM] in (words.WINNER, words.LOSER) and winner < 0:
                possible = False
            if doing[act.VERB] == words.OPEN:
                found = contract_for(program, first_slot + doing[act.SLOT], now, plans, market, desk)
                if found == UNASKED:
                    return ASKS
                possible = possible and found != NO_CONTRACT
            else:
                for at in range(held):
                    if made[holding.STATE, at] == state.OPEN and is_meant(at, doing, winner, loser, first_slot, desk):
                        something = True
            something = something or doing[act.VERB] == words.OPEN
            if doing[act.VERB] != words.CLOSE and now > rules[rule.LAST_ENTRY]:
                possible = False
            if doing[act.VERB] == words.ROLL:
                for at in range(held):
                    if made[holding.STATE, at] == state.OPEN and is_meant(at, doing, winner, loser, first_slot, desk):
                        found = contract_for(program, made[holding.SLOT, at], now, plans, market, desk)
                        if found == UNASKED:
                            return ASKS
                        possible = possible and found != NO_CONTRACT
        if not possible or not something:
            continue
        desk.used[place] += 1
        desk.trade[LAST_CHANGE] = now
        record(desk, program, trade, now, _FIRED, -1, NO_ROW, -1, 0, 0, 0, 0, place, 0, _ADJUST)
        group = held
        for step in acts:
            doing = plans.acts[step]
            for at in range(held):
                if made[holding.STATE, at] != state.OPEN or doing[act.VERB] == words.OPEN:
                    continue
                if not is_meant(at, doing, winner, loser, first_slot, desk):
                    continue
                value = lines.values[made[holding.LINE, at], now]
                send_closing(
                    program, trade, at, now, latency, _ADJUST, 0 if value == MISSING else abs(value), book, desk
                )
                if doing[act.VERB] == words.ROLL:
                    opened = made[holding.SLOT, at]
                    contract = contract_for(program, opened, now, plans, market, desk)
                    turned = made[holding.SIGN, at] != plans.slots[opened, slot.SIGN]
                    send_opening(
                        program, trade, opened, contract, turned, now, latency, group, False, _ADJUST, plans, book,
                        lines, desk,
                    )  # fmt: skip
            if doing[act.VERB] == words.CLOSE and doing[act.WHOM] == words.ALL:
                let_none_rest(desk)
            if doing[act.VERB] == words.OPEN:
                contract = contract_for(program, first_slot + doing[act.SLOT], now, plans, market, desk)
                send_opening(
                    program, trade, first_slot + doing[act.SLOT], contract, False, now, latency, group, False,
                    _ADJUST, plans, book, lines, desk,
                )  # fmt: skip
        if line[adjustment.GUARD] >= 0:
            for at in range(held):
                if made[holding.STATE, at] != state.OPEN:
                    continue
                value = lines.values[made[holding.LINE, at], now]
                made[holding.BASE, at] = made[holding.ENTRY, at]
                made[holding.FROM, at] = 0
                if line[adjustment.OF_VALUE] != 0 and value != MISSING:
                    made[holding.BASE, at] = abs(value)
                    made[holding.FROM, at] = made[holding.CASH, at] + value
                set_guard(made, at, line[adjustment.GUARD], plans)
        return ACTED
    return NOTHING
