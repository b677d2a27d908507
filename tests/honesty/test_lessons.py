"""The faults of earlier work, each as a test of its name (specs/lessons.md), as far as the engine reaches."""

import polars as pl
import pytest

from engine.hand_market import (
    CALL,
    DAY,
    PUT,
    at,
    book,
    hand_lake,
    outcomes,
    quote,
    recipe_of,
    steady,
    straddle,
    tables_of,
)
from honesty.markets import lake_table, second_of
from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.vendor.sources import find_sources

QUIET = steady(range(95, 300), 10_000, 10_010)


@pytest.fixture(scope="module")
def tables(run_of_all):
    return {name: run_of_all.table(name) for name in ("trades", "legs", "events", "days")}


# A: prices that were not the option's


def test_a01_a_bought_straddle_loses_when_premiums_decay_and_spot_stands_still(tmp_path):
    both = [*steady(range(95, 150), 10_000, 10_010), *steady(range(150, 300), 9_000, 9_010)]
    legs = '[[leg]]\nbuy = "CE"\nstrike = "59400"\n[[leg]]\nbuy = "PE"\nstrike = "59400"'
    spot = dict.fromkeys(range(300), 59_400_00)
    recipe = recipe_of(tmp_path, legs, stop="5%")
    (trade,) = outcomes(hand_lake(tmp_path, {CALL: both, PUT: both}, spot), DAY, recipe)
    # Bought at 100.10, the bids fall to 90.00: 2 × 35 × (9,000 − 10,010). Its stop of 5 % can be reached.
    assert (trade["gross"], trade["reason"]) == (-70_700, "stop")


def test_a03_a_short_straddle_loses_when_spot_moves_and_the_premiums_rise(tmp_path):
    call = [*steady(range(95, 150), 10_000, 10_010), *steady(range(150, 300), 40_000, 40_010)]
    put = [*steady(range(95, 150), 10_000, 10_010), *steady(range(150, 300), 2_000, 2_010)]
    spot = {second: 59_400_00 + (594_00 if second >= 150 else 0) for second in range(300)}
    assert straddle(tmp_path, {CALL: call, PUT: put}, spot)["gross"] == 35 * (20_000 - 40_010 - 2_010) < 0


def test_a04_every_leg_that_was_specified_is_logged_and_leaves_at_a_real_price(tables):
    legs = tables["legs"].join(tables["trades"].select("trade", "strategy"), on="trade")
    counts = legs.group_by("strategy", "trade").len().group_by("strategy").agg(pl.col("len").unique())
    assert dict(counts.rows()) == {"short_straddle": [2], "again_and_again": [2], "bought_call": [1], "fly": [4]}
    assert (legs["exit_value_paise"].filter(legs["reason"] != "settled") > 0).all()
    wings = legs.filter((pl.col("strategy") == "fly") & (pl.col("side") == "buy"))
    assert wings.height == 2 * legs.filter(pl.col("strategy") == "fly")["trade"].n_unique()


def test_a07_profit_is_the_signed_difference_of_logged_prices(tables):
    sign = {"sell": 1, "buy": -1}
    events = tables["events"].filter(pl.col("event") == "fill")
    cash = events.group_by("trade").agg(
        total=(pl.col("side").replace_strict(sign) * pl.col("price_paise") * pl.col("quantity")).sum()
    )
    whole = tables["trades"].filter(~pl.col("flags").list.contains("settled")).join(cash, on="trade")
    assert whole.height > 100
    assert (whole["gross_paise"] == whole["total"]).all()


@pytest.mark.parametrize(
    "gone", [(0, 0), (0, 500), (10_010, 0)], ids=["removed", "price is zero", "size is zero"]
)  # fmt: skip
def test_a08_a_removed_or_zero_quote_is_never_a_fill(tmp_path, gone):
    # From the exit's arrival at 201 until 210 the call's ask is missing: the short call is not bought back for nothing.
    call = [
        *steady(range(95, 201), 10_000, 10_010),
        *(book(second, [(10_000, 99)], [gone]) for second in range(201, 210)),
    ]
    call += steady(range(210, 220), 10_000, 10_020)
    trade = straddle(tmp_path, {CALL: call, PUT: QUIET})
    assert trade["legs"][0][4:7] == (210, 350_000, 350_700)
    assert min(fill[5] for fill in trade["fills"]) > 0


def test_a08_a_deeper_level_of_price_zero_is_passed_over(tmp_path):
    call = [*steady(range(95, 201), 10_000, 10_010), book(201, [(9_000, 99)], [(10_010, 20), (0, 500), (10_030, 99)])]
    trade = straddle(tmp_path, {CALL: call, PUT: QUIET})
    assert [fill[4:] for fill in trade["fills"] if fill[:2] == (201, 0)] == [(0, 10_010, 20), (2, 10_030, 15)]


