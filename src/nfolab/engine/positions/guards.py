"""The rules that watch a subject: its stop, cost, trail and target, as gains in fine units that nothing rounds."""

from nfolab.base.compiled import inner
from nfolab.engine.codes import Reason
from nfolab.engine.lines import MISSING
from nfolab.engine.positions.columns import guard, holding, measure, rung
from nfolab.engine.positions.tables import Market, Plans
from nfolab.tape.book import Int64Array

NEVER = -(2**62)
FINE = 1_000_000
"""Fine units in a half-paisa: percentages are whole millionths of a base in half-paise, so that levels are exact."""
_NONE, _STOP, _COST, _TRAIL = (int(one) for one in (Reason.NONE, Reason.STOP, Reason.COST, Reason.TRAIL))


@inner
def level(how: int, value: int, base: int, units: int) -> int:
    """Return a level in fine units: of the whole, of `units` units, or in millionths of `base` half-paise."""
    if how == measure.PAISE:
        return 2 * value * FINE
    if how == measure.POINTS:
        return 2 * value * units * FINE
    return value * base


@inner
def half_paise(level: int) -> int:
    """Return the greatest gain in half-paise at or below a level in fine units."""
    return level // FINE


@inner
def gain_at_price(subjects: Int64Array, at: int, number: int, second: int, market: Market) -> int:
    """Return a holding's gain, fine units, were it closed at the price that a feature tells; MISSING if unknown."""
    price = market.features[market.feature_of[number, subjects[holding.CONTRACT, at]], second]
    if price == MISSING:
        return MISSING
    brings = subjects[holding.SIGN, at] * price * subjects[holding.UNITS, at]
    gain: int = (subjects[holding.CASH, at] + brings - subjects[holding.FROM, at]) * FINE
    return gain


@inner
def prices_known(number: int, contract: int, second: int, plans: Plans, market: Market) -> bool:
    """Tell whether the prices at which a guard would close a holding of a contract are known at `second`."""
    if contract < 0:
        return False
    line = plans.guards[number]
    for feature in (line[guard.STOP_FEATURE], line[guard.TARGET_FEATURE]):
        if feature >= 0 and market.features[market.feature_of[feature, contract], second] == MISSING:
            return False
    return True


@inner
def set_guard(subjects: Int64Array, at: int, number: int, second: int, plans: Plans, market: Market) -> None:
    """Give a subject the levels of a guard, by its base, units and prices as of `second`; what it had is forgotten."""
    line = plans.guards[number]
    base, units = subjects[holding.BASE, at], subjects[holding.UNITS, at]
    subjects[holding.GUARD, at] = number
    subjects[holding.LEVEL_UNITS, at] = units
    subjects[holding.STOP_AT, at] = NEVER
    subjects[holding.TARGET_AT, at] = MISSING
    if line[guard.STOP_MEASURE] != measure.OFF:
        subjects[holding.STOP_AT, at] = -level(line[guard.STOP_MEASURE], line[guard.STOP_VALUE], base, units)
    if line[guard.TARGET_MEASURE] != measure.OFF:
        subjects[holding.TARGET_AT, at] = level(line[guard.TARGET_MEASURE], line[guard.TARGET_VALUE], base, units)
    if line[guard.STOP_FEATURE] >= 0:
        reached = gain_at_price(subjects, at, line[guard.STOP_FEATURE], second, market)
        subjects[holding.STOP_AT, at] = NEVER if reached == MISSING else reached
    if line[guard.TARGET_FEATURE] >= 0:
        subjects[holding.TARGET_AT, at] = gain_at_price(subjects, at, line[guard.TARGET_FEATURE], second, market)
    subjects[holding.FLOOR, at] = NEVER
    subjects[holding.BEST, at] = NEVER
    subjects[holding.TO_COST, at] = 0


