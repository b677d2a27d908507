"""Time on the desk: by seconds or by rows, the daily loss, the stop for the day and the end of the day."""

from nfolab.base.compiled import inner, lean
from nfolab.engine.book import is_good, walk
from nfolab.engine.desk.codes import (
    AT,
    BACKWARD,
    BY_ROWS,
    BY_SECONDS,
    BY_STRATEGY,
    CANCELLED,
    CASH,
    CLOCK,
    CONTRACT,
    DAILY_LOSS,
    DAY_STOP,
    DONE,
    EXPIRED,
    FAULT,
    GROUP,
    GROUP_OPEN,
    GROUP_TWICE,
    LAST_SECOND,
    LEFT,
    LEG_CONTRACT,
    LEG_POSITION,
    LEG_TRADE,
    LEGS,
    LIVE,
    MAX_AGE,
    MOST_OPEN,
    MOST_TRADES,
    NO_FAULT,
    NOTHING,
    ON_CANCELLED,
    ON_EXPIRED,
    ON_STOPPED,
    ROW,
    SECOND,
    SECONDS_ONLY,
    SEEN,
    SESSION_OVER,
    SQUARE_OFF,
    SQUARE_OFF_SECOND,
    SQUARED,
    STOPPED,
    TRADES,
    TWO_CLOCKS,
    UNKNOWN_CONTRACT,
)
from nfolab.engine.desk.groups import end_group, first_live, try_groups
from nfolab.engine.desk.log import fault, record, record_order
from nfolab.engine.desk.numbers import wide
from nfolab.engine.desk.room import leg_of
from nfolab.engine.desk.rows import is_last_of_its_second, show_row
from nfolab.engine.desk.sending import own_price, retire, send_own
from nfolab.engine.desk.tables import Desk
from nfolab.tape.book import NO_ROW

NO_VALUE = 2**62
"""Stands where a position has no value to close: no usable quote, or five levels that do not hold its units."""
_RUPEE = 100


@inner
def closing_value(desk: Desk, contract: int, position: int, second: int) -> int:
    """Return what closing a position would bring (paise, below zero for a sold one); NO_VALUE where it has none."""
    if position == 0:
        return 0
    book = desk.book
    row = wide(book.last[contract, second])
    if row == NO_ROW or second - book.second[row] > desk.scalars[MAX_AGE]:
        return NO_VALUE
    if not is_good(row, book.bid_price, book.bid_size, book.ask_price, book.ask_size):
        return NO_VALUE
    if position > 0:
        value, left, _ = walk(row, position, book.bid_price, book.bid_size)
    else:
        value, left, _ = walk(row, -position, book.ask_price, book.ask_size)
        value = -value
    if left > 0:
        return NO_VALUE
    return value


@inner
def day_value(desk: Desk, second: int) -> int:
    """Return what the day has brought, all positions closed at their values (paise); NO_VALUE where one has none."""
    total: int = desk.scalars[CASH]
    for leg in range(min(desk.scalars[LEGS], desk.legs.shape[0])):
        position = desk.legs[leg, LEG_POSITION]
        if position != 0:
            value = closing_value(desk, desk.legs[leg, LEG_CONTRACT], position, second)
            if value == NO_VALUE:
                return NO_VALUE
            total += value
    return total


@inner
def _cancel_waiting(desk: Desk, second: int, event: int, state: int, reason: int) -> None:
    """Cancel, or let expire, everything that waits, in order of number."""
    while desk.scalars[LIVE] > 0:
        order = first_live(desk)
        one = desk.orders[order]
        if one[GROUP] != NOTHING:
            end_group(desk, one[GROUP], second, event, state, NOTHING, reason, reason)
        else:
            _end_one(desk, order, second, event, state, reason)


@inner
def _end_one(desk: Desk, order: int, second: int, event: int, state: int, reason: int) -> None:
    one = desk.orders[order]
    row = wide(desk.book.last[one[CONTRACT], second])
    record_order(desk, second, event, order, row, own_price(desk, order), one[LEFT], 0, reason)
    retire(desk, order, state)


