"""Rows that cannot be right are refused and counted, one reason a row; the others come out in the stored types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfolab.base.snapshot import Column
from nfolab.market.sessions import is_session, session
from nfolab.market.tables import FIRST_DAY, LAST_DAY
from nfolab.vendor.at_a_glance import instants
from nfolab.vendor.batch import RefusedRows
from nfolab.vendor.block import Block, Bool, Int64
from nfolab.vendor.columns import TIMESTAMP_AGAIN
from nfolab.vendor.raw_rows import RawColumn, RawRows
from nfolab.vendor.stored import at_a_glance, judged
from nfolab.vendor.values import EARLIEST_SECOND, INDIA_AHEAD, LATEST_SECOND, clocks, in_ist, is_missing

_NANOSECONDS = 1_000_000_000
_SECONDS_A_DAY = 86_400
_EPOCH = date(1970, 1, 1)
_YEAR_2000_DAY = (date(2000, 1, 1) - _EPOCH).days


class Refusal(StrEnum):
    """Why a row is refused. Of several reasons the first in this order is told."""

    NOT_AN_INDEX = "not an index or an option of one"
    UNKNOWN_CONTRACT = "no contract that is known"
    NO_TIMESTAMP = "no timestamp"
    UNREADABLE_TIMESTAMP = "unreadable timestamp"
    BEFORE_2000 = "before 2000"
    NO_CALENDAR = "no calendar for that day"
    NO_SESSION = "no session that day"
    OUTSIDE_SESSION = "outside the session"
    AFTER_EXPIRY = "after the expiry"
    STALE_COPY = "stale copy of an earlier day"
    NEGATIVE = "negative price"
    UNREADABLE = "unreadable value"
    OUT_OF_RANGE = "value out of range"


_REASONS = tuple(Refusal)
_Masks = dict[Refusal, Bool]


@dataclass(frozen=True)
class Admitted:
    """The rows that can be right, in the stored types and order, and the others by reason."""

    block: Block
    refused: dict[str, RefusedRows]

    @property
    def rows(self) -> pl.DataFrame:
        """The rows that can be right as a frame."""
        return self.block.frame()


@dataclass(frozen=True)
class Judged:
    """Every row judged.

    Attributes:
        block: Those that can be right, in the stored types and order.
        kept: Which of the given rows they are, bool [rows given].
        reasons: Why each of the others is refused: its place in `Refusal`, uint8 [rows refused].
        instants: The times of those others, int64 [rows refused], nanoseconds since 1970 UTC.
        timed: Which of those others have a time, bool [rows refused].
    """

    block: Block
    kept: Bool
    reasons: NDArray[np.uint8]
    instants: Int64
    timed: Bool

    def refused(self, chosen: Bool | None = None) -> dict[str, RefusedRows]:
        """Return the refused rows by reason, in the order of the reasons; only the chosen ones of them if told."""
        reasons = self.reasons if chosen is None else self.reasons[chosen]
        if not len(reasons):
            return {}
        instants = self.instants if chosen is None else self.instants[chosen]
        timed = self.timed if chosen is None else self.timed[chosen]
        found = {}
        for place in np.unique(reasons):
            its = reasons == place
            times = instants[its & timed]
            ends = (int(times.min()), int(times.max())) if len(times) else (None, None)
            found[_REASONS[place].value] = RefusedRows(int(np.count_nonzero(its)), *ends)
        return found


@dataclass(frozen=True)
class _Clock:
    """Each row's clock.

    Attributes:
        counts: Nanoseconds since 1970 of the wall clock in India, int64 [rows]; 0 where nothing can be read.
        unread: Where nothing can be read, bool [rows]; None where all can be.
        untold: Where the source says nothing, bool [rows]; None likewise.
        instants: Nanoseconds since 1970 UTC, int64 [rows].
        timed: Where there is such an instant, bool [rows]; None where there is one everywhere.
    """

    counts: Int64
    unread: Bool | None
    untold: Bool | None
    instants: Int64
    timed: Bool | None


def admit(source: RawRows, columns: Sequence[Column], last_day: date | None, where: str) -> Admitted:
    """Judge rows as the vendor has them and return those that can be right, in their order; see `judge`."""
    result = judge(source, columns, last_day, where)
    return Admitted(result.block, result.refused())


def judge(
    source: RawRows,
    columns: Sequence[Column],
    last_day: date | Int64 | None,
    where: str,
    also: Mapping[Refusal, Bool] | None = None,
) -> Judged:
    """Judge rows as the vendor has them.

    Refused are rows without a readable timestamp, of a day or second without a session (the closing second belongs to
    it; clocks are cut to whole seconds for this), of a day after `last_day`, with a price or quantity below zero, with
    a value that is no number, or a fraction of a unit, or too large for the stored type. Nulls are no reason: a row
    without a last price has a book all the same. A `lastTradeTime` that cannot be read becomes null.

    Args:
        source: Vendor columns under their usual names, and `ts` where there is one; those missing become null.
        columns: The columns to return.
        last_day: The contract's expiry, or each row's as days since 1970, int64 [rows]; None where there is none.
        where: The file (and table), for the error.
        also: Rows that are wrong for a reason which the caller knows, bool [rows] each.

    Raises:
        InputError: A column holds neither numbers nor text nor times.
    """
    clock = _clock(source, where)
    masks = _clock_masks(clock, last_day)
    for reason, mask in (also or {}).items():
        _add(masks, reason, mask)
    block = Block.with_room([column.stored for column in columns], source.height)
    missing: dict[str, Bool] = {}
    for column in columns:
        gone = _fill(block[column.stored], source, column, clock, masks, where)
        if gone is not None:
            missing[column.stored] = gone
    block = replace(block, missing=missing)
    if not masks:
        every = np.ones(source.height, dtype=np.bool_)
        none = np.empty(0, dtype=np.int64)
        return Judged(block, every, none.astype(np.uint8), none, none.astype(np.bool_))
    codes = _first_reasons(masks, source.height)
    kept = codes == len(_REASONS)
    refused = ~kept
    timed = np.ones(int(np.count_nonzero(refused)), dtype=np.bool_) if clock.timed is None else clock.timed[refused]
    return Judged(block.chosen(np.flatnonzero(kept)), kept, codes[refused], clock.instants[refused], timed)


def _fill(to: NDArray[Any], source: RawRows, column: Column, clock: _Clock, masks: _Masks, where: str) -> Bool | None:
    """Write a column to `to`, note what is wrong in it, and return where nothing is told, None where all is."""
    if column.vendor == "timestamp":
        to[:] = clock.instants
        return None
    if column.vendor not in source:
        to[:] = 0
        return np.ones(len(to), dtype=np.bool_)
    given = source[column.vendor]
    if column.unit == "time":
        return _fill_clock(to, given, f"{where}, column {column.vendor}")
    glance = at_a_glance(given, column, to)
    if glance.fine:
        return glance.missing
    plain, wrong = judged(given.series, column, where)
    _add(masks, Refusal.NEGATIVE, wrong.negative)
    _add(masks, Refusal.UNREADABLE, wrong.unreadable)
    _add(masks, Refusal.OUT_OF_RANGE, wrong.out_of_range)
    gone: Bool = plain.is_null().to_numpy()
    values = plain.fill_null(0).to_numpy()
    to[:] = np.where(wrong.any, 0, values).astype(to.dtype)
    return gone if gone.any() else None


def _fill_clock(to: Int64, given: RawColumn, where: str) -> Bool | None:
    """Write a clock as instants, and return where it cannot be read."""
    if _at_a_glance(given, INDIA_AHEAD, to):
        return given.missing
    told = in_ist(clocks(given.series, where)).to_physical()
    gone: Bool = told.is_null().to_numpy()
    to[:] = told.fill_null(0).to_numpy()
    return gone if gone.any() else None


def _at_a_glance(given: RawColumn, ahead: int, to: Int64) -> bool:
    """Write a clock's nanoseconds less `ahead`, 0 where missing, if all times in it can be."""
    counts = given.filled()
    if counts is None or not given.ticks:
        return False
    factor = _NANOSECONDS // given.ticks
    bounds = (EARLIEST_SECOND * given.ticks, LATEST_SECOND * given.ticks)
    if not instants(counts, *bounds, factor, ahead, to):
        return False
    if given.missing is not None:
        to[given.missing] = 0
    return True


