"""Contracts and the names vendors give them.

The date in a name is read as the day the contract really expired, else as the day it was scheduled for, else as a day
it was moved away from after listing. The strike must lie on the underlying's steps and within its bounds
(`data/underlyings.csv`). A name that several readings fit, or none, is refused with the readings; nothing is guessed.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from nfolab.base.errors import InputError, did_you_mean
from nfolab.market.expiries import expiry_kind
from nfolab.market.name_dates import MONTH_CODES, MONTHS, unlisted
from nfolab.market.name_forms import take_apart
from nfolab.market.tables import underlying_row

ContractKind = Literal["CE", "PE", "FUT"]

_KINDS: dict[str, ContractKind] = {"CE": "CE", "PE": "PE", "FUT": "FUT"}
_SPOT_MULTIPLE = 2


@dataclass(frozen=True, order=True, slots=True)
class Contract:
    """One option or future. `expiry` is the day it really expired, the lake's key; a future has no strike."""

    underlying: str
    expiry: date
    kind: ContractKind
    strike: int | None

    def __str__(self) -> str:
        strike = "" if self.strike is None else f" {self.strike}"
        return f"{self.underlying} {self.expiry}{strike} {self.kind}"


@cache
def _bounds(underlying: str) -> tuple[int, int, int]:
    row = underlying_row(underlying)
    return int(row["strike_step"]), int(row["lowest_strike"]), int(row["highest_strike"])


def _strike_fault(underlying: str, digits: str, spot: int | None) -> str | None:
    step, lowest, highest = _bounds(underlying)
    strike = int(digits)
    if digits[0] == "0":
        return f"a strike does not begin with 0: {digits}"
    if not lowest <= strike <= highest:
        return f"strike {strike} lies outside {lowest}..{highest}"
    if strike % step:
        return f"strike {strike} is no multiple of {step}"
    if spot is not None and not spot <= strike * _SPOT_MULTIPLE <= spot * _SPOT_MULTIPLE**2:
        return f"strike {strike} lies outside half to double the spot of {spot}"
    return None


def read_name(name: str, trade_date: date | None = None, spot: int | None = None) -> tuple[Contract, str | None]:
    """Return the contract a vendor's name means, and a note where the name's date is not the real expiry.

    Args:
        name: `banknifty25dec59400ce`, or any form of `name_forms`, in any case, with or without `.parquet`.
        trade_date: a day on which the contract traded; readings expired or not listed by then are dropped.
        spot: the underlying's value in whole rupees around then; strikes below half or above double of it are dropped.

    Raises:
        InputError: no reading fits, or several do; the message holds the readings.
    """
    parts = take_apart(name.strip().upper().removesuffix(".PARQUET"))
    if parts is None:
        raise InputError(
            f"unknown contract name {name!r}: write it as banknifty25dec59400ce (monthly) or nifty2520623950ce (weekly)"
        )
    kind = _KINDS[parts.kind]
    holding: list[tuple[Contract, str | None]] = []
    readings = []
    for told, digits in parts.readings:
        fault = told.fault or (_strike_fault(parts.underlying, digits, spot) if digits else None)
        if fault is None and trade_date is not None and told.expiry is not None:
            fault = unlisted(parts.underlying, told.expiry, kind, trade_date)
        if fault is None and told.expiry is not None:
            holding.append((Contract(parts.underlying, told.expiry, kind, int(digits) if digits else None), told.note))
        readings.append((told, digits, fault))
    plain = [reading for reading in holding if reading[1] is None]
    if len(plain or holding) == 1:
        return (plain or holding)[0]
    if holding:
        told_apart = " or as ".join(str(contract) for contract, _ in plain or holding)
        raise InputError(
            f"contract name {name!r} can be read in {len(plain or holding)} ways: as {told_apart}; give a trade date"
        )
    described = " or as ".join(
        f"{parts.underlying} {told.expiry or told.told or 'of an unknown day'} {digits or ''} {kind} ({fault})"
        for told, digits, fault in readings
    )
    raise InputError(
        f"contract name {name!r} means no known contract: read as {described or 'no day we know'}; correct it"
    )


def parse_name(name: str, trade_date: date | None = None) -> Contract:
    """Return the contract a vendor's name means; see `read_name` for arguments and errors."""
    return read_name(name, trade_date)[0]


@cache
def _day_code(underlying: str, expiry: date) -> str:
    year = f"{expiry.year % 100:02d}"
    if expiry_kind(underlying, expiry) == "monthly":
        return f"{year}{MONTHS[expiry.month - 1]}"
    return f"{year}{MONTH_CODES[expiry.month - 1]}{expiry.day:02d}"


def vendor_name(contract: Contract) -> str:
    """Return the contract's name in the vendor's form, lower case: the inverse of `parse_name`.

    Raises:
        InputError: no contract of the underlying expires on that day.
    """
    code = _day_code(contract.underlying, contract.expiry)
    return f"{contract.underlying}{code}{contract.strike or ''}{contract.kind}".lower()


def _nse_name(contract: Contract) -> str:
    if contract.kind == "FUT":
        return f"FUTIDX{contract.underlying}{contract.expiry:%d-%m-%Y}XX0.00"
    return f"OPTIDX{contract.underlying}{contract.expiry:%d-%m-%Y}{contract.kind}{contract.strike}.00"


def _dhan_name(contract: Contract) -> str:
    month = f"{MONTHS[contract.expiry.month - 1].title()}{contract.expiry.year}"
    tail = contract.kind if contract.strike is None else f"{contract.strike}-{contract.kind}"
    return f"{contract.underlying}-{month}-{tail}"


def _dhan_display_name(contract: Contract) -> str:
    month = MONTHS[contract.expiry.month - 1]
    if contract.kind == "FUT":
        return f"{contract.underlying} {month} FUT"
    side = "CALL" if contract.kind == "CE" else "PUT"
    return f"{contract.underlying} {contract.expiry.day:02d} {month} {contract.strike} {side}"


_WRITERS = {
    "vendor": vendor_name,
    "kite": lambda contract: vendor_name(contract).upper(),
    "nse": _nse_name,
    "dhan": _dhan_name,
    "dhan_display": _dhan_display_name,
}


def write_name(contract: Contract, form: str) -> str:
    """Return the contract's name in a form of `name_forms`: `vendor`, `kite`, `nse`, `dhan` or `dhan_display`.

    Dhan's forms leave out the day or the year: reading them back needs the trade date, and for `dhan` a month with one
    contract left.

    Raises:
        InputError: unknown form, or no contract of the underlying expires on that day.
    """
    writer = _WRITERS.get(form)
    if writer is None:
        raise InputError(f"unknown form of names {form!r}{did_you_mean(form, _WRITERS)}")
    expiry_kind(contract.underlying, contract.expiry)
    return writer(contract)
