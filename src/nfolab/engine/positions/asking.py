"""What an adjustment may ask about the open position, and when it is due."""

from nfolab.base.compiled import inner
from nfolab.engine.lines import MISSING
from nfolab.engine.positions.columns import adjustment, holding, measure, rule, slot, state, term, words
from nfolab.engine.positions.guards import FINE, level
from nfolab.engine.positions.tables import (
    ENTRY_SPOT,
    HOLDINGS,
    LAST_CHANGE,
    WHOLE,
    Desk,
    Lines,
    Market,
    Plans,
)
from nfolab.tape.book import Int64Array


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
        if found < 0 or gain * made[holding.ENTRY_UNITS, found] > best * made[holding.ENTRY_UNITS, at]:
            found = at
            best = gain
    return found


@inner
def half_before(at: int, plans: Plans, desk: Desk) -> bool:
    """Tell whether the other half of a holding's leg is open and has a lower number."""
    made = desk.subjects
    twin = plans.slots[made[holding.SLOT, at], slot.TWIN]
    if twin >= 0:
        for other in range(at):
            if made[holding.STATE, other] == state.OPEN and made[holding.SLOT, other] == twin:
                return True
    return False


@inner
def sold_pair(plans: Plans, desk: Desk) -> tuple[int, int]:
    """Return the two open sold holdings, of halves the first; −1 twice where there are not just two."""
    made = desk.subjects
    first, second, count = -1, -1, 0
    for at in range(desk.counters[HOLDINGS]):
        if made[holding.STATE, at] == state.OPEN and made[holding.SIGN, at] < 0 and not half_before(at, plans, desk):
            count += 1
            if count == 1:
                first = at
            else:
                second = at
    if count != 2:
        return -1, -1
    return first, second


@inner
def term_holds(line: Int64Array, now: int, gain: int, plans: Plans, market: Market, lines: Lines, desk: Desk) -> bool:
    """Tell whether a comparison about the position is true at `now`; a word without a value is never true."""
    made = desk.subjects
    word, how, value, comparison = line[term.WORD], line[term.MEASURE], line[term.VALUE], line[term.COMPARISON]
    if word in (words.GAIN, words.LOSS):
        if gain == MISSING:
            return False
        reached = level(how, value, made[holding.BASE, WHOLE], made[holding.UNITS, WHOLE])
        return holds((gain if word == words.GAIN else -gain) * FINE, reached, comparison)
    if word == words.HELD:
        return holds(now - made[holding.ENTRY_SECOND, WHOLE], value, comparison)
    if word == words.SPOT_MOVE:
        before, here = desk.trade[ENTRY_SPOT], market.spot[now]
        if before < 0 or here < 0:
            return False
        if how == measure.MILLIONTHS:
            return holds(abs(here - before) * FINE, value * before, comparison)
        return holds(abs(here - before), value, comparison)
    if word in (words.SPOT_UP, words.SPOT_DOWN):
        before, here = desk.trade[ENTRY_SPOT], market.spot[now]
        if before < 0 or here < 0:
            return False
        risen = here - before if word == words.SPOT_UP else before - here
        if how == measure.MILLIONTHS:
            return holds(risen * FINE, value * before, comparison)
        return holds(risen, value, comparison)
    if word == words.CREDIT:
        cash = 0
        for at in range(desk.counters[HOLDINGS]):
            cash += made[holding.CASH, at]
        return holds(cash * FINE, level(how, value, 0, made[holding.UNITS, WHOLE]), comparison)
    if word == words.LEGS:
        count = 0
        for at in range(desk.counters[HOLDINGS]):
            count += made[holding.STATE, at] == state.OPEN and not half_before(at, plans, desk)
        return holds(count, value, comparison)
    if word == words.STRIKE_DISTANCE:
        here = market.spot[now]
        nearest = MISSING
        strike = 0
        for at in range(desk.counters[HOLDINGS]):
            if made[holding.STATE, at] == state.OPEN and made[holding.SIGN, at] < 0:
                contract = made[holding.CONTRACT, at]
                away = market.strike[contract] - here if market.call[contract] != 0 else here - market.strike[contract]
                if away < nearest:
                    nearest = away
                    strike = market.strike[contract]
        if here < 0 or nearest == MISSING:
            return False
        if how == measure.MILLIONTHS:
            return holds(nearest * FINE, value * strike, comparison)
        return holds(nearest, value, comparison)
    if word in (words.WINNER_GAIN, words.LOSER_GAIN):
        at = extreme_holding(1 if word == words.WINNER_GAIN else -1, now, lines, desk)
        if at < 0:
            return False
        reached = level(how, value, abs(made[holding.CASH, at]), made[holding.LEVEL_UNITS, at])
        own = made[holding.CASH, at] + lines.values[made[holding.LINE, at], now]
        return holds(own * FINE, reached, comparison)
    if word == words.NET_DELTA:
        total = 0
        for at in range(desk.counters[HOLDINGS]):
            if made[holding.STATE, at] == state.OPEN:
                delta = market.features[market.feature_of[line[term.ROW], made[holding.CONTRACT, at]], now]
                if delta == MISSING:
                    return False
                total += made[holding.SIGN, at] * made[holding.UNITS, at] * delta
        return holds(abs(total), value * made[holding.UNITS, WHOLE], comparison)
    first, second = sold_pair(plans, desk)
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
        return holds(max(price, other_price) * FINE, value * min(price, other_price), comparison)
    if word == words.IMBALANCE:
        return holds(abs(price - other_price) * FINE, value * (price + other_price), comparison)
    moved = price - made[holding.ENTRY, first] * other_units
    other_moved = other_price - made[holding.ENTRY, second] * units
    if word == words.MOVE_RATIO:
        more, less = max(abs(moved), abs(other_moved)), min(abs(moved), abs(other_moved))
        return less > 0 and holds(more * FINE, value * less, comparison)
    return holds(abs(moved - other_moved), 2 * value * units * other_units, comparison)


