"""What a worse policy may not give: a better price for one order at one row; and what latency may not: a gain.

An order that waits longer, or stands behind a queue, meets another market than one that does not: over a whole day
nothing can be said of it row by row, and where nobody can gain, only that it gains nothing.
"""

import random
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from engine.desk_play import played, rows_as_arrays
from honesty.markets import Fair, at, gain_in_fair, straddle, z_score
from nfolab.engine.band import reprice
from nfolab.engine.book import ASKS, BIDS, is_good, walk
from nfolab.engine.desk.codes import ON_FILLED, LogField
from reference.rows import NANOS, OPEN_SECOND_OF_DAY
from reference.test_desk_properties import one_order

SEEDS = range(150)
MODELS = ("best", "likely", "worst")


def fills_at(case: dict, order: dict, second: int, **terms) -> list[tuple[int, int, int]]:
    """Level, price and units of the fills of an order by the first row it meets."""
    script = [{"at": max(0, second - 1), "do": "send", "order": order}]
    done = played({**case, "script": script, "by_rows": False, "terms": terms})
    fields = (LogField.LEVEL, LogField.PRICE, LogField.UNITS)
    return [
        tuple(line[field] for field in fields)
        for line in done.log.tolist()
        if line[LogField.EVENT] == ON_FILLED and line[LogField.ORDER] == 0 and line[LogField.SECOND] == second
    ]


def test_of_one_order_at_one_row_no_worse_policy_gives_a_better_price():
    filled = 0
    for seed in SEEDS:
        rng = random.Random(seed)
        case, order = one_order(seed)
        row = rng.choice(case["contracts"][0]["rows"])
        case["contracts"][0] |= {"rows": [row], "lot": 35}
        case["last_second"] = row[0] // NANOS - OPEN_SECOND_OF_DAY + 2
        order = {**order, "kind": rng.choice(("limit", "market"))}
        second = row[0] // NANOS - OPEN_SECOND_OF_DAY
        # From the best to the worst of each kind of policy: whoever waits, or wants everything, gets no level cheaper.
        part = fills_at(case, order, second)
        for policy in (
            [fills_at(case, order, second, policy=policy) for policy in ("one_sided", "strict")],
            [fills_at(case, order, second, model=model) for model in MODELS],
            [fills_at(case, {**order, "fill": fill}, second) for fill in ("part", "now", "all")],
        ):
            for better, worse in pairwise(policy):
                assert worse in ([], better), f"seed {seed}"
        # A limit never pays more than a market order for the same units, level by level, nor takes what that leaves.
        market = fills_at(case, {**order, "kind": "market"}, second)
        assert market[: len(part)] == part or order["kind"] == "limit"
        assert all(level in {one[0] for one in market} for level, _, _ in part)
        filled += bool(part)
    assert filled > 30


def test_of_one_fill_at_one_row_the_band_is_exact():
    tried = 0
    for seed in SEEDS:
        rng = random.Random(seed)
        case, order = one_order(seed)
        book, _ = rows_as_arrays([case["contracts"][0]["rows"]], case["last_second"])
        sides = book.bid_price, book.bid_size, book.ask_price, book.ask_size
        good = [row for row in range(book.second.size) if is_good(row, *sides)]
        if not good:
            continue
        row, sign = rng.choice(good), 1 if order["side"] == "buy" else -1
        price, size = (book.ask_price, book.ask_size) if sign > 0 else (book.bid_price, book.bid_size)
        value, left, _ = walk(row, order["units"], price, size)
        units = order["units"] - left
        told = [np.array([one]) for one in (0, row, sign, units, value, row, rng.choice((15, 30)))]
        prices = np.empty((5, 1), np.int64)
        reprice(*told, book.second, book.first_row, *sides, prices)
        best, worst, spread, depth, latency = prices[:, 0].tolist()
        # Cash of a sale is paid, of a purchase owed: best ≥ likely ≥ worst of either, but for the tick a sale keeps.
        assert sign * best <= sign * value <= sign * worst or worst == 5 * units
        assert sign * best <= sign * value
        mid = int(book.bid_price[0, row]) + int(book.ask_price[0, row])
        assert (spread + depth, latency) == (sign * (2 * value - units * mid), 0)
        tried += 1
    assert tried > 100
    assert {BIDS, ASKS} == {0, 1}


LATENCIES = ("1s", "2s", "5s")
ENTRIES = range(600, 20_400, 150)


@pytest.fixture(scope="module")
def by_latency(martingales) -> dict[str, list[tuple[Fair, dict[str, pl.DataFrame]]]]:
    """The same entries and rules of a straddle at each latency, on every martingale day."""
    told = {}
    for latency in LATENCIES:
        rules = {"stop": "4%", "target": "3%", "latency": latency}
        questions = [{**rules, "entry": at(second), "exit": at(second + 900)} for second in ENTRIES]
        told[latency] = [(market, market.run(straddle(), questions)) for market in martingales]
    return told


@pytest.mark.parametrize("late", LATENCIES[1:])
def test_where_nobody_can_gain_no_latency_does(by_latency, late):
    """Paired: what the late one holds less what the quick one holds, in fair values, has mean zero."""
    pairs = []
    for (market, quick), (_, slow) in zip(by_latency["1s"], by_latency[late], strict=True):
        turned = quick["events"].with_columns(pl.col("side").replace({"buy": "sell", "sell": "buy"}))
        pairs.append(gain_in_fair(market, {"events": pl.concat([slow["events"], turned])}))
        waits = (slow["trades"]["entry_time"] - slow["trades"]["decision_time"]).dt.total_seconds()
        assert waits.min() >= int(late[:-1])
    assert sum(variation for _, variation in pairs) > 0
    assert abs(z_score(pairs)) < 4