def test_a09_the_contract_of_every_fill_is_its_legs(tables):
    fills = tables["events"].filter(pl.col("event") == "fill").select("trade", "leg", hit="contract")
    legs = tables["legs"].join(fills, on=["trade", "leg"])
    assert legs.height == fills.height
    assert (legs["contract"] == legs["hit"]).all()
    assert set(tables["legs"]["reason"]) <= {"stop", "leg_stop", "target", "time", "settled", "unclosed"}


def test_a10_an_exit_waits_for_its_own_contracts_quote_and_takes_the_worse_price(tmp_path):
    call = [*steady(range(95, 200), 10_000, 10_010), quote(260, 14_000, 15_000)]
    trade = straddle(tmp_path, {CALL: call, PUT: QUIET})
    assert (trade["legs"][0][4], trade["legs"][0][6]) == (260, 15_000 * 35)


def test_a12_every_fill_points_to_a_row_of_the_lake(tables, traded):
    fills = tables["events"].filter(pl.col("event") == "fill")
    assert fills["row"].null_count() == fills["row_time"].null_count() == 0
    for (day,), of_day in fills.partition_by("day", as_dict=True).items():
        assert of_day["row"].max() < lake_table(traded.lake, "NIFTY", day).num_rows


# B: looking ahead


def test_b01_the_index_is_joined_backward_never_to_the_nearest(tmp_path):
    # At 100 the index of 98 is known; the one of 101 is nearer, and at another strike.
    rows = {f"banknifty25dec{strike}{kind}": QUIET for strike in (59_400, 59_800) for kind in ("ce", "pe")}
    trade = straddle(tmp_path, rows, {98: 59_400_00, 101: 59_800_00}, strike="atm")
    assert [leg[0].split()[2] for leg in trade["legs"]] == ["59400", "59400"]


def test_b03_an_index_that_comes_only_later_is_no_index(tmp_path):
    assert straddle(tmp_path, {CALL: QUIET, PUT: QUIET}, {101: 59_400_00}, strike="atm") == {"refused": True}


def test_b05_no_exit_is_found_before_the_entry(tables, tmp_path):
    # The price crosses the stop before the entry and never after it.
    call = [*steady(range(60, 95), 14_000, 14_010), *QUIET]
    trade = straddle(tmp_path, {CALL: call, PUT: steady(range(60, 300), 10_000, 10_010)}, stop="5%")
    assert trade["reason"] == "time"
    assert (tables["trades"]["exit_time"] > tables["trades"]["entry_time"]).all()
    assert (tables["legs"]["exit_time"] > tables["legs"]["entry_time"]).all()


def test_b06_a_decision_precedes_its_fill(tables):
    waits = (tables["trades"]["entry_time"] - tables["trades"]["decision_time"]).dt.total_seconds()
    assert waits.min() >= 1
    assert waits.max() <= 9  # a latency of at most 4 s, and 5 s of waiting


def test_b08_no_fill_by_the_row_that_decided_or_by_an_older_one(tables):
    events = tables["events"]
    orders = events.filter(pl.col("event").is_in(["decision", "order"])).select(
        "trade", "leg", opens=pl.col("event") == "decision", sent="time", seen="row_time"
    )
    trades = tables["trades"].select("trade", "params")
    fills = events.filter(pl.col("event") == "fill").with_columns(opens=pl.col("reason").is_null())
    joined = fills.join(orders, on=["trade", "leg", "opens"]).join(trades, on="trade")
    assert joined.height == fills.height
    latency = joined["params"].str.json_path_match("$.latency").str.strip_chars_end("s").cast(pl.Int64)
    arrival = joined["sent"] + pl.Series(latency * 1_000_000_000).cast(pl.Duration("ns"))
    assert (joined["row_time"] >= arrival).all()
    assert (joined["row_time"] > joined["seen"].fill_null(joined["sent"])).all()


# C: the choice of contracts


def test_c01_two_expiries_at_one_strike_are_two_contracts(tmp_path):
    # December at 100.00, January at 200.00 all day: the price never doubles.
    rows = {
        CALL: QUIET,
        PUT: QUIET,
        "banknifty26jan59400ce": steady(range(95, 300), 20_000, 20_010),
        "banknifty26jan59400pe": steady(range(95, 300), 20_000, 20_010),
    }
    lake = hand_lake(tmp_path, rows)
    (near,) = outcomes(lake, stop="5%", leg_stop="5%")
    assert [leg[0] for leg in near["legs"]] == ["BANKNIFTY 2025-12-30 59400 CE", "BANKNIFTY 2025-12-30 59400 PE"]
    assert (near["reason"], near["legs"][0][5], near["gross"]) == ("time", 10_000 * 35, -700)
    (far,) = outcomes(lake, stop="5%", leg_stop="5%", expiry="next")
    assert [leg[0] for leg in far["legs"]] == ["BANKNIFTY 2026-01-27 59400 CE", "BANKNIFTY 2026-01-27 59400 PE"]
    assert (far["reason"], far["legs"][0][5], far["gross"]) == ("time", 20_000 * 30, -600)  # a lot of January is 30


