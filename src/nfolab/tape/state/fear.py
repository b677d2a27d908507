"""Fear: a burst downward in which puts gain more than the move explains, while their bids are pulled, and that calms.

It is known 30 seconds after the burst's end, from which on it counts, until 60 seconds after that end.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.tape.book import NO_ROW, Int32Array
from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import Call, Values
from nfolab.tape.features.subject import SPOT, OneContract
from nfolab.tape.state.bursts import MOVE_SECONDS, BoolArray, Bursts
from nfolab.tape.state.earlier import FEAR_EXCESS, FEAR_PULLS, earlier_values
from nfolab.tape.state.frozen import frozen_places, least_of
from nfolab.tape.state.level import level_of
from nfolab.tape.state.strikes import PUT, Books, Marks, at_the_money_of, books_of
from nfolab.tape.state.thresholds import load_thresholds
from nfolab.tape.state.today import bursts_of
from nfolab.tape.state.trailing import trailing_quantile

DOWN: Final = -1


class Fear(NamedTuple):
    """What each burst of the day shows of fear; arrays [bursts], one truth for each condition and one for all.

    Attributes:
        put_share: float64, what the PE moved for what the index moved, at the strike at the money at t0 − 10.
        put_excess: float64, what the PE gained beyond its delta at t0 − 10 times the index's move, paise.
        put_pulls: float64, pulls of the PE's bids in the 10 s up to t0.
        replenishes, pulls: float64, of both sides of CE and PE in the 30 s after the end.
        is_down, is_large_share, is_pulled, is_excessive, is_refilled, is_calmed: bool.
        is_fear: bool, all of them, and no gap nor close cut the burst off.
        known_at: int32, 30 s after the end.
    """

    put_share: Values
    put_excess: Values
    put_pulls: Values
    replenishes: Values
    pulls: Values
    is_down: BoolArray
    is_large_share: BoolArray
    is_pulled: BoolArray
    is_excessive: BoolArray
    is_refilled: BoolArray
    is_calmed: BoolArray
    is_fear: BoolArray
    known_at: Int32Array


def put_excess(given: Given, window: int) -> Values:
    """Return what the PE at the money gained over each window beyond its delta, float64 [seconds] in paise.

    The strike is the one at the money `window` seconds before, and its delta that of then.
    """
    mid, delta = put_mids(given), put_deltas(given)
    place, moved = frozen_places(given, window), level_of(given).moved(window)
    found = np.full(place.size, np.nan)
    known = np.flatnonzero(place != NO_ROW)
    row, before = place[known], known - window
    found[known] = mid[row, known] - mid[row, before] - delta[row, before] * moved[known]
    return found


def put_mids(given: Given) -> Values:
    """Return the mids of the puts of `books_of`, float64 [strikes, seconds] in paise."""
    books = books_of(given)
    mids: Values = (books.bid[PUT] + books.ask[PUT]) / 2
    return mids


def put_deltas(given: Given) -> Values:
    """Return the deltas of the puts of `books_of`, float64 [strikes, seconds]."""
    books, puts = books_of(given), at_the_money_of(given).ladder.puts
    if not books.strikes:
        return np.empty((0, given.day.seconds))
    chosen = puts[books.first : books.first + books.strikes]
    return given.table(Call("delta"), [OneContract(int(number)) for number in chosen])


def fear_of(given: Given) -> Fear:
    """Return what the day's bursts show of fear; worked out once a day."""
    return given.of(SPOT).once("fear", _fear)


def _fear(index: Given) -> Fear:
    bursts, rules = bursts_of(index), load_thresholds()
    count = bursts.start.size
    before = bursts.start - MOVE_SECONDS
    start, end = bursts.start, bursts.end
    nothing = np.full(count, np.nan)
    if not count or not books_of(index).strikes:
        share, excess, pulled, refilled, emptied, spread = (nothing.copy() for _ in range(6))
        pulls_bar = excess_bar = nothing
    else:
        books, earlier = books_of(index), earlier_values(index)
        row = frozen_places(index, MOVE_SECONDS)[start]
        mid = put_mids(index)
        there = np.where(row == NO_ROW, np.nan, 1.0)
        gained = (mid[row, end] - mid[row, before]) * there
        share = gained / np.where(bursts.moved == 0, np.nan, bursts.moved)
        excess = gained - put_deltas(index)[row, before] * bursts.moved
        spread = (books.ask[PUT] - books.bid[PUT])[row, before] * there
        counted, gains = index(FEAR_PULLS), index(FEAR_EXCESS)
        pulled = counted[start]
        least = rules.trailing.least
        pulls_bar = trailing_quantile(counted, earlier[FEAR_PULLS], rules.fear.pulls_quantile, least)[start]
        excess_bar = trailing_quantile(gains, earlier[FEAR_EXCESS], rules.fear.excess_quantile, least)[start]
        refilled, emptied = _after(books, row, end, rules.fear.wait)
    share[np.abs(bursts.moved) < rules.least_move(index.day.underlying) * PAISE_PER_RUPEE] = np.nan
    signs = (
        bursts.direction == DOWN,
        np.abs(share) >= rules.fear.share_of_move,
        pulled >= np.maximum(pulls_bar, rules.fear.pulls),
        excess >= np.maximum(excess_bar, spread),
        refilled > emptied,
        bursts.calm < rules.fear.calmed * bursts.wildest,
    )
    return Fear(
        share, excess, pulled, refilled, emptied, *signs,
        np.logical_and.reduce(signs) & ~bursts.truncated,
        (end + rules.fear.wait).astype(np.int32),
    )  # fmt: skip


def _after(books: Books, row: Int32Array, end: Int32Array, wait: int) -> tuple[Values, Values]:
    """Return the replenishments and the pulls of both sides of CE and PE in the seconds after each burst's end."""
    found = np.full((2, end.size), np.nan)
    for number, (place, last) in enumerate(zip(row, end, strict=True)):
        after = slice(last + 1, last + wait + 1)
        if place == NO_ROW or after.stop > books.bid.shape[2]:
            continue
        known = (books.spread_changed[:, place, after] >= 0).sum(axis=1)
        if (known >= least_of(wait)).all():
            found[0, number] = _happened((books.bid_replenished, books.ask_replenished), place, after)
            found[1, number] = _happened((books.bid_pulled, books.ask_pulled), place, after)
    return found[0], found[1]


def _happened(marks: tuple[Marks, ...], place: int, seconds: slice) -> int:
    return sum(int((one[:, place, seconds] == 1).sum()) for one in marks)


def fear_seconds(bursts: Bursts, fear: Fear, seconds: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return at which seconds fear became known, and in which it is active: bool [seconds] each."""
    rules = load_thresholds().fear
    started, active = np.zeros(seconds, bool), np.zeros(seconds, bool)
    for end, known_at in zip(bursts.end[fear.is_fear], fear.known_at[fear.is_fear], strict=True):
        started[known_at] = True
        active[known_at : end + rules.active + 1] = True
    return started, active
