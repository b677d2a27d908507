"""Defects lie where `defects.json` says, and nowhere else."""

import json
from datetime import date, datetime

import polars as pl
import pytest

DAYS = ("2025-07-07", "2025-07-08")
OPEN = 9 * 3600 + 15 * 60
LAST = 22_500
BOOK = [f"{side}{what}{level}" for side in "bs" for what in "qpo" for level in range(5)]
CONTENT = [
    "price",
    "qty",
    "avgPrice",
    "volume",
    "bQty",
    "sQty",
    "open",
    "high",
    "low",
    "close",
    "changeper",
    "oi",
    *BOOK,
]


def second_of(clock):
    hours, minutes, seconds = map(int, clock.split(":"))
    return hours * 3600 + minutes * 60 + seconds - OPEN


@pytest.fixture(scope="module")
def record(damaged):
    return json.loads((damaged.path / "defects.json").read_text())


@pytest.fixture(scope="module")
def rows(damaged):
    """The rows of every contract by day and name, without the row of 1970."""
    return {day: {name: frame[1:] for name, frame in damaged.options(date.fromisoformat(day)).items()} for day in DAYS}


def contracts_of(record, rows):
    for day in DAYS:
        for name, frame in rows[day].items():
            yield day, frame, record["days"][day]["contracts"][name]


def same_as_before(frame, columns):
    return frame.select(pl.all_horizontal(pl.col(columns) == pl.col(columns).shift(1))).to_series().fill_null(False)


def late(record, day):
    stretch = record["days"][day]["late_feed"]
    return second_of(stretch["from"]), second_of(stretch["to"])


def test_the_record_speaks_of_every_contract_and_says_synthetic(record, rows):
    assert record["source"] == "synthetic"
    assert {day: set(told["contracts"]) for day, told in record["days"].items()} == {
        day: set(frames) for day, frames in rows.items()
    }


def test_every_file_opens_with_one_row_of_1970(damaged):
    for day in DAYS:
        for frame in damaged.options(date.fromisoformat(day)).values():
            assert (frame["timestamp"].dt.year() == 1970).sum() == 1
            row = frame.drop("second").row(0, named=True)
            told = {name: value for name, value in row.items() if value is not None}
            bogus = datetime.fromisoformat("1970-01-01 05:30:00")
            assert told.items() >= {"timestamp": bogus, "ts": bogus, "price": 0.0, "volume": 0}.items()
            assert set(told) == {"timestamp", "ts", "price", "volume", "symbol", "opt_type", "strike", "year", "month"}


def test_the_recorder_misses_the_first_minutes_of_the_first_day_alone(damaged, record, rows):
    starts = [second_of(record["days"][day]["recorder_starts"]) for day in DAYS]
    assert 180 <= starts[0] <= 1_020
    assert starts[1] == 0
    for day, start in zip(DAYS, starts, strict=True):
        first = min(frame["second"][0] for frame in rows[day].values())
        assert start <= first <= start + 2
        spot = pl.read_parquet(damaged.path / "spot" / f"index_spot_BANKNIFTY_{day}.parquet")["timestamp"][0]
        assert start <= spot.hour * 3600 + spot.minute * 60 + spot.second - OPEN <= start + 3


def test_no_contract_has_a_row_in_a_gap_and_all_is_there_around_it(record, rows):
    for day in DAYS:
        seconds = set().union(*(frame["second"].to_list() for frame in rows[day].values()))
        gaps = [tuple(map(second_of, gap)) for gap in record["days"][day]["gaps"]]
        assert len(gaps) == 4
        assert gaps[-1][0] == LAST - 300
        for first, last in gaps:
            assert 30 <= last - first + 1 <= 126
            assert seconds.isdisjoint(range(first, last + 1))
            assert {first - 1, last + 1} <= seconds
        start = second_of(record["days"][day]["recorder_starts"])
        missing = set(range(start, LAST + 1)) - seconds
        assert missing == {second for first, last in gaps for second in range(first, last + 1)}


