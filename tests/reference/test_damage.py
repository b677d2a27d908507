"""Damage keeps the vendor's form, repeats by its seed and does what it says."""

import random
from itertools import pairwise

import pytest

from reference.by_hand import DAY, EXPIRY
from reference.cases import plan_of, random_market, random_parameters, random_recipe, tally
from reference.damage import damaged, read_tables, write_tables
from reference.engine import run_day, run_straddle
from reference.rows import Day, read_spot

STRADDLES = {f"banknifty25dec{strike}{kind}.parquet" for strike in (59400, 59900) for kind in ("ce", "pe")}


@pytest.fixture(scope="module")
def market():
    return random_market(random.Random(3), DAY, (59400, 59500))


def test_the_same_seed_gives_the_same_damage_and_the_form_stays(market):
    tables, _ = market
    once, again = damaged(tables, random.Random(5)), damaged(tables, random.Random(5))
    assert once.keys() == tables.keys()
    for name, table in once.items():
        assert table.equals(again[name])
        assert table.schema == tables[name].schema
        assert not table.equals(tables[name])
        assert table["ts"].equals(table["timestamp"])
    other = damaged(tables, random.Random(6))
    assert any(not other[name].equals(once[name]) for name in once)


def test_every_kind_of_damage_shows(market, tmp_path):
    tables, _ = market
    write_tables(damaged(tables, random.Random(5)), tmp_path)
    day = Day.of_folder(tmp_path, DAY)
    seen = set()
    for contract in day.contracts():
        rows = day.rows(contract)
        for before, after in pairwise(rows):
            gap = after.second - before.second
            seen.add({6: "age of 5", 7: "age of 6"}.get(gap, "gap" if 7 < gap < 300 else ""))
            if gap == 0:
                seen.add("same time" if before.nanos == after.nanos else "same second")
            if gap == 1 and (before.bids, before.asks) == (after.bids, after.asks):
                seen.add("frozen")
            if all(level in before.bids for level in after.bids[:3]) and after.bids[0] == before.bids[1]:
                seen.add("moved up")
            (bid, bid_size), (ask, ask_size) = after.bids[0], after.asks[0]
            if bid and ask and bid >= ask:
                seen.add("crossed")
            if not any(price for price, _ in after.asks) or not any(price for price, _ in after.bids):
                seen.add("empty")
            if (bid == 0) != (bid_size == 0) or (ask == 0) != (ask_size == 0):
                seen.add("zero")
            for side in (after.bids, after.asks):
                prices = [price for price, size in side if price and size]
                assert len(prices) == len(set(prices))
    kinds = "age of 5|age of 6|gap|same time|same second|frozen|moved up|crossed|empty|zero"
    assert seen >= set(kinds.split("|"))


def test_random_straddles_on_the_damaged_real_day_reach_every_end(real_data, tmp_path):
    tables = read_tables(real_data / "raw_options", STRADDLES)
    rng = random.Random(11)
    write_tables(damaged(tables, rng), tmp_path)
    day = Day.of_folder(tmp_path, DAY)
    counts = tally([run_straddle(day, random_parameters(rng)) for _ in range(100)])
    assert all(counts[f"reason {reason}"] >= 4 for reason in ("stop", "leg_stop", "target", "time"))
    assert counts["partial exits"] >= 5
    assert any(key.startswith("miss") for key in counts)


def test_random_recipes_keep_the_books_of_money(market, tmp_path):
    tables, _ = market
    write_tables(damaged(tables, random.Random(5)), tmp_path)
    day = Day.of_folder(tmp_path, DAY)
    rng = random.Random(7)
    recipes = [{**random_recipe(rng), "spot": "parity"} for _ in range(60)]
    trades = [outcome["trade"] for recipe in recipes for outcome in run_day(day, plan_of(recipe)) if outcome["trade"]]
    assert len(trades) > 20
    for trade in trades:
        assert trade["net_worst"] <= trade["net"] <= trade["net_best"]
        assert trade["gross"] == sum(leg["gross"] for leg in trade["legs"])
        for number, leg in enumerate(trade["legs"]):
            fills = [fill for fill in trade["fills"] if fill["leg"] == number]
            closing = [fill for fill in fills if fill["side"] != leg["side"]]
            assert sum(fill["quantity"] for fill in fills if fill["side"] == leg["side"]) == leg["units"]
            assert sum(fill["quantity"] for fill in closing) + leg["unfilled"] == leg["units"]
            if not leg["unfilled"]:
                assert sum(fill["value"] for fill in closing) == leg["exit_value"]
            assert all(fill["row"].second <= fill["second"] for fill in fills)
            assert all(level["price"] > 0 for fill in fills for level in fill["levels"])


def test_random_recipes_end_in_every_way_on_an_expiry_day(tmp_path):
    outcomes = []
    for seed in range(6):
        rng = random.Random(seed)
        date = EXPIRY if seed % 2 else DAY
        tables, spot = random_market(rng, date)
        folder = tmp_path / str(seed)
        write_tables(tables, folder / "options")
        write_tables({"spot.parquet": spot}, folder)
        day = Day.of_folder(folder / "options", date, spot=read_spot(folder / "spot.parquet", date, "BANKNIFTY"))
        for _ in range(60):
            outcomes += run_day(day, plan_of(random_recipe(rng)))
    counts = tally(outcomes)
    reasons = ("stop", "leg_stop", "target", "time", "settled", "unclosed")
    assert all(counts.get(f"reason {reason}", 0) > 0 for reason in reasons)
    assert counts["skipped"] > 0