@inner
def _cancel_contract(desk: Desk, contract: int, second: int, event: int, state: int, reason: int) -> None:
    """Cancel, or let expire, everything that waits in one contract."""
    while desk.first_order[contract] != NOTHING:
        _end_one(desk, wide(desk.first_order[contract]), second, event, state, reason)


@inner
def _close_everything(desk: Desk, second: int) -> None:
    """Send the desk's own orders for every open position, in order of trade and contract."""
    own_legs = desk.first_order.size
    trades = min(desk.scalars[TRADES], desk.trade_leg.size)
    for trade in range(trades):
        if desk.trade_leg[trade] == NOTHING:
            for leg in range(own_legs):
                if desk.legs[leg, LEG_POSITION] != 0 and desk.legs[leg, LEG_TRADE] == trade:
                    send_own(desk, leg, second)
        else:
            for contract in range(own_legs):
                leg = leg_of(desk, trade, contract)
                if leg != NOTHING and desk.legs[leg, LEG_POSITION] != 0:
                    send_own(desk, leg, second)


@inner
def _stop(desk: Desk, second: int, brought: int, reason: int) -> None:
    scalars = desk.scalars
    scalars[STOPPED] = 1
    rupees = brought // _RUPEE if brought >= 0 else -(-brought // _RUPEE)
    record(
        desk, second, ON_STOPPED, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, 0, rupees, 0, 0, reason, 0
    )  # fmt: skip
    _cancel_waiting(desk, second, ON_CANCELLED, CANCELLED, DAY_STOP)
    _close_everything(desk, second)


@inner
def stop_for_the_day(desk: Desk) -> None:
    """Cancel everything, close everything, and refuse whatever opens from now on."""
    scalars = desk.scalars
    if scalars[CLOCK] != BY_SECONDS:
        fault(desk, SECONDS_ONLY)
    elif not scalars[STOPPED] and not scalars[SQUARED]:
        _stop(desk, scalars[SECOND], 0, BY_STRATEGY)


@inner
def _second_passes(desk: Desk, second: int) -> None:
    """Let one second of the whole tape pass: rows, groups, the daily loss, the end of the day."""
    scalars = desk.scalars
    book = desk.book
    scalars[SECOND] = second
    if scalars[LIVE] > 0:
        for contract in range(desk.first_order.size):
            if desk.first_order[contract] != NOTHING:
                row = wide(book.last[contract, second])
                if row != NO_ROW and book.second[row] == second:
                    show_row(desk, contract, row)
        try_groups(desk, second)
    if scalars[DAILY_LOSS] > 0 and not scalars[STOPPED] and second < scalars[SQUARE_OFF_SECOND]:
        brought = day_value(desk, second)
        if brought != NO_VALUE and brought <= -scalars[DAILY_LOSS]:
            _stop(desk, second, brought, DAY_STOP)
    if second == scalars[SQUARE_OFF_SECOND]:
        scalars[SQUARED] = 1
        _cancel_waiting(desk, second, ON_CANCELLED, CANCELLED, SQUARE_OFF)
        _close_everything(desk, second)


@inner
def _seconds_pass(desk: Desk, second: int) -> None:
    scalars = desk.scalars
    if scalars[CLOCK] == BY_ROWS:
        fault(desk, TWO_CLOCKS)
    elif second < scalars[SECOND] or second > scalars[LAST_SECOND]:
        fault(desk, BACKWARD)
    elif scalars[GROUP_OPEN] != NOTHING:
        fault(desk, GROUP_TWICE)
    scalars[CLOCK] = BY_SECONDS
    if scalars[FAULT] == NO_FAULT:
        for now in range(scalars[SECOND] + 1, second + 1):
            _second_passes(desk, now)


@inner
def advance(desk: Desk, second: int) -> None:
    """Let time pass up to a second: every row on the way is shown to the orders that wait for it."""
    scalars = desk.scalars
    if (
        scalars[LIVE] == 0
        and scalars[DAILY_LOSS] == 0
        and scalars[CLOCK] == BY_SECONDS
        and scalars[SECOND] <= second < scalars[SQUARE_OFF_SECOND]
    ):
        scalars[SECOND] = second
        return
    _seconds_pass(desk, second)


