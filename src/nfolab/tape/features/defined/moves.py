"""Moves over a window: how far, how steadily, how wildly."""

import numpy as np

from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import AS_OF, LAST, Call, Count, Unit, Values, Window, feature
from nfolab.tape.features.windows import earlier, rolling_mean, rolling_sigma, steps_one_way

THREE = Count(3)


def _whole_window(window: Window, **_: object) -> int:
    return window.count


def _between(window: Window, **_: object) -> int:
    return 2 * window.count + 1


def _steps(count: Count, **_: object) -> int:
    return count


def one_second_changes(values: Values) -> Values:
    """Return values[t] − values[t − 1], NaN in the first second."""
    changes = np.empty_like(values)
    changes[0] = np.nan
    np.subtract(values[1:], values[:-1], out=changes[1:])
    return changes


def known_only(values: Values, out: Values) -> None:
    """Take out what stands where `values` has none: inside a gap nothing is told."""
    out[np.isnan(values)] = np.nan


@feature(
    unit=AS_OF,
    warm_up=_whole_window,
    look_back=_whole_window,
    formula="x[t] - x[t - window]",
    source="strategy catalogue, rates of change",
    examples=("change(10s)", "change(2s, of=mid())"),
)
def change(given: Given, out: Values, window: Window, of: Call = LAST) -> None:
    """Change over a window, in its own unit."""
    values = given(of)
    earlier(values, window.count, out)
    np.subtract(values, out, out=out)


@feature(
    unit=Unit.PERCENT,
    warm_up=_whole_window,
    look_back=_whole_window,
    formula="x[t] / x[t - window] - 1, where x[t - window] is above 0",
    source="strategy catalogue, ROC",
    examples=("rate_of_change(10s)", "rate_of_change(1m, of=bid_depth(5))"),
)
def rate_of_change(given: Given, out: Values, window: Window, of: Call = LAST) -> None:
    """Change over a window as a share of the value before."""
    values = given(of)
    earlier(values, window.count, out)
    out[~(out > 0)] = np.nan
    np.divide(values, out, out=out)
    out -= 1


@feature(
    name="earlier",
    unit=AS_OF,
    warm_up=_whole_window,
    look_back=_whole_window,
    formula="x[t - window]",
    source="docs/features.md, windows",
    examples=("earlier(10s)", "earlier(10s, of=bar_high(10s))"),
)
def value_before(given: Given, out: Values, window: Window, of: Call = LAST) -> None:
    """What something was a while ago."""
    earlier(given(of), window.count, out)


@feature(
    unit=AS_OF,
    look_back=lambda **_: 0,
    formula="|x|",
    source="docs/features.md, moves",
    examples=("absolute(change(1s))", "absolute(spot_return(1s))"),
)
def absolute(given: Given, out: Values, of: Call) -> None:
    """Size without its sign, to be ranked or averaged."""
    np.abs(given(of), out=out)


@feature(
    unit=Unit.TRUTH,
    warm_up=_steps,
    look_back=_steps,
    formula="x[t] > x[t - 1] > ... > x[t - count]",
    source="strategy catalogue: three rising one-second highs",
    examples=("rising(last, 3)", "rising(bid_depth(1), 1)"),
)
def rising(given: Given, out: Values, of: Call = LAST, count: Count = THREE) -> None:
    """Whether each of the last seconds was above the one before."""
    steps_one_way(given(of), count, 1, out)


@feature(
    unit=Unit.TRUTH,
    warm_up=_steps,
    look_back=_steps,
    formula="x[t] < x[t - 1] < ... < x[t - count]",
    source="strategy catalogue: three falling one-second lows",
    examples=("falling(last, 2)",),
)
def falling(given: Given, out: Values, of: Call = LAST, count: Count = THREE) -> None:
    """Whether each of the last seconds was below the one before."""
    steps_one_way(given(of), count, -1, out)


@feature(
    unit=Unit.PERCENT,
    warm_up=_whole_window,
    look_back=_between,
    formula="share of the window's one-second changes that are above 0",
    source="strategy catalogue, share of up seconds",
    examples=("up_share(15s)",),
)
def up_share(given: Given, out: Values, window: Window, of: Call = LAST) -> None:
    """Share of a window's seconds that rose."""
    values = given(of)
    ups = one_second_changes(values)
    known = ~np.isnan(ups)
    ups[known] = ups[known] > 0
    rolling_mean(ups, window.count, 1, out)
    known_only(values, out)


@feature(
    unit=Unit.PERCENT,
    warm_up=_whole_window,
    look_back=_between,
    formula="gains / (gains + losses) over the window's one-second changes; 50 % where nothing moved",
    source="strategy catalogue: RSI, with plain sums (Cutler's form)",
    examples=("rsi(30s)",),
)
def rsi(given: Given, out: Values, window: Window, of: Call = LAST) -> None:
    """Relative strength of the rises against the falls of a window."""
    values = given(of)
    changes = one_second_changes(values)
    losses = np.empty_like(out)
    rolling_mean(np.maximum(changes, 0), window.count, 1, out)
    rolling_mean(np.maximum(-changes, 0), window.count, 1, losses)
    losses += out
    still = losses == 0
    losses[still] = 1
    out[still] = 0.5
    out /= losses
    known_only(values, out)


@feature(
    unit=Unit.PERCENT,
    warm_up=_whole_window,
    look_back=_between,
    formula="standard deviation (n - 1) of the window's one-second ln returns x sqrt(window)",
    source="strategy catalogue: realised sigma of one minute from one-second returns",
    examples=("return_sigma(60s)",),
)
def return_sigma(given: Given, out: Values, window: Window, of: Call = LAST) -> None:
    """How far a window's length moves it, one standard deviation, judged by its seconds."""
    values = given(of)
    with np.errstate(invalid="ignore", divide="ignore"):
        returns = one_second_changes(np.log(np.where(values > 0, values, np.nan)))
    rolling_sigma(returns, window.count, out)
    out *= np.sqrt(window.count)
    known_only(values, out)