@inner
def follows_a_feature(subjects: Int64Array, at: int, plans: Plans) -> bool:
    """Tell whether a subject's trail follows something that changes by the second."""
    line = plans.guards[subjects[holding.GUARD, at]]
    for number in range(line[guard.RUNG_FIRST], line[guard.RUNG_FIRST] + line[guard.RUNG_COUNT]):
        if plans.rungs[number, rung.BEHIND_MEASURE] == measure.FEATURE or plans.rungs[number, rung.AT_FEATURE] >= 0:
            return True
    return False


@inner
def raise_floor(subjects: Int64Array, at: int, second: int, plans: Plans, market: Market) -> None:
    """Raise a subject's floor to what its best gain and the features as of `second` ask; it never falls."""
    best = subjects[holding.BEST, at]
    if best == NEVER:
        return
    line = plans.guards[subjects[holding.GUARD, at]]
    base, units = subjects[holding.BASE, at], subjects[holding.LEVEL_UNITS, at]
    highest = NEVER
    chosen = -1
    for number in range(line[guard.RUNG_FIRST], line[guard.RUNG_FIRST] + line[guard.RUNG_COUNT]):
        step = plans.rungs[number]
        arm = NEVER
        if step[rung.ARM_MEASURE] != measure.OFF:
            arm = level(step[rung.ARM_MEASURE], step[rung.ARM_VALUE], base, units)
        if (arm == NEVER or best * FINE >= arm) and (chosen < 0 or arm >= highest):
            highest = arm
            chosen = number
    if chosen < 0:
        return
    step = plans.rungs[chosen]
    floor = NEVER
    behind = step[rung.BEHIND_MEASURE]
    if behind == measure.OF_BEST:
        extreme = subjects[holding.ENTRY, at] + subjects[holding.SIGN, at] * (best + subjects[holding.FROM, at])
        floor = best * FINE - level(measure.MILLIONTHS, step[rung.BEHIND_VALUE], extreme, units)
    elif behind == measure.FEATURE:
        row = market.feature_of[step[rung.BEHIND_VALUE], subjects[holding.CONTRACT, at]]
        distance = market.features[row, second]
        if distance != MISSING:
            floor = (best - distance * units) * FINE
    elif behind != measure.OFF:
        floor = best * FINE - level(behind, step[rung.BEHIND_VALUE], base, units)
    if step[rung.LOCK_MEASURE] != measure.OFF:
        lock = level(step[rung.LOCK_MEASURE], step[rung.LOCK_VALUE], base, units)
        if step[rung.EVERY_MEASURE] != measure.OFF:
            every = level(step[rung.EVERY_MEASURE], step[rung.EVERY_VALUE], base, units)
            move = level(step[rung.MOVE_MEASURE], step[rung.MOVE_VALUE], base, units)
            lock += (best * FINE - max(highest, 0)) // every * move
        floor = max(floor, lock)
    if step[rung.AT_FEATURE] >= 0:
        reached = gain_at_price(subjects, at, step[rung.AT_FEATURE], second, market)
        if reached != MISSING:
            floor = max(floor, reached)
    subjects[holding.FLOOR, at] = max(subjects[holding.FLOOR, at], floor)


@inner
def lowest_gain(subjects: Int64Array, at: int, now: int, plans: Plans) -> tuple[int, int]:
    """Return the gain (fine units) at or below which a subject is closed at `now`, and why: stop, cost or trail."""
    lowest, reason = subjects[holding.STOP_AT, at], _STOP
    if subjects[holding.TO_COST, at] != 0 and lowest < -subjects[holding.FROM, at] * FINE:
        lowest, reason = -subjects[holding.FROM, at] * FINE, _COST
    early = plans.guards[subjects[holding.GUARD, at], guard.MIN_HOLD]
    if subjects[holding.FLOOR, at] > lowest and now >= subjects[holding.ENTRY_SECOND, at] + early:
        lowest, reason = subjects[holding.FLOOR, at], _TRAIL
    return lowest, reason
