"""A few random cases of the desk, of recipes and of positions, fast against slow: what the mutation run asks last."""

import random

import pytest

from engine import test_desk_parity as desk
from engine import test_positions_parity as positions
from engine.both_engines import fast_answers, lake_of, plain_reference, toml_of, watching
from engine.desk_play import events_of, played
from engine.test_parity import comparable
from nfolab.strategies.recipe import Recipe
from reference.by_hand import DAY as ORDINARY_DAY
from reference.by_hand import EXPIRY
from reference.cases import plan_of, random_market, random_recipe
from reference.damage import damaged, write_tables
from reference.desk_cases import random_case, slow_answer
from reference.engine import run_day as reference_day
from reference.rows import Day, read_spot

BLOCK = 15


@pytest.mark.parametrize("block", range(8))
def test_random_scripts_of_the_desk(block):
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        case = random_case(seed)
        slow, done = slow_answer(case), played(case)
        assert events_of(done) == slow["events"], f"case {seed}"
        assert desk.orders_of(done) == slow["orders"], f"case {seed}"


@pytest.mark.parametrize("seed", range(3))
def test_random_positions(seed, tmp_path):
    for text, expected, answer, _ in positions.both(tmp_path, seed, 12):
        assert answer == expected, text


@pytest.mark.parametrize("seed", range(2))
def test_random_recipes(seed, tmp_path):
    rng = random.Random(seed)
    date = EXPIRY if seed % 2 else ORDINARY_DAY
    tables, spot = random_market(rng, date)
    write_tables(damaged(tables, rng), tmp_path / "raw" / "options")
    write_tables({"spot.parquet": spot}, tmp_path / "raw")
    index = read_spot(tmp_path / "raw" / "spot.parquet", date, "BANKNIFTY")
    day = Day.of_folder(tmp_path / "raw" / "options", date, spot=index)
    lake = lake_of(tmp_path / "raw", tmp_path / "lake")
    for number in range(6):
        words = random_recipe(rng)
        path = tmp_path / f"recipe{number}.toml"
        path.write_text(toml_of(words, "walk"))
        expected = plain_reference(reference_day(day, plan_of(watching(words, "walked"))))
        (answer,) = fast_answers(lake, date, Recipe.load(path), [{}])
        assert comparable(answer) == comparable(expected), words
