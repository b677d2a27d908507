"""The desk as a strategy uses it: send orders, let time pass, ask what is held. The rules are those of docs/desk.md.

All are compiled functions of plain arrays; prices are paise, units whole units, seconds count from the session's open.
A strategy by seconds calls `advance(desk, second)` for every second it looks at, a strategy by rows
`see(desk, contract, row)` for every row.
"""

from nfolab.base.compiled import lean
from nfolab.engine.desk.clock import NO_VALUE, advance, closing_value, day_value, see, stop_for_the_day
from nfolab.engine.desk.codes import (
    ALL,
    BUY,
    BY_SECONDS,
    CANCEL_AT,
    CLOCK,
    DAY,
    FILLED,
    KEEP,
    LEFT,
    LEG_CASH,
    LEG_CONTRACT,
    LEG_NEXT,
    LEG_POSITION,
    LIMIT,
    MARKET,
    NOTHING,
    NOW,
    ORDERS,
    PART,
    PEG,
    PEG_MID,
    SECOND,
    SECONDS_ONLY,
    SELL,
    SLICES,
    STATE,
    STOP,
    STOP_LIMIT,
    TRADES,
    UNITS,
    UNKNOWN_ORDER,
    UNKNOWN_TRADE,
)
from nfolab.engine.desk.groups import begin_group, send_group
from nfolab.engine.desk.log import fault, note
from nfolab.engine.desk.messages import cancel, change
from nfolab.engine.desk.numbers import wide
from nfolab.engine.desk.room import leg_of
from nfolab.engine.desk.sending import is_waiting, send
from nfolab.engine.desk.tables import Desk

__all__ = [
    "ALL",
    "BUY",
    "DAY",
    "KEEP",
    "NOTHING",
    "NOW",
    "NO_VALUE",
    "PART",
    "SELL",
    "Desk",
    "advance",
    "begin_group",
    "buy",
    "cancel",
    "change",
    "filled_units",
    "gain_of_day",
    "gain_of_trade",
    "is_cancelling",
    "is_filled",
    "is_live",
    "new_trade",
    "note",
    "position",
    "position_of_trade",
    "see",
    "sell",
    "send_group",
    "send_limit",
    "send_mid_peg",
    "send_peg",
    "send_stop",
    "send_stop_limit",
    "stop_for_the_day",
    "value_to_close",
]


@lean
def buy(desk: Desk, contract: int, units: int, trade: int = NOTHING, tag: int = 0, fill: int = PART) -> int:
    """Send a market order to buy, good for the day; return its number."""
    return send(desk, contract, BUY, units, MARKET, wide(fill), 0, 0, 0, DAY, wide(trade), wide(tag))


@lean
def sell(desk: Desk, contract: int, units: int, trade: int = NOTHING, tag: int = 0, fill: int = PART) -> int:
    """Send a market order to sell, good for the day; return its number."""
    return send(desk, contract, SELL, units, MARKET, wide(fill), 0, 0, 0, DAY, wide(trade), wide(tag))


@lean
def send_limit(
    desk: Desk,
    contract: int,
    side: int,
    units: int,
    price: int,
    valid: int = DAY,
    fill: int = PART,
    trade: int = NOTHING,
    tag: int = 0,
) -> int:
    """Send a limit order (side BUY or SELL, price in paise, valid in seconds after its arrival); return its number."""
    return send(desk, contract, side, units, LIMIT, wide(fill), price, 0, 0, wide(valid), wide(trade), wide(tag))


@lean
def send_stop(
    desk: Desk, contract: int, side: int, units: int, trigger: int, valid: int = DAY, trade: int = NOTHING, tag: int = 0
) -> int:
    """Send a stop: a market order once the side it would take from touches the trigger (paise); return its number."""
    return send(desk, contract, side, units, STOP, PART, 0, trigger, 0, wide(valid), wide(trade), wide(tag))


@lean
def send_stop_limit(
    desk: Desk,
    contract: int,
    side: int,
    units: int,
    trigger: int,
    price: int,
    valid: int = DAY,
    trade: int = NOTHING,
    tag: int = 0,
) -> int:
    """Send a stop that becomes a limit order at a price when it fires; return its number."""
    return send(desk, contract, side, units, STOP_LIMIT, PART, price, trigger, 0, wide(valid), wide(trade), wide(tag))


@lean
def send_peg(
    desk: Desk,
    contract: int,
    side: int,
    units: int,
    ticks: int = 0,
    valid: int = DAY,
    trade: int = NOTHING,
    tag: int = 0,
) -> int:
    """Send a limit that follows the best price of its own side, some ticks nearer to the other; return its number."""
    return send(desk, contract, side, units, PEG, PART, 0, 0, wide(ticks), wide(valid), wide(trade), wide(tag))


