"""A straddle's day from a packed lake, and a thousand variants of it, against bare decoding and a bare loop."""

import numpy as np
import pyarrow.parquet as pq

from benchmarks.figures import Figure, at_most, fastest
from benchmarks.market_of_a_day import DAY, UNDERLYING, full_day
from nfolab.base.compiled import compiled
from nfolab.engine.lines import MISSING, close_line
from nfolab.engine.run import run_programs
from nfolab.research.run import run_day
from nfolab.strategies.choose import Chooser
from nfolab.strategies.find import find_recipe
from nfolab.tape.book import Int64Array
from nfolab.tape.money import Money
from nfolab.tape.tape import Day

GROUP = "run"
VARIANTS = 1000
LEVEL_0 = ["timestamp", "price_paise", "bp0_paise", "bq0", "sp0_paise", "sq0"]


@compiled
def bare_loop(total: Int64Array, first: int, levels: Int64Array) -> int:
    """Scan the value to close for each level's first touch: the least any engine must do for each variant."""
    found = 0
    for level in levels:
        at = first
        while at < total.size and total[at] > level:
            at += 1
        found += at
    return found


def measure() -> list[Figure]:
    lake = full_day()
    day = Day(lake, UNDERLYING, DAY)
    recipe = find_recipe("short_straddle")
    one = [recipe.variant({}, 0)]
    stops = [f"{5 + number / 40:.3f}%" for number in range(VARIANTS)]
    many = [recipe.variant({"stop": stop}, number) for number, stop in enumerate(stops)]
    plan = Chooser(day, Money(day)).plan(one[0])
    entry = int(np.flatnonzero(plan.program.entry.everywhere)[0])
    pair = sorted(number for number in (choice.at(entry) for choice in plan.choices) if number is not None)
    around = _around_the_money(day, pair[0])
    file = pq.ParquetFile(day.file.path, memory_map=True, pre_buffer=False)

    def decode(numbers: list[int]) -> None:
        groups = sorted({int(day.file.contracts.row_group[number]) for number in numbers})
        for column in file.read_row_groups(groups, columns=LEVEL_0, use_threads=False).columns:
            column.to_numpy()

    figures = []
    for name, numbers, floor in (("load a straddle's two contracts", pair, 8.0), ("load ATM±5", around, 60.0)):
        limit = 1e3 * fastest(lambda numbers=numbers: decode(numbers))
        value = 1e3 * fastest(lambda numbers=numbers: day.load(numbers, 1))
        figures.append(at_most(GROUP, name, value, "ms", ("bare decode of their row groups", limit), floor))
    decode_pair = figures[0].against_value

    value = 1e3 * fastest(lambda: run_day(lake, UNDERLYING, DAY, one))
    figures.append(at_most(GROUP, "straddle-day, all in", value, "ms", ("bare decode", decode_pair), 10.0))

    total = _total(day, pair)
    levels = np.linspace(total[total != MISSING].min() * 1.1, total[total != MISSING].max(), VARIANTS).astype(np.int64)
    limit = 1e3 * fastest(lambda: bare_loop(total, 301, levels))
    money = Money(day)
    chooser = Chooser(day, money)
    programs = [chooser.plan(variant).program for variant in many]
    value = 1e3 * fastest(lambda: run_programs(day, programs, money))
    against = ("bare loop over one line", limit)
    figures.append(at_most(GROUP, f"{VARIANTS} stop variants, load to trades", value, "ms", against, 100.0))
    value = 1e3 * fastest(lambda: run_day(lake, UNDERLYING, DAY, many), 3)
    figures.append(at_most(GROUP, f"{VARIANTS} stop variants, load to tables", value, "ms", against, 400.0))
    return figures


def _around_the_money(day: Day, number: int) -> list[int]:
    """Return the contracts of both kinds within five strikes of one contract's."""
    strikes = np.unique(day.strike[day.expiry == day.expiry[number]])
    place = int(np.searchsorted(strikes, day.strike[number]))
    near = strikes[max(0, place - 5) : place + 6]
    chosen = (day.expiry == day.expiry[number]) & np.isin(day.strike, near)
    found: list[int] = np.flatnonzero(chosen).tolist()
    return found


def _total(day: Day, pair: list[int]) -> Int64Array:
    book = day.load(pair).book
    lines = np.empty((2, day.seconds), np.int64)
    for contract in range(2):
        close_line(
            contract, -1, 35, 5, 0, book.second, book.last, book.bid_price, book.bid_size, book.ask_price,
            book.ask_size, book.last_price, lines[contract],
        )  # fmt: skip
    return np.where((lines == MISSING).any(axis=0), MISSING, lines.sum(axis=0))
