"""Contracts and the names vendors give them.

A name holds an underlying, a date and a strike run together. Its date is read as the day the contract really expired,
else as the day it was scheduled for, else as a day it was moved away from after listing. The strike must lie on the
underlying's steps and within its bounds (`data/underlyings.csv`). A name that two readings fit, or none, is refused
with the readings; nothing is guessed.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from nfolab.base.errors import InputError
from nfolab.market.expiries import expiries, expiry_kind
from nfolab.market.moves import moved_from
from nfolab.market.tables import FIRST_DAY, LAST_DAY, underlying_row

ContractKind = Literal["CE", "PE", "FUT"]

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
MONTH_CODES = "123456789OND"
CENTURY = 2000
YEARS = frozenset(f"{year % 100:02d}" for year in range(FIRST_DAY.year, LAST_DAY.year + 1))


@dataclass(frozen=True, order=True, slots=True)
class Contract:
    """One option or future. `expiry` is the day it really expired, the lake's key; a future has no strike."""

    underlying: str
    expiry: date
    kind: ContractKind
    strike: int | None

    def __str__(self) -> str:
        if self.strike is None:
            return f"{self.underlying} {self.expiry} {self.kind}"
        return f"{self.underlying} {self.expiry} {self.strike} {self.kind}"


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a name: the contract, what it rests on, and why it does not hold (None if it does)."""

    underlying: str
    day_told: date | None
    expiry: date | None
    kind: ContractKind
    strike: int | None
    note: str | None
    fault: str | None

    def __str__(self) -> str:
        told = self.expiry or self.day_told
        strike = "" if self.strike is None else f" {self.strike}"
        text = f"{self.underlying} {told}{strike} {self.kind}"
        return f"{text} ({self.fault})" if self.fault else text


_NAME = re.compile(
    rf"(BANKNIFTY|FINNIFTY|MIDCPNIFTY|NIFTY|SENSEX|BANKEX)(\d\d(?:[1-9OND]\d\d|{'|'.join(MONTHS)}))(?:(\d+)(CE|PE)|(FUT))"
)


@cache
def _bounds(underlying: str) -> tuple[int, int, int]:
    row = underlying_row(underlying)
    return int(row["strike_step"]), int(row["lowest_strike"]), int(row["highest_strike"])


def _strike_fault(underlying: str, digits: str) -> str | None:
    step, lowest, highest = _bounds(underlying)
    strike = int(digits)
    if digits[0] == "0":
        return f"a strike does not begin with 0: {digits}"
    if not lowest <= strike <= highest:
        return f"strike {strike} lies outside {lowest}..{highest}"
    return f"strike {strike} is no multiple of {step}" if strike % step else None


@cache
def _monthlies(underlying: str) -> dict[tuple[int, int], date]:
    return {
        (one.scheduled.year, one.scheduled.month): one.expiry
        for one in expiries(underlying, FIRST_DAY, LAST_DAY)
        if one.kind == "monthly"
    }


@cache
def _scheduled(underlying: str) -> dict[date, date]:
    return {one.scheduled: one.expiry for one in expiries(underlying, FIRST_DAY, LAST_DAY)}


@cache
def _real(underlying: str) -> frozenset[date]:
    return frozenset(one.expiry for one in expiries(underlying, FIRST_DAY, LAST_DAY))


def _settle_day(underlying: str, told: date) -> tuple[date | None, str | None]:
    """Return the real expiry of a day in a name, and a note where the two differ."""
    if told in _real(underlying):
        return told, None
    if told in _scheduled(underlying):
        return _scheduled(underlying)[told], f"the name holds the scheduled day {told}, a holiday"
    if told in moved_from(underlying):
        return moved_from(underlying)[told], f"the contract was listed for {told} and moved"
    return None, None


@cache
def _dated(underlying: str, code: str) -> tuple[date | None, date | None, str | None, str | None]:
    """Return (day told, expiry, note, fault) of a five-character date: `25DEC`, or `25206` for 2025-02-06."""
    year = CENTURY + int(code[:2])
    if code[2:] in MONTHS:
        month = MONTHS.index(code[2:]) + 1
        expiry = _monthlies(underlying).get((year, month))
        if expiry is None:
            return None, None, None, f"no {underlying} monthly of {year}-{month:02d} is known"
        return None, expiry, None, None
    return _dated_by_day(underlying, year, MONTH_CODES.index(code[2]) + 1, int(code[3:]))


def _dated_by_day(
    underlying: str, year: int, month: int, day: int
) -> tuple[date | None, date | None, str | None, str | None]:
    try:
        told = date(year, month, day)
    except ValueError:
        return None, None, None, f"{year}-{month:02d}-{day:02d} is no day"
    expiry, note = _settle_day(underlying, told)
    return told, expiry, note, None if expiry else f"no {underlying} contract expired on {told}"


def _readings(
    underlying: str, code: str, digits: str | None, kind: ContractKind, trade_date: date | None
) -> list[Reading]:
    """Return every way to read the parts of a name."""
    options = [(_dated(underlying, code), digits)]
    if digits is not None and code[2:] in MONTHS and digits[:2] in YEARS and len(digits) > 2:
        month = MONTHS.index(code[2:]) + 1
        options.append((_dated_by_day(underlying, CENTURY + int(digits[:2]), month, int(code[:2])), digits[2:]))
    found = []
    for (told, expiry, note, date_fault), strike in options:
        fault = date_fault or (_strike_fault(underlying, strike) if strike else None)
        if fault is None and trade_date is not None and expiry is not None and expiry < trade_date:
            fault = f"it expired before {trade_date}"
        found.append(Reading(underlying, told, expiry, kind, int(strike) if strike else None, note, fault))
    return found


def read_name(name: str, trade_date: date | None = None) -> tuple[Contract, str | None]:
    """Return the contract a vendor's name means, and a note where the name's date is not the real expiry.

    Args:
        name: `banknifty25dec59400ce`, `nifty2520623950ce`, `banknifty25decfut`, in any case, also with `.parquet`.
        trade_date: a day on which the contract traded; readings that had expired by then are dropped.

    Raises:
        InputError: no reading fits, or two do; the message holds the readings.
    """
    text = name.strip().upper().removesuffix(".PARQUET")
    match = _NAME.fullmatch(text)
    if match is None:
        raise InputError(
            f"unknown contract name {name!r}: write it as banknifty25dec59400ce (monthly) or nifty2520623950ce (weekly)"
        )
    underlying, code, digits, option_kind, _ = match.groups()
    kind: ContractKind = "FUT" if option_kind is None else "CE" if option_kind == "CE" else "PE"
    readings = _readings(underlying, code, digits, kind, trade_date)
    holding = [reading for reading in readings if reading.fault is None]
    if len(holding) != 1:
        told = " or as ".join(str(reading) for reading in holding or readings)
        how = "can be read in two ways" if holding else "names no known contract"
        raise InputError(f"contract name {name!r} {how}: as {told}")
    reading = holding[0]
    if reading.expiry is None:
        raise AssertionError(f"a reading without fault has an expiry: {reading}")
    return Contract(underlying, reading.expiry, kind, reading.strike), reading.note


def parse_name(name: str, trade_date: date | None = None) -> Contract:
    """Return the contract a vendor's name means; see `read_name` for arguments and errors."""
    return read_name(name, trade_date)[0]


def vendor_name(contract: Contract) -> str:
    """Return the contract's name in the vendor's form, lower case: the inverse of `parse_name`.

    Raises:
        InputError: no contract of the underlying expires on that day.
    """
    year = f"{contract.expiry.year % 100:02d}"
    if expiry_kind(contract.underlying, contract.expiry) == "monthly":
        day = f"{year}{MONTHS[contract.expiry.month - 1]}"
    else:
        day = f"{year}{MONTH_CODES[contract.expiry.month - 1]}{contract.expiry.day:02d}"
    return f"{contract.underlying}{day}{contract.strike or ''}{contract.kind}".lower()
