"""Values as vendors write them (numbers, decimals, text, clocks of any unit) into numbers that can be judged.

Nothing here decides what is refused: a value that cannot be read becomes null, and the caller compares with the source.
"""

from datetime import datetime

import polars as pl

from nfolab.base.errors import InputError
from nfolab.base.snapshot import TIMEZONE
from nfolab.base.units import PAISE_PER_RUPEE

EARLIEST, LATEST = datetime.fromisoformat("1950-01-01"), datetime.fromisoformat("2200-01-01")
"""Clocks outside mean nothing: no market was there, and nanoseconds end in 2262."""

EARLIEST_SECOND = int((EARLIEST - datetime.fromisoformat("1970-01-01")).total_seconds())
LATEST_SECOND = int((LATEST - datetime.fromisoformat("1970-01-01")).total_seconds())
INDIA_AHEAD = 19_800 * 10**9
_NOISE_DIGITS = 6
_CLOCK_UNITS: tuple[tuple[int, pl.DataType, int], ...] = (
    (10**11, pl.Datetime("ms"), 1000),
    (10**14, pl.Datetime("ms"), 1),
    (10**17, pl.Datetime("us"), 1),
    (2**63, pl.Datetime("ns"), 1),
)
_USUAL = "%Y-%m-%d %H:%M:%S"
_WRITTEN = "%Y-%m-%d %H:%M:%S%.f"
_ZONE = r"(?:Z|[+-]\d\d:?\d\d)$"
_ZERO_DATE = "0000-00-00"


def readable_numbers(values: pl.Series, where: str) -> pl.Series:
    """Return numbers as Int64 where their type fits into it, else as Float64; text that is no number becomes null.

    Args:
        values: Integers, floats, decimals, text or nothing but nulls.
        where: The file and column, for the error.

    Raises:
        InputError: The column holds another type (a date, a list).
    """
    dtype = values.dtype
    if dtype.is_integer() and dtype not in (pl.UInt64, pl.Int128, pl.UInt128):
        return values.cast(pl.Int64)
    if dtype.is_integer() or dtype.is_float() or dtype.is_decimal() or dtype == pl.Null:
        return values.cast(pl.Float64).fill_nan(None)
    if is_text(dtype):
        return _text(values).str.strip_chars().cast(pl.Float64, strict=False).fill_nan(None)
    raise InputError(f"{where} holds {dtype}, not numbers: write the file again with the column as numbers")


def paise(rupees: pl.Expr) -> pl.Expr:
    """Return a price in rupees (Float64) as paise, whole but still Float64, half a paisa away from zero.

    What binary fractions add to a price (1.005 is 1.00499999999999989) is far below a millionth of a paisa and does
    not count.
    """
    return (rupees * PAISE_PER_RUPEE).round(_NOISE_DIGITS).round(0, mode="half_away_from_zero")


def is_missing(values: pl.Series) -> pl.Series:
    """Return True where a source says nothing: null, not a number, empty text, or MySQL's zero date."""
    if values.dtype.is_float():
        return values.is_null() | values.is_nan()
    if is_text(values.dtype):
        text = _text(values).str.strip_chars()
        return text.is_null() | (text == "") | text.str.starts_with(_ZERO_DATE)
    return values.is_null()


def clocks(values: pl.Series, where: str) -> pl.Series:
    """Return instants as naive IST wall clock, Datetime("ns"), those outside EARLIEST to LATEST moved to that end.

    Naive clocks are IST as they stand; clocks with a zone are converted. Integers count seconds, milli-, micro- or
    nanoseconds of the wall clock since 1970, by the size of the largest. Text is `2025-12-15 09:32:49` with any
    fraction, with `T` or a blank, and a zone or none; or such an integer. What cannot be read is null.

    Args:
        values: Datetimes, dates, integers, whole floats, text or nothing but nulls.
        where: The file and column, for the error.

    Raises:
        InputError: The column holds another type.
    """
    dtype = values.dtype
    if isinstance(dtype, pl.Datetime):
        return _bounded(values.dt.convert_time_zone(TIMEZONE).dt.replace_time_zone(None) if dtype.time_zone else values)
    if dtype in (pl.Date, pl.Null):
        return _bounded(values.cast(pl.Datetime("us")))
    if dtype.is_integer() or dtype.is_float():
        return _bounded(_counted(values.cast(pl.Int64, strict=False)))
    if is_text(dtype):
        return _bounded(_written(_text(values)))
    raise InputError(f"{where} holds {dtype}, not times: write the file again with the column as timestamps")


