"""Slow twins of what a window tells: moves, volatility, levels."""

import itertools
import math
import statistics

from nfolab.tape.features import Call, read_call
from tape.features.slow import View, both, twin

# Moves


@twin
def change(x: View, t: int, window: object, of: Call) -> float | None:
    return both(lambda now, then: now - then, x(of, t), x(of, t - window.count))


@twin
def rate_of_change(x: View, t: int, window: object, of: Call) -> float | None:
    now, then = x(of, t), x(of, t - window.count)
    return now / then - 1 if now is not None and then is not None and then > 0 else None


@twin
def earlier(x: View, t: int, window: object, of: Call) -> float | None:
    return x(of, t - window.count)


@twin
def absolute(x: View, t: int, of: Call) -> float | None:
    return both(abs, x(of, t))


def one_way(x: View, t: int, of: Call, count: int, sign: int) -> float | None:
    values = [x(of, s) for s in range(t - count, t + 1)]
    if None in values:
        return None
    return float(all(sign * (after - before) > 0 for before, after in itertools.pairwise(values)))


@twin
def rising(x: View, t: int, of: Call, count: int) -> float | None:
    return one_way(x, t, of, count, 1)


@twin
def falling(x: View, t: int, of: Call, count: int) -> float | None:
    return one_way(x, t, of, count, -1)


ONE_SECOND_CHANGE = "change(1s, of={})"


@twin
def up_share(x: View, t: int, window: object, of: Call) -> float | None:
    changes = x.window(read_call(ONE_SECOND_CHANGE.format(of)), t, window.count)
    return sum(one > 0 for one in changes) / len(changes) if changes and x(of, t) is not None else None


@twin
def rsi(x: View, t: int, window: object, of: Call) -> float | None:
    changes = x.window(read_call(ONE_SECOND_CHANGE.format(of)), t, window.count)
    if not changes or x(of, t) is None:
        return None
    gains, losses = sum(one for one in changes if one > 0), -sum(one for one in changes if one < 0)
    return gains / (gains + losses) if gains + losses else 0.5


@twin
def return_sigma(x: View, t: int, window: object, of: Call) -> float | None:
    changes = x.window(read_call(f"rate_of_change(1s, of={of})"), t, window.count)
    if len(changes) < 2 or x(of, t) is None:
        return None
    return statistics.stdev(math.log1p(one) for one in changes) * math.sqrt(window.count)


# Volatility


@twin
def second_return(x: View, t: int) -> float | None:
    now, then = x("last", t), x("last", t - 1)
    seen = x("observed", t) == 1 and x("observed", t - 1) == 1
    return math.log(now / then) if seen and None not in (now, then) else None


@twin
def rv(x: View, t: int, window: object) -> float | None:
    returns = x.window(Call("second_return"), t, window.count)
    if len(returns) < 0.6 * window.count or not returns:
        return None
    return math.sqrt(math.fsum(one * one for one in returns) / len(returns))


@twin
def acceleration(x: View, t: int, window: object) -> float | None:
    newest, returns = x("second_return", t), x.window(Call("second_return"), t, window.count)
    if newest is None or not returns:
        return None
    return abs(newest) / (math.fsum(map(abs, returns)) / len(returns) + 1e-12)


# Levels


@twin
def ema(x: View, t: int, window: object, of: Call) -> float | None:
    if x(of, t) is None:
        return None
    average, samples, missing = None, 0, 0
    for value in x.slow.series(of, x.subject, t)[: t + 1]:
        if value is None:
            missing += 1
            if missing >= window.count:
                average, samples = None, 0
            continue
        missing = 0
        average = value if average is None else average + (value - average) * 2 / (window.count + 1)
        samples += 1
    return average if samples >= window.count else None


@twin
def mean(x: View, t: int, window: object, of: Call, before: object) -> float | None:
    values = before_window(x, t, window, of, before)
    return math.fsum(values) / len(values) if values else None


def before_window(x: View, t: int, window: object, of: Call, before: object) -> list[float]:
    """The window that ended `before` seconds ago, told only where there is a value now."""
    return x.window(of, t - before.count, window.count) if x(of, t) is not None and t >= before.count else []


@twin
def sigma(x: View, t: int, window: object, of: Call, before: object) -> float | None:
    values = before_window(x, t, window, of, before)
    return statistics.stdev(values) if len(values) > 1 else None


@twin
def highest(x: View, t: int, window: object, of: Call, before: object) -> float | None:
    return max(before_window(x, t, window, of, before), default=None)


@twin
def lowest(x: View, t: int, window: object, of: Call, before: object) -> float | None:
    return min(before_window(x, t, window, of, before), default=None)


@twin
def range_(x: View, t: int, window: object, of: Call, before: object) -> float | None:
    values = before_window(x, t, window, of, before)
    return max(values) - min(values) if values else None


@twin
def zscore(x: View, t: int, window: object, of: Call, before: object) -> float | None:
    values = before_window(x, t, window, of, before)
    if len(values) < 2 or statistics.stdev(values) == 0:
        return None
    return (x(of, t) - math.fsum(values) / len(values)) / statistics.stdev(values)


@twin
def median(x: View, t: int, window: object, of: Call, before: object) -> float | None:
    values = before_window(x, t, window, of, before)
    return statistics.median(values) if values else None


@twin
def rank(x: View, t: int, window: object, of: Call) -> float | None:
    now = x(of, t)
    values = x.window(of, t, window.count)
    if now is None or len(values) < 2:
        return None
    return sum(one < now for one in values) / (len(values) - 1)


@twin
def from_round(x: View, t: int, step: object, of: Call) -> float | None:
    now = x(of, t)
    if now is None:
        return None
    return min((now - k * step.paise for k in range(int(now // step.paise), int(now // step.paise) + 2)), key=nearness)


def nearness(distance: float) -> tuple[float, float]:
    """Of two that are as near, the lower round number, from which the distance is above zero."""
    return abs(distance), -distance
