"""The market's level, how wild it is, and its bursts: states of the day, whatever subject asks."""

from typing import Final

import numpy as np

from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import SPOT_ONLY, Unit, Values, Window, feature
from nfolab.tape.features.rows import MAX_AGE
from nfolab.tape.state import regimes
from nfolab.tape.state.bursts import SLOW_SECONDS, EndedBy
from nfolab.tape.state.level import level_of
from nfolab.tape.state.thresholds import load_thresholds
from nfolab.tape.state.today import bursts_of, scores_of

_SOURCE: Final = "market-truth definitions, bursts; docs/state.md"
_OF_ITS_DAY: Final = load_thresholds().burst.unit != "sigma"
"""In the unit sigma a burst is measured by earlier days."""

_UNTIL: Final = "from the second on at which its end is known until the next is"


def _possible() -> int:
    return SLOW_SECONDS


@feature(
    unit=Unit.PAISE,
    subjects=SPOT_ONLY,
    look_back=lambda: MAX_AGE,
    formula="the index, at most 5 s old; on a day without an index feed the parity forward of the nearest expiry",
    source=_SOURCE,
    examples=("level",),
)
def level(given: Given, out: Values) -> None:
    """Where the market stands: what bursts, chop and fear are measured on."""
    out[:] = level_of(given).value


@feature(
    unit=Unit.LOG_PER_SECOND,
    subjects=SPOT_ONLY,
    warm_up=lambda window: window.count,
    look_back=lambda window: 2 * window.count + 1 + MAX_AGE,
    formula="rv of level: root mean square of one-second returns, if at least 0.6 of the window's seconds have one",
    source=_SOURCE,
    examples=("level_rv(10s)", "level_rv(30s)"),
)
def level_rv(given: Given, out: Values, window: Window) -> None:
    """Realised volatility of a second of the market's level."""
    out[:] = level_of(given).realised_volatility(window.count)


@feature(
    unit=Unit.TRUTH,
    subjects=SPOT_ONLY,
    of_its_day=_OF_ITS_DAY,
    warm_up=_possible,
    formula="a burst has started and its end is not known yet",
    source=_SOURCE,
    examples=("in_burst",),
)
def in_burst(given: Given, out: Values) -> None:
    """Whether a burst is under way; not told where none is and none could have been seen."""
    out[:] = regimes.in_burst(given)


@feature(
    unit=Unit.TRUTH,
    subjects=SPOT_ONLY,
    of_its_day=_OF_ITS_DAY,
    warm_up=_possible,
    formula="|S[t] - S[t - 10 s]| >= move, rv_10 > ratio * rv_120, a step of the newest 3 s >= step; none under way, "
    "none ended in the 5 s before",
    source=_SOURCE,
    examples=("burst_started",),
)
def burst_started(given: Given, out: Values) -> None:
    """Whether a burst starts at this second."""
    out[:] = np.where(regimes.could_burst(given), 0.0, np.nan)
    out[bursts_of(given).start] = 1.0


@feature(
    unit=Unit.TRUTH,
    subjects=SPOT_ONLY,
    of_its_day=_OF_ITS_DAY,
    warm_up=_possible,
    formula="at least 3 s after its start |S[t] - S[t - 5 s]| < quiet and rv_10 < ratio * rv_120; 180 s after its "
    "start; 6 s after the last value before a gap; at the close",
    source=_SOURCE,
    examples=("burst_ended",),
)
def burst_ended(given: Given, out: Values) -> None:
    """Whether a burst's end becomes known at this second."""
    out[:] = np.where(regimes.could_burst(given), 0.0, np.nan)
    out[bursts_of(given).known_at] = 1.0


def _since_known(given: Given, values: Values, nothing: float, out: Values) -> None:
    """Fill `out` with a burst's value from the second on at which its end is known; before the first `nothing`."""
    out[:] = nothing
    for known_at, value in zip(bursts_of(given).known_at, values, strict=True):
        out[known_at:] = value


