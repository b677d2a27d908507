"""The life of each trade, fill by fill and second by second: peak margin, extremes, time in the market."""

from dataclasses import dataclass

import numpy as np

from nfolab.base.compiled import compiled
from nfolab.engine.lines import MISSING
from nfolab.engine.trades.told import Told
from nfolab.market.lots import lot_size
from nfolab.tape.book import NO_ROW, Book, Int32Array, Int64Array
from nfolab.tape.tape import Day, Tape

_TRADE, _FIRST, _LAST, _CASH, _MEMBERS, _KEY = range(6)
_PHASE_COLUMNS = 6
_LOTS, _PAID, _HELD, _CASH_AT_END, _FLAT = range(5)
_LIFE_COLUMNS = 5
_NONE_KNOWN = -(2**62)


@dataclass(frozen=True)
class Lives:
    """What each trade went through; every array has one element a trade.

    Attributes:
        peak_lots: the greatest, over its fills, of the lots short in calls and in puts (part of a lot is a lot).
        peak_paid: the most that its purchases exceeded its sales by, paise.
        most_gain: the most that it had brought with all that it held closed at its values to close, over the seconds in
            which it held something and all of it had a value, and at its end; paise, 0 or more.
        most_loss: the least, 0 or less.
        seconds_held: the seconds after whose fills it held something.
    """

    peak_lots: Int64Array
    peak_paid: Int64Array
    most_gain: Int64Array
    most_loss: Int64Array
    seconds_held: Int64Array


def lives_of(day: Day, tape: Tape, told: Told) -> tuple[Lives, bool]:
    """Return the lives of a day's trades, and whether the levels that were loaded ran out."""
    fills, legs = told.fills, told.legs
    numbers = tape.numbers[legs.contract]
    expiries = day.expiry[numbers].tolist()
    lots = {expiry: lot_size(day.underlying, expiry, day.day) for expiry in set(expiries)}
    trade = legs.trade[fills.leg]
    bounds = np.arange(told.number.size + 1)
    return live_through(
        np.searchsorted(trade, bounds),
        np.searchsorted(legs.trade, bounds),
        fills.second,
        fills.leg,
        fills.sign * fills.units,
        fills.price,
        legs.contract,
        np.array([lots[expiry] for expiry in expiries], np.int64),
        (day.kind[numbers] == "CE").astype(np.int64),
        told.of_terms("max_quote_age"),
        tape.book,
    )


def live_through(
    first_fill: Int64Array,
    first_leg: Int64Array,
    second: Int64Array,
    leg: Int64Array,
    signed_units: Int64Array,
    price: Int64Array,
    leg_contract: Int64Array,
    leg_lot: Int64Array,
    leg_is_call: Int64Array,
    max_age: Int64Array,
    book: Book,
) -> tuple[Lives, bool]:
    """Return the lives of trades, and whether the levels of the book ran out at a usable row.

    Args:
        first_fill: int64 [trades + 1], where each trade's fills begin.
        first_leg: int64 [trades + 1], where its legs begin.
        second: int64 [fills], and the next three: the leg, signed units (above zero bought), price in paise.
        leg: see `second`.
        signed_units: see `second`.
        price: see `second`.
        leg_contract: int64 [legs], number within the tape; then units in a lot, and 1 for a call.
        leg_lot: see `leg_contract`.
        leg_is_call: see `leg_contract`.
        max_age: int64 [trades], seconds beyond which a quote has no value.
        book: the rows.
    """
    count = max_age.size
    life = np.zeros((count, _LIFE_COLUMNS), np.int64)
    phases = np.empty((second.size, _PHASE_COLUMNS), np.int64)
    members = np.empty((int(np.dot(np.diff(first_fill), np.diff(first_leg))), 2), np.int64)
    made = _pass_fills(
        first_fill, first_leg, second, leg, signed_units, price, leg_contract, leg_lot, leg_is_call,
        book.last.shape[1], np.zeros(leg_contract.size, np.int64), phases, members, life,
    )  # fmt: skip
    phases = phases[:made]
    order = np.lexsort((phases[:, _LAST], phases[:, _FIRST], max_age[phases[:, _TRADE]], phases[:, _KEY]))
    extremes = np.empty((made, 2), np.int64)
    ran_out = _pass_seconds(
        order, phases, members, max_age, book.second, book.last, book.bid_price, book.bid_size, book.ask_price,
        book.ask_size, np.empty(book.last.shape[1], np.int64), extremes,
    )  # fmt: skip
    known = extremes[:, 0] != _NONE_KNOWN
    best = np.full(count, _NONE_KNOWN, np.int64)
    worst = np.full(count, -_NONE_KNOWN, np.int64)
    np.maximum.at(best, phases[known, _TRADE], extremes[known, 0])
    np.minimum.at(worst, phases[known, _TRADE], extremes[known, 1])
    at_end = (life[:, _FLAT] != 0) | (best == _NONE_KNOWN)
    cash = life[:, _CASH_AT_END]
    lives = Lives(
        peak_lots=life[:, _LOTS],
        peak_paid=life[:, _PAID],
        most_gain=np.where(at_end, np.maximum(best, cash), best).clip(min=0),
        most_loss=np.where(at_end, np.minimum(worst, cash), worst).clip(max=0),
        seconds_held=life[:, _HELD],
    )
    return lives, ran_out


