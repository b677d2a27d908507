"""What a subject keeps in mind, and its rules that need no price of the option."""

from nfolab.base.compiled import inner
from nfolab.engine.codes import Reason
from nfolab.engine.positions.columns import guard, holding, rule
from nfolab.engine.positions.guards import FINE, follows_a_feature, level, raise_floor, set_guard
from nfolab.engine.positions.tables import ENTRY_SPOT, HOLDINGS, WHOLE, Desk, Market, Plans

_SIGNAL, _SPOT = int(Reason.SIGNAL), int(Reason.SPOT)


@inner
def spot_passes(at: int, now: int, plans: Plans, market: Market, desk: Desk) -> bool:
    """Tell whether a subject's rule about the index fires."""
    line = plans.guards[desk.subjects[holding.GUARD, at]]
    here = market.spot[now]
    if here < 0:
        return False
    if line[guard.SPOT_STRIKE] != 0 and at != WHOLE and desk.subjects[holding.SIGN, at] < 0:
        contract = desk.subjects[holding.CONTRACT, at]
        if market.call[contract] != 0 and here > market.strike[contract]:
            return True
        if market.call[contract] == 0 and here < market.strike[contract]:
            return True
    before = desk.trade[ENTRY_SPOT]
    up, down = line[guard.SPOT_UP], line[guard.SPOT_DOWN]
    if before < 0 or (up == 0 and down == 0):
        return False
    move = 2 * (here - before) * FINE
    base = 2 * before
    measured = line[guard.SPOT_MEASURE]
    return bool(
        (up != 0 and move >= level(measured, up, base, 1)) or (down != 0 and -move >= level(measured, down, base, 1))
    )


@inner
def fires_late(why: int, at: int, now: int, contract: int, plans: Plans, market: Market, desk: Desk) -> bool:
    """Tell whether a subject's rule that needs no price fires at `now`: its signal, index rule or hold limit."""
    line = plans.guards[desk.subjects[holding.GUARD, at]]
    since = now - desk.subjects[holding.ENTRY_SECOND, at]
    if why == _SIGNAL:
        if line[guard.SIGNAL] < 0 or since < line[guard.MIN_HOLD]:
            return False
        flag = market.signal_of[line[guard.SIGNAL], contract]
        return bool(flag >= 0 and market.next_true[flag, now] == now)
    if why == _SPOT:
        passes: bool = spot_passes(at, now, plans, market, desk)
        return passes
    return bool(line[guard.HOLD] > 0 and since >= line[guard.HOLD])


@inner
def rebase(program: int, entered: bool, now: int, plans: Plans, market: Market, desk: Desk) -> None:
    """Take the base of the whole: the premium of its entry, later what all its sales and purchases come to."""
    made = desk.subjects
    rules = plans.rules[program]
    cash = 0
    for at in range(desk.counters[HOLDINGS]):
        if entered:
            cash += made[holding.CASH, at]
        elif made[holding.FIRST, at] != 0:
            cash += made[holding.SIGN, at] * made[holding.ENTRY, at]
    made[holding.BASE, WHOLE] = abs(cash)
    floor, best = made[holding.FLOOR, WHOLE], made[holding.BEST, WHOLE]
    to_cost = made[holding.TO_COST, WHOLE]
    set_guard(made, WHOLE, rules[rule.GUARD], now, plans, market)
    if entered:
        made[holding.FLOOR, WHOLE], made[holding.BEST, WHOLE], made[holding.TO_COST, WHOLE] = floor, best, to_cost
        raise_floor(made, WHOLE, now - 1, plans, market)


@inner
def note_best(at: int, now: int, gain: int, plans: Plans, market: Market, desk: Desk) -> None:
    """Keep a subject's best gain, and let its floor follow from the next second on."""
    made = desk.subjects
    follows = follows_a_feature(made, at, plans)
    if gain > made[holding.BEST, at]:
        made[holding.BEST, at] = gain
        raise_floor(made, at, now, plans, market)
    elif follows:
        raise_floor(made, at, now, plans, market)
