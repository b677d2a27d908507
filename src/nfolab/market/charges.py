"""Charges of a trade, component by component and exactly, by date.

Rates: `data/charges.csv`; brokerage plans: `data/plans.csv`. All arithmetic is on integers (rates in 1e-9, amounts in
1e-11 paise), so it works alike on Python integers and on NumPy int64 arrays of trades, and nothing drifts.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from nfolab.base.errors import InputError, did_you_mean
from nfolab.market.tables import Row, exchange, in_force, require_covered, rows

RATE_UNITS = 1_000_000_000
"""A rate of 1 is this many integer steps."""

UNITS_PER_PAISA = 100 * RATE_UNITS
"""A component amount of one paisa is this many integer steps: a rate step of a paisa, and a hundredth of it for GST."""

LARGEST_AMOUNT = 2**63 - 1

Amount = TypeVar("Amount", int, NDArray[np.int64])
"""Paise of one trade as an integer, or of many as an int64 array."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A brokerage plan: paise an executed order, paise a complete trade, and whether the law's charges are counted."""

    name: str
    per_order_paise: int
    per_trade_paise: int
    law_charges: bool


@dataclass(frozen=True, slots=True)
class OptionRates:
    """What the law and the exchange take of an option trade, as integers of 1e-9, in force over a stretch of days.

    `stt_exercise` applies to the `exercise_base` of a bought option exercised in the money on expiry: until 2019-08-31
    its whole settlement value, since then its intrinsic value. `approximate` names the components that are not the
    exchange's own (empty for NSE).
    """

    stt_sell: int
    stt_exercise: int
    exercise_base: Literal["settlement value", "intrinsic value"]
    exchange: int
    ipft: int
    sebi: int
    stamp_sell: int
    stamp_buy: int
    gst_percent: int
    approximate: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Charges(Generic[Amount]):
    """The components of what a trade cost, each exact, in 1e-11 paise; `total_paise` is rounded half up once."""

    brokerage: Amount
    stt: Amount
    exchange: Amount
    ipft: Amount
    sebi: Amount
    stamp: Amount
    gst: Amount

    @property
    def total(self) -> Amount:
        """The exact sum of the components, in 1e-11 paise."""
        return self.brokerage + self.stt + self.exchange + self.ipft + self.sebi + self.stamp + self.gst

    @property
    def total_paise(self) -> Amount:
        """The total in paise, rounded half up to a paisa."""
        return (self.total + UNITS_PER_PAISA // 2) // UNITS_PER_PAISA


@cache
def plans() -> dict[str, Plan]:
    """Return the known brokerage plans by name."""
    return {
        row["name"]: Plan(
            row["name"], int(row["per_order_paise"]), int(row["per_trade_paise"]), row["law_charges"] == "yes"
        )
        for row in rows("plans")
    }


def plan(name: str) -> Plan:
    """Return a brokerage plan by name (`flat20`, `zero`, `flat5`); InputError for an unknown one."""
    found = plans().get(name)
    if found is None:
        raise InputError(f"unknown brokerage plan {name!r}{did_you_mean(name, plans())}")
    return found


def _steps(rate: str) -> int:
    steps = Fraction(rate) * RATE_UNITS
    if steps.denominator != 1:
        raise ValueError(f"rate {rate} is finer than 1e-9")
    return int(steps)


def _row(product: str, market: str, component: str, side: str, day: date) -> Row | None:
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


def _rate(product: str, market: str, component: str, side: str, day: date) -> int:
    row = _row(product, market, component, side, day)
    return _steps(row["rate"]) if row else 0


@cache
def _starts() -> tuple[date, ...]:
    """Return the days on which any rate changed, in order."""
    return tuple(sorted({date.fromisoformat(row["from_date"]) for row in rows("charges")}))


@cache
def _option_rates(start: date, market: str) -> OptionRates:
    def rate(component: str, side: str = "sell", of: str = market) -> int:
        return _rate("option", of, component, side, start)

    exercise = _row("option", market, "stt", "exercise", start)
    gst = _row("option", market, "gst", "sell", start)
    if exercise is None or gst is None:
        raise ValueError(f"charges.csv has no rate of exercise or GST on {start}")
    on_settlement = exercise["base"] == "settlement value"
    return OptionRates(
        stt_sell=rate("stt"),
        stt_exercise=_steps(exercise["rate"]),
        exercise_base="settlement value" if on_settlement else "intrinsic value",
        exchange=rate("exchange"),
        ipft=rate("ipft", of="NSE"),
        sebi=rate("sebi"),
        stamp_sell=rate("stamp", "sell"),
        stamp_buy=rate("stamp", "buy"),
        gst_percent=int(Fraction(gst["rate"]) * 100),
        approximate=() if market == "NSE" else ("ipft",),
    )


@cache
def _starts_of_bse() -> date:
    return min(date.fromisoformat(row["from_date"]) for row in rows("charges") if row["exchange"] == "BSE")


@cache
def option_rates(day: date, underlying: str) -> OptionRates:
    """Return the option rates in force on `day`; the same object for every day of a regime.

    Raises:
        InputError: unknown underlying, a day outside 2019-01-01..2026-12-31, or a BSE underlying before 2024-10-01,
            when the exchange charged by slabs of a member's turnover.
    """
    require_covered(day)
    market = exchange(underlying)
    if market == "BSE" and day < _starts_of_bse():
        raise InputError(
            f"the BSE charges of {underlying} on {day} depended on slabs of turnover and are not known: "
            f"choose a day from {_starts_of_bse()} on"
        )
    return _option_rates(max(start for start in _starts() if start <= day), market)


def charges(
    rates: OptionRates,
    plan: Plan,
    *,
    sell_value: Amount,
    buy_value: Amount,
    orders: Amount,
    exercised_value: Amount | int = 0,
) -> Charges[Amount]:
    """Return the charges of a trade, or of an array of them.

    Args:
        rates: what the law and the exchange take on the trade's day.
        plan: the brokerage plan.
        sell_value: price × units of all sales, in paise.
        buy_value: price × units of all purchases, in paise.
        orders: executed orders; an exercise or assignment in the money counts as one.
        exercised_value: what `rates.exercise_base` says, in paise, of bought options exercised on expiry.

    Raises:
        InputError: an amount is negative, or too large for exact 64-bit arithmetic.
    """
    bound = _bound(rates, plan, _largest(sell_value), _largest(buy_value), _largest(orders), _largest(exercised_value))
    if bound > LARGEST_AMOUNT:
        raise InputError(
            f"charges of about {bound // UNITS_PER_PAISA // 100} rupees on one trade exceed exact 64-bit arithmetic "
            f"(limit {LARGEST_AMOUNT // UNITS_PER_PAISA // 100} rupees): split the trade"
        )
    turnover = sell_value + buy_value
    none = turnover * 0
    brokerage = (orders * plan.per_order_paise + plan.per_trade_paise + none) * UNITS_PER_PAISA
    if not plan.law_charges:
        return Charges(brokerage, none, none, none, none, none, none)
    exchange_fee = turnover * rates.exchange * 100
    ipft = turnover * rates.ipft * 100
    sebi = turnover * rates.sebi * 100
    return Charges(
        brokerage=brokerage,
        stt=(sell_value * rates.stt_sell + exercised_value * rates.stt_exercise) * 100,
        exchange=exchange_fee,
        ipft=ipft,
        sebi=sebi,
        stamp=(sell_value * rates.stamp_sell + buy_value * rates.stamp_buy) * 100,
        gst=(brokerage + exchange_fee + ipft + sebi) // 100 * rates.gst_percent,
    )


def _bound(rates: OptionRates, plan: Plan, sell: int, buy: int, orders: int, exercised: int) -> int:
    """Return a bound of the exact total, in 1e-11 paise."""
    fees = rates.exchange + rates.ipft + rates.sebi
    law = sell * (rates.stt_sell + rates.stamp_sell) + buy * rates.stamp_buy + exercised * rates.stt_exercise
    brokerage = orders * plan.per_order_paise + plan.per_trade_paise
    return 2 * ((sell + buy) * fees + law + brokerage * RATE_UNITS) * 100


def _largest(amount: int | NDArray[np.int64]) -> int:
    """Return the largest of the amounts; raise InputError if one is negative."""
    if np.size(amount) == 0:
        return 0
    lowest = int(np.min(amount))
    if lowest < 0:
        raise InputError(f"{lowest} is no value and no number of orders: give amounts from 0 up")
    return int(np.max(amount))
