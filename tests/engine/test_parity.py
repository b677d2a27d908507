"""The fast engine against the slow reference: trade for trade, fill for fill, to the paisa."""

import datetime as dt
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.both_engines import fast_answers, lake_of, plain_reference, toml_of, watching
from nfolab.strategies.find import find_recipe
from nfolab.strategies.recipe import Recipe
from reference.by_hand import DAY as ORDINARY_DAY
from reference.by_hand import EXPIRY
from reference.cases import plan_of, random_market, random_parameters, random_recipe, tally
from reference.damage import damaged, read_tables, write_tables
from reference.engine import run_day as reference_day
from reference.engine import run_straddle
from reference.rows import Day, read_spot

REAL_DAY = dt.date(2025, 12, 15)
STRADDLES = {f"banknifty25dec{strike}{kind}.parquet" for strike in (59400, 59900) for kind in ("ce", "pe")}
COPIES_IN_GROUP = 5
GROUPS = 4
QUESTIONS = 25  # a copy; 4 × 5 × 25 = 500
REASONS = ("stop", "leg_stop", "target", "time")


def straddles_on(folder: Path, lake: Path, questions: Sequence[dict[str, str]]) -> list[dict]:
    """Ask both engines, hold their answers against each other, and return the reference's outcomes."""
    day = Day.of_folder(folder, REAL_DAY)
    outcomes = [run_straddle(day, question) for question in questions]
    answers = fast_answers(lake_of(folder, lake), REAL_DAY, find_recipe("short_straddle"), questions)
    for question, answer, outcome in zip(questions, answers, outcomes, strict=True):
        assert answer == plain_reference([outcome]), question
    return outcomes


@pytest.mark.parametrize("group", range(GROUPS))
def test_random_straddles_on_randomly_damaged_copies_of_the_real_day(group, real_data, tmp_path):
    tables = read_tables(real_data / "raw_options", STRADDLES)
    outcomes = []
    for copy in range(group * COPIES_IN_GROUP, (group + 1) * COPIES_IN_GROUP):
        rng = random.Random(copy)
        write_tables(damaged(tables, rng), tmp_path / str(copy) / "raw")
        questions = [random_parameters(rng) for _ in range(QUESTIONS)]
        outcomes += straddles_on(tmp_path / str(copy) / "raw", tmp_path / str(copy) / "lake", questions)
    counts = tally(outcomes)
    assert counts["partial exits"] >= 50 / GROUPS
    assert all(counts[f"reason {reason}"] >= 20 / GROUPS for reason in REASONS)


def test_straddles_on_the_real_day_as_it_is(real_data, tmp_path):
    rng = random.Random(2025)
    asked = [
        {},
        {"stop": "1%"},
        {"leg_stop": "10%"},
        {"lots": "10lots"},
        {"entry": "10:56:01"},
        {"entry": "10:56:38"},
        {"entry": "10:57:50", "lots": "10lots", "stop": "1%"},
        {"entry": "11:03:00", "exit": "11:03:30", "lots": "10lots"},
        {"entry": "15:15:00", "exit": "15:20:00"},
    ]
    questions = [{"strike": "59400", "entry": "09:45:00", **question} for question in asked]
    questions += [random_parameters(rng) for _ in range(40)]
    outcomes = straddles_on(real_data / "raw_options", tmp_path / "lake", questions)
    assert outcomes[0]["trade"]["gross"] == 15050
    assert sum(outcome["trade"] is not None for outcome in outcomes) > 30


@pytest.mark.parametrize("seed", range(12))
def test_random_recipes_on_random_markets(seed, tmp_path):
    rng = random.Random(seed)
    date = EXPIRY if seed % 2 else ORDINARY_DAY
    tables, spot = random_market(rng, date)
    if seed % 3 == 0:
        tables = damaged(tables, rng)
    write_tables(tables, tmp_path / "raw" / "options")
    write_tables({"spot.parquet": spot}, tmp_path / "raw")
    day = Day.of_folder(
        tmp_path / "raw" / "options", date, spot=read_spot(tmp_path / "raw" / "spot.parquet", date, "BANKNIFTY")
    )
    lake = lake_of(tmp_path / "raw", tmp_path / "lake")
    trades = 0
    for number in range(25):
        on = rng.choice(("walk", "walk", "mid", "last"))
        words = random_recipe(rng)
        path = tmp_path / f"recipe{number}.toml"
        path.write_text(toml_of(words, on))
        expected = plain_reference(reference_day(day, plan_of(watching(words, {"walk": "walked"}.get(on, on)))))
        (answer,) = fast_answers(lake, date, Recipe.load(path), [{}])
        assert comparable(answer) == comparable(expected), words
        trades += sum("legs" in outcome for outcome in expected)
    assert trades > 5


def comparable(outcomes: Sequence[dict]) -> list[str]:
    """Outcomes in one order; an entry that was skipped, and one that had no contract to choose, are both no entry.

    A day on which a contract never trades is refused as a whole by the fast engine, entry by entry by the reference.
    """
    told = sorted("no entry" if "skipped" in outcome or "refused" in outcome else str(outcome) for outcome in outcomes)
    return told[:1] if set(told) == {"no entry"} else told
