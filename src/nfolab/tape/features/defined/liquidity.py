"""Displayed liquidity that comes and goes: pulls, replenishments, changes of the spread and of the book, counted.

An event is known at t where the contract has a row stamped in t and in t − 1, with good quotes in both. What is not
known counts nothing.
"""

from typing import Final

import numpy as np

from nfolab.market.lots import lot_size
from nfolab.tape.features.day import Given
from nfolab.tape.features.defined.book import FIVE
from nfolab.tape.features.defined.moves import one_second_changes
from nfolab.tape.features.defined.prices import QUOTE
from nfolab.tape.features.defined.volumes import ONE_SECOND
from nfolab.tape.features.definition import (
    ONE_BOOK,
    WITH_BOOK,
    Call,
    Columns,
    Strikes,
    Unit,
    Values,
    Window,
    feature,
)
from nfolab.tape.features.ladder import expiry_of
from nfolab.tape.features.rows import BEST, MAX_AGE, VOLUME, side_columns
from nfolab.tape.features.windows import rolling_sum

PULLED: Final = 0.65
"""What is left at most of the five levels when a side was pulled: 35 % is gone."""
REPLENISHED: Final = 1.25

Lots = Strikes
"""A number from 0 on."""
ONE_LOT: Final = Lots(1)

_SOURCE: Final = "market-truth definitions, pull and replenish"
_FIVE_BIDS: Final[Columns] = tuple(
    dict.fromkeys((*BEST, *(name for pair in side_columns("b", FIVE) for name in pair), "price_paise", VOLUME))
)
_FIVE_ASKS: Final[Columns] = tuple(
    dict.fromkeys((*BEST, *(name for pair in side_columns("s", FIVE) for name in pair), "price_paise", VOLUME))
)


def _filled(window: Window, **_: object) -> int:
    return window.count


def _between(window: Window, **_: object) -> int:
    return 2 * window.count + 1 + MAX_AGE


def _both_seen(given: Given) -> np.ndarray:
    """Tell where this second and the one before have rows of their own."""
    seen = given(Call("observed")) == 1
    both = np.zeros(seen.size, bool)
    both[1:] = seen[1:] & seen[:-1]
    return both


def _counted(given: Given, events: np.ndarray, inputs: Values, window: Window, out: Values) -> None:
    """Fill `out` with how many events a window holds; unknown where an input or a row is missing."""
    known = np.where(_both_seen(given) & ~np.isnan(inputs), events, np.nan)
    rolling_sum(known, window.count, out)


def _pulls(given: Given, side: str, window: Window, lots: int, out: Values) -> None:
    depth = given(Call(f"{side}_depth", (FIVE,)))
    price_moved = one_second_changes(given(Call(side)))
    wider = one_second_changes(given(Call("spread"))) > 0
    away = price_moved <= 0 if side == "bid" else price_moved >= 0
    before = np.roll(depth, 1)
    units = given(Call("volume", (ONE_SECOND,)))
    small = units <= lots * lot_size(given.day.underlying, expiry_of(given), given.day.day)
    _counted(given, (depth <= PULLED * before) & small & (away | wider), price_moved + units, window, out)


def _replenishments(given: Given, side: str, window: Window, out: Values) -> None:
    depth = given(Call(f"{side}_depth", (FIVE,)))
    spread_moved = one_second_changes(given(Call("spread")))
    _counted(given, (depth >= REPLENISHED * np.roll(depth, 1)) & (spread_moved <= 0), spread_moved, window, out)


@feature(
    unit=Unit.EVENTS,
    subjects=WITH_BOOK,
    legs="sum",
    columns=_FIVE_BIDS,
    warm_up=_filled,
    look_back=_between,
    formula="seconds of the window with bid_depth <= 65 % of the one before, at most so many lots traded, bid not up "
    "or spread wider",
    source=_SOURCE,
    examples=("bid_pulls(10s)", "bid_pulls(30s, lots=0)"),
)
def bid_pulls(given: Given, out: Values, window: Window, lots: Lots = ONE_LOT) -> None:
    """How often the bids were pulled without being hit."""
    _pulls(given, "bid", window, lots, out)


@feature(
    unit=Unit.EVENTS,
    subjects=WITH_BOOK,
    legs="sum",
    columns=_FIVE_ASKS,
    warm_up=_filled,
    look_back=_between,
    formula="seconds of the window with ask_depth <= 65 % of the one before, at most so many lots traded, ask not down "
    "or spread wider",
    source=_SOURCE,
    examples=("ask_pulls(10s)",),
)
def ask_pulls(given: Given, out: Values, window: Window, lots: Lots = ONE_LOT) -> None:
    """How often the asks were pulled without being lifted."""
    _pulls(given, "ask", window, lots, out)


@feature(
    unit=Unit.EVENTS,
    subjects=WITH_BOOK,
    legs="sum",
    columns=_FIVE_BIDS,
    warm_up=_filled,
    look_back=_between,
    formula="seconds of the window with bid_depth >= 125 % of the one before and a spread no wider",
    source=_SOURCE,
    examples=("bid_replenishes(10s)",),
)
def bid_replenishes(given: Given, out: Values, window: Window) -> None:
    """How often the bids were filled up again."""
    _replenishments(given, "bid", window, out)


@feature(
    unit=Unit.EVENTS,
    subjects=WITH_BOOK,
    legs="sum",
    columns=_FIVE_ASKS,
    warm_up=_filled,
    look_back=_between,
    formula="seconds of the window with ask_depth >= 125 % of the one before and a spread no wider",
    source=_SOURCE,
    examples=("ask_replenishes(10s)",),
)
def ask_replenishes(given: Given, out: Values, window: Window) -> None:
    """How often the asks were filled up again."""
    _replenishments(given, "ask", window, out)


@feature(
    unit=Unit.EVENTS,
    subjects=WITH_BOOK,
    legs="sum",
    columns=("price_paise", *QUOTE),
    warm_up=_filled,
    look_back=_between,
    formula="seconds of the window whose spread differs from the one before",
    source="market-truth definitions, flicker",
    examples=("spread_changes(30s)",),
)
def spread_changes(given: Given, out: Values, window: Window) -> None:
    """How often the spread changed: with pulls and replenishments, how much the book flickers."""
    moved = one_second_changes(given(Call("spread")))
    _counted(given, moved != 0, moved, window, out)


@feature(
    unit=Unit.EVENTS,
    subjects=WITH_BOOK,
    legs="sum",
    columns=("price_paise", *QUOTE),
    warm_up=_filled,
    look_back=_between,
    formula="seconds of the window whose best bid or ask, or the size there, differs from the one before",
    source="strategy catalogue: rate of book updates, as far as snapshots show it",
    examples=("quote_changes(30s)",),
)
def quote_changes(given: Given, out: Values, window: Window) -> None:
    """How often the best quote changed: the nearest that snapshots come to a rate of messages."""
    parts = [given(one) for one in (Call("bid"), Call("ask"), Call("bid_depth", (1,)), Call("ask_depth", (1,)))]
    moved = np.sum([np.abs(one_second_changes(one)) for one in parts], axis=0)
    _counted(given, moved != 0, moved, window, out)


@feature(
    unit=Unit.EVENTS,
    subjects=ONE_BOOK,
    columns=("price_paise",),
    formula="rows of the contract stamped at or before t",
    source="strategy catalogue: after so many ticks of the day",
    examples=("rows_seen",),
)
def rows_seen(given: Given, out: Values) -> None:
    """How many snapshots of the day there were so far."""
    np.add(given.rows("price_paise").row, 1, out=out)
