"""How wildly the price moves, by the seconds in which it was really seen."""

import math

import numpy as np

from nfolab.base.units import Seconds
from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import LAST, WITH_ROWS, Call, Columns, Unit, Values, Window, feature
from nfolab.tape.features.rows import MAX_AGE
from nfolab.tape.features.windows import rolling_mean

SEEN_SHARE = 0.6
_TINY = 1e-12
TEN_SECONDS = Window(Seconds(10))

_PRICE: Columns = ("price_paise",)
SECOND_RETURN = Call("second_return")


def _between(window: Window, **_: object) -> int:
    return 2 * window.count + 1 + MAX_AGE


@feature(
    unit=Unit.LOG_PER_SECOND,
    subjects=WITH_ROWS,
    columns=_PRICE,
    warm_up=lambda: 1,
    look_back=lambda: 1 + MAX_AGE,
    formula="ln(last[t] / last[t - 1]) where both seconds have a row",
    source="market-truth definitions, ret_1s",
    examples=("second_return",),
)
def second_return(given: Given, out: Values) -> None:
    """Return of one second, where both ends were seen."""
    seen = given(Call("observed")) == 1
    values = given(LAST)
    out[0] = np.nan
    np.log(values[1:] / values[:-1], out=out[1:])
    out[1:][~(seen[1:] & seen[:-1])] = np.nan


@feature(
    unit=Unit.LOG_PER_SECOND,
    subjects=WITH_ROWS,
    columns=_PRICE,
    warm_up=lambda window: window.count,
    look_back=_between,
    formula="sqrt(mean(second_return^2)) over the window, if at least 0.6 of its seconds have one",
    source="market-truth definitions, rv",
    examples=("rv(10s)", "rv(30s)", "rv(120s)"),
)
def rv(given: Given, out: Values, window: Window) -> None:
    """Realised volatility of a second: the root mean square of the window's one-second returns."""
    squares = given(SECOND_RETURN) ** 2
    rolling_mean(squares, window.count, math.ceil(SEEN_SHARE * window.count), out)
    np.sqrt(np.maximum(out, 0), out=out)


@feature(
    unit=Unit.RATIO,
    subjects=WITH_ROWS,
    columns=_PRICE,
    warm_up=lambda window: window.count,
    look_back=_between,
    formula="|second_return| / (mean of |second_return| over the window + 1e-12)",
    source="market-truth definitions, accel_10",
    examples=("acceleration(10s)",),
)
def acceleration(given: Given, out: Values, window: Window = TEN_SECONDS) -> None:
    """How much faster the newest second moved than the window's."""
    size = np.abs(given(SECOND_RETURN))
    rolling_mean(size, window.count, 1, out)
    np.divide(size, out + _TINY, out=out)
