"""Trades that touch bad rows carry the flag: rows planted one by one, and the user's own day against a plain count."""

import datetime as dt
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from engine.both_engines import lake_of
from engine.hand_market import CALL, DAY, PUT, hand_lake, steady, tables_of
from nfolab.research.run import run_day
from nfolab.strategies.find import find_recipe

# Rows stand every second from 90 to 219; the decision is at 100, the entry fills at 101, the time exit at 200 sends an
# order that fills at 201.
QUIET = range(90, 220)


def flags_of(folder: Path, changes: dict[int, dict]) -> list[str]:
    """The flags of a straddle whose call's rows are changed at these seconds."""
    call = [row | changes.get(second, {}) for second, row in zip(QUIET, steady(QUIET, 10_000, 10_010), strict=True)]
    lake = hand_lake(folder, {CALL: call, PUT: steady(QUIET, 10_000, 10_010)})
    (flags,) = tables_of(lake).tables["trades"]["flags"].to_list()
    return flags


@pytest.mark.parametrize(
    ("second", "flags"),
    [
        (98, []),
        (99, []),  # before the row that decided
        (100, ["backward_volume"]),  # the row that decided
        (150, ["backward_volume"]),
        (201, ["backward_volume"]),  # the row that closed
        (202, []),
    ],
)
def test_backward_volume_between_the_decision_and_the_close(tmp_path: Path, second: int, flags: list[str]) -> None:
    assert flags_of(tmp_path, {second: {"volume": second - 2}}) == flags  # 1 less than the row before, which has n − 1


def test_volume_stays_backward_until_the_old_height_is_reached(tmp_path: Path) -> None:
    # The row of second n has volume n. One of 104 at second 95 puts those of 96 to 103 below an earlier one.
    assert flags_of(tmp_path / "a", {95: {"volume": 104}}) == ["backward_volume"]
    assert flags_of(tmp_path / "b", {95: {"volume": 100}}) == []  # as much at 100 as then: not below


@pytest.mark.parametrize(
    ("second", "flags"),
    [
        (100, []),  # the row that decided did not fill
        (101, ["repeated_row"]),
        (102, []),
        (150, []),
        (200, []),
        (201, ["repeated_row"]),
    ],
)
def test_a_repeated_row_that_filled(tmp_path: Path, second: int, flags: list[str]) -> None:
    # Equal to the row before but for the clocks, once the volume is.
    assert flags_of(tmp_path, {second: {"volume": second - 1}}) == flags


def test_a_row_like_the_one_before_but_for_a_level_is_no_repeat(tmp_path: Path) -> None:
    assert flags_of(tmp_path, {101: {"volume": 100, "bq4": 7}}) == []


def test_of_two_rows_in_one_second_the_last_fills_and_is_the_repeat(tmp_path: Path) -> None:
    call = steady(QUIET, 10_000, 10_010)
    later = dt.timedelta(milliseconds=500)
    for number, flags in ((99, []), (101, ["repeated_row"]), (150, []), (201, ["repeated_row"])):
        row = next(one for one in call if one["volume"] == number)
        again = row | {name: row[name] + later for name in ("timestamp", "ts", "lastTradeTime")}
        lake = hand_lake(tmp_path / str(number), {CALL: [again, *call], PUT: steady(QUIET, 10_000, 10_010)})
        assert tables_of(lake).tables["trades"]["flags"].to_list() == [flags]


def raw_rows(path: Path) -> list[dict]:
    """One contract's rows of the session by plain Python, in the lake's order, with what is wrong with each."""
    opening, closing = dt.time(9, 15), dt.time(15, 30)
    columns = [name for name in pq.read_schema(path).names if name not in ("ts", "symbol", "opt_type", "strike")]
    rows = pq.read_table(path).to_pylist()
    rows = [row for row in rows if row["timestamp"].date() == DAY and opening <= row["timestamp"].time() <= closing]
    rows.sort(key=lambda row: (row["timestamp"], row["volume"]))
    told = [name for name in columns if name not in ("timestamp", "lastTradeTime", "year", "month")]
    highest = 0
    found = []
    for number, row in enumerate(rows):
        time = row["timestamp"].replace(microsecond=0)
        repeated = number > 0 and all(row[name] == rows[number - 1][name] for name in told)
        found.append({"time": time, "repeated": repeated, "backward": row["volume"] < highest})
        highest = max(highest, row["volume"])
    return found


def as_of(rows: list[dict], time: dt.datetime) -> int:
    """The newest row at or before a second."""
    return max(number for number, row in enumerate(rows) if row["time"] <= time)


def test_flags_of_a_real_day_are_those_of_a_plain_count(real_data: Path, tmp_path: Path) -> None:
    names = {"CE": "banknifty25dec59400ce.parquet", "PE": "banknifty25dec59400pe.parquet"}
    raw = {kind: raw_rows(real_data / "raw_options" / name) for kind, name in names.items()}
    for name in names.values():
        (tmp_path / "raw").mkdir(exist_ok=True)
        (tmp_path / "raw" / name).symlink_to(real_data / "raw_options" / name)
    lake = lake_of(tmp_path / "raw", tmp_path / "lake")
    recipe = find_recipe("short_straddle")
    first = dt.datetime.combine(DAY, dt.time(9, 40))
    entries = [first + dt.timedelta(seconds=73 * number) for number in range(270)]
    questions = [
        {"strike": "59400", "entry": f"{entry:%H:%M:%S}", "exit": f"{entry + dt.timedelta(seconds=60):%H:%M:%S}"}
        for entry in entries
    ]
    result = run_day(lake, "BANKNIFTY", DAY, [recipe.variant(one, number) for number, one in enumerate(questions)])
    events = result.tables["events"].rows(named=True)
    legs = result.tables["legs"].rows(named=True)
    found = {"repeated_row": 0, "backward_volume": 0}
    trades = result.tables["trades"].rows(named=True)
    for trade in trades:
        fills = [one for one in events if one["trade"] == trade["trade"] and one["event"] == "fill"]
        repeated = backward = False
        for leg in (one for one in legs if one["trade"] == trade["trade"]):
            rows = raw[leg["kind"]]
            for fill in (one for one in fills if one["leg"] == leg["leg"]):
                repeated |= rows[as_of(rows, plain(fill["time"]))]["repeated"]
            opening, closing = as_of(rows, plain(trade["decision_time"])), as_of(rows, plain(leg["exit_time"]))
            backward |= any(row["backward"] for row in rows[opening : closing + 1])
        assert ("repeated_row" in trade["flags"]) == repeated, trade
        assert ("backward_volume" in trade["flags"]) == backward, trade
        found["repeated_row"] += repeated
        found["backward_volume"] += backward
    assert len(trades) > 150
    assert 0 < found["repeated_row"] < len(trades)
    assert found["backward_volume"] == 0  # no contract's volume falls that day


def plain(time: dt.datetime) -> dt.datetime:
    """A time in India as the raw files have it, without its zone."""
    return time.replace(tzinfo=None)