@lean
def send_mid_peg(
    desk: Desk, contract: int, side: int, units: int, valid: int = DAY, trade: int = NOTHING, tag: int = 0
) -> int:
    """Send a limit that follows the mid, rounded to a tick away from the other side; return its number."""
    return send(desk, contract, side, units, PEG_MID, PART, 0, 0, 0, wide(valid), wide(trade), wide(tag))


@lean
def new_trade(desk: Desk) -> int:
    """Open a trade of the strategy's own, to which orders in several contracts may belong; return its number."""
    if desk.scalars[CLOCK] != BY_SECONDS:
        fault(desk, SECONDS_ONLY)
        return NOTHING
    trade: int = desk.scalars[TRADES]
    desk.scalars[TRADES] = trade + 1
    return trade


@lean
def is_live(desk: Desk, order: int) -> bool:
    """Tell whether an order, or one of its slices, is sent or working."""
    if order < 0 or order >= min(desk.scalars[ORDERS], desk.orders.shape[0]):
        return False
    for one in range(order, min(order + max(desk.orders[order, SLICES], 1), desk.orders.shape[0])):
        if is_waiting(desk, one):
            return True
    return False


@lean
def is_cancelling(desk: Desk, order: int) -> bool:
    """Tell whether an order, or one of its slices, is live, and a cancel of all that is live is on its way."""
    if order < 0 or order >= min(desk.scalars[ORDERS], desk.orders.shape[0]):
        return False
    found = False
    for one in range(order, min(order + max(desk.orders[order, SLICES], 1), desk.orders.shape[0])):
        if is_waiting(desk, one):
            if desk.orders[one, CANCEL_AT] == NOTHING:
                return False
            found = True
    return found


@lean
def is_filled(desk: Desk, order: int) -> bool:
    """Tell whether an order, with all its slices, is filled."""
    if order < 0 or order >= min(desk.scalars[ORDERS], desk.orders.shape[0]):
        return False
    for one in range(order, min(order + max(desk.orders[order, SLICES], 1), desk.orders.shape[0])):
        if desk.orders[one, STATE] != FILLED:
            return False
    return True


@lean
def filled_units(desk: Desk, order: int) -> int:
    """Return the units of an order, with its slices, that are filled."""
    if order < 0 or order >= desk.scalars[ORDERS]:
        fault(desk, UNKNOWN_ORDER)
        return 0
    found = 0
    for one in range(order, min(order + max(desk.orders[order, SLICES], 1), desk.orders.shape[0])):
        found += desk.orders[one, UNITS] - desk.orders[one, LEFT]
    return found


@lean
def position(desk: Desk, contract: int) -> int:
    """Return the units held in a contract's own trade: above zero bought, below zero sold."""
    held: int = desk.legs[contract, LEG_POSITION]
    return held


@lean
def position_of_trade(desk: Desk, trade: int, contract: int) -> int:
    """Return the units that a trade of the strategy's own holds in a contract."""
    if trade < 0 or trade >= min(desk.scalars[TRADES], desk.trade_leg.size):
        fault(desk, UNKNOWN_TRADE)
        return 0
    leg = leg_of(desk, trade, contract)
    if leg == NOTHING:
        return 0
    held: int = desk.legs[leg, LEG_POSITION]
    return held


@lean
def value_to_close(desk: Desk, contract: int, units: int) -> int:
    """Return what closing units (above zero bought, below zero sold) would bring now, in paise; NO_VALUE if unknown.

    The displayed book as of this second is walked; it must be a good quote, no older than the desk's greatest age.
    """
    return closing_value(desk, contract, units, desk.scalars[SECOND])


@lean
def gain_of_trade(desk: Desk, trade: int) -> int:
    """Return what a trade of the strategy's own has brought with its positions closed now; NO_VALUE if unknown."""
    if trade < 0 or trade >= min(desk.scalars[TRADES], desk.trade_leg.size):
        fault(desk, UNKNOWN_TRADE)
        return NO_VALUE
    total = 0
    leg = wide(desk.trade_leg[trade])
    while leg != NOTHING:
        held = desk.legs[leg, LEG_POSITION]
        value = closing_value(desk, desk.legs[leg, LEG_CONTRACT], held, desk.scalars[SECOND])
        if value == NO_VALUE:
            return NO_VALUE
        total += desk.legs[leg, LEG_CASH] + value
        leg = desk.legs[leg, LEG_NEXT]
    return total


@lean
def gain_of_day(desk: Desk) -> int:
    """Return what the day has brought with all positions closed now, before charges; NO_VALUE if one has no value."""
    return day_value(desk, desk.scalars[SECOND])
