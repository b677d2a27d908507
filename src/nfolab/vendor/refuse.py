"""Rows that cannot be right are refused and counted, one reason a row; the others come out in the stored types."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfolab.base.snapshot import Column
from nfolab.market.sessions import is_session, session
from nfolab.market.tables import FIRST_DAY, LAST_DAY
from nfolab.vendor.batch import RefusedRows
from nfolab.vendor.columns import TIMESTAMP_AGAIN
from nfolab.vendor.values import clocks, in_ist, is_missing, is_text, paise, readable_numbers

_NANOSECONDS = 1_000_000_000
_SECONDS_A_DAY = 86_400
_EPOCH = date(1970, 1, 1)
_YEAR_2000 = datetime.fromisoformat("2000-01-01")
_LARGEST: dict[pl.DataType, float] = {
    pl.Int32(): float(2**31 - 1),
    pl.Int64(): float(2**53),
    pl.Float64(): float(np.finfo(np.float64).max),
}


class Refusal(StrEnum):
    """Why a row is refused. Of several reasons the first in this order is told."""

    NOT_AN_INDEX = "not an index or an option of one"
    NO_TIMESTAMP = "no timestamp"
    UNREADABLE_TIMESTAMP = "unreadable timestamp"
    BEFORE_2000 = "before 2000"
    NO_CALENDAR = "no calendar for that day"
    NO_SESSION = "no session that day"
    OUTSIDE_SESSION = "outside the session"
    AFTER_EXPIRY = "after the expiry"
    NEGATIVE = "negative price"
    UNREADABLE = "unreadable value"
    OUT_OF_RANGE = "value out of range"


@dataclass(frozen=True)
class Admitted:
    """The rows that can be right, in the stored types and order, and the others by reason."""

    rows: pl.DataFrame
    refused: dict[str, RefusedRows]


def admit(source: pl.DataFrame, columns: Sequence[Column], last_day: date | None, where: str) -> Admitted:
    """Judge rows as the vendor has them and return those that can be right, in their order.

    Refused are rows without a readable timestamp, of a day or second without a session (the closing second belongs to
    it; clocks are cut to whole seconds for this), of a day after `last_day`, with a price or quantity below zero, with
    a value that is no number, or a fraction of a unit, or too large for the stored type. Nulls are no reason: a row
    without a last price has a book all the same. A `lastTradeTime` that cannot be read becomes null.

    Args:
        source: Vendor columns under their usual names, and `ts` where there is one; those missing become null.
        columns: The columns to return.
        last_day: The contract's expiry; None where there is none.
        where: The file (and table), for the error.

    Raises:
        InputError: A column holds neither numbers nor text nor times.
    """
    clock, no_clock = best_clock(source, where)
    present = [column for column in columns if column.vendor in source.columns and column.vendor != "timestamp"]
    numbers = [column for column in present if column.unit != "time"]
    wide = source.select(
        readable_numbers(source[column.vendor], f"{where}, column {column.vendor}") for column in numbers
    )
    wide = wide.with_columns(
        paise(pl.col(column.vendor).cast(pl.Float64)) for column in numbers if column.unit == "paise"
    )
    masks = _clock_masks(clock, no_clock, last_day).hstack(_number_masks(source, wide, numbers))
    bad = masks.select(pl.any_horizontal(pl.all())).to_series()

    instants = in_ist(clock).alias("timestamp")
    times = [instants]
    times += [
        in_ist(clocks(source[column.vendor], f"{where}, column {column.vendor}"))
        for column in present
        if column.unit == "time"
    ]
    good = wide.hstack(times).filter(~bad)
    refused = _by_first_reason(masks.filter(bad), instants.filter(bad))
    return Admitted(good.select(_stored(column, good.columns) for column in columns), refused)


def best_clock(source: pl.DataFrame, where: str) -> tuple[pl.Series, pl.Series]:
    """Return each row's naive IST clock, from `timestamp` or else from `ts`, and True where neither says anything."""
    first, *others = (source[name] for name in ("timestamp", TIMESTAMP_AGAIN) if name in source.columns)
    clock = clocks(first, f"{where}, column {first.name}")
    missing = clock.is_null()
    if missing.any():
        missing &= is_missing(first)
    for other in others:
        if missing.any():
            clock = clocks(other, f"{where}, column {other.name}").zip_with(missing, clock)
            missing &= is_missing(other)
    return clock, missing


