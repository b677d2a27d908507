"""What all contracts of an expiry share: its forward by put-call parity, and the time left to it."""

from datetime import date
from typing import Final

import numpy as np

from nfolab.base.compiled import compiled
from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.options.expiry_time import CALENDAR_MINUTES_A_YEAR, time_to_expiry
from nfolab.tape.features.day import Given
from nfolab.tape.features.defined.prices import MID
from nfolab.tape.features.definition import Values
from nfolab.tape.features.ladder import Ladder, ladder_of
from nfolab.tape.features.rows import MAX_AGE
from nfolab.tape.features.subject import SPOT, Chain, OneContract
from nfolab.tape.tape import NO_SPOT

NEAR: Final = 0.01
"""How far from the index, as a share of it, a strike pair may lie that tells the forward."""


@compiled
def _nearest_parity(strike: Values, difference: Values, index: Values, near: float, out: Values) -> None:
    """Fill `out` with K + C − P of the pair with the least |C − P| among those near the index, of equals the lower.

    Args:
        strike: float64 [pairs], rising.
        difference: float64 [pairs, seconds], C − P in mids.
        index: float64 [seconds], NaN where it is not known.
        near: the share of the index that a strike may be away from it.
        out: float64 [seconds], filled.
    """
    for at in range(out.size):
        out[at] = np.nan
        least = np.inf
        if np.isnan(index[at]):
            continue
        first = np.searchsorted(strike, index[at] * (1 - near))
        for pair in range(first, strike.size):
            if strike[pair] > index[at] * (1 + near):
                break
            if abs(difference[pair, at]) < least:
                least = abs(difference[pair, at])
                out[at] = strike[pair] + difference[pair, at]


def forward_of(given: Given, expiry: date) -> Values:
    """Return the forward of an expiry in paise by second, NaN where there is none; worked out once a day."""
    ladder = ladder_of(given.of(Chain(expiry)))
    return given.of(SPOT).once(f"forward {expiry}", lambda index: _forward(index, expiry, ladder))


def _forward(index: Given, expiry: date, ladder: Ladder) -> Values:
    """Return the forward; only the strikes that the index comes near to are read."""
    day = index.day
    if not day.has_spot:
        line = index.money.forward(np.datetime64(expiry), MAX_AGE)
        return np.where(line < 0, np.nan, line / 2)
    guide = np.where(day.spot_second >= 0, day.spot[np.maximum(day.spot_second, 0)], NO_SPOT).astype(np.float64)
    guide[guide == NO_SPOT] = np.nan
    strikes = ladder.strike.astype(np.float64) * PAISE_PER_RUPEE
    found = np.full(day.seconds, np.nan)
    known = guide[~np.isnan(guide)]
    if known.size:
        chosen = slice(*np.searchsorted(strikes, [known.min() * (1 - NEAR), known.max() * (1 + NEAR)]).tolist())
        calls, puts = (
            index.table(MID, [OneContract(int(number)) for number in kind[chosen]])
            for kind in (ladder.calls, ladder.puts)
        )
        _nearest_parity(strikes[chosen], calls - puts, guide, NEAR, found)
    return found


def minutes_to(given: Given, expiry: date) -> Values:
    """Return the calendar minutes to an expiry's end by second; worked out once a day."""
    return given.of(SPOT).once(f"minutes to {expiry}", lambda index: _minutes(index, expiry))


def _minutes(index: Given, expiry: date) -> Values:
    day = index.day
    return time_to_expiry(day.underlying, expiry, day.day, np.arange(day.seconds)).calendar_minutes


def years_to(given: Given, expiry: date) -> Values:
    """Return the years of the calendar to an expiry's end by second; worked out once a day."""
    minutes = minutes_to(given, expiry)
    return given.of(SPOT).once(f"years to {expiry}", lambda _: minutes / CALENDAR_MINUTES_A_YEAR)
