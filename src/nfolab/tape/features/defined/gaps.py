"""Gaps: how old the newest row is, whether the feed is silent, and since when it is back."""

import numpy as np

from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import WITH_ROWS, Call, Unit, Values, feature
from nfolab.tape.features.rows import MAX_AGE

_ROWS = ("price_paise",)


@feature(
    unit=Unit.SECONDS,
    subjects=WITH_ROWS,
    legs="greatest",
    columns=_ROWS,
    formula="t - second of the newest row",
    source="docs/features.md, gaps",
    examples=("age",),
)
def age(given: Given, out: Values) -> None:
    """Seconds since the newest row; of several contracts since the oldest of their newest."""
    newest = given.newest
    np.subtract(np.arange(out.size), newest, out=out)
    out[newest < 0] = np.nan


@feature(
    unit=Unit.TRUTH,
    subjects=WITH_ROWS,
    legs="least",
    columns=_ROWS,
    look_back=lambda: 0,
    formula="a row is stamped in second t",
    source="market-truth definitions",
    examples=("observed",),
)
def observed(given: Given, out: Values) -> None:
    """Whether the second has a row of its own; of several contracts, whether each has."""
    out[:] = given.newest == np.arange(out.size)


@feature(
    unit=Unit.TRUTH,
    subjects=WITH_ROWS,
    legs="greatest",
    columns=_ROWS,
    formula="age > 5 s, or no row yet",
    source="docs/features.md, gaps",
    examples=("gap",),
)
def gap(given: Given, out: Values) -> None:
    """Whether the feed is silent for more than 5 seconds; of several contracts, whether one is."""
    out[:] = ~(given(Call("age")) <= MAX_AGE)


@feature(
    unit=Unit.SECONDS,
    subjects=WITH_ROWS,
    legs="least",
    columns=_ROWS,
    formula="t - second of the row that ended the newest gap, or of the first row",
    source="docs/features.md, gaps",
    examples=("since_gap",),
)
def since_gap(given: Given, out: Values) -> None:
    """Seconds since the feed came back from its newest gap of more than 5 s, or began."""
    newest = given.newest
    before = np.concatenate(([-1], newest[:-1]))
    back = (newest != before) & ((before < 0) | (newest - before > MAX_AGE))
    since = np.maximum.accumulate(np.where(back, newest, -1))
    np.subtract(np.arange(out.size), since, out=out)
    out[since < 0] = np.nan
