"""From a desk's log to legs and trades: values, reasons, charges, margin, the band, flags; docs/desk.md, "Trades"."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from nfolab.engine.band import reprice, reprice_resting, slip_paise
from nfolab.engine.codes import Reason
from nfolab.engine.desk import codes as code
from nfolab.engine.desk.codes import LogField
from nfolab.engine.desk.life import (
    LIFE_COLUMNS,
    MOST_GAIN,
    MOST_LOSS,
    PEAK_LOTS,
    PEAK_PAID,
    SECONDS_HELD,
    live_through,
)
from nfolab.engine.desk.run import DeskDay
from nfolab.engine.flags import BoolArray, RowDefects, repeats_a_row
from nfolab.engine.leftover import Leftover, close_leftover
from nfolab.engine.outcome import COMPONENTS, LATE_EXIT_SECONDS
from nfolab.market.charges import UNITS_PER_PAISA, Charges, charges, option_rates, plan
from nfolab.market.lots import lot_size
from nfolab.market.margin import flat_margin
from nfolab.tape.book import Int64Array
from nfolab.tape.money import UNKNOWN, Money
from nfolab.tape.tape import Day, Tape

BY_STRATEGY, BY_DESK, BY_DAY_STOP, BY_SETTLEMENT, NOT_CLOSED = range(5)
CLOSED_BY = ("order", "square_off", "day_stop", "settled", "unclosed")
_RUPEES = 100 * UNITS_PER_PAISA
_MINUTE = 60


@dataclass(frozen=True)
class DeskLegs:
    """The legs of a desk's trades, in order of trade and first fill; every array has one element a leg.

    Seconds count from the session's open, values are paise. `trade` is the place in `DeskTrades`, `contract` the number
    within the tape, `sign` that of the first fill; `entry_value` and `exit_value` add up the fills on either side, with
    the end of what no row could close. `closed_by` is a place in CLOSED_BY, `tag` that of the order that closed it.
    """

    trade: Int64Array
    leg: Int64Array
    contract: Int64Array
    sign: Int64Array
    units: Int64Array
    entry_second: Int64Array
    entry_value: Int64Array
    exit_second: Int64Array
    exit_value: Int64Array
    closed_by: Int64Array
    tag: Int64Array

    @property
    def gross(self) -> Int64Array:
        """What each leg earned before charges."""
        return self.sign * (self.exit_value - self.entry_value)


@dataclass(frozen=True)
class DeskTrades:
    """The trades of a desk, in order of their numbers; every array has one element a trade; money in paise.

    `spread`, `depth` and `latency` are half-paise paid, `margin` the peak, `most_gain` and `most_loss` the extremes of
    what the trade would have brought if closed, `minute_close` what it would have earned had each of its orders been
    done at the last price of the minute in which it was decided, where `has_minute_close`.
    """

    number: Int64Array
    decision_second: Int64Array
    entry_second: Int64Array
    exit_second: Int64Array
    closed_by: Int64Array
    tag: Int64Array
    premium: Int64Array
    gross: Int64Array
    gross_best: Int64Array
    gross_worst: Int64Array
    charges: Int64Array
    net: Int64Array
    net_flat5: Int64Array
    net_best: Int64Array
    net_worst: Int64Array
    margin: Int64Array
    spread: Int64Array
    depth: Int64Array
    latency: Int64Array
    most_gain: Int64Array
    most_loss: Int64Array
    seconds_held: Int64Array
    minute_close: Int64Array
    has_minute_close: BoolArray
    partial_exits: Int64Array
    components: dict[str, Any]
    flags: dict[str, BoolArray]


@dataclass(frozen=True)
class DeskOutcome:
    """What a strategy did on one day: its log, trades and legs."""

    tape: Tape
    day: DeskDay
    trades: DeskTrades
    legs: DeskLegs


@dataclass(frozen=True)
class _Fills:
    """The fills of a log, in order of trade and time; every array has one element a line. `leg` is a leg's place."""

    second: Int64Array
    order: Int64Array
    trade: Int64Array
    contract: Int64Array
    row: Int64Array
    sign: Int64Array
    price: Int64Array
    units: Int64Array
    resting: BoolArray
    leg: Int64Array
    opens: BoolArray
    seen_row: Int64Array
    decided: Int64Array
    arrival: Int64Array
    is_market: BoolArray
    desk_order: BoolArray
    tag: Int64Array

    @property
    def value(self) -> Int64Array:
        return self.price * self.units


