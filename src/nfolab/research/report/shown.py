"""How a value is written: for people, and in JSON. One place, so that page, terminal and JSON never differ."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

NOTHING = "–"
MINUS = "−"

Value = None | bool | int | float | str | Fraction | Decimal | date | datetime | list[str]


class Kind(StrEnum):
    """What a value is, and so how it is written."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"  # paise: an integer, or an exact fraction of them
    PERCENT = "percent"
    RATIO = "ratio"
    DAY = "day"
    TIME = "time"
    WORDS = "words"

    @property
    def is_number(self) -> bool:
        """Whether values stand to the right, in tabular figures."""
        return self in {Kind.COUNT, Kind.MONEY, Kind.PERCENT, Kind.RATIO}


def _rounded(value: float | Fraction | Decimal, places: int) -> Decimal:
    exact = Fraction(value)
    scaled = exact * 10**places
    whole = int(abs(scaled) + Fraction(1, 2))
    return Decimal(whole if scaled >= 0 else -whole).scaleb(-places)


def _grouped(digits: str) -> str:
    head, tail = digits[:-3], digits[-3:]
    groups: list[str] = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*groups, tail])


def rupees_exact(paise: int | Fraction) -> Decimal:
    """Return paise as rupees: two decimals, or three where half paise (of a mid) are left; finer is rounded half up."""
    places = 2 if Fraction(paise).denominator == 1 else 3
    return _rounded(Fraction(paise) / 100, places)


def money(paise: int | Fraction, *, sign: bool = False) -> str:
    """Return paise as `₹1,23,456.78`, grouped in lakh and crore, with a true minus; `sign` writes a plus as well."""
    amount = rupees_exact(paise)
    whole, _, part = format(abs(amount), "f").partition(".")
    before = MINUS if amount < 0 else "+" if sign and amount > 0 else ""
    return f"{before}₹{_grouped(whole)}.{part}"


def count(number: int) -> str:
    """Return a count grouped in lakh and crore."""
    return (MINUS if number < 0 else "") + _grouped(str(abs(number)))


def counted(number: int, word: str) -> str:
    """Return a count with its word: `1 day`, `2 days`."""
    return f"{count(number)} {word}{'' if number == 1 else 's'}"


def to_a_paisa(paise: Fraction | None) -> int | None:
    """Return paise rounded half away from zero to a paisa, for a mean or a median; None stays None."""
    return None if paise is None else int(_rounded(paise, 0))


def day(value: date) -> str:
    """Return a day as people write it: `7 Jul 2025`."""
    return f"{value.day} {value:%b %Y}"


def clock(value: datetime) -> str:
    """Return the time of day to the second, IST."""
    return f"{value:%H:%M:%S}"


@dataclass(frozen=True, slots=True)
class Cell:
    """A value and what it is."""

    value: Value
    kind: Kind

    def text(self) -> str:
        """Return it as people read it."""
        value = self.value
        if value is None or value == []:
            return NOTHING
        match self.kind:
            case Kind.MONEY if isinstance(value, int | Fraction):
                return money(value)
            case Kind.COUNT if isinstance(value, int):
                return count(value)
            case Kind.PERCENT if isinstance(value, int | float | Fraction | Decimal):
                return f"{_rounded(value, 2):f} %".replace("-", MINUS)
            case Kind.RATIO if isinstance(value, int | float | Fraction | Decimal):
                return f"{_rounded(value, 2):f}"
            case Kind.DAY if isinstance(value, date):
                return day(value)
            case Kind.TIME if isinstance(value, datetime):
                return clock(value)
            case Kind.WORDS if isinstance(value, list):
                return ", ".join(value)
        return str(value)

    def json(self) -> object:
        """Return it as a JSON value: rupees with their decimals, days and times in ISO form, null for nothing."""
        value = self.value
        match self.kind:
            case Kind.MONEY if isinstance(value, int | Fraction):
                return float(rupees_exact(value))
            case Kind.PERCENT | Kind.RATIO if isinstance(value, float | Fraction | Decimal):
                return float(_rounded(value, 4))
        if isinstance(value, datetime):
            return value.isoformat(timespec="seconds")
        if isinstance(value, date):
            return value.isoformat()
        return float(value) if isinstance(value, Fraction | Decimal) else value