def test_c02_one_expiry_a_day_and_one_trade_an_entry(tables):
    assert tables["legs"].group_by("trade").agg(pl.col("expiry").n_unique())["expiry"].unique().to_list() == [1]
    one_entry = tables["trades"].filter(pl.col("strategy") != "again_and_again")
    assert one_entry.group_by("variant", "day").len()["len"].unique().to_list() == [1]


def test_c04_the_nearest_expiry_is_never_before_the_day(tables, tmp_path):
    legs = tables["legs"].join(tables["trades"].select("trade", "day"), on="trade")
    assert (legs["expiry"] >= legs["day"]).all()
    assert (legs["expiry"] == legs["day"]).any()  # the expiry day itself is traded
    # A lake that holds the next month alone is refused, not traded in its place.
    rows = {"banknifty26jan59400ce": QUIET, "banknifty26jan59400pe": QUIET}
    ledger = tables_of(hand_lake(tmp_path, rows)).tables["ledger"].row(0, named=True)
    assert ledger["state"] == "refused"
    assert "2025-12-30" in ledger["reason"]
    assert "2026-01-27" in ledger["reason"]


def test_c06_the_strike_is_chosen_from_the_chain_and_then_waits_for_its_quote(tmp_path):
    # 59400 is listed since 60 but silent at 100; 59500 quotes each second. The money is at 59400: it is chosen.
    silent = [quote(60, 10_000, 10_010), *steady(range(104, 300), 10_000, 10_010)]
    rows = {CALL: silent, PUT: QUIET, "banknifty25dec59500ce": QUIET, "banknifty25dec59500pe": QUIET}
    trade = straddle(tmp_path, rows, {100: 59_401_00}, strike="atm")
    assert (trade["legs"][0][0].split()[2], trade["entry"]) == ("59400", 104)


@pytest.mark.parametrize(
    ("spot", "strikes"),
    [(56_052_00, ["56100", "56000"]), (56_000_00, ["56000", "56000"]), (56_099_95, ["56100", "56000"])],
)
def test_c07_the_users_own_rule_for_the_money(tmp_path, spot, strikes):
    rows = {f"banknifty25dec{strike}{kind}": QUIET for strike in (56_000, 56_100, 56_200) for kind in ("ce", "pe")}
    trade = straddle(tmp_path, rows, {100: spot}, strike="atm_pair")
    assert [leg[0].split()[2] for leg in trade["legs"]] == strikes


def test_c09_the_contracts_are_fixed_for_the_trade(tmp_path):
    rows = {f"banknifty25dec{strike}{kind}": QUIET for strike in (59_400, 59_800) for kind in ("ce", "pe")}
    trade = straddle(tmp_path, rows, {100: 59_400_00, **dict.fromkeys(range(101, 300), 59_800_00)}, strike="atm")
    assert {leg[0] for leg in trade["legs"]} == {"BANKNIFTY 2025-12-30 59400 CE", "BANKNIFTY 2025-12-30 59400 PE"}


# D: what the data does


def test_d04_rows_of_1970_are_refused_and_counted(tmp_path):
    hand_lake(tmp_path, {CALL: QUIET, PUT: QUIET})
    bogus = {**quote(0, 10_000, 10_010), "price": 0.0}
    bogus["timestamp"] = bogus["ts"] = bogus["timestamp"].replace(year=1970, month=1, day=1, hour=5, minute=30)
    clean = outcomes(Lake.open(tmp_path / "lake"))
    hand_lake(tmp_path / "bogus", {CALL: [bogus, *QUIET], PUT: [*QUIET, bogus]})
    assert outcomes(Lake.open(tmp_path / "bogus" / "lake")) == clean
    told = pack(find_sources([tmp_path / "bogus" / "raw"]), tmp_path / "counted", 1)
    assert (told.rows_read, told.rows_written, told.rows_refused) == (412, 410, 2)
    assert {refused.reason for refused in told.refused} == {"before 2000"}


def test_d05_a_contract_in_several_files_is_read_whole(tmp_path):
    whole = outcomes(hand_lake(tmp_path / "one", {CALL: QUIET, PUT: QUIET}))
    hand_lake(tmp_path / "more", {CALL: QUIET[:20], PUT: QUIET})
    (tmp_path / "more" / "raw" / "second").mkdir()
    rest = tmp_path / "rest"
    hand_lake(rest, {CALL: QUIET[20:]})
    (rest / "raw" / f"{CALL}.parquet").rename(tmp_path / "more" / "raw" / "second" / f"{CALL}.parquet")
    pack(find_sources([tmp_path / "more" / "raw"]), tmp_path / "more" / "lake", 1)
    assert outcomes(Lake.open(tmp_path / "more" / "lake")) == whole


