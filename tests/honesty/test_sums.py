"""Fills add up to legs, legs to trades, trades to days, days to the run; and every fill stands in the lake."""

from fractions import Fraction

import polars as pl
import pytest

from honesty.markets import lake_table
from nfolab.research.documents import run_document, trade_documents

COMPONENTS = ["brokerage", "stt", "exchange", "ipft", "sebi", "stamp", "gst"]
SUMS = ["gross_paise", "charges_paise", "net_paise", "net_best_paise", "net_worst_paise"]


@pytest.fixture(scope="module")
def tables(run_of_all):
    return {name: run_of_all.table(name) for name in ("trades", "legs", "events", "days", "ledger", "plan")}


def test_the_run_meets_every_rule_every_reason_and_every_end(tables):
    assert {"stop", "leg_stop", "target", "time", "settled"} <= set(tables["legs"]["reason"])
    assert {"decision", "order", "fill", "missed", "skipped"} <= set(tables["events"]["event"])
    assert tables["trades"]["partial_exits"].sum() > 5
    assert tables["trades"].height > 100
    flagged = set(tables["trades"]["flags"].explode().drop_nulls())
    assert {"gap", "crossed_book", "empty_book", "settled", "late_exit"} <= flagged
    assert tables["ledger"]["state"].unique().to_list() == ["done"]


def test_fills_add_up_to_legs(tables):
    fills = tables["events"].filter(pl.col("event") == "fill").partition_by("trade", "leg", as_dict=True)
    assert len(fills) == tables["legs"].height
    for leg in tables["legs"].iter_rows(named=True):
        entry = {"units": 0, "value": 0}
        exit_ = {"units": 0, "value": 0}
        for fill in fills[leg["trade"], leg["leg"]].iter_rows(named=True):
            side = entry if fill["side"] == leg["side"] else exit_
            side["units"] += fill["quantity"]
            side["value"] += fill["quantity"] * fill["price_paise"]
        assert (entry["units"], entry["value"]) == (leg["units"], leg["entry_value_paise"])
        if leg["reason"] in ("settled", "unclosed"):
            assert exit_["units"] < leg["units"]
            assert exit_["value"] <= leg["exit_value_paise"]
        else:
            assert (exit_["units"], exit_["value"]) == (leg["units"], leg["exit_value_paise"])
        sign = 1 if leg["side"] == "sell" else -1
        assert leg["gross_paise"] == sign * (leg["entry_value_paise"] - leg["exit_value_paise"])


def test_legs_add_up_to_trades(tables):
    sign = pl.when(pl.col("side") == "sell").then(1).otherwise(-1)
    sums = tables["legs"].group_by("trade", maintain_order=True).agg(
        pl.col("gross_paise").sum(), premium_paise=(sign * pl.col("entry_value_paise")).sum(),
        exit_time=pl.col("exit_time").max(), entry_time=pl.col("entry_time").unique().item(),
    )  # fmt: skip
    trades = tables["trades"]
    assert trades["trade"].to_list() == list(range(1, trades.height + 1))
    for column in ("gross_paise", "premium_paise", "exit_time", "entry_time"):
        assert trades[column].to_list() == sums[column].to_list()


def test_components_add_up_to_charges_and_charges_to_the_net(tables):
    for trade in tables["trades"].iter_rows(named=True):
        total = sum(Fraction(trade[f"{name}_rupees"]) for name in COMPONENTS) * 100
        assert abs(total - trade["charges_paise"]) <= Fraction(1, 2) + Fraction(1, 10**6)
        assert trade["net_paise"] == trade["gross_paise"] - trade["charges_paise"]
        assert trade["net_flat5_paise"] == trade["gross_paise"] - 500


def test_the_band_is_worst_likely_best_at_every_level(tables, run_of_all):
    for table in (tables["trades"], tables["days"]):
        assert (table["net_worst_paise"] <= table["net_paise"]).all()
        assert (table["net_paise"] <= table["net_best_paise"]).all()
    assert (tables["trades"]["gross_worst_paise"] <= tables["trades"]["gross_paise"]).all()
    assert (tables["trades"]["gross_paise"] <= tables["trades"]["gross_best_paise"]).all()
    assert (tables["trades"]["net_worst_paise"] < tables["trades"]["net_paise"]).any()
    assert (tables["trades"]["net_paise"] < tables["trades"]["net_best_paise"]).any()
    band = run_document(run_of_all)["band"]
    assert band["worst"] < band["likely"] < band["best"]


def test_trades_add_up_to_days_and_days_to_the_run(tables, run_of_all):
    of_trades = {
        (row["strategy"], row["variant"], row["day"]): row
        for row in tables["trades"]
        .group_by("strategy", "variant", "day")
        .agg(pl.col(SUMS).sum(), trades=pl.len())
        .iter_rows(named=True)
    }
    assert tables["days"].height == tables["ledger"].height == 3 * tables["plan"].height
    for day in tables["days"].iter_rows(named=True):
        made = of_trades.pop((day["strategy"], day["variant"], day["day"]), None)
        assert day["trades"] == (made["trades"] if made else 0)
        assert [day[column] for column in SUMS] == [made[column] if made else 0 for column in SUMS]
        assert (day["note"] is None) == bool(made)
    assert not of_trades
    totals = run_of_all.header["totals"]
    for column in SUMS:
        assert totals[column] == tables["days"][column].sum() == tables["trades"][column].sum()
    assert totals["trades"] == tables["trades"].height
    assert totals["net_paise"] == totals["gross_paise"] - totals["charges_paise"]


def test_what_scripts_read_adds_up_too(run_of_all):
    told, trades = run_document(run_of_all), trade_documents(run_of_all)
    for name in ("gross", "charges", "net", "net_flat5"):
        assert round(told[name] * 100) == sum(round(trade[name] * 100) for trade in trades)
    assert told["trades"] == len(trades)
    for trade in trades:
        assert round(trade["gross"] * 100) == sum(round(leg["gross"] * 100) for leg in trade["legs"])
        assert round(trade["net"] * 100) == round(trade["gross"] * 100) - round(trade["charges"] * 100)


def test_every_fill_is_within_the_size_of_the_level_of_the_row_it_names(tables, traded):
    fills = tables["events"].filter(pl.col("event") == "fill")
    assert fills.height > 300
    assert fills["level"].max() >= 2
    for (day,), of_day in fills.partition_by("day", as_dict=True).items():
        lake = lake_table(traded.lake, "NIFTY", day)
        rows = lake.take(of_day["row"].to_list()).to_pylist()
        for fill, row in zip(of_day.iter_rows(named=True), rows, strict=True):
            letter = "s" if fill["side"] == "buy" else "b"
            assert row[f"{letter}p{fill['level']}_paise"] == fill["price_paise"] > 0
            assert row[f"{letter}q{fill['level']}"] == fill["displayed"] >= fill["quantity"] > 0
            assert row["bp0_paise"] < row["sp0_paise"]
            assert f"NIFTY {row['expiry']} {row['strike']} {row['kind']}" == fill["contract"]
            assert row["timestamp"].replace(microsecond=0, nanosecond=0) == fill["row_time"]


def test_one_rows_level_is_never_taken_beyond_its_size(tables):
    fills = tables["events"].filter(pl.col("event") == "fill")
    taken = fills.group_by("variant", "day", "row", "side", "level").agg(
        pl.col("quantity").sum(), pl.col("displayed").first()
    )
    assert (taken["quantity"] <= taken["displayed"]).all()