def _clock_masks(clock: pl.Series, missing: pl.Series, last_day: date | None) -> pl.DataFrame:
    seconds = clock.to_physical().fill_null(0).to_numpy() // _NANOSECONDS
    numbers, place = np.unique(seconds // _SECONDS_A_DAY, return_inverse=True)
    days = [_EPOCH + timedelta(days=int(number)) for number in numbers]
    covered = [FIRST_DAY <= day <= LAST_DAY for day in days]
    trading = [known and is_session(day) for known, day in zip(covered, days, strict=True)]
    late = [last_day is not None and day > last_day for day in days]
    outside = np.ones(len(seconds), dtype=np.bool_)
    for opening, closing in _windows([day if open_ else None for day, open_ in zip(days, trading, strict=True)]):
        second = seconds % _SECONDS_A_DAY
        outside &= (second < opening[place]) | (second > closing[place])
    return pl.DataFrame(
        {
            Refusal.NO_TIMESTAMP.value: missing,
            Refusal.UNREADABLE_TIMESTAMP.value: clock.is_null(),
            Refusal.BEFORE_2000.value: (clock < _YEAR_2000).fill_null(value=False),
            Refusal.NO_CALENDAR.value: ~np.array(covered, dtype=np.bool_)[place],
            Refusal.NO_SESSION.value: ~np.array(trading, dtype=np.bool_)[place],
            Refusal.OUTSIDE_SESSION.value: outside,
            Refusal.AFTER_EXPIRY.value: np.array(late, dtype=np.bool_)[place],
        }
    )


def _windows(days: Sequence[date | None]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
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


def _number_masks(source: pl.DataFrame, wide: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    """Return a mask a reason. Prices of `wide` are in paise; nothing has the stored type yet."""
    amounts = [column.vendor for column in columns if not column.signed]
    wholes = [
        column.vendor
        for column in columns
        if column.unit != "paise" and column.dtype.is_integer() and wide.schema[column.vendor].is_float()
    ]
    unreadable = [
        (wide[name].is_null() & ~is_missing(source[name])).alias(f"unreadable {name}")
        for name in wide.columns
        if is_text(source[name].dtype)
    ]
    never = pl.lit(value=False)
    return wide.hstack(unreadable).select(
        pl.any_horizontal(never, *(pl.col(name) < 0 for name in amounts))
        .fill_null(value=False)
        .alias(Refusal.NEGATIVE),
        pl.any_horizontal(never, *(mask.name for mask in unreadable), *(pl.col(name) % 1 != 0 for name in wholes))
        .fill_null(value=False)
        .alias(Refusal.UNREADABLE),
        pl.any_horizontal(never, *(pl.col(one.vendor).abs() > _LARGEST[one.dtype] for one in columns))
        .fill_null(value=False)
        .alias(Refusal.OUT_OF_RANGE),
    )


def _by_first_reason(masks: pl.DataFrame, instants: pl.Series) -> dict[str, RefusedRows]:
    """Return the rows by first reason, in the order of the reasons; a mask a reason, and each row's time."""
    if masks.is_empty():
        return {}
    first_reason = pl.coalesce(pl.when(name).then(pl.lit(name)) for name in masks.columns)
    rows = masks.select(first_reason.alias("reason"), instants.to_physical().alias("at"))
    told = rows.group_by("reason").agg(pl.len(), pl.col("at").min().alias("first"), pl.col("at").max().alias("last"))
    found = {reason: RefusedRows(*rest) for reason, *rest in told.iter_rows()}
    return {reason: found[reason] for reason in masks.columns if reason in found}


def _stored(column: Column, there: Sequence[str]) -> pl.Expr:
    value = pl.col(column.vendor) if column.vendor in there else pl.lit(None)
    return value.cast(column.dtype).alias(column.stored)
