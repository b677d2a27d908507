"""What the options of a day say of their forward, and whether it fits the index and the other expiries."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nfolab.lake.auditing.joint_quotes import Float32, Quotes
from nfolab.options.parity import parity_forward

PAIRS_ASKED: Final = 15
"""Strike pairs near the money that tell the forward: so many, that some of them may be wrong."""

_PAISE = 100.0


def forwards(quotes: Quotes, expiries: Sequence[date], growths: Sequence[float]) -> Float32:
    """Return each expiry's forward by call-put parity, float32 [expiries, moments], paise; NaN where unknown.

    Args:
        quotes: Of a day.
        expiries: In order.
        growths: By expiry, exp(rate × years).
    """
    return np.stack([_forward(quotes, one, growth) for one, growth in zip(expiries, growths, strict=True)])


def _forward(quotes: Quotes, expiry: date, growth: float) -> Float32:
    places: dict[str, dict[int, int]] = {"CE": {}, "PE": {}}
    for place, (one, kind, strike) in enumerate(quotes.contracts):
        if one == expiry:
            places[kind][strike] = place
    strikes = sorted(places["CE"].keys() & places["PE"].keys())
    if not strikes:
        return np.full(len(quotes.times), np.nan, dtype=np.float32)
    calls, puts = (np.array([places[kind][strike] for strike in strikes]) for kind in ("CE", "PE"))
    sides: list[NDArray[np.float32]] = [quotes.bid[calls], quotes.ask[calls], quotes.bid[puts], quotes.ask[puts]]
    found = parity_forward(np.array(strikes) * _PAISE, *sides, growth=growth, pairs=PAIRS_ASKED)
    return found.forward.astype(np.float32)
