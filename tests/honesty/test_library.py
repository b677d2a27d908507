"""Every recipe of the library, by being there: no gain from fair values, and nothing later changes what it did."""

import datetime as dt
from collections.abc import Mapping

import polars as pl
import pytest

from honesty.markets import Fair, gain_in_fair, packed_window, z_score
from honesty.test_truncation import DAY, END, MONEY, SEEN, START, noise, nothing, time_at
from nfolab.lake import Lake
from nfolab.research.run import run_day
from nfolab.strategies.find import find_strategy, library
from nfolab.strategies.recipe import Recipe

NAMES = (*library(), "orc_iv_rv")
LAST_ENTRY, LAST_EXIT = dt.time(15, 15), dt.time(15, 20)
FEWEST_THAT_TRADE = 55
"""Others wait for a day of expiry, for past days, or for states that three quiet days do not have."""


def ran(lake: Lake, underlying: str, day: dt.date) -> dict[str, pl.DataFrame]:
    """The tables of a day with each recipe's defaults; a recipe may be refused, none may fail."""
    strategies = [find_strategy(name) for name in NAMES]
    own = [one.of(underlying) if isinstance(one, Recipe) else one for one in strategies]
    variants = [one.variant({}, number) for number, one in enumerate(own)]
    tables = run_day(lake, underlying, day, variants).tables
    failed = tables["ledger"].filter(~pl.col("state").is_in(["done", "refused"]))
    assert failed.is_empty(), failed["reason"].to_list()
    return tables


def of(tables: Mapping[str, pl.DataFrame], name: str) -> dict[str, pl.DataFrame]:
    """The tables of one recipe."""
    return {
        kind: table.filter(pl.col("strategy") == name) if "strategy" in table.columns else table
        for kind, table in tables.items()
    }


@pytest.fixture(scope="module")
def runs(martingales) -> list[tuple[Fair, dict[str, pl.DataFrame]]]:
    return [(market, ran(market.lake, market.underlying, market.day)) for market in martingales]


@pytest.mark.parametrize("name", NAMES)
def test_it_gains_nothing_from_fair_values(runs, name):
    results = [gain_in_fair(market, of(tables, name)) for market, tables in runs]
    if any(variation for _, variation in results):
        assert abs(z_score(results)) < 4.5


@pytest.mark.parametrize("name", NAMES)
def test_it_holds_one_position_at_a_time_and_is_flat_in_the_evening(runs, name):
    for _, tables in runs:
        own = of(tables, name)
        trades = own["trades"].sort("decision_time")
        assert "unclosed" not in set(trades["flags"].explode())
        assert (trades["decision_time"] < trades["entry_time"]).all()
        assert (trades["decision_time"] >= trades["exit_time"].shift()).all()
        events = own["events"]
        opened = events.filter(pl.col("event") == "decision")["time"].dt.time()
        sent = events.filter(pl.col("event").is_in(["order", "stop", "leg_stop", "target", "time"]))["time"].dt.time()
        assert all(time <= LAST_ENTRY for time in opened)
        assert all(time <= LAST_EXIT for time in sent)


def test_most_of_the_library_trades_on_ordinary_days(runs):
    trading = {name for _, tables in runs for name in tables["trades"]["strategy"].unique()}
    assert len(trading) >= FEWEST_THAT_TRADE, sorted(set(NAMES) - trading)


def until(tables: Mapping[str, pl.DataFrame], second: int) -> tuple[list, list]:
    now = pl.lit(time_at(second)).dt.replace_time_zone("Asia/Kolkata")
    events = tables["events"].filter(pl.col("time") <= now).select(SEEN).rows()
    return events, tables["trades"].filter(pl.col("exit_time") <= now).select("strategy", *MONEY).rows()


def test_what_comes_after_changes_nothing_before(window, tmp_path):
    whole = ran(packed_window(tmp_path / "whole", window), "NIFTY", DAY)
    assert len(until(whole, END)[0]) > 500
    for second, replaced in ((START + 301, noise), (START + 602, nothing), (START + 903, noise)):
        cut = ran(packed_window(tmp_path / str(second), replaced(window, second)), "NIFTY", DAY)
        assert until(cut, second) == until(whole, second), f"second {second}"
        assert until(cut, END) != until(whole, END)
