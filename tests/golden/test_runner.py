"""The runner of golden cases: what its cells mean, and that it sees what differs."""

import re
from pathlib import Path

import numpy as np
import pytest

from golden.case import cases_of
from golden.compare import differences, titles_of
from golden.document import CaseError
from golden.market import forget_lakes, lake_of
from golden.paths import Grid, flow_path, paise, quote_path, value_path
from nfolab.tape.features.day import DayFeatures
from nfolab.tape.features.naming import read_subject
from nfolab.tape.tape import Day

GRID = Grid((100, 102, 106))


def test_a_value_stays_until_the_next_and_may_move_evenly():
    # From 100.00 in two seconds to 100.00, then in four evenly to 101.00, cut to 0.05.
    values, there = value_path(["100", "", "→ 101"], GRID)
    assert values.tolist() == [10000, 10015, 10035, 10050, 10065, 10085, 10100]
    assert there.all()
    assert value_path(["100", "100", "-> 101"], GRID)[0].tolist() == [10000, 10000, 10000, 10025, 10050, 10075, 10100]


def test_values_take_turns_and_fall_silent():
    values, there = value_path(["", "cycle 1; 2; 3", "silent"], GRID)
    assert values[2:6].tolist() == [100, 200, 300, 100]
    assert there.tolist() == [False, False, True, True, True, True, False]


def test_books_have_levels_and_sizes():
    books, there = quote_path(["100 x 35, 99.95 x 70 / 100.10 x 105", "-", "50"], GRID, 10, 1000)
    assert books[0].tolist() == [10000, 9995, 0, 0, 0, 35, 70, 0, 0, 0, 10010, 0, 0, 0, 0, 105, 0, 0, 0, 0]
    assert not books[2].any()
    assert books[6, [0, 5, 10, 15]].tolist() == [5000, 1000, 5010, 1000]
    assert there.all()


def test_a_burst_of_volume_lasts_one_second():
    assert flow_path(["35", "7000 once", ""], GRID, 100).tolist() == [35, 35, 7000, 35, 35, 35, 35]
    assert flow_path(["", "cycle 1; 2", "70"], GRID, 100).tolist() == [100, 100, 1, 2, 1, 2, 70]


@pytest.mark.parametrize(("text", "expected"), [("−1,645.00", -164500), ("0.05", 5), ("₹12", 1200)])
def test_rupees_are_read_as_paise(text, expected):
    assert paise(text) == expected


HEAD = 'set = { strike = "59400", entry = "09:20:00", exit = "09:21:00" }'
PRICES = """| time | 59400 CE | 59400 PE |
| --- | --- | --- |
| 09:19:58 | 100 | 90 |
| +70s | | |
"""
TRADES = """| trade | contract | side | entry | entry price | exit | exit price | reason | gross |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
| 1 | 59400 CE | sell | 09:20:01 | 100.00 | 09:21:01 | 100.10 | time | −3.50 |
| 1 | 59400 PE | sell | 09:20:01 | 90.00 | 09:21:01 | 90.10 | time | −3.50 |
"""


def case_file(folder: Path, body: str) -> Path:
    path = folder / "short_straddle.md"
    path.write_text(f"```toml\n{HEAD}\n```\n\n## A case\n\n{body}", encoding="utf-8")
    return path


def wrong_of(folder: Path, body: str) -> str:
    (case,) = cases_of(case_file(folder, body))
    return "\n".join(differences(case))


def test_what_is_told_rightly_has_no_differences(tmp_path):
    assert wrong_of(tmp_path, f"{PRICES}\n{TRADES}\nGross: −7.00\n") == ""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("09:20:01 | 100.00", "09:20:02 | 100.00"),
        ("100.10 | time | −3.50", "100.15 | time | −3.50"),
        ("90.10 | time", "90.10 | stop"),
        ("59400 PE | sell", "59400 PE | buy"),
        ("−3.50", "−3.49"),
        ("| 1 | 59400 PE | sell | 09:20:01 | 90.00 | 09:21:01 | 90.10 | time | −3.50 |\n", ""),
        ("−7.00", "−7.05"),
    ],
)
def test_each_cell_that_is_told_wrongly_is_found(tmp_path, right, wrong):
    told = f"{PRICES}\n{TRADES}\nGross: −7.00\n".replace(right, wrong, 1)
    assert "expected" in wrong_of(tmp_path, told)


@pytest.mark.parametrize(
    "happens",
    [
        {},
        {"09:20:01": "sell 59400 CE at 100.00"},
        {"09:20:01": "sell 59400 CE at 100.00; sell 59400 PE at 90.00", "09:21:00": "time", "09:21:01": "stop"},
    ],
)
def test_what_happens_must_be_told_in_full(tmp_path, happens):
    rows = "".join(f"| {time} | | | {words} |\n" for time, words in happens.items())
    table = (
        "| time | 59400 CE | 59400 PE | happens |\n| --- | --- | --- | --- |\n"
        f"| 09:19:58 | 100 | 90 | |\n{rows}| 09:21:08 | | | |\n"
    )
    assert "what happened differs" in wrong_of(tmp_path, f"{table}\nGross: −7.00\n")


