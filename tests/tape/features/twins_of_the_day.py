"""Slow twins of bars, of ranges of the day, and of volatility and greeks."""

import math
import statistics
from collections.abc import Callable

from nfolab.tape.features import Call, Chain, OneContract
from tape.features.slow import OPEN, View, both, legs, twin
from tape.features.twins_of_rows import second_volumes

# Bars


def bar_values(x: View, t: int, bar: object, of: Call, back: int = 0) -> list[float]:
    """The values in the newest bar that has ended at t, or `back` bars before it."""
    end = (t // bar.count - back) * bar.count
    if end < bar.count:
        return []
    return [one for one in x.slow.series(of, x.subject, end)[end - bar.count : end] if one is not None]


@twin
def bar_open(x: View, t: int, bar: object, of: Call) -> float | None:
    return next(iter(bar_values(x, t, bar, of)), None)


@twin
def bar_high(x: View, t: int, bar: object, of: Call) -> float | None:
    return max(bar_values(x, t, bar, of), default=None)


@twin
def bar_low(x: View, t: int, bar: object, of: Call) -> float | None:
    return min(bar_values(x, t, bar, of), default=None)


@twin
def bar_close(x: View, t: int, bar: object, of: Call) -> float | None:
    return next(reversed(bar_values(x, t, bar, of)), None)


@legs(sum)
def bar_volume(x: View, t: int, bar: object) -> float | None:
    end = t // bar.count * bar.count
    known = second_volumes(x, t)
    found = [known[s] for s in range(end - bar.count, end) if s in known]
    return float(sum(found)) if found and end >= bar.count else None


def bar_window(values: list[float | None], count: int) -> list[float]:
    """The last `count` bars, by the rule of windows, bars in place of seconds."""
    start, missing = None, 0
    for place, value in enumerate(values):
        missing = missing + 1 if value is None else 0
        if missing >= count:
            start = None
        elif value is not None and start is None:
            start = place
    if start is None or len(values) - start < count:
        return []
    return [one for one in values[-count:] if one is not None]


def all_bars(x: View, t: int, bar: object, of: Call, part: Callable) -> list[float | None]:
    """A part of each bar that has ended at t, oldest first."""
    ended = t // bar.count
    found = (bar_values(x, t, bar, of, ended - 1 - place) for place in range(ended))
    return [part(values) if values else None for values in found]


def close_of(values: list[float]) -> float:
    return values[-1]


@twin
def atr(x: View, t: int, bar: object, count: int, of: Call) -> float | None:
    closes = all_bars(x, t, bar, of, close_of)
    ranges = []
    for place, pair in enumerate(all_bars(x, t, bar, of, lambda values: (max(values), min(values)))):
        if pair is None:
            ranges.append(None)
            continue
        before = closes[place - 1] if place else None
        high, low = pair if before is None else (max(pair[0], before), min(pair[1], before))
        ranges.append(high - low)
    found = bar_window(ranges, count)
    return math.fsum(found) / len(found) if found else None


@twin
def bar_ema(x: View, t: int, bar: object, count: int, of: Call) -> float | None:
    average, samples, missing = None, 0, 0
    closes = all_bars(x, t, bar, of, close_of)
    for close in closes:
        if close is None:
            missing += 1
            if missing >= count:
                average, samples = None, 0
            continue
        missing = 0
        average = close if average is None else average + (close - average) * 2 / (count + 1)
        samples += 1
    return average if samples >= count and closes[-1] is not None else None


@twin
def bar_mean(x: View, t: int, bar: object, count: int, of: Call) -> float | None:
    found = bar_window(all_bars(x, t, bar, of, close_of), count)
    return math.fsum(found) / len(found) if found else None


@twin
def bar_sigma(x: View, t: int, bar: object, count: int, of: Call) -> float | None:
    found = bar_window(all_bars(x, t, bar, of, close_of), count)
    return statistics.stdev(found) if len(found) > 1 else None


@twin
def bar_slope(x: View, t: int, bar: object, count: int, of: Call) -> float | None:
    closes = all_bars(x, t, bar, of, close_of)[-count:]
    if len(closes) < count or None in closes:
        return None
    return statistics.linear_regression(range(count), closes).slope


@twin
def bar_rsi(x: View, t: int, bar: object, count: int, of: Call) -> float | None:
    closes = all_bars(x, t, bar, of, close_of)
    every = [both(lambda before, after: after - before, *pair) for pair in zip([None, *closes], closes, strict=False)]
    changes = bar_window(every, count)
    if not changes:
        return None
    gains, losses = sum(one for one in changes if one > 0), -sum(one for one in changes if one < 0)
    return gains / (gains + losses) if gains + losses else 0.5


@twin
def support_line(x: View, t: int, bar: object, of: Call) -> float | None:
    lows = all_bars(x, t, bar, of, min)
    pivots = [
        place
        for place in range(1, len(lows) - 1)
        if None not in lows[place - 1 : place + 2] and lows[place - 1] > lows[place] < lows[place + 1]
    ]
    if len(pivots) < 2:
        return None
    (first, low), (second, high) = [((place + 1) * bar.count, lows[place]) for place in pivots[-2:]]
    return high + (high - low) / (second - first) * (t - second)


@twin
def bar_streak(x: View, t: int, bar: object, of: Call) -> float | None:
    moves = all_bars(x, t, bar, of, lambda values: values[-1] - values[0])
    if not moves or moves[-1] is None:
        return None
    sign = (moves[-1] > 0) - (moves[-1] < 0)
    length = 0
    for move in reversed(moves):
        if move is None or move * sign <= 0:
            break
        length += 1
    return sign * length


@twin
def realised_vol(x: View, t: int, window: object, bar: object, of: Call) -> float | None:
    closes = all_bars(x, t, bar, of, close_of)
    every = [
        both(lambda a, b: math.log(b / a), before, after)
        for before, after in zip([None, *closes], closes, strict=False)
    ]
    returns = bar_window(every, window.count // bar.count)
    if len(returns) < max(2, 0.6 * window.count / bar.count):
        return None
    return statistics.stdev(returns) * math.sqrt(252 * 375 * 60 / bar.count)


# Ranges of the day


def seen_between(x: View, of: Call, start: int, end: int) -> list[float]:
    if end <= 0:
        return []
    return [one for one in x.slow.series(of, x.subject, end)[max(0, start) : end] if one is not None]


def clock_range(x: View, t: int, start: object, end: object, of: Call, extreme: Callable) -> float | None:
    if t < end.second_of_day - OPEN:
        return None
    return extreme(seen_between(x, of, start.second_of_day - OPEN, end.second_of_day - OPEN), default=None)


@twin
def range_high(x: View, t: int, start: object, end: object, of: Call) -> float | None:
    return clock_range(x, t, start, end, of, max)


@twin
def range_low(x: View, t: int, start: object, end: object, of: Call) -> float | None:
    return clock_range(x, t, start, end, of, min)


@twin
def opening_high(x: View, t: int, length: object, of: Call) -> float | None:
    return max(seen_between(x, of, 0, length.count), default=None) if t >= length.count else None


@twin
def opening_low(x: View, t: int, length: object, of: Call) -> float | None:
    return min(seen_between(x, of, 0, length.count), default=None) if t >= length.count else None


@twin
def day_high(x: View, t: int, of: Call) -> float | None:
    return max(seen_between(x, of, 0, t + 1), default=None)


@twin
def day_low(x: View, t: int, of: Call) -> float | None:
    return min(seen_between(x, of, 0, t + 1), default=None)


@twin
def day_open(x: View, t: int, of: Call) -> float | None:
    return next(iter(seen_between(x, of, 0, t + 1)), None)


def so_far(x: View, of: Call, t: int) -> list[float]:
    """The day's values up to t, none where there is none at t."""
    return seen_between(x, of, 0, t + 1) if x(of, t) is not None else []


@twin
def day_mean(x: View, t: int, of: Call) -> float | None:
    found = so_far(x, of, t)
    return math.fsum(found) / len(found) if found else None


@twin
def day_median(x: View, t: int, of: Call) -> float | None:
    found = so_far(x, of, t)
    return statistics.median(found) if found else None


@twin
def day_sigma(x: View, t: int, of: Call) -> float | None:
    found = so_far(x, of, t)
    return statistics.stdev(found) if len(found) > 1 else None


@twin
def value_at(x: View, t: int, clock: object, of: Call) -> float | None:
    second = clock.second_of_day - OPEN
    return x(of, second) if t >= second else None


@twin
def range_median(x: View, t: int, start: object, end: object, of: Call) -> float | None:
    return clock_range(x, t, start, end, of, lambda values, default: statistics.median(values) if values else default)


# Implied volatility and greeks, by bisection on the formula


def black(kind: str, forward: float, strike: float, deviation: float) -> float:
    """Black-76 without discount."""
    d1 = math.log(forward / strike) / deviation + deviation / 2
    call = forward * statistics.NormalDist().cdf(d1) - strike * statistics.NormalDist().cdf(d1 - deviation)
    return call if kind == "CE" else call - forward + strike


def pairs_of(x: View, expiry: object) -> dict[int, tuple[int, int]]:
    """Strike to the numbers of its CE and PE, of one expiry, where the chain holds both."""
    found: dict[int, dict[str, int]] = {}
    for number, rows in enumerate(x.slow.contracts):
        if rows[0]["expiry"] == expiry:
            found.setdefault(rows[0]["strike"], {})[rows[0]["kind"]] = number
    return {strike: (both_kinds["CE"], both_kinds["PE"]) for strike, both_kinds in sorted(found.items())
            if len(both_kinds) == 2}  # fmt: skip


def own_expiry(x: View) -> object:
    return x.subject.expiry if isinstance(x.subject, Chain) else x.slow.contracts[x.subject.number][0]["expiry"]


@twin
def forward(x: View, t: int) -> float | None:
    guide = [value for second, value in x.slow.spot if second <= t]
    if not guide:
        return None
    pairs = []
    for strike, numbers in pairs_of(x, own_expiry(x)).items():
        mids = [x.slow.value(Call("mid"), OneContract(number), t) for number in numbers]
        if None not in mids and abs(strike * 100 - guide[-1]) <= 0.01 * guide[-1]:
            pairs.append((abs(mids[0] - mids[1]), strike * 100 + mids[0] - mids[1]))
    return min(pairs)[1] if pairs else None


@twin
def minutes_to_expiry(x: View, t: int) -> float | None:
    days = (own_expiry(x) - x.slow.contracts[0][0]["timestamp"].date()).days
    return days * 1440 + (15 * 3600 + 30 * 60 - OPEN - t) / 60


@twin
def is_call(x: View, t: int) -> float | None:
    return float(x.slow.contracts[x.subject.number][0]["kind"] == "CE")


def volatility_of(x: View, t: int, kind: str, strike: float, premium: float | None) -> float | None:
    """By bisection, of strike and premium in paise."""
    level = x("forward", t)
    if None in (premium, level):
        return None
    if premium <= max(0, level - strike if kind == "CE" else strike - level):
        return None
    low, high = 1e-9, 5.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if black(kind, level, strike, middle) < premium else (low, middle)
    return middle / math.sqrt(x("minutes_to_expiry", t) / 525_600)


@twin
def iv(x: View, t: int) -> float | None:
    own = x.slow.contracts[x.subject.number][0]
    return volatility_of(x, t, own["kind"], own["strike"] * 100, x("mid", t))


def bumped(x: View, t: int) -> Callable | None:
    """The contract's price as a function of forward, volatility and years beside what they are."""
    level, volatility = x("forward", t), x("iv", t)
    if None in (level, volatility):
        return None
    own, years = x.slow.contracts[x.subject.number][0], x("minutes_to_expiry", t) / 525_600

    def price(by_forward: float = 0, by_volatility: float = 0, by_years: float = 0) -> float:
        deviation = (volatility + by_volatility) * math.sqrt(years + by_years)
        return black(own["kind"], level + by_forward, own["strike"] * 100, deviation)

    return price


@legs(sum)
def delta(x: View, t: int) -> float | None:
    price = bumped(x, t)
    return both(lambda of: (of(by_forward=100) - of(by_forward=-100)) / 200, price)


@legs(sum)
def gamma(x: View, t: int) -> float | None:
    price = bumped(x, t)
    return both(lambda of: (of(by_forward=2_000) - 2 * of() + of(by_forward=-2_000)) / 2_000**2, price)


@legs(sum)
def theta(x: View, t: int) -> float | None:
    price = bumped(x, t)
    return both(lambda of: (of(by_years=-1e-6) - of(by_years=1e-6)) / 2e-6 / 365, price)


@legs(sum)
def vega(x: View, t: int) -> float | None:
    price = bumped(x, t)
    return both(lambda of: (of(by_volatility=1e-5) - of(by_volatility=-1e-5)) / 2e-5, price)
