"""Events planted in synthetic days of real volatility are found where they were planted, and little else.

NFOLAB_PLANTED_DAYS sets how many days; eleven plant more than two hundred of each kind.
"""

import json
import os
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.market.sessions import session
from nfolab.tape.features import SPOT, DayFeatures, FeatureCache
from nfolab.tape.features.day import Given
from nfolab.tape.state.bursts import find_bursts, paise_of_unit
from nfolab.tape.state.events import burst_table, liquidity_table
from nfolab.tape.state.level import level_of_seen
from nfolab.tape.state.thresholds import load_thresholds
from nfolab.tape.tape import Day
from nfolab.vendor.sources import find_sources
from nfolab.vendor.synthetic.write import market_days, write_market
from reference.state import SlowState

DAYS = int(os.environ.get("NFOLAB_PLANTED_DAYS", "2"))
START, SEED = date(2025, 7, 7), 23
DAYS_TO_EXPIRY = 24
OF_BANKNIFTY = load_thresholds().of_bursts("BANKNIFTY", DAYS_TO_EXPIRY)
BURSTS = ("burst", "vacuum", "fear")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    write_market(
        folder / "raw", underlying="BANKNIFTY", start=START, days=DAYS, size="small", form="parquet", seed=SEED,
        plants=OF_BANKNIFTY.move,
    )  # fmt: skip
    pack(find_sources([folder / "raw"]), folder / "lake", 1)
    return folder


def plants_of(folder: Path) -> dict[date, list[dict]]:
    told = json.loads((folder / "raw" / "plants.json").read_text())
    assert told["source"] == "synthetic"
    return {date.fromisoformat(day): plants for day, plants in told["days"].items()}


def given_of(folder: Path, day: date) -> Given:
    lake = Lake.open(folder / "lake")
    return Given(DayFeatures(Day(lake, "BANKNIFTY", day), FeatureCache(folder / "cache")), SPOT)


def found_where_planted(plant: dict, bursts: pl.DataFrame, liquidity: pl.DataFrame, flicker: np.ndarray) -> bool | None:
    """Whether a plant was found within three seconds of its start; None where nothing can be told of its kind."""
    start = pl.col("start").is_between(plant["start"], plant["start"] + 3)
    if plant["kind"] == "pull":
        pulls = liquidity.filter(second=plant["start"], kind="pull", side=plant["side"], contract=plant["option"])
        return pulls.height > 0
    if plant["kind"] == "flicker":
        return bool((flicker[plant["start"] : plant["end"] + 1] == 1).any())
    here = bursts.filter(start)
    if plant["kind"] == "vacuum":
        return None if "unclassified" in here["class"] else here["class"].to_list() == ["vacuum"]
    if plant["kind"] == "fear":
        return here["is_fear"].to_list() == [True]
    return here.height == 1


def test_plants_are_found_where_they_are(folder: Path) -> None:
    planted, found = Counter(), Counter()
    for day, plants in plants_of(folder).items():
        given = given_of(folder, day)
        bursts, liquidity = burst_table(given), liquidity_table(given)
        flicker = given._features.get("in_flicker", SPOT)
        for plant in plants:
            told = found_where_planted(plant, bursts, liquidity, flicker)
            if told is not None:
                planted[plant["kind"]] += 1
                found[plant["kind"]] += told
    assert all(planted[kind] >= 18 for kind in (*BURSTS, "flicker", "pull")), planted
    recall = {kind: found[kind] / planted[kind] for kind in planted}
    assert all(one >= 0.95 for one in recall.values()), (recall, planted)


def test_what_else_is_found_is_what_plain_loops_find(folder: Path) -> None:
    day, plants = next(iter(plants_of(folder).items()))
    given = given_of(folder, day)
    rows = pl.read_parquet(folder / "lake" / "spot" / "BANKNIFTY" / f"{day}.parquet")
    clock = rows["timestamp"].dt.replace_time_zone(None)
    second = ((clock - clock.dt.truncate("1d")).dt.total_seconds() - session(day).open.second_of_day).to_list()
    slow = SlowState(
        "BANKNIFTY", DAYS_TO_EXPIRY, 35, list(zip(second, rows["price_paise"].to_list(), strict=True)), [], 0.0, [],
        22_500, 22_501,
    )  # fmt: skip
    starts = burst_table(given)["start"].to_list()
    assert starts == [one["start"] for one in slow.ended]
    planted = [one["start"] for one in plants if one["kind"] in BURSTS]
    unplanted = [start for start in starts if not any(0 <= start - one <= 3 for one in planted)]
    assert len(unplanted) <= 0.1 * len(starts)


def alarms(scale: float, seeds: range) -> tuple[int, float]:
    """Bursts, and hours, of unplanted days whose moves are scaled."""
    count, hours = 0, 0.0
    rules = load_thresholds()
    for seed in seeds:
        for day in market_days("BANKNIFTY", START, 2, seed, "normal"):
            path = day.spot_paise.astype(np.float64)
            level = level_of_seen("index", np.rint(path[0] + scale * (path - path[0])))
            found = find_bursts(level, OF_BANKNIFTY, rules.burst, paise_of_unit(level, OF_BANKNIFTY))
            count, hours = count + found.start.size, hours + path.size / 3600
    return count, hours


def test_days_without_plants_seldom_alarm_and_hardly_ever_at_half_their_volatility() -> None:
    usual, hours = alarms(1.0, range(20))
    # The synthetic market's own clusters and its six jumps a day, each of nine deviations.
    assert 0.1 < usual / hours < 0.6
    half, _ = alarms(0.5, range(20))
    assert half / hours < 0.02, "a jump or two in two hundred hours"


def test_planting_is_the_same_for_a_seed_and_moves_the_index_as_told(folder: Path, tmp_path: Path) -> None:
    write_market(
        tmp_path / "raw", underlying="BANKNIFTY", start=START, days=1, size="small", form="parquet", seed=SEED,
        plants=OF_BANKNIFTY.move,
    )  # fmt: skip
    of_day = tmp_path / "raw" / START.isoformat()
    for path in sorted(of_day.glob("*.parquet"))[:6]:
        assert path.read_bytes() == (folder / "raw" / START.isoformat() / path.name).read_bytes()
    spot = pl.read_parquet(next((tmp_path / "raw" / "spot").glob("*.parquet")))
    second = (spot["timestamp"] - spot["timestamp"][0]).dt.total_seconds()
    price = dict(zip(second.to_list(), spot["price"].to_list(), strict=True))
    steps = np.array([price[t] - price[t - 1] for t in price if t - 1 in price])
    quiet = np.abs(steps) < OF_BANKNIFTY.step
    assert 2.6 <= steps[quiet].std() <= 3.7
    assert quiet.mean() > 0.95
