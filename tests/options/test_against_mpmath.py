"""Price, greeks and implied volatility against formulas evaluated with 60 digits, at the worst points there are.

A float is known to half an ulp, so no method can tell a volatility better than ulp(premium)/vega. In ulps of the
volatility that is the condition number kappa = premium/(volatility vega), the premium of an option in the money being
mostly intrinsic value. Asserted is 16 + 8 kappa ulps; wherever kappa allows 1e-10 at all, that is far below 1e-10.
"""

import mpmath
import numpy as np
import pytest

from nfolab.options.black76 import price
from nfolab.options.greeks import greeks
from nfolab.options.implied import implied_greeks, implied_volatility
from nfolab.options.reasons import Reason
from options.points import extreme, market

DIGITS = 60
ULP = 2.0**-52
SMALLEST = 1e-290
"""Below it floats lose digits by themselves."""


def exact(kind, forward, strike, years, rate, volatility):
    """Return price and greeks, and for each greek the size of the largest part it is a difference of."""
    f, k, t, r, v = (mpmath.mpf(float(one)) for one in (forward, strike, years, rate, volatility))
    root = mpmath.sqrt(t)
    s = v * root
    discount = mpmath.exp(-r * t)
    d1 = mpmath.log(f / k) / s + s / 2
    d2 = d1 - s

    def normal(x):
        return mpmath.erfc(-x / mpmath.sqrt(2)) / 2

    n = discount * mpmath.npdf(d1)
    if kind == "CE":
        value, delta = discount * (f * normal(d1) - k * normal(d2)), discount * normal(d1)
    else:
        value, delta = discount * (k * normal(-d2) - f * normal(-d1)), -discount * normal(-d1)
    vega, a = f * n * root, f * n * v / (2 * root)
    day = mpmath.mpf(1) / 365
    sizes = abs(mpmath.log(f / k)) / s + s / 2  # d1 and d2 are differences of parts this large
    return {
        "price": (value, 0),
        "delta": (delta, 0),
        "gamma": (n / (f * s), 0),
        "theta": ((r * value - a) * day, (abs(r * value) + a) * day),
        "vega": (vega, 0),
        "rho": (-t * value, 0),
        "vanna": (-n * d2 / v, n * sizes / v),
        "volga": (vega * d1 * d2 / v, vega * sizes**2 / v),
        "charm": ((r * delta + n * d2 / (2 * t)) * day, (abs(r * delta) + n * sizes / (2 * t)) * day),
        "veta": (
            vega * (r - (1 + d1 * d2) / (2 * t)) * day,
            vega * (abs(r) + (1 + sizes**2) / (2 * t)) * day,
        ),
        "theta_drift": (
            (r * r * value - 2 * r * a + a * (d1 * d2 - 1) / (2 * t)) * day**2,
            (r * r * value + 2 * abs(r) * a + a * (sizes**2 + 1) / (2 * t)) * day**2,
        ),
    }


@pytest.fixture(scope="module")
def worst():
    points = extreme(2_500, 11), market(500, 12)
    with mpmath.workdps(DIGITS):
        return [
            (
                some,
                [exact(*(getattr(some, name)[i] for name in some.__dataclass_fields__)) for i in range(some.kind.size)],
            )
            for some in points
        ]


def test_price_and_all_greeks(worst):
    for points, truths in worst:
        found = greeks(points.kind, **points.numbers)
        assert (found.reason == Reason.KNOWN).all()
        for name in truths[0]:
            values = getattr(found, name)
            for place, truth in enumerate(truths):
                right, parts = truth[name]
                # 1e-9 is asked; what is lost deep in the wings is d1² ulps, at most 1400. The floor is that of the
                # parts of which a greek is the difference: where they cancel, no digits are left to be right.
                allowed = 2e-12 * abs(right) + 2e-13 * parts + SMALLEST
                assert abs(mpmath.mpf(float(values[place])) - right) <= allowed, (name, place)


def test_price_function_keeps_parity_with_the_exact_one(worst):
    for points, truths in worst:
        for kind in ("CE", "PE"):
            mine = points.kind == kind
            found = price(kind, **points.chosen(mine).numbers)
            right = np.array([float(truth["price"][0]) for truth, own in zip(truths, mine, strict=True) if own])
            assert np.allclose(found, right, rtol=2e-12, atol=SMALLEST)


def test_implied_volatility_is_as_exact_as_the_premium(worst):
    told = 0
    for points, truths in worst:
        premium = np.array([float(truth["price"][0]) for truth in truths])
        vega = np.array([float(truth["vega"][0]) for truth in truths])
        numbers = {name: value for name, value in points.numbers.items() if name != "volatility"}
        found = implied_volatility(points.kind, premium=premium, **numbers)
        right = points.volatility
        with np.errstate(divide="ignore", over="ignore"):
            condition = premium / (right * vega)
        known = (found.reason == Reason.KNOWN) & (premium > SMALLEST)
        with np.errstate(over="ignore"):
            allowed = (16 + 8 * condition) * ULP
        error = np.abs(found.volatility / right - 1)
        assert (error[known] <= allowed[known]).all()
        worth_telling = (16 + 8 * condition) * ULP < 1e-10
        assert known[worth_telling & (premium > SMALLEST)].all()
        assert (error[worth_telling & known] <= 1e-10).all()
        # Where there is none, the time value was lost in rounding the premium: one ulp of it is worth the whole.
        lost = ~known & (premium > SMALLEST)
        assert set(found.reason[lost]) <= {Reason.NO_TIME_VALUE, Reason.BELOW_INTRINSIC, Reason.ABOVE_BOUND}
        assert (condition[lost] * ULP > 1e-3).all()
        told += int(known.sum())
    assert told > 2_000


def test_greeks_in_one_pass_with_the_volatility(worst):
    points, truths = worst[1]
    premium = np.array([float(truth["price"][0]) for truth in truths])
    numbers = {name: value for name, value in points.numbers.items() if name != "volatility"}
    found = implied_greeks(points.kind, premium=premium, **numbers)
    apart = implied_volatility(points.kind, premium=premium, **numbers)
    assert np.array_equal(found.volatility, apart.volatility, equal_nan=True)
    assert np.array_equal(found.reason, apart.reason)
    known = found.reason == Reason.KNOWN
    again = greeks(points.kind, **{**numbers, "volatility": found.volatility})
    for name in ("delta", "gamma", "theta", "vega", "rho"):
        # Premium and price at the implied volatility differ by an ulp, and theta takes either.
        assert np.allclose(getattr(found, name)[known], getattr(again, name)[known], rtol=1e-11, atol=1e-300)
        assert np.isnan(getattr(found, name)[~known]).all()
