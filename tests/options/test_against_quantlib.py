"""Price, greeks and implied volatility against QuantLib on 120,000 options, from the money to the wings."""

import numpy as np
import pytest
import QuantLib

from nfolab.options.greeks import greeks, per_spot
from nfolab.options.implied import implied_volatility
from nfolab.options.reasons import Reason
from options.points import market

MANY = 120_000
# QuantLib prices an option out of the money as a difference of two normal probabilities, each right to some ulps: what
# it tells is right to some ulps of the forward or strike, not of the price.
ITS_PRECISION = 32 * 2.0**-52


@pytest.fixture(scope="module")
def priced():
    points = market(MANY, 21)
    told = np.empty((MANY, 6))
    rows = zip(
        points.kind, points.forward, points.strike, points.deviation, points.rate, points.years, strict=True
    )  # fmt: skip
    for place, (kind, forward, strike, deviation, rate, years) in enumerate(rows):
        payoff = QuantLib.PlainVanillaPayoff(
            QuantLib.Option.Call if kind == "CE" else QuantLib.Option.Put, float(strike)
        )
        one = QuantLib.BlackCalculator(payoff, float(forward), float(deviation), float(np.exp(-rate * years)))
        told[place] = (
            one.value(), one.deltaForward(), one.gammaForward(), one.vega(float(years)),
            one.theta(float(forward), float(years)), one.rho(float(years)),
        )  # fmt: skip
    return points, told.T


def test_price_and_greeks(priced):
    points, (value, delta, gamma, vega, _, _) = priced
    found = greeks(points.kind, **points.numbers)
    assert (found.reason == Reason.KNOWN).all()
    allowed = ITS_PRECISION * np.maximum(points.forward, points.strike)
    assert (np.abs(found.price - value) <= allowed).all()
    # QuantLib's d1 carries an ulp of ln(F/K) divided by s, down to 2e-5 here, and its probabilities likewise.
    assert np.allclose(found.delta, delta, rtol=1e-9, atol=2e-11)
    assert np.allclose(found.gamma, gamma, rtol=1e-9, atol=1e-15 / (points.forward * points.deviation).min())
    assert np.allclose(found.vega, vega, rtol=1e-9, atol=1e-12)


def test_greeks_per_spot(priced):
    # QuantLib's rho holds the spot and lets the forward rise with the rate; its theta at a spot that is the forward
    # discounted at the rate is ours per spot.
    points, (_, _, _, _, _, rho) = priced
    found = greeks(points.kind, **points.numbers)
    spot = points.forward * np.exp(-points.rate * points.years)
    seen = per_spot(found, forward=points.forward, spot=spot, years=points.years)
    assert np.allclose(seen.rho, rho, rtol=1e-9, atol=1e-13 * (points.strike * points.years).max())
    some = np.flatnonzero((points.years > 1e-3) & (np.abs(np.log(points.strike / points.forward)) < 0.2))[:5_000]
    for place in some:
        kind, strike = points.kind[place], float(points.strike[place])
        payoff = QuantLib.PlainVanillaPayoff(QuantLib.Option.Call if kind == "CE" else QuantLib.Option.Put, strike)
        years = float(points.years[place])
        discount = float(np.exp(-points.rate[place] * years))
        one = QuantLib.BlackCalculator(payoff, float(points.forward[place]), float(points.deviation[place]), discount)
        at = float(spot[place])
        assert seen.delta[place] == pytest.approx(one.delta(at), rel=1e-9, abs=1e-13)
        assert seen.gamma[place] == pytest.approx(one.gamma(at), rel=1e-9, abs=1e-15)
        assert seen.theta[place] == pytest.approx(one.theta(at, years) / 365, rel=1e-9, abs=1e-9)


def test_implied_volatility_of_our_prices_is_the_volatility(priced):
    points, _ = priced
    found = greeks(points.kind, **points.numbers)
    numbers = {name: value for name, value in points.numbers.items() if name != "volatility"}
    implied = implied_volatility(points.kind, premium=found.price, **numbers)
    condition = found.price / (points.volatility * found.vega)
    allowed = (16 + 8 * condition) * 2.0**-52
    known = implied.reason == Reason.KNOWN
    assert known[allowed < 1e-10].all()
    error = np.abs(implied.volatility / points.volatility - 1)
    assert (error[known] <= allowed[known]).all()
    assert (error[allowed < 1e-10] <= 1e-10).all()
    assert (allowed < 1e-10).sum() > 60_000


def test_implied_volatility_of_the_prices_of_quantlib(priced):
    points, (value, _, _, vega, _, _) = priced
    numbers = {name: value for name, value in points.numbers.items() if name != "volatility"}
    implied = implied_volatility(points.kind, premium=value, **numbers)
    with np.errstate(divide="ignore"):
        allowed = ITS_PRECISION * np.maximum(points.forward, points.strike) / (vega * points.volatility)
    telling = allowed < 1e-10
    assert telling.sum() > 30_000
    assert (np.abs(implied.volatility / points.volatility - 1)[telling] <= 1e-10).all()
    # Its own search for the volatility, where its prices allow it.
    for place in np.flatnonzero(telling)[:2_000]:
        kind = QuantLib.Option.Call if points.kind[place] == "CE" else QuantLib.Option.Put
        discount = float(np.exp(-points.rate[place] * points.years[place]))
        deviation = QuantLib.blackFormulaImpliedStdDev(
            kind, float(points.strike[place]), float(points.forward[place]), float(value[place]), discount, 0.0,
            float(points.deviation[place]) * 1.1, 1e-13, 200,
        )  # fmt: skip
        own = implied.volatility[place] * np.sqrt(points.years[place])
        assert own == pytest.approx(deviation, rel=1e-9, abs=2e-13)