def _clock(source: RawRows, where: str) -> _Clock:
    """Return each row's clock, from `timestamp` or else from `ts`."""
    if "timestamp" in source:
        counts = np.empty(source.height, dtype=np.int64)
        given = source["timestamp"]
        if given.missing is None and _at_a_glance(given, 0, counts):
            return _Clock(counts, None, None, counts - INDIA_AHEAD, None)
    clock, untold = best_clock(source.frame("timestamp", TIMESTAMP_AGAIN), where)
    told = in_ist(clock).to_physical()
    counts = clock.to_physical().fill_null(0).to_numpy()
    if not clock.null_count():
        return _Clock(counts, None, None, told.fill_null(0).to_numpy(), told.is_not_null().to_numpy())
    return _Clock(
        counts,
        clock.is_null().to_numpy(),
        untold.to_numpy(),
        told.fill_null(0).to_numpy(),
        told.is_not_null().to_numpy(),
    )


def _add(masks: _Masks, reason: Refusal, mask: Bool) -> None:
    if mask.any():
        masks[reason] = masks[reason] | mask if reason in masks else mask


def _first_reasons(masks: _Masks, rows: int) -> NDArray[np.uint8]:
    """Return each row's first reason by its place in `Refusal`, or the number of reasons where there is none."""
    codes = np.full(rows, len(_REASONS), dtype=np.uint8)
    for place in reversed(range(len(_REASONS))):
        if _REASONS[place] in masks:
            codes[masks[_REASONS[place]]] = place
    return codes


