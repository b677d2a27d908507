"""Whatever comes after a second, nothing decided or filled until then may change."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from honesty.markets import OPEN, packed_window, recipe, second_of, straddle
from nfolab.lake import Lake
from nfolab.research.run import run_day
from nfolab.vendor.synthetic.table import MARK
from reference.cases import at as clock

DAY = dt.date(2025, 7, 9)
START, END = clock("10:30:00") - OPEN, clock("10:50:00") - OPEN
SEEN = [
    "strategy", "variant", "time", "event", "leg", "contract", "row_time", "level", "side", "price_paise", "quantity",
    "displayed", "observed_paise", "threshold_paise", "reason",
]  # fmt: skip
MONEY = ["variant", "entry_time", "exit_time", "reason", "premium_paise", "gross_paise", "charges_paise", "net_paise"]

QUESTIONS = [
    ("short_straddle", {"entry": "10:31:00", "exit": "10:46:00", "stop": "2%", "target": "2%"}),
    ("short_straddle", {"entry": "10:33:20", "exit": "10:40:00", "leg_stop": "4%", "lots": "18lots"}),
    ("short_straddle", {"entry": "10:35:00", "exit": "10:47:00", "spot": "parity", "strike": "atm_pair", "stop": "1%"}),
    ("short_straddle", {"entry": "10:32:00", "exit": "10:41:30", "lots": "60lots"}),
    ("short_straddle", {"entry": "10:37:00", "exit": "10:39:00", "lots": "12lots"}),
    ("bought_call", {"entry": "10:34:10", "exit": "10:45:00", "target": "3%", "leg_stop": "3%", "latency": "3s"}),
    ("fly", {"entry": "10:36:00", "exit": "10:44:00", "stop": "2pt", "target": "1pt"}),
]


def ran(lake: Lake) -> dict[str, pl.DataFrame]:
    variants = [
        (straddle() if name == "short_straddle" else recipe(name)).variant(given, number)
        for number, (name, given) in enumerate(QUESTIONS)
    ]
    tables = run_day(lake, "NIFTY", DAY, variants).tables
    assert tables["ledger"]["state"].unique().to_list() == ["done"], tables["ledger"]["reason"][0]
    return tables


@pytest.fixture(scope="module")
def whole(window, tmp_path_factory) -> dict[str, pl.DataFrame]:
    return ran(packed_window(tmp_path_factory.mktemp("whole"), window))


def time_at(second: int) -> dt.datetime:
    return dt.datetime.combine(DAY, dt.time()) + dt.timedelta(seconds=OPEN + second)


def until(tables: Mapping[str, pl.DataFrame], second: int) -> tuple[list, list]:
    """Every event at or before a second, and the money of every trade that was over by then."""
    now = pl.lit(time_at(second)).dt.replace_time_zone("Asia/Kolkata")
    events = tables["events"].filter(pl.col("time") <= now).select(SEEN).rows()
    return events, tables["trades"].filter(pl.col("exit_time") <= now).select(MONEY).rows()


# the four ways in which the future is replaced


def split(table: pa.Table, second: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A file's rows until a second, fractions of it included, and those after it."""
    frame = pl.DataFrame(pl.from_arrow(table))
    later = frame["timestamp"] >= time_at(second + 1)
    return frame.filter(~later), frame.filter(later)


def joined(before: pl.DataFrame, after: pl.DataFrame, like: pa.Table) -> pa.Table:
    return pl.concat([before, after.select(before.columns).cast(dict(before.schema))]).to_arrow().cast(like.schema)


def books(rows: pl.DataFrame, bid: np.ndarray, ask: np.ndarray, size: np.ndarray) -> pl.DataFrame:
    """The rows with other books: best prices in paise, levels a tick apart, none below a tick."""
    columns = []
    for side, best, away in (("b", bid, -5), ("s", ask, 5)):
        for level in range(5):
            price = best + away * level
            alive = (price > 0) & (size > 0)
            columns.append(pl.Series(f"{side}p{level}", np.where(alive, price, 0) / 100))
            columns.append(pl.Series(f"{side}q{level}", np.where(alive, size, 0)))
    return rows.with_columns(*columns, price=pl.Series(bid / 100))


