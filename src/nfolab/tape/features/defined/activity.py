"""How busy a contract's book is, as far as snapshots show it: pulls, refills, fields that change, sizes that go."""

from typing import Final

import numpy as np

from nfolab.base.units import Seconds
from nfolab.tape.features.day import Given
from nfolab.tape.features.defined.book import FIVE
from nfolab.tape.features.defined.liquidity import ONE_LOT, Lots
from nfolab.tape.features.defined.volumes import ONE_SECOND
from nfolab.tape.features.definition import WITH_BOOK, Call, Columns, Unit, Values, Window, feature
from nfolab.tape.features.rows import BEST, MAX_AGE, VOLUME, side_columns

THIRTY: Final = Window(Seconds(30))
_SECONDS_A_MINUTE: Final = 60

_LEVELS: Final[Columns] = tuple(name for side in "bs" for pair in side_columns(side, FIVE) for name in pair)
_ORDERS: Final[Columns] = tuple(f"{side}o{level}" for side in "bs" for level in range(FIVE))
_FIELDS: Final[Columns] = ("price_paise", VOLUME, *_LEVELS, *_ORDERS)
_BOOK: Final[Columns] = tuple(dict.fromkeys((*BEST, *_LEVELS, "price_paise", VOLUME)))


def _filled(window: Window, **_: object) -> int:
    return window.count


def _between(window: Window, **_: object) -> int:
    return 2 * window.count + 1 + MAX_AGE


@feature(
    unit=Unit.EVENTS,
    subjects=WITH_BOOK,
    legs="sum",
    columns=_BOOK,
    warm_up=_filled,
    look_back=_between,
    formula="(bid_pulls + ask_pulls) over the window * 60 / its seconds",
    source="market-truth definitions, pull; docs/state.md",
    examples=("pull_rate", "pull_rate(10s, lots=2)"),
)
def pull_rate(given: Given, out: Values, window: Window = THIRTY, lots: Lots = ONE_LOT) -> None:
    """How often a minute either side is pulled without being hit."""
    np.add(given(Call("bid_pulls", (window, lots))), given(Call("ask_pulls", (window, lots))), out=out)
    out *= _SECONDS_A_MINUTE / window.count


@feature(
    unit=Unit.EVENTS,
    subjects=WITH_BOOK,
    legs="sum",
    columns=_BOOK,
    warm_up=_filled,
    look_back=_between,
    formula="(bid_replenishes + ask_replenishes) over the window * 60 / its seconds",
    source="market-truth definitions, replenish; docs/state.md",
    examples=("replenish_rate",),
)
def replenish_rate(given: Given, out: Values, window: Window = THIRTY) -> None:
    """How often a minute either side is filled up again."""
    np.add(given(Call("bid_replenishes", (window,))), given(Call("ask_replenishes", (window,))), out=out)
    out *= _SECONDS_A_MINUTE / window.count


@feature(
    unit=Unit.EVENTS,
    subjects=WITH_BOOK,
    legs="sum",
    columns=_FIELDS,
    warm_up=lambda: 1,
    look_back=lambda: 1,
    formula="fields among last price, volume, and price, size and orders of ten levels that differ from the second "
    "before; both seconds have a row",
    source="strategy catalogue: event rate, as far as snapshots show it",
    examples=("activity", "mean(5s, of=activity())"),
)
def activity(given: Given, out: Values) -> None:
    """How many of a row's fields changed in a second; orders that the feed does not tell never do."""
    rows = given.rows(*_FIELDS)
    newest = rows.newest
    both = np.zeros(out.size, bool)
    both[1:] = (newest[1:] == np.arange(1, out.size)) & (newest[:-1] == np.arange(out.size - 1))
    at = np.flatnonzero(both)
    now, before = rows.row[at], rows.row[at - 1]
    out[:] = np.nan
    out[at] = 0.0
    for name in _FIELDS:
        out[at] += rows[name][now] != rows[name][before]


@feature(
    unit=Unit.PERCENT,
    subjects=WITH_BOOK,
    columns=_BOOK,
    warm_up=lambda: 1,
    formula="(five levels of both sides at t - 1 less those at t, less what traded) / those at t - 1, at least 0",
    source="strategy catalogue: cancels, as far as displayed depth that goes without trade shows them",
    examples=("unexplained_drop",),
)
def unexplained_drop(given: Given, out: Values) -> None:
    """Share of the displayed depth that went in a second without being traded: the nearest to a rate of cancels."""
    depth = given(Call("bid_depth", (FIVE,))) + given(Call("ask_depth", (FIVE,)))
    seen = given(Call("observed")) == 1
    out[0] = np.nan
    gone = depth[:-1] - depth[1:] - given(Call("volume", (ONE_SECOND,)))[1:]
    np.maximum(gone, 0.0, out=gone)
    out[1:] = gone / depth[:-1]
    out[1:][~(seen[1:] & seen[:-1])] = np.nan
