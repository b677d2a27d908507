"""Bars and features in SQL: worked out for the days that a question names, and for no others."""

import json
import re
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from lake_sources import MONDAY
from nfolab.base.errors import InputError
from nfolab.lake import Lake
from nfolab.lake.sql import query
from nfolab.tape.features import DayFeatures, OneContract
from nfolab.tape.features.tables import computed_tables
from nfolab.tape.tape import Day
from tape.features.tapes import CALL, NUMBERS, random_market, rows_of, series_of

ON_MONDAY = "day = '2025-12-15'"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return random_market(41).packed(tmp_path_factory.mktemp("sql"))


def asked(lake: Lake, statement: str) -> pl.DataFrame:
    return query(lake.root, statement, computed_tables())


def test_bars_of_a_contract_are_what_its_rows_make_of_them(lake: Lake) -> None:
    found = asked(
        lake, f"select * from bars where {ON_MONDAY} and contract = '59400 CE' and length = '1m' order by timestamp"
    )
    assert found.height == 375
    assert found["timestamp"][0].isoformat() == "2025-12-15T09:16:00+05:30"
    assert found["timestamp"][374].isoformat() == "2025-12-15T15:30:00+05:30"
    rows = rows_of(lake)[0][NUMBERS[CALL]]

    def price_at(second: int) -> float | None:
        known = [one for one in rows if one["second"] <= second]
        fresh = known and second - known[-1]["second"] <= 5 and known[-1]["price_paise"]
        return known[-1]["price_paise"] / 100 if fresh else None

    for bar in range(34):
        prices = [price for second in range(60 * bar, 60 * bar + 60) if (price := price_at(second)) is not None]
        expected = (prices[0], max(prices), min(prices), prices[-1]) if prices else (None,) * 4
        assert found.row(bar)[5:9] == expected, bar


def test_bars_of_the_index_have_no_volume(lake: Lake) -> None:
    found = asked(lake, f"select close, volume from bars where {ON_MONDAY} and contract = 'spot' order by timestamp")
    last = [paise for second, paise in series_of(lake, "spot", "BANKNIFTY") if second <= 59][-1]
    assert found.row(0) == (last / 100, None)


def test_without_a_contract_or_a_length_every_contract_has_bars_of_a_minute(lake: Lake) -> None:
    found = asked(lake, "select contract, length, count(*) n from bars b where b.day = date '2025-12-15' group by all")
    assert sorted(found.rows()) == [
        ("2025-12-30 59400 CE", "1m", 375),
        ("2025-12-30 59400 PE", "1m", 375),
        ("2025-12-30 59500 CE", "1m", 375),
        ("spot", "1m", 375),
    ]


def test_features_are_a_row_a_second_in_rupees(lake: Lake) -> None:
    found = asked(
        lake,
        f"select feature, value, unit from features where {ON_MONDAY} and subject = '59400 CE' "
        "and feature in ('ema(5s)', 'imbalance(1)') order by feature, timestamp",
    )
    features = DayFeatures(Day(lake, "BANKNIFTY", MONDAY))
    for name, unit, scale in (("ema(5s)", "rupees", 100), ("imbalance(1)", "percent", 1)):
        part = found.filter(pl.col("feature") == name)
        assert set(part["unit"]) == {unit}
        told = part["value"].fill_null(np.nan).to_numpy()
        expected = features.get(name, OneContract(NUMBERS[CALL]))
        assert np.allclose(told * scale, expected, rtol=1e-15, atol=0, equal_nan=True)


def test_they_join_with_each_other(lake: Lake) -> None:
    found = asked(
        lake,
        f"with b as (select * from bars where {ON_MONDAY} and contract = 'spot') select count(*) n from b join "
        f"(select * from features where {ON_MONDAY} and subject in ('spot') and feature in ('last')) f "
        "on b.timestamp = f.timestamp where f.value is not null",
    )
    assert found["n"][0] > 10


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("select * from bars", "bars is worked out when asked, so say for which day: select … from bars where day = "),
        ("select * from bars where day > '2025-12-14'", "so say for which day"),
        (f"select * from bars where {ON_MONDAY} or length = '1m'", "so say for which day"),
        ("select * from bars b join options o using (day) where o.day = '2025-12-15'", "so say for which day"),
        (f"select * from features where {ON_MONDAY}", "so say for which subject and feature"),
        (f"select * from features where {ON_MONDAY} and subject = 'spot' and feature = 'emma(5s)'", "did you mean"),
        (f"select * from bars where {ON_MONDAY} and contract = '1 CE'", "has no 2025-12-30 1 CE"),
        (f"select * from bars where {ON_MONDAY} and length = '1h'", "is not a whole number of seconds"),
        (f"select bid from bars where {ON_MONDAY} and contract = 'spot'", 'column "bid" not found'),
    ],
)
def test_a_question_that_does_not_say_enough_is_refused_in_a_sentence(lake: Lake, statement: str, told: str) -> None:
    with pytest.raises(InputError, match=re.escape(told)):
        asked(lake, statement)


def test_a_day_that_is_not_there_has_no_bars(lake: Lake) -> None:
    assert asked(lake, "select * from bars where day between '2026-01-01' and '2026-02-01'").height == 0
    assert asked(lake, "select * from bars where day between '2025-12-01' and '2025-12-31' limit 1").height == 1


def test_the_command_asks_them(lake: Lake) -> None:
    statement = f"select close from bars where {ON_MONDAY} and contract = '59400 CE' and length = '5m' limit 1"
    words = [sys.executable, "-m", "nfolab", "lake", "sql", statement, "--lake", str(lake.root), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["close"] > 0
