"""A strategy's day on a desk: run with room enough for all it does, and what it left behind."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nfolab.base.errors import InputError
from nfolab.engine.desk.clock import finish
from nfolab.engine.desk.codes import FAULT, FAULT_SECOND, FAULT_SENTENCES, LOGGED, NO_FAULT, ORDERS, LogField
from nfolab.engine.desk.tables import Desk, DeskRules, Room, new_desk, room_needed
from nfolab.tape.book import Book, Int32Array, Int64Array


@dataclass(frozen=True)
class DeskDay:
    """What a strategy did on one day.

    Attributes:
        book: the rows that it saw.
        log: int64 [lines, 13], columns of `LogField`, in the order in which things happened.
        orders: int64 [orders, columns], the table of orders as the day left it; columns as in `codes`.
    """

    book: Book
    rules: DeskRules
    log: Int64Array
    orders: Int64Array

    def column(self, field: LogField) -> Int64Array:
        """Return one column of the log."""
        return self.log[:, field]


def run_on_desk(
    strategy: Callable[[Desk], None], book: Book, traded: Int32Array, lot: Int32Array, rules: DeskRules
) -> DeskDay:
    """Run a strategy over a day, to the end of its session.

    Where the desk's tables had no room for all it did, the day is run again with more: nothing is lost silently.

    Args:
        strategy: called once with the desk; it lets time pass itself.
        book: the rows of its contracts, five levels.
        traded: int32 [rows], units traded since the contract's row before.
        lot: int32 [contracts], units in a lot.
        rules: the desk's settings.

    Raises:
        InputError: the strategy used the desk wrongly, in a way that no market could answer.
    """
    room = Room()
    while True:
        desk = new_desk(book, traded, lot, rules, room)
        strategy(desk)
        finish(desk)
        needed = room_needed(desk, room)
        if needed == room:
            break
        room = needed
    scalars = desk.scalars
    if scalars[FAULT] != NO_FAULT:
        clock = int(scalars[FAULT_SECOND])
        when = f"second {clock} of the session" if clock >= 0 else "the start"
        raise InputError(f"the strategy's run went wrong at {when}: {FAULT_SENTENCES[scalars[FAULT]]}")
    return DeskDay(book, rules, desk.log[: scalars[LOGGED]].astype(np.int64), desk.orders[: scalars[ORDERS]].copy())