def test_no_trade_and_a_refused_day_are_told_with_their_reasons(tmp_path):
    assert "expected no trade" in wrong_of(tmp_path, f"{PRICES}\nNo trade.\n")
    assert "expected a refused day" in wrong_of(tmp_path, f"{PRICES}\nRefused: future\n")
    refused = '```toml\nset = { strike = "57000" }\n```\n'
    assert "refused" in wrong_of(tmp_path, f"{refused}{PRICES}\n{TRADES}")
    assert wrong_of(tmp_path, f"{refused}{PRICES}\nRefused: 57000\n") == ""


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (PRICES, "expects nothing"),
        (TRADES, "no table of prices"),
        (PRICES.replace("09:19:58", "soon") + "\nNo trade.", "'soon' is no time"),
        (PRICES.replace("+70s", "09:19:58") + "\nNo trade.", "does not come after"),
        (PRICES.replace("| +70s | | |", "| +70s | |") + "\nNo trade.", "has 2 cells"),
        (PRICES.replace("59400 PE", "59400 P") + "\nNo trade.", "has no column '59400 P'"),
        ("```toml\nlot = 15\n```\n" + PRICES + "\nNo trade.", "35 units"),
        (PRICES.replace("90 |", "90.001 |") + "\nNo trade.", "finer than a paisa"),
    ],
)
def test_a_case_that_cannot_be_read_says_why(tmp_path, body, why):
    path = case_file(tmp_path, body)
    with pytest.raises(CaseError, match=why):
        differences(cases_of(path)[0])
    assert titles_of(path) in (["A case"], ["unreadable"])


MANY_DAYS = """```toml
underlying = "NIFTY"
quiet = "5s"
```

Prices on 2025-12-11, 2025-12-12:

| time | spot |
| --- | --- |
| 15:29:50 | 25900 |
| 15:30:00 | 26000 |

Prices on the day:

| time | spot | future | vix | 26000 CE | 26000 CE volume | 26000 CE close | next 26000 PE |
| --- | --- | --- | --- | --- | --- | --- | --- |
| 10:00:00 | 26010 | 26050 | 12.50 | 100 | 75 | 120 | 90 |
| 10:05:00 | | | | → 130 | | | |

No trade.
"""


def test_a_market_has_its_future_its_past_and_its_next_expiry(tmp_path):
    (case,) = cases_of(case_file(tmp_path, MANY_DAYS))
    day = Day(lake_of(case.market), "NIFTY", case.market.settings.day)
    features = DayFeatures(day, None)
    at = 45 * 60 + 250

    def value(call: str, of: str) -> float:
        return float(features.get(call, read_subject(of, day))[at])

    assert sorted(str(day.contract(number)) for number in range(2)) == [
        "NIFTY 2025-12-16 26000 CE",
        "NIFTY 2025-12-23 26000 PE",
    ]
    # 250 of 300 seconds on the way from 100 to 130: 125.
    assert value("bid", "26000 CE") == 12_500
    assert value("volume(10s)", "26000 CE") == 750
    assert value("previous_close", "spot") == 2_600_000
    assert value("previous_close", "26000 CE") == 12_000
    assert value("vix", "spot") == 0.125
    assert value("bid", "future") == 2_605_000


def test_far_from_the_rows_a_quiet_market_repeats_itself_less_often(tmp_path):
    (case,) = cases_of(case_file(tmp_path, MANY_DAYS))
    day = Day(lake_of(case.market), "NIFTY", case.market.settings.day)
    seconds = day.load([0]).book.second - 45 * 60
    assert seconds[:62].tolist() == [*range(60), 60, 65]
    assert np.diff(seconds).max() == 5
    assert seconds[-60:].tolist() == list(range(241, 301))


def test_equal_tables_share_a_lake(tmp_path):
    first, second = cases_of(case_file(tmp_path, MANY_DAYS + "\n## Again\n\nNo trade.\n"))
    assert lake_of(first.market) is lake_of(second.market)
    root = lake_of(first.market).root
    forget_lakes()
    assert not root.exists()


NEVER_TRUE = """```toml
[enter]
when    = "last > 59000pt and last > 59450pt"
between = ["09:20:00", "09:20:10"]

[[leg]]
sell   = "CE"
strike = "59400"
```

| time | spot | 59400 CE |
| --- | --- | --- |
| 09:19:58 | 59400 | 100 |
| 09:20:08 | 59500 | |
| 09:20:20 | | |

No trade.
"""


def test_a_failure_tells_how_many_seconds_pass_each_condition(tmp_path):
    # Ten seconds of the window, in the last two of them the index stands above 59,450.
    path = tmp_path / "words.md"
    path.write_text(f"## A case\n\n{NEVER_TRUE}", encoding="utf-8")
    told = "\n".join(differences(cases_of(path)[0]))
    assert "expected no trade" in told
    assert re.findall(r"\| last > (59\d00|59450)pt +\| (\d+) +\| (\d+)", told) == [
        ("59000", "10", "10"),
        ("59450", "2", "2"),
    ]