@feature(
    unit=Unit.SIGN,
    subjects=SPOT_ONLY,
    of_its_day=_OF_ITS_DAY,
    formula=f"of a burst under way the sign of S[start] - S[start - 10 s]; of the newest that of its whole move, "
    f"{_UNTIL}; 0 before the first",
    source=_SOURCE,
    examples=("burst_direction",),
)
def burst_direction(given: Given, out: Values) -> None:
    """Where the newest burst goes, or went: +1 up, −1 down."""
    bursts = bursts_of(given)
    out[:] = 0.0
    for number, (start, known_at) in enumerate(zip(bursts.start, bursts.known_at, strict=True)):
        out[start:known_at] = bursts.trigger[number]
        out[known_at:] = bursts.direction[number]


@feature(
    unit=Unit.EVENTS,
    subjects=SPOT_ONLY,
    of_its_day=_OF_ITS_DAY,
    formula="bursts started at or before t",
    source=_SOURCE,
    examples=("burst_count",),
)
def burst_count(given: Given, out: Values) -> None:
    """How many bursts have started today."""
    out[:] = 0.0
    out[bursts_of(given).start] = 1.0
    np.cumsum(out, out=out)


@feature(
    unit=Unit.PAISE,
    subjects=SPOT_ONLY,
    of_its_day=_OF_ITS_DAY,
    formula=f"S[end] - S[start - 10 s] of the newest burst, {_UNTIL}",
    source=_SOURCE,
    examples=("burst_move",),
)
def burst_move(given: Given, out: Values) -> None:
    """How far the newest ended burst went, with its sign."""
    _since_known(given, bursts_of(given).moved, np.nan, out)


@feature(
    unit=Unit.PAISE,
    subjects=SPOT_ONLY,
    of_its_day=_OF_ITS_DAY,
    formula=f"highest - lowest S from 10 s before the start to the end of the newest burst, {_UNTIL}",
    source=_SOURCE,
    examples=("burst_size",),
)
def burst_size(given: Given, out: Values) -> None:
    """How large the newest ended burst was."""
    _since_known(given, bursts_of(given).size, np.nan, out)


@feature(
    unit=Unit.SECONDS,
    subjects=SPOT_ONLY,
    of_its_day=_OF_ITS_DAY,
    formula=f"end - start of the newest burst, {_UNTIL}",
    source=_SOURCE,
    examples=("burst_length",),
)
def burst_length(given: Given, out: Values) -> None:
    """How long the newest ended burst took, in seconds of the clock."""
    bursts = bursts_of(given)
    _since_known(given, (bursts.end - bursts.start).astype(np.float64), np.nan, out)


@feature(
    unit=Unit.TRUTH,
    subjects=SPOT_ONLY,
    of_its_day=_OF_ITS_DAY,
    formula=f"a gap or the close ended the newest burst, {_UNTIL}",
    source=_SOURCE,
    examples=("burst_truncated",),
)
def burst_truncated(given: Given, out: Values) -> None:
    """Whether the newest ended burst was cut off, so that its size and length are not those of the market."""
    _since_known(given, np.isin(bursts_of(given).ended_by, (EndedBy.GAP, EndedBy.CLOSE)).astype(float), np.nan, out)


@feature(
    unit=Unit.RATIO,
    subjects=SPOT_ONLY,
    of_its_day=_OF_ITS_DAY,
    formula=f"mean of atm_trade_rate(10s) from the start to the end of the newest burst, {_UNTIL}",
    source=_SOURCE,
    examples=("burst_trade_rate",),
)
def burst_trade_rate(given: Given, out: Values) -> None:
    """Lots a second that traded at the money in the newest ended burst."""
    _since_known(given, scores_of(given).trade_rate, np.nan, out)


@feature(
    unit=Unit.RATIO,
    subjects=SPOT_ONLY,
    of_its_day=_OF_ITS_DAY,
    formula=f"mean of vacuum_score from the start to the end of the newest burst, {_UNTIL}",
    source=_SOURCE,
    examples=("burst_vacuum",),
)
def burst_vacuum(given: Given, out: Values) -> None:
    """How much of a vacuum the newest ended burst was."""
    _since_known(given, scores_of(given).vacuum, np.nan, out)
