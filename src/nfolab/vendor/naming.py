"""What a file, a table or a symbol holds, by its name."""

import re
from datetime import date
from functools import lru_cache

import polars as pl

from nfolab.base.errors import InputError
from nfolab.base.snapshot import DataKind
from nfolab.market.contracts import Contract, read_name
from nfolab.market.name_forms import take_apart
from nfolab.market.tables import FIRST_DAY, LAST_DAY, underlyings
from nfolab.vendor.columns import TIMESTAMP_AGAIN
from nfolab.vendor.raw_rows import RawRows
from nfolab.vendor.refuse import best_clock

VIX = "INDIAVIX"
"""The underlying under which India VIX is kept."""

SPOT_IN_ROW = "spot"
"""The column of some files that holds the index beside the contract."""

_INDEX_WRITTEN_OUT = {
    "NIFTY50": "NIFTY",
    "NIFTYBANK": "BANKNIFTY",
    "NIFTYFINSERVICE": "FINNIFTY",
    "NIFTYMIDSELECT": "MIDCPNIFTY",
    "VIX": VIX,
}
"""Names by which brokers list the indices themselves, without blanks and underscores."""

_ANY_INDEX = "|".join(underlyings())
_OPTION = re.compile(rf"(?:{_ANY_INDEX}).*(?:CE|PE)")
_DERIVATIVE = re.compile(r".*\d.*(?:CE|PE|FUT)")
_SHARE = re.compile(r"(?=.*[A-Z])[A-Z0-9][A-Z0-9&-]*")
_INDEX_FAMILY = re.compile(rf"(?:{_ANY_INDEX}|CNX|INDIAVIX).*")


@lru_cache(maxsize=100_000)
def series_named(name: str) -> tuple[DataKind, str] | None:
    """Return what a name that is no contract's means: the kind, and the underlying as we call it.

    `nifty` and `NIFTY 50` are spot, `India VIX` and `INDIA_VIX` are VIX, and a name of letters, digits, `&` and `-` is
    a share's, unless it begins like an index or looks like a contract's.

    Returns:
        None for a name that means none of these.
    """
    written = name.strip().upper()
    joined = re.sub(r"[ _]", "", written)
    meant = _INDEX_WRITTEN_OUT.get(joined, joined)
    if meant in underlyings():
        return DataKind.SPOT, meant
    if meant == VIX:
        return DataKind.VIX, VIX
    if _SHARE.fullmatch(written) and not _DERIVATIVE.fullmatch(written) and not _INDEX_FAMILY.fullmatch(written):
        return DataKind.EQUITY, written
    return None


def kind_named(name: str) -> DataKind | None:
    """Return what rows of a table or symbol of that name are, None for what is not read (a share's option).

    A name that begins with an index and ends in CE or PE is taken for an option's, whether or not it can be read.
    """
    kind = contract_kind_named(name)
    series = None if kind else series_named(name)
    return series[0] if series else kind


def contract_kind_named(name: str) -> DataKind | None:
    """Return OPTIONS or FUTURES for the name of an index's contract, None for any other."""
    written = name.strip().upper()
    parts = take_apart(written)
    if parts is not None:
        return DataKind.FUTURES if parts.kind == "FUT" else DataKind.OPTIONS
    return DataKind.OPTIONS if _OPTION.fullmatch(written) else None


def contract_named(name: str, source: RawRows, where: str) -> Contract:
    """Return the contract that a vendor's name means.

    A name of several readings is settled by the first day of its rows, and by the index where it stands in them.

    Args:
        name: `banknifty25dec59400ce`, or any form that `market.contracts` reads, in any capitals.
        source: The rows, under the vendor's usual column names.
        where: The file (and table), for the error.

    Raises:
        InputError: The name is unknown or still has several readings.
    """
    try:
        return read_name(name)[0]
    except InputError:
        try:
            return read_name(name, first_day(source, where), _spot(source))[0]
        except InputError as error:
            raise InputError(f"{where}: {error}") from None


def first_day(source: RawRows, where: str) -> date | None:
    """Return the first day of rows that the calendar covers, None where none has one."""
    days = best_clock(source.frame("timestamp", TIMESTAMP_AGAIN), where)[0].dt.date()
    first = days.filter(days.is_between(FIRST_DAY, LAST_DAY)).min()
    return first if isinstance(first, date) else None


def _spot(source: RawRows) -> int | None:
    if SPOT_IN_ROW not in source:
        return None
    told = source[SPOT_IN_ROW].series.cast(pl.Float64, strict=False).fill_nan(None).drop_nulls()
    told = told.filter(told > 0)
    middle = told.median()
    return round(middle) if isinstance(middle, float) else None
