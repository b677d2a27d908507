"""Charges of a trade, component by component and exactly.

All arithmetic is on integers (rates in 1e-9, amounts in 1e-11 paise), so it works alike on Python integers and on NumPy
int64 arrays of trades, and nothing drifts. Rates: `charge_rates`; brokerage plans: `data/plans.csv`.
"""

from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from nfolab.base.errors import InputError, did_you_mean
from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.market.charge_rates import RATE_UNITS, OptionRates, Rates, future_rates, option_rates
from nfolab.market.tables import rows

__all__ = [
    "UNITS_PER_PAISA",
    "Charges",
    "ContractNote",
    "OptionRates",
    "Plan",
    "Rates",
    "charges",
    "contract_note",
    "future_rates",
    "option_rates",
    "plan",
    "plans",
]

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
        return _half_up(self.total, 1)


@dataclass(frozen=True, slots=True)
class ContractNote(Generic[Amount]):
    """The same charges as a broker's contract note prints them, in paise: STT and stamp in whole rupees."""

    brokerage: Amount
    stt: Amount
    exchange: Amount
    ipft: Amount
    sebi: Amount
    stamp: Amount
    gst: Amount

    @property
    def total(self) -> Amount:
        """The sum of the rounded components, in paise."""
        return self.brokerage + self.stt + self.exchange + self.ipft + self.sebi + self.stamp + self.gst


def _half_up(amount: Amount, paise: int) -> Amount:
    """Return an exact amount in paise, rounded half up to a multiple of `paise`."""
    step = UNITS_PER_PAISA * paise
    return (amount + step // 2) // step * paise


def contract_note(charges: Charges[Amount]) -> ContractNote[Amount]:
    """Return the charges as on a contract note: STT and stamp to the rupee, the rest to the paisa, each half up.

    A broker rounds STT and stamp over all trades of a day; for more than one trade add the components before.
    """
    return ContractNote(
        brokerage=_half_up(charges.brokerage, 1),
        stt=_half_up(charges.stt, PAISE_PER_RUPEE),
        exchange=_half_up(charges.exchange, 1),
        ipft=_half_up(charges.ipft, 1),
        sebi=_half_up(charges.sebi, 1),
        stamp=_half_up(charges.stamp, PAISE_PER_RUPEE),
        gst=_half_up(charges.gst, 1),
    )


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


def charges(
    rates: Rates,
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
        TypeError: an array is not int64.
    """
    bound = _bound(rates, plan, _largest(sell_value), _largest(buy_value), _largest(orders), _largest(exercised_value))
    if bound > LARGEST_AMOUNT:
        raise InputError(
            f"charges of about {bound // UNITS_PER_PAISA // 100} rupees on one trade exceed exact 64-bit arithmetic "
            f"(limit {LARGEST_AMOUNT // UNITS_PER_PAISA // 100} rupees): split the trade"
        )
    stt_exercise = rates.stt_exercise if isinstance(rates, OptionRates) else 0
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
        stt=(sell_value * rates.stt_sell + exercised_value * stt_exercise) * 100,
        exchange=exchange_fee,
        ipft=ipft,
        sebi=sebi,
        stamp=(sell_value * rates.stamp_sell + buy_value * rates.stamp_buy) * 100,
        gst=(brokerage + exchange_fee + ipft + sebi) // 100 * rates.gst_percent,
    )


def _bound(rates: Rates, plan: Plan, sell: int, buy: int, orders: int, exercised: int) -> int:
    """Return a bound of the exact total, in 1e-11 paise."""
    fees = rates.exchange + rates.ipft + rates.sebi
    stt_exercise = rates.stt_exercise if isinstance(rates, OptionRates) else 0
    law = sell * (rates.stt_sell + rates.stamp_sell) + buy * rates.stamp_buy + exercised * stt_exercise
    brokerage = orders * plan.per_order_paise + plan.per_trade_paise
    return 2 * ((sell + buy) * fees + law + brokerage * RATE_UNITS) * 100


def _largest(amount: int | NDArray[np.int64]) -> int:
    """Return the largest of the amounts; raise InputError if one is negative."""
    lowest, highest = _range(amount)
    if lowest < 0:
        raise InputError(f"{lowest} is no value and no number of orders: give amounts from 0 up")
    return highest


def _range(amount: int | NDArray[np.int64]) -> tuple[int, int]:
    if not isinstance(amount, np.ndarray):
        return int(amount), int(amount)
    if amount.dtype != np.int64:
        raise TypeError(f"amounts must be int64, or sums overflow unseen; these are {amount.dtype}")
    return (int(amount.min()), int(amount.max())) if amount.size else (0, 0)