def best_clock(source: pl.DataFrame, where: str) -> tuple[pl.Series, pl.Series]:
    """Return each row's naive IST clock, from `timestamp` or else from `ts`, and True where neither says anything."""
    first, *others = (source[name] for name in ("timestamp", TIMESTAMP_AGAIN) if name in source.columns)
    clock = clocks(first, f"{where}, column {first.name}")
    if not clock.null_count():
        return clock, pl.Series([False]).new_from_index(0, clock.len())
    missing = clock.is_null()
    if missing.any():
        missing &= is_missing(first)
    for other in others:
        if missing.any():
            clock = clocks(other, f"{where}, column {other.name}").zip_with(missing, clock)
            missing &= is_missing(other)
    return clock, missing


def _clock_masks(clock: _Clock, last_day: date | Int64 | None) -> _Masks:
    masks: _Masks = {}
    seconds = clock.counts // _NANOSECONDS
    if _all_in_one_window(seconds, last_day, clock.unread):
        return masks
    day_of_row = seconds // _SECONDS_A_DAY
    numbers, place = _distinct(day_of_row)
    days = [_EPOCH + timedelta(days=int(number)) for number in numbers]
    covered = [FIRST_DAY <= day <= LAST_DAY for day in days]
    trading = [known and is_session(day) for known, day in zip(covered, days, strict=True)]
    second = seconds - day_of_row * _SECONDS_A_DAY
    outside = np.ones(len(seconds), dtype=np.bool_)
    for opening, closing in _windows([day if open_ else None for day, open_ in zip(days, trading, strict=True)]):
        outside &= (second < opening[place]) | (second > closing[place])
    _add(masks, Refusal.OUTSIDE_SESSION, outside)
    if isinstance(last_day, date):
        last_day = np.full(1, (last_day - _EPOCH).days, dtype=np.int64)
    if last_day is not None:
        _add(masks, Refusal.AFTER_EXPIRY, day_of_row > last_day)
    if clock.unread is not None and clock.untold is not None:
        _add(masks, Refusal.NO_TIMESTAMP, clock.untold)
        _add(masks, Refusal.UNREADABLE_TIMESTAMP, clock.unread)
    if not all(trading):
        told = True if clock.unread is None else ~clock.unread
        _add(masks, Refusal.BEFORE_2000, (day_of_row < _YEAR_2000_DAY) & told)
        for reason, fine in ((Refusal.NO_CALENDAR, covered), (Refusal.NO_SESSION, trading)):
            _add(masks, reason, np.broadcast_to(~np.array(fine, dtype=np.bool_)[place], len(seconds)))
    return masks


def _all_in_one_window(seconds: Int64, last_day: date | Int64 | None, unread: Bool | None) -> bool:
    """Say whether all rows are of one day up to a last one, and in one window of its session."""
    if unread is not None or not len(seconds) or isinstance(last_day, np.ndarray):
        return False
    least, most = int(seconds.min()), int(seconds.max())
    number = least // _SECONDS_A_DAY
    day = _EPOCH + timedelta(days=number)
    if not FIRST_DAY <= day <= LAST_DAY or not is_session(day) or (last_day is not None and day > last_day):
        return False
    begin = number * _SECONDS_A_DAY
    return any(
        opening.second_of_day <= least - begin and most - begin <= closing.second_of_day
        for opening, closing in session(day).windows
    )


def _distinct(days: Int64) -> tuple[Int64, NDArray[np.intp]]:
    """Return the distinct days in order and each row's place among them, one place for all where there is one day."""
    if not len(days):
        return days, np.empty(0, dtype=np.intp)
    starts = np.flatnonzero(np.concatenate(([True], days[1:] != days[:-1])))
    numbers, place = np.unique(days[starts], return_inverse=True)
    if len(numbers) == 1:
        return numbers, np.zeros(1, dtype=np.intp)
    return numbers, np.repeat(place, np.diff(np.append(starts, len(days))))


def _windows(days: Sequence[date | None]) -> list[tuple[Int64, Int64]]:
    """Return the first, second, … windows of all days: openings and closings in seconds of the day, by place of day.

    A day without that window has one that is never open.
    """
    windows = [session(day).windows if day else () for day in days]
    found = []
    for number in range(max(map(len, windows), default=0)):
        there = [
            (one[number][0].second_of_day, one[number][1].second_of_day) if number < len(one) else (1, 0)
            for one in windows
        ]
        opening, closing = np.array(there, dtype=np.int64).T
        found.append((opening, closing))
    return found
