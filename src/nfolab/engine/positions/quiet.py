"""Passing over seconds in which nothing can happen."""

from nfolab.base.compiled import inner
from nfolab.engine.lines import MISSING
from nfolab.engine.positions.columns import adjustment, again, guard, holding, rest, rule, state
from nfolab.engine.positions.guards import FINE, NEVER, follows_a_feature, half_paise
from nfolab.engine.positions.tables import (
    BLOCK,
    DAY,
    DAY_CASH,
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
def clock_of(at: int, now: int, contract: int, plans: Plans, market: Market, desk: Desk) -> int:
    """Return the first second from `now` on at which a subject's rules without a price can fire."""
    line = plans.guards[desk.subjects[holding.GUARD, at]]
    if line[guard.SPOT_UP] != 0 or line[guard.SPOT_DOWN] != 0 or line[guard.SPOT_STRIKE] != 0:
        return now
    if follows_a_feature(desk.subjects, at, plans):
        return now
    first = market.spot.size
    if line[guard.HOLD] > 0:
        first = desk.subjects[holding.ENTRY_SECOND, at] + line[guard.HOLD]
    if line[guard.SIGNAL] >= 0:
        flag = market.signal_of[line[guard.SIGNAL], contract]
        if flag >= 0:
            first = min(first, market.next_true[flag, now])
    return max(now, first)


@inner
def horizon(program: int, now: int, plans: Plans, market: Market, desk: Desk) -> int:
    """Return the first second from `now` on at which anything but a price can stir a program."""
    rules = plans.rules[program]
    made = desk.subjects
    first: int = min(market.spot.size, max(now, rules[rule.EXIT_SECOND]))
    first = min(first, clock_of(WHOLE, now, made[holding.CONTRACT, 0], plans, market, desk))
    for at in range(desk.counters[HOLDINGS]):
        if made[holding.STATE, at] == state.OPEN:
            first = min(first, clock_of(at, now, made[holding.CONTRACT, at], plans, market, desk))
    for place in range(rules[rule.SLOT_COUNT]):
        if desk.rest[rest.WAITS, place] == again.ASAP:
            first = min(first, max(now, desk.rest[rest.FROM, place]))
        elif desk.rest[rest.WAITS, place] != 0:
            return now
    entry = made[holding.ENTRY_SECOND, WHOLE]
    for place in range(rules[rule.ADJUSTMENT_COUNT]):
        line = plans.adjustments[rules[rule.ADJUSTMENT_FIRST] + place]
        if desk.used[place] < line[adjustment.TIMES]:
            due = max(now, desk.trade[LAST_CHANGE] + line[adjustment.AFTER])
            every = line[adjustment.EVERY]
            if line[adjustment.LASTS] != 0:
                return now
            due = entry + -(-(due - entry) // every) * every
            first = min(first, due)
    return first


@inner
def stirs(low: int, high: int, lowest: int, target: int, best: int, trails: bool) -> bool:
    """Tell whether values from `low` to `high` can reach a subject's levels, or better its best."""
    return low <= lowest or (high != -MISSING and (high >= target or (trails and high > best)))


@inner
def next_stir(program: int, now: int, whole: int, plans: Plans, market: Market, lines: Lines, desk: Desk) -> int:
    """Return the first second from `now` on at which something may happen, nothing being under way."""
    rules = plans.rules[program]
    made = desk.subjects
    first = horizon(program, now, plans, market, desk)
    levels = desk.levels
    watched = 0
    looked = True
    cash = 0
    for at in range(desk.counters[HOLDINGS]):
        cash += made[holding.CASH, at]
        if rules[rule.COVERS_REST] == 0 and made[holding.STATE, at] == state.CLOSED and made[holding.FIRST, at] != 0:
            looked = False
    if whole >= 0:
        lowest, target = NEVER, MISSING
        if looked:
            lowest = max(made[holding.STOP_AT, WHOLE], made[holding.FLOOR, WHOLE])
            target = made[holding.TARGET_AT, WHOLE]
            if made[holding.TO_COST, WHOLE] != 0:
                lowest = max(lowest, 0)
        watch(levels, watched, whole, cash, lowest, target, WHOLE, plans, desk)
        watched += 1
        lowest = max(made[holding.STOP_AT, DAY], made[holding.FLOOR, DAY])
        target = made[holding.TARGET_AT, DAY]
        if lowest != NEVER or target != MISSING or plans.guards[made[holding.GUARD, DAY], guard.RUNG_COUNT] > 0:
            watch(levels, watched, whole, cash + desk.trade[DAY_CASH], lowest, target, DAY, plans, desk)
            watched += 1
    for at in range(desk.counters[HOLDINGS]):
        if made[holding.STATE, at] == state.OPEN:
            lowest = max(made[holding.STOP_AT, at], made[holding.FLOOR, at])
            if made[holding.TO_COST, at] != 0:
                lowest = max(lowest, -made[holding.FROM, at] * FINE)
            base = made[holding.CASH, at] - made[holding.FROM, at]
            trails = plans.guards[made[holding.GUARD, at], guard.RUNG_COUNT] > 0
            if lowest != NEVER or made[holding.TARGET_AT, at] != MISSING or trails:
                watch(
                    levels, watched, made[holding.LINE, at], base, lowest, made[holding.TARGET_AT, at], at, plans, desk
                )
                watched += 1
    at = now
    while at < first:
        block = at // BLOCK
        stop = min((block + 1) * BLOCK, first)
        for number in range(watched):
            row = levels[0, number]
            if not stirs(
                lines.low[row, block], lines.high[row, block], levels[1, number], levels[2, number], levels[3, number],
                levels[4, number] != 0,
            ):  # fmt: skip
                continue
            for second in range(at, stop):
                value = lines.values[row, second]
                if value != MISSING and stirs(
                    value, value, levels[1, number], levels[2, number], levels[3, number], levels[4, number] != 0
                ):
                    stop = second
                    break
        if stop < min((block + 1) * BLOCK, first):
            return stop
        at = stop
    return first


@inner
def watch(
    levels: Int64Array, place: int, row: int, cash: int, lowest: int, target: int, at: int, plans: Plans, desk: Desk
) -> None:
    """Put down at which values of a line a subject stirs; `lowest` and `target` in fine units."""
    best = desk.subjects[holding.BEST, at]
    levels[0, place] = row
    levels[1, place] = NEVER if lowest == NEVER else half_paise(lowest) - cash
    levels[2, place] = MISSING if target == MISSING else -half_paise(-target) - cash
    levels[3, place] = NEVER if best == NEVER else best - cash
    levels[4, place] = plans.guards[desk.subjects[holding.GUARD, at], guard.RUNG_COUNT]
