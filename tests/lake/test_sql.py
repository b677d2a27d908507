"""SQL over a lake: the vendor's names, rupees, and spot that never comes from the future."""

from pathlib import Path
from typing import Any

import pytest

from lake_sources import MONDAY, TUESDAY, clock, row, write_contract, write_spot
from nfolab.base.errors import InputError
from nfolab.lake.packing.pack import pack
from nfolab.lake.sql import query
from nfolab.vendor.sources import find_sources


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("o'clock")  # a quote in the path
    rows = [
        row(MONDAY, 10, price=150.05, bp0=150.0, sp0=150.15, volume=100),
        row(MONDAY, 12, price=151.0, bp0=None, sp0=151.15, volume=135),
        row(MONDAY, 13, price=152.0, volume=135),
        row(TUESDAY, 10, price=10.0, volume=35),
    ]
    write_contract(folder / "raw" / "banknifty25dec59400ce.parquet", rows)
    write_contract(folder / "raw" / "banknifty25dec59400pe.parquet", [one | {"volactual": 4.5} for one in rows[:1]])
    write_contract(folder / "raw" / "nifty25d1626000ce.parquet", rows[:2])
    beats = [
        (clock(MONDAY, 9), 59_440.0),
        (clock(MONDAY, 10), 1.0),
        (clock(MONDAY, 10), 59_450.5),
        (clock(MONDAY, 14), 60_000.0),
    ]
    write_spot(folder / "raw" / "spot.parquet", "BANKNIFTY", beats)
    pack(find_sources([folder / "raw"]), folder / "lake", 1)
    return folder / "lake"


def rows_of(root: Path, statement: str) -> list[dict[str, Any]]:
    return query(root, statement).to_dicts()


def test_names_and_rupees(root: Path) -> None:
    (found,) = rows_of(
        root,
        "select underlying, day, expiry, kind, strike, expiry_type, price, bp0, sp4, volume, volume_delta, "
        "mid, spread, dte from options where underlying = 'BANKNIFTY' and kind = 'CE' and price = 150.05",
    )
    assert {name: str(found.pop(name)) for name in ("day", "expiry")} == {"day": "2025-12-15", "expiry": "2025-12-30"}
    assert found == {
        "underlying": "BANKNIFTY", "kind": "CE", "strike": 59400, "expiry_type": "monthly", "price": 150.05,
        "bp0": 150.0, "sp4": 150.35, "volume": 100, "volume_delta": None, "mid": 150.075, "spread": 0.15, "dte": 15,
    }  # fmt: skip


def test_a_missing_side_has_no_mid(root: Path) -> None:
    assert rows_of(root, "select bp0, mid, spread from options where price = 151 and underlying = 'NIFTY'") == [
        {"bp0": None, "mid": None, "spread": None}
    ]


def test_spot_is_the_last_of_the_newest_second_at_most_two_seconds_old(root: Path) -> None:
    found = rows_of(
        root,
        "select kind, price, spot, moneyness, distance_from_spot, intrinsic_value, time_value from options "
        "where underlying = 'BANKNIFTY' and day = '2025-12-15' order by kind, timestamp",
    )
    assert [(one["price"], one["spot"]) for one in found] == [
        (150.05, 59450.5),  # the second row of 09:15:10
        (151.0, 59450.5),  # two seconds old
        (152.0, None),  # three seconds old; that of 09:15:14 is not known yet
        (150.05, 59450.5),
    ]
    call, put = found[0], found[3]
    assert (call["distance_from_spot"], call["intrinsic_value"], round(call["time_value"], 2)) == (-50.5, 50.5, 99.55)
    assert (put["intrinsic_value"], put["time_value"]) == (0.0, 150.05)
    assert call["moneyness"] == 59450.5 / 59400
    assert found[2]["intrinsic_value"] is None


def test_columns_of_all_files_are_there(root: Path) -> None:
    assert rows_of(root, "select count(*) n, count(volactual) v from options") == [{"n": 7, "v": 1}]
    assert "spot" in query(root, "select * from options limit 1").columns
    assert query(root, "select column_name from (describe options)").height > 55


def test_spot_and_audit(root: Path) -> None:
    assert rows_of(root, "select underlying, count(*) n, max(price) p from spot group by all") == [
        {"underlying": "BANKNIFTY", "n": 4, "p": 60000.0}
    ]
    assert rows_of(
        root, "select distinct contract from audit where \"check\" = 'late start' and contract like 'NIFTY%'"
    ) == [{"contract": "NIFTY 2025-12-16 26000 CE"}]


def test_clocks_are_ist(root: Path) -> None:
    (found,) = rows_of(root, "select min(timestamp) t, hour(min(timestamp)) h from options")
    assert (found["t"].isoformat(), found["h"]) == ("2025-12-15T09:15:10+05:30", 9)


def test_only_the_files_of_the_day_are_read(root: Path) -> None:
    plan = query(root, "explain analyze select sum(volume) from options where day = '2025-12-16'").row(0)[1]
    assert "2025-12-16.parquet" in plan
    assert "2025-12-15.parquet" not in plan


def test_wrong_sql_is_told_in_a_sentence(root: Path) -> None:
    with pytest.raises(InputError, match='column "bid" not found'):
        query(root, "select bid from options")
    with pytest.raises(InputError, match="there is no lake"):
        query(root / "none", "select 1")


def test_a_lake_without_spot_has_the_columns_all_the_same(tmp_path: Path) -> None:
    path = write_contract(tmp_path / "banknifty25dec59400ce.parquet", [row(MONDAY, 10)])
    pack(find_sources([path]), tmp_path / "lake", 1)
    assert rows_of(tmp_path / "lake", "select spot, time_value from options") == [{"spot": None, "time_value": None}]
    assert rows_of(tmp_path / "lake", "select * from spot") == []


@pytest.mark.parametrize("statement", ["", "create table mine (a int)", "select 1; select 2"])
def test_what_is_not_one_question_is_refused(root: Path, statement: str) -> None:
    with pytest.raises(InputError, match="is not one question"):
        query(root, statement)