@compiled
def _pass_fills(
    first_fill: Int64Array,
    first_leg: Int64Array,
    second: Int64Array,
    leg: Int64Array,
    signed_units: Int64Array,
    price: Int64Array,
    leg_contract: Int64Array,
    leg_lot: Int64Array,
    leg_is_call: Int64Array,
    seconds: int,
    held: Int64Array,
    phases: Int64Array,
    members: Int64Array,
    life: Int64Array,
) -> int:
    """Fill `life` [trades, 5] from the fills of each trade, and write its phases: seconds in which it held the same.

    Args:
        first_fill: as `live_through` takes them; likewise the next eight.
        first_leg: see `first_fill`.
        second: see `first_fill`.
        leg: see `first_fill`.
        signed_units: see `first_fill`.
        price: see `first_fill`.
        leg_contract: see `first_fill`.
        leg_lot: see `first_fill`.
        leg_is_call: see `first_fill`.
        seconds: how many the session has.
        held: int64 [legs], zero at first; units held at the end.
        phases: int64 [fills, 6], filled: trade, first second, one after the last, cash so far, end of its members, and
            a number that phases with the same members have in common.
        members: int64 [room, 2], filled: contract and signed units of what each phase held.
        life: int64 [trades, 5], filled.

    Returns:
        How many phases there are.
    """
    made = 0
    member = 0
    for trade in range(first_fill.size - 1):
        cash = 0
        peak_lots = 0
        peak_paid = 0
        held_seconds = 0
        holds = 0
        fill = first_fill[trade]
        end = first_fill[trade + 1]
        while fill < end:
            now = second[fill]
            while fill < end and second[fill] == now:
                held[leg[fill]] += signed_units[fill]
                cash -= signed_units[fill] * price[fill]
                peak_paid = max(peak_paid, -cash)
                calls = 0
                puts = 0
                for one in range(first_leg[trade], first_leg[trade + 1]):
                    if held[one] < 0:
                        lots = -(held[one] // leg_lot[one])
                        if leg_is_call[one] == 1:
                            calls += lots
                        else:
                            puts += lots
                peak_lots = max(peak_lots, calls, puts)
                fill += 1
            until = second[fill] if fill < end else seconds
            holds = 0
            key = 0
            for one in range(first_leg[trade], first_leg[trade + 1]):
                if held[one] != 0:
                    members[member, 0] = leg_contract[one]
                    members[member, 1] = held[one]
                    member += 1
                    holds += 1
                    key = (key * 1_000_003 + leg_contract[one] * 8_191 + held[one]) % 2_147_483_647
            if holds > 0:
                held_seconds += until - now
                phases[made, _TRADE] = trade
                phases[made, _FIRST] = now
                phases[made, _LAST] = until
                phases[made, _CASH] = cash
                phases[made, _MEMBERS] = member
                phases[made, _KEY] = key
                made += 1
        life[trade, _LOTS] = peak_lots
        life[trade, _PAID] = peak_paid
        life[trade, _HELD] = held_seconds
        life[trade, _CASH_AT_END] = cash
        life[trade, _FLAT] = 1 if holds == 0 else 0
    return made


@compiled
def _pass_seconds(
    order: Int64Array,
    phases: Int64Array,
    members: Int64Array,
    max_age: Int64Array,
    row_second: Int32Array,
    last: Int32Array,
    bid_price: Int32Array,
    bid_size: Int32Array,
    ask_price: Int32Array,
    ask_size: Int32Array,
    line: Int64Array,
    extremes: Int64Array,
) -> bool:
    """Fill `extremes` [phases, 2]: the most and the least that each phase would have brought, closed in its seconds.

    Phases that hold the same share one line of values, those that also begin together one way through it.

    Args:
        order: int64 [phases]: by members, first second, last second.
        phases: int64 [phases, 6], as `_pass_fills` wrote them, and their members.
        members: see `phases`.
        max_age: int64 [trades], seconds beyond which a quote has no value.
        row_second: int32 [rows], and the next five as in `Book`.
        last: see `row_second`.
        bid_price: see `row_second`.
        bid_size: see `row_second`.
        ask_price: see `row_second`.
        ask_size: see `row_second`.
        line: int64 [seconds], overwritten.
        extremes: filled; _NONE_KNOWN where no second had all values.

    Returns:
        Whether the levels that were loaded ran out at a usable row, so that deeper ones would matter.
    """
    ran_out = False
    levels = bid_price.shape[0]
    before = -1
    done = 0
    most = _NONE_KNOWN
    least = -_NONE_KNOWN
    for place in range(order.size):
        at = order[place]
        first, until = phases[at, _FIRST], phases[at, _LAST]
        age = max_age[phases[at, _TRADE]]
        begin = phases[at - 1, _MEMBERS] if at > 0 else 0
        size = phases[at, _MEMBERS] - begin
        same = before >= 0
        if same:
            other = phases[before - 1, _MEMBERS] if before > 0 else 0
            same = phases[before, _MEMBERS] - other == size and max_age[phases[before, _TRADE]] == age
            for one in range(size):
                if same:
                    same = (
                        members[other + one, 0] == members[begin + one, 0]
                        and members[other + one, 1] == members[begin + one, 1]
                    )
        start = max(first, done) if same else first
        # Member after member, so that each goes through its own rows in their order.
        for one in range(size):
            contract, units = members[begin + one, 0], members[begin + one, 1]
            price, depth = (bid_price, bid_size) if units > 0 else (ask_price, ask_size)
            valued_row = NO_ROW
            value = MISSING
            for now in range(start, until):
                if one == 0:
                    line[now] = 0
                row = last[contract, now]
                if row == NO_ROW or now - row_second[row] > age:
                    line[now] = MISSING
                    continue
                if row != valued_row:
                    valued_row = row
                    value = MISSING
                    bid, ask = bid_price[0, row], ask_price[0, row]
                    if bid > 0 and ask > bid and bid_size[0, row] > 0 and ask_size[0, row] > 0:
                        walked = 0
                        left = abs(units)
                        for level in range(levels):
                            if price[level, row] > 0 and depth[level, row] > 0:
                                taken = min(left, depth[level, row])
                                walked += taken * price[level, row]
                                left -= taken
                            if left == 0:
                                break
                        if left == 0:
                            value = walked if units > 0 else -walked
                        else:
                            ran_out = True
                if value == MISSING or line[now] == MISSING:
                    line[now] = MISSING
                else:
                    line[now] += value
        done = max(done, until) if same else until
        if not same or phases[before, _FIRST] != first:
            most = _NONE_KNOWN
            least = -_NONE_KNOWN
            start = first
        else:
            start = phases[before, _LAST]
        for now in range(start, until):
            if line[now] != MISSING:
                most = max(most, line[now])
                least = min(least, line[now])
        known = most != _NONE_KNOWN
        extremes[at, 0] = most + phases[at, _CASH] if known else _NONE_KNOWN
        extremes[at, 1] = least + phases[at, _CASH] if known else -_NONE_KNOWN
        before = at
    return ran_out
