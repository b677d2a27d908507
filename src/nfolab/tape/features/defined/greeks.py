"""Implied volatility and greeks of a contract, second by second, on the parity forward of its expiry."""

from datetime import date

import numpy as np

from nfolab.base.compiled import compiled
from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.options.expiry_time import CALENDAR_MINUTES_A_YEAR, time_to_expiry
from nfolab.options.implied import ImpliedGreeks, implied_greeks
from nfolab.tape.book import Int64Array
from nfolab.tape.features.day import Given
from nfolab.tape.features.defined.prices import MID, QUOTE
from nfolab.tape.features.definition import ONE_CONTRACT, OPTIONS_ONLY, Call, Unit, Values, feature
from nfolab.tape.features.rows import MAX_AGE
from nfolab.tape.features.subject import SPOT, OneContract
from nfolab.tape.tape import NO_SPOT, Day

RATE = 0.0
"""The parity forward is K + C − P without discount, so that pricing on it is without discount too."""

PAIRS_EACH_SIDE = 5

FORWARD = Call("forward")
MINUTES = Call("minutes_to_expiry")

_SOURCE = "docs/features.md, implied volatility; nfolab.options.implied"


def _expiry(given: Given) -> np.datetime64:
    expiry: np.datetime64 = given.day.expiry[given.contract]
    return expiry


def _implied(given: Given) -> ImpliedGreeks:
    return implied_greeks(
        "CE" if given.day.kind[given.contract] == "CE" else "PE",
        forward=given(FORWARD),
        strike=float(given.day.strike[given.contract]) * PAISE_PER_RUPEE,
        years=given(MINUTES) / CALENDAR_MINUTES_A_YEAR,
        rate=RATE,
        premium=given(MID),
    )


def _minutes(day: Day, expiry: np.datetime64) -> Values:
    return time_to_expiry(day.underlying, expiry.astype(date), day.day, np.arange(day.seconds)).calendar_minutes


def _greeks(given: Given) -> ImpliedGreeks:
    """Return volatility and greeks, worked out in one pass for all the features that tell one of them."""
    return given.once("implied greeks", _implied)


@compiled
def _nearest_parity(strike: Values, difference: Values, place: Int64Array, first: int, out: Values) -> None:
    """Fill `out` with K + C − P of the pair with the least |C − P| among those on either side of a place.

    Args:
        strike: float64 [pairs], in order; those from number `first` on.
        difference: float64 [pairs, seconds], C − P in mids.
        place: int64 [seconds], how many of all the day's pairs lie at or below the index; −1 where it is not known.
        first: the number of the first pair given.
        out: float64 [seconds], filled.
    """
    for at in range(out.size):
        out[at] = np.nan
        least = np.inf
        for pair in range(max(place[at] - PAIRS_EACH_SIDE, 0) - first, place[at] + PAIRS_EACH_SIDE - first):
            if place[at] >= 0 and pair < strike.size and abs(difference[pair, at]) < least:
                least = abs(difference[pair, at])
                out[at] = strike[pair] + difference[pair, at]


