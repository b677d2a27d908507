"""Bars: the session cut into equal lengths from the open, each labelled by its end and known only from then on.

The bar labelled e holds the seconds e − length … e − 1, and is what every bar feature tells from e until the next bar's
end. Its prices are those of each second as of that second; a bar without a price has no value.
"""

import math

import numpy as np

from nfolab.base.compiled import compiled
from nfolab.tape.book import Int32Array, Int64Array
from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import (
    AS_OF,
    LAST,
    WITH_BOOK,
    Call,
    Unit,
    Values,
    Window,
    feature,
)
from nfolab.tape.features.rows import VOLUME

OPEN, HIGH, LOW, CLOSE = range(4)
_SIXTIETHS = 60


@compiled
def _bars(values: Values, length: int, found: Values) -> None:
    """Fill `found` [4, bars] with open, high, low and close of each whole bar; NaN where it has no value."""
    for bar in range(found.shape[1]):
        first = highest = lowest = newest = np.nan
        for at in range(bar * length, (bar + 1) * length):
            value = values[at]
            if math.isnan(value):
                continue
            if math.isnan(first):
                first = highest = lowest = value
            highest = max(highest, value)
            lowest = min(lowest, value)
            newest = value
        found[0, bar] = first
        found[1, bar] = highest
        found[2, bar] = lowest
        found[3, bar] = newest


@compiled
def _bar_volume(length: int, sixtieths: Int64Array, count: Int32Array, newest: Int32Array, out: Values) -> None:
    for at in range(out.size):
        end = at // length * length - 1
        first = end - length
        told = min(end, newest[at])
        out[at] = np.nan
        if first >= -1 and told > max(first, 0):
            before = 0 if first < 0 else count[first]
            if count[told] > before:
                out[at] = (sixtieths[told] - (np.int64(0) if first < 0 else sixtieths[first])) / _SIXTIETHS


def bars_of(values: Values, length: int) -> Values:
    """Return open, high, low and close of each whole bar: float64 [4, bars]."""
    found = np.empty((4, values.size // length))
    _bars(values, length, found)
    return found


def until_next_end(bars: Values, length: int, out: Values) -> None:
    """Fill `out` with each bar's value from its end until the next bar's."""
    out[:length] = np.nan
    told = np.repeat(bars, length)[: max(0, out.size - length)]
    out[length : length + told.size] = told
    out[length + told.size :] = np.nan


def _one_bar(bar: Window, **_: object) -> int:
    return bar.count


def _two_bars(bar: Window, **_: object) -> int:
    return 2 * bar.count


def _part(given: Given, out: Values, bar: Window, of: Call, part: int) -> None:
    until_next_end(bars_of(given(of), bar.count)[part], bar.count, out)


_BARS = "docs/features.md, bars"


@feature(
    unit=AS_OF,
    look_back=_two_bars,
    formula="first value of the newest bar that has ended",
    source=_BARS,
    examples=("bar_open(1m)",),
)
def bar_open(given: Given, out: Values, bar: Window, of: Call = LAST) -> None:
    """Opening of the newest whole bar."""
    _part(given, out, bar, of, OPEN)


@feature(
    unit=AS_OF,
    look_back=_two_bars,
    formula="greatest value of the newest bar that has ended",
    source=_BARS,
    examples=("bar_high(1m)",),
)
def bar_high(given: Given, out: Values, bar: Window, of: Call = LAST) -> None:
    """High of the newest whole bar."""
    _part(given, out, bar, of, HIGH)


@feature(
    unit=AS_OF,
    look_back=_two_bars,
    formula="least value of the newest bar that has ended",
    source=_BARS,
    examples=("bar_low(1m)",),
)
def bar_low(given: Given, out: Values, bar: Window, of: Call = LAST) -> None:
    """Low of the newest whole bar."""
    _part(given, out, bar, of, LOW)


@feature(
    unit=AS_OF,
    look_back=_two_bars,
    formula="last value of the newest bar that has ended",
    source=_BARS,
    examples=("bar_close(1m)", "bar_close(10s, of=mid())"),
)
def bar_close(given: Given, out: Values, bar: Window, of: Call = LAST) -> None:
    """Close of the newest whole bar."""
    _part(given, out, bar, of, CLOSE)


@feature(
    unit=Unit.UNITS,
    subjects=WITH_BOOK,
    legs="sum",
    columns=(VOLUME,),
    formula="units known to have traded in the seconds of the newest bar that has ended",
    source=_BARS,
    examples=("bar_volume(1m)", "bar_volume(7s)"),
)
def bar_volume(given: Given, out: Values, bar: Window) -> None:
    """Volume of the newest whole bar."""
    volumes = given.rows(VOLUME).known_volume
    _bar_volume(bar.count, volumes.sixtieths, volumes.count, volumes.newest, out)