def test_repeated_rows_and_books_are_where_told_and_nowhere_else(record, rows):
    for day, frame, told in contracts_of(record, rows):
        first, last = late(record, day)
        duplicates = set(told["exact_duplicates"])
        judged = frame.with_columns(
            whole=same_as_before(frame, CONTENT),
            book=same_as_before(frame, BOOK) & (pl.Series(frame["bp0"]) > 0),
            duplicate=frame["second"].is_in([second_of(clock) for clock in duplicates]),
        ).filter(~pl.col("second").is_between(first, last) & (pl.col("second") <= LAST) & ~pl.col("duplicate"))
        whole, books = (set(map(second_of, told[name])) for name in ("repeated_rows", "repeated_books"))
        assert set(judged.filter("book")["second"]) == whole | books
        repeats = set(judged.filter("whole")["second"])
        # Where a book repeats and nothing traded, the totals may happen to be the same too.
        assert whole <= repeats <= whole | books
        assert len(repeats - whole) < 0.01 * len(books) + 2
        assert 0.01 < len(told["repeated_rows"]) / frame.height < 0.03
        assert 0.07 < len(told["repeated_books"]) / frame.height < 0.12


def test_defects_of_single_rows_are_where_told_and_nowhere_else(record, rows):
    for _, frame, told in contracts_of(record, rows):
        in_session = frame.filter(pl.col("second") <= LAST)
        found = {
            "backward_volume": in_session.filter(pl.col("volume").diff() < 0)["second"],
            "crossed_books": in_session.filter((pl.col("bp0") >= pl.col("sp0")) & (pl.col("bp0") > 0))["second"],
            "empty_books": in_session.filter(pl.sum_horizontal(BOOK) == 0)["second"],
            "exact_duplicates": in_session.filter(same_as_before(in_session, ["timestamp", *CONTENT]))["second"],
        }
        for name, seconds in found.items():
            assert seconds.to_list() == [second_of(clock) for clock in told[name]], name
            assert len(told[name]) == 3
        times = in_session["second"].diff().drop_nulls()
        assert (times == 0).sum() == 3
        assert times.min() == 0


def test_the_last_row_comes_again_after_the_close(record, rows):
    for _, frame, told in contracts_of(record, rows):
        after = frame.filter(pl.col("second") > LAST)
        assert after["second"].to_list() == [second_of(clock) for clock in told["after_close"]]
        assert told["after_close"][-1] == "15:42:33"
        assert len(told["after_close"]) == 13
        last = frame.filter(pl.col("second") <= LAST)[-1:].select(CONTENT, "lastTradeTime")
        assert after.select(CONTENT, "lastTradeTime").unique().rows() == last.rows()


def test_the_index_repeats_its_last_value_after_the_close(damaged):
    for day in DAYS:
        spot = pl.read_parquet(damaged.path / "spot" / f"index_spot_BANKNIFTY_{day}.parquet")
        closing = datetime.fromisoformat(f"{day} 15:30:00")
        after = spot.filter(pl.col("timestamp") > closing)
        assert after.height == 240
        assert after["timestamp"].max() == datetime.fromisoformat(f"{day} 15:34:00")
        assert after["price"].unique().to_list() == [spot.filter(pl.col("timestamp") <= closing)["price"][-1]]


def test_a_late_feed_tells_what_was_true_seconds_before(plain, record, rows):
    first, last = late(record, DAYS[0])
    frame = rows[DAYS[0]]["banknifty25jul57000ce"].filter(pl.col("second").is_between(first, last))
    true = plain.options()["banknifty25jul57000ce"]
    key = ["volume", "bQty", "sQty", "bp0", "bp4", "sp0", "sp4", "lastTradeTime"]
    matched = frame.join(true.select(*key, told="second"), on=key, how="left")
    assert matched["told"].null_count() == 0
    lag = matched["second"] - matched["told"]
    assert lag.min() >= 0
    assert 84 <= lag.max() <= 92
    assert matched["told"].is_sorted()
    peak = matched.filter(lag == lag.max())["second"][0]
    assert (peak - first) / (last - first) == pytest.approx(0.7, abs=0.05)


def test_rows_without_a_defect_are_those_of_the_market_without_defects(plain, record, rows):
    for name in ("banknifty25jul57000ce", "banknifty25jul57000pe", "banknifty25aug57000ce"):
        told = record["days"][DAYS[0]]["contracts"][name]
        touched = [second_of(clock) for places in told.values() for clock in places]
        frame = rows[DAYS[0]][name].filter(~pl.col("second").is_in(touched))
        first, last = late(record, DAYS[0])
        frame = frame.filter(~pl.col("second").is_between(first, last))
        true = plain.options()[name].join(frame.select("second"), on="second", how="semi")
        assert frame.height > 1_500
        assert frame.equals(true)
