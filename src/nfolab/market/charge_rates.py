"""What the law and the exchange take of a trade, by date: `data/charges.csv`."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Literal

from nfolab.base.errors import InputError
from nfolab.market.tables import Row, exchange, in_force, require_covered, rows

RATE_UNITS = 1_000_000_000
"""A rate of 1 is this many integer steps."""

ExerciseBase = Literal["settlement value", "intrinsic value"]
Product = Literal["option", "future"]


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates in force over a stretch of days, as integers of 1e-9 of the premium (options) or contract value (futures).

    `approximate` names the components that are not the exchange's own (empty for NSE).
    """

    stt_sell: int
    exchange: int
    ipft: int
    sebi: int
    stamp_sell: int
    stamp_buy: int
    gst_percent: int
    approximate: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OptionRates(Rates):
    """Rates of options: also the STT on a bought option exercised in the money on expiry, and what it is charged on.

    Until 2019-08-31 that is its whole settlement value, since then its intrinsic value.
    """

    stt_exercise: int
    exercise_base: ExerciseBase


def _steps(rate: str) -> int:
    steps = Fraction(rate) * RATE_UNITS
    if steps.denominator != 1:
        raise ValueError(f"rate {rate} is finer than 1e-9")
    return int(steps)


def _row(product: Product, market: str, component: str, side: str, day: date) -> Row | None:
    """Return the row in force, None where that side pays nothing."""
    for row in rows("charges"):
        if (
            row["product"] == product
            and row["exchange"] in (market, "ALL")
            and row["component"] == component
            and row["side"] in (side, "both")
            and in_force(row, day)
        ):
            return row
    return None


def _required(product: Product, market: str, component: str, side: str, day: date) -> Row:
    row = _row(product, market, component, side, day)
    if row is None:
        raise ValueError(f"charges.csv has no {component} of a {product} on {market}, side {side}, on {day}")
    return row


@cache
def _starts() -> tuple[date, ...]:
    """Return the days on which any rate changed, in order."""
    return tuple(sorted({date.fromisoformat(row["from_date"]) for row in rows("charges")}))


@cache
def _rates(product: Product, start: date, market: str) -> Rates:
    def rate(component: str, side: str, of: str) -> int:
        return _steps(_required(product, of, component, side, start)["rate"])

    stamp_sell = _row(product, market, "stamp", "sell", start)
    return Rates(
        stt_sell=rate("stt", "sell", market),
        exchange=rate("exchange", "sell", market),
        ipft=rate("ipft", "sell", "NSE"),
        sebi=rate("sebi", "sell", market),
        stamp_sell=_steps(stamp_sell["rate"]) if stamp_sell else 0,
        stamp_buy=rate("stamp", "buy", market),
        gst_percent=int(Fraction(_required(product, market, "gst", "sell", start)["rate"]) * 100),
        approximate=() if market == "NSE" else ("ipft",),
    )


@cache
def _option_rates(start: date, market: str) -> OptionRates:
    shared = _rates("option", start, market)
    exercise = _required("option", market, "stt", "exercise", start)
    return OptionRates(
        **{name: getattr(shared, name) for name in Rates.__slots__},
        stt_exercise=_steps(exercise["rate"]),
        exercise_base="settlement value" if exercise["base"] == "settlement value" else "intrinsic value",
    )


@cache
def _bse_from() -> date:
    return min(date.fromisoformat(row["from_date"]) for row in rows("charges") if row["exchange"] == "BSE")


def _regime(day: date, underlying: str) -> tuple[date, str]:
    """Return the start of the regime that holds `day`, and the exchange."""
    require_covered(day)
    market = exchange(underlying)
    if market == "BSE" and day < _bse_from():
        raise InputError(
            f"the BSE charges of {underlying} on {day} depended on slabs of turnover and are not known: "
            f"choose a day from {_bse_from()} on"
        )
    return max(start for start in _starts() if start <= day), market


@cache
def option_rates(day: date, underlying: str) -> OptionRates:
    """Return the option rates in force on `day`; the same object for every day of a regime.

    Raises:
        InputError: unknown underlying, a day outside 2019-01-01..2026-12-31, or a BSE underlying before 2024-10-01,
            when the exchange charged by slabs of a member's turnover.
    """
    return _option_rates(*_regime(day, underlying))


@cache
def future_rates(day: date, underlying: str) -> Rates:
    """Return the rates of index futures in force on `day`; raises as `option_rates`."""
    return _rates("future", *_regime(day, underlying))
