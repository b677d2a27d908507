"""A slow twin of every feature: what it means at one second, looked up row by row with nothing but lists.

A twin is given a view of one subject and a second t. The view has the rows stamped at or before t only, so that a twin
cannot look ahead; `x(call, t)` is another feature's twin at a second. None means that there is no value.
"""

import itertools
import math
import statistics
from bisect import bisect_right
from collections.abc import Callable, Sequence
from fractions import Fraction

from nfolab.tape.features import SPOT, Call, OneContract, Premium, Subject, read_call

TWINS: dict[str, Callable] = {}
LEGS: dict[str, Callable] = {}
OPEN = 9 * 3600 + 15 * 60
SPOT_TWINS = ("spot", "spot_change", "spot_return")


def twin(function: Callable) -> Callable:
    TWINS[function.__name__.rstrip("_")] = function
    return function


def legs(combine: Callable) -> Callable:
    """A combined premium's value is made of its contracts' values."""

    def marked(function: Callable) -> Callable:
        LEGS[function.__name__] = combine
        return twin(function)

    return marked


class Slow:
    """All twins over the rows of one day."""

    def __init__(
        self, contracts: Sequence[list[dict]], spot: Sequence[tuple[int, int]], partner: dict[int, int]
    ) -> None:
        self.contracts = contracts
        self.spot = spot
        self.partner = partner
        self.seconds = [[one["second"] for one in rows] for rows in contracts]
        self.spot_seconds = [second for second, _ in spot]
        self.found: dict[tuple[Call, Subject], list[float | None]] = {}

    def series(self, call: Call, subject: Subject, t: int) -> list[float | None]:
        """The values at 0 … t at least."""
        known = self.found.setdefault((call, subject), [])
        while len(known) <= t:
            known.append(self._value(call, subject, len(known)))
        return known

    def value(self, call: Call, subject: Subject, t: int) -> float | None:
        """The value at t alone."""
        if t < 0:
            return None
        known = self.found.get((call, subject), [])
        return known[t] if t < len(known) else self._value(call, subject, t)

    def _value(self, call: Call, subject: Subject, t: int) -> float | None:
        if call.name in SPOT_TWINS:
            subject = SPOT
        if isinstance(subject, Premium) and call.name in LEGS:
            parts = [self.value(call, OneContract(number), t) for number in subject.numbers]
            return None if None in parts else LEGS[call.name](parts)
        return TWINS[call.name](View(self, subject), t, *call.arguments)


class View:
    """One subject of the day."""

    def __init__(self, slow: Slow, subject: Subject) -> None:
        self.slow = slow
        self.subject = subject

    def __call__(self, call: Call | str, t: int) -> float | None:
        return self.slow.value(read_call(call) if isinstance(call, str) else call, self.subject, t)

    def rows(self, t: int) -> list[dict]:
        """The contract's rows stamped at or before t."""
        number = self.subject.number
        return self.slow.contracts[number][: bisect_right(self.slow.seconds[number], t)]

    def newest(self, t: int, age: int = 5) -> dict | None:
        rows = self.rows(t)
        return rows[-1] if rows and t - rows[-1]["second"] <= age else None

    def stamps(self, t: int) -> list[int]:
        """The seconds of the subject's rows at or before t, each once."""
        if self.subject == SPOT:
            return sorted({second for second in self.slow.spot_seconds if second <= t})
        return sorted({one["second"] for one in self.rows(t)})

    def window(self, of: Call, t: int, length: int) -> list[float]:
        """The values of the window that ends at t; none before it has filled since the start or the newest restart."""
        if t < 0:
            return []
        values = self.slow.series(of, self.subject, t)[: t + 1]
        start = next((s for s in range(t + 1) if values[s] is not None), None)
        missing = 0
        for s in range(t + 1):
            missing = missing + 1 if values[s] is None else 0
            if missing >= length:
                start = next((later for later in range(s + 1, t + 1) if values[later] is not None), None)
        if start is None or t - start + 1 < length:
            return []
        return [one for one in values[max(0, t - length + 1) :] if one is not None]


def good(one: dict | None) -> bool:
    return one is not None and 0 < one["bp0_paise"] < one["sp0_paise"] and one["bq0"] > 0 and one["sq0"] > 0


def positive(one: dict | None, column: str) -> float | None:
    return one[column] if one is not None and one[column] is not None and one[column] > 0 else None


def both(function: Callable, *values: float | None) -> float | None:
    return None if None in values else function(*values)


# Prices


@legs(sum)
def last(x: View, t: int) -> float | None:
    if x.subject == SPOT:
        known = [one for one in x.slow.spot if one[0] <= t]
        return known[-1][1] if known and t - known[-1][0] <= 2 else None
    return positive(x.newest(t), "price_paise")


