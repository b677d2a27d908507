"""When orders may go out, that every position ends, and that no two of one variant overlap."""

import datetime as dt

import polars as pl
import pytest

LAST_ENTRY, LAST_EXIT = dt.time(15, 15), dt.time(15, 20)
ENDS = {"stop", "leg_stop", "target", "time", "settled", "unclosed"}


@pytest.fixture(scope="module")
def events(run_of_all):
    return run_of_all.table("events")


def test_no_order_to_open_after_a_quarter_past_three(events):
    asked = events.filter(pl.col("event") == "decision")["time"].dt.time()
    assert asked.max() == LAST_ENTRY


def test_no_order_to_close_after_twenty_past_three(events, run_of_all):
    sent = events.filter(pl.col("event").is_in(["order", "stop", "leg_stop", "target", "time"]))["time"].dt.time()
    assert sent.max() == LAST_EXIT
    legs = run_of_all.table("legs")
    ended = legs.filter(~pl.col("reason").is_in(["settled", "unclosed"]))
    orders = events.filter(pl.col("event") == "order").select("trade", "leg", "reason", ordered="time")
    assert orders.height == orders.select("trade", "leg").unique().height
    matched = ended.join(orders, on=["trade", "leg", "reason"], how="left")
    assert matched["ordered"].null_count() == 0
    assert (matched["ordered"] < matched["exit_time"]).all()


def test_no_position_is_dropped(events, run_of_all):
    legs, trades = run_of_all.table("legs"), run_of_all.table("trades")
    assert set(legs["reason"]) <= ENDS
    assert legs["exit_time"].null_count() == legs["exit_value_paise"].null_count() == 0
    opened = events.filter((pl.col("event") == "fill") & (pl.col("reason").is_null())).select("trade", "leg").unique()
    assert opened.height == legs.height
    asked = events.filter(pl.col("event") == "decision").select("variant", "day", "time", "leg")
    missed = events.filter((pl.col("event") == "missed") & pl.col("contract").is_not_null())
    legs_of_an_order = asked.group_by("variant", "day", "time").len()["len"]
    assert set(legs_of_an_order) == {1, 2, 4}
    assert legs_of_an_order.len() == trades.height + missed.height


def test_positions_of_one_variant_never_overlap(events, run_of_all):
    trades = run_of_all.table("trades").sort("variant", "day", "decision_time")
    again = trades.filter(pl.col("strategy") == "again_and_again")
    assert again.group_by("variant", "day").len()["len"].max() >= 4
    before = pl.col("exit_time").shift().over("variant", "day")
    overlaps = trades.filter(pl.col("decision_time") < before)
    assert overlaps.height == 0
    assert (trades["decision_time"] < trades["entry_time"]).all()
    assert (trades["entry_time"] < trades["exit_time"]).all()
    skipped = events.filter(pl.col("event") == "skipped")
    assert skipped.height > 0
    for event in skipped.iter_rows(named=True):
        same = trades.filter((pl.col("variant") == event["variant"]) & (pl.col("day") == event["day"]))
        busy = same.filter((pl.col("decision_time") < event["time"]) & (pl.col("exit_time") > event["time"]))
        assert busy.height == 1, event
