"""Fair values: no arbitrage between strikes, and exact martingales in the market made for that."""

from datetime import date

import numpy as np
import pytest

from nfolab.market.sessions import session, trading_days
from nfolab.vendor.synthetic.clocks import trading_seconds_left, years_left
from nfolab.vendor.synthetic.day import ExpiryDay
from nfolab.vendor.synthetic.martingale import martingale_day
from nfolab.vendor.synthetic.normal import normal_day
from nfolab.vendor.synthetic.write import market_days

EXPIRY_EVE = date(2025, 7, 9)


@pytest.mark.parametrize(("underlying", "level", "step"), [("NIFTY", 25_400, 50), ("BANKNIFTY", 57_000, 100)])
@pytest.mark.parametrize("day", [date(2025, 7, 7), date(2025, 7, 31)])
def test_the_smile_leaves_no_arbitrage_between_strikes(underlying, level, step, day):
    market = normal_day(5, underlying, session(day), float(level))
    strikes = range(level - 90 * step, level + 91 * step, step)
    for expiry in market.expiries:
        pairs = [expiry.fair_pair(strike) for strike in strikes]
        calls, puts = (np.array(kind)[:, ::500] for kind in zip(*pairs, strict=True))
        assert (np.diff(calls, axis=0) <= 1e-9).all()
        assert (np.diff(puts, axis=0) >= -1e-9).all()
        assert (np.diff(calls, 2, axis=0) >= -1e-6).all()
        parity = expiry.discount[::500] * (expiry.forward[::500] - np.array(strikes)[:, None])
        assert np.allclose(calls - puts, parity, atol=1e-8, rtol=0)


def test_out_of_the_money_puts_are_dearer_in_volatility_than_calls():
    expiry = normal_day(5, "NIFTY", session(date(2025, 7, 7)), 25_400.0).expiries[0]
    money = expiry.total_deviation
    low, high = (expiry.smile.deviation(strike, expiry.forward, money) for strike in (25_000, 25_800))
    assert (low > high).all()


def test_trading_seconds_by_hand():
    # From the open of Wednesday 2025-07-09 to the close of Thursday 2025-07-10 are two sessions of 22,500 seconds.
    left = trading_seconds_left(session(EXPIRY_EVE), date(2025, 7, 10))
    assert (left[0], left[1], left[22_500]) == (45_000, 44_999, 22_500)
    assert trading_seconds_left(session(date(2025, 7, 10)), date(2025, 7, 10))[22_500] == 0
    # 2024-03-02 has 2,700 and 3,600 open seconds; none pass in the pause.
    broken = trading_seconds_left(session(date(2024, 3, 2)), date(2024, 3, 2))
    assert (broken[0], broken[2_700], broken[8_100], broken[-1]) == (6_300, 3_600, 3_600, 0)


def test_calendar_years_by_hand():
    years = years_left(session(date(2025, 7, 7)), date(2025, 7, 10))
    # Monday 09:15:00 to Thursday 15:30:00 are 3 days and 22,500 s; from Friday's close 6 days.
    assert years[1] == pytest.approx((3 * 86_400 + 22_500) / (365 * 86_400), rel=1e-15)
    assert years[0] == pytest.approx(6 / 365, rel=1e-15)


def test_fair_values_pass_the_night_unchanged_and_end_at_the_payoff():
    eve, expiry_day = market_days("NIFTY", EXPIRY_EVE, 2, 11, "martingale")
    for strike in (25_200, 25_400, 25_600):
        evening, morning = eve.expiries[0].fair_pair(strike), expiry_day.expiries[0].fair_pair(strike)
        for before, after in zip(evening, morning, strict=True):
            assert after[0] == pytest.approx(before[-1], abs=1e-9)
            assert after[1] == pytest.approx(before[-1], abs=1e-9)
        call, put = morning
        level = expiry_day.closing_level
        assert call[-1] == pytest.approx(max(level - strike, 0), abs=1e-9)
        assert put[-1] == pytest.approx(max(strike - level, 0), abs=1e-9)


CONTRACTS = [(25_400, 0), (25_400, 1), (25_600, 0), (25_200, 1)]
MOMENTS = (1, 300, 9_000, 20_000, 22_501)


@pytest.fixture(scope="module")
def sample():
    """Changes of fair value over the morning, the afternoon and to the payoff, and the index's move before each.

    Shape (seeds, contracts, stretches, 2), on the expiry day of 2025-07-10.
    """
    found = []
    for seed in range(300):
        expiry = martingale_day(seed, "NIFTY", session(date(2025, 7, 10)), 25_400.0).expiries[0]
        moments = np.array(MOMENTS)
        cut = ExpiryDay(
            expiry.expiry,
            expiry.forward[moments],
            expiry.total_deviation[moments],
            expiry.discount[moments],
            expiry.smile,
        )
        before = np.diff(cut.forward)[:-1]
        fair = [cut.fair_pair(strike)[kind] for strike, kind in CONTRACTS]
        found.append([np.stack([np.diff(values)[1:], before], axis=-1) for values in fair])
    return np.array(found)


def z_score(gain):
    return gain.mean() / (gain.std() / np.sqrt(gain.size))


@pytest.mark.parametrize("contract", range(len(CONTRACTS)))
def test_fair_values_are_martingales(sample, contract):
    for stretch in range(sample.shape[2]):
        change, before = sample[:, contract, stretch, 0], sample[:, contract, stretch, 1]
        for strategy in (np.ones_like(before), np.sign(before), before):
            assert abs(z_score(change * strategy)) < 4


def test_the_sample_is_large_enough_to_see_a_look_ahead(sample):
    # Whoever knows whether the option rises next earns far beyond chance in the same sample.
    for contract in range(len(CONTRACTS)):
        assert z_score(np.abs(sample[:, contract, :, 0]).ravel()) > 6


def test_days_follow_each_other_whatever_comes_after():
    one = list(market_days("BANKNIFTY", date(2025, 7, 5), 1, 3, "normal"))
    three = list(market_days("BANKNIFTY", date(2025, 7, 5), 3, 3, "normal"))
    assert [day.day for day in three] == trading_days(date(2025, 7, 7), date(2025, 7, 9))
    assert (one[0].spot_paise == three[0].spot_paise).all()
    assert three[1].expiries[0].forward[0] == pytest.approx(three[0].expiries[0].forward[-1], rel=1e-12)
