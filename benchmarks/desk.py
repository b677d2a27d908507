"""A Python strategy on the desk: every row of 22 contracts, all models and the full log on, against a bare loop."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.figures import Figure, at_least, at_most, fastest
from benchmarks.market_of_a_day import DATA, DAY, UNDERLYING, full_day
from nfolab.base.compiled import compiled
from nfolab.engine.desk.clock import finish
from nfolab.engine.desk.run import DeskDay, run_on_desk
from nfolab.engine.desk.tables import Desk, Room, new_desk
from nfolab.engine.desk.tape import StrategyTape
from nfolab.market.lots import lot_size
from nfolab.strategies.find import find_strategy
from nfolab.tape.book import Int32Array
from nfolab.tape.tape import Day

GROUP = "desk"
WIDE, USUAL = "3%", "0.05%"
"""The scan's greatest spread: so wide that it trades at every crossing, and as its source has it."""

LOGS_SHARE = 1 / 3

_FIRST_CALL = """
import time
from datetime import date
from pathlib import Path
from nfolab.lake import Lake
from nfolab.research.run import run_day
from nfolab.strategies.find import find_strategy
start = time.perf_counter()
variant = find_strategy("market_maker").variant({}, 0)
tables = run_day(Lake.open(Path(LAKE)), UNDERLYING, date.fromisoformat(DAY), [variant]).tables
assert tables["ledger"]["state"][0] == "done", tables["ledger"]["reason"][0]
print(time.perf_counter() - start)
"""


@compiled
def bare_loop(
    first_row: Int32Array, last_price: Int32Array, bid_price: Int32Array, ask_price: Int32Array, traded: Int32Array
) -> int:
    """Average every row's last price twice and count the crossings: the least any scan must do."""
    crossed = 0
    for contract in range(first_row.size - 1):
        fast = slow = 0.0
        for row in range(first_row[contract], first_row[contract + 1]):
            fast += (last_price[row] - fast) / 3
            slow += (last_price[row] - slow) / 11
            if fast > slow and traded[row] > 0 and ask_price[0, row] > bid_price[0, row]:
                crossed += 1
    return crossed


def chain_near_the_money(day: Day, strikes: int = 5) -> list[int]:
    """Return both kinds of the nearest expiry, within some strikes of the index a quarter of an hour after the open."""
    nearest = day.expiry == day.expiry.min()
    held = np.unique(day.strike[nearest])
    place = int(np.argmin(np.abs(100 * held - day.spot[900])))
    near = held[max(0, place - strikes) : place + strikes + 1]
    found: list[int] = np.flatnonzero(nearest & np.isin(day.strike, near)).tolist()
    return found


@dataclass(frozen=True)
class Scan:
    """The library's scan of the chain over some contracts: the tape it sees, and its run, with its log or without."""

    seen: StrategyTape
    run: Callable[[], DeskDay]
    without_log: Callable[[], None]


def scan(day: Day, numbers: list[int], most_spread: str) -> Scan:
    """Return the library's scan of the chain over some contracts."""
    strategy = find_strategy("ema_scan")
    variant = strategy.variant({"most_spread": most_spread}, 0)
    tape, traded = day.load(numbers), day.traded(numbers)
    book = tape.book
    lot = np.array([lot_size(UNDERLYING, day.expiry[number].item(), DAY) for number in numbers], np.int32)
    seen = StrategyTape(
        *book[:8],
        traded,
        (100 * day.strike[numbers]).astype(np.int32),
        day.kind[numbers] == "CE",
        lot,
        day.spot,
        (),
        (),
    )
    params = strategy.numbers(strategy.read(variant.params), day.session.open)
    rules = variant.settings.rules(UNDERLYING, day.session, 0)

    def play(desk: Desk) -> None:
        strategy.run(seen, desk, params)

    def without_log() -> None:
        desk = new_desk(book, traded, lot, rules, Room(log=0))
        play(desk)
        finish(desk)

    return Scan(seen, lambda: run_on_desk(play, book, traded, lot, rules), without_log)


def first_call() -> float:
    """Return the seconds of a strategy's first day in a fresh process, with the cache made."""
    lake = DATA / full_day().root.name
    script = _FIRST_CALL.replace("LAKE", repr(str(lake))).replace("UNDERLYING", repr(UNDERLYING))
    script = script.replace("DAY", repr(str(DAY)))
    seconds = []
    for _ in range(4):  # the first makes the cache
        done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
        seconds.append(float(done.stdout))
    return min(seconds[1:])


def measure() -> list[Figure]:
    """Return the figures of this group."""
    day = Day(full_day(), UNDERLYING, DAY)
    numbers = chain_near_the_money(day)
    figures = []
    for name, spread, floor, goal in (
        ("rows looked at by a strategy that trades rarely", USUAL, 20.0, 50.0),
        ("rows looked at by one that trades at every crossing", WIDE, 20.0, 50.0),
    ):
        start = time.perf_counter()
        one = scan(day, numbers, spread)
        run, seen = one.run, one.seen
        done = run()
        print(
            f"{seen.second.size:,} rows, {len(done.orders):,} orders, {len(done.log):,} lines of log; "
            f"first call {time.perf_counter() - start:.1f} s",
            file=sys.stderr,
        )
        million = seen.second.size / 1e6
        bare = million / fastest(
            lambda seen=seen: bare_loop(seen.first_row, seen.last_price, seen.bid_price, seen.ask_price, seen.traded)
        )
        rate = million / fastest(run, 15)
        figures.append(at_least(GROUP, name, rate, "M rows/s", ("bare loop over the same rows", bare), floor, goal))
        bare_of_log = million / fastest(one.without_log, 15)
        text = f"{name}: the log's share of the time"
        figures.append(
            at_most(GROUP, text, 1 - rate / bare_of_log, "", ("M rows/s without a log", bare_of_log), LOGS_SHARE)
        )
    figures.append(
        at_most(GROUP, "first call with the cache made, load to tables", first_call(), "s", ("its limit", 1.0), 1.0)
    )
    return figures
