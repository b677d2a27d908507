"""Runs in an environment of its own: the scan of the chain by vectorbt, timed, as JSON.

On: orders at the best quote of the next row, position keeping, order records. Off: depth, partial fills, the size that
is displayed, latency in seconds, a row for each fill, charges by date. The compiled loop that makes the signals is
counted.
"""

import json
import sys
import time
import warnings

import numpy as np

warnings.simplefilter("ignore")

import vectorbt as vbt  # noqa: E402
from numba import njit  # noqa: E402

data = np.load(sys.argv[1])
most_spread = float(sys.argv[2])
data = {name: data[name] for name in data.files}


@njit
def signals(last, bid, ask, traded, most_spread):
    entries, exits = np.zeros(last.size, np.bool_), np.zeros(last.size, np.bool_)
    fast = slow = last[0]
    for row in range(last.size):
        fast += (last[row] - fast) / 3
        slow += (last[row] - slow) / 11
        if row >= 21:
            narrow = ask[row] > bid[row] and 2 * (ask[row] - bid[row]) <= most_spread * (ask[row] + bid[row])
            entries[row] = fast > slow and narrow and traded[row] > 0
            exits[row] = fast <= slow
    return entries, exits


def scan():
    orders, spent = 0, 0.0
    for at in range(data["first_row"].size - 1):
        rows = slice(data["first_row"][at], data["first_row"][at + 1])
        last = data["last_price"][rows] / 100.0
        bid, ask = data["bid_price"][0, rows] / 100.0, data["ask_price"][0, rows] / 100.0
        traded = data["traded"][rows]
        start = time.perf_counter()
        entries, exits = signals(last, bid, ask, traded, most_spread)
        # The quote of the next row, as near to a latency of a second as it comes.
        price = np.where(np.roll(entries, 1), ask, bid)
        made = vbt.Portfolio.from_signals(
            last, np.roll(entries, 1), np.roll(exits, 1), price=np.where(price > 0, price, last),
            size=float(data["lot"][at]), init_cash=1e9, accumulate=False,
        )  # fmt: skip
        orders += made.orders.values.size
        spent += time.perf_counter() - start
    return orders, spent


orders, best = scan()[0], np.inf
for _ in range(5):
    best = min(best, scan()[1])
print(json.dumps({"seconds": best, "orders": int(orders)}))