def noise(tables: Mapping[str, pa.Table], second: int) -> dict[str, pa.Table]:
    random = np.random.default_rng(second)
    result = {}
    for name, table in tables.items():
        before, after = split(table, second)
        if "bp0" in after.columns:
            bid = 5 * random.integers(1, 20_000, after.height)
            after = books(
                after, bid, bid + 5 * random.integers(1, 40, after.height), 75 * random.integers(1, 90, bid.size)
            )
        else:
            after = after.with_columns(price=after["price"] + random.integers(-400, 400, after.height))
        result[name] = joined(before, after, table)
    return result


def nothing(tables: Mapping[str, pa.Table], second: int) -> dict[str, pa.Table]:
    return {
        name: joined(split(table, second)[0], split(table, second)[0].clear(), table) for name, table in tables.items()
    }


def other_contracts(tables: Mapping[str, pa.Table], second: int) -> dict[str, pa.Table]:
    """Each contract goes on as the next one, and the index as itself backwards."""
    options = [name for name, table in tables.items() if "bp0" in table.column_names]
    parts = {name: split(table, second) for name, table in tables.items()}
    own = ["symbol", "opt_type", "strike", "year", "month"]
    result = {}
    for name, follower in zip(options, options[1:] + options[:1], strict=True):
        before, after = parts[name][0], parts[follower][1]
        after = after.with_columns(pl.lit(before[column][0]).alias(column) for column in own)
        result[name] = joined(before, after, tables[name])
    for name in tables.keys() - set(options):
        before, after = parts[name]
        result[name] = joined(before, after.with_columns(price=after["price"].reverse()), tables[name])
    return result


def crossed_and_empty(tables: Mapping[str, pa.Table], second: int) -> dict[str, pa.Table]:
    result = {}
    for name, table in tables.items():
        before, after = split(table, second)
        if "bp0" in after.columns:
            bid = np.full(after.height, 10_000)
            empty = np.arange(after.height) % 2 == 0
            after = books(after, bid, bid - 5, np.where(empty, 0, 7_500))
        else:
            after = after.with_columns(price=pl.lit(0.0))
        result[name] = joined(before, after, table)
    return result


REPLACEMENTS = (noise, nothing, other_contracts, crossed_and_empty)


def decided(tables: Mapping[str, pl.DataFrame]) -> list[int]:
    """One second of each kind of decision: entries by index and by parity, a miss, and every rule that fired."""
    found = {}
    for event in tables["events"].iter_rows(named=True):
        if event["event"] in ("decision", "missed", "stop", "leg_stop", "target", "time"):
            by_parity = "spot" in QUESTIONS[event["variant"]][1]
            found.setdefault((event["event"], event["event"] == "decision" and by_parity), second_of(event["time"]))
    return sorted(set(found.values()))


def test_the_whole_has_every_kind_of_decision(whole):
    kinds = set(whole["events"]["event"])
    assert {"decision", "order", "fill", "missed", "stop", "leg_stop", "target", "time"} <= kinds
    assert whole["trades"]["partial_exits"].sum() > 0
    assert len(decided(whole)) == 7


@pytest.mark.parametrize("replaced", REPLACEMENTS)
def test_what_comes_after_changes_nothing_before(whole, window, tmp_path, replaced):
    changed = 0
    for decision in decided(whole):
        for second in (decision - 1, decision, decision + 1):
            folder: Path = tmp_path / str(second)
            if folder.exists():
                continue
            tables = ran(packed_window(folder, replaced(window, second)))
            assert until(tables, second) == until(whole, second), f"second {second}"
            changed += until(tables, END + 5_000) != until(whole, END + 5_000)
    assert changed > 10  # the future was indeed another


def test_the_cut_is_exact(window):
    second = START + 300
    for name, table in window.items():
        before, after = split(table, second)
        assert before.height > 0
        assert after.height > 0
        assert before["timestamp"].max() <= time_at(second + 1) - dt.timedelta(microseconds=1)
        assert after["timestamp"].min() >= time_at(second + 1)
        assert noise(window, second)[name].num_rows == table.num_rows
        assert noise(window, second)[name].schema.metadata == table.schema.metadata
        assert set(MARK) <= set(table.schema.metadata)