def desk_outcome(day: Day, tape: Tape, done: DeskDay, money: Money, brokerage: str) -> DeskOutcome:
    """Work out the trades of a strategy's day.

    Args:
        day: the day.
        tape: the contracts that the strategy saw; the desk's rows are its book.
        done: what the strategy did.
        money: where the money stands on the day.
        brokerage: name of the brokerage plan.
    """
    fills, leg_trade, leg_contract = _fills(done)
    number, first_fill = np.unique(fills.trade, return_index=True)
    trade_of_leg = np.searchsorted(number, leg_trade)
    legs, ends = _legs(day, tape, done, money, fills, trade_of_leg, leg_contract)
    trades = _trades(day, tape, done, money, brokerage, fills, number, first_fill, legs, ends)
    return DeskOutcome(tape, done, trades, legs)


def _fills(done: DeskDay) -> tuple[_Fills, Int64Array, Int64Array]:
    """Return the fills in order of trade and time, and each leg's trade and contract, in order of trade and fill."""
    log = done.log[done.column(LogField.EVENT) == code.ON_FILLED]
    log = log[np.argsort(log[:, LogField.TRADE], kind="stable")]
    trade, contract = log[:, LogField.TRADE], log[:, LogField.CONTRACT]
    wide = int(contract.max(initial=0)) + 1
    key, first, place = np.unique(trade * wide + contract, return_index=True, return_inverse=True)
    order_of_legs = np.lexsort((first, trade[first]))
    rank = np.empty(key.size, np.int64)
    rank[order_of_legs] = np.arange(key.size)
    leg = rank[place]
    first = first[order_of_legs]
    sign = log[:, LogField.SIDE]
    orders = done.orders[log[:, LogField.ORDER]]
    reason = log[:, LogField.REASON]
    fills = _Fills(
        second=log[:, LogField.SECOND],
        order=log[:, LogField.ORDER],
        trade=trade,
        contract=contract,
        row=log[:, LogField.ROW],
        sign=sign,
        price=log[:, LogField.PRICE],
        units=log[:, LogField.UNITS],
        resting=reason != code.TAKEN,
        leg=leg,
        opens=sign == sign[first][leg],
        seen_row=orders[:, code.SEEN_ROW],
        decided=orders[:, code.DECIDED],
        arrival=orders[:, code.ARRIVAL],
        is_market=orders[:, code.KIND] == code.MARKET,
        desk_order=orders[:, code.OWN] != 0,
        tag=orders[:, code.TAG],
    )
    return fills, trade[first], contract[first]


@dataclass(frozen=True)
class _Ends:
    """How what no row could close ended, a leg each: signed units, the signed value, and what of it is taxed."""

    units: Int64Array
    value: Int64Array
    exercised: Int64Array
    orders: Int64Array
    reason: Int64Array


def _summed(size: int, place: Int64Array, values: Int64Array) -> Int64Array:
    sums = np.zeros(size, np.int64)
    np.add.at(sums, place, values)
    return sums


