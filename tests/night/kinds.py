"""Random cases of each kind, put to the fast engine and to the slow one; a batch is what one seed makes."""

import datetime as dt
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine import test_desk_parity as desk
from engine import test_positions_parity as positions
from engine.both_engines import fast_answers, lake_of, plain_reference, toml_of, watching
from engine.desk_play import events_of, played
from engine.test_parity import REAL_DAY, STRADDLES, comparable
from nfolab.strategies.find import find_recipe
from nfolab.strategies.recipe import Recipe
from reference.by_hand import DAY as ORDINARY_DAY
from reference.by_hand import EXPIRY
from reference.cases import plan_of, random_market, random_parameters, random_recipe
from reference.damage import damaged, read_tables, write_tables
from reference.desk_cases import random_case, slow_answer
from reference.engine import run_day as reference_day
from reference.engine import run_straddle
from reference.rows import Day, read_spot

Case = tuple[str, object, object]
"""What was asked, the slow answer, the fast one."""

ROOT = Path(__file__).resolve().parents[2]
REAL_DATA = Path(os.environ.get("NFOLAB_REAL_DATA", ROOT.parent / "shared" / "data"))


@dataclass(frozen=True)
class Kind:
    """A kind of case: how many a batch holds, the share of all cases, and what makes a batch in an empty folder."""

    name: str
    batch: int
    share: float
    cases: Callable[[int, Path], Iterator[Case]]


def desk_scripts(seed: int, _folder: Path) -> Iterator[Case]:
    for number in range(seed * 50, (seed + 1) * 50):
        case = random_case(number)
        slow, done = slow_answer(case), played(case)
        yield f"desk case {number}", (slow["events"], slow["orders"]), (events_of(done), desk.orders_of(done))


def desk_money(seed: int, folder: Path) -> Iterator[Case]:
    for number in range(seed * 10, (seed + 1) * 10):
        case = random_case(number)
        slow = desk.slow_trades(case)
        fast = desk.trades_of(desk.packed_outcome(case, folder / str(number))) if slow else []
        yield f"desk case {number}, its money", slow, fast


def position_recipes(seed: int, folder: Path) -> Iterator[Case]:
    for text, slow, fast, _ in positions.both(folder, seed, 50):
        yield text, slow, fast


def plain_recipes(seed: int, folder: Path) -> Iterator[Case]:
    rng = random.Random(seed)
    date = EXPIRY if seed % 2 else ORDINARY_DAY
    tables, spot = random_market(rng, date)
    if seed % 3 == 0:
        tables = damaged(tables, rng)
    write_tables(tables, folder / "raw" / "options")
    write_tables({"spot.parquet": spot}, folder / "raw")
    index = read_spot(folder / "raw" / "spot.parquet", date, "BANKNIFTY")
    day = Day.of_folder(folder / "raw" / "options", date, spot=index)
    lake = lake_of(folder / "raw", folder / "lake")
    for number in range(25):
        on = rng.choice(("walk", "walk", "mid", "last"))
        words = random_recipe(rng)
        path = folder / f"recipe{number}.toml"
        path.write_text(toml_of(words, on))
        slow = plain_reference(reference_day(day, plan_of(watching(words, {"walk": "walked"}.get(on, on)))))
        (fast,) = fast_answers(lake, date, Recipe.load(path), [{}])
        yield path.read_text(), comparable(slow), comparable(fast)


def straddles(seed: int, folder: Path) -> Iterator[Case]:
    """Straddles on a damaged copy of the real day; on a random market where there is no real data."""
    rng = random.Random(seed)
    date: dt.date = REAL_DAY
    if REAL_DATA.is_dir():
        tables = damaged(read_tables(REAL_DATA / "raw_options", STRADDLES), rng)
    else:
        date = ORDINARY_DAY
        tables = damaged(random_market(rng, date)[0], rng)
    write_tables(tables, folder / "raw")
    day = Day.of_folder(folder / "raw", date)
    questions = [random_parameters(rng) for _ in range(25)]
    slow = [run_straddle(day, question) for question in questions]
    fast = fast_answers(lake_of(folder / "raw", folder / "lake"), date, find_recipe("short_straddle"), questions)
    for question, one, other in zip(questions, slow, fast, strict=True):
        yield str(question), plain_reference([one]), other


KINDS = (
    Kind("desk", 50, 0.40, desk_scripts),
    Kind("money", 10, 0.05, desk_money),
    Kind("positions", 50, 0.35, position_recipes),
    Kind("recipes", 25, 0.10, plain_recipes),
    Kind("straddles", 25, 0.10, straddles),
)
