"""Which contracts a synthetic day lists, and how busy each is."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from nfolab.market.contracts import Contract
from nfolab.market.lots import strike_step
from nfolab.options.contract_arrays import OptionKind
from nfolab.vendor.synthetic.day import ExpiryDay, MarketDay

Size = Literal["small", "full"]

STRIKES_EACH_SIDE: dict[Size, tuple[int, int]] = {"small": (6, 2), "full": (74, 74)}
"""Strikes above and below the money of the open, for the nearest expiry and the next."""

_NEXT_EXPIRY_ACTIVITY: dict[Size, float] = {"small": 0.15, "full": 0.6}
_BUSIEST, _IDLEST = 0.86, 0.1
_REACH = 60.0
_IN_THE_MONEY_REACH = 0.6


@dataclass(frozen=True, slots=True)
class Listing:
    """The two contracts of a strike, and the share of seconds in which each has a row at usual speed.

    `steps_away` is the distance from the money of the open, in strikes.
    """

    expiry: ExpiryDay
    call: Contract
    put: Contract
    call_activity: float
    put_activity: float
    steps_away: int


def _activity(steps_out_of_the_money: int, factor: float) -> float:
    reach = _REACH if steps_out_of_the_money >= 0 else _REACH * _IN_THE_MONEY_REACH
    return factor * (_IDLEST + (_BUSIEST - _IDLEST) * float(np.exp(-((steps_out_of_the_money / reach) ** 2))))


def listings(market: MarketDay, size: Size) -> list[Listing]:
    """Return the strikes of a day in order of expiry and strike; they are chosen by the open alone."""
    step = strike_step(market.underlying)
    found = []
    for place, expiry in enumerate(market.expiries):
        money = round(float(expiry.forward[1]) / step) * step
        reach = STRIKES_EACH_SIDE[size][place]
        factor = _NEXT_EXPIRY_ACTIVITY[size] if place else 1.0
        for steps in range(-reach, reach + 1):
            strike = money + steps * step

            def contract(kind: OptionKind, expiry: ExpiryDay = expiry, strike: int = strike) -> Contract:
                return Contract(market.underlying, expiry.expiry, kind, strike)

            found.append(
                Listing(
                    expiry,
                    contract("CE"),
                    contract("PE"),
                    _activity(steps, factor),
                    _activity(-steps, factor),
                    abs(steps),
                )
            )
    return found
