"""Limit scalper: join the bid of an option that starts to rise, take a small target by a resting limit.

Rules, for each contract within `strikes` of the money as it stood at `first`:
- Flat, between `first` and `last`: the last price stands above that of `look` before by `rise` or more, and the spread
  is at most `most_spread`: a limit to buy `lots` one tick above the bid, valid for `patience`.
- Bought: a limit to sell at the entry price plus `target` rests. Once the best bid is at or below the entry price less
  `stop`, or after `hold`, the resting limit is cancelled and the rest is sold at the market.
- After a trade of a contract nothing is bought there for `pause`.

Source: the posting rules of micro scalps (one tick inside the spread, bounded patience, target as a limit).

Assumptions: what waits is filled by the desk's queue; the entry price is the limit's own price, since a buyer of a
limit never pays more. The sale at the market is sent in the second after the cancel took effect.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from nfolab.base.units import Clock, Lots, Points, Seconds
from nfolab.engine.desk import BUY, SELL, advance, cancel, is_cancelling, is_live, position, sell, send_limit

SIDE = "buy"
HEADER = {"family": "scalp_book"}
TAGS = {1: "entry", 2: "target", 3: "stop", 4: "time"}
GRID = {"target": ("1pt", "2pt", "4pt"), "stop": ("1.5pt", "3pt")}
TICK = 5
AGE = 5


@dataclass(frozen=True)
class Params:
    """Distances are points of the option's price."""

    first: Clock = Clock.parse("09:45:00")
    last: Clock = Clock.parse("15:10:00")
    look: Seconds = Seconds(10)
    rise: Points = Points.parse("1pt")
    most_spread: Points = Points.parse("2pt")
    patience: Seconds = Seconds(5)
    target: Points = Points.parse("2pt")
    stop: Points = Points.parse("3pt")
    hold: Seconds = Seconds(120)
    pause: Seconds = Seconds(60)
    lots: Lots = Lots(1)


def contracts(listing, p):
    """Return the contracts of the nearest expiry within one strike of the money."""
    return listing.near_the_money(p.first, strikes=1)


@njit
def run(tape, desk, p):
    """Walk the seconds; each contract has one order at work at most."""
    count = tape.lot.size
    order = np.full(count, -1)
    paid = np.zeros(count, np.int64)
    since = np.zeros(count, np.int64)
    closed = np.full(count, -(10**6))
    was_held = np.zeros(count, np.bool_)
    for second in range(p.first, tape.spot.size):
        advance(desk, second)
        for contract in range(count):
            row = tape.last[contract, second]
            if row < 0 or second - tape.second[row] > AGE:
                continue
            bid, ask = tape.bid_price[0, row], tape.ask_price[0, row]
            held = position(desk, contract)
            if held > 0:
                if not was_held[contract]:
                    since[contract] = second
                was_held[contract] = True
                stopped = 0 < bid <= paid[contract] - p.stop
                over = stopped or second - since[contract] >= p.hold
                if is_live(desk, order[contract]):
                    if over and not is_cancelling(desk, order[contract]):
                        cancel(desk, order[contract])
                elif over:
                    order[contract] = sell(desk, contract, held, tag=3 if stopped else 4)
                else:
                    price = (paid[contract] + p.target) // TICK * TICK
                    order[contract] = send_limit(desk, contract, SELL, held, price, tag=2)
                continue
            if was_held[contract]:
                was_held[contract] = False
                closed[contract] = second
            before = tape.last[contract, second - p.look]
            if second > p.last or before < 0 or is_live(desk, order[contract]) or second < closed[contract] + p.pause:
                continue
            rises = tape.last_price[row] - tape.last_price[before] >= p.rise
            if rises and 0 < bid < ask and ask - bid <= p.most_spread and bid + TICK < ask:
                paid[contract] = bid + TICK
                units = p.lots * tape.lot[contract]
                order[contract] = send_limit(desk, contract, BUY, units, bid + TICK, p.patience, tag=1)