@inner
def first_open(desk: Desk) -> int:
    """Return the contract of the open holding with the lowest number; there is one."""
    made = desk.subjects
    for at in range(desk.counters[HOLDINGS]):
        if made[holding.STATE, at] == state.OPEN:
            contract: int = made[holding.CONTRACT, at]
            return contract
    return -1


@inner
def is_due(
    number: int,
    first_adjustment: int,
    used: int,
    now: int,
    gain: int,
    plans: Plans,
    market: Market,
    lines: Lines,
    desk: Desk,
) -> bool:
    """Tell whether an adjustment acts at `now`."""
    line = plans.adjustments[number]
    since = now - desk.subjects[holding.ENTRY_SECOND, WHOLE]
    if used >= line[adjustment.TIMES] or since % line[adjustment.EVERY] != 0:
        return False
    if now - desk.trade[LAST_CHANGE] < line[adjustment.AFTER]:
        return False
    if line[adjustment.SIGNAL] >= 0:
        flag = market.signal_of[line[adjustment.SIGNAL], first_open(desk)]
        if flag < 0 or market.next_true[flag, now] != now:
            return False
    first = plans.adjustments[first_adjustment, adjustment.TERM_FIRST]
    for place in range(line[adjustment.TERM_FIRST], line[adjustment.TERM_FIRST] + line[adjustment.TERM_COUNT]):
        one = plans.terms[place]
        if one[term.LASTING] > 1:
            if desk.lasting[0, place - first] < one[term.LASTING]:
                return False
        elif not term_holds(one, now, gain, plans, market, lines, desk):
            return False
    return True


@inner
def note_lasting(program: int, now: int, gain: int, plans: Plans, market: Market, lines: Lines, desk: Desk) -> None:
    """Count for how many seconds in a row each term that has to last has been true."""
    first_adjustment = plans.rules[program, rule.ADJUSTMENT_FIRST]
    first = plans.adjustments[first_adjustment, adjustment.TERM_FIRST]
    for number in range(first_adjustment, first_adjustment + plans.rules[program, rule.ADJUSTMENT_COUNT]):
        line = plans.adjustments[number]
        if line[adjustment.LASTS] == 0:
            continue
        for place in range(line[adjustment.TERM_FIRST], line[adjustment.TERM_FIRST] + line[adjustment.TERM_COUNT]):
            if plans.terms[place, term.LASTING] > 1:
                before = desk.lasting[0, place - first] if desk.lasting[1, place - first] == now - 1 else 0
                true = term_holds(plans.terms[place], now, gain, plans, market, lines, desk)
                desk.lasting[0, place - first] = before + 1 if true else 0
                desk.lasting[1, place - first] = now
