"""Ranges of the day: between two clocks, since the open, of the opening minutes."""

import numpy as np

from nfolab.base.units import Clock
from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import AS_OF, LAST, Call, Values, Window, feature
from nfolab.tape.features.windows import running_median


def _in_order(start: Clock, end: Clock, **_: object) -> str | None:
    return None if start < end else f"the range should start before {end}"


def _between(given: Given, out: Values, start: int, end: int, of: Call, extreme: np.ufunc) -> None:
    """Fill `out` from second `end` on with the extreme of the seconds start … end − 1 of the session."""
    first, last = max(0, start), min(max(0, end), out.size)
    out[:] = np.nan
    if first < last:
        out[last:] = extreme.reduce(given(of)[first:last])


def _second(given: Given, clock: Clock) -> int:
    return clock.second_of_day - given.day.session.open.second_of_day


@feature(
    unit=AS_OF,
    check=_in_order,
    formula="greatest x of the seconds start ... end - 1, known from end on",
    source="strategy catalogue, range window",
    examples=("range_high(09:15:00, 09:20:00)", "range_high(09:20:00, 09:26:40, of=mid())"),
)
def range_high(given: Given, out: Values, start: Clock, end: Clock, of: Call = LAST) -> None:
    """High of the range between two clocks."""
    _between(given, out, _second(given, start), _second(given, end), of, np.fmax)


@feature(
    unit=AS_OF,
    check=_in_order,
    formula="least x of the seconds start ... end - 1, known from end on",
    source="strategy catalogue, range window",
    examples=("range_low(09:15:00, 09:20:00)",),
)
def range_low(given: Given, out: Values, start: Clock, end: Clock, of: Call = LAST) -> None:
    """Low of the range between two clocks."""
    _between(given, out, _second(given, start), _second(given, end), of, np.fmin)


@feature(
    unit=AS_OF,
    formula="greatest x of the session's first length seconds, known afterwards",
    source="strategy catalogue, shared indicators: opening ranges",
    examples=("opening_high(5m)", "opening_high(15m)"),
)
def opening_high(given: Given, out: Values, length: Window, of: Call = LAST) -> None:
    """High of the opening range."""
    _between(given, out, 0, length.count, of, np.fmax)


@feature(
    unit=AS_OF,
    formula="least x of the session's first length seconds, known afterwards",
    source="strategy catalogue, shared indicators: opening ranges",
    examples=("opening_low(5m)", "opening_low(1m)"),
)
def opening_low(given: Given, out: Values, length: Window, of: Call = LAST) -> None:
    """Low of the opening range."""
    _between(given, out, 0, length.count, of, np.fmin)


@feature(
    unit=AS_OF,
    formula="greatest x since the open",
    source="strategy catalogue, shared indicators: day range",
    examples=("day_high",),
)
def day_high(given: Given, out: Values, of: Call = LAST) -> None:
    """High of the day so far, by our own rows; the feed's columns lag."""
    np.fmax.accumulate(given(of), out=out)


@feature(
    unit=AS_OF,
    formula="least x since the open",
    source="strategy catalogue, shared indicators: day range",
    examples=("day_low",),
)
def day_low(given: Given, out: Values, of: Call = LAST) -> None:
    """Low of the day so far, by our own rows."""
    np.fmin.accumulate(given(of), out=out)


@feature(
    unit=AS_OF,
    formula="first x of the session",
    source="strategy catalogue, day open",
    examples=("day_open",),
)
def day_open(given: Given, out: Values, of: Call = LAST) -> None:
    """First value of the day."""
    values = given(of)
    known = np.flatnonzero(~np.isnan(values))
    out[:] = np.nan
    if known.size:
        out[known[0] :] = values[known[0]]


@feature(
    unit=AS_OF,
    formula="mean of x since the open",
    source="strategy catalogue, session mean",
    examples=("day_mean", "day_mean(of=spread())"),
)
def day_mean(given: Given, out: Values, of: Call = LAST) -> None:
    """Mean of the day so far, told where there is a value."""
    values = given(of)
    known = ~np.isnan(values)
    np.divide(np.cumsum(np.where(known, values, 0)), np.maximum(np.cumsum(known), 1), out=out)
    out[~known] = np.nan


@feature(
    unit=AS_OF,
    formula="median of x since the open",
    source="strategy catalogue, the day's median",
    examples=("day_median", "day_median(of=spread())"),
)
def day_median(given: Given, out: Values, of: Call = LAST) -> None:
    """Median of the day so far, told where there is a value."""
    running_median(given(of), out)


@feature(
    unit=AS_OF,
    warm_up=lambda **_: 1,
    formula="standard deviation (n - 1) of x since the open",
    source="strategy catalogue, session mean and its sigmas",
    examples=("day_sigma", "day_sigma(of=quote_changes(5s))"),
)
def day_sigma(given: Given, out: Values, of: Call = LAST) -> None:
    """Standard deviation of the day so far, told where there is a value."""
    values = given(of)
    known = ~np.isnan(values)
    out[:] = np.nan
    if known.any():
        away = np.where(known, values - values[known][0], 0)
        count, total, squares = np.cumsum(known), np.cumsum(away), np.cumsum(away * away)
        told = known & (count > 1)
        spread = squares[told] - total[told] ** 2 / count[told]
        out[told] = np.sqrt(np.maximum(spread, 0) / (count[told] - 1))


@feature(
    unit=AS_OF,
    formula="x at the clock, known from then on",
    source="strategy catalogue: against the volatility, or the index, of a time of day",
    examples=("value_at(09:20:00)", "value_at(09:16:00, of=mid())"),
)
def value_at(given: Given, out: Values, clock: Clock, of: Call = LAST) -> None:
    """What something was at a time of day; none where it had no value then."""
    second = _second(given, clock)
    out[:] = np.nan
    if 0 <= second < out.size:
        out[second:] = given(of)[second]


@feature(
    unit=AS_OF,
    check=_in_order,
    formula="median of x over the seconds start ... end - 1, known from end on",
    source="strategy catalogue: median of the opening minute",
    examples=("range_median(09:15:00, 09:20:00)", "range_median(09:15:00, 09:20:00, of=volume())"),
)
def range_median(given: Given, out: Values, start: Clock, end: Clock, of: Call = LAST) -> None:
    """Median of the values between two clocks."""
    first, last = max(0, _second(given, start)), min(max(0, _second(given, end)), out.size)
    out[:] = np.nan
    values = given(of)[first:last]
    known = values[~np.isnan(values)]
    if known.size:
        out[last:] = np.median(known)
