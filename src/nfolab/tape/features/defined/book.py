"""The five-level book: how much is displayed, on which side, and how it changed."""

import numpy as np

from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import (
    ONE_BOOK,
    WITH_BOOK,
    Call,
    Columns,
    Levels,
    Unit,
    Values,
    Window,
    feature,
)
from nfolab.tape.features.rows import BEST, MAX_AGE, add_sizes, side_columns
from nfolab.tape.features.windows import earlier

FIVE = Levels(5)


def _one_side(side: str, levels: int) -> Columns:
    return tuple(dict.fromkeys((*BEST, *(name for pair in side_columns(side, levels) for name in pair))))


def _bids(levels: int, **_: object) -> Columns:
    return _one_side("b", levels)


def _asks(levels: int, **_: object) -> Columns:
    return _one_side("s", levels)


def _both(levels: int, **_: object) -> Columns:
    return tuple(dict.fromkeys((*_one_side("b", levels), *_one_side("s", levels))))


def _carried(**_: object) -> int:
    return MAX_AGE


def _displayed(given: Given, side: str, levels: int, out: Values) -> None:
    rows = given.rows(*_one_side(side, levels))
    out[:] = 0
    for price, size in side_columns(side, levels):
        add_sizes(rows.quoted, rows[price], rows[size], out)


def _of_both(given: Given, levels: int) -> tuple[Values, Values]:
    return given(Call("bid_depth", (levels,))), given(Call("ask_depth", (levels,)))


@feature(
    unit=Unit.UNITS,
    subjects=WITH_BOOK,
    legs="sum",
    columns=_bids,
    look_back=_carried,
    formula="sum of bq0 ... of the first levels with a price, at a good quote at most 5 s old",
    source="market-truth definitions",
    examples=("bid_depth", "bid_depth(1)"),
)
def bid_depth(given: Given, out: Values, levels: Levels = FIVE) -> None:
    """Units displayed at the best bids; with one level the size of the best."""
    _displayed(given, "b", levels, out)


@feature(
    unit=Unit.UNITS,
    subjects=WITH_BOOK,
    legs="sum",
    columns=_asks,
    look_back=_carried,
    formula="sum of sq0 ... of the first levels with a price, at a good quote at most 5 s old",
    source="market-truth definitions",
    examples=("ask_depth", "ask_depth(1)"),
)
def ask_depth(given: Given, out: Values, levels: Levels = FIVE) -> None:
    """Units displayed at the best asks; with one level the size of the best."""
    _displayed(given, "s", levels, out)


@feature(
    unit=Unit.UNITS,
    subjects=WITH_BOOK,
    columns=_both,
    look_back=_carried,
    formula="bid_depth(levels) + ask_depth(levels)",
    source="strategy catalogue, shared indicators",
    examples=("depth(5)",),
)
def depth(given: Given, out: Values, levels: Levels = FIVE) -> None:
    """Units displayed on both sides."""
    np.add(*_of_both(given, levels), out=out)


@feature(
    unit=Unit.PERCENT,
    subjects=WITH_BOOK,
    columns=_both,
    look_back=_carried,
    formula="(bid_depth - ask_depth) / (bid_depth + ask_depth), from -100 % to 100 %",
    source="strategy catalogue, shared indicators: imbalance, normalised; market-truth definitions",
    examples=("imbalance(levels=5)", "imbalance(1)"),
)
def imbalance(given: Given, out: Values, levels: Levels = FIVE) -> None:
    """By how much the bids outweigh the asks, as a share of both."""
    bids, asks = _of_both(given, levels)
    np.subtract(bids, asks, out=out)
    out /= given(Call("depth", (levels,)))


@feature(
    unit=Unit.RATIO,
    subjects=WITH_BOOK,
    columns=_both,
    look_back=_carried,
    formula="bid_depth / ask_depth",
    source="strategy catalogue, shared indicators: imbalance, ratio",
    examples=("imbalance_ratio(levels=5)", "imbalance_ratio(1)"),
)
def imbalance_ratio(given: Given, out: Values, levels: Levels = FIVE) -> None:
    """How many units are bid for each that is offered."""
    bids, asks = _of_both(given, levels)
    np.divide(bids, asks, out=out)


@feature(
    unit=Unit.PERCENT,
    subjects=WITH_BOOK,
    columns=_both,
    warm_up=lambda window, **_: window.count,
    look_back=lambda window, **_: window.count + MAX_AGE,
    formula="depth[t] / depth[t - window] - 1",
    source="strategy catalogue, shared indicators: depth change",
    examples=("depth_change(10s)", "depth_change(1s, levels=1)"),
)
def depth_change(given: Given, out: Values, window: Window, levels: Levels = FIVE) -> None:
    """Change of what is displayed on both sides, as a share of what was."""
    displayed = given(Call("depth", (levels,)))
    earlier(displayed, window.count, out)
    np.divide(displayed, out, out=out)
    out -= 1


def _largest(given: Given, side: str, levels: int, out: Values) -> None:
    rows = given.rows(*_one_side(side, levels))
    out[:] = 0
    one = np.empty_like(out)
    for price, size in side_columns(side, levels):
        one[:] = 0
        add_sizes(rows.quoted, rows[price], rows[size], one)
        np.maximum(out, one, out=out)


@feature(
    unit=Unit.UNITS,
    subjects=ONE_BOOK,
    columns=_bids,
    look_back=_carried,
    formula="greatest of bq0 ... of the first levels with a price",
    source="strategy catalogue, wall",
    examples=("largest_bid",),
)
def largest_bid(given: Given, out: Values, levels: Levels = FIVE) -> None:
    """Units of the largest single bid level: a wall beneath."""
    _largest(given, "b", levels, out)


@feature(
    unit=Unit.UNITS,
    subjects=ONE_BOOK,
    columns=_asks,
    look_back=_carried,
    formula="greatest of sq0 ... of the first levels with a price",
    source="strategy catalogue, wall",
    examples=("largest_ask",),
)
def largest_ask(given: Given, out: Values, levels: Levels = FIVE) -> None:
    """Units of the largest single ask level: a wall above."""
    _largest(given, "s", levels, out)
