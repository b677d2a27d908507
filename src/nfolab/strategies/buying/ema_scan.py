"""EMA 5/21 scan of the whole chain: one loop over every row, contract after contract.

Rules, for each contract by itself, on every snapshot:
- The fast and the slow average of the last price weigh the newest row with 2 / (rows + 1), begin with the contract's
  first row of the day and tell something from the slow one's number of rows on.
- Flat, between `first` and `last`: the fast average is above the slow one, the spread is at most `most_spread` of the
  mid, and something traded since the row before: buy `lots` at the market.
- Bought: the fast average is at or below the slow one: sell. Whatever is left the desk closes at 15:20:00.

Source: the user's own speed benchmark (bench_ema5_21): presorted rows of the whole chain in one compiled loop.

Assumptions: a signal of one row is decided in its second and reaches the market a latency later; his own scan filled
at the last price of the row that decided. One position a contract; another order waits for the one before.
"""

from dataclasses import dataclass

from numba import njit

from nfolab.base.units import Clock, Lots, Percent, Rows
from nfolab.engine.desk import buy, is_live, position, see, sell

SIDE = "buy"
HEADER = {"family": "benchmark"}
TAGS = {1: "crossed_up", 2: "crossed_down"}
GRID = {"most_spread": ("0.05%", "0.2%", "0.5%")}
MILLION = 1_000_000


@dataclass(frozen=True)
class Params:
    """`fast` and `slow` are counted in snapshots of the contract."""

    fast: Rows = Rows(5)
    slow: Rows = Rows(21)
    most_spread: Percent = Percent.parse("0.05%")
    first: Clock = Clock.parse("09:20:00")
    last: Clock = Clock.parse("15:15:00")
    lots: Lots = Lots(1)


def contracts(listing, p):
    """Return every contract of the nearest expiry."""
    return listing.nearest_expiry()


@njit
def run(tape, desk, p):
    """Scan the chain."""
    fast_weight, slow_weight = 2 / (p.fast + 1), 2 / (p.slow + 1)
    for contract in range(tape.lot.size):
        units = p.lots * tape.lot[contract]
        order = -1
        rows = 0
        fast = slow = 0.0
        for row in range(tape.first_row[contract], tape.first_row[contract + 1]):
            see(desk, contract, row)
            price = tape.last_price[row]
            if price <= 0:
                continue
            rows += 1
            if rows == 1:
                fast = slow = float(price)
            else:
                fast += fast_weight * (price - fast)
                slow += slow_weight * (price - slow)
            if rows < p.slow:
                continue
            if position(desk, contract) > 0:
                if fast <= slow and not is_live(desk, order):
                    order = sell(desk, contract, position(desk, contract), tag=2)
            elif fast > slow and tape.traded[row] > 0 and p.first <= tape.second[row] <= p.last:
                bid, ask = tape.bid_price[0, row], tape.ask_price[0, row]
                narrow = 2.0 * MILLION * (ask - bid) <= 1.0 * p.most_spread * (bid + ask)
                if 0 < bid < ask and narrow and not is_live(desk, order):
                    order = buy(desk, contract, units, tag=1)
