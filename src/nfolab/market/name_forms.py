"""The forms in which brokers and the exchange write a contract's name.

| form | example | where |
| --- | --- | --- |
| vendor, Kite | `banknifty25dec59400ce`, `NIFTY2520623950CE`, `NIFTY25DECFUT` | the user's files, Kite, NSE's screen |
| day first | `NIFTY30DEC2524000CE` | Angel One |
| nse | `OPTIDXNIFTY09-12-2025PE25800.00`, `FUTIDXNIFTY30-12-2025XX0.00` | NSE's website |
| dhan | `NIFTY-Oct2024-25800-CE`, `NIFTY-Dec2025-FUT` | Dhan's scrip master, SEM_TRADING_SYMBOL |
| dhan_display | `NIFTY 24 OCT 25800 CALL`, `NIFTY DEC FUT` | Dhan's scrip master, SEM_CUSTOM_SYMBOL |
"""

import re
from dataclasses import dataclass

from nfolab.market.name_dates import (
    CENTURY,
    MONTHS,
    YEARS,
    NameDate,
    of_code,
    of_day,
    of_day_in_any_year,
    of_month,
    within_month,
)

_UNDERLYING = "(BANKNIFTY|FINNIFTY|MIDCPNIFTY|NIFTY|SENSEX|BANKEX)"
_MONTH = f"({'|'.join(MONTHS)})"

_VENDOR = re.compile(rf"{_UNDERLYING}(\d\d(?:[1-9OND]\d\d|{_MONTH}))(?:(\d+)(CE|PE)|FUT)")
_NSE_OPTION = re.compile(rf"OPTIDX{_UNDERLYING} *(\d\d)-?(\d\d|{_MONTH})-?(\d{{4}})(CE|PE) *(\d+)(?:\.0+)?")
_NSE_FUTURE = re.compile(rf"FUTIDX{_UNDERLYING} *(\d\d)-?(\d\d|{_MONTH})-?(\d{{4}})XX0(?:\.0+)?")
_DHAN = re.compile(rf"{_UNDERLYING}-{_MONTH}(\d{{4}})-(?:(\d+)-(CE|PE)|FUT)")
_DHAN_DISPLAY = re.compile(rf"{_UNDERLYING} (\d\d?) {_MONTH} (\d+) (CALL|PUT)")
_DHAN_DISPLAY_FUTURE = re.compile(rf"{_UNDERLYING} {_MONTH} FUT")

_SHORT_YEARS = frozenset(f"{year % 100:02d}" for year in YEARS)
_SHORTEST_STRIKE = 3


@dataclass(frozen=True, slots=True)
class NameParts:
    """A name taken apart: underlying, kind, and each way to read date and strike (digits, None for a future)."""

    underlying: str
    kind: str
    readings: tuple[tuple[NameDate, str | None], ...]


def take_apart(name: str) -> NameParts | None:
    """Return the parts of a name (upper case) in whichever form it has, None if in none."""
    match = _VENDOR.fullmatch(name)
    if match:
        return _vendor(*match.groups())
    for pattern, reader in _OTHERS:
        match = pattern.fullmatch(name)
        if match:
            return reader(match)
    return None


def _vendor(underlying: str, code: str, month: str | None, digits: str | None, kind: str | None) -> NameParts:
    as_code = of_code(underlying, code)
    if digits is None or kind is None:
        return NameParts(underlying, "FUT", ((as_code, None),))
    year, strike = digits[:2], digits[2:]
    if month is None or year not in _SHORT_YEARS or len(strike) < _SHORTEST_STRIKE:
        return NameParts(underlying, kind, ((as_code, digits),))
    day_first = of_day(underlying, CENTURY + int(year), MONTHS.index(month) + 1, int(code[:2]))
    return NameParts(underlying, kind, ((as_code, digits), (day_first, strike)))


def _month_number(text: str) -> int:
    return MONTHS.index(text) + 1 if text in MONTHS else int(text)


def _nse_option(match: re.Match[str]) -> NameParts:
    underlying, day, month, _, year, kind, digits = match.groups()
    return NameParts(underlying, kind, ((of_day(underlying, int(year), _month_number(month), int(day)), digits),))


def _nse_future(match: re.Match[str]) -> NameParts:
    underlying, day, month, _, year = match.groups()
    return NameParts(underlying, "FUT", ((of_day(underlying, int(year), _month_number(month), int(day)), None),))


def _dhan(match: re.Match[str]) -> NameParts:
    underlying, month, year, digits, kind = match.groups()
    if kind is None:
        return NameParts(underlying, "FUT", ((of_month(underlying, int(year), _month_number(month)), None),))
    dates = within_month(underlying, int(year), _month_number(month))
    return NameParts(underlying, kind, tuple((one, digits) for one in dates))


def _dhan_display(match: re.Match[str]) -> NameParts:
    underlying, day, month, digits, kind = match.groups()
    dates = of_day_in_any_year(underlying, _month_number(month), int(day))
    return NameParts(underlying, "CE" if kind == "CALL" else "PE", tuple((one, digits) for one in dates))


def _dhan_display_future(match: re.Match[str]) -> NameParts:
    underlying, month = match.groups()
    dates = (of_month(underlying, year, _month_number(month)) for year in YEARS)
    return NameParts(underlying, "FUT", tuple((one, None) for one in dates if one.fault is None))


_OTHERS = (
    (_NSE_OPTION, _nse_option),
    (_NSE_FUTURE, _nse_future),
    (_DHAN, _dhan),
    (_DHAN_DISPLAY, _dhan_display),
    (_DHAN_DISPLAY_FUTURE, _dhan_display_future),
)
