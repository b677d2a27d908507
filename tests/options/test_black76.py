"""Black-76 against hand-worked values, parity, bounds and an independent integration."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfolab.base.errors import InputError
from nfolab.options.black76 import price, undiscounted_pair

forwards = st.floats(1_000, 100_000)
relative_strikes = st.floats(0.5, 2.0)
years = st.floats(0, 2)
rates = st.floats(-0.02, 0.15)
volatilities = st.floats(0, 1.5)


def test_at_the_money_by_hand():
    # F = K = 100, one year, 20 %: d1 = 0.1, d2 = -0.1; N(0.1) = 0.539827837277029 from the tables, so the
    # undiscounted call is 100 x (2 x 0.539827837277029 - 1) = 7.9655674554058, discounted at 5 % 7.577082146.
    call = price("CE", forward=100, strike=100, years=1, rate=0, volatility=0.2)
    assert call == pytest.approx(7.9655674554058, abs=1e-11)
    put = price("PE", forward=100, strike=100, years=1, rate=0.05, volatility=0.2)
    assert put == pytest.approx(7.9655674554058 * math.exp(-0.05), abs=1e-11)


def test_hull_example_of_a_futures_put():
    # The textbook case of Hull's "Options, Futures and Other Derivatives": a put on a future, four months, is 1.12.
    put = price("PE", forward=20, strike=20, years=4 / 12, rate=0.09, volatility=0.25)
    assert round(float(put), 2) == 1.12


@given(forwards, relative_strikes, years, rates, volatilities)
def test_parity_holds_to_rounding(forward, relative, time, rate, volatility):
    strike = forward * relative
    both = [
        price(k, forward=forward, strike=strike, years=time, rate=rate, volatility=volatility) for k in ("CE", "PE")
    ]
    expected = math.exp(-rate * time) * (forward - strike)
    assert both[0] - both[1] == pytest.approx(expected, abs=4e-16 * 8 * forward)


@given(forwards, relative_strikes, st.floats(0.001, 2), st.floats(0.01, 1.5))
def test_price_equals_the_integral_of_the_payoff(forward, relative, time, volatility):
    strike = forward * relative
    deviation = volatility * math.sqrt(time)
    z, step = np.linspace(-9, 9, 20_001, retstep=True)
    terminal = forward * np.exp(-(deviation**2) / 2 + deviation * z)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    by_sum = float((np.maximum(terminal - strike, 0) * density).sum() * step)
    call = price("CE", forward=forward, strike=strike, years=time, rate=0, volatility=volatility)
    assert call == pytest.approx(by_sum, rel=1e-6, abs=forward * 3e-6)


@given(forwards, relative_strikes, years, volatilities)
def test_bounds(forward, relative, time, volatility):
    strike = forward * relative
    call, put = undiscounted_pair(forward, strike, volatility * math.sqrt(time))
    assert max(forward - strike, 0) <= call <= forward * (1 + 1e-12)
    assert max(strike - forward, 0) <= put <= strike * (1 + 1e-12)


def test_calls_fall_and_are_convex_in_strike():
    strikes = np.arange(50_000.0, 64_001.0, 100.0)
    call, put = undiscounted_pair(57_000.0, strikes, 0.03)
    assert (np.diff(call) < 0).all()
    assert (np.diff(put) > 0).all()
    assert (np.diff(call, 2) > -1e-9).all()


def test_expired_and_riskless_options_are_worth_their_intrinsic_value():
    assert price("CE", forward=110, strike=100, years=0, rate=0.07, volatility=0.3) == 10
    assert price("PE", forward=110, strike=100, years=1, rate=0, volatility=0) == 0
    assert price("PE", forward=100, strike=100, years=0, rate=0, volatility=0) == 0


def test_shapes_broadcast():
    result = price("CE", forward=np.full((3, 1), 100.0), strike=[90, 100], years=1, rate=0, volatility=0.2)
    assert result.shape == (3, 2)
    assert (result[:, 0] > result[:, 1]).all()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("forward", 0, "above zero"),
        ("strike", -1, "above zero"),
        ("years", -0.1, "below zero"),
        ("volatility", -0.1, "below zero"),
        ("rate", math.nan, "finite"),
        ("forward", math.inf, "finite"),
    ],
)
def test_numbers_without_meaning_are_refused(name, value, said):
    numbers = {"forward": 100, "strike": 100, "years": 1, "rate": 0.05, "volatility": 0.2, name: value}
    with pytest.raises(InputError, match=said):
        price("CE", **numbers)
