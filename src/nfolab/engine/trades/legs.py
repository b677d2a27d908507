"""Legs: what was filled on either side, and how what no row could close ended."""

from dataclasses import dataclass

import numpy as np

from nfolab.engine.codes import Reason
from nfolab.engine.leftover import Leftover, close_leftover
from nfolab.engine.trades.told import Told, summed
from nfolab.tape.book import Int64Array
from nfolab.tape.money import Money
from nfolab.tape.tape import Day, Tape


@dataclass(frozen=True)
class Ends:
    """How what was left of each leg ended; every array has one element a leg.

    `units` are signed, `value` is the cash that it brings (below zero where it costs), `exercised` what of it is taxed
    as an exercise (paise), `orders` 1 where it counts as an executed order, `reason` SETTLED, UNCLOSED or NONE.
    """

    units: Int64Array
    value: Int64Array
    exercised: Int64Array
    orders: Int64Array
    reason: Int64Array

    @property
    def marked(self) -> Int64Array:
        """The value of what was not settled: charged as if it had been closed."""
        return np.where(self.reason == Reason.UNCLOSED, self.value, 0)


@dataclass(frozen=True)
class Legs:
    """The legs of a day's trades, in order of trade; every array has one element a leg.

    Seconds count from the session's open, values are paise. `trade` is the place in `Trades`, `leg` the number within
    the trade, `contract` the number within the tape, `sign` +1 or −1 by the first fill. `entry_value` and `exit_value`
    add up the fills on either side, with the end of what no row could close; `exit_seconds` counts the seconds that
    closing it took, `decided` is the second of its first decision.
    """

    trade: Int64Array
    leg: Int64Array
    contract: Int64Array
    sign: Int64Array
    units: Int64Array
    decided: Int64Array
    entry_second: Int64Array
    entry_value: Int64Array
    exit_second: Int64Array
    exit_value: Int64Array
    exit_seconds: Int64Array

    @property
    def gross(self) -> Int64Array:
        """What each leg earned before charges."""
        return self.sign * (self.exit_value - self.entry_value)


def legs_of(day: Day, tape: Tape, money: Money, told: Told) -> tuple[Legs, Ends]:
    """Return the legs of a day's trades and how they ended; docs/engine.md, "The end of the session"."""
    fills, of = told.fills, told.legs
    count = of.trade.size
    closes = np.flatnonzero(~fills.opens)
    opens = np.flatnonzero(fills.opens)
    value = fills.value
    entry_value = summed(count, fills.leg[opens], value[opens])
    exit_value = summed(count, fills.leg[closes], value[closes])
    units = summed(count, fills.leg[opens], fills.units[opens])
    exit_second = np.full(count, -1, np.int64)
    np.maximum.at(exit_second, fills.leg[closes], fills.second[closes])
    decided = np.full(count, day.session.last_second, np.int64)
    np.minimum.at(decided, fills.leg, fills.decided)
    left = summed(count, fills.leg, fills.sign * fills.units)
    ends = _ends(day, tape, money, told, left, units, np.where(left * of.sign > 0, entry_value, exit_value))
    onwards = left * of.sign >= 0
    exit_value[onwards] += np.abs(ends.value)[onwards]
    entry_value[~onwards] += np.abs(ends.value)[~onwards]
    exit_second[left != 0] = day.session.last_second
    legs = Legs(
        trade=of.trade,
        leg=of.number,
        contract=of.contract,
        sign=of.sign,
        units=units,
        decided=decided,
        entry_second=of.entered,
        entry_value=entry_value,
        exit_second=exit_second,
        exit_value=exit_value,
        exit_seconds=_seconds_of(count, fills.leg[closes], fills.second[closes]),
    )
    return legs, ends


def _seconds_of(count: int, leg: Int64Array, second: Int64Array) -> Int64Array:
    """Return how many different seconds each leg has, of lines that stand in order of time for each."""
    wide = int(second.max(initial=0)) + 1
    distinct = np.unique(leg * wide + second) // wide
    return np.bincount(distinct, minlength=count).astype(np.int64)


def _ends(
    day: Day, tape: Tape, money: Money, told: Told, left: Int64Array, units: Int64Array, filled: Int64Array
) -> Ends:
    """Settle or mark what is left; `filled` is what `units` were filled for on the side that is still held."""
    none = np.zeros(left.size, np.int64)
    ends = Ends(left, none.copy(), none.copy(), none.copy(), np.full(left.size, int(Reason.NONE), np.int64))
    for at in np.flatnonzero(left).tolist():
        terms = told.terms[told.terms_of[told.legs.trade[at]]]
        held = 1 if left[at] > 0 else -1
        open_units = abs(int(left[at]))
        end = close_leftover(
            day,
            tape,
            money,
            Leftover(
                int(told.legs.contract[at]), held, open_units, terms.max_quote_age, terms.one_sided,
                -(-int(filled[at]) * open_units // int(units[at])),
            ),
        )  # fmt: skip
        ends.value[at] = held * end.value
        ends.exercised[at] = end.exercised_value
        ends.orders[at] = end.is_order and told.legs.end_counts[at]
        ends.reason[at] = end.reason
    return ends
