"""Chain measures on chains small enough to work out by hand, and open interest over time."""

from datetime import date

import numpy as np
import pytest

from nfolab.base.errors import InputError
from nfolab.options.chain import (
    atm_volatility,
    gamma_per_spread,
    short_straddle_margins,
    skew_25_delta,
    skew_by_strike,
    term_gap,
    theta_per_margin,
    volatility_at_delta,
    volatility_at_strike,
)
from nfolab.options.expected_move import expected_move, expected_move_of_straddle
from nfolab.options.greeks import greeks
from nfolab.options.open_interest import NO_WALL, holders_value, max_pain, wall

STRIKES = [59_000, 59_500, 60_000]


def test_volatility_at_the_money_lies_between_two_strikes():
    # A fifth of the way from 59,500 to 60,000: 0.10 + 0.2 x 0.02.
    assert atm_volatility(STRIKES, [0.12, 0.10, 0.12], 59_600) == pytest.approx(0.104)
    assert atm_volatility(STRIKES, [0.12, np.nan, 0.13], 59_250) == pytest.approx(0.1225)
    assert volatility_at_strike(STRIKES, [0.12, 0.10, 0.12], 59_500) == 0.10
    assert np.isnan(atm_volatility(STRIKES, [0.12, 0.10, 0.12], 60_001))
    assert np.isnan(atm_volatility(STRIKES, [np.nan] * 3, 59_500))


def test_over_time_each_moment_has_its_own_forward():
    volatility = np.array([[0.12, 0.14], [0.10, 0.12], [0.12, 0.16]])
    assert atm_volatility(STRIKES, volatility, [59_250, 59_750]) == pytest.approx([0.11, 0.14])
    skew = skew_by_strike(STRIKES, volatility, [59_250, 59_750])
    assert skew == pytest.approx(np.array([[0.01, 0.0], [-0.01, -0.02], [0.01, 0.02]]))


def test_skew_of_25_delta_by_hand():
    # Puts: halfway from -0.2 to -0.3, 0.13; calls a third of the way from 0.30 to 0.15: 0.11 - 0.03/3.
    skew = skew_25_delta([0.5, 0.30, 0.15], [0.12, 0.11, 0.08], [-0.2, -0.3, -0.5], [0.14, 0.12, 0.11])
    assert skew == pytest.approx(0.13 - 0.10)
    assert np.isnan(volatility_at_delta([0.5, 0.3], [0.1, 0.1], 0.25))


def test_term_gap_is_near_less_next():
    assert term_gap(0.14, 0.12) == pytest.approx(0.02)


def test_gamma_per_spread_needs_a_good_quote():
    ratio = gamma_per_spread([0.0004] * 4, [100, 100, 0, 100], [102, 100, 2, np.nan])
    assert ratio[0] == pytest.approx(0.0002)
    assert np.isnan(ratio[1:]).all()


def test_theta_per_margin_by_hand():
    # A straddle decays 30 a day and unit; 35 units against 2.1 lakh rupees: 1,050/210,000 = 0.5 % a day.
    assert theta_per_margin(-30.0, 35, 21_000_000) == pytest.approx(0.005)
    assert np.isnan(theta_per_margin(-30.0, 35, 0))


def test_margins_of_straddles_rank_strikes():
    asked = {"units": 35, "day": date(2025, 12, 15), "expiry": date(2025, 12, 30), "forward": 59_600.0, "years": 0.0416}
    margins = short_straddle_margins([58_600, 59_600, 60_600], **asked, volatility=0.1)
    # One lot of 35 units at 59,600 is 20.9 lakh; a short straddle asks a tenth to a fifth of it, in paise.
    assert ((margins > 15_000_000) & (margins < 45_000_000)).all()
    strikes = np.array([58_600, 59_600, 60_600])
    theta = sum(
        greeks(kind, forward=59_600, strike=strikes, years=0.0416, rate=0, volatility=0.1).theta
        for kind in ("CE", "PE")
    )
    assert int(np.argmax(theta_per_margin(theta, 35, margins))) == 1


def test_shapes_are_checked():
    with pytest.raises(InputError, match=r"\[strikes, times\]"):
        atm_volatility([1, 2], [0.1, 0.2, 0.3], 1.5)


def test_expected_move():
    # 60,000 at 12 % for a quarter of a year: 60,000 x 0.12 x 0.5 = 3,600 points.
    assert expected_move(60_000, 0.12, 0.25) == pytest.approx(3_600)
    # A straddle is 0.79788 of it, within s^2/24 = 0.015 %.
    straddle = sum(
        greeks(kind, forward=60_000, strike=60_000, years=0.25, rate=0.06, volatility=0.12).price
        for kind in ("CE", "PE")
    )
    assert expected_move_of_straddle(straddle, np.exp(0.06 * 0.25)) == pytest.approx(3_600, rel=2e-4)
    assert expected_move_of_straddle(79.78845608028654) == pytest.approx(100)


def test_max_pain_by_hand():
    # Settled at 110: 100-calls pay 10 x 5, 120-puts 10 x 4: 90. At 100: puts 20 x 4 = 80. At 120: calls 20 x 5 = 100.
    calls, puts = [5, 0, 0], [0, 0, 4]
    assert holders_value([100, 110, 120], calls, puts).tolist() == [80, 90, 100]
    assert max_pain([100, 110, 120], calls, puts) == 100
    # With as many of both every strike between costs the same: the lower is named.
    assert max_pain([110, 120, 100], [0, 0, 5], [0, 5, 0]) == 100
    with pytest.raises(InputError, match="open interest"):
        max_pain([100, 110], [0, 0], [0, 0])


def test_wall_and_when_it_last_moved():
    held = [[0, 10, 10, 10, 50], [0, 20, 20, 30, 30], [0, 20, 15, 15, 15]]
    found = wall(held)
    assert found.place.tolist() == [NO_WALL, 1, 1, 1, 0]
    assert found.open_interest.tolist() == [0, 20, 20, 30, 50]
    assert found.changed_at.tolist() == [-1, 1, 1, 3, 4]
    # Nothing after a time changes what was told at it.
    for end in range(1, 5):
        assert wall(np.array(held)[:, :end]).changed_at.tolist() == found.changed_at[:end].tolist()
    with pytest.raises(InputError, match="strikes and times"):
        wall([1, 2, 3])
