"""Market maker: quote both sides of the option at the money, lean away from what is held.

Rules, for the call and the put nearest the money as it stood at `first`:
- From `first` to `last` one limit to buy and one to sell `lots` each follow the best prices of their own sides, one
  tick inside where that leaves a tick between them and the other side. Each follows with the latency of a change.
- Holding `most_lots` or more on one side, only the other side is quoted.
- After `last`, or once the day has lost `most_loss`, nothing is quoted any more and what is held is closed at the
  market.

Source: the two-sided quoting of any exchange's market-making rules; nothing of it is tuned.

Assumptions: every order rests behind what is displayed at its price, and a resting order never fills at another price
than its own, even where the market has run through it: that is what a maker loses by.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from nfolab.base.units import Clock, Lots, Rupees
from nfolab.engine.desk import (
    BUY,
    NO_VALUE,
    SELL,
    advance,
    buy,
    cancel,
    gain_of_day,
    is_cancelling,
    is_live,
    position,
    sell,
    send_peg,
)

SIDE = "mixed"
HEADER = {"family": "scalp_book"}
TAGS = {1: "quote", 2: "close"}
GRID = {"most_lots": ("1lots", "2lots", "4lots")}
TICKS_INSIDE = 1


@dataclass(frozen=True)
class Params:
    """`most_loss` is of the whole day, before charges."""

    first: Clock = Clock.parse("09:30:00")
    last: Clock = Clock.parse("15:00:00")
    lots: Lots = Lots(1)
    most_lots: Lots = Lots(2)
    most_loss: Rupees = Rupees.parse("5000rs")


def contracts(listing, p):
    """Return the call and the put of the strike nearest the money."""
    return listing.near_the_money(p.first, strikes=0)


@njit
def run(tape, desk, p):
    """Walk the seconds; each contract has at most one quote on either side."""
    count = tape.lot.size
    quotes = np.full((count, 2), -1)
    closing = np.full(count, -1)
    stopped = False
    for second in range(p.first, tape.spot.size):
        advance(desk, second)
        brought = gain_of_day(desk)
        if second > p.last or (brought != NO_VALUE and brought <= -p.most_loss):
            stopped = True
        for contract in range(count):
            held = position(desk, contract)
            units = p.lots * tape.lot[contract]
            most = p.most_lots * tape.lot[contract]
            working = False
            for place in range(2):
                side = BUY if place == 0 else SELL
                wanted = not stopped and side * held < most
                live = is_live(desk, quotes[contract, place])
                working = working or live
                if live and not wanted and not is_cancelling(desk, quotes[contract, place]):
                    cancel(desk, quotes[contract, place])
                elif wanted and not live:
                    quotes[contract, place] = send_peg(desk, contract, side, units, TICKS_INSIDE, tag=1)
            if stopped and held != 0 and not working and not is_live(desk, closing[contract]):
                if held > 0:
                    closing[contract] = sell(desk, contract, held, tag=2)
                else:
                    closing[contract] = buy(desk, contract, -held, tag=2)
