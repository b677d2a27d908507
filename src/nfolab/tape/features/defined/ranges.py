"""Ranges of the day: between two clocks, since the open, of the opening minutes."""

import numpy as np

from nfolab.base.units import Clock
from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import AS_OF, LAST, Call, Values, Window, feature


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
