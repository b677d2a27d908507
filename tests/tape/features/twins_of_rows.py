"""Slow twins of what the rows of a second tell: prices, volumes, the book, open interest, gaps, the index."""

import itertools
import math
from collections.abc import Callable
from fractions import Fraction

from nfolab.tape.features import FUTURE, SPOT, Call, OneContract
from tape.features.slow import View, both, good, legs, positive, twin

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
    own = x.slow.contracts[x.subject.number][0]
    alike = [
        number
        for number, rows in enumerate(x.slow.contracts)
        if (rows[0]["expiry"], rows[0]["strike"]) == (own["expiry"], own["strike"])
    ]
    if len(alike) < 2:
        return None
    return both(lambda c, p: c + p, *(x.slow.value(Call("mid"), OneContract(number), t) for number in alike))


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


# Beside the index


def as_of(x: View, t: int, name: str, age: int) -> float | None:
    known = [one for one in x.slow.beside[name] if one[0] <= t]
    return known[-1][1] if known and t - known[-1][0] <= age else None


@twin
def vix(x: View, t: int) -> float | None:
    return both(lambda paise: paise / 10_000, as_of(x, t, "INDIAVIX", 60))


@twin
def nifty(x: View, t: int) -> float | None:
    return as_of(x, t, "NIFTY", 2)


@twin
def banknifty(x: View, t: int) -> float | None:
    return as_of(x, t, "BANKNIFTY", 2)


@twin
def future(x: View, t: int) -> float | None:
    return View(x.slow, FUTURE)("last", t)


@twin
def basis(x: View, t: int) -> float | None:
    return both(lambda price, index: price - index, x("future", t), x("last", t))


@twin
def previous_close(x: View, t: int) -> float | None:
    return 59_123_45 if x.subject == SPOT else positive(x.newest(t), "close_paise")


# Liquidity that comes and goes

LOT = 35


def beats(x: View) -> dict[int, tuple[dict, int]]:
    """Second to its newest row and the highest volume told up to it, of the seconds that have a row."""
    known = x.slow.beats
    if x.subject not in known:
        known[x.subject], top = {}, 0
        for one in x.rows(10**9):
            top = max(top, one["volume"] or 0)
            known[x.subject][one["second"]] = one, top
    return known[x.subject]


def both_seconds(x: View, t: int) -> tuple[dict, dict] | None:
    """The rows of a second and of the one before, where both have one with a good quote."""
    now, then = beats(x).get(t), beats(x).get(t - 1)
    return (now[0], then[0]) if now and then and good(now[0]) and good(then[0]) else None


def five(one: dict, side: str) -> int:
    pairs = [(one[f"{side}p{level}_paise"], one[f"{side}q{level}"]) for level in range(5)]
    return sum(size for price, size in pairs if price and size)


def spread_of(one: dict) -> int:
    return one["sp0_paise"] - one["bp0_paise"]


def events(x: View, t: int, window: int, name: str, told: Callable) -> float | None:
    """How often something happened in a window; `told` gives True, False or None at a second."""
    found = x.slow.events.setdefault((x.subject, name), [])
    found.extend(told(s) for s in range(len(found), t + 1))
    found = found[: t + 1]
    start, missing = None, 0
    for s, one in enumerate(found):
        missing = missing + 1 if one is None else 0
        if missing >= window:
            start = None
        elif one is not None and start is None:
            start = s
    if start is None or t - start + 1 < window:
        return None
    known = [one for one in found[max(start, t - window + 1) :] if one is not None]
    return sum(known) if known else None


def pulled(x: View, side: str, price: str, sign: int, lots: int) -> Callable:
    def told(s: int) -> bool | None:
        rows = both_seconds(x, s)
        if rows is None or beats(x)[s - 1][1] == 0:
            return None
        now, then = rows
        units = beats(x)[s][1] - beats(x)[s - 1][1]
        away = sign * (now[price] - then[price]) <= 0 or spread_of(now) > spread_of(then)
        return 100 * five(now, side) <= 65 * five(then, side) and units <= lots * LOT and away

    return told


def replenished(x: View, side: str) -> Callable:
    def told(s: int) -> bool | None:
        rows = both_seconds(x, s)
        if rows is None:
            return None
        now, then = rows
        return 4 * five(now, side) >= 5 * five(then, side) and spread_of(now) <= spread_of(then)

    return told


@legs(sum)
def bid_pulls(x: View, t: int, window: object, lots: int) -> float | None:
    return events(x, t, window.count, f"bids pulled {lots}", pulled(x, "b", "bp0_paise", 1, lots))


@legs(sum)
def ask_pulls(x: View, t: int, window: object, lots: int) -> float | None:
    return events(x, t, window.count, f"asks pulled {lots}", pulled(x, "s", "sp0_paise", -1, lots))


@legs(sum)
def bid_replenishes(x: View, t: int, window: object) -> float | None:
    return events(x, t, window.count, "bids replenished", replenished(x, "b"))


@legs(sum)
def ask_replenishes(x: View, t: int, window: object) -> float | None:
    return events(x, t, window.count, "asks replenished", replenished(x, "s"))


@legs(sum)
def spread_changes(x: View, t: int, window: object) -> float | None:
    def told(s: int) -> bool | None:
        rows = both_seconds(x, s)
        return None if rows is None else spread_of(rows[0]) != spread_of(rows[1])

    return events(x, t, window.count, "spread", told)


@legs(sum)
def quote_changes(x: View, t: int, window: object) -> float | None:
    def told(s: int) -> bool | None:
        rows = both_seconds(x, s)
        best = ("bp0_paise", "bq0", "sp0_paise", "sq0")
        return None if rows is None else any(rows[0][one] != rows[1][one] for one in best)

    return events(x, t, window.count, "quote", told)


@twin
def rows_seen(x: View, t: int) -> float | None:
    return float(len(x.rows(t)))