@inner
def _contract_squared(desk: Desk, contract: int) -> None:
    """Carry out the end of the day for one contract, by rows."""
    scalars = desk.scalars
    second = scalars[SQUARE_OFF_SECOND]
    desk.contracts[contract, DONE] = 1
    scalars[SECOND] = second
    _cancel_contract(desk, contract, second, ON_CANCELLED, CANCELLED, SQUARE_OFF)
    if desk.legs[contract, LEG_POSITION] != 0:
        send_own(desk, contract, second)


@inner
def _rows_are_over(desk: Desk) -> None:
    """Let what is left of the contract that was seen last pass, by rows, and its end of the day."""
    contract = desk.scalars[AT]
    if contract != NOTHING:
        _rows_of_contract(desk, contract, wide(desk.book.first_row[contract + 1]) - 1)
        if not desk.contracts[contract, DONE]:
            _contract_squared(desk, contract)


@inner
def _rows_of_contract(desk: Desk, contract: int, row: int) -> None:
    """Let the rows of a contract pass up to one."""
    scalars = desk.scalars
    for passing in range(desk.contracts[contract, SEEN] + 1, row + 1):
        second = wide(desk.book.second[passing])
        if second > scalars[SQUARE_OFF_SECOND] and not desk.contracts[contract, DONE]:
            _contract_squared(desk, contract)
        scalars[ROW] = passing
        scalars[SECOND] = second
        if desk.first_order[contract] != NOTHING and is_last_of_its_second(desk, contract, passing):
            show_row(desk, contract, passing)
    desk.contracts[contract, SEEN] = row


@inner
def _rows_pass(desk: Desk, contract: int, row: int) -> None:
    """Let the rows of one contract pass up to a row, which is seen then."""
    scalars = desk.scalars
    book = desk.book
    if scalars[CLOCK] == BY_SECONDS:
        fault(desk, TWO_CLOCKS)
    elif scalars[MOST_OPEN] > 0 or scalars[MOST_TRADES] > 0 or scalars[DAILY_LOSS] > 0:
        fault(desk, SECONDS_ONLY)
    elif contract < 0 or contract >= desk.first_order.size:
        fault(desk, UNKNOWN_CONTRACT)
    elif row <= desk.contracts[contract, SEEN] or row >= book.first_row[contract + 1]:
        fault(desk, BACKWARD)
    scalars[CLOCK] = BY_ROWS
    if scalars[FAULT] != NO_FAULT:
        return
    if scalars[AT] != contract:
        _rows_are_over(desk)
        scalars[AT] = contract
        scalars[ROW] = NOTHING
    _rows_of_contract(desk, contract, row)


@inner
def see(desk: Desk, contract: int, row: int) -> None:
    """Look at a row of a contract: it is shown to the orders that wait there; the strategy may read it then."""
    scalars = desk.scalars
    if (
        scalars[AT] == contract
        and desk.first_order[contract] == NOTHING
        and row == scalars[ROW] + 1
        and row < desk.book.first_row[contract + 1]
        and desk.book.second[row] <= scalars[SQUARE_OFF_SECOND]
    ):
        scalars[ROW] = row
        scalars[SECOND] = desk.book.second[row]
        desk.contracts[contract, SEEN] = row
        return
    _rows_pass(desk, contract, row)


@lean
def finish(desk: Desk) -> None:
    """Let what is left of the day pass, and let what still waits expire."""
    scalars = desk.scalars
    if scalars[FAULT] != NO_FAULT:
        return
    last = scalars[LAST_SECOND]
    if scalars[CLOCK] == BY_ROWS:
        _rows_are_over(desk)
    elif scalars[CLOCK] == BY_SECONDS:
        _seconds_pass(desk, last)
    _cancel_waiting(desk, last, ON_EXPIRED, EXPIRED, SESSION_OVER)
