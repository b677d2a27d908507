"""Contracts told by their parts (underlying, expiry, kind, strike), in columns, in folders or in an instrument map."""

from datetime import date
from functools import lru_cache

from nfolab.base.errors import InputError
from nfolab.base.snapshot import DataKind
from nfolab.market.contracts import Contract, ContractKind, parse_name
from nfolab.market.expiries import expiry_kind
from nfolab.market.name_dates import of_day
from nfolab.vendor.naming import series_named
from nfolab.vendor.path_facts import told_day

KINDS: dict[str, ContractKind] = {
    **dict.fromkeys(("CE", "C", "CALL"), "CE"),
    **dict.fromkeys(("PE", "P", "PUT"), "PE"),
    **dict.fromkeys(("FUT", "FUTIDX", "XX"), "FUT"),
}
"""How the kind of a contract is written."""


def index_told(value: object) -> str | None:
    """Return the index that a value names, None if it names none."""
    series = series_named(str(value)) if value is not None else None
    return series[1] if series and series[0] == DataKind.SPOT else None


def kind_told(value: object) -> ContractKind | None:
    """Return the kind that a value names, None if it names none."""
    return KINDS.get(str(value).strip().upper())


def strike_told(value: object) -> int | None:
    """Return the strike in whole rupees that a value tells, None if it tells none."""
    try:
        strike = float(str(value).strip())
    except ValueError:
        return None
    return int(strike) if strike.is_integer() and strike > 0 else None


@lru_cache(maxsize=100_000)
def contract_told(underlying: object, expiry: object, kind: object, strike: object) -> Contract | None:
    """Return the contract that the parts tell, as a source writes them; None if they tell none that is known.

    The expiry may be the real one, the scheduled one, or one from which it was moved after listing; futures expire with
    the monthlies alone.
    """
    index, day, sort, money = index_told(underlying), told_day(expiry), kind_told(kind), strike_told(strike)
    if index is None or day is None or sort is None:
        return None
    if sort == "FUT":
        future = _checked(f"FUTIDX{index}{day:%d-%m-%Y}XX0.00")
        return future if future and expiry_kind(index, future.expiry) == "monthly" else None
    return None if money is None else _checked(f"OPTIDX{index}{day:%d-%m-%Y}{sort}{money}.00")


def _checked(name: str) -> Contract | None:
    """Return the contract of a name in the exchange's form, if its day, strike and step are possible."""
    try:
        return parse_name(name)
    except InputError:
        return None


def real_expiry(underlying: str, told: date) -> date | None:
    """Return the day on which the contract told by a day really expired, None if there was none."""
    return of_day(underlying, told.year, told.month, told.day).expiry
