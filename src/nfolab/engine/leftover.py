"""What is still open when the session is over: settled on the expiry day, marked and told on any other."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from nfolab.engine.band import slip_paise
from nfolab.engine.book import ASKS, BIDS, gives, walk
from nfolab.engine.codes import Reason
from nfolab.market.charges import option_rates
from nfolab.tape.book import NO_ROW
from nfolab.tape.money import Money
from nfolab.tape.tape import NO_SPOT, Day, Tape

SETTLEMENT_SECONDS = 1800
"""The last half hour of the session, over which the index is averaged for the final settlement value."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """Units of a leg that no row could close: contract by its number within the tape, +1 bought or −1 sold.

    Attributes:
        one_sided: whether a row that shows only the side to close on may mark it.
        entry_value: paise: the mark where no row at all could close it.
    """

    contract: int
    sign: int
    units: int
    max_quote_age: int
    one_sided: bool = False
    entry_value: int = 0


@dataclass(frozen=True, slots=True)
class Closing:
    """How a leftover ends: its value in paise, why, what is taxed as an exercise, and whether it counts as an order."""

    value: int
    reason: Reason
    exercised_value: int
    is_order: bool


def close_leftover(day: Day, tape: Tape, money: Money, leftover: Leftover) -> Closing:
    """Settle a leftover on its expiry day where the index is known, else mark it; docs/engine.md, "The end"."""
    number = int(tape.numbers[leftover.contract])
    if day.expiry[number] == np.datetime64(day.day, "D"):
        settlement = settlement_value(day)
        if settlement is not None:
            return _settled(day, leftover, number, settlement)
    return Closing(_mark(day, tape, money, leftover, number), Reason.UNCLOSED, 0, is_order=True)


def settlement_value(day: Day) -> int | None:
    """Return the final settlement value in paise, half up: the mean of the index over the last half hour's seconds.

    The exchange's own value is not in the data (until July 2026 the mean over each constituent's last half hour of
    trades, since then the closing auction's); None without an index in that time.
    """
    last = day.spot[-SETTLEMENT_SECONDS - 1 :]
    known = last[last != NO_SPOT]
    if known.size == 0:
        return None
    return int(Fraction(int(known.sum(dtype=np.int64)), known.size) + Fraction(1, 2))


def _settled(day: Day, leftover: Leftover, number: int, settlement: int) -> Closing:
    distance = settlement - 100 * int(day.strike[number])
    intrinsic = max(0, distance if day.kind[number] == "CE" else -distance)
    exercised = 0
    if leftover.sign > 0 and intrinsic > 0:
        rates = option_rates(day.day, day.underlying)
        taxed = settlement if rates.exercise_base == "settlement value" else intrinsic
        exercised = taxed * leftover.units
    return Closing(intrinsic * leftover.units, Reason.SETTLED, exercised, is_order=intrinsic > 0)


def _mark(day: Day, tape: Tape, money: Money, leftover: Leftover, number: int) -> int:
    """Return the walk of the last good row, the rest at its last level, two slips against us, never below zero."""
    book = tape.book
    price, size = (book.bid_price, book.bid_size) if leftover.sign > 0 else (book.ask_price, book.ask_size)
    side = BIDS if leftover.sign > 0 else ASKS
    value, left, last_price = leftover.entry_value, 0, 0
    for row in book.last[leftover.contract, ::-1]:
        if row != NO_ROW and gives(
            side, leftover.one_sided, row, book.bid_price, book.bid_size, book.ask_price, book.ask_size
        ):
            value, left, last_price = walk(row, leftover.units, price, size)
            break
    where = money.best_known(day.expiry[number], leftover.max_quote_age)[-1:].astype(np.int64)
    slip = int(slip_paise(day.underlying, day.strike[number : number + 1].astype(np.int64), where)[0])
    return max(0, value + left * last_price - leftover.sign * 2 * slip * leftover.units)
