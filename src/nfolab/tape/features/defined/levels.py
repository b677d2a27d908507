"""Where the price stands within a window: its mean and spread, its extremes, its rank."""

import numpy as np

from nfolab.base.units import Points, Seconds
from nfolab.tape.features.day import Given
from nfolab.tape.features.defined.moves import known_only
from nfolab.tape.features.definition import AS_OF, LAST, Call, Unit, Values, Window, feature
from nfolab.tape.features.windows import (
    earlier,
    rolling_highest,
    rolling_mean,
    rolling_order,
    rolling_sigma,
    running_average,
)

NOW = Seconds(0)


def _filled(window: Window, before: Seconds = NOW, **_: object) -> int:
    return window.count - 1 + before.count


def _between(window: Window, before: Seconds = NOW, **_: object) -> int:
    return 2 * window.count + before.count


def _before(values: Values, before: Seconds, out: Values) -> None:
    if before.count:
        earlier(out.copy(), before.count, out)
    known_only(values, out)


@feature(
    unit=AS_OF,
    warm_up=lambda window, **_: window.count - 1,
    formula="e += (x - e) * 2 / (k + 1) each second, from the first value on, told after k of them",
    source="docs/features.md, averages",
    examples=("ema(5s)", "ema(21s)", "ema(6s, of=mid())"),
)
def ema(given: Given, out: Values, window: Window, of: Call = LAST) -> None:
    """Exponential moving average by second."""
    running_average(given(of), window.count, out)


@feature(
    unit=AS_OF,
    warm_up=_filled,
    look_back=_between,
    formula="mean of x over t - before - window + 1 ... t - before",
    source="strategy catalogue, rolling mean",
    examples=("mean(60s)", "mean(30s, of=spread(), before=5s)"),
)
def mean(given: Given, out: Values, window: Window, of: Call = LAST, before: Seconds = NOW) -> None:
    """Mean over a window."""
    values = given(of)
    rolling_mean(values, window.count, 1, out)
    _before(values, before, out)


@feature(
    unit=AS_OF,
    warm_up=_filled,
    look_back=_between,
    formula="standard deviation (n - 1) of x over t - before - window + 1 ... t - before",
    source="strategy catalogue, shared indicators: sigma_15m and notation",
    examples=("sigma(15m)", "sigma(20s, of=mid())"),
)
def sigma(given: Given, out: Values, window: Window, of: Call = LAST, before: Seconds = NOW) -> None:
    """Standard deviation of the level over a window."""
    values = given(of)
    rolling_sigma(values, window.count, out)
    _before(values, before, out)


@feature(
    unit=AS_OF,
    warm_up=_filled,
    look_back=_between,
    formula="greatest x over t - before - window + 1 ... t - before",
    source="strategy catalogue, breaks of a range",
    examples=("highest(60s)", "highest(60s, before=1s)"),
)
def highest(given: Given, out: Values, window: Window, of: Call = LAST, before: Seconds = NOW) -> None:
    """Highest of a window."""
    values = given(of)
    rolling_highest(values, window.count, 1, out)
    _before(values, before, out)


@feature(
    unit=AS_OF,
    warm_up=_filled,
    look_back=_between,
    formula="least x over t - before - window + 1 ... t - before",
    source="strategy catalogue, breaks of a range",
    examples=("lowest(60s)", "lowest(10s, of=mid(), before=1s)"),
)
def lowest(given: Given, out: Values, window: Window, of: Call = LAST, before: Seconds = NOW) -> None:
    """Lowest of a window."""
    values = given(of)
    rolling_highest(values, window.count, -1, out)
    _before(values, before, out)


@feature(
    name="range",
    unit=AS_OF,
    warm_up=_filled,
    look_back=_between,
    formula="highest(window) - lowest(window)",
    source="strategy catalogue, calm markets",
    examples=("range(60s)",),
)
def high_less_low(given: Given, out: Values, window: Window, of: Call = LAST, before: Seconds = NOW) -> None:
    """Distance of a window's highest from its lowest."""
    arguments = (window, of, before)
    np.subtract(given(Call("highest", arguments)), given(Call("lowest", arguments)), out=out)


@feature(
    unit=Unit.RATIO,
    warm_up=_filled,
    look_back=_between,
    formula="(x - mean(window)) / sigma(window), where sigma is above 0",
    source="strategy catalogue, Bollinger and VWAP bands, z-scores",
    examples=("zscore(60s)", "zscore(60s, before=1s)"),
)
def zscore(given: Given, out: Values, window: Window, of: Call = LAST, before: Seconds = NOW) -> None:
    """How many standard deviations of a window away from its mean."""
    arguments = (window, of, before)
    deviation = given(Call("sigma", arguments)).copy()
    deviation[~(deviation > 0)] = np.nan
    np.subtract(given(of), given(Call("mean", arguments)), out=out)
    out /= deviation


@feature(
    unit=AS_OF,
    warm_up=_filled,
    look_back=_between,
    formula="median of x over t - before - window + 1 ... t - before",
    source="docs/features.md, windows",
    examples=("median(60s)", "median(30s, of=spread(), before=2s)"),
)
def median(given: Given, out: Values, window: Window, of: Call = LAST, before: Seconds = NOW) -> None:
    """Median of a window."""
    values = given(of)
    rolling_order(values, window.count, out, np.empty_like(out))
    _before(values, before, out)


@feature(
    unit=Unit.PERCENT,
    warm_up=_filled,
    look_back=_between,
    formula="share of the window's earlier values that are below x[t]",
    source="strategy catalogue, percentile; docs/features.md, windows",
    examples=("rank(60s)", "rank(30s, of=spread())"),
)
def rank(given: Given, out: Values, window: Window, of: Call = LAST) -> None:
    """Where the newest value stands among those of a window: 0 % the lowest, 100 % the highest."""
    rolling_order(given(of), window.count, np.empty_like(out), out)


@feature(
    unit=Unit.PAISE,
    look_back=lambda **_: 0,
    formula="x - the nearest multiple of step (the lower of two that are as near)",
    source="strategy catalogue, round number",
    examples=("from_round(100pt)",),
    check=lambda step, **_: None if step.paise > 0 else "step should be above 0pt",
)
def from_round(given: Given, out: Values, step: Points, of: Call = LAST) -> None:
    """Distance from the nearest round number, below zero beneath it."""
    values = given(of)
    np.ceil(values / step.paise - 0.5, out=out)
    out *= -step.paise
    out += values
