"""The usual market: volatility in clusters, jumps, a smile, a rate, and nights in which the index moves.

The one-second returns have what real index feeds have: sizes that stay correlated for minutes, fat tails, more motion
after the open, and a little noise in the published value that is gone a second later.
"""

import numpy as np
from numpy.typing import NDArray

from nfolab.market.expiries import nearest_expiry, next_expiry
from nfolab.market.sessions import Session
from nfolab.vendor.synthetic.clocks import open_steps, years_left
from nfolab.vendor.synthetic.day import ExpiryDay, MarketDay, Smile, character_of
from nfolab.vendor.synthetic.published import published_paise
from nfolab.vendor.synthetic.randomness import Use, generator
from nfolab.vendor.synthetic.recursion import recent_speed, remembered

RATE = 0.055
_SMILE = Smile(skew=-0.10, curvature=0.16)
_NIGHT_DEVIATION = 0.004
_PUBLISHED_NOISE = 0.35
_BURST_MEMORY, _BURST_DEVIATION = 45.0, 0.5
_MOOD_MEMORY, _MOOD_DEVIATION = 1_800.0, 0.10
_OPENING_EXCESS, _OPENING_MEMORY = 0.8, 900.0
_JUMPS_A_DAY, _JUMP_DEVIATIONS = 6.0, 9.0
_SPEED_MEMORY = 10.0
_DAILY_VOLATILITY_CHANGE = 0.05
_VOLATILITY_MEMORY, _VOLATILITY_DEVIATION = 3_600.0, 0.02
_NEXT_EXPIRY_EXCESS = 0.006


def _returns(random: np.random.Generator, today: Session, usual: float) -> NDArray[np.float64]:
    """Return the latent one-second returns, the first 0, of standard deviation `usual` over many days."""
    count = today.last_second
    bursts = remembered(random.standard_normal(count), _BURST_MEMORY) * _BURST_DEVIATION
    mood = remembered(random.standard_normal(count), _MOOD_MEMORY) * _MOOD_DEVIATION
    opening = 1.0 + _OPENING_EXCESS * np.exp(-np.arange(count) / _OPENING_MEMORY)
    opening /= np.sqrt(np.mean(opening**2))
    # E exp(2x) = exp(2 var x) for a normal x, so this keeps the mean variance where it belongs.
    excess = _BURST_DEVIATION**2 + _MOOD_DEVIATION**2
    jump_variance = _JUMPS_A_DAY * _JUMP_DEVIATIONS**2 / count
    quiet = usual / np.sqrt(1.0 + jump_variance)
    returns = quiet * opening * np.exp(bursts + mood - excess) * random.standard_normal(count)
    jumps = random.random(count) < _JUMPS_A_DAY / count
    returns += jumps * quiet * _JUMP_DEVIATIONS * random.standard_normal(count)
    return np.append(0.0, np.where(open_steps(today), returns, 0.0))


def normal_day(seed: int, underlying: str, today: Session, previous_level: float) -> MarketDay:
    """Return one day of the usual market.

    Args:
        seed: Seed of the market.
        underlying: `NIFTY` or `BANKNIFTY`.
        today: The session.
        previous_level: The index at the previous close, in rupees.
    """
    character = character_of(underlying)
    random = generator(seed, underlying, today.day, Use.INDEX)
    opening_level = previous_level * np.exp(_NIGHT_DEVIATION * random.standard_normal())
    latent = character.one_second_return / np.sqrt(1.0 + 2.0 * _PUBLISHED_NOISE**2)
    returns = _returns(random, today, latent)
    level = opening_level * np.exp(returns.cumsum())
    noise = 1.0 + latent * _PUBLISHED_NOISE * random.standard_normal(level.size)
    volatility = character.implied_volatility * np.exp(_DAILY_VOLATILITY_CHANGE * random.standard_normal())
    drift = remembered(random.standard_normal(level.size), _VOLATILITY_MEMORY) * _VOLATILITY_DEVIATION
    at_the_money = volatility * np.exp(np.append(0.0, drift))
    spot = np.append(previous_level, level)
    expiries = []
    for place, expiry in enumerate((nearest_expiry(underlying, today.day), next_expiry(underlying, today.day))):
        years = years_left(today, expiry)
        deviation = (at_the_money + place * _NEXT_EXPIRY_EXCESS) * np.sqrt(years)
        expiries.append(ExpiryDay(expiry, spot * np.exp(RATE * years), deviation, np.exp(-RATE * years), _SMILE))
    return MarketDay(
        underlying,
        today,
        published_paise(today, level * noise),
        float(level[-1]),
        recent_speed(returns, latent, _SPEED_MEMORY),
        tuple(expiries),
        RATE,
    )
