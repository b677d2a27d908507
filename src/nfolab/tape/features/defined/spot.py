"""The index beside an option, and what else is known of the market: other indices, India VIX, the future's basis."""

from typing import Final

import numpy as np

from nfolab.base.snapshot import DataKind
from nfolab.market.sessions import previous_trading_day, session
from nfolab.tape.book import Int32Array
from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import LAST, SPOT_ONLY, Call, Unit, Values, Window, feature
from nfolab.tape.features.rows import MAX_AGE, place_values
from nfolab.tape.features.subject import FUTURE, SubjectKind
from nfolab.tape.tape import MAX_SPOT_AGE, MAX_VIX_AGE, NANOSECONDS, NO_SPOT, MissingSeriesError

VIX: Final = "INDIAVIX"
IST_AHEAD: Final = 19_800 * NANOSECONDS
PERCENT_IN_VIX_PAISE: Final = 10_000
"""VIX stands at 13.25 for 13.25 % and is stored with two decimals, as 1325."""


def _whole_window(window: Window) -> int:
    return window.count


@feature(
    unit=Unit.PAISE,
    subjects=SPOT_ONLY,
    look_back=lambda: 2,
    formula="value of the index as of t, at most 2 s old",
    source="docs/features.md, the index",
    examples=("spot",),
)
def spot(given: Given, out: Values) -> None:
    """The index."""
    out[:] = given(LAST)


@feature(
    unit=Unit.PAISE,
    subjects=SPOT_ONLY,
    warm_up=_whole_window,
    look_back=lambda window: window.count + 2,
    formula="spot[t] - spot[t - window]",
    source="strategy catalogue; market-truth definitions",
    examples=("spot_change(3s)",),
)
def spot_change(given: Given, out: Values, window: Window) -> None:
    """Points the index moved over a window."""
    out[:] = given(Call("change", (window, LAST)))


@feature(
    unit=Unit.PERCENT,
    subjects=SPOT_ONLY,
    warm_up=_whole_window,
    look_back=lambda window: window.count + 2,
    formula="spot[t] / spot[t - window] - 1",
    source="strategy catalogue, shared indicators: spot returns",
    examples=("spot_return(1s)", "spot_return(30s)"),
)
def spot_return(given: Given, out: Values, window: Window) -> None:
    """Return of the index over a window."""
    out[:] = given(Call("rate_of_change", (window, LAST)))


def _in_paise(joined: Int32Array) -> Values:
    return np.where(joined == NO_SPOT, np.nan, joined)


@feature(
    unit=Unit.PERCENT,
    subjects=SPOT_ONLY,
    look_back=lambda: MAX_VIX_AGE,
    formula="India VIX / 100 as of t, at most 60 s old",
    source="docs/features.md, beside the index; the feed's own series",
    examples=("vix",),
)
def vix(given: Given, out: Values) -> None:
    """India VIX as a volatility: 13.25 is 13.25 %."""
    out[:] = _in_paise(given.day.joined(DataKind.VIX, VIX, MAX_VIX_AGE)) / PERCENT_IN_VIX_PAISE


@feature(
    unit=Unit.PAISE,
    subjects=SPOT_ONLY,
    look_back=lambda: MAX_SPOT_AGE,
    formula="value of the NIFTY 50 index as of t, at most 2 s old",
    source="docs/features.md, beside the index; strategy catalogue: one index against another",
    examples=("nifty",),
)
def nifty(given: Given, out: Values) -> None:
    """The NIFTY 50, whatever the day's underlying."""
    out[:] = _in_paise(given.day.joined(DataKind.SPOT, "NIFTY", MAX_SPOT_AGE))


@feature(
    unit=Unit.PAISE,
    subjects=SPOT_ONLY,
    look_back=lambda: MAX_SPOT_AGE,
    formula="value of the NIFTY Bank index as of t, at most 2 s old",
    source="docs/features.md, beside the index; strategy catalogue: one index against another",
    examples=("banknifty",),
)
def banknifty(given: Given, out: Values) -> None:
    """The NIFTY Bank, whatever the day's underlying."""
    out[:] = _in_paise(given.day.joined(DataKind.SPOT, "BANKNIFTY", MAX_SPOT_AGE))


@feature(
    unit=Unit.PAISE,
    subjects=SPOT_ONLY,
    look_back=lambda: MAX_AGE,
    formula="last price of the future that expires next, at most 5 s old",
    source="docs/features.md, beside the index",
    examples=("future",),
)
def future(given: Given, out: Values) -> None:
    """The near-month future."""
    out[:] = given.of(FUTURE)(LAST)


@feature(
    unit=Unit.PAISE,
    subjects=SPOT_ONLY,
    look_back=lambda: MAX_AGE,
    formula="future - spot",
    source="strategy catalogue: futures basis",
    examples=("basis", "zscore(60s, of=basis())"),
)
def basis(given: Given, out: Values) -> None:
    """By how much the future stands above the index."""
    np.subtract(given(Call("future")), given(LAST), out=out)


@feature(
    unit=Unit.PAISE,
    subjects=frozenset({SubjectKind.SPOT, SubjectKind.CONTRACT, SubjectKind.FUTURE}),
    columns=("close_paise",),
    look_back=lambda: MAX_AGE,
    formula="of a contract the feed's close of the day before; of the index its last value of that day's session",
    source="strategy catalogue: opening gap",
    examples=("previous_close",),
)
def previous_close(given: Given, out: Values) -> None:
    """Close of the trading day before; of the index not the exchange's average of the last half hour, but its last."""
    if given.subject.kind is not SubjectKind.SPOT:
        rows = given.rows("close_paise")
        place_values(rows.fresh, rows["close_paise"], out)
        return
    before = previous_trading_day(given.day.day)
    series = given.day.series(DataKind.SPOT, given.day.underlying, before)
    midnight = np.datetime64(before, "ns").astype(np.int64) - IST_AHEAD
    upto = midnight + session(before).close.second_of_day * NANOSECONDS
    known = series.price_paise[(series.timestamp < upto + NANOSECONDS) & (series.price_paise > 0)]
    if not known.size:
        raise MissingSeriesError(f"the index of {given.day.underlying} on {before} has no value within its session")
    out[:] = known[-1]
