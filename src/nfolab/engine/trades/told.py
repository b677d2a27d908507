"""What a log tells of the trades of a day, in the one form that all that follows reads."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nfolab.engine.flags import BoolArray
from nfolab.tape.book import Int64Array

NEVER_LATE = 2**31
"""The arrival of an order that may wait, so that its fill is never late."""


@dataclass(frozen=True)
class Fills:
    """Units filled, in order of trade, then time; every array has one element a level taken.

    Attributes:
        leg: int64, the leg's place.
        order: int64, the order's number within the batch.
        second: int64, since the session's open.
        contract: int64, number within the tape.
        row: int64, row of the tape that was hit.
        sign: int64, +1 a purchase, −1 a sale.
        price: int64, paise.
        units: int64.
        resting: bool, filled at a resting order's own price, not by walking the levels.
        opens: bool, on the side on which its leg began.
        seen_row: int64, the row that the order's decision saw; −1 where there was none.
        decided: int64, the second of that decision.
        arrival: int64, the second at which the order arrived; NEVER_LATE of one that may wait.
    """

    leg: Int64Array
    order: Int64Array
    second: Int64Array
    contract: Int64Array
    row: Int64Array
    sign: Int64Array
    price: Int64Array
    units: Int64Array
    resting: BoolArray
    opens: BoolArray
    seen_row: Int64Array
    decided: Int64Array
    arrival: Int64Array

    @property
    def value(self) -> Int64Array:
        """Price × units, paise."""
        return self.price * self.units


@dataclass(frozen=True)
class ToldLegs:
    """The legs that had a fill, in order of trade; every array has one element a leg.

    Attributes:
        trade: int64, the trade's place.
        number: int64, the leg's number within the trade.
        contract: int64, number within the tape.
        sign: int64, that of its first fill: +1 bought, −1 sold.
        waits_since: int64, the arrival of its order to close, which may be unfilled; NEVER_LATE without one.
        end_counts: bool, whether settling or marking what is left counts as one more executed order.
        entered: int64, the second that is told as its entry's.
        in_premium: bool, whether its entry belongs to the trade's premium.
    """

    trade: Int64Array
    number: Int64Array
    contract: Int64Array
    sign: Int64Array
    waits_since: Int64Array
    end_counts: BoolArray
    entered: Int64Array
    in_premium: BoolArray


@dataclass(frozen=True)
class Terms:
    """What holds for the trades of one program or strategy.

    Attributes:
        max_quote_age: seconds beyond which a quote has no value.
        plan: name of the brokerage plan.
        one_sided: whether a row that shows only the side to close on may mark what is left.
    """

    max_quote_age: int
    plan: str
    one_sided: bool = False


@dataclass(frozen=True)
class Told:
    """The fills and legs of a day's trades; of each trade its log's number, its terms' place and its executed orders.

    `orders` counts those with a fill, in the trade of their first.
    """

    fills: Fills
    legs: ToldLegs
    number: Int64Array
    terms_of: Int64Array
    orders: Int64Array
    terms: Sequence[Terms]

    def of_terms(self, name: str) -> Int64Array:
        """Return a number of each trade's terms, int64 [trades]."""
        numbers = np.array([getattr(one, name) for one in self.terms], np.int64)
        return numbers[self.terms_of]


def summed(size: int, place: Int64Array, values: Int64Array) -> Int64Array:
    """Return int64 [size], the sums of the values by their places, exact."""
    sums = np.zeros(size, np.int64)
    np.add.at(sums, place, values)
    return sums