def _legs(
    day: Day, tape: Tape, done: DeskDay, money: Money, fills: _Fills, trade: Int64Array, contract: Int64Array
) -> tuple[DeskLegs, _Ends]:
    count = trade.size
    opens, closes = fills.opens, ~fills.opens
    entry_value = _summed(count, fills.leg[opens], fills.value[opens])
    exit_value = _summed(count, fills.leg[closes], fills.value[closes])
    units = _summed(count, fills.leg[opens], fills.units[opens])
    left = _summed(count, fills.leg, fills.sign * fills.units)
    _, first = np.unique(fills.leg, return_index=True)
    sign = fills.sign[first]
    exit_second = np.full(count, -1, np.int64)
    closed_by = np.full(count, BY_STRATEGY, np.int64)
    tag = np.zeros(count, np.int64)
    # The lines stand in order of time within a trade: the last one written is that of the last fill.
    exit_second[fills.leg[closes]] = fills.second[closes]
    tag[fills.leg[closes]] = fills.tag[closes]
    by_day_stop = fills.decided < done.rules.square_off
    closed_by[fills.leg[closes]] = np.where(
        fills.desk_order[closes], np.where(by_day_stop[closes], BY_DAY_STOP, BY_DESK), BY_STRATEGY
    )
    none = np.zeros(count, np.int64)
    ends = _Ends(left, none.copy(), none.copy(), none.copy(), np.full(count, int(Reason.NONE), np.int64))
    for at in np.flatnonzero(left):
        held = 1 if left[at] > 0 else -1
        whole = int(units[at])
        open_units = int(abs(left[at]))
        end = close_leftover(
            day,
            tape,
            money,
            Leftover(
                int(contract[at]), held, open_units, done.rules.max_quote_age, done.rules.one_sided,
                -(-int(entry_value[at] if held == sign[at] else exit_value[at]) * open_units // whole),
            ),
        )  # fmt: skip
        ends.value[at] = held * end.value
        ends.exercised[at] = end.exercised_value
        ends.orders[at] = end.is_order
        ends.reason[at] = end.reason
        if held == sign[at]:
            exit_value[at] += end.value
        else:
            entry_value[at] += end.value
        exit_second[at] = day.session.last_second
        closed_by[at] = BY_SETTLEMENT if end.reason == Reason.SETTLED else NOT_CLOSED
    starts = np.concatenate(([True], trade[1:] != trade[:-1]))[:count]
    legs = DeskLegs(
        trade=trade,
        leg=np.arange(count) - np.maximum.accumulate(np.where(starts, np.arange(count), 0)),
        contract=contract,
        sign=sign,
        units=units,
        entry_second=fills.second[first],
        entry_value=entry_value,
        exit_second=exit_second,
        exit_value=exit_value,
        closed_by=closed_by,
        tag=tag,
    )
    return legs, ends


def _slips(day: Day, tape: Tape, money: Money, contract: Int64Array, second: Int64Array, max_age: int) -> Int64Array:
    number = tape.numbers[contract]
    expiry = day.expiry[number]
    where = money.index[second].astype(np.int64)
    unknown = where == UNKNOWN
    for one in np.unique(expiry[unknown]):
        chosen = unknown & (expiry == one)
        where[chosen] = money.forward(one, max_age)[second[chosen]]
    return slip_paise(day.underlying, day.strike[number].astype(np.int64), where)


@dataclass(frozen=True)
class _Priced:
    """The fills as the band sees them: what one order took for one trade from one row is one fill."""

    leg: Int64Array
    sign: Int64Array
    value: Int64Array
    best: Int64Array
    worst: Int64Array
    spread: Int64Array
    depth: Int64Array
    latency: Int64Array


def _priced(day: Day, tape: Tape, done: DeskDay, money: Money, fills: _Fills) -> _Priced:
    book = tape.book
    together = np.stack([fills.trade, fills.order, fills.row], axis=1)
    fresh = np.concatenate(([True], (together[1:] != together[:-1]).any(axis=1)))[: len(together)]
    first = np.flatnonzero(fresh)
    none = np.zeros(0, np.int64)
    if first.size == 0:
        return _Priced(*(none for _ in fields(_Priced)))
    contract, row, sign = fills.contract[first], fills.row[first], fills.sign[first]
    quantity = np.add.reduceat(fills.units, first)
    value = np.add.reduceat(fills.value, first)
    slip = _slips(day, tape, money, contract, fills.second[first], done.rules.max_quote_age)
    prices = np.empty((5, first.size), np.int64)
    levels = (book.bid_price, book.bid_size, book.ask_price, book.ask_size)
    reprice(
        contract, row, sign, quantity, value, fills.seen_row[first], slip, book.second, book.first_row, *levels, prices
    )
    resting = np.flatnonzero(fills.resting[first])
    reprice_resting(
        resting, contract, row, sign, quantity, value, slip, book.second, book.first_row, *levels, prices
    )  # fmt: skip
    good = (book.bid_price[0, row] > 0) & (book.ask_price[0, row] > 0)
    prices[2:, ~good] = 0  # without a mid nothing is told of what was paid beyond it
    best, worst, spread, depth, latency = prices
    return _Priced(fills.leg[first], sign, value, best, worst, spread, depth, latency)


def _charged(
    day: Day, brokerage: str, sold: Int64Array, bought: Int64Array, orders: Int64Array, exercised: Int64Array
) -> Charges[Int64Array]:
    rates = option_rates(day.day, day.underlying)
    return charges(
        rates, plan(brokerage), sell_value=sold, buy_value=bought, orders=orders, exercised_value=exercised
    )  # fmt: skip


def _trades(
    day: Day,
    tape: Tape,
    done: DeskDay,
    money: Money,
    brokerage: str,
    fills: _Fills,
    number: Int64Array,
    first_fill: Int64Array,
    legs: DeskLegs,
    ends: _Ends,
) -> DeskTrades:
    count = number.size
    priced = _priced(day, tape, done, money, fills)
    of_priced = legs.trade[priced.leg]
    buys = priced.sign > 0

    def total(of_legs: Int64Array) -> Int64Array:
        return _summed(count, legs.trade, of_legs)

    # Every order counts once, in the trade of its first fill; the log is in order of time before it is by trade.
    _, place = np.unique(fills.order[np.argsort(fills.trade, kind="stable")], return_index=True)
    orders = _summed(count, np.searchsorted(number, fills.trade[place]), np.ones(place.size, np.int64))
    orders += total(ends.orders)
    marked = np.where(ends.reason == Reason.UNCLOSED, ends.value, 0)
    marked_sold, marked_bought = total(marked.clip(0)), total((-marked).clip(0))
    exercised, end_value = total(ends.exercised), total(ends.value)
    gross, cost = {}, {}
    for name, values in (("likely", priced.value), ("best", priced.best), ("worst", priced.worst)):
        sold = _summed(count, of_priced[~buys], values[~buys])
        bought = _summed(count, of_priced[buys], values[buys])
        gross[name] = sold - bought + end_value
        cost[name] = _charged(day, brokerage, sold + marked_sold, bought + marked_bought, orders, exercised)
    net = {name: gross[name] - cost[name].total_paise for name in gross}
    if not ((net["worst"] <= net["likely"]) & (net["likely"] <= net["best"])).all():
        raise AssertionError(f"the band of a trade on {day.day} is not worst ≤ likely ≤ best")
    life = _life(day, tape, done, fills, first_fill, legs)
    last_leg = np.lexsort((legs.leg, legs.exit_second, legs.trade))
    _, place = np.unique(legs.trade[last_leg][::-1], return_index=True)
    last = last_leg[::-1][place]
    flat = (flat_margin(day.underlying) or 0) * life[:, PEAK_LOTS]
    minute, has_minute = _minute_close(
        tape, fills, count, np.searchsorted(number, fills.trade), day.session.last_second
    )
    flags = {}
    for name, of_legs in _flags(day, tape, fills, legs).items():
        flags[name] = np.zeros(count, bool)
        np.logical_or.at(flags[name], legs.trade, of_legs)
    closes = ~fills.opens
    exits = np.unique(np.stack([fills.leg[closes], fills.second[closes]], axis=1), axis=0)
    exit_seconds = _summed(legs.trade.size, exits[:, 0], np.ones(len(exits), np.int64))
    return DeskTrades(
        number=number,
        decision_second=fills.decided[first_fill],
        entry_second=fills.second[first_fill],
        exit_second=legs.exit_second[last],
        closed_by=legs.closed_by[last],
        tag=legs.tag[last],
        premium=total(-legs.sign * legs.entry_value),
        gross=gross["likely"],
        gross_best=gross["best"],
        gross_worst=gross["worst"],
        charges=cost["likely"].total_paise,
        net=net["likely"],
        net_flat5=gross["likely"] - plan("flat5").per_trade_paise,
        net_best=net["best"],
        net_worst=net["worst"],
        margin=np.where(life[:, PEAK_LOTS] > 0, flat, life[:, PEAK_PAID]),
        spread=_summed(count, of_priced, priced.spread),
        depth=_summed(count, of_priced, priced.depth),
        latency=_summed(count, of_priced, priced.latency),
        most_gain=life[:, MOST_GAIN],
        most_loss=life[:, MOST_LOSS],
        seconds_held=life[:, SECONDS_HELD],
        minute_close=minute + end_value,
        has_minute_close=has_minute,
        partial_exits=total((exit_seconds > 1).astype(np.int64)),
        components={name: getattr(cost["likely"], name) / _RUPEES for name in COMPONENTS},
        flags=flags,
    )


def _life(day: Day, tape: Tape, done: DeskDay, fills: _Fills, first_fill: Int64Array, legs: DeskLegs) -> Int64Array:
    """Return what `live_through` finds of each trade."""
    book = tape.book
    numbers = tape.numbers[legs.contract]
    expiries = day.expiry[numbers].tolist()
    lots = np.array([lot_size(day.underlying, expiry, day.day) for expiry in expiries], np.int64)
    calls = (day.kind[numbers] == "CE").astype(np.int64)
    life = np.zeros((first_fill.size, LIFE_COLUMNS), np.int64)
    bounds = np.append(first_fill, fills.second.size).astype(np.int64)
    leg_bounds = np.searchsorted(legs.trade, np.arange(first_fill.size + 1)).astype(np.int64)
    live_through(
        bounds, leg_bounds, fills.second, fills.leg, fills.sign * fills.units, fills.price, legs.contract, lots, calls,
        done.rules.max_quote_age, book.second, book.last, book.bid_price, book.bid_size, book.ask_price,
        book.ask_size, np.zeros(legs.trade.size, np.int64), life,
    )  # fmt: skip
    return life


def _minute_close(
    tape: Tape, fills: _Fills, count: int, trade: Int64Array, last_second: int
) -> tuple[Int64Array, BoolArray]:
    """Return what each trade's fills would have earned at the last prices of the minutes of their decisions."""
    book = tape.book
    end = np.minimum(fills.decided // _MINUTE * _MINUTE + _MINUTE - 1, last_second)
    row = book.last[fills.contract, end].astype(np.int64)
    price = np.where(row >= 0, book.last_price[row.clip(0)].astype(np.int64), 0) if row.size else row
    missing = _summed(count, trade, (price <= 0).astype(np.int64))
    return _summed(count, trade, -fills.sign * fills.units * price), missing == 0


def _flags(day: Day, tape: Tape, fills: _Fills, legs: DeskLegs) -> dict[str, BoolArray]:
    """Return the flags of each leg; docs/engine.md, "Flags". A resting order is never late."""
    count = legs.trade.size
    decided = np.full(count, day.session.last_second, np.int64)
    np.minimum.at(decided, fills.leg, fills.decided)
    flags = dict(RowDefects(tape.book).flags(legs.contract, decided, legs.exit_second))

    def marked(lines: BoolArray) -> BoolArray:
        found = np.zeros(count, bool)
        found[fills.leg[lines]] = True
        return found

    late = ~fills.opens & fills.is_market & (fills.second - fills.arrival > LATE_EXIT_SECONDS)
    flags["late_exit"] = marked(late)
    flags["settled"] = legs.closed_by == BY_SETTLEMENT
    flags["unclosed"] = legs.closed_by == NOT_CLOSED
    flags["late_feed"] = marked(day.late_seconds()[fills.second])
    flags["repeated_row"] = marked(repeats_a_row(tape.book, fills.row))
    return flags