def in_ist(clock: pl.Series) -> pl.Series:
    """Return what `clocks` gave as Datetime("ns", "Asia/Kolkata"); null at and outside EARLIEST and LATEST."""
    if not _lies_between(clock):
        impossible = (clock <= EARLIEST) | (clock >= LATEST)
        clock = clock.set(impossible.fill_null(value=False), None)
    # India's clock has not changed since 1945.
    return (clock.to_physical() - INDIA_AHEAD).cast(pl.Datetime("ns", TIMEZONE))


def _bounded(own: pl.Series) -> pl.Series:
    return (own if _lies_between(own) else own.clip(EARLIEST, LATEST)).cast(pl.Datetime("ns"))


def _lies_between(clock: pl.Series) -> bool:
    """Say whether all clocks lie within EARLIEST and LATEST and at neither end."""
    per_second = {"ns": 10**9, "us": 10**6, "ms": 10**3}[clock.dtype.time_unit]  # type: ignore[attr-defined]
    counts = clock.to_physical()
    least, most = counts.min(), counts.max()
    if not isinstance(least, int) or not isinstance(most, int):
        return True
    return EARLIEST_SECOND * per_second < least and most < LATEST_SECOND * per_second


def is_text(dtype: pl.DataType) -> bool:
    """Say whether a type holds text, which may or may not be readable."""
    return dtype in (pl.String, pl.Binary, pl.Categorical, pl.Enum)


def _text(values: pl.Series) -> pl.Series:
    return values.cast(pl.String, strict=False)


def _counted(counts: pl.Series) -> pl.Series:
    largest = max((abs(count) for count in (counts.min(), counts.max()) if isinstance(count, int)), default=0)
    for limit, unit, factor in _CLOCK_UNITS:
        if largest < limit:
            return (counts * factor).cast(unit)
    return counts.cast(pl.Datetime("ns"))


def _written(text: pl.Series) -> pl.Series:
    usual = text.str.to_datetime(_USUAL, time_unit="us", strict=False)
    if usual.null_count() == text.null_count():
        return usual
    plain = text.str.strip_chars().str.replace("T", " ", literal=True)
    zoned = plain.str.contains(_ZONE).fill_null(value=False)
    if zoned.any():
        offset = plain.str.replace(r"Z$", "+00:00").str.replace(r"\s+([+-])", "${1}")
        ist = _parsed(offset, f"{_WRITTEN}%z").dt.convert_time_zone(TIMEZONE).dt.replace_time_zone(None)
        return _bounded(ist).zip_with(zoned, _bounded(_parsed(plain, _WRITTEN)))
    if plain.str.contains(r"^-?\d{6,19}$").any():
        return _counted(plain.cast(pl.Int64, strict=False))
    return _parsed(plain, _WRITTEN)


def _parsed(text: pl.Series, form: str) -> pl.Series:
    """Parse text in microseconds, which hold any year, or in nanoseconds where it is that fine."""
    micro = text.str.to_datetime(form, time_unit="us", strict=False)
    if not text.str.contains(r"\.\d{7}").any():
        return micro
    nano = text.str.to_datetime(form, time_unit="ns", strict=False)
    overflows = (micro.dt.year() < EARLIEST.year) | (micro.dt.year() >= LATEST.year)
    return nano.zip_with(~overflows, pl.Series([None], dtype=nano.dtype))
