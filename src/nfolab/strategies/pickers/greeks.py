"""Implied volatility and greeks of a chain's contracts at one second, each from its own mid."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nfolab.options.implied import implied_greeks
from nfolab.options.reasons import Reason
from nfolab.tape.money import HALF_PAISE_PER_RUPEE

_NO_RATE = 0.0
"""The forward is K + C − P with no discount, so the premiums are taken as undiscounted too."""

_WHY = {
    Reason.BELOW_INTRINSIC: "a mid below intrinsic value",
    Reason.NO_TIME_VALUE: "a mid without time value",
    Reason.ABOVE_BOUND: "a mid above what any volatility gives",
    Reason.NO_TIME: "no time left to its expiry",
}


@dataclass(frozen=True, slots=True)
class OptionGreeks:
    """What the mid of one contract implies.

    Attributes:
        volatility: a year, 0.13 for 13 %.
        delta: of the forward; below zero for a put.
        gamma: change of delta a rupee of the forward.
        theta: rupees a calendar day.
    """

    volatility: float
    delta: float
    gamma: float
    theta: float


def implied_of_chain(
    doubled_mids: Mapping[tuple[Literal["CE", "PE"], int], int], forward: int, years: float
) -> dict[tuple[Literal["CE", "PE"], int], OptionGreeks | str]:
    """Return the greeks of each contract, or why it has none.

    Args:
        doubled_mids: mids in half-paise by kind and strike (rupees).
        forward: of the expiry, in half-paise.
        years: to the expiry.
    """
    found = implied_greeks(
        np.array([kind for kind, _ in doubled_mids], dtype="U2"),
        forward=forward / HALF_PAISE_PER_RUPEE,
        strike=np.array([strike for _, strike in doubled_mids], dtype=np.float64),
        years=years,
        rate=_NO_RATE,
        premium=np.array(list(doubled_mids.values()), dtype=np.float64) / HALF_PAISE_PER_RUPEE,
    )
    told: dict[tuple[Literal["CE", "PE"], int], OptionGreeks | str] = {}
    for place, option in enumerate(doubled_mids):
        reason = Reason(int(found.reason[place]))
        if reason == Reason.KNOWN:
            told[option] = OptionGreeks(
                float(found.volatility[place]),
                float(found.delta[place]),
                float(found.gamma[place]),
                float(found.theta[place]),
            )
        else:
            told[option] = _WHY.get(reason, "no implied volatility")
    return told
