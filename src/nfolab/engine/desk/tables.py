"""The desk as plain arrays: one NamedTuple that every function of it takes, and how it is laid out for a day."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from nfolab.base.snapshot import LEVELS
from nfolab.engine.desk import codes as code
from nfolab.tape.book import Book, Int32Array, Int64Array


class Desk(NamedTuple):
    """Where a strategy's orders, fills, positions and events of one day are kept.

    Attributes:
        book: the rows of the contracts, as in `Book`.
        traded: int32 [rows], units traded since the contract's row before; 0 where unknown.
        lot: int32 [contracts], units in a lot.
        scalars: int64 [SCALARS], counters and settings; their places are in `codes`.
        latency: int32 [draws], seconds; message n takes draw n, after the last the list begins again.
        orders: int64 [room, ORDER_COLUMNS], by the order's number.
        first_order: int32 [contracts], the first order that waits in a contract, −1 where none does.
        legs: int64 [room, LEG_COLUMNS]; the first are the contracts' own, the others belong to trades of the strategy.
        trade_leg: int32 [room], by the trade's number: the first of its legs, −1 where there is none yet.
        contracts: int64 [contracts, CONTRACT_COLUMNS].
        seen_row: int64 [2 × contracts], to which row the memory of what we took was brought; line 2 × contract + side.
        taken: int64 [2 × contracts, 5], units that we took from each level of that row and that are still gone.
        scratch: int64 [5].
        log: int32 [room, 13], columns of `LogField`.
    """

    book: Book
    traded: Int32Array
    lot: Int32Array
    scalars: Int64Array
    latency: Int32Array
    orders: Int64Array
    first_order: Int32Array
    legs: Int64Array
    trade_leg: Int32Array
    contracts: Int64Array
    seen_row: Int64Array
    taken: Int64Array
    scratch: Int64Array
    log: Int32Array


@dataclass(frozen=True, slots=True)
class Room:
    """How many orders, legs of the strategy's own trades, trades and lines of log a desk has room for."""

    orders: int = 2**16
    legs: int = 2**12
    trades: int = 2**16
    log: int = 2**19


@dataclass(frozen=True)
class DeskRules:
    """The settings of a desk: models, policies, limits of the day; docs/desk.md.

    Seconds count from the session's open. `latency` int32 [draws]; `freeze` units; 0 means no limit in `most_open`,
    `most_trades`, `cool_down` (seconds) and `daily_loss` (paise).
    """

    latency: Int32Array
    freeze: int
    last_second: int
    last_opening: int
    square_off: int
    first_second: int = 0
    max_quote_age: int = 5
    queue: int = code.LIKELY
    one_sided: bool = False
    on_last: bool = False
    most_open: int = 0
    most_trades: int = 0
    cool_down: int = 0
    daily_loss: int = 0


_SETTINGS: Final = {
    code.QUEUE_MODEL: "queue",
    code.ONE_SIDED: "one_sided",
    code.ON_LAST: "on_last",
    code.MAX_AGE: "max_quote_age",
    code.FREEZE: "freeze",
    code.LAST_OPENING: "last_opening",
    code.SQUARE_OFF_SECOND: "square_off",
    code.LAST_SECOND: "last_second",
    code.FIRST_SECOND: "first_second",
    code.MOST_OPEN: "most_open",
    code.MOST_TRADES: "most_trades",
    code.COOL_DOWN: "cool_down",
    code.DAILY_LOSS: "daily_loss",
}


def new_desk(book: Book, traded: Int32Array, lot: Int32Array, rules: DeskRules, room: Room) -> Desk:
    """Lay out a desk for a day: no order, no position, before the first second."""
    contracts = book.last.shape[0]
    scalars = np.zeros(code.SCALARS, np.int64)
    scalars[[code.SECOND, code.ROW, code.AT, code.GROUP_OPEN]] = code.NOTHING
    scalars[code.LEGS] = contracts
    for place, name in _SETTINGS.items():
        scalars[place] = getattr(rules, name)
    legs = np.zeros((contracts + room.legs, code.LEG_COLUMNS), np.int64)
    legs[:, [code.LEG_TRADE, code.LEG_NEXT]] = code.NOTHING
    legs[:contracts, code.LEG_CONTRACT] = np.arange(contracts)
    table = np.zeros((contracts, code.CONTRACT_COLUMNS), np.int64)
    table[:, code.SEEN] = book.first_row[:-1] - 1
    table[:, code.FLAT_SINCE] = -(2**40)
    return Desk(
        book=book,
        traded=traded,
        lot=lot,
        scalars=scalars,
        latency=rules.latency,
        orders=np.empty((room.orders, code.ORDER_COLUMNS), np.int64),
        first_order=np.full(contracts, code.NOTHING, np.int32),
        legs=legs,
        trade_leg=np.full(room.trades, code.NOTHING, np.int32),
        contracts=table,
        seen_row=np.zeros(2 * contracts, np.int64),
        taken=np.zeros((2 * contracts, LEVELS), np.int64),
        scratch=np.zeros(LEVELS, np.int64),
        log=np.empty((room.log, len(code.LogField)), np.int32),
    )


def room_needed(desk: Desk, room: Room) -> Room:
    """Return the room that what was done would have needed; `room` itself where it was enough."""
    scalars = desk.scalars
    needed = Room(
        orders=int(scalars[code.ORDERS]),
        legs=int(scalars[code.LEGS]) - desk.first_order.size,
        trades=int(scalars[code.TRADES]),
        log=int(scalars[code.LOGGED]),
    )
    if all(getattr(needed, name) <= getattr(room, name) for name in Room.__slots__):
        return room
    # A strategy that ran out of room may have gone on otherwise than it will: what it needed is a lower bound.
    return Room(**{name: max(getattr(room, name), 2 * getattr(needed, name)) for name in Room.__slots__})