@legs(sum)
def bid(x: View, t: int) -> float | None:
    return x.newest(t)["bp0_paise"] if good(x.newest(t)) else None


@legs(sum)
def ask(x: View, t: int) -> float | None:
    return x.newest(t)["sp0_paise"] if good(x.newest(t)) else None


@twin
def mid(x: View, t: int) -> float | None:
    return both(lambda b, a: (b + a) / 2, x("bid", t), x("ask", t))


@twin
def spread(x: View, t: int) -> float | None:
    return both(lambda b, a: a - b, x("bid", t), x("ask", t))


@twin
def spread_percent(x: View, t: int) -> float | None:
    return both(lambda b, a: (a - b) / ((a + b) / 2), x("bid", t), x("ask", t))


@legs(sum)
def average_price(x: View, t: int) -> float | None:
    return positive(x.newest(t), "avgPrice_paise")


@twin
def straddle(x: View, t: int) -> float | None:
    other = x.slow.partner.get(x.subject.number)
    if other is None:
        return None
    return both(lambda c, p: c + p, x("mid", t), x.slow.value(Call("mid"), OneContract(other), t))


# Volume


def second_volumes(x: View, t: int) -> dict[int, Fraction]:
    """Second to what traded in it, as known at t."""
    totals: dict[int, int] = {}
    top = 0
    for one in x.rows(t):
        top = max(top, one["volume"] or 0)
        totals[one["second"]] = top
    stamped = sorted(totals)
    known = {}
    for before, at in itertools.pairwise(stamped):
        if at - before <= 5 and totals[before] > 0:
            for s in range(before + 1, at + 1):
                known[s] = Fraction(totals[at] - totals[before], at - before)
    return known


def traded(x: View, t: int, window: int, before: int = 0) -> list[Fraction]:
    stamped = x.stamps(t)
    if not stamped or t - stamped[-1] > 5:
        return []
    start = stamped[0]
    for one, after in itertools.pairwise(stamped):
        if after - one > 5 and after - one >= window:
            start = after
    if t - before - window < start:
        return []
    known = second_volumes(x, t)
    return [known[s] for s in range(t - before - window + 1, t - before + 1) if s in known]


@legs(sum)
def volume(x: View, t: int, window: object) -> float | None:
    found = traded(x, t, window.count)
    return float(sum(found)) if found else None


@legs(sum)
def volume_rate(x: View, t: int, window: object) -> float | None:
    found = traded(x, t, window.count)
    return float(sum(found)) / len(found) if found else None


@legs(sum)
def mean_volume(x: View, t: int, window: object, before: object) -> float | None:
    found = traded(x, t, window.count, before.count)
    return float(sum(found)) / len(found) if found else None


@legs(sum)
def day_volume(x: View, t: int) -> float | None:
    top = max((one["volume"] or 0 for one in x.rows(t)), default=0)
    return top if x.newest(t) and top > 0 else None


@legs(sum)
def vwap(x: View, t: int) -> float | None:
    turnover = units = top = 0
    for before, one in zip([None, *x.rows(t)], x.rows(t), strict=False):
        more = (one["volume"] or 0) - top
        if more > 0:
            known = top > 0 and one["second"] - before["second"] <= 5
            if known and positive(one, "price_paise"):
                turnover += more * one["price_paise"]
                units += more
            top += more
    return turnover / units if units and x.newest(t) else None


@twin
def aggressor(x: View, t: int) -> float | None:
    price, middle, units = x("last", t), x("mid", t - 1), x("volume(1s)", t)
    if None in (price, middle, units):
        return None
    return 0 if units == 0 or price == middle else math.copysign(1, price - middle)


# The book


def displayed(x: View, t: int, side: str, levels: int) -> list[int] | None:
    one = x.newest(t)
    if not good(one):
        return None
    pairs = [(one[f"{side}p{level}_paise"], one[f"{side}q{level}"]) for level in range(levels)]
    return [size for price, size in pairs if price and size]


@legs(sum)
def bid_depth(x: View, t: int, levels: int) -> float | None:
    return both(sum, displayed(x, t, "b", levels))


@legs(sum)
def ask_depth(x: View, t: int, levels: int) -> float | None:
    return both(sum, displayed(x, t, "s", levels))


@twin
def largest_bid(x: View, t: int, levels: int) -> float | None:
    return both(max, displayed(x, t, "b", levels))


@twin
def largest_ask(x: View, t: int, levels: int) -> float | None:
    return both(max, displayed(x, t, "s", levels))


@twin
def depth(x: View, t: int, levels: int) -> float | None:
    return both(lambda b, a: b + a, x(f"bid_depth({levels})", t), x(f"ask_depth({levels})", t))


