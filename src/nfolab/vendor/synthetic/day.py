"""What one synthetic day is, before any contract is written: the index, and how each expiry is priced from it."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from nfolab.base.errors import InputError, did_you_mean
from nfolab.market.sessions import Session
from nfolab.options.black76 import undiscounted_pair

Float64Array = NDArray[np.float64]
Int64Array = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Character:
    """How an underlying behaves: its level, the deviation of a one-second step, implied volatility, its dump's name.

    Levels and volatilities are round figures of mid-2025. The one-second deviations, in points, are those of real index
    feeds: 0.6 to 0.95 for NIFTY, 2.6 to 3.7 for BANKNIFTY.
    """

    level: float
    one_second_points: float
    implied_volatility: float
    dump: str

    @property
    def one_second_return(self) -> float:
        """Deviation of a one-second return."""
        return self.one_second_points / self.level


CHARACTERS = {
    "NIFTY": Character(25_400.0, 0.76, 0.105, "das_niftyopt_mod"),
    "BANKNIFTY": Character(57_000.0, 3.05, 0.125, "das_bankopt_mod"),
}


def character_of(underlying: str) -> Character:
    """Return how `underlying` behaves; raise InputError for one that the synthetic market does not have."""
    if underlying not in CHARACTERS:
        raise InputError(f"the synthetic market has no {underlying!r}{did_you_mean(underlying, CHARACTERS)}")
    return CHARACTERS[underlying]


@dataclass(frozen=True, slots=True)
class Smile:
    """Total variance by strike: variance(x) = at_the_money (1 + skew x + curvature (√(x² + 1) - 1)).

    x is ln(strike / forward) in total deviations. The form is the SVI of J. Gatheral (2004) in units of the money's own
    deviation; with |skew| + curvature as small as here it has no butterfly arbitrage. Zeros make it flat.
    """

    skew: float
    curvature: float

    def deviation(self, strike: float, forward: Float64Array, at_the_money: Float64Array) -> Float64Array:
        """Return the total deviation at `strike`, given that at the money; the shape of the arrays."""
        away = np.log(strike / forward) / at_the_money
        scale = 1.0 + self.skew * away + self.curvature * (np.sqrt(away * away + 1.0) - 1.0)
        return np.asarray(at_the_money * np.sqrt(scale), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class ExpiryDay:
    """How one expiry is priced through a day.

    All arrays have the shape (last_second + 2,): first the close of the previous session, then every second.
    """

    expiry: date
    forward: Float64Array
    total_deviation: Float64Array
    discount: Float64Array
    smile: Smile

    def fair_pair(self, strike: int) -> tuple[Float64Array, Float64Array]:
        """Return the fair values of call and put at `strike` in rupees, of the arrays' shape."""
        alive = self.total_deviation > 0
        money = np.where(alive, self.total_deviation, 1.0)
        deviation = np.where(alive, self.smile.deviation(strike, self.forward, money), 0.0)
        call, put = undiscounted_pair(self.forward, strike, deviation)
        return self.discount * call, self.discount * put


@dataclass(frozen=True, slots=True)
class MarketDay:
    """One day of the synthetic market.

    Attributes:
        session: The real session of that day.
        spot_paise: The index as published, int64 by second.
        closing_level: The index at the close, in rupees, from which the next day starts.
        speed: How fast the index moved lately, 1 as usual; by second, from that second and earlier ones alone.
        expiries: The nearest expiry, then the next.
        rate: By which forwards grow with the years to their expiry, continuously compounded.
    """

    underlying: str
    session: Session
    spot_paise: Int64Array
    closing_level: float
    speed: Float64Array
    expiries: tuple[ExpiryDay, ...]
    rate: float

    @property
    def day(self) -> date:
        """The calendar day."""
        return self.session.day
