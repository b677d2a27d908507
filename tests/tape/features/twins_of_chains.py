"""Slow twins of what an expiry's options tell together: at the money, the smile, open interest, worth of a strike."""

import itertools
import math
import statistics
from collections.abc import Callable

from nfolab.tape.features import SPOT, Call, Chain, OneContract
from tape.features.slow import Slow, View, both, twin
from tape.features.twins_of_the_day import black, own_expiry, pairs_of, volatility_of

STEP = 100
LOT, MARGIN_PAISE = 35, 250_000 * 100


def of(x: View, number: int) -> View:
    return View(x.slow, OneContract(number))


def of_chain(x: View, expiry: object) -> View:
    return View(x.slow, Chain(expiry))


# At the money


@twin
def atm_strike(x: View, t: int) -> float | None:
    frozen = x.subject.frozen
    if frozen is not None and t < frozen:
        return None
    at = t if frozen is None else frozen
    spot = x.slow.value(Call("last"), SPOT, at)
    listed = [
        strike * 100
        for strike, numbers in pairs_of(x, own_expiry(x)).items()
        if all(of(x, number).rows(at) for number in numbers)
    ]
    return both(lambda index: min(listed, key=lambda one: (abs(one - index), one)), spot) if listed else None


@twin
def atm_straddle(x: View, t: int) -> float | None:
    strike = x("atm_strike", t)
    if strike is None:
        return None
    call, put = pairs_of(x, own_expiry(x))[strike // 100]
    return both(lambda c, p: c + p, of(x, call)("mid", t), of(x, put)("mid", t))


# The smile


def smile_at(x: View, strike: int, t: int) -> float | None:
    """The volatility of the option out of the money at a strike in rupees."""
    level = x("forward", t)
    if level is None:
        return None
    call, put = pairs_of(x, own_expiry(x))[strike]
    kind, number = ("CE", call) if strike * 100 >= level else ("PE", put)
    return volatility_of(x, t, kind, strike * 100, of(x, number)("mid", t))


def straight(x: View, level: float | None, t: int, without: int | None = None) -> float | None:
    """The volatility at a level, between the nearest known strikes within 1 %."""
    if level is None or x("forward", t) is None:
        return None
    strikes = [one for one in pairs_of(x, own_expiry(x)) if one != without and abs(one * 100 - level) <= 0.01 * level]
    above = next(((one, v) for one in strikes if one * 100 >= level and (v := smile_at(x, one, t)) is not None), None)
    below = next(
        ((one, v) for one in reversed(strikes) if one * 100 < level and (v := smile_at(x, one, t)) is not None), None
    )
    if above is not None and above[0] * 100 == level:
        return above[1]
    if above is None or below is None:
        return None
    share = (level / 100 - below[0]) / (above[0] - below[0])
    return below[1] + share * (above[1] - below[1])


@twin
def atm_iv(x: View, t: int) -> float | None:
    return straight(x, x("forward", t), t)


def skew_at(x: View, t: int, offset: int) -> float | None:
    level = both(lambda forward: forward + offset, x("forward", t))
    return both(lambda there, here: there - here, straight(x, level, t), x("atm_iv", t))


@twin
def call_skew(x: View, t: int, offset: object) -> float | None:
    return skew_at(x, t, offset.paise)


@twin
def put_skew(x: View, t: int, offset: object) -> float | None:
    return skew_at(x, t, -offset.paise)


def wing(x: View, t: int, kind: str) -> float | None:
    """The volatility at 25 % of delta."""
    level = x("forward", t)
    if level is None:
        return None
    years = x("minutes_to_expiry", t) / 525_600
    strikes = [one for one in pairs_of(x, own_expiry(x)) if (one * 100 >= level) == (kind == "CE")]
    points = []
    for strike in strikes if kind == "CE" else reversed(strikes):
        volatility = smile_at(x, strike, t)
        if volatility is not None:
            deviation = volatility * math.sqrt(years)
            d1 = math.log(level / (strike * 100)) / deviation + deviation / 2
            cumulative = statistics.NormalDist().cdf(d1)
            points.append((cumulative if kind == "CE" else 1 - cumulative, volatility))
    for (inner, before), (outer, after) in itertools.pairwise(points):
        if inner > 0.25 >= outer:
            return before + (inner - 0.25) / (inner - outer) * (after - before)
    return None


@twin
def call_iv_25(x: View, t: int) -> float | None:
    return wing(x, t, "CE")


@twin
def put_iv_25(x: View, t: int) -> float | None:
    return wing(x, t, "PE")


@twin
def skew_25(x: View, t: int) -> float | None:
    return both(lambda put, call: put - call, x("put_iv_25", t), x("call_iv_25", t))


@twin
def term_gap(x: View, t: int) -> float | None:
    later = sorted({rows[0]["expiry"] for rows in x.slow.contracts if rows[0]["expiry"] > own_expiry(x)})
    return both(lambda near, far: near - far, x("atm_iv", t), of_chain(x, later[0])("atm_iv", t)) if later else None


@twin
def expected_move(x: View, t: int) -> float | None:
    years = x("minutes_to_expiry", t) / 525_600
    return both(lambda forward, volatility: forward * volatility * math.sqrt(years), x("forward", t), x("atm_iv", t))


@twin
def straddle_move(x: View, t: int) -> float | None:
    return both(lambda price: price * math.sqrt(math.pi / 2), x("atm_straddle", t))


@twin
def neighbours_iv(x: View, t: int) -> float | None:
    strike = x.slow.contracts[x.subject.number][0]["strike"]
    return straight(x, strike * 100.0, t, without=strike)


@twin
def neighbours_price(x: View, t: int) -> float | None:
    own, level, volatility = x.slow.contracts[x.subject.number][0], x("forward", t), x("neighbours_iv", t)
    if None in (level, volatility):
        return None
    deviation = volatility * math.sqrt(x("minutes_to_expiry", t) / 525_600)
    return black(own["kind"], level, own["strike"] * 100, deviation)


# Open interest


def told_interest(x: View, t: int) -> dict[tuple[int, str], tuple[int, int | None]]:
    """(Strike, kind) to the open interest that stands, and the second that last changed it."""
    found = {}
    for rows in x.slow.contracts:
        if rows[0]["expiry"] != own_expiry(x):
            continue
        told = [(one["second"], one["oi"]) for one in rows if one["second"] <= t and one["oi"]]
        changes = [at for (_, before), (at, after) in itertools.pairwise(told) if after != before]
        if told:
            found[rows[0]["strike"], rows[0]["kind"]] = told[-1][1], changes[-1] if changes else None
    return found


def strongest(x: View, t: int, kinds: tuple[str, ...]) -> tuple[int, int, int | None] | None:
    """Strike in paise, units, and the second of the newest change, of the strike with the most of some kinds."""
    sums: dict[int, list] = {}
    for (strike, kind), (units, changed) in told_interest(x, t).items():
        if kind in kinds:
            sums.setdefault(strike, []).append((units, changed))
    if not sums:
        return None
    strike = min(sums, key=lambda one: (-sum(units for units, _ in sums[one]), one))
    changed = [at for _, at in sums[strike] if at is not None]
    return strike * 100, sum(units for units, _ in sums[strike]), max(changed, default=None)


CALLS, PUTS, BOTH = ("CE",), ("PE",), ("CE", "PE")


def part(x: View, t: int, kinds: tuple[str, ...], place: int) -> float | None:
    found = strongest(x, t, kinds)
    return None if found is None else found[place]


@twin
def call_wall(x: View, t: int) -> float | None:
    return part(x, t, CALLS, 0)


@twin
def put_wall(x: View, t: int) -> float | None:
    return part(x, t, PUTS, 0)


@twin
def pin_strike(x: View, t: int) -> float | None:
    return part(x, t, BOTH, 0)


@twin
def pin_oi(x: View, t: int) -> float | None:
    return part(x, t, BOTH, 1)


def since(t: int, changed: float | None) -> float | None:
    return both(lambda at: t - at, changed)


@twin
def call_wall_age(x: View, t: int) -> float | None:
    return since(t, part(x, t, CALLS, 2))


@twin
def put_wall_age(x: View, t: int) -> float | None:
    return since(t, part(x, t, PUTS, 2))


@twin
def pin_age(x: View, t: int) -> float | None:
    return since(t, part(x, t, BOTH, 2))


@twin
def max_pain(x: View, t: int) -> float | None:
    told = told_interest(x, t)
    known = sorted({rows[0]["strike"] for rows in x.slow.contracts
                    if rows[0]["expiry"] == own_expiry(x) and rows[0]["second"] <= t})  # fmt: skip

    def paid(level: int) -> int:
        return sum(
            units * max(0, level - strike if kind == "CE" else strike - level)
            for (strike, kind), (units, _) in told.items()
        )

    if not any(map(paid, known)):
        return None
    return min(known, key=lambda level: (paid(level), level)) * 100


def interest_near(x: View, t: int, kind: str, strikes: int) -> float | None:
    centre = x("atm_strike", t)
    if centre is None:
        return None
    told = told_interest(x, t).items()
    near = [units for (strike, of_kind), (units, _) in told
            if of_kind == kind and abs(strike * 100 - centre) <= strikes * STEP * 100]  # fmt: skip
    return sum(near) or None


@twin
def call_oi(x: View, t: int, strikes: int) -> float | None:
    return interest_near(x, t, "CE", strikes)


@twin
def put_oi(x: View, t: int, strikes: int) -> float | None:
    return interest_near(x, t, "PE", strikes)


@twin
def pcr(x: View, t: int, strikes: int) -> float | None:
    return both(lambda puts, calls: puts / calls, x(f"put_oi({strikes})", t), x(f"call_oi({strikes})", t))


# Past sessions


def past_volatility(slow: Slow, at: object) -> float | None:
    """The median volatility of a past day's nearest expiry over the five minutes that end at a clock."""
    view = View(slow, Chain(min(rows[0]["expiry"] for rows in slow.contracts)))
    end = at.second_of_day - (9 * 3600 + 15 * 60)
    told = [value for t in range(max(0, end - 299), end + 1) if (value := view("atm_iv", t)) is not None]
    return statistics.median(told) if told else None


def past_volatilities(x: View, days: int, at: object) -> list[float]:
    """Each is worked out once."""
    known = x.slow.past_found
    for one in x.slow.past:
        if (one, at) not in known:
            known[one, at] = past_volatility(one, at)
    told = [known[one, at] for one in x.slow.past[-days:]]
    return [one for one in told if one is not None]


@twin
def atm_iv_percentile(x: View, t: int, days: int, least: int, at: object) -> float | None:
    now, past = x("atm_iv", t), past_volatilities(x, days, at)
    return sum(one < now for one in past) / len(past) if len(past) >= least and now is not None else None


@twin
def atm_iv_rank(x: View, t: int, days: int, least: int, at: object) -> float | None:
    now, past = x("atm_iv", t), past_volatilities(x, days, at)
    if now is None or len(past) < least or max(past) == min(past):
        return None
    return (now - min(past)) / (max(past) - min(past))


@twin
def atm_iv_sessions(x: View, t: int, days: int, at: object) -> float | None:
    return len(past_volatilities(x, days, at))


# What a strike pays


def score(x: View, t: int, strike: int, expiry: object) -> float | None:
    numbers = pairs_of(x, expiry).get(strike)
    if numbers is None:
        return None
    thetas = [of(x, number)("theta", t) for number in numbers]
    return None if None in thetas else -sum(thetas) * LOT / MARGIN_PAISE


@twin
def theta_score(x: View, t: int) -> float | None:
    return score(x, t, x.slow.contracts[x.subject.number][0]["strike"], own_expiry(x))


def best(x: View, t: int, strikes: int, pick: Callable) -> float | None:
    centre = x("atm_strike", t)
    if centre is None:
        return None
    near = [one for one in pairs_of(x, own_expiry(x)) if abs(one * 100 - centre) <= strikes * STEP * 100]
    scores = {one: value for one in near if (value := score(x, t, one, own_expiry(x))) is not None}
    return pick(scores) if scores else None


@twin
def best_theta_score(x: View, t: int, strikes: int) -> float | None:
    return best(x, t, strikes, lambda scores: max(scores.values()))


@twin
def best_theta_strike(x: View, t: int, strikes: int) -> float | None:
    return best(x, t, strikes, lambda scores: 100 * max(scores, key=lambda one: (scores[one], -one)))


@twin
def gamma_per_spread(x: View, t: int) -> float | None:
    return both(lambda gamma, spread: gamma / spread, x("gamma", t), x("spread", t))


def exact_gamma(x: View, t: int) -> float | None:
    """By its formula: a difference of prices would not tell two that are near."""
    level, volatility = x("forward", t), x("iv", t)
    if None in (level, volatility):
        return None
    deviation = volatility * math.sqrt(x("minutes_to_expiry", t) / 525_600)
    strike = x.slow.contracts[x.subject.number][0]["strike"] * 100
    d1 = math.log(level / strike) / deviation + deviation / 2
    return statistics.NormalDist().pdf(d1) / (level * deviation)


@twin
def gamma_rank(x: View, t: int, strikes: int) -> float | None:
    own, chain = exact_gamma(x, t), of_chain(x, own_expiry(x))
    centre = chain("atm_strike", t)
    if None in (own, centre):
        return None
    numbers = [number for strike, pair in pairs_of(x, own_expiry(x)).items() for number in pair
               if abs(strike * 100 - centre) <= strikes * STEP * 100 and number != x.subject.number]  # fmt: skip
    others = [value for number in numbers if (value := exact_gamma(of(x, number), t)) is not None]
    return sum(one < own for one in others) / len(others) if others else None


def synthetic(x: View, t: int, of_call: str, of_put: str) -> float | None:
    strike = x.slow.contracts[x.subject.number][0]["strike"]
    numbers = pairs_of(x, own_expiry(x)).get(strike)
    if numbers is None:
        return None
    call, put = (of(x, number)(side, t) for number, side in zip(numbers, (of_call, of_put), strict=True))
    return both(lambda c, p: strike * 100 + c - p, call, put)


@twin
def synthetic_bid(x: View, t: int) -> float | None:
    return synthetic(x, t, "bid", "ask")


@twin
def synthetic_ask(x: View, t: int) -> float | None:
    return synthetic(x, t, "ask", "bid")
