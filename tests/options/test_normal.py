"""The tail ratio's polynomial, worked out again with 60 digits, and its values over the whole line."""

import math

import mpmath
import numpy as np

from nfolab.options.normal import cumulative, tail_ratio


def right_ratio(z):
    return mpmath.sqrt(mpmath.pi / 2) * mpmath.exp(mpmath.mpf(z) ** 2 / 2) * mpmath.erfc(mpmath.mpf(z) / mpmath.sqrt(2))


def test_tail_ratio_is_within_two_ulps():
    random = np.random.default_rng(5)
    points = np.concatenate([random.uniform(0, 12, 800), random.uniform(12, 60, 200), 10 ** random.uniform(-9, 0, 200)])
    with mpmath.workdps(60):
        worst = max(abs(mpmath.mpf(tail_ratio(float(z))) / right_ratio(float(z)) - 1) for z in points)
    assert worst < 2.1 * 2**-52


def test_its_coefficients_are_a_chebyshev_series():
    # (1 + z) R(z) at the 25 Chebyshev nodes of w = (z - 5)/(z + 5): an interpolating polynomial of degree 24 meets it.
    with mpmath.workdps(60):
        for node in range(25):
            w = mpmath.cos(mpmath.pi * (node + mpmath.mpf(1) / 2) / 25)
            z = 5 * (1 + w) / (1 - w)
            if z < 200:
                assert abs(tail_ratio(float(z)) / float(right_ratio(z)) - 1) < 2.1 * 2**-52


def test_far_out_the_ratio_is_one_by_its_distance():
    assert math.isclose(tail_ratio(1e8), 1e-8, rel_tol=1e-15)


def test_cumulative_by_the_table():
    assert math.isclose(cumulative(0.1), 0.539827837277029, rel_tol=1e-14)
    assert math.isclose(cumulative(-1.96), 0.024997895148220, rel_tol=1e-12)
    # N(-30) = 4.906713927148187e-198, where erfc keeps its digits too.
    assert math.isclose(cumulative(-30.0), 4.906713927148187e-198, rel_tol=1e-12)
