"""Payoffs and chances, by hand and against simulated paths."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfolab.base.errors import InputError
from nfolab.options.payoff import (
    PayoffLeg,
    break_evens,
    payoff_at_expiry,
    probability_of_leaving,
    probability_of_profit,
    probability_of_touch,
    probability_of_touching_break_even,
)

STRADDLE = [PayoffLeg("CE", 59_500, -35, 420.0), PayoffLeg("PE", 59_500, -35, 380.0)]
CONDOR = [
    PayoffLeg("PE", 58_500, 35, 100.0),
    PayoffLeg("PE", 59_000, -35, 220.0),
    PayoffLeg("CE", 60_000, -35, 210.0),
    PayoffLeg("CE", 60_500, 35, 90.0),
]


def test_payoff_by_hand():
    # Sold for 800 together: 35 x (800 - 300) at 59,800, 35 x (800 - 1,000) at 58,500.
    assert payoff_at_expiry(STRADDLE, [59_500, 59_800, 58_500]).tolist() == [28_000, 17_500, -7_000]
    # The condor takes 240 in and loses at most 500 - 240 = 260.
    assert payoff_at_expiry(CONDOR, [59_500, 58_000, 61_000]).tolist() == [8_400, -9_100, -9_100]


def test_break_evens_by_hand():
    assert break_evens(STRADDLE) == pytest.approx([58_700, 60_300])
    assert break_evens(CONDOR) == pytest.approx([58_760, 60_240])
    assert break_evens([PayoffLeg("CE", 100, 1, 0.0)]) == []
    assert break_evens([PayoffLeg("CE", 100, 1, 3.0)]) == pytest.approx([103])
    # A spread bought for nothing on one side: the payoff touches zero at a strike and crosses it there.
    assert break_evens([PayoffLeg("CE", 100, 1, 0.0), PayoffLeg("PE", 100, -1, 0.0)]) == pytest.approx([100])


def test_probability_of_profit_by_hand():
    # A call at 100 for 3 pays above 103: N((ln(100/103) - 0.02)/0.2) at s = 0.2.
    z = (math.log(100 / 103) - 0.02) / 0.2
    right = 0.5 * math.erfc(-z / math.sqrt(2))
    assert probability_of_profit([PayoffLeg("CE", 100, 1, 3.0)], 100, 0.2) == pytest.approx(right, rel=1e-12)
    both = probability_of_profit(STRADDLE, 59_500, 0.02)
    sold = [PayoffLeg(leg.kind, leg.strike, -leg.units, leg.premium) for leg in STRADDLE]
    assert both + probability_of_profit(sold, 59_500, 0.02) == pytest.approx(1, abs=1e-12)


@pytest.fixture(scope="module")
def paths():
    """The lowest and highest of lognormal paths without drift, s = 0.2, and of the bridges between their steps."""
    random = np.random.default_rng(4)
    paths, steps, s = 40_000, 60, 0.2
    step = s / math.sqrt(steps)
    logs = np.cumsum(random.normal(-step * step / 2, step, (paths, steps)), axis=1)
    before = np.concatenate([np.zeros((paths, 1)), logs[:, :-1]], axis=1)

    def extreme(sign):
        # The extreme of a bridge: its middle, and half the root of the squared span less 2 step^2 ln of a uniform.
        spread = np.sqrt((logs - before) ** 2 - 2 * step**2 * np.log(random.random((paths, steps))))
        return (sign * ((before + logs + sign * spread) / 2)).max(axis=1) * sign

    return extreme(-1), extreme(1)


@pytest.mark.parametrize("level", [80, 95, 103, 120, 150])
def test_touch_against_paths(paths, level):
    low, high = paths
    away = math.log(level / 100)
    share = (high >= away).mean() if away > 0 else (low <= away).mean()
    chance = probability_of_touch(100, level, 0.2)
    assert chance == pytest.approx(share, abs=4 * math.sqrt(chance * (1 - chance) / 40_000) + 1e-4)


@pytest.mark.parametrize(("low", "high"), [(90, 110), (95, 140), (70, 104), (60, 170)])
def test_leaving_a_corridor(paths, low, high):
    # Lowest and highest were drawn apart, so the share of both is known within what each tells: bounds of a union.
    lows, highs = paths[0] <= math.log(low / 100), paths[1] >= math.log(high / 100)
    chance = probability_of_leaving(100, low, high, 0.2)
    one, other = probability_of_touch(100, low, 0.2), probability_of_touch(100, high, 0.2)
    assert max(one, other) <= chance <= min(one + other, 1)
    assert chance == pytest.approx((lows | highs).mean(), abs=0.02)


@given(st.floats(0.01, 0.5), st.floats(1.01, 1.5))
def test_a_far_barrier_changes_nothing(s, ratio):
    one = probability_of_touch(100, 100 * ratio, s)
    assert probability_of_leaving(100, 1e-9, 100 * ratio, s) == pytest.approx(one, abs=1e-9)
    below = probability_of_touch(100, 100 / ratio, s)
    assert probability_of_leaving(100, 100 / ratio, 1e11, s) == pytest.approx(below, abs=1e-9)


def test_touching_a_break_even():
    right = probability_of_leaving(59_500, 58_700, 60_300, 0.02)
    assert probability_of_touching_break_even(STRADDLE, 59_500, 0.02) == pytest.approx(right)
    assert probability_of_touching_break_even(STRADDLE, 58_700, 0.02) == 1
    lone = [PayoffLeg("CE", 100, 1, 3.0)]
    assert probability_of_touching_break_even(lone, 100, 0.2) == pytest.approx(probability_of_touch(100, 103, 0.2))
    assert probability_of_touching_break_even([PayoffLeg("CE", 100, 1, 0.0)], 100, 0.2) == 0


def test_no_legs_and_no_market_are_refused():
    with pytest.raises(InputError, match="needs legs"):
        payoff_at_expiry([], 100)
    with pytest.raises(InputError, match="above 0"):
        probability_of_touch(100, 110, 0)
    with pytest.raises(InputError, match="no corridor"):
        probability_of_leaving(100, 110, 90, 0.2)
