"""The reference's reading of raw files."""

import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reference.by_hand import CALL, DAY, EXPIRY, day_of, row
from reference.cases import table_of, vendor_schema
from reference.rows import Contract, Day, contract_of, in_order, last_second, paise, read_rows, read_spot


@pytest.mark.parametrize(
    ("name", "expiry", "kind", "strike"),
    [
        ("banknifty25dec59400ce.parquet", EXPIRY, "CE", 59400),
        ("banknifty25jul57000ce", dt.date(2025, 7, 31), "CE", 57000),
        ("banknifty25aug57000pe", dt.date(2025, 8, 28), "PE", 57000),
        ("nifty2520623950ce", dt.date(2025, 2, 6), "CE", 23950),
        ("nifty22n1018700pe", dt.date(2022, 11, 10), "PE", 18700),
    ],
)
def test_names(name, expiry, kind, strike):
    underlying = "NIFTY" if name.startswith("nifty") else "BANKNIFTY"
    assert contract_of(name) == Contract(underlying, expiry, kind, strike)


def test_a_name_that_is_none():
    with pytest.raises(ValueError, match="cannot read"):
        contract_of("reliance.parquet")


@pytest.mark.parametrize(
    ("rupees", "expected"), [(268.05, 26805), (1.15, 115), (0.29, 29), (None, 0), (float("nan"), 0)]
)
def test_paise(rupees, expected):
    assert paise(rupees) == expected


at = dt.datetime.fromisoformat


def vendor_row(time: str, volume: int = 100, bid: float | None = 10.0, size: int | None = 35) -> dict:
    stamp = at(f"2025-12-15T{time}")
    return {"timestamp": stamp, "volume": volume, "price": 10.1, "bp0": bid, "bq0": size, "sp0": 10.2, "sq0": 70}


def test_only_the_session_is_read_and_whole_repeats_go(tmp_path):
    rows = [
        {"timestamp": at("1970-01-01T05:30"), "volume": 0, "price": 0.0},
        vendor_row("09:14:59.999999"),
        vendor_row("09:15:00"),
        vendor_row("09:15:00"),
        vendor_row("09:15:00", volume=101),
        vendor_row("15:30:00.5"),
        vendor_row("15:30:01"),
        vendor_row("15:42:00"),
        {**vendor_row("10:00:00"), "timestamp": None},
    ]
    path = tmp_path / "banknifty25dec59400ce.parquet"
    pq.write_table(table_of(rows, CALL), path)
    found = read_rows(path, DAY)
    assert [(r.second, r.volume) for r in found] == [(0, 100), (0, 101), (22_500, 100)]
    assert found[0].timestamp == at("2025-12-15T09:15")
    assert found[0].bids[0] == (1000, 35)
    assert found[0].asks[0] == (1020, 70)
    assert found[0].last == 1010
    day = Day.of_folder(tmp_path, DAY)
    assert day.contracts() == [CALL]
    assert day.newest(CALL)[10].volume == 101


@pytest.mark.parametrize("unit", ["ns", "us", "ms", "text"])
def test_clocks_of_every_kind(tmp_path, unit):
    table = table_of([vendor_row("10:00:00.250"), vendor_row("10:00:01")], CALL)
    place = table.column_names.index("timestamp")
    if unit == "text":
        column = pa.array([str(time) for time in table["timestamp"].to_pylist()])
    else:
        column = table["timestamp"].cast(pa.timestamp(unit))
    path = tmp_path / "banknifty25dec59400ce.parquet"
    pq.write_table(table.set_column(place, "timestamp", column), path)
    assert [r.second for r in read_rows(path, DAY)] == [2700, 2701]
    assert read_rows(path, DAY)[0].nanos % 10**9 == 250_000_000


def test_of_one_second_the_last_by_time_then_volume_then_place_counts():
    def tick(volume: int, nanos: int, size: int):
        return row(10, [(100, size)], [(110, 1)], volume=volume, nanos=nanos)

    early, late = tick(900, 0, 1), tick(100, 5, 2)
    assert in_order([late, early])[-1] is late
    assert in_order([tick(200, 0, 1), tick(100, 0, 2)])[-1].volume == 200
    assert in_order([tick(100, 0, 1), tick(100, 0, 2)])[-1].bids[0][1] == 2
    day = day_of({CALL: [late, early, row(12, [(100, 7)], [(110, 1)])]})
    assert [r and r.bids[0][1] for r in day.newest(CALL)[9:14]] == [None, 2, 2, 7, 7]


@pytest.mark.parametrize(
    ("bids", "asks", "good"),
    [
        ([(100, 1)], [(105, 1)], True),
        ([(100, 1)], [(100, 1)], False),
        ([(105, 1)], [(100, 1)], False),
        ([(0, 1)], [(100, 1)], False),
        ([(100, 0)], [(105, 1)], False),
        ([(100, 1)], [(105, 0)], False),
        ([(100, 1)], [], False),
    ],
)
def test_good_quotes(bids, asks, good):
    assert row(1, bids, asks).good is good


def test_the_session_is_longer_since_august_2026():
    assert last_second(dt.date(2026, 7, 31)) == 22_500
    assert last_second(dt.date(2026, 8, 3)) == 23_100


def test_spot_of_one_index_and_day(tmp_path):
    times = [at("2025-12-15T09:15:01"), at("2025-12-15T09:15:04"), at("2025-12-16T09:16")]
    table = pa.table({"symbol": ["BANKNIFTY", "NIFTY", "BANKNIFTY"], "timestamp": times, "price": [59400.05, 1.0, 2.0]})
    pq.write_table(table, tmp_path / "spot.parquet")
    day = Day(DAY, "BANKNIFTY", read_spot(tmp_path / "spot.parquet", DAY, "BANKNIFTY"))
    assert [day.spot_at(second) for second in range(5)] == [None, 59_400_05, 59_400_05, 59_400_05, None]


def test_the_real_files_have_the_vendor_schema_of_the_tests(real_data):
    path = real_data / "raw_options" / "banknifty25dec59400ce.parquet"
    assert pq.read_schema(path).remove_metadata() == vendor_schema()
    rows = read_rows(path, DAY)
    assert len(rows) > 18_000
    assert rows[0].timestamp == at("2025-12-15T09:32:48")
    assert all(r.good for r in rows)
