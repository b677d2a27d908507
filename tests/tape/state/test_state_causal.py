"""Nothing after a second changes what is known at it; equal bytes on every run, with a cache and without."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nfolab.lake import Lake
from nfolab.tape.features import SPOT, DayFeatures, FeatureCache, features
from nfolab.tape.features.day import Given
from nfolab.tape.state.events import burst_table, liquidity_table, spell_table
from nfolab.tape.state.thresholds import load_thresholds
from nfolab.tape.state.vector import state_vector
from nfolab.tape.tape import Day
from tape.state.bursting import NIFTY, Recording, recording, write

DAYS = NIFTY.days[1:4]
SECONDS = 480
AFTER_THE_END = [
    "is_refilled", "is_fear", "fear_known_at", "replenishes_after", "pulls_after",
]  # fmt: skip
CALLS = [
    example
    for one in features().values()
    if "docs/state.md" in one.source and one.subjects == {"spot"}
    for example in one.examples
]


def days_with(last: Recording) -> dict[date, Recording]:
    random = np.random.default_rng(31)
    return {**{day: recording(NIFTY, day, 400, random, 35) for day in DAYS[:-1]}, DAYS[-1]: last}


def whole(seed: int) -> Recording:
    return recording(NIFTY, DAYS[-1], SECONDS, np.random.default_rng(seed), 40)


def given_of(lake: Lake, cache: FeatureCache | None = None) -> Given:
    return Given(DayFeatures(Day(lake, "NIFTY", DAYS[-1]), cache), SPOT)


def known(given: Given, second: int) -> dict[str, pl.DataFrame]:
    """Everything that is known at a second."""
    bursts = burst_table(given).filter(pl.col("known_at") <= second)
    later = pl.col("end") + load_thresholds().fear.wait > second
    bursts = bursts.with_columns(pl.when(later).then(None).otherwise(pl.col(AFTER_THE_END)).name.keep())
    told = {call: given._features.get(call, SPOT)[: second + 1] for call in CALLS}
    return {
        "bursts": bursts,
        "liquidity": liquidity_table(given).filter(pl.col("known_at") <= second),
        "spells": spell_table(given).filter(pl.col("known_at") <= second),
        "vector": state_vector(given).head(second + 1),
        "features": pl.DataFrame(told),
    }


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return write(NIFTY, days_with(whole(8)), tmp_path_factory.mktemp("whole"), DAYS)


def cuts(lake: Lake) -> list[int]:
    """The seconds at and beside which bursts start and end, and some others."""
    bursts = burst_table(given_of(lake))
    assert bursts.height >= 2
    return sorted({int(bursts["start"][0]), int(bursts["known_at"][-1]), int(bursts["known_at"][0]) + 31})


def test_nothing_after_a_second_changes_what_is_known_at_it(lake: Lake, tmp_path: Path) -> None:
    before, day, noise = given_of(lake), whole(8), whole(9)
    differing = 0
    for second in cuts(lake):
        expected = known(before, second)
        for name, one in (("noise", day.followed_by(noise, second)), ("nothing", day.upto(second))):
            other = given_of(write(NIFTY, days_with(one), tmp_path / f"{name}{second}", DAYS))
            told = known(other, second)
            for table, frame in expected.items():
                assert frame.equals(told[table]), (name, second, table)
            differing += not state_vector(before).equals(state_vector(other))
    assert differing, "the noise is in the tape"


def test_two_runs_tell_the_same_bytes(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    cache = FeatureCache(folder)
    first, second, third = (given_of(lake, one) for one in (None, cache, cache))
    for table in (burst_table, liquidity_table, spell_table, state_vector):
        told = [table(one).write_ipc(None).getvalue() for one in (first, second, third)]
        assert told[0] == told[1] == told[2]
    assert list(folder.rglob("*.feature")), "what earlier days left behind was kept"


def test_earlier_days_count_and_later_ones_do_not(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    days = {day: recording(NIFTY, day, 400, random, 35) for day in NIFTY.days[:4]}
    one = given_of(write(NIFTY, days, tmp_path / "one", NIFTY.days[:4]))
    later = recording(NIFTY, NIFTY.days[4], 400, random, 35)
    two = given_of(write(NIFTY, {**days, NIFTY.days[4]: later}, tmp_path / "two", NIFTY.days))
    other = {**days, NIFTY.days[2]: recording(NIFTY, NIFTY.days[2], 400, random, 20)}
    three = given_of(write(NIFTY, other, tmp_path / "three", NIFTY.days[:4]))
    of_one, of_two, of_three = (spell_table(given) for given in (one, two, three))
    assert of_one.equals(of_two)
    assert not of_one.equals(of_three)
