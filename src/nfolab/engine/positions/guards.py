"""The rules that watch a subject: its stop, cost, trail and target as gains in half-paise."""

from nfolab.base.compiled import inner
from nfolab.engine.codes import Reason
from nfolab.engine.lines import MISSING
from nfolab.engine.positions.columns import guard, holding, measure, rung
from nfolab.engine.positions.tables import Market, Plans
from nfolab.tape.book import Int64Array

NEVER = -(2**62)
_MILLION = 1_000_000
_NONE, _STOP, _COST, _TRAIL = (int(one) for one in (Reason.NONE, Reason.STOP, Reason.COST, Reason.TRAIL))


@inner
def level(how: int, value: int, base: int, units: int) -> int:
    """Return a level in half-paise, rounded up: of the whole, of `units` units, or in millionths of `base`."""
    if how == measure.PAISE:
        return 2 * value
    if how == measure.POINTS:
        return 2 * value * units
    return -((-value * base) // _MILLION)


@inner
def set_guard(subjects: Int64Array, at: int, number: int, plans: Plans) -> None:
    """Give a subject the levels of a guard, from its base and units; what it had is forgotten."""
    line = plans.guards[number]
    base, units = subjects[holding.BASE, at], subjects[holding.UNITS, at]
    subjects[holding.GUARD, at] = number
    subjects[holding.STOP_AT, at] = NEVER
    subjects[holding.TARGET_AT, at] = MISSING
    if line[guard.STOP_MEASURE] != measure.OFF:
        subjects[holding.STOP_AT, at] = -level(line[guard.STOP_MEASURE], line[guard.STOP_VALUE], base, units)
    if line[guard.TARGET_MEASURE] != measure.OFF:
        subjects[holding.TARGET_AT, at] = level(line[guard.TARGET_MEASURE], line[guard.TARGET_VALUE], base, units)
    subjects[holding.FLOOR, at] = NEVER
    subjects[holding.BEST, at] = NEVER
    subjects[holding.TO_COST, at] = 0


@inner
def follows_a_feature(subjects: Int64Array, at: int, plans: Plans) -> bool:
    """Tell whether a subject's trail keeps a distance that changes by the second."""
    line = plans.guards[subjects[holding.GUARD, at]]
    for number in range(line[guard.RUNG_FIRST], line[guard.RUNG_FIRST] + line[guard.RUNG_COUNT]):
        if plans.rungs[number, rung.BEHIND_MEASURE] == measure.FEATURE:
            return True
    return False


@inner
def raise_floor(subjects: Int64Array, at: int, second: int, plans: Plans, market: Market) -> None:
    """Raise a subject's floor to what its best gain and the features as of `second` ask; it never falls."""
    best = subjects[holding.BEST, at]
    if best == NEVER:
        return
    line = plans.guards[subjects[holding.GUARD, at]]
    base, units = subjects[holding.BASE, at], subjects[holding.UNITS, at]
    highest = NEVER
    chosen = -1
    for number in range(line[guard.RUNG_FIRST], line[guard.RUNG_FIRST] + line[guard.RUNG_COUNT]):
        step = plans.rungs[number]
        arm = NEVER
        if step[rung.ARM_MEASURE] != measure.OFF:
            arm = level(step[rung.ARM_MEASURE], step[rung.ARM_VALUE], base, units)
        if best >= arm and (chosen < 0 or arm >= highest):
            highest = arm
            chosen = number
    if chosen < 0:
        return
    step = plans.rungs[chosen]
    floor = NEVER
    behind = step[rung.BEHIND_MEASURE]
    if behind == measure.OF_BEST:
        extreme = subjects[holding.ENTRY, at] + subjects[holding.SIGN, at] * (best + subjects[holding.FROM, at])
        floor = best - level(measure.MILLIONTHS, step[rung.BEHIND_VALUE], extreme, units)
    elif behind == measure.FEATURE:
        row = market.feature_of[step[rung.BEHIND_VALUE], subjects[holding.CONTRACT, at]]
        distance = market.features[row, second]
        if distance != MISSING:
            floor = best - distance * units
    elif behind != measure.OFF:
        floor = best - level(behind, step[rung.BEHIND_VALUE], base, units)
    if step[rung.LOCK_MEASURE] != measure.OFF:
        lock = level(step[rung.LOCK_MEASURE], step[rung.LOCK_VALUE], base, units)
        if step[rung.EVERY_MEASURE] != measure.OFF:
            every = level(step[rung.EVERY_MEASURE], step[rung.EVERY_VALUE], base, units)
            move = level(step[rung.MOVE_MEASURE], step[rung.MOVE_VALUE], base, units)
            lock += (best - max(highest, 0)) // every * move
        floor = max(floor, lock)
    subjects[holding.FLOOR, at] = max(subjects[holding.FLOOR, at], floor)


@inner
def lowest_gain(subjects: Int64Array, at: int, now: int, plans: Plans) -> tuple[int, int]:
    """Return the gain at or below which a subject is closed at `now`, and the reason: stop, cost or trail."""
    lowest, reason = subjects[holding.STOP_AT, at], _STOP
    if subjects[holding.TO_COST, at] != 0 and lowest < -subjects[holding.FROM, at]:
        lowest, reason = -subjects[holding.FROM, at], _COST
    early = plans.guards[subjects[holding.GUARD, at], guard.MIN_HOLD]
    if subjects[holding.FLOOR, at] > lowest and now >= subjects[holding.ENTRY_SECOND, at] + early:
        lowest, reason = subjects[holding.FLOOR, at], _TRAIL
    return lowest, reason
