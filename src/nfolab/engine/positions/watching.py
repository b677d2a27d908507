"""What a subject keeps in mind, and its rules that need no price of the option."""

from nfolab.base.compiled import inner
from nfolab.engine.codes import Reason
from nfolab.engine.positions.columns import guard, holding, rule
from nfolab.engine.positions.guards import follows_a_feature, level, raise_floor, set_guard
from nfolab.engine.positions.tables import ENTRY_SPOT, HOLDINGS, WHOLE, Desk, Market, Plans

_NONE, _SIGNAL, _SPOT, _HOLD = (int(one) for one in (Reason.NONE, Reason.SIGNAL, Reason.SPOT, Reason.HOLD))


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
    move = 2 * (here - before)
    base = 2 * before
    measured = line[guard.SPOT_MEASURE]
    return bool(
        (up != 0 and move >= level(measured, up, base, 1)) or (down != 0 and -move >= level(measured, down, base, 1))
    )


@inner
def late_reason(at: int, now: int, contract: int, plans: Plans, market: Market, desk: Desk) -> int:
    """Return which of a subject's signal, index rule or hold limit fires at `now`, or NONE."""
    line = plans.guards[desk.subjects[holding.GUARD, at]]
    since = now - desk.subjects[holding.ENTRY_SECOND, at]
    if line[guard.SIGNAL] >= 0 and since >= line[guard.MIN_HOLD]:
        flag = market.signal_of[line[guard.SIGNAL], contract]
        if flag >= 0 and market.next_true[flag, now] == now:
            return _SIGNAL
    if spot_passes(at, now, plans, market, desk):
        return _SPOT
    if line[guard.HOLD] > 0 and since >= line[guard.HOLD]:
        return _HOLD
    return _NONE


@inner
def rebase(program: int, plans: Plans, desk: Desk) -> None:
    """Take the base of the whole anew after its holdings have changed."""
    made = desk.subjects
    rules = plans.rules[program]
    cash = 0
    for at in range(desk.counters[HOLDINGS]):
        cash += made[holding.CASH, at]
    made[holding.BASE, WHOLE] = abs(cash)
    floor, best = made[holding.FLOOR, WHOLE], made[holding.BEST, WHOLE]
    set_guard(made, WHOLE, rules[rule.GUARD], plans)
    made[holding.FLOOR, WHOLE], made[holding.BEST, WHOLE] = floor, best


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
