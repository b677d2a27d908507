"""Which contract, or whose spot, a file or a table holds, by its name."""

import re
from datetime import date

import polars as pl

from nfolab.base.errors import InputError
from nfolab.market.contracts import Contract, parse_name
from nfolab.market.name_forms import take_apart
from nfolab.market.tables import underlyings
from nfolab.vendor.refuse import best_clock

_OPTION = re.compile(rf"(?:{'|'.join(underlyings())}).*(?:CE|PE)", re.IGNORECASE)
_FIRST_USABLE = date(2000, 1, 1)


def is_underlying(name: str) -> bool:
    """Say whether a name is that of an index whose options we know, in any capitals."""
    return name.upper() in underlyings()


def looks_like_index_option(name: str) -> bool:
    """Say whether a name is that of an index option, or begins with an index and ends in CE or PE."""
    parts = take_apart(name.upper())
    return parts.kind != "FUT" if parts else _OPTION.fullmatch(name) is not None


def option_named(name: str, source: pl.DataFrame, where: str) -> Contract:
    """Return the option that a vendor's name means; a name of several readings is settled by the first day of its rows.

    Args:
        name: `banknifty25dec59400ce`, or any form that `market.contracts` reads, in any capitals.
        source: The rows, under the vendor's usual column names.
        where: The file (and table), for the error.

    Raises:
        InputError: The name is unknown, still has several readings, or is that of a future.
    """
    try:
        contract = parse_name(name)
    except InputError:
        try:
            contract = parse_name(name, _first_day(source, where))
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
    if contract.kind == "FUT":
        raise InputError(f"{where} is named after a future, which cannot be read yet: give options and index spot only")
    return contract


def _first_day(source: pl.DataFrame, where: str) -> date | None:
    days = best_clock(source, where)[0].dt.date()
    first = days.filter(days >= _FIRST_USABLE).min()
    return first if isinstance(first, date) else None
