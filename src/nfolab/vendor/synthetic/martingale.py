"""The market without an edge: every fair value is an exact martingale.

No drift, no rate, flat volatility. The forward, the same for both expiries, steps lognormally with variance v in each
open second and not at all while the market is closed; an option with n open seconds left is priced by Black-76 with
total variance n v. So its fair value is the expectation of its payoff given the path, second by second and over nights.
"""

import numpy as np

from nfolab.market.expiries import nearest_expiry, next_expiry
from nfolab.market.sessions import Session
from nfolab.vendor.synthetic.clocks import open_steps, trading_seconds_left
from nfolab.vendor.synthetic.day import ExpiryDay, MarketDay, Smile, character_of
from nfolab.vendor.synthetic.published import published_paise
from nfolab.vendor.synthetic.randomness import Use, generator
from nfolab.vendor.synthetic.recursion import recent_speed

_FLAT = Smile(0.0, 0.0)
_SPEED_MEMORY = 10.0


def martingale_day(seed: int, underlying: str, today: Session, previous_level: float) -> MarketDay:
    """Return one day of the martingale market, which opens where the last one closed.

    Args:
        seed: Seed of the market.
        underlying: `NIFTY` or `BANKNIFTY`.
        today: The session.
        previous_level: The index at the previous close, in rupees.
    """
    step = character_of(underlying).one_second_return
    random = generator(seed, underlying, today.day, Use.INDEX)
    shocks = random.standard_normal(today.last_second)
    returns = np.append(0.0, np.where(open_steps(today), step * shocks - 0.5 * step * step, 0.0))
    level = previous_level * np.exp(returns.cumsum())
    forward = np.append(previous_level, level)
    expiries = []
    for expiry in (nearest_expiry(underlying, today.day), next_expiry(underlying, today.day)):
        left = trading_seconds_left(today, expiry)
        deviation = step * np.sqrt(np.append(left[0], left))
        expiries.append(ExpiryDay(expiry, forward, deviation, np.ones_like(forward), _FLAT))
    return MarketDay(
        underlying,
        today,
        published_paise(today, level),
        float(level[-1]),
        recent_speed(returns, step, _SPEED_MEMORY),
        tuple(expiries),
        0.0,
    )
