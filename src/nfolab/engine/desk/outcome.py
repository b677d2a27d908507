"""From a desk's log to the trades of a strategy: what its lines tell of fills and legs, and what closed each."""

from dataclasses import dataclass

import numpy as np

from nfolab.engine.codes import Reason
from nfolab.engine.desk import codes as code
from nfolab.engine.desk.codes import LogField
from nfolab.engine.desk.run import DeskDay
from nfolab.engine.trades.legs import Ends, Legs
from nfolab.engine.trades.told import NEVER_LATE, Fills, Terms, Told, ToldLegs
from nfolab.engine.trades.trades import Trades, work_out
from nfolab.tape.book import Int64Array
from nfolab.tape.money import Money
from nfolab.tape.tape import Day, Tape

BY_STRATEGY, BY_DESK, BY_DAY_STOP, BY_SETTLEMENT, NOT_CLOSED = range(5)
CLOSED_BY = ("order", "square_off", "day_stop", "settled", "unclosed")


@dataclass(frozen=True)
class Closed:
    """What closed trades or legs: int64, a place in CLOSED_BY; and the tag of the order that did, 0 without one."""

    by: Int64Array
    tag: Int64Array


@dataclass(frozen=True)
class DeskOutcome:
    """What a strategy did on one day: its log, trades and legs, and what closed them."""

    tape: Tape
    day: DeskDay
    trades: Trades
    legs: Legs
    closed: Closed
    legs_closed: Closed


def desk_outcome(day: Day, tape: Tape, done: DeskDay, money: Money, brokerage: str) -> DeskOutcome:
    """Work out the trades of a strategy's day; docs/desk.md, "Trades".

    Args:
        day: the day.
        tape: the contracts that the strategy saw; the desk's rows are its book.
        done: what the strategy did.
        money: where the money stands on the day.
        brokerage: name of the brokerage plan.
    """
    told, orders = _told(done, brokerage)
    worked = work_out(day, tape, money, told)
    legs = worked.legs
    legs_closed = _legs_closed(done, told, orders, worked.ends)
    in_order = np.lexsort((legs.leg, legs.exit_second, legs.trade))
    last = in_order[np.searchsorted(legs.trade[in_order], np.arange(told.number.size), "right") - 1]
    closed = Closed(legs_closed.by[last], legs_closed.tag[last])
    return DeskOutcome(tape, done, worked.trades, legs, closed, legs_closed)


def _told(done: DeskDay, brokerage: str) -> tuple[Told, Int64Array]:
    """Return what the log tells, and the table's line of each fill's order.

    Fills stand in order of trade and time; a leg is a trade and a contract, in order of trade and first fill.
    """
    lines = done.log[done.column(LogField.EVENT) == code.ON_FILLED]
    lines = lines[np.argsort(lines[:, LogField.TRADE], kind="stable")]
    log = np.ascontiguousarray(lines.T)  # kernels are compiled for columns without gaps
    trade, contract, sign, order = (
        log[LogField.TRADE], log[LogField.CONTRACT], log[LogField.SIDE], log[LogField.ORDER],
    )  # fmt: skip
    wide = int(contract.max(initial=0)) + 1
    key, first, place = np.unique(trade * wide + contract, return_index=True, return_inverse=True)
    order_of_legs = np.lexsort((first, trade[first]))
    rank = np.empty(key.size, np.int64)
    rank[order_of_legs] = np.arange(key.size)
    leg = rank[place]
    first = first[order_of_legs]
    orders = done.orders[order]
    number, trade_of_leg = np.unique(trade[first], return_inverse=True)
    fills = Fills(
        leg=leg,
        order=order,
        second=log[LogField.SECOND],
        contract=contract,
        row=log[LogField.ROW],
        sign=sign,
        price=log[LogField.PRICE],
        units=log[LogField.UNITS],
        resting=log[LogField.REASON] != code.TAKEN,
        opens=sign == sign[first][leg],
        seen_row=orders[:, code.SEEN_ROW],
        decided=orders[:, code.DECIDED],
        arrival=np.where(orders[:, code.KIND] == code.MARKET, orders[:, code.ARRIVAL], NEVER_LATE),
    )
    places = np.arange(first.size)
    begins = np.searchsorted(trade_of_leg, trade_of_leg)
    legs = ToldLegs(
        trade=trade_of_leg,
        number=places - begins,
        contract=contract[first],
        sign=sign[first],
        waits_since=np.full(first.size, NEVER_LATE, np.int64),
        end_counts=np.ones(first.size, np.bool_),
        entered=log[LogField.SECOND][first],
        in_premium=np.ones(first.size, np.bool_),
    )
    # Every order counts once, in the trade of its first fill.
    _, first_of_order = np.unique(order, return_index=True)
    told = Told(
        fills=fills,
        legs=legs,
        number=number,
        terms_of=np.zeros(number.size, np.int64),
        orders=np.bincount(trade_of_leg[leg[first_of_order]], minlength=number.size).astype(np.int64),
        terms=[Terms(done.rules.max_quote_age, brokerage, done.rules.one_sided)],
    )
    return told, orders


def _legs_closed(done: DeskDay, told: Told, orders: Int64Array, ends: Ends) -> Closed:
    """Return what closed each leg: the strategy's or the desk's last order, or how what was left ended."""
    count = told.legs.trade.size
    by = np.full(count, BY_STRATEGY, np.int64)
    tag = np.zeros(count, np.int64)
    closes = np.flatnonzero(~told.fills.opens)
    of_desk = orders[closes, code.OWN] != 0
    day_stop = orders[closes, code.DECIDED] < done.rules.square_off
    # The lines stand in order of time within a trade: the last one written is that of the last fill.
    tag[told.fills.leg[closes]] = orders[closes, code.TAG]
    by[told.fills.leg[closes]] = np.where(of_desk, np.where(day_stop, BY_DAY_STOP, BY_DESK), BY_STRATEGY)
    by[ends.reason == Reason.SETTLED] = BY_SETTLEMENT
    by[ends.reason == Reason.UNCLOSED] = NOT_CLOSED
    return Closed(by, tag)
