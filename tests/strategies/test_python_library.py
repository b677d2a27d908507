"""The Python strategies of the library on a small market: they trade, their sums hold, and they know no future."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from honesty.markets import fills_of, gain_in_fair, martingale, z_score
from honesty.test_truncation import noise
from nfolab.cli.app import app
from nfolab.research.plan import make_plan
from nfolab.research.run import run_day, run_plan
from nfolab.strategies.find import find_strategy, python_library
from strategies.python_market import DAY, EXAMPLES, window_lake, window_tables

OPEN = dt.datetime.combine(DAY, dt.time(9, 15))
LONGER = {"orc_iv_rv"}
"""It asks for more of a day than these twenty minutes: tests/honesty/test_library.py and its golden cases have it."""
# Not the orders' numbers: by rows they count contract after contract, over the whole day of each.
SEEN = ["variant", "time", "event", "contract", "row_time", "level", "side", "price_paise", "quantity", "reason"]


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return window_tables(tmp_path_factory.mktemp("raw"))


@pytest.fixture(scope="module")
def lake(tables, tmp_path_factory):
    return window_lake(tmp_path_factory.mktemp("whole"), tables)


def variants():
    return [find_strategy(name).variant(given, number) for number, (name, given) in enumerate(EXAMPLES.items())]


def ran(lake) -> dict[str, pl.DataFrame]:
    found = run_day(lake, "NIFTY", DAY, variants()).tables
    assert found["ledger"]["state"].to_list() == ["done"] * len(EXAMPLES), found["ledger"]["reason"].to_list()
    return found


@pytest.fixture(scope="module")
def whole(lake):
    return ran(lake)


def test_each_strategy_of_the_library_is_here():
    assert set(EXAMPLES) | LONGER == set(python_library())


def test_each_trades_and_its_sums_hold(whole):
    trades, legs = whole["trades"], whole["legs"]
    assert set(trades["variant"]) == set(range(len(EXAMPLES)))
    gross = legs.group_by("trade").agg(pl.col("gross_paise").sum()).sort("trade")["gross_paise"]
    assert trades.sort("trade")["gross_paise"].to_list() == gross.to_list()
    assert (trades["net_paise"] == trades["gross_paise"] - trades["charges_paise"]).all()
    assert (trades["net_worst_paise"] <= trades["net_paise"]).all()
    assert (trades["net_paise"] <= trades["net_best_paise"]).all()
    fills = pl.DataFrame(list(fills_of(whole)))
    signed = pl.when(pl.col("side") == "sell").then(1).otherwise(-1)
    cash = fills.group_by("trade").agg((signed * pl.col("price_paise") * pl.col("quantity")).sum().alias("cash"))
    assert trades.sort("trade")["gross_paise"].to_list() == cash.sort("trade")["cash"].to_list()
    days = whole["days"].sort("variant")
    for place, name in enumerate(("gross_paise", "net_paise")):
        by_variant = trades.group_by("variant").agg(pl.col(name).sum()).sort("variant")
        assert days[name].to_list() == by_variant[name].to_list(), place


def test_what_was_brought_lies_between_its_extremes(whole):
    trades = whole["trades"]
    assert (trades["most_gain_paise"] >= trades["gross_paise"].clip(0)).all()
    assert (trades["most_loss_paise"] <= trades["gross_paise"].clip(upper_bound=0)).all()
    held = (trades["exit_time"] - trades["entry_time"]).dt.total_seconds()
    assert (trades["seconds_held"] <= held).all()
    assert trades["seconds_held"].min() >= 1


def test_a_candle_backtest_is_told_beside_it(whole, lake):
    """By hand, from the lake's own rows: each order at the last price of the minute in which it was decided."""
    row = whole["trades"].filter(pl.col("variant") == 3).row(0, named=True)
    events = whole["events"].filter(pl.col("trade") == row["trade"])
    rows = pl.read_parquet(lake.root / "options" / "NIFTY" / f"{DAY}.parquet")
    decided = {event["order"]: event["time"] for event in events.filter(pl.col("event") == "order").to_dicts()}
    said = 0
    for fill in events.filter(pl.col("event") == "fill").to_dicts():
        _, _, strike, kind = fill["contract"].split()
        own = rows.filter((pl.col("strike") == int(strike)) & (pl.col("kind") == kind))
        end = decided[fill["order"]].replace(second=59, microsecond=999_999)
        close = own.filter(pl.col("timestamp") <= end)["price_paise"][-1]
        said += fill["quantity"] * close * (1 if fill["side"] == "sell" else -1)
    assert row["minute_close_gross_paise"] == said


