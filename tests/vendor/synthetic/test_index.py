"""The index: one-second steps as in real feeds, clusters, fat tails; and none of that in the martingale market."""

from datetime import date

import numpy as np
import pytest

from nfolab.market.sessions import session
from nfolab.vendor.synthetic.martingale import martingale_day
from nfolab.vendor.synthetic.normal import normal_day

LEVELS = {"NIFTY": 25_400.0, "BANKNIFTY": 57_000.0}
BANDS = {"NIFTY": (0.60, 0.95), "BANKNIFTY": (2.6, 3.7)}


def moves(make, underlying, seed, day=date(2025, 7, 7)):
    return np.diff(make(seed, underlying, session(day), LEVELS[underlying]).spot_paise) / 100


def correlation(values, lag):
    return np.corrcoef(values[:-lag], values[lag:])[0, 1]


def kurtosis(values):
    return ((values - values.mean()) ** 4).mean() / values.var() ** 2


@pytest.mark.parametrize("underlying", LEVELS)
@pytest.mark.parametrize("make", [normal_day, martingale_day])
def test_one_second_steps_are_as_large_as_real_ones(underlying, make):
    low, high = BANDS[underlying]
    deviations = [moves(make, underlying, seed).std() for seed in range(12)]
    assert low < np.mean(deviations) < high
    assert sum(low < deviation < high for deviation in deviations) >= 11


def test_volatility_clusters_and_tails_are_fat():
    days = [moves(normal_day, "BANKNIFTY", seed) for seed in range(8)]
    sizes = [np.abs(day) for day in days]
    assert np.mean([correlation(size, 1) for size in sizes]) > 0.12
    assert np.mean([correlation(size, 60) for size in sizes]) > 0.02
    assert np.mean([kurtosis(day) for day in days]) > 5
    first, last = (np.mean([size[part].mean() for size in sizes]) for part in (slice(0, 600), slice(9_000, 15_000)))
    assert first > 1.25 * last


def test_jumps_happen_a_few_times_a_day():
    days = [moves(normal_day, "BANKNIFTY", seed) for seed in range(20)]
    jumps = [(np.abs(day) > 6 * day.std()).sum() for day in days]
    assert 1 < np.mean(jumps) < 20


def test_the_martingale_market_has_none_of_it():
    day = moves(martingale_day, "BANKNIFTY", 3)
    assert kurtosis(day) == pytest.approx(3, abs=0.15)
    assert abs(correlation(np.abs(day), 1)) < 4 / np.sqrt(day.size)
    assert abs(correlation(day, 1)) < 4 / np.sqrt(day.size)


@pytest.mark.parametrize("make", [normal_day, martingale_day])
def test_speed_is_known_when_it_is_told(make):
    today = session(date(2025, 7, 7))
    market = make(1, "NIFTY", today, 25_400.0)
    size = np.abs(np.diff(np.log(market.expiries[0].forward[1:])))
    assert market.speed.shape == (today.last_second + 1,)
    assert 0.8 < market.speed.mean() < 1.2
    # The recursion by hand, from moves up to each second only; the market's clock makes the carry negligible.
    keep = np.exp(-1 / 10)
    ratio = (market.speed[1:] - keep * market.speed[:-1]) / (1 - keep) / size
    assert np.quantile(ratio, 0.99) / np.quantile(ratio, 0.5) == pytest.approx(1, rel=0.02)


def test_the_index_stands_still_once_the_shares_have_closed():
    # From 2026-08-03 the shares trade until 15:15 (second 21,600), options until 15:40 (second 23,100).
    today = session(date(2026, 8, 4))
    market = normal_day(1, "NIFTY", today, 25_400.0)
    assert market.spot_paise.size == 23_101
    assert (market.spot_paise[21_600:] == market.spot_paise[21_600]).all()
    assert len(set(market.spot_paise[:21_600])) > 1_000


def test_nothing_moves_between_the_windows_of_a_broken_session():
    # 2024-03-02: 09:15-10:00 and 11:30-12:30; seconds 2,701 to 8,100 are closed.
    market = martingale_day(1, "NIFTY", session(date(2024, 3, 2)), 22_300.0)
    assert len(set(market.spot_paise[2_700:8_101])) == 1
    assert len(set(market.spot_paise[8_100:])) > 500
