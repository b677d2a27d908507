"""Forwards by put-call parity, by hand and among stale, crossed and wide quotes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfolab.base.errors import InputError
from nfolab.options.black76 import undiscounted_pair
from nfolab.options.parity import parity_forward


def column(*values):
    return np.array(values, dtype=float)[:, np.newaxis]


def chain(forward, strikes, half_spread=0.5):
    call, put = undiscounted_pair(forward, np.asarray(strikes, dtype=float), 0.02)
    return [
        one[:, np.newaxis] for one in (call - half_spread, call + half_spread, put - half_spread, put + half_spread)
    ]


def test_one_pair_by_hand():
    # Mids 10.1 and 1.1: 100 + 9 = 109, and half of the spreads of 0.2 and 0.2 is 0.2. With a growth of 1.01: 109.09.
    quotes = column(10.0), column(10.2), column(1.0), column(1.2)
    found = parity_forward([100], *quotes)
    assert (found.forward[0], found.half_width[0], found.pairs[0]) == (pytest.approx(109.0), pytest.approx(0.2), 1)
    assert parity_forward([100], *quotes, growth=1.01).forward[0] == pytest.approx(109.09)


def test_pairs_are_weighted_by_their_spreads():
    # Pairs tell 100.1 with a half width of 0.2 and 100.0 with one of 0.1: weights 25 and 100, so 100.02.
    found = parity_forward(
        [100, 101], column(2.1, 1.5), column(2.3, 1.6), column(2.0, 2.5), column(2.2, 2.6)
    )  # fmt: skip
    assert found.forward[0] == pytest.approx((100.1 * 25 + 100.0 * 100) / 125)
    assert found.half_width[0] == pytest.approx(0.1)
    assert found.pairs[0] == 2


def test_the_nearest_pair_alone_is_the_simple_form():
    quotes = chain(100.3, [98, 99, 100, 101, 102], 0.1)
    quotes[0][2] += 0.04
    quotes[1][2] += 0.04
    simple = parity_forward([98, 99, 100, 101, 102], *quotes, pairs=1)
    assert simple.forward[0] == pytest.approx(100.34)
    assert parity_forward([98, 99, 100, 101, 102], *quotes).forward[0] == pytest.approx(100.308)


@pytest.mark.parametrize("kind", ["stale", "crossed", "empty", "missing", "wide"])
def test_a_broken_quote_does_not_move_it(kind):
    strikes = [59_300, 59_400, 59_500, 59_600, 59_700]
    quotes = chain(59_512.0, strikes)
    for side in (0, 1):
        if kind == "stale":
            quotes[side][2] += 37.0  # a call from when the index stood higher
        elif kind == "empty":
            quotes[side][2] = 0.0
        elif kind == "missing":
            quotes[side][2] = np.nan
    if kind == "crossed":
        quotes[0][2] = quotes[1][2] + 1
    if kind == "wide":
        quotes[1][2] += 90.0
    found = parity_forward(strikes, *quotes)
    assert found.forward[0] == pytest.approx(59_512.0, abs=0.2)
    assert found.pairs[0] == (5 if kind == "wide" else 4)


def test_without_a_good_pair_there_is_no_forward():
    found = parity_forward([100, 101], *(np.full((2, 3), np.nan) for _ in range(4)))
    assert np.isnan(found.forward).all()
    assert np.isnan(found.half_width).all()
    assert found.pairs.tolist() == [0, 0, 0]


@given(st.floats(59_000, 60_000), st.permutations(range(9)), st.integers(1, 9))
def test_the_order_of_strikes_does_not_matter(forward, order, pairs):
    strikes = np.arange(58_700.0, 60_400.0, 200.0)
    quotes = chain(forward, strikes)
    told = parity_forward(strikes, *quotes, pairs=pairs)
    again = parity_forward(strikes[order], *(side[order] for side in quotes), pairs=pairs)
    assert told.forward[0] == pytest.approx(forward, abs=1e-6)
    assert again.forward[0] == pytest.approx(forward, abs=1e-6)


def test_numbers_without_meaning_give_no_forward():
    quotes = [np.repeat(side, 4, axis=1) for side in chain(100.0, [99, 100, 101], 0.1)]
    found = parity_forward([99, 100, 101], *quotes, growth=[1.0, np.nan, 0.0, np.inf])
    assert np.isfinite(found.forward).tolist() == [True, False, False, False]
    assert found.pairs.tolist() == [3, 0, 0, 0]
    tiny = [np.array([[value]]) for value in (1e-200, 2e-200, 1e-200, 2e-200)]
    assert parity_forward([100], *tiny).forward[0] == pytest.approx(100)


def test_shapes_are_checked():
    with pytest.raises(InputError, match=r"\[strikes, times\]"):
        parity_forward([100], [1.0], [1.1], [1.0], [1.1])
    with pytest.raises(InputError, match="at least 1"):
        parity_forward([100], *chain(100, [100]), pairs=0)