@pytest.mark.parametrize("minute", [3, 9, 15])
def test_what_comes_after_changes_nothing_before(whole, tables, tmp_path, minute):
    second = (75 + minute) * 60 + 7
    other = ran(window_lake(tmp_path, noise(tables, second)))
    now = pl.lit(OPEN + dt.timedelta(seconds=second)).dt.replace_time_zone("Asia/Kolkata")

    def until(found: dict[str, pl.DataFrame]) -> list[tuple]:
        return found["events"].filter(pl.col("time") <= now).select(SEEN).rows()

    assert until(other) == until(whole)
    assert other["events"].height != whole["events"].height  # the future was indeed another
    assert len(until(whole)) > 20


def test_the_chain_scanned_at_the_market_gains_nothing_where_nobody_can(tmp_path):
    market = martingale(tmp_path, "NIFTY", dt.date(2025, 7, 7), 21)
    scan = find_strategy("ema_scan")
    tables = run_day(market.lake, market.underlying, market.day, [scan.variant({"most_spread": "3%"}, 0)]).tables
    assert tables["ledger"]["state"].to_list() == ["done"], tables["ledger"]["reason"][0]
    assert tables["trades"].height > 300
    assert abs(z_score([gain_in_fair(market, tables)])) < 4
    for fill in fills_of(tables):
        fair = market.fair[fill["contract"]][(fill["row_time"].hour * 60 + fill["row_time"].minute) * 60
                                             + fill["row_time"].second - 33_300]  # fmt: skip
        signed = 1 if fill["side"] == "buy" else -1
        assert signed * (fill["price_paise"] - fair) >= -1e-6


def test_a_run_of_one_is_told_by_every_command(lake, tmp_path):
    lake_and_runs = ["--lake", str(lake.root), "--runs", str(tmp_path)]
    given = [word for name, value in EXAMPLES["market_maker"].items() for word in ("--set", f"{name}={value}")]
    made = CliRunner().invoke(app, ["run", "market_maker", *lake_and_runs, *given, "--json"])
    assert made.exit_code == 0, made.output
    run = json.loads(made.stdout)
    assert run["trades"] > 0
    told = json.loads(CliRunner().invoke(app, ["trades", run["run"], *lake_and_runs[2:], "--json"]).stdout)
    assert len(told) == run["trades"]
    assert np.isclose(sum(trade["net"] for trade in told), run["net"])
    assert set(told[0]["params"]) >= {"most_lots", "latency", "queue"}
    explained = CliRunner().invoke(app, ["explain", run["run"], "1", *lake_and_runs, "--json"])
    assert explained.exit_code == 0, explained.output
    why = json.loads(explained.stdout)
    assert {"order", "placed"} <= {event["event"] for event in why["decisions"]}
    assert why["fills"][0]["level"] is None or why["fills"][0]["level"] >= 0
    assert CliRunner().invoke(app, ["explain", run["run"], "1", *lake_and_runs]).exit_code == 0
    report = CliRunner().invoke(app, ["report", run["run"], *lake_and_runs, "--json"])
    assert report.exit_code == 0, report.output
    assert run["run"] in Path(json.loads(report.stdout)["html"]).read_text(encoding="utf-8")
    listed = json.loads(CliRunner().invoke(app, ["strategies", "market_maker", "--json"]).stdout)
    assert listed[0]["params"]["most_loss"]["unit"] == "rs"
    assert listed[0]["family"] == "scalp_book"


def test_a_recipe_and_python_strategies_run_together(lake, tmp_path):
    names = ["short_straddle", "ema_scan"]
    given = {"latency": "2s"}
    plan = make_plan(lake, [find_strategy(name) for name in names], given=given)
    run = run_plan(plan, tmp_path)
    assert run.header["strategies"] == names
    assert run.table("ledger")["state"].to_list() == ["done", "done"]
    assert "limits" in run.header["models"]
    assert run.table("trades")["trade"].to_list() == list(range(1, run.table("trades").height + 1))