def test_d06_a_clock_of_the_vendor_is_indian_time(tmp_path):
    tables = tables_of(hand_lake(tmp_path, {CALL: QUIET, PUT: QUIET})).tables
    entry = tables["trades"]["entry_time"][0]
    assert entry.isoformat() == "2025-12-15T09:16:41+05:30"
    assert int(entry.timestamp()) == 1_765_770_401  # 03:46:41 UTC


def test_d08_a_missing_second_is_not_filled_and_not_priced_at_zero(tmp_path):
    call = [second for second in QUIET if second["timestamp"].second % 10 or second["timestamp"].minute < 17]
    trade = straddle(tmp_path, {CALL: call, PUT: QUIET}, stop="1%")
    assert (trade["reason"], trade["gross"]) == ("time", -700)


# E: the engine


def test_e01_one_entry_is_one_trade(tables, tmp_path):
    result = tables_of(hand_lake(tmp_path, {CALL: QUIET, PUT: QUIET})).tables
    assert result["trades"].height == 1
    assert result["events"].filter(pl.col("event") == "decision").height == 2
    entries = tables["events"].filter(pl.col("event") == "decision").select("variant", "day", "time", "leg")
    assert entries.height == entries.unique().height


def test_e01b_the_stored_profit_is_the_sum_of_the_logged_legs(tables):
    sums = (
        tables["legs"]
        .group_by("trade")
        .agg(
            pl.when(pl.col("side") == "sell")
            .then(pl.col("entry_value_paise") - pl.col("exit_value_paise"))
            .otherwise(pl.col("exit_value_paise") - pl.col("entry_value_paise"))
            .sum()
            .alias("cash")
        )
    )
    joined = tables["trades"].join(sums, on="trade", how="left")
    assert (joined["gross_paise"] == joined["cash"]).all()


def test_e01c_five_rupees_are_rupees_not_points(tables):
    assert (tables["trades"]["gross_paise"] - tables["trades"]["net_flat5_paise"]).unique().to_list() == [500]


def test_e06_every_trade_is_held_for_a_second_or_more(tables, tmp_path):
    held = (tables["trades"]["exit_time"] - tables["trades"]["entry_time"]).dt.total_seconds()
    assert held.min() >= 2  # the rule fires a second after the fill at the earliest, and its order takes one more
    assert tables["trades"]["net_paise"].null_count() == 0
    trade = straddle(tmp_path, {CALL: QUIET, PUT: QUIET}, exit=at(101))
    assert (trade["entry"], trade["exit"]) == (101, 103)


def test_e07_hardly_a_trade_has_no_profit_and_no_loss_at_all(tables):
    gross = tables["trades"]["gross_paise"]
    assert (gross == 0).sum() <= 0.02 * gross.len()


def test_e08_a_bought_leg_is_stopped_by_what_it_can_be_sold_for(tmp_path):
    # Bought at the ask of 100.00 while the bid is 95.00: a stop of 5.00 has been reached, one of 5.05 has not.
    call = steady(range(95, 300), 9_500, 10_000)
    lake = hand_lake(tmp_path, {CALL: call})
    reasons = []
    for points in ("5pt", "5.05pt"):
        recipe = recipe_of(tmp_path, '[[leg]]\nbuy = "CE"\nstrike = "59400"', leg_stop=points)
        (trade,) = outcomes(lake, DAY, recipe)
        reasons.append(trade["reason"])
    assert reasons == ["leg_stop", "time"]


def test_e18_parts_of_an_exit_add_up_to_the_entry(tables):
    fills = tables["events"].filter(pl.col("event") == "fill").with_columns(opens=pl.col("reason").is_null())
    sums = fills.group_by("trade", "leg").agg(
        opened=pl.col("quantity").filter("opens").sum(), closed=pl.col("quantity").filter(~pl.col("opens")).sum(),
        seconds=pl.col("time").filter(~pl.col("opens")).n_unique(),
    )  # fmt: skip
    legs = tables["legs"].filter(~pl.col("reason").is_in(["settled", "unclosed"])).join(sums, on=["trade", "leg"])
    assert (legs["opened"] == legs["closed"]).all()
    assert (legs["seconds"] > 1).sum() > 5


def test_e19_nothing_is_held_after_the_day(tables):
    last = {second_of(time) for time in tables["legs"]["exit_time"]}
    assert max(last) <= 22_500
    assert (tables["trades"]["exit_time"].dt.date() == tables["trades"]["day"]).all()
