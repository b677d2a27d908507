"""Reading Python strategies: what a file must hold, mistakes in one sentence, settings, and the guide's own code."""

import datetime as dt
import re
from pathlib import Path

import numpy as np
import pytest

from honesty.markets import packed_window
from nfolab.base.errors import InputError
from nfolab.base.units import Clock
from nfolab.market.sessions import session
from nfolab.research.plan import make_plan
from nfolab.research.run import run_day, run_plan
from nfolab.strategies.find import find_strategy
from nfolab.strategies.python import load_python
from strategies.python_market import DAY, window_tables

ROOT = Path(__file__).resolve().parent.parent.parent
GOOD = '''"""Nothing much: it looks at nothing. Rules, source, assumptions: none."""
from dataclasses import dataclass
from numba import njit
from nfolab.base.units import Clock, Lots, Percent, Points, Rows, Rupees, Seconds
from nfolab.engine.desk import *

@dataclass(frozen=True)
class Params:
    entry: Clock = Clock.parse("10:31:00")
    stop: Points = Points.parse("1.5pt")
    loss: Rupees = Rupees.parse("2500rs")
    share: Percent = Percent.parse("0.05%")
    hold: Seconds = Seconds(90)
    lots: Lots = Lots(2)
    slow: Rows = Rows(21)

@njit
def run(tape, desk, p):
    pass
'''


def written(folder: Path, text: str, name: str = "mine.py") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_parameters_become_whole_numbers_for_the_kernel(tmp_path):
    strategy = load_python(written(tmp_path, GOOD))
    values = strategy.values({"stop": "2pt"})
    numbers = strategy.numbers(strategy.read(values), Clock.parse("09:15:00"))
    # 10:31 is 76 minutes after the open; 0.05 % are 500 millionths.
    assert numbers._asdict() == {
        "entry": 4_560, "stop": 200, "loss": 250_000, "share": 500, "hold": 90, "lots": 2, "slow": 21,
    }  # fmt: skip
    assert (strategy.id, strategy.title) == (
        "mine",
        "Nothing much: it looks at nothing. Rules, source, assumptions: none",
    )
    assert values["latency"] == "1s"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def run(", "def walk(", r"mine\.py has no function run\(tape, desk, p\)"),
        ("run(tape, desk, p)", "run(tape, desk)", "takes 2 arguments"),
        ("class Params", "class Given", "has no dataclass Params"),
        ("frozen=True", "frozen=False", "Params is not frozen"),
        ("= Seconds(90)", "= 90", "the parameter hold has no default with a unit"),
        ("    hold: Seconds", "    latency: Seconds", "latency is a setting that every strategy has"),
        ('"""Nothing much: it looks at nothing. Rules, source, assumptions: none."""', "", "has no docstring"),
        ("from numba", "from nummba", "fails when it is read: ModuleNotFoundError"),
        ("class Params:", "class Params", "fails when it is read: line 8"),
        ("@njit", 'SIDE = "long"\n@njit', "SIDE is 'long'"),
        ("@njit", 'GRID = {"holt": ("1s",)}\n@njit', "GRID names 'holt'.*hold"),
    ],
)
def test_a_mistake_in_a_file_is_told_in_one_sentence(tmp_path, old, new, said):
    with pytest.raises(InputError, match=said) as mistake:
        load_python(written(tmp_path, GOOD.replace(old, new, 1)))
    assert "\n" not in str(mistake.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"holt": "1s"}, "no parameter 'holt'.*hold"),
        ({"hold": "90"}, "parameter hold: '90' is not a whole number of seconds"),
        ({"latency": "0s"}, "below 1s"),
        ({"latency": "5s..2s"}, "ends before it begins"),
        ({"queue": "worse"}, "worst"),
        ({"most_open": "0"}, "is no limit"),
        ({"daily_loss": "0rs"}, "not above zero"),
        ({"plan": "flat"}, "flat"),
    ],
)
def test_a_mistake_in_a_parameter_is_told_in_one_sentence(tmp_path, given, said):
    with pytest.raises(InputError, match=said):
        load_python(written(tmp_path, GOOD)).variant(given, 0)


def test_a_file_that_is_not_there_and_a_name_that_is_nearly_right():
    with pytest.raises(InputError, match=r"cannot read the strategy nowhere\.py"):
        find_strategy("nowhere.py")
    with pytest.raises(InputError, match="market_maker"):
        find_strategy("market_makr")


def test_settings_become_the_rules_of_the_desk(tmp_path):
    given = {
        "latency": "2s..4s", "seed": "9", "queue": "best", "quotes": "one_sided", "stops_on": "last", "most_open": "2",
        "cool_down": "60s", "daily_loss": "2500rs", "max_quote_age": "3s",
    }  # fmt: skip
    variant = load_python(written(tmp_path, GOOD)).variant(given, 0)
    rules = variant.settings.rules("NIFTY", session(DAY), 30)
    assert (rules.freeze, rules.last_second, rules.last_opening, rules.square_off) == (1_800, 22_500, 21_600, 21_900)
    assert (rules.most_open, rules.cool_down, rules.daily_loss, rules.max_quote_age) == (2, 60, 250_000, 3)
    assert set(rules.latency.tolist()) == {2, 3, 4}
    again = variant.settings.rules("NIFTY", session(DAY), 30)
    other_day = variant.settings.rules("NIFTY", session(dt.date(2025, 7, 8)), 30)
    assert np.array_equal(rules.latency, again.latency)
    assert not np.array_equal(rules.latency, other_day.latency)
    with pytest.raises(InputError, match="freeze limit of NIFTY on 2020-01-06 is not known"):
        variant.settings.rules("NIFTY", session(dt.date(2020, 1, 6)), 30)
    said = " ".join(variant.settings.remarks(variant.params))
    assert all(word in said for word in ("last price", "circuit limit", "best", "2s..4s", "seed 9"))


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    return packed_window(tmp_path_factory.mktemp("window"), window_tables(tmp_path_factory.mktemp("raw")))


