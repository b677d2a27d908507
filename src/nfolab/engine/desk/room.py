"""The legs of trades, and whether the limits of the day leave room for another trade."""

from nfolab.base.compiled import inner
from nfolab.engine.desk.codes import (
    COOL_DOWN,
    FLAT_SINCE,
    LEG_CONTRACT,
    LEG_FILLS,
    LEG_LIVE,
    LEG_NEXT,
    LEG_POSITION,
    LEG_TRADE,
    LEGS,
    MOST_OPEN,
    MOST_TRADES,
    NOTHING,
    OWN_TRADES,
    SECOND,
)
from nfolab.engine.desk.numbers import wide
from nfolab.engine.desk.tables import Desk


@inner
def leg_of(desk: Desk, trade: int, contract: int) -> int:
    """Return the leg of a trade in a contract, −1 where the trade has none; the contract's own for trade −1."""
    if trade == NOTHING:
        return contract
    leg = wide(desk.trade_leg[trade])
    while leg != NOTHING and desk.legs[leg, LEG_CONTRACT] != contract:
        leg = desk.legs[leg, LEG_NEXT]
    return leg


@inner
def leg_made(desk: Desk, trade: int, contract: int) -> int:
    """Return the leg of a trade in a contract, made where there is none; −1 where there is no room."""
    leg = leg_of(desk, trade, contract)
    if leg != NOTHING:
        return leg
    made: int = desk.scalars[LEGS]
    desk.scalars[LEGS] = made + 1
    leg = made
    if leg >= desk.legs.shape[0]:
        return NOTHING
    desk.legs[leg, LEG_TRADE] = trade
    desk.legs[leg, LEG_CONTRACT] = contract
    before = NOTHING
    last = wide(desk.trade_leg[trade])
    while last != NOTHING:
        before = last
        last = desk.legs[last, LEG_NEXT]
    if before == NOTHING:
        desk.trade_leg[trade] = leg
    else:
        desk.legs[before, LEG_NEXT] = leg
    return leg


@inner
def _is_open_trade(desk: Desk, trade: int, contract: int) -> bool:
    """Tell whether a trade (−1: the contract's own) holds units or has a live order, in any of its contracts."""
    at = contract if trade == NOTHING else wide(desk.trade_leg[trade])
    while at != NOTHING:
        if desk.legs[at, LEG_POSITION] != 0 or desk.legs[at, LEG_LIVE] > 0:
            return True
        at = desk.legs[at, LEG_NEXT]
    return False


@inner
def _had_a_fill(desk: Desk, trade: int) -> bool:
    """Tell whether a trade of the strategy's own ever had a fill."""
    at = wide(desk.trade_leg[trade])
    while at != NOTHING:
        if desk.legs[at, LEG_FILLS] > 0:
            return True
        at = desk.legs[at, LEG_NEXT]
    return False


@inner
def has_room(desk: Desk, contract: int, trade: int) -> bool:
    """Tell whether the limits of open trades, of trades a day and of cooling down allow another trade here."""
    scalars = desk.scalars
    if scalars[MOST_OPEN] == 0 and scalars[MOST_TRADES] == 0 and scalars[COOL_DOWN] == 0:
        return True
    if _is_open_trade(desk, trade, contract):
        return True
    if scalars[COOL_DOWN] > 0 and scalars[SECOND] < desk.contracts[contract, FLAT_SINCE] + scalars[COOL_DOWN]:
        return False
    if scalars[MOST_OPEN] == 0 and scalars[MOST_TRADES] == 0:
        return True
    is_open = 0
    begun = scalars[OWN_TRADES]
    had_a_fill = trade != NOTHING and _had_a_fill(desk, trade)
    own_legs = desk.first_order.size
    for at in range(min(scalars[LEGS], desk.legs.shape[0])):
        if at < own_legs:
            opened = _is_open_trade(desk, NOTHING, at)
            is_open += opened
            begun += opened and desk.legs[at, LEG_POSITION] == 0
        elif desk.trade_leg[desk.legs[at, LEG_TRADE]] == at:
            opened = _is_open_trade(desk, desk.legs[at, LEG_TRADE], NOTHING)
            is_open += opened
            begun += opened or _had_a_fill(desk, desk.legs[at, LEG_TRADE])
    room: bool = (scalars[MOST_OPEN] == 0 or is_open < scalars[MOST_OPEN]) and (
        scalars[MOST_TRADES] == 0 or had_a_fill or begun < scalars[MOST_TRADES]
    )
    return room
