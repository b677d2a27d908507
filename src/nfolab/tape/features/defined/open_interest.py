"""Open interest, and how long ago the slow feed last changed it."""

import numpy as np

from nfolab.base.compiled import compiled
from nfolab.tape.book import Int32Array, Int64Array
from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import WITH_BOOK, Call, Unit, Values, Window, feature
from nfolab.tape.features.rows import MAX_AGE, place_values
from nfolab.tape.features.windows import earlier


@compiled
def _since_change(second: Int32Array, row_of: Int32Array, oi: Int64Array, out: Values) -> None:
    row = 0
    held = np.int64(0)
    changed = -1
    for at in range(out.size):
        while row <= row_of[at]:
            if oi[row] > 0:
                if held > 0 and oi[row] != held:
                    changed = second[row]
                held = oi[row]
            row += 1
        out[at] = at - changed if changed >= 0 else np.nan


@feature(
    unit=Unit.UNITS,
    subjects=WITH_BOOK,
    legs="sum",
    columns=("oi",),
    look_back=lambda: MAX_AGE,
    formula="oi of the newest row at most 5 s old, if above 0",
    source="strategy catalogue, shared indicators: OI per strike",
    examples=("oi",),
)
def oi(given: Given, out: Values) -> None:
    """Open interest."""
    rows = given.rows("oi")
    place_values(rows.fresh, rows["oi"], out)


@feature(
    unit=Unit.UNITS,
    subjects=WITH_BOOK,
    columns=("oi",),
    warm_up=lambda window: window.count,
    look_back=lambda window: window.count + MAX_AGE,
    formula="oi[t] - oi[t - window]",
    source="strategy catalogue, open interest",
    examples=("oi_change(60s)",),
)
def oi_change(given: Given, out: Values, window: Window) -> None:
    """Change of the open interest over a window; it moves in jumps, see `oi_age`."""
    values = given(Call("oi"))
    earlier(values, window.count, out)
    np.subtract(values, out, out=out)


@feature(
    unit=Unit.SECONDS,
    subjects=WITH_BOOK,
    legs="greatest",
    columns=("oi",),
    warm_up=lambda: 0,
    formula="t - second of the row that last brought another oi; none before the first change",
    source="docs/features.md, open interest: OI is slow, carry its last update time",
    examples=("oi_age",),
)
def oi_age(given: Given, out: Values) -> None:
    """Seconds since the open interest last changed; of several contracts the stalest."""
    rows = given.rows("oi")
    _since_change(rows.second, rows.row, rows["oi"], out)
