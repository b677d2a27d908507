"""The fills as the band sees them: at their best and worst, and what they paid for spread, depth and latency."""

from dataclasses import dataclass, fields

import numpy as np

from nfolab.engine.band import reprice, reprice_resting, slip_paise
from nfolab.engine.trades.told import Told
from nfolab.tape.book import Int64Array
from nfolab.tape.money import UNKNOWN, Money
from nfolab.tape.tape import Day, Tape


@dataclass(frozen=True)
class Priced:
    """What one order took for one trade from one row is one fill; every array has one element a fill.

    `value`, `best` and `worst` are paise, `spread`, `depth` and `latency` half-paise.
    """

    leg: Int64Array
    sign: Int64Array
    value: Int64Array
    best: Int64Array
    worst: Int64Array
    spread: Int64Array
    depth: Int64Array
    latency: Int64Array


def priced(day: Day, tape: Tape, money: Money, told: Told) -> tuple[Priced, bool]:
    """Return the fills re-priced, and whether the levels that were loaded ran out; docs/engine.md, "The band"."""
    fills, book = told.fills, tape.book
    if not fills.leg.size:
        return Priced(*(np.zeros(0, np.int64) for _ in fields(Priced))), False
    fresh = np.ones(fills.leg.size, np.bool_)
    fresh[1:] = (np.diff(fills.leg) != 0) | (np.diff(fills.order) != 0) | (np.diff(fills.row) != 0)
    first = np.flatnonzero(fresh)
    contract, row, sign = fills.contract[first], fills.row[first], fills.sign[first]
    quantity = np.add.reduceat(fills.units, first)
    value = np.add.reduceat(fills.value, first)
    ages = told.of_terms("max_quote_age")[told.legs.trade[fills.leg[first]]]
    slip = slips(day, tape, money, contract, fills.second[first], ages)
    prices = np.empty((5, first.size), np.int64)
    levels = (book.bid_price, book.bid_size, book.ask_price, book.ask_size)
    ran_out = reprice(
        contract, row, sign, quantity, value, fills.seen_row[first], slip, book.second, book.first_row, *levels, prices
    )
    resting = np.flatnonzero(fills.resting[first])
    if resting.size:
        reprice_resting(
            resting, contract, row, sign, quantity, value, slip, book.second, book.first_row, *levels, prices
        )
    good = (book.bid_price[0, row] > 0) & (book.ask_price[0, row] > 0)
    prices[2:, ~good] = 0  # without a mid nothing is told of what was paid beyond it
    return Priced(fills.leg[first], sign, value, *prices), ran_out


def slips(
    day: Day, tape: Tape, money: Money, contract: Int64Array, second: Int64Array, max_age: Int64Array
) -> Int64Array:
    """Return the slip a unit (paise) of each fill, by where the money stood in its second."""
    number = tape.numbers[contract]
    where = money.index[second].astype(np.int64)
    unknown = where == UNKNOWN
    if unknown.any():
        expiry = day.expiry[number]
        for one in np.unique(expiry[unknown]):
            for age in np.unique(max_age[unknown]).tolist():
                chosen = unknown & (expiry == one) & (max_age == age)
                where[chosen] = money.forward(one, age)[second[chosen]]
    return slip_paise(day.underlying, day.strike[number].astype(np.int64), where)
