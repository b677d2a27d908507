"""The normal distribution where the library's functions lose digits: far out, and between two near points.

Everything stands on the ratio R(z) = N(-z)/n(z) (the normal tail over the density; Mills), which is smooth and never
under- or overflows. With w = (z - 5)/(z + 5) the function (1 + z) R(z) of z in [0, infinity) becomes one of w in
[-1, 1), and its Chebyshev series of degree 24 is exact to 1e-17; the coefficients below are that series, worked out
with 60 digits (tests/options/test_normal.py works them out again). Evaluated, R is within 4.5e-16 of the truth.
"""

import math

from nfolab.base.compiled import compiled

ROOT_TWO_PI = math.sqrt(2 * math.pi)
_ONE_BY_ROOT_TWO_PI = 1 / ROOT_TWO_PI
_CENTRE = 5.0


@compiled
def tail_ratio(z: float) -> float:
    """Return N(-z)/n(z) for z >= 0."""
    w = (z - _CENTRE) / (z + _CENTRE)
    # Four interleaved polynomials in w^4, which a processor works out side by side.
    u = w * w
    v = u * u
    c0 = 6.163047198654142e-11 * v + 1.0062736292034367e-08
    c0 = c0 * v + 3.219415012572686e-07
    c0 = c0 * v - 2.480546663097941e-05
    c0 = c0 * v - 0.004201290311078416
    c0 = c0 * v - 0.06617760077899582
    c0 = c0 * v + 1.1568486282918946
    c1 = 1.1020770424653188e-08 * v + 4.919558007942764e-07
    c1 = c1 * v + 2.270959149359291e-05
    c1 = c1 * v + 1.9530636365484052e-05
    c1 = c1 * v + 0.061505045840161206
    c1 = c1 * v - 0.22948753825211318
    c2 = -1.0770966817867412e-09 * v - 6.735246707235875e-08
    c2 = c2 * v - 1.7721527238693426e-07
    c2 = c2 * v + 0.0004570438205116078
    c2 = c2 * v - 0.03802659218771832
    c2 = c2 * v + 0.07778159886873558
    c3 = -9.54521588445696e-10 * v - 7.755689282319678e-08
    c3 = c3 * v - 3.277251365803869e-06
    c3 = c3 * v - 0.0001343742704194541
    c3 = c3 * v + 0.016348231281331425
    c3 = c3 * v + 0.02507217930163978
    return (c0 + w * c1 + u * (c2 + w * c3)) / (1.0 + z)


@compiled
def density(x: float) -> float:
    """Return the standard normal density n(x)."""
    return _ONE_BY_ROOT_TWO_PI * math.exp(-0.5 * x * x)


@compiled
def cumulative(x: float) -> float:
    """Return N(x), with full relative precision where it is small."""
    tail = density(x) * tail_ratio(abs(x))
    return tail if x <= 0.0 else 1.0 - tail
