"""Quantities with their units, as people write them: `1500rs`, `40pt`, `30%`, `90s`, `09:45:00`, `2lots`.

Inside, all is integer: money in paise, percentages in millionths of the whole, times of day in seconds since
midnight IST. Rupees appear only where people read or write.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Self

from nfolab.base.errors import InputError

PAISE_PER_RUPEE = 100
TICK_PAISE = 5
MILLION = 1_000_000

_NUMBER = r"(-?\d+(?:\.\d+)?)"


def _scaled(text: str, number: str, scale: int, unit: str, step: str) -> int:
    """Return number × scale as an integer, refusing what would need rounding."""
    try:
        value = Decimal(number) * scale
    except InvalidOperation:
        raise InputError(f"{text!r} is not a number of {unit}") from None
    if value != value.to_integral_value():
        raise InputError(f"{text!r} is finer than {step}, the smallest step of {unit}")
    return int(value)


def _plain(value: int, scale: int) -> str:
    text = format(Decimal(value) / scale, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, order=True, slots=True)
class Rupees:
    """An amount of money for a whole trade, in integer paise; written `1500rs`."""

    paise: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `1500rs` or `12.5rs`; raise InputError for anything else."""
        match = re.fullmatch(_NUMBER + "rs", text)
        if not match:
            raise InputError(f"{text!r} is not an amount of rupees: write it as 1500rs")
        return cls(_scaled(text, match[1], PAISE_PER_RUPEE, "rupees", "a paisa"))

    def __str__(self) -> str:
        return _plain(self.paise, PAISE_PER_RUPEE) + "rs"


@dataclass(frozen=True, order=True, slots=True)
class Points:
    """A distance in the price of an option or of its combination, in integer paise; written `40pt`."""

    paise: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `40pt` or `0.05pt`; raise InputError for anything else."""
        match = re.fullmatch(_NUMBER + "pt", text)
        if not match:
            raise InputError(f"{text!r} is not a number of points: write it as 40pt")
        return cls(_scaled(text, match[1], PAISE_PER_RUPEE, "points", "0.01pt"))

    def __str__(self) -> str:
        return _plain(self.paise, PAISE_PER_RUPEE) + "pt"


@dataclass(frozen=True, order=True, slots=True)
class Percent:
    """A share of a stated whole, in integer millionths of it (1 % = 10,000); written `30%`."""

    millionths: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `30%` or `0.25%`; raise InputError for anything else."""
        match = re.fullmatch(_NUMBER + "%", text)
        if not match:
            raise InputError(f"{text!r} is not a percentage: write it as 30%")
        return cls(_scaled(text, match[1], MILLION // 100, "percent", "0.0001%"))

    def __str__(self) -> str:
        return _plain(self.millionths, MILLION // 100) + "%"


@dataclass(frozen=True, order=True, slots=True)
class Seconds:
    """A length of time in whole seconds; written `90s` (and read from `5m` too)."""

    count: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `90s` or `5m`; raise InputError for anything else, fractions and negatives included."""
        match = re.fullmatch(r"(\d+)([sm])", text)
        if not match:
            raise InputError(f"{text!r} is not a whole number of seconds: write it as 90s or 5m")
        return cls(int(match[1]) * (60 if match[2] == "m" else 1))

    def __str__(self) -> str:
        return f"{self.count}s"


@dataclass(frozen=True, order=True, slots=True)
class Clock:
    """A time of day in IST, in seconds since midnight; written `09:45:00` (and read from `09:45` too)."""

    second_of_day: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `09:45:00` or `09:45`; raise InputError for anything else."""
        match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", text)
        if not match:
            raise InputError(f"{text!r} is not a time of day: write it as 09:45:00")
        return cls(int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0))

    def __str__(self) -> str:
        minutes, seconds = divmod(self.second_of_day, 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


@dataclass(frozen=True, order=True, slots=True)
class Lots:
    """A number of market lots; written `2lots` (and read from `1lot` too)."""

    count: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2lots` or `1lot`; raise InputError for anything else, zero included."""
        match = re.fullmatch(r"([1-9]\d*)lots?", text)
        if not match:
            raise InputError(f"{text!r} is not a number of lots: write it as 2lots")
        return cls(int(match[1]))

    def __str__(self) -> str:
        return f"{self.count}lots"


@dataclass(frozen=True, order=True, slots=True)
class Rows:
    """A number of rows of one contract, as a measure of length; written `21rows`."""

    count: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `21rows` or `1row`; raise InputError for anything else, zero included."""
        match = re.fullmatch(r"([1-9]\d*)rows?", text)
        if not match:
            raise InputError(f"{text!r} is not a number of rows: write it as 21rows")
        return cls(int(match[1]))

    def __str__(self) -> str:
        return f"{self.count}rows"


Quantity = Rupees | Points | Percent | Seconds | Clock | Lots | Rows


def rupees(paise: int) -> str:
    """Return paise as rupees with two decimals, exactly: 123456 gives `1234.56`."""
    sign = "-" if paise < 0 else ""
    whole, part = divmod(abs(paise), PAISE_PER_RUPEE)
    return f"{sign}{whole}.{part:02d}"
