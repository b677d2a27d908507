"""Prices of one second: what traded last, and the quote."""

import numpy as np

from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import ONE_CONTRACT, WITH_BOOK, WITH_ROWS, Call, Unit, Values, feature
from nfolab.tape.features.rows import BEST, MAX_AGE, place_values
from nfolab.tape.features.subject import Premium, Spot

BID = Call("bid")
ASK = Call("ask")
MID = Call("mid")
QUOTE = BEST


def _carried(**_: object) -> int:
    return MAX_AGE


@feature(
    unit=Unit.PAISE,
    subjects=WITH_ROWS,
    legs="sum",
    columns=("price_paise",),
    look_back=_carried,
    formula="price of the newest row at most 5 s old; the index as of t, at most 2 s old",
    source="strategy catalogue, shared indicators; docs/features.md, the index",
    examples=("last",),
)
def last(given: Given, out: Values) -> None:
    """Last traded price; of the index its value."""
    if isinstance(given.subject, Spot):
        out[:] = given.spot
    else:
        rows = given.rows("price_paise")
        place_values(rows.fresh, rows["price_paise"], out)


@feature(
    unit=Unit.PAISE,
    subjects=WITH_BOOK,
    legs="sum",
    columns=QUOTE,
    look_back=_carried,
    formula="best bid of the newest row at most 5 s old, if its quote is good: 0 < bid < ask, both sizes above 0",
    source="strategy catalogue, shared indicators; docs/features.md, quotes",
    examples=("bid",),
)
def bid(given: Given, out: Values) -> None:
    """Best bid: what one sold unit brings."""
    rows = given.rows(*QUOTE)
    place_values(rows.quoted, rows["bp0_paise"], out)


@feature(
    unit=Unit.PAISE,
    subjects=WITH_BOOK,
    legs="sum",
    columns=QUOTE,
    look_back=_carried,
    formula="best ask of the newest row at most 5 s old, if its quote is good: 0 < bid < ask, both sizes above 0",
    source="strategy catalogue, shared indicators; docs/features.md, quotes",
    examples=("ask",),
)
def ask(given: Given, out: Values) -> None:
    """Best ask: what one bought unit costs."""
    rows = given.rows(*QUOTE)
    place_values(rows.quoted, rows["sp0_paise"], out)


@feature(
    unit=Unit.PAISE,
    subjects=WITH_BOOK,
    columns=QUOTE,
    look_back=_carried,
    formula="(bid + ask) / 2",
    source="strategy catalogue, shared indicators; market-truth definitions",
    examples=("mid",),
)
def mid(given: Given, out: Values) -> None:
    """Middle of the best bid and ask."""
    np.add(given(BID), given(ASK), out=out)
    out /= 2


@feature(
    unit=Unit.PAISE,
    subjects=WITH_BOOK,
    columns=QUOTE,
    look_back=_carried,
    formula="ask - bid",
    source="strategy catalogue, shared indicators",
    examples=("spread",),
)
def spread(given: Given, out: Values) -> None:
    """Distance of the best ask from the best bid."""
    np.subtract(given(ASK), given(BID), out=out)


@feature(
    unit=Unit.PERCENT,
    subjects=WITH_BOOK,
    columns=QUOTE,
    look_back=_carried,
    formula="(ask - bid) / mid",
    source="strategy catalogue, spread in percent",
    examples=("spread_percent",),
)
def spread_percent(given: Given, out: Values) -> None:
    """Spread as a share of the mid."""
    np.divide(given(Call("spread")), given(MID), out=out)


@feature(
    unit=Unit.PAISE,
    subjects=WITH_BOOK,
    legs="sum",
    columns=("avgPrice_paise",),
    look_back=_carried,
    formula="avgPrice of the newest row at most 5 s old",
    source="the feed's own column",
    examples=("average_price",),
)
def average_price(given: Given, out: Values) -> None:
    """Volume-weighted average price of the day so far as the feed tells it, its gaps included."""
    rows = given.rows("avgPrice_paise")
    place_values(rows.fresh, rows["avgPrice_paise"], out)


@feature(
    unit=Unit.PAISE,
    subjects=ONE_CONTRACT,
    columns=QUOTE,
    look_back=_carried,
    formula="mid of the call + mid of the put of the contract's strike and expiry",
    source="strategy catalogue, shared indicators",
    examples=("straddle",),
)
def straddle(given: Given, out: Values) -> None:
    """Price of the straddle at the contract's own strike; none where the other kind is not listed."""
    day, own = given.day, given.contract
    pair = np.flatnonzero((day.strike == day.strike[own]) & (day.expiry == day.expiry[own]))
    if pair.size == 2:
        out[:] = given.of(Premium((int(pair[0]), int(pair[1]))))(MID)
    else:
        out[:] = np.nan