def _forward(given: Given, expiry: np.datetime64) -> Values:
    """Return the forward of an expiry; only the strikes that the index comes near to are read."""
    day = given.day
    if not day.has_spot:
        line = given.money.forward(expiry, MAX_AGE)
        return np.where(line < 0, np.nan, line / 2)
    of_expiry = np.flatnonzero(day.expiry == expiry)
    by_kind = [
        {int(day.strike[number]): int(number) for number in of_expiry if day.kind[number] == kind}
        for kind in ("CE", "PE")
    ]
    strikes = np.array(sorted(by_kind[0].keys() & by_kind[1].keys()), dtype=np.int64) * PAISE_PER_RUPEE
    found = np.full(day.seconds, np.nan)
    guide = np.where(day.spot_second >= 0, day.spot[np.maximum(day.spot_second, 0)], NO_SPOT)
    place = np.where(guide == NO_SPOT, -1, np.searchsorted(strikes, guide, side="right"))
    if not strikes.size or place.max() < 0:
        return found
    first = max(0, int(place[place >= 0].min()) - PAIRS_EACH_SIDE)
    chosen = strikes[first : int(place.max()) + PAIRS_EACH_SIDE]
    calls, puts = (
        given.table(MID, [OneContract(numbers[int(strike) // PAISE_PER_RUPEE]) for strike in chosen])
        for numbers in by_kind
    )
    _nearest_parity(chosen.astype(np.float64), calls - puts, place, first, found)
    return found


@feature(
    unit=Unit.PAISE,
    subjects=ONE_CONTRACT,
    formula="K + C - P in mids of the strike pair with the least |C - P| among the five on either side of the index",
    source="docs/features.md, implied volatility; without an index feed nfolab.tape.money",
    examples=("forward",),
)
def forward(given: Given, out: Values) -> None:
    """Forward of the contract's expiry by put-call parity; the index, however old, only says where to look."""
    expiry = _expiry(given)
    out[:] = given.of(SPOT).once(f"forward {expiry}", lambda index: _forward(index, expiry))


@feature(
    unit=Unit.MINUTES,
    subjects=ONE_CONTRACT,
    look_back=lambda: 0,
    formula="calendar minutes from t to the close of the expiry's session, as known that day",
    source="docs/features.md, implied volatility; nfolab.options.expiry_time",
    examples=("minutes_to_expiry",),
)
def minutes_to_expiry(given: Given, out: Values) -> None:
    """Minutes until the contract ends."""
    expiry = _expiry(given)
    out[:] = given.of(SPOT).once(f"minutes to {expiry}", lambda index: _minutes(index.day, expiry))


@feature(
    unit=Unit.PERCENT,
    subjects=ONE_CONTRACT,
    columns=QUOTE,
    formula="volatility a year at which Black-76 gives the mid; forward by parity, rate 0, minutes / 525,600",
    source=_SOURCE,
    examples=("iv", "change(2s, of=iv())"),
)
def iv(given: Given, out: Values) -> None:
    """Implied volatility; none below the intrinsic value or without a quote."""
    out[:] = _greeks(given).volatility


@feature(
    unit=Unit.RATIO,
    subjects=OPTIONS_ONLY,
    legs="sum",
    columns=QUOTE,
    formula="N(d1) of a call, -N(-d1) of a put, at iv",
    source=_SOURCE,
    examples=("delta",),
)
def delta(given: Given, out: Values) -> None:
    """Change of the price by the forward; of several contracts their sum."""
    out[:] = _greeks(given).delta


@feature(
    unit=Unit.PER_PAISA,
    subjects=OPTIONS_ONLY,
    legs="sum",
    columns=QUOTE,
    formula="n(d1) / (F iv sqrt(T))",
    source=_SOURCE,
    examples=("gamma",),
)
def gamma(given: Given, out: Values) -> None:
    """Change of delta by a paisa of the forward."""
    out[:] = _greeks(given).gamma


@feature(
    unit=Unit.PAISE_PER_DAY,
    subjects=OPTIONS_ONLY,
    legs="sum",
    columns=QUOTE,
    formula="-F n(d1) iv / (2 sqrt(T)) / 365",
    source=_SOURCE,
    examples=("theta",),
)
def theta(given: Given, out: Values) -> None:
    """Change of the price by a calendar day that passes, below zero for a bought option."""
    out[:] = _greeks(given).theta


@feature(
    unit=Unit.PAISE_PER_VOLATILITY,
    subjects=OPTIONS_ONLY,
    legs="sum",
    columns=QUOTE,
    formula="F n(d1) sqrt(T)",
    source=_SOURCE,
    examples=("vega",),
)
def vega(given: Given, out: Values) -> None:
    """Change of the price by 100 points of volatility."""
    out[:] = _greeks(given).vega
