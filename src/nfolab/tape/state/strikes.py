"""The strike at the money by second, and the books of the strikes that ever were, call and put.

A measure over a window is taken of the strike that was at the money where the window begins: it is frozen there, so
that no two strikes are ever set against each other.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from nfolab.base.compiled import compiled
from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.market.expiries import calendar_days_to_expiry, nearest_expiry
from nfolab.market.lots import lot_size
from nfolab.tape.book import NO_ROW, Int32Array, Int64Array
from nfolab.tape.features.day import Given
from nfolab.tape.features.defined.book import FIVE
from nfolab.tape.features.definition import Columns, Values
from nfolab.tape.features.ladder import Ladder, ladder_of
from nfolab.tape.features.rows import BEST, VOLUME, ContractRows, add_sizes, place_values, side_columns
from nfolab.tape.features.subject import SPOT, Chain
from nfolab.tape.state.level import level_of
from nfolab.tape.state.thresholds import LiquidityThresholds, load_thresholds

CALL, PUT = 0, 1
KINDS: Final = ("CE", "PE")

Marks = npt.NDArray[np.int8]
"""int8 [kinds, strikes, seconds]: 1 where it happened, 0 where not, −1 where that is not known."""

_COLUMNS: Final[Columns] = tuple(
    dict.fromkeys((*BEST, *(name for side in "bs" for pair in side_columns(side, FIVE) for name in pair), VOLUME))
)


@dataclass(frozen=True)
class AtTheMoney:
    """Where the money stands among the strikes of the nearest expiry.

    Attributes:
        ladder: the strikes listed in both kinds; empty where the day has none of that expiry.
        place: int32 [seconds], place in the ladder of the strike nearest the level among those listed by then, of two
            the lower; −1 where the level is not known or nothing is listed.
        days_to_expiry: days of the calendar.
        lot: units in a lot of that expiry on that day.
    """

    ladder: Ladder
    place: Int32Array
    days_to_expiry: int
    lot: int


@compiled
def _nearest(strike: Int32Array, listed: Int32Array, level: Values, per_rupee: float, out: Int32Array) -> None:
    for at in range(out.size):
        out[at] = NO_ROW
        if math.isnan(level[at]):
            continue
        least = math.inf
        first = np.searchsorted(strike, level[at] / per_rupee)
        below = first - 1
        while below >= 0 and listed[below] > at:
            below -= 1
        if below >= 0:
            out[at] = below
            least = abs(per_rupee * strike[below] - level[at])
        while first < strike.size and listed[first] > at:
            first += 1
        if first < strike.size and abs(per_rupee * strike[first] - level[at]) < least:
            out[at] = first


def at_the_money_of(given: Given) -> AtTheMoney:
    """Return where the money stands; worked out once a day."""
    return given.of(SPOT).once("at the money", _at_the_money)


def _at_the_money(index: Given) -> AtTheMoney:
    day = index.day
    expiry = nearest_expiry(day.underlying, day.day)
    ladder = ladder_of(index.of(Chain(expiry)))
    place = np.empty(day.seconds, np.int32)
    _nearest(ladder.strike, ladder.listed, level_of(index).value, float(PAISE_PER_RUPEE), place)
    ahead = calendar_days_to_expiry(day.underlying, expiry, day.day)
    return AtTheMoney(ladder, place, ahead, lot_size(day.underlying, expiry, day.day))


@dataclass(frozen=True)
class Books:
    """Calls and puts of neighbouring strikes by second: float64 [kinds, strikes, seconds], NaN where not known.

    Quotes count if 0 < bid < ask with both best sizes above 0, and are carried for at most 5 s.

    Attributes:
        first: place in the ladder of the first strike here.
        bid, ask: best prices in paise. `bid_size`, `ask_size`: units at them.
        bid_depth, ask_depth: units on the five levels.
        last: last traded price in paise, carried likewise.
        seen: bool, whether the second has a row of its own.
        traded: units traded in a second, known where it and the one before have rows of their own; not where that is
            more than half of all that traded up to then (a defect of the feed), nor on top of a volume of 0, which is
            not told from a missing one.
        bid_pulled, ask_pulled, bid_replenished, ask_replenished, spread_changed: `Marks`.
    """

    first: int
    bid: Values
    ask: Values
    bid_size: Values
    ask_size: Values
    bid_depth: Values
    ask_depth: Values
    last: Values
    seen: npt.NDArray[np.bool_]
    traded: Values
    bid_pulled: Marks
    ask_pulled: Marks
    bid_replenished: Marks
    ask_replenished: Marks
    spread_changed: Marks

    @property
    def strikes(self) -> int:
        """How many strikes are here."""
        return int(self.bid.shape[1])

    def mid(self) -> Values:
        """float64 [kinds, strikes, seconds], in paise."""
        return (self.bid + self.ask) / 2

    def spread(self) -> Values:
        """float64 [kinds, strikes, seconds], in paise."""
        return self.ask - self.bid

    def depth(self) -> Values:
        """float64 [kinds, strikes, seconds], units on the five levels of both sides."""
        return self.bid_depth + self.ask_depth


@compiled
def _traded_by_second(row: Int32Array, newest: Int32Array, volume: Int64Array, out: Values) -> None:
    total = np.int64(0)
    before = 0
    for at in range(out.size):
        earlier = total
        for one in range(before, row[at] + 1):
            total = max(total, volume[one])
        before = max(before, row[at] + 1)
        out[at] = math.nan
        if at > 0 and newest[at] == at and newest[at - 1] == at - 1 and earlier > 0 and 2 * (total - earlier) <= total:
            out[at] = total - earlier


@compiled
def _mark(
    newest: Int32Array, bid: Values, ask: Values, bid_depth: Values, ask_depth: Values, traded: Values,
    pulled: float, replenished: float, small: float, bid_pulled: Marks, ask_pulled: Marks, bid_replenished: Marks,
    ask_replenished: Marks, spread_changed: Marks,
) -> None:  # fmt: skip
    for at in range(newest.size):
        both = at > 0 and newest[at] == at and newest[at - 1] == at - 1
        if not both or math.isnan(bid[at]) or math.isnan(bid[at - 1]):
            bid_pulled[at] = ask_pulled[at] = bid_replenished[at] = ask_replenished[at] = spread_changed[at] = -1
            continue
        wider = (ask[at] - bid[at]) - (ask[at - 1] - bid[at - 1])
        spread_changed[at] = wider != 0
        bid_replenished[at] = wider <= 0 and bid_depth[at] >= replenished * bid_depth[at - 1]
        ask_replenished[at] = wider <= 0 and ask_depth[at] >= replenished * ask_depth[at - 1]
        if math.isnan(traded[at]):
            bid_pulled[at] = ask_pulled[at] = -1
            continue
        quiet = traded[at] <= small
        away = bid[at] <= bid[at - 1] or wider > 0
        bid_pulled[at] = quiet and away and bid_depth[at] <= pulled * bid_depth[at - 1]
        away = ask[at] >= ask[at - 1] or wider > 0
        ask_pulled[at] = quiet and away and ask_depth[at] <= pulled * ask_depth[at - 1]


def books_of(given: Given, reach: int = 0) -> Books:
    """Return the books of every strike that is ever at the money, and of `reach` strikes on either side of those.

    Worked out once a day for each reach. Without a second at which the money is known there are no strikes.
    """
    return given.of(SPOT).once(f"books {reach}", lambda index: _books(index, reach))


def _books(index: Given, reach: int) -> Books:
    money = at_the_money_of(index)
    known = money.place[money.place != NO_ROW]
    first = max(0, int(known.min()) - reach) if known.size else 0
    end = min(money.ladder.strike.size, int(known.max()) + reach + 1) if known.size else 0
    shape = len(KINDS), end - first, index.day.seconds
    numbers = [*money.ladder.calls[first:end].tolist(), *money.ladder.puts[first:end].tolist()]
    prices = [np.empty(shape) for _ in range(8)]
    marks = [np.empty(shape, np.int8) for _ in range(5)]
    seen = np.empty(shape, bool)
    every = index.rows_of_contracts(numbers, (*_COLUMNS, "price_paise"))
    for number, rows in enumerate(every):
        kind, place = divmod(number, end - first)
        _fill(rows, money.lot, load_thresholds().liquidity, [one[kind, place] for one in prices],
              [one[kind, place] for one in marks])  # fmt: skip
        seen[kind, place] = rows.newest == np.arange(rows.seconds)
    bid, ask, bid_size, ask_size, bid_depth, ask_depth, last, traded = prices
    return Books(first, bid, ask, bid_size, ask_size, bid_depth, ask_depth, last, seen, traded, *marks)


def _fill(
    rows: ContractRows, lot: int, thresholds: LiquidityThresholds, prices: list[Values], marks: list[Marks]
) -> None:
    bid, ask, bid_size, ask_size, bid_depth, ask_depth, last, traded = prices
    for column, out in zip(BEST, (bid, bid_size, ask, ask_size), strict=True):
        place_values(rows.quoted, rows[column], out)
    place_values(rows.fresh, rows["price_paise"], last)
    for side, depth in (("b", bid_depth), ("s", ask_depth)):
        depth[:] = 0
        for price, size in side_columns(side, FIVE):
            add_sizes(rows.quoted, rows[price], rows[size], depth)
    _traded_by_second(rows.row, rows.newest, rows[VOLUME], traded)
    _mark(
        rows.newest, bid, ask, bid_depth, ask_depth, traded,
        thresholds.pulled, thresholds.replenished, float(thresholds.small_lots * lot), *marks,
    )  # fmt: skip
