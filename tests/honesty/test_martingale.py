"""In a market where every fair value is a martingale nobody gains before costs, unless he knows what comes."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from honesty.markets import Fair, at, fills_of, gain_in_fair, lake_table, recipe, second_of, straddle, z_score
from reference.money import charges

DAY = range(600, 20_400, 300)
"""Seconds of entry: every five minutes from 09:25:00 on."""

CASES = {
    "straddle by the clock": ("short_straddle", {}),
    "straddle with a stop": ("short_straddle", {"stop": "5%"}),
    "straddle with stop and target": ("short_straddle", {"stop": "4%", "target": "4%"}),
    "straddle with leg stops": ("short_straddle", {"leg_stop": "10%"}),
    "straddle of many lots": ("short_straddle", {"lots": "12lots", "stop": "3%", "target": "2%"}),
    "straddle of the pair, late": ("short_straddle", {"strike": "atm_pair", "latency": "4s", "leg_stop": "5%"}),
    "straddle by parity": ("short_straddle", {"spot": "parity", "target": "3%"}),
    "bought call with a target": ("bought_call", {"target": "8%"}),
    "bought call with target and stop": ("bought_call", {"target": "5pt", "leg_stop": "5pt"}),
    "fly with stop and target": ("fly", {"stop": "15pt", "target": "3pt"}),
    "straddle with a stop in points": ("short_straddle", {"stop": "12pt", "latency": "10s"}),
    "straddle of the pair with a target": ("short_straddle", {"strike": "atm_pair", "target": "6%"}),
    "straddle by parity with leg stops": (
        "short_straddle",
        {"spot": "parity", "leg_stop": "6%", "max_quote_age": "2s"},
    ),
    "bought call, long held": ("bought_call", {"target": "30%", "leg_stop": "15%", "lots": "4lots"}),
    "legs with trails": ("trailed", {}),
    "legs held for a while": ("trailed", {"arm": "40pt", "behind": "40pt", "hold": "20m"}),
    "legs sold again after their stops": ("reopened", {"leg_stop": "4%"}),
    "winners rolled": ("rolled", {}),
    "losers closed, the rest ridden": ("ridden", {}),
    "others moved to cost": ("ridden", {"unlike": "60%", "leg_stop": "5%"}),
}
MANAGED = {
    "legs with trails": "leg_trail",
    "legs held for a while": "leg_hold",
    "winners rolled": "adjust",
    "losers closed, the rest ridden": "leg_trail",
    "others moved to cost": "leg_cost",
}
"""What must have closed a leg, or the case would prove nothing of its rule."""


def named(name: str):
    return straddle() if name == "short_straddle" else recipe(name)


@pytest.fixture(scope="module")
def runs(martingales):
    """Every case on every day: entries all day long, half of them closed within ten minutes, half late in the day."""
    tables = {}
    for case, (name, rules) in CASES.items():
        questions = [{**rules, "entry": at(second), "exit": at(second + 600)} for second in DAY]
        questions += [{**rules, "entry": at(second)} for second in DAY]
        tables[case] = [(market, market.run(named(name), questions)) for market in martingales]
    return tables


@pytest.mark.parametrize("case", CASES)
def test_no_recipe_gains_from_fair_values(runs, case):
    assert abs(z_score(gain_in_fair(market, tables) for market, tables in runs[case])) < 4
    trades = pl.concat([tables["trades"] for _, tables in runs[case]])
    assert trades.height > 300
    assert "unclosed" not in set(trades["flags"].explode())
    rules = CASES[case][1]
    expected = {rule for rule in ("stop", "target", "leg_stop") if rule in rules}
    expected |= {MANAGED[case]} if case in MANAGED else set()
    legs = pl.concat([tables["legs"] for _, tables in runs[case]])
    assert expected | {"time"} <= set(legs["reason"])


def test_twenty_strategies_were_tried():
    assert len(CASES) == 20


def looks(market: Fair, ahead: int) -> tuple[float, float]:
    """The gain of a choice made every 17 seconds: to buy or to sell the call by a move of its fair value.

    The order goes out at t, fills at t + 1 and is closed at t + 3. Its side follows the move that ends `ahead` seconds
    after the fill: with −1 it knows what the deciding second knows, with 1 it has looked one second ahead.
    """
    seconds = range(1_000, 20_000, 17)
    strike = min(
        {int(contract.split()[2]) for contract in market.fair},
        key=lambda listed: abs(market.fair[_call(market, listed)][0] - market.fair[_put(market, listed)][0]),
    )
    fair = market.fair[_call(market, strike)]
    gain = variation = 0.0
    for side, sign in (("bought_call", 1), ("sold_call", -1)):
        chosen = [
            {"entry": at(second), "exit": at(second + 1), "strike": str(strike)}
            for second in seconds
            if np.sign(fair[second + 1 + ahead] - fair[second + ahead]) == sign
        ]
        more = gain_in_fair(market, market.run(recipe(side), chosen))
        gain, variation = gain + more[0], variation + more[1]
    return gain, variation


def _call(market: Fair, strike: int) -> str:
    return next(name for name in market.fair if name.endswith(f" {strike} CE"))


def _put(market: Fair, strike: int) -> str:
    return next(name for name in market.fair if name.endswith(f" {strike} PE"))


def test_a_look_one_second_ahead_is_seen(martingales):
    honest = z_score(looks(market, -1) for market in martingales)
    at_the_fill = z_score(looks(market, 0) for market in martingales)
    ahead = z_score(looks(market, 1) for market in martingales)
    assert abs(honest) < 4
    assert abs(at_the_fill) < 4
    assert ahead > 6


def test_a_sniper_of_stale_quotes_pays_the_fair_value_and_more(martingales):
    wished, gained, units = [], [], 0
    for market in martingales:
        chosen = stale_offers(market)
        by_contract: dict[str, list[int]] = {}
        for contract, second, _ in chosen:
            by_contract.setdefault(contract, []).append(second)
        wished += [bargain for _, _, bargain in chosen]
        for contract, seconds in by_contract.items():
            questions = [
                {"strike": contract.split()[2], "entry": at(second), "exit": at(second + 30)} for second in seconds
            ]
            tables = market.run(recipe("bought_call"), questions)
            for fill in fills_of(tables):
                if fill["side"] == "buy":
                    gained.append(market.fair[contract][second_of(fill["time"])] - fill["price_paise"])
                    units += fill["quantity"]
    # The offers were there to see, each below the fair value of its second, by several ticks on the whole …
    assert len(wished) > 300
    assert np.mean(wished) > 10
    # … and none was to be had: whoever sends an order gets a quote made after it.
    assert units > 0
    assert len(gained) > 300
    assert max(gained) <= 0


def stale_offers(market: Fair) -> list[tuple[str, int, float]]:
    """Calls and seconds at which the newest ask is two to five seconds old and below the fair value of now."""
    table = pl.from_arrow(lake_table(market.lake, market.underlying, market.day)).filter(pl.col("kind") == "CE")
    found = []
    for (expiry, strike), rows in table.partition_by("expiry", "strike", as_dict=True).items():
        contract = f"{market.underlying} {expiry} {strike} CE"
        seconds = [second_of(time) for time in rows["timestamp"]]
        asks = rows["sp0_paise"].to_list()
        fair = market.fair[contract]
        for second, after, ask in zip(seconds, seconds[1:], asks, strict=False):
            for now in range(second + 2, min(second + 5, after - 1) + 1):
                if 300 < now < 20_000 and 0 < ask < fair[now]:
                    found.append((contract, now, fair[now] - ask))
                    break
    return found[::7]


@pytest.mark.parametrize("case", CASES)
def test_gross_is_the_mid_less_spread_and_depth_exactly(runs, case):
    market, tables = runs[case][-1]
    lake = lake_table(market.lake, market.underlying, market.day)
    bid, ask = lake["bp0_paise"].to_numpy(), lake["sp0_paise"].to_numpy()
    mids: dict[int, int] = {}  # twice the sum of signed mids by trade, in half-paise
    for fill in fills_of(tables):
        signed = fill["quantity"] * (1 if fill["side"] == "buy" else -1)
        mids[fill["trade"]] = mids.get(fill["trade"], 0) - signed * int(bid[fill["row"]] + ask[fill["row"]])
        fair = market.fair[fill["contract"]][second_of(fill["row_time"])]
        assert (fill["price_paise"] - fair) * signed >= -1e-6  # never a better price than the fair value of its row
    for trade in tables["trades"].iter_rows(named=True):
        paid = trade["spread_paise"] + trade["depth_paise"]
        assert trade["gross_paise"] * 2 == mids[trade["trade"]] - round(2 * paid)
        assert trade["spread_paise"] > 0
        assert trade["depth_paise"] >= 0


@pytest.mark.parametrize("case", CASES)
def test_net_is_gross_less_charges_exactly(runs, case):
    market, tables = runs[case][0]
    legs = tables["legs"].partition_by("trade", as_dict=True)
    for trade in tables["trades"].iter_rows(named=True):
        sales = purchases = 0
        for leg in legs[trade["trade"],].iter_rows(named=True):
            sold, bought = leg["entry_value_paise"], leg["exit_value_paise"]
            if leg["side"] == "buy":
                sold, bought = bought, sold
            sales, purchases = sales + sold, purchases + bought
        cost = charges(market.day, sales, purchases, 2 * legs[trade["trade"],].height, "zero", 0)
        assert trade["gross_paise"] == sales - purchases
        assert trade["charges_paise"] == cost
        assert trade["net_paise"] == sales - purchases - cost
        assert trade["net_flat5_paise"] == sales - purchases - 500


def test_a_day_of_the_market_is_what_it_says(martingales):
    assert [str(market.lake.source) for market in martingales] == ["synthetic"] * 3
    assert len({(market.underlying, market.day) for market in martingales}) == 3
    assert all(market.day.weekday() < 5 and market.day > dt.date(2025, 1, 1) for market in martingales)
