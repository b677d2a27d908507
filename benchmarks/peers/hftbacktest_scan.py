"""Runs in an environment of its own: the scan of the chain by hftbacktest, five levels, timed, as JSON.

On: five displayed levels, queue of limit orders (risk-averse), constant latency, partial fills. Off: a log of each
fill with the row that it hit (it keeps none), the band, charges by date, own fills that use up the displayed size.
The averages of the last price are taken from the same arrays, so that it spends no time on them but their update.
"""

import json
import sys
import time

import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    GTC,
    LOCAL_EVENT,
    MARKET,
    SELL_EVENT,
    BacktestAsset,
    HashMapMarketDepthBacktest,
)
from hftbacktest.types import event_dtype
from numba import njit

NANOS = 1_000_000_000
LATENCY = 900_000_000
data = np.load(sys.argv[1])
MOST_SPREAD = float(sys.argv[2])


@njit
def differences(second, prices, sizes, first, end, flag, out, at):
    """Write what each snapshot of one side changes against the one before it, as depth events."""
    for row in range(first, end):
        stamp = second[row] * NANOS + 1_000_000
        if row > first:
            for level in range(5):
                price = prices[level, row - 1]
                kept = False
                for other in range(5):
                    kept = kept or prices[other, row] == price
                if price > 0 and not kept:
                    out[at].ev, out[at].exch_ts, out[at].local_ts = flag, stamp, stamp
                    out[at].px, out[at].qty = price / 100, 0.0
                    at += 1
        for level in range(5):
            price, size = prices[level, row], sizes[level, row]
            same = False
            if row > first:
                for other in range(5):
                    same = same or (prices[other, row - 1] == price and sizes[other, row - 1] == size)
            if price > 0 and not same:
                out[at].ev, out[at].exch_ts, out[at].local_ts = flag, stamp, stamp
                out[at].px, out[at].qty = price / 100, size
                at += 1
    return at


@njit
def scan(hbt, second, last, first, end, units, most_spread):
    fast = slow = 0.0
    orders = 0
    for row in range(first, end):
        step = second[row] - (second[row - 1] if row > first else second[first])
        if row > first and step == 0:
            continue
        if hbt.elapse(step * NANOS if row > first else 2_000_000) != 0:
            break
        price = last[row]
        if row == first:
            fast = slow = price
        fast += (price - fast) / 3
        slow += (price - slow) / 11
        if row - first < 21:
            continue
        hbt.clear_inactive_orders(0)
        if len(hbt.orders(0)) > 0:
            continue
        depth = hbt.depth(0)
        if hbt.position(0) > 0:
            if fast <= slow:
                hbt.submit_sell_order(0, row, depth.best_bid, hbt.position(0), GTC, MARKET, False)
                orders += 1
            continue
        spread, twice_mid = depth.best_ask - depth.best_bid, depth.best_ask + depth.best_bid
        if hbt.position(0) == 0 and fast > slow and spread > 0 and 2 * spread <= most_spread * twice_mid:
            hbt.submit_buy_order(0, row, depth.best_ask, units, GTC, MARKET, False)
            orders += 1
    return orders


def events(first, end):
    rows = end - first
    out = np.zeros(rows * 20, event_dtype)
    bids, asks = DEPTH_EVENT | EXCH_EVENT | LOCAL_EVENT | BUY_EVENT, DEPTH_EVENT | EXCH_EVENT | LOCAL_EVENT | SELL_EVENT
    at = differences(data["second"], data["bid_price"], data["bid_size"], first, end, bids, out, 0)
    at = differences(data["second"], data["ask_price"], data["ask_size"], first, end, asks, out, at)
    made = out[:at]
    return made[np.argsort(made["local_ts"], kind="stable")]


def backtest(made):
    asset = (
        BacktestAsset().data([made]).linear_asset(1.0).constant_order_latency(LATENCY, 1_000_000)
        .risk_adverse_queue_model().partial_fill_exchange().trading_value_fee_model(0.0, 0.0)
        .tick_size(0.05).lot_size(1.0)
    )  # fmt: skip
    return HashMapMarketDepthBacktest([asset])


bounds = data["first_row"]
arrays = {name: np.ascontiguousarray(data[name]) for name in ("second", "last_price")}
data = {name: data[name] for name in data.files}
preparing = time.perf_counter()
chain = [events(bounds[at], bounds[at + 1]) for at in range(bounds.size - 1)]
preparing = time.perf_counter() - preparing
best, orders = np.inf, 0
for _ in range(3):
    spent, orders = 0.0, 0
    for at, made in enumerate(chain):
        hbt = backtest(made)
        start = time.perf_counter()
        orders += scan(
            hbt, arrays["second"], arrays["last_price"], bounds[at], bounds[at + 1], float(data["lot"][at]), MOST_SPREAD
        )
        spent += time.perf_counter() - start
        hbt.close()
    best = min(best, spent)
print(json.dumps({"seconds": best, "orders": int(orders), "preparing": preparing}))