@twin
def imbalance(x: View, t: int, levels: int) -> float | None:
    return both(lambda b, a: (b - a) / (b + a), x(f"bid_depth({levels})", t), x(f"ask_depth({levels})", t))


@twin
def imbalance_ratio(x: View, t: int, levels: int) -> float | None:
    return both(lambda b, a: b / a, x(f"bid_depth({levels})", t), x(f"ask_depth({levels})", t))


@twin
def depth_change(x: View, t: int, window: object, levels: int) -> float | None:
    return both(lambda now, then: now / then - 1, x(f"depth({levels})", t), x(f"depth({levels})", t - window.count))


# Moves


@twin
def change(x: View, t: int, window: object, of: Call) -> float | None:
    return both(lambda now, then: now - then, x(of, t), x(of, t - window.count))


@twin
def rate_of_change(x: View, t: int, window: object, of: Call) -> float | None:
    now, then = x(of, t), x(of, t - window.count)
    return now / then - 1 if now is not None and then is not None and then > 0 else None


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


# Open interest


@legs(sum)
def oi(x: View, t: int) -> float | None:
    return positive(x.newest(t), "oi")


@twin
def oi_change(x: View, t: int, window: object) -> float | None:
    return both(lambda now, then: now - then, x("oi", t), x("oi", t - window.count))


@legs(max)
def oi_age(x: View, t: int) -> float | None:
    told = [(one["second"], one["oi"]) for one in x.rows(t) if one["oi"]]
    changes = [at for (_, before), (at, after) in itertools.pairwise(told) if after != before]
    return t - changes[-1] if changes else None


# Gaps


@legs(max)
def age(x: View, t: int) -> float | None:
    return t - x.stamps(t)[-1] if x.stamps(t) else None


@legs(min)
def observed(x: View, t: int) -> float | None:
    return float(t in x.stamps(t))


@legs(max)
def gap(x: View, t: int) -> float | None:
    return float(not x.stamps(t) or t - x.stamps(t)[-1] > 5)


@legs(min)
def since_gap(x: View, t: int) -> float | None:
    stamped = x.stamps(t)
    starts = [at for before, at in zip([-100, *stamped], stamped, strict=False) if at - before > 5]
    return t - starts[-1] if starts else None


# The index


@twin
def spot(x: View, t: int) -> float | None:
    return x("last", t)


@twin
def spot_change(x: View, t: int, window: object) -> float | None:
    return both(lambda now, then: now - then, x("last", t), x("last", t - window.count))


@twin
def spot_return(x: View, t: int, window: object) -> float | None:
    return both(lambda now, then: now / then - 1, x("last", t), x("last", t - window.count))


# Implied volatility and greeks, by bisection on the formula


def black(kind: str, forward: float, strike: float, deviation: float) -> float:
    """Black-76 without discount."""
    d1 = math.log(forward / strike) / deviation + deviation / 2
    call = forward * statistics.NormalDist().cdf(d1) - strike * statistics.NormalDist().cdf(d1 - deviation)
    return call if kind == "CE" else call - forward + strike


@twin
def forward(x: View, t: int) -> float | None:
    guide = [value for second, value in x.slow.spot if second <= t]
    if not guide:
        return None
    every = sorted({tuple(sorted(pair)) for pair in x.slow.partner.items()})
    strikes = {pair: x.slow.contracts[pair[0]][0]["strike"] * 100 for pair in every}
    near = [pair for pair in every if strikes[pair] <= guide[-1]][-5:]
    near += [pair for pair in every if strikes[pair] > guide[-1]][:5]
    pairs = []
    for call, put in near:
        mids = [x.slow.value(Call("mid"), OneContract(number), t) for number in (call, put)]
        if None not in mids:
            pairs.append((abs(mids[0] - mids[1]), x.slow.contracts[call][0]["strike"] * 100 + mids[0] - mids[1]))
    return min(pairs)[1] if pairs else None


@twin
def minutes_to_expiry(x: View, t: int) -> float | None:
    own = x.slow.contracts[x.subject.number][0]
    days = (own["expiry"] - own["timestamp"].date()).days
    return days * 1440 + (15 * 3600 + 30 * 60 - OPEN - t) / 60


@twin
def iv(x: View, t: int) -> float | None:
    own, premium, level = x.slow.contracts[x.subject.number][0], x("mid", t), x("forward", t)
    if None in (premium, level):
        return None
    strike = own["strike"] * 100
    if premium <= max(0, level - strike if own["kind"] == "CE" else strike - level):
        return None
    low, high = 1e-9, 5.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if black(own["kind"], level, strike, middle) < premium else (low, middle)
    return middle / math.sqrt(x("minutes_to_expiry", t) / 525_600)


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
