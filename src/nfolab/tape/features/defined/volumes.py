"""What was traded: volumes over windows, their rates, and the price that volume gives."""

import numpy as np

from nfolab.base.compiled import compiled
from nfolab.base.units import Seconds
from nfolab.tape.book import Int32Array, Int64Array
from nfolab.tape.features.day import Given
from nfolab.tape.features.defined.prices import MID, QUOTE
from nfolab.tape.features.definition import (
    LAST,
    ONE_BOOK,
    WITH_BOOK,
    Call,
    Unit,
    Values,
    Window,
    feature,
)
from nfolab.tape.features.rows import MAX_AGE, VOLUME, KnownVolume, place_values

SIXTIETHS = 60
NOW = Seconds(0)
ONE_SECOND = Window(Seconds(1))

_SOURCE = "docs/features.md, volume; strategy catalogue, rules of volume"


@compiled
def _traded(
    window: int, before: int, sixtieths: Int64Array, count: Int32Array, newest: Int32Array, out: Values, known: Values
) -> None:
    """Fill `out` with what is known at t to have traded in the window that ends `before` seconds ago.

    `known` is filled with how many of its seconds are known. A window restarts after a gap at least as long as itself:
    until it has filled again there is no value.
    """
    start = -1
    last_row = -1
    for at in range(out.size):
        row = newest[at]
        if row != last_row:
            silence = row - last_row
            if last_row < 0 or (silence > MAX_AGE and silence >= window):
                start = row
            last_row = row
        first = at - before - window
        end = min(at - before, row)
        out[at] = np.nan
        known[at] = 0
        if start < 0 or first < start or at - row > MAX_AGE or end <= first:
            continue
        seconds = count[end] - count[first]
        if seconds > 0:
            known[at] = seconds
            out[at] = (sixtieths[end] - sixtieths[first]) / SIXTIETHS


@compiled
def _average(
    second: Int32Array, row_of: Int32Array, fresh: Int32Array, price: Int32Array, volume: Int64Array, out: Values
) -> None:
    turnover = np.int64(0)
    traded = np.int64(0)
    top = np.int64(0)
    row = 0
    for at in range(out.size):
        while row <= row_of[at]:
            more = volume[row] - top
            if more > 0:
                if top > 0 and second[row] - second[row - 1] <= MAX_AGE and price[row] > 0:
                    turnover += more * price[row]
                    traded += more
                top = volume[row]
            row += 1
        out[at] = turnover / traded if fresh[at] >= 0 and traded > 0 else np.nan


def _fill(given: Given, window: Window, before: Seconds, out: Values) -> Values:
    """Fill `out` with the volume of a window, and return how many of its seconds are known."""
    volumes: KnownVolume = given.rows(VOLUME).known_volume
    known = np.empty_like(out)
    _traded(window.count, before.count, volumes.sixtieths, volumes.count, volumes.newest, out, known)
    return known


def _filled(window: Window, before: Seconds = NOW) -> int:
    return window.count + before.count


@feature(
    unit=Unit.UNITS,
    subjects=WITH_BOOK,
    legs="sum",
    columns=(VOLUME,),
    warm_up=_filled,
    formula="sum over the known seconds of t - window + 1 ... t of the rise of the running maximum of the day's volume",
    source=_SOURCE,
    examples=("volume", "volume(30s)", "volume(300s)"),
)
def volume(given: Given, out: Values, window: Window = ONE_SECOND) -> None:
    """Units traded in a window; a second in a gap, or not yet told by a row, counts nothing."""
    _fill(given, window, NOW, out)


@feature(
    unit=Unit.UNITS_PER_SECOND,
    subjects=WITH_BOOK,
    legs="sum",
    columns=(VOLUME,),
    warm_up=_filled,
    formula="volume(window) / its known seconds",
    source=_SOURCE,
    examples=("volume_rate(10s)",),
)
def volume_rate(given: Given, out: Values, window: Window) -> None:
    """Units traded per known second of a window."""
    known = _fill(given, window, NOW, out)
    out /= known


@feature(
    unit=Unit.UNITS_PER_SECOND,
    subjects=WITH_BOOK,
    legs="sum",
    columns=(VOLUME,),
    warm_up=_filled,
    formula="mean of the known one-second volumes over t - before - window + 1 ... t - before",
    source="strategy catalogue, rules of volume",
    examples=("mean_volume(300s, before=30s)", "mean_volume(20s)"),
)
def mean_volume(given: Given, out: Values, window: Window, before: Seconds = NOW) -> None:
    """Usual volume of a second, over a window that may end before the burst it is held against."""
    known = _fill(given, window, before, out)
    out /= known


@feature(
    unit=Unit.UNITS,
    subjects=WITH_BOOK,
    legs="sum",
    columns=(VOLUME,),
    formula="running maximum of the feed's volume, as of a row at most 5 s old",
    source="docs/features.md, volume",
    examples=("day_volume",),
)
def day_volume(given: Given, out: Values) -> None:
    """Units traded since the open as the feed counts them."""
    rows = given.rows(VOLUME)
    place_values(rows.fresh, np.maximum.accumulate(rows[VOLUME]), out)


@feature(
    unit=Unit.PAISE,
    subjects=WITH_BOOK,
    legs="sum",
    columns=("price_paise", VOLUME),
    formula="sum of (rise of the running maximum of volume x price) / sum of the rises, row by row since the open",
    source="strategy catalogue, shared indicators: VWAP since the open",
    examples=("vwap",),
)
def vwap(given: Given, out: Values) -> None:
    """Average price of the day so far weighted by volume; what traded in a gap, at prices not known, is left out."""
    rows = given.rows("price_paise", VOLUME)
    _average(rows.second, rows.row, rows.fresh, rows["price_paise"], rows[VOLUME], out)


@feature(
    unit=Unit.SIGN,
    subjects=ONE_BOOK,
    columns=("price_paise", VOLUME, *QUOTE),
    warm_up=lambda: 1,
    formula="sign of last[t] - mid[t-1] if units traded in t, else 0",
    source="market-truth definitions: a proxy for who was the aggressor",
    examples=("aggressor",),
)
def aggressor(given: Given, out: Values) -> None:
    """Whether the second's trades were bought at the ask (+1) or sold at the bid (-1)."""
    out[0] = np.nan
    np.subtract(given(LAST)[1:], given(MID)[:-1], out=out[1:])
    np.sign(out, out=out)
    out *= np.sign(given(Call("volume", (ONE_SECOND,))))
