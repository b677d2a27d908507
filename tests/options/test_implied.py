"""Implied volatility: what is refused and why, the edges of what can be told, and no exception from any number."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nfolab.base.errors import InputError
from nfolab.options import implied
from nfolab.options.greeks import greeks
from nfolab.options.implied import implied_greeks, implied_volatility
from nfolab.options.reasons import Reason

WELL = {"forward": 100.0, "strike": 100.0, "years": 1.0, "rate": 0.0, "premium": 5.0}
anything = st.floats(allow_nan=True, allow_infinity=True)
kinds = st.sampled_from(["CE", "PE"])


@pytest.mark.parametrize(
    ("kind", "changed", "reason"),
    [
        ("CE", {}, Reason.KNOWN),
        ("CE", {"premium": math.nan}, Reason.MISSING),
        ("CE", {"forward": math.inf}, Reason.MISSING),
        ("CE", {"rate": math.nan}, Reason.MISSING),
        ("CE", {"forward": 0.0}, Reason.NO_PRICE),
        ("PE", {"strike": -1.0}, Reason.NO_PRICE),
        ("CE", {"years": 0.0}, Reason.NO_TIME),
        ("CE", {"years": -0.5}, Reason.NO_TIME),
        ("CE", {"premium": 0.0}, Reason.BELOW_INTRINSIC),
        ("CE", {"premium": -1.0}, Reason.BELOW_INTRINSIC),
        ("CE", {"strike": 90.0, "premium": 9.99}, Reason.BELOW_INTRINSIC),
        ("CE", {"strike": 90.0, "premium": 10.0}, Reason.NO_TIME_VALUE),
        ("CE", {"strike": 90.0, "premium": 10.01}, Reason.KNOWN),
        ("PE", {"strike": 110.0, "premium": 9.99}, Reason.BELOW_INTRINSIC),
        # At a rate of 5 % the intrinsic value of 10 is worth 9.512 today.
        ("PE", {"strike": 110.0, "premium": 9.6, "rate": 0.05}, Reason.KNOWN),
        ("PE", {"strike": 110.0, "premium": 9.5, "rate": 0.05}, Reason.BELOW_INTRINSIC),
        ("CE", {"premium": 99.99}, Reason.KNOWN),
        ("CE", {"premium": 100.0}, Reason.ABOVE_BOUND),
        ("PE", {"strike": 80.0, "premium": 80.0}, Reason.ABOVE_BOUND),
        ("PE", {"strike": 80.0, "premium": 79.0}, Reason.KNOWN),
        ("CE", {"premium": 1e-300}, Reason.KNOWN),
        ("CE", {"premium": 5e-324}, Reason.BEYOND_NUMBERS),
        ("CE", {"rate": 1e9}, Reason.BEYOND_NUMBERS),
    ],
)
def test_reasons(kind, changed, reason):
    found = implied_greeks(kind, **{**WELL, **changed})
    assert found.reason == reason
    for name in ("volatility", "delta", "gamma", "theta", "vega", "rho"):
        assert np.isfinite(getattr(found, name)) == (reason == Reason.KNOWN)


def test_at_the_money_by_hand():
    # F = K = 100, one year: the call is 100 (2 N(v/2) - 1); N(0.1) = 0.539827837277029, so 7.9655674554058 tells 20 %.
    found = implied_volatility(["CE", "PE"], **{**WELL, "premium": 7.9655674554058})
    assert found.volatility == pytest.approx([0.2, 0.2], rel=1e-13)


def test_the_last_second_and_the_deepest_wing():
    # 1 second before expiry, 0.05 for a strike 100 points away at 57,000: d is 57,000 v sqrt(1/31,536,000) points, and
    # 0.05 is an expected excess over ten times that tells v of hundreds of percent; put back it gives 0.05 again.
    second = 1 / 31_536_000
    found = implied_volatility("CE", forward=57_000, strike=57_100, years=second, rate=0.055, premium=0.05)
    again = greeks(
        "CE", forward=57_000, strike=57_100, years=second, rate=0.055, volatility=found.volatility
    )  # fmt: skip
    assert 3 < found.volatility < 10
    assert again.price == pytest.approx(0.05, rel=1e-13)


@given(kinds, anything, anything, anything, anything, anything)
@example("CE", 5e-324, 1e308, 1.0, 0.0, 1e-310)
@example("CE", 1e308, 1e308, 1.0, 0.0, 1e300)
@example("PE", 1.0, 1.0, 5e-324, 1e308, 0.5)
@example("CE", 1.0, 1.0, 1e300, 1.0, 0.5)
@example("CE", 1e-305, 1e-305, 1.0, 0.0, 1e-320)
@example("PE", 1e308, 1e-308, 1.0, 0.0, 1e-310)
@example("CE", 1e-308, 1e307, 1.0, 0.0, 1e-310)
def test_nothing_raises_and_nothing_is_made_up(kind, forward, strike, years, rate, number):
    with np.errstate(all="ignore"):
        told = implied_greeks(kind, forward=forward, strike=strike, years=years, rate=rate, premium=number)
        found = greeks(kind, forward=forward, strike=strike, years=years, rate=rate, volatility=number)
    assert np.isfinite(told.volatility) == (told.reason == Reason.KNOWN)
    if told.reason == Reason.KNOWN:
        assert told.volatility > 0
    if found.reason != Reason.KNOWN:
        assert all(np.isnan(getattr(found, name)) for name in ("price", "delta", "gamma", "vega", "theta_drift"))


def test_nothing_raises_at_any_size_of_numbers():
    random = np.random.default_rng(8)
    count = 200_000
    bits = random.integers(0, 2**64, (5, count // 2), dtype=np.uint64, endpoint=False).view(np.float64)
    wide = 10 ** random.uniform(-320, 308, (5, count // 2)) * random.choice([1, 1, 1, -1], (5, count // 2))
    forward, strike, years, rate, number = np.concatenate([bits, wide], axis=1)
    close = random.random(count) < 0.3
    with np.errstate(all="ignore"):
        strike[close] = forward[close] * (1 + random.normal(0, 1e-3, count)[close])
    rate[count // 4 :] = 0.05
    years[count // 3 :] = random.choice([1e-7, 0.01, 1.0], count)[count // 3 :]
    with np.errstate(all="ignore"):
        for kind in ("CE", "PE"):
            told = implied_greeks(kind, forward=forward, strike=strike, years=years, rate=rate, premium=number)
            found = greeks(kind, forward=forward, strike=strike, years=years, rate=rate, volatility=number)
            known = told.reason == Reason.KNOWN
            assert np.array_equal(np.isfinite(told.volatility), known)
            assert (told.volatility[known] > 0).all()
            assert known.sum() > 1_000
            assert np.isfinite(found.delta[found.reason == Reason.KNOWN]).all()
            assert np.isfinite(found.price[found.reason == Reason.KNOWN]).all()
            assert set(found.reason) <= set(Reason)


@given(kinds, st.floats(0.5, 2), st.floats(1e-6, 1), st.floats(0.01, 3), st.floats(-0.02, 0.1))
def test_dearer_means_more_volatile(kind, relative, years, volatility, rate):
    numbers = {"forward": 100.0, "strike": 100 * relative, "years": years, "rate": rate}
    premium = greeks(kind, volatility=[volatility, volatility * 1.01], **numbers).price
    found = implied_volatility(kind, premium=premium, **numbers)
    if premium[1] > premium[0] * (1 + 1e-12) and (found.reason == Reason.KNOWN).all():
        assert found.volatility[1] > found.volatility[0]


def test_arrays_of_kinds_broadcast():
    found = implied_volatility(
        np.array([["CE"], ["PE"]]), forward=100, strike=[95, 100, 105], years=0.1, rate=0, premium=6
    )  # fmt: skip
    assert found.volatility.shape == found.reason.shape == (2, 3)
    assert (found.reason == Reason.KNOWN).all()


def test_every_form_of_input_meets_the_same_compiled_kernel():
    fixed = np.full(4, 100.0)
    fixed.flags.writeable = False
    for forward in (100, fixed, np.arange(200.0)[100:108:2], np.float32(100), [100, 101, 102, 103]):
        implied_volatility("CE", forward=forward, strike=fixed, years=1, rate=0, premium=9)
    assert len(implied._implied.signatures) == 1


def test_a_word_that_is_no_kind_is_refused():
    with pytest.raises(InputError, match="'FUT' is no kind of option: give CE or PE"):
        implied_volatility("FUT", **WELL)
    with pytest.raises(InputError, match="do not fit together"):
        implied_volatility("CE", **{**WELL, "premium": [1, 2], "strike": [1, 2, 3]})


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"volatility": 0.0}, Reason.NO_VOLATILITY),
        ({"volatility": -0.1}, Reason.NO_VOLATILITY),
        ({"years": 0.0}, Reason.NO_TIME),
        ({"strike": 0.0}, Reason.NO_PRICE),
        ({"rate": math.inf}, Reason.MISSING),
        ({"volatility": 1e200}, Reason.BEYOND_NUMBERS),
    ],
)
def test_reasons_of_greeks(changed, reason):
    numbers = {"forward": 100.0, "strike": 100.0, "years": 1.0, "rate": 0.0, "volatility": 0.2, **changed}
    found = greeks("CE", **numbers)
    assert found.reason == reason
    assert np.isnan(found.price)
    assert np.isnan(found.theta_per_trading_minute)


def test_theta_of_a_day_and_of_a_minute():
    # F = K = 100, one year, 20 %, no rate: a year's decay is 100 n(0.1) 0.2/2 = 10 x 0.396952547477012 = 3.96952547.
    found = greeks("CE", forward=100, strike=100, years=1, rate=0, volatility=0.2)
    assert found.theta == pytest.approx(-3.96952547477012 / 365, rel=1e-13)
    assert found.theta_per_trading_minute == pytest.approx(-3.96952547477012 / (252 * 375), rel=1e-13)
    assert found.vega == pytest.approx(39.6952547477012, rel=1e-13)