def ledger(lake, path: Path) -> dict:
    return run_day(lake, "NIFTY", DAY, [load_python(path).variant({}, 0)]).tables["ledger"].row(0, named=True)


def test_an_exception_in_run_fails_the_task_with_its_traceback(lake, tmp_path):
    path = written(
        tmp_path, GOOD.replace("    pass\n", '    raise ValueError("the strategy gave up")\n'), "gives_up.py"
    )
    task = ledger(lake, path)
    assert task["state"] == "failed"
    assert "ValueError: the strategy gave up" in task["reason"]
    assert "Traceback" in task["reason"]


MISTAKES = (
    "second 5000 of the session: it went back in time",
    "the start: it sent an order before it looked at the day",
    "it called both advance and see",
    "a contract that its tape does not hold",
    "an order that it never sent",
    "a trade that it never opened",
    "by rows what is for a strategy by seconds",
    "another contract than the one whose row it had just seen",
)
WRONG = """
    for step in range(2):
        if (p.slow == 3 and step == 1) or (p.slow >= 7 and step == 0):
            see(desk, 0, 0)
        elif p.slow == 1 or (p.slow != 2 and p.slow < 7 and step == 0):
            advance(desk, 5000 - 1000 * step)
    if p.slow == 5:
        cancel(desk, 3)
    elif p.slow == 7:
        new_trade(desk)
    elif p.slow != 1 and p.slow != 3:
        buy(desk, 999 if p.slow == 4 else p.slow // 8, 75, 8 if p.slow == 6 else NOTHING)
"""


def test_a_desk_used_wrongly_says_how(lake, tmp_path):
    strategy = load_python(written(tmp_path, GOOD.replace("    pass\n", WRONG), "wrong.py"))
    variants = [strategy.variant({"slow": f"{number + 1}rows"}, number) for number in range(len(MISTAKES))]
    tasks = run_day(lake, "NIFTY", DAY, variants).tables["ledger"].rows(named=True)
    assert [task["state"] for task in tasks] == ["failed"] * len(MISTAKES)
    for task, said in zip(tasks, MISTAKES, strict=True):
        assert said in task["reason"]
        assert "\n" not in task["reason"]


def test_an_edited_file_is_another_run(lake, tmp_path):
    path = written(tmp_path, GOOD)
    plans = [make_plan(lake, [load_python(path)]).describe()]
    plans.append(make_plan(lake, [load_python(path)]).describe())
    path.write_text(GOOD + "\n# edited\n")
    plans.append(make_plan(lake, [load_python(path)]).describe())
    assert plans[0] == plans[1] != plans[2]


def test_a_day_without_an_index_is_refused_with_the_reason(lake, tmp_path):
    tables = {name: table for name, table in window_tables(tmp_path / "raw").items() if "bp0" in table.column_names}
    without = packed_window(tmp_path / "lake", tables)
    tables_of_day = run_day(without, "NIFTY", DAY, [find_strategy("market_maker").variant({}, 0)]).tables
    task = tables_of_day["ledger"].row(0, named=True)
    assert task["state"] == "refused"
    assert "no index feed of NIFTY" in task["reason"]


def blocks() -> list[str]:
    guide = (ROOT / "docs" / "python-strategies.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", guide, re.DOTALL)


def test_the_guides_strategy_runs_as_it_stands_there(lake, tmp_path):
    path = written(tmp_path, blocks()[0], "dip.py")
    plan = make_plan(lake, [load_python(path)], given={"first": "10:32:00", "last": "10:45:00", "fall": "0.5pt"})
    run = run_plan(plan, tmp_path / "runs")
    trades = run.table("trades")
    assert trades.height > 0
    assert set(trades["reason"]) == {"held_enough"}
    assert (trades["exit_time"] > trades["entry_time"]).all()


def test_the_guides_other_code_says_what_it_reads(lake):
    from nfolab.engine.desk.tape import StrategyTape
    from nfolab.tape.features.day import DayFeatures
    from nfolab.tape.features.subject import OneContract
    from nfolab.tape.tape import Day

    names: dict = {}
    for block in blocks()[1:]:
        exec(block, names)
    day = Day(lake, "NIFTY", DAY)
    book, given = day.load([0]).book, DayFeatures(day)
    features = tuple(given.table(call, [OneContract(0)]) for call in names["FEATURES"])
    nothing = np.zeros(1, np.int32)
    tape = StrategyTape(*book[:8], nothing, nothing, nothing > 0, nothing, day.spot, features, ())
    second = 75 * 60 + 600
    row = int(book.last[0, second])
    expected = (book.bid_price[0, row], book.ask_price[0, row], second - book.second[row])
    assert names["last_quote"](tape, 0, second) == expected
    assert names["last_quote"](tape, 0, 0) == (0, 0, 0)
    delta, iv, rate = names["features_of"](tape, 0, second)
    assert 0 < delta <= 1
    assert iv > 0
    assert rate >= 0
