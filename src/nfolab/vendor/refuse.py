"""Rows that cannot be right are refused and counted, one reason a row; the others come out in the stored types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfolab.base.snapshot import Column
from nfolab.market.sessions import is_session, session
from nfolab.market.tables import FIRST_DAY, LAST_DAY
from nfolab.vendor.batch import RefusedRows
from nfolab.vendor.columns import TIMESTAMP_AGAIN
from nfolab.vendor.stored import faultless, judged
from nfolab.vendor.values import clocks, in_ist, is_missing

Bool = NDArray[np.bool_]
Int64 = NDArray[np.int64]

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

    rows: pl.DataFrame
    refused: dict[str, RefusedRows]


@dataclass(frozen=True)
class Judged:
    """Every row judged.

    Attributes:
        rows: Those that can be right, in the stored types and order.
        kept: Which of the given rows they are, bool [rows given].
        reasons: Why each of the others is refused: its place in `Refusal`, uint8 [rows refused].
        instants: The times of those others, nanoseconds since 1970 UTC, null where there is none; [rows refused].
    """

    rows: pl.DataFrame
    kept: pl.Series
    reasons: NDArray[np.uint8]
    instants: pl.Series

    def refused(self, chosen: Bool | None = None) -> dict[str, RefusedRows]:
        """Return the refused rows by reason, in the order of the reasons; only the chosen ones of them if told."""
        reasons = self.reasons if chosen is None else self.reasons[chosen]
        if not len(reasons):
            return {}
        instants = self.instants if chosen is None else self.instants.filter(pl.Series(chosen))
        found = {}
        for place in np.unique(reasons):
            times = instants.filter(pl.Series(reasons == place))
            found[_REASONS[place].value] = RefusedRows(times.len(), _whole(times.min()), _whole(times.max()))
        return found


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def admit(source: pl.DataFrame, columns: Sequence[Column], last_day: date | None, where: str) -> Admitted:
    """Judge rows as the vendor has them and return those that can be right, in their order; see `judge`."""
    result = judge(source, columns, last_day, where)
    return Admitted(result.rows, result.refused())


def judge(
    source: pl.DataFrame,
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
    clock, no_clock = best_clock(source, where)
    masks = _clock_masks(clock, no_clock, last_day)
    for reason, mask in (also or {}).items():
        _add(masks, reason, mask)
    instants = in_ist(clock).alias("timestamp")
    found: dict[str, pl.Series] = {}
    given = dict(zip(source.columns, source.get_columns(), strict=True))
    for column in columns:
        if column.vendor == "timestamp" or column.vendor not in given:
            continue
        values = given[column.vendor]
        if column.unit == "time":
            found[column.vendor] = in_ist(clocks(values, f"{where}, column {column.vendor}")).alias(column.vendor)
            continue
        plain = faultless(values, column)
        if plain is None:
            plain, wrong = judged(values, column, where)
            _add(masks, Refusal.NEGATIVE, wrong.negative)
            _add(masks, Refusal.UNREADABLE, wrong.unreadable)
            _add(masks, Refusal.OUT_OF_RANGE, wrong.out_of_range)
        found[column.vendor] = plain
    rows = pl.DataFrame([instants, *found.values()])
    codes = _first_reasons(masks, source.height)
    kept = pl.Series(codes == len(_REASONS))
    refused = codes[codes < len(_REASONS)]
    times = instants.to_physical()
    if len(refused):
        rows = rows.filter(kept)
        times = times.filter(~kept)
    else:
        times = times.clear()
    there = dict(zip(rows.columns, rows.get_columns(), strict=True))
    return Judged(
        pl.DataFrame([_stored(there.get(column.vendor), rows.height, column) for column in columns]),
        kept,
        refused,
        times,
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


def _stored(values: pl.Series | None, rows: int, column: Column) -> pl.Series:
    if values is None:
        return pl.Series(column.stored, [None], column.dtype).new_from_index(0, rows)
    return (values if values.dtype == column.dtype else values.cast(column.dtype)).alias(column.stored)


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


def _clock_masks(clock: pl.Series, missing: pl.Series, last_day: date | Int64 | None) -> _Masks:
    masks: _Masks = {}
    counts = clock.to_physical()
    seconds = (counts.fill_null(0) if counts.null_count() else counts).to_numpy() // _NANOSECONDS
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
    if clock.null_count():
        _add(masks, Refusal.NO_TIMESTAMP, missing.to_numpy())
        _add(masks, Refusal.UNREADABLE_TIMESTAMP, clock.is_null().to_numpy())
    if not all(trading):
        told = clock.is_not_null().to_numpy()
        _add(masks, Refusal.BEFORE_2000, (day_of_row < _YEAR_2000_DAY) & told)
        for reason, fine in ((Refusal.NO_CALENDAR, covered), (Refusal.NO_SESSION, trading)):
            _add(masks, reason, np.broadcast_to(~np.array(fine, dtype=np.bool_)[place], len(seconds)))
    return masks


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
