"""What several bars tell together: averages, ranges, slopes and streaks of their closes, lows and highs."""

import math
from typing import Final

import numpy as np

from nfolab.base.units import Seconds
from nfolab.tape.features.day import Given
from nfolab.tape.features.defined.bars import CLOSE, HIGH, LOW, OPEN, bars_of, until_next_end
from nfolab.tape.features.defined.volatility import SEEN_SHARE
from nfolab.tape.features.definition import AS_OF, LAST, Call, Count, Unit, Values, Window, feature
from nfolab.tape.features.windows import rolling_mean, rolling_sigma, running_average

MINUTES_A_YEAR: Final = 252 * 375
ONE_MINUTE: Final = Window(Seconds(60))


def _twice_the_bars(bar: Window, count: Count, **_: object) -> int:
    return bar.count * (2 * count + 3)


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
    unit=AS_OF,
    look_back=_twice_the_bars,
    warm_up=lambda bar, count, **_: bar.count * (count - 1),
    check=lambda count, **_: None if count > 1 else "a line needs two bars or more",
    formula="rise a bar of the line of least squares through the closes of the last count bars",
    source="strategy catalogue: slope of a linear regression of bars",
    examples=("bar_slope(15s, 4)",),
)
def bar_slope(given: Given, out: Values, bar: Window, count: Count, of: Call = LAST) -> None:
    """How steeply the closes of the last whole bars rise; none unless all of them are known."""
    closes = bars_of(given(of), bar.count)[CLOSE]
    slope = np.full_like(closes, np.nan)
    if closes.size >= count:
        place = np.arange(count) - (count - 1) / 2
        slope[count - 1 :] = np.lib.stride_tricks.sliding_window_view(closes, count) @ (place / (place @ place))
    until_next_end(slope, bar.count, out)


@feature(
    unit=Unit.PERCENT,
    look_back=lambda bar, count, **_: bar.count * (2 * count + 5),
    warm_up=lambda bar, count, **_: bar.count * count,
    formula="gains / (gains + losses) over the changes of the last count closes; 50 % where nothing moved",
    source="strategy catalogue: RSI on bars, with plain sums (Cutler's form)",
    examples=("bar_rsi(15s, 4)",),
)
def bar_rsi(given: Given, out: Values, bar: Window, count: Count, of: Call = LAST) -> None:
    """Relative strength of the rises against the falls of whole bars."""
    closes = bars_of(given(of), bar.count)[CLOSE]
    changes = np.full_like(closes, np.nan)
    changes[1:] = np.diff(closes)
    gains, losses = np.empty_like(closes), np.empty_like(closes)
    rolling_mean(np.maximum(changes, 0), count, 1, gains)
    rolling_mean(np.maximum(-changes, 0), count, 1, losses)
    both = gains + losses
    still = both == 0
    both[still], gains[still] = 2, 1
    until_next_end(gains / both, bar.count, out)


@feature(
    unit=AS_OF,
    formula="line through the lows of the two newest bars that were lower than both beside them, at t",
    source="strategy catalogue: trend line through the last two pivot lows",
    examples=("support_line(15s)",),
)
def support_line(given: Given, out: Values, bar: Window, of: Call = LAST) -> None:
    """Trend line beneath the price: a low stands at its bar's end and is known when the next bar has ended."""
    lows = bars_of(given(of), bar.count)[LOW]
    first = second = -1
    out[:] = np.nan
    at = np.arange(out.size)
    for newest in range(2, lows.size):
        if lows[newest - 1] < lows[newest - 2] and lows[newest - 1] < lows[newest]:
            first, second = second, newest - 1
        if first >= 0:
            told = slice((newest + 1) * bar.count, (newest + 2) * bar.count)
            rise = (lows[second] - lows[first]) / ((second - first) * bar.count)
            out[told] = lows[second] + rise * (at[told] - (second + 1) * bar.count)


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
