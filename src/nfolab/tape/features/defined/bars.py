"""Bars: the session cut into equal lengths from the open, each labelled by its end and known only from then on.

The bar labelled e holds the seconds e − length … e − 1, and is what every bar feature tells from e until the next bar's
end. Its prices are those of each second as of that second; a bar without a price has no value.
"""

import math

import numpy as np

from nfolab.base.compiled import compiled
from nfolab.base.units import Seconds
from nfolab.tape.book import Int32Array, Int64Array
from nfolab.tape.features.day import Given
from nfolab.tape.features.defined.volatility import SEEN_SHARE
from nfolab.tape.features.definition import (
    AS_OF,
    LAST,
    OPTIONS_ONLY,
    Call,
    Count,
    Unit,
    Values,
    Window,
    feature,
)
from nfolab.tape.features.rows import VOLUME
from nfolab.tape.features.windows import rolling_mean, rolling_sigma, running_average

MINUTES_A_YEAR = 252 * 375
ONE_MINUTE = Window(Seconds(60))
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


def _several_bars(bar: Window, count: Count, **_: object) -> int:
    return bar.count * count


def _two_bars(bar: Window, **_: object) -> int:
    return 2 * bar.count


def _twice_the_bars(bar: Window, count: Count, **_: object) -> int:
    return bar.count * (2 * count + 3)


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
    subjects=OPTIONS_ONLY,
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


@feature(
    unit=AS_OF,
    look_back=_twice_the_bars,
    warm_up=lambda bar, count, **_: bar.count * (count - 1),
    formula="mean over the last count bars of max(high, close before) - min(low, close before)",
    source="strategy catalogue, shared indicators: ATR_1m and notation: 14 bars",
    examples=("atr(1m, 14)", "atr(15s, 3, of=mid())"),
)
def atr(given: Given, out: Values, bar: Window, count: Count, of: Call = LAST) -> None:
    """Average true range of the last whole bars."""
    found = bars_of(given(of), bar.count)
    high, low = found[HIGH].copy(), found[LOW].copy()
    before = found[CLOSE][:-1]
    high[1:] = np.where(np.isnan(before), high[1:], np.maximum(high[1:], before))
    low[1:] = np.where(np.isnan(before), low[1:], np.minimum(low[1:], before))
    average = np.empty_like(high)
    rolling_mean(high - low, count, 1, average)
    until_next_end(average, bar.count, out)


@feature(
    unit=AS_OF,
    warm_up=lambda bar, count, **_: bar.count * (count - 1),
    formula="EMA of count samples over the closes of bars",
    source="docs/features.md, averages on bars",
    examples=("bar_ema(10s, 5)",),
)
def bar_ema(given: Given, out: Values, bar: Window, count: Count, of: Call = LAST) -> None:
    """Exponential moving average of the closes of whole bars."""
    closes = bars_of(given(of), bar.count)[CLOSE]
    average = np.empty_like(closes)
    running_average(closes, count, average)
    until_next_end(average, bar.count, out)


@feature(
    unit=AS_OF,
    look_back=_twice_the_bars,
    warm_up=lambda bar, count, **_: bar.count * (count - 1),
    formula="mean of the closes of the last count bars",
    source="strategy catalogue: Bollinger bands on bars",
    examples=("bar_mean(15s, 4)",),
)
def bar_mean(given: Given, out: Values, bar: Window, count: Count, of: Call = LAST) -> None:
    """Mean of the closes of the last whole bars."""
    closes = bars_of(given(of), bar.count)[CLOSE]
    average = np.empty_like(closes)
    rolling_mean(closes, count, 1, average)
    until_next_end(average, bar.count, out)


@feature(
    unit=AS_OF,
    look_back=_twice_the_bars,
    warm_up=lambda bar, count, **_: bar.count * (count - 1),
    formula="standard deviation (n - 1) of the closes of the last count bars",
    source="strategy catalogue: Bollinger bands on bars",
    examples=("bar_sigma(15s, 4)",),
)
def bar_sigma(given: Given, out: Values, bar: Window, count: Count, of: Call = LAST) -> None:
    """Standard deviation of the closes of the last whole bars."""
    closes = bars_of(given(of), bar.count)[CLOSE]
    deviation = np.empty_like(closes)
    rolling_sigma(closes, count, deviation)
    until_next_end(deviation, bar.count, out)


@feature(
    unit=Unit.BARS,
    formula="bars in a row, up to the newest that has ended, that closed above (+) or below (-) their open",
    source="strategy catalogue: three red five-minute candles",
    examples=("bar_streak(20s)",),
)
def bar_streak(given: Given, out: Values, bar: Window, of: Call = LAST) -> None:
    """How many bars in a row rose (+3) or fell (-3); 0 where the newest did neither."""
    found = bars_of(given(of), bar.count)
    colours = np.sign(found[CLOSE] - found[OPEN])
    streak = np.empty_like(colours)
    length = 0.0
    for place, colour in enumerate(colours.tolist()):
        length = length + colour if length * colour > 0 else colour
        streak[place] = length
    until_next_end(streak, bar.count, out)


def _bars_within(window: Window, bar: Window, **_: object) -> int:
    return bar.count * (2 * (window.count // bar.count) + 3)


def _whole_bars(window: Window, bar: Window, **_: object) -> str | None:
    whole = window.count % bar.count == 0 and window.count >= 2 * bar.count
    return None if whole else f"a window of {window} does not hold two or more whole bars of {bar}"


@feature(
    unit=Unit.PERCENT,
    look_back=_bars_within,
    warm_up=lambda window, bar, **_: window.count - bar.count,
    check=_whole_bars,
    formula="standard deviation (n - 1) of the ln returns of the window's bars x sqrt(252 x 375 min / bar)",
    source="docs/features.md, volatility; strategy catalogue: realised volatility against IV",
    examples=("realised_vol(30m)", "realised_vol(60s, bar=10s)"),
)
def realised_vol(given: Given, out: Values, window: Window, bar: Window = ONE_MINUTE, of: Call = LAST) -> None:
    """Realised volatility a year, from bars; none unless 0.6 of the window's bars have their return."""
    closes = bars_of(given(of), bar.count)[CLOSE]
    returns = np.full_like(closes, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        returns[1:] = np.diff(np.log(np.where(closes > 0, closes, np.nan)))
    count = window.count // bar.count
    deviation = np.empty_like(closes)
    rolling_sigma(returns, count, deviation)
    if returns.size:
        known = np.concatenate(([0], np.cumsum(~np.isnan(returns))))
        ends = np.arange(1, returns.size + 1)
        deviation[known[ends] - known[np.maximum(ends - count, 0)] < SEEN_SHARE * count] = np.nan
    deviation *= math.sqrt(MINUTES_A_YEAR * ONE_MINUTE.count / bar.count)
    until_next_end(deviation, bar.count, out)
