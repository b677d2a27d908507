"""Delta-hedged strangle: sell the two wings by delta, and buy the delta back when it runs away.

Rules:
- At `entry`, of the contracts of the nearest expiry within 15 strikes of the money: sell `lots` of the call and of the
  put whose delta is nearest `wing` (a share, without its sign), together in one second or not at all.
- Every `every` the delta of all that is held is added up. Beyond `band` of one lot, and not more often than `hedges`
  times: buy a lot of the call (where it is below zero) or of the put (where it is above) nearest a delta of a half.
- Once the trade has lost `stop`, or at `exit`: everything is closed at the market.

Source: the ordinary delta hedge of a sold strangle, with options since the data has no futures.

Assumptions: delta is Black-76 on the parity forward at the mid, as the feature `delta` tells it as of the second; where
it is not told, nothing is chosen or hedged in that second. Both wings and all hedges are one trade.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from nfolab.base.units import MILLION, Clock, Lots, Percent, Rupees, Seconds
from nfolab.engine.desk import (
    NO_VALUE,
    advance,
    begin_group,
    buy,
    gain_of_trade,
    new_trade,
    note,
    position_of_trade,
    sell,
    send_group,
)

SIDE = "sell"
HEADER = {"family": "sell_adaptive"}
FEATURES = ("delta",)
TAGS = {1: "entry", 2: "hedge", 3: "stop", 4: "time"}
GRID = {"wing": ("15%", "20%", "30%"), "band": ("15%", "30%")}


@dataclass(frozen=True)
class Params:
    """A delta of 20 % is what traders call a delta of 20."""

    entry: Clock = Clock.parse("09:45:00")
    exit: Clock = Clock.parse("15:15:00")
    wing: Percent = Percent.parse("20%")
    band: Percent = Percent.parse("20%")
    every: Seconds = Seconds(60)
    hedges: Lots = Lots(5)
    stop: Rupees = Rupees.parse("6000rs")
    lots: Lots = Lots(1)


def contracts(listing, p):
    """Return the contracts within fifteen strikes of the money."""
    return listing.near_the_money(p.entry, strikes=15)


@njit
def nearest(delta, is_call, calls, second, wished):
    """Return the contract of a kind whose delta is nearest a wish, −1 where none is told."""
    found = -1
    least = np.inf
    for contract in range(is_call.size):
        away = abs(abs(delta[contract, second]) - wished)
        if is_call[contract] == calls and away < least:
            least = away
            found = contract
    return found


@njit
def run(tape, desk, p):
    """Sell the wings once, then watch them."""
    (delta,) = tape.features
    second = p.entry
    advance(desk, second)
    call = nearest(delta, tape.is_call, True, second, p.wing / MILLION)
    put = nearest(delta, tape.is_call, False, second, p.wing / MILLION)
    if call < 0 or put < 0:
        return
    trade = new_trade(desk)
    begin_group(desk)
    sell(desk, call, p.lots * tape.lot[call], trade, tag=1)
    sell(desk, put, p.lots * tape.lot[put], trade, tag=1)
    if not send_group(desk):
        return
    hedged = 0
    for second in range(p.entry + 1, tape.spot.size):
        advance(desk, second)
        gain = gain_of_trade(desk, trade)
        stopped = gain != NO_VALUE and gain <= -p.stop
        if stopped or second >= p.exit:
            for contract in range(tape.lot.size):
                held = position_of_trade(desk, trade, contract)
                if held > 0:
                    sell(desk, contract, held, trade, tag=3 if stopped else 4)
                elif held < 0:
                    buy(desk, contract, -held, trade, tag=3 if stopped else 4)
            return
        if (second - p.entry) % p.every == 0 and hedged < p.hedges:
            net = 0.0
            for contract in range(tape.lot.size):
                held = position_of_trade(desk, trade, contract)
                if held != 0:
                    net += held * delta[contract, second]
            hedge = nearest(delta, tape.is_call, net < 0, second, 0.5)
            if hedge >= 0 and abs(net) * MILLION > p.band * tape.lot[hedge]:
                note(desk, 2, round(net))
                buy(desk, hedge, tape.lot[hedge], trade, tag=2)
                hedged += 1
