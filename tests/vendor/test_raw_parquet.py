"""Raw Parquet files: every form of their clocks and columns, and every way in which one is refused."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from nfolab.base.errors import InputError
from nfolab.base.snapshot import SNAPSHOT_SCHEMA, SOURCE_KEY, SPOT_SCHEMA, SourceKind
from nfolab.market.contracts import Contract
from nfolab.vendor.raw_parquet import parquet_batches, parquet_source_kind
from vendor.vendor_rows import COLUMNS, DAY, NAME, OPEN, PRICES, as_frame, counts, snapshot, snapshots, write_raw

CLOCKS = ("timestamp", "lastTradeTime", "ts")
EMPTY = pl.lit(None, dtype=pl.Datetime("us"))


def read(path: Path) -> pl.DataFrame:
    (batch,) = parquet_batches(path)
    assert batch.rows.height == batch.rows_read - sum(counts(batch.refused).values())
    return batch.rows


def nanoseconds(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col(CLOCKS).cast(pl.Datetime("ns")))


FORMS: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "nanoseconds": nanoseconds,
    "microseconds": lambda f: f,
    "milliseconds": lambda f: f.with_columns(pl.col(CLOCKS).cast(pl.Datetime("ms"))),
    "integer nanoseconds": lambda f: f.with_columns(pl.col(CLOCKS).dt.timestamp("ns")),
    "integer microseconds": lambda f: f.with_columns(pl.col(CLOCKS).dt.timestamp("us")),
    "integer milliseconds": lambda f: f.with_columns(pl.col(CLOCKS).dt.timestamp("ms")),
    "integer seconds": lambda f: f.with_columns(pl.col(CLOCKS).dt.epoch("s")),
    "seconds as floats": lambda f: f.with_columns(pl.col(CLOCKS).dt.epoch("s").cast(pl.Float64)),
    "text of seconds": lambda f: f.with_columns(pl.col(CLOCKS).dt.epoch("s").cast(pl.String)),
    "text": lambda f: f.with_columns(pl.col(CLOCKS).dt.to_string("%Y-%m-%d %H:%M:%S")),
    "text with T and a fraction": lambda f: f.with_columns(pl.col(CLOCKS).dt.to_string("%Y-%m-%dT%H:%M:%S%.9f")),
    "text with a zone": lambda f: f.with_columns(pl.col(CLOCKS).dt.to_string("%Y-%m-%d %H:%M:%S+05:30")),
    "text in UTC": lambda f: f.with_columns(pl.col(CLOCKS).dt.offset_by("-5h30m").dt.to_string("%Y-%m-%dT%H:%M:%SZ")),
    "UTC": lambda f: f.with_columns(pl.col(CLOCKS).dt.offset_by("-5h30m").dt.replace_time_zone("UTC")),
    "Kolkata": lambda f: f.with_columns(pl.col(CLOCKS).dt.replace_time_zone("Asia/Kolkata")),
    "no timestamp but ts": lambda f: f.with_columns(EMPTY.alias("timestamp")),
    "no column timestamp but ts": lambda f: f.drop("timestamp"),
    "empty text but ts": lambda f: f.with_columns(pl.lit("").alias("timestamp")),
    "every other timestamp empty": lambda f: f.with_columns(
        pl.when(pl.int_range(pl.len()) % 2 == 0).then("timestamp").alias("timestamp")
    ),
    "prices as decimals": lambda f: f.with_columns(pl.col(PRICES).cast(pl.Decimal(19, 2))),
    "numbers as text": lambda f: f.with_columns(pl.col(*PRICES, "qty", "volume", "sq0", "strike").cast(pl.String)),
    "quantities as floats": lambda f: f.with_columns(pl.col("qty", "volume", "bq3", "strike", "year").cast(pl.Float64)),
    "columns in another order": lambda f: f.select(sorted(f.columns)),
    "columns in capitals": lambda f: f.rename(str.upper),
    "names in categories": lambda f: f.with_columns(pl.col("symbol", "opt_type").cast(pl.Categorical)),
    "names in lower case": lambda f: f.with_columns(pl.col("symbol", "opt_type").str.to_lowercase()),
    "the 46 columns alone": lambda f: f.select(COLUMNS),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_rows(tmp_path: Path, form: str) -> None:
    frame = as_frame(snapshots(500))
    usual = read(write_raw(tmp_path, frame))
    assert usual.height == 500
    assert_frame_equal(read(write_raw(tmp_path, FORMS[form](frame))), usual)


def test_values_are_those_of_the_rows(tmp_path: Path) -> None:
    rows = snapshots(7)
    path = write_raw(tmp_path, as_frame(rows))
    (batch,) = parquet_batches(path)
    assert (batch.kind, batch.underlying) == ("options", "BANKNIFTY")
    assert batch.contract == Contract("BANKNIFTY", (DAY + timedelta(days=15)).date(), "CE", 59400)
    assert dict(batch.rows.schema) == SNAPSHOT_SCHEMA
    clock = pl.Series("timestamp", [row["timestamp"] for row in rows], dtype=pl.Datetime("ns"))
    assert_frame_equal(
        batch.rows.select("timestamp", "price_paise", "volume", "changeper", "so4"),
        pl.DataFrame(
            {
                "timestamp": clock.dt.replace_time_zone("Asia/Kolkata"),
                "price_paise": pl.Series([10_000, 10_005, 10_010, 10_015, 10_020, 10_025, 10_030], dtype=pl.Int32),
                "volume": [0, 35, 70, 105, 140, 175, 210],
                "changeper": [-1.5] * 7,
                "so4": pl.Series([35] * 7, dtype=pl.Int32),
            }
        ),
    )


def test_nanoseconds_are_kept(tmp_path: Path) -> None:
    frame = nanoseconds(as_frame(snapshots(1))).with_columns(pl.col("timestamp") + pl.duration(nanoseconds=123_456_789))
    assert read(write_raw(tmp_path, frame))["timestamp"].dt.nanosecond().item() == 123_456_789
    text = frame.with_columns(pl.col("timestamp").dt.to_string("%Y-%m-%d %H:%M:%S%.9f"))
    assert read(write_raw(tmp_path, text))["timestamp"].dt.nanosecond().item() == 123_456_789


def test_volactual_is_kept_where_it_is(tmp_path: Path) -> None:
    frame = as_frame(snapshots(2)).with_columns(volactual=pl.Series([12.5, None]))
    rows = read(write_raw(tmp_path, frame))
    assert rows.columns == [*SNAPSHOT_SCHEMA, "volactual"]
    assert rows["volactual"].to_list() == [12.5, None]


def test_columns_that_may_be_missing_become_null(tmp_path: Path) -> None:
    spare = ["qty", "avgPrice", "bQty", "sQty", "open", "high", "low", "close", "changeper", "lastTradeTime", "oi"]
    spare += ["oiHigh", "oiLow", *(f"{side}o{level}" for side in "bs" for level in range(5))]
    rows = read(write_raw(tmp_path, as_frame(snapshots(2)).drop(spare)))
    assert dict(rows.schema) == SNAPSHOT_SCHEMA
    assert {name for name in rows.columns if rows[name].null_count() == 2} == {
        f"{name}_paise" if f"{name}_paise" in SNAPSHOT_SCHEMA else name for name in spare
    }


def test_a_last_trade_that_cannot_be_read_is_null(tmp_path: Path) -> None:
    clocks = ["0000-00-00 00:00:00", "soon", "9999-01-01 00:00:00", "1970-01-01 05:30:00"]
    frame = as_frame(snapshots(4)).with_columns(pl.Series("lastTradeTime", clocks))
    rows = read(write_raw(tmp_path, frame))
    assert [clock and clock.year for clock in rows["lastTradeTime"]] == [None, None, None, 1970]


def test_rows_without_any_clock_are_refused(tmp_path: Path) -> None:
    frame = as_frame(snapshots(5)).with_columns(
        timestamp=pl.Series(["", None, "0000-00-00 00:00:00", "yesterday", "2025-12-15 10:00:00"]), ts=EMPTY
    )
    (batch,) = parquet_batches(write_raw(tmp_path, frame))
    assert counts(batch.refused) == {"no timestamp": 3, "unreadable timestamp": 1}
    assert batch.rows.height == 1


def test_a_file_of_many_batches_keeps_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nfolab.vendor.raw_parquet.ROWS_A_BATCH", 100)
    path = write_raw(tmp_path, as_frame(snapshots(1_050)))
    batches = list(parquet_batches(path))
    assert [batch.rows_read for batch in batches] == [100] * 10 + [50]
    assert pl.concat([batch.rows for batch in batches])["volume"].to_list() == [35 * n for n in range(1_050)]


def test_a_file_without_rows_gives_no_batch(tmp_path: Path) -> None:
    assert list(parquet_batches(write_raw(tmp_path, as_frame(snapshots(1)).clear()))) == []


def test_the_mark_tells_synthetic_from_vendor(tmp_path: Path) -> None:
    path = write_raw(tmp_path, as_frame(snapshots(1)))
    assert parquet_source_kind(path) is SourceKind.VENDOR
    table = pq.read_table(path)
    for mark, kind in ((b"synthetic", SourceKind.SYNTHETIC), (b"vendor", SourceKind.VENDOR)):
        pq.write_table(table.replace_schema_metadata({SOURCE_KEY: mark}), path)
        assert parquet_source_kind(path) is kind
    pq.write_table(table.replace_schema_metadata({SOURCE_KEY: b"dreamt"}), path)
    with pytest.raises(InputError, match="nfolab_source=dreamt"):
        parquet_source_kind(path)


@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_a_file_cut_short_is_refused(tmp_path: Path, share: float) -> None:
    path = write_raw(tmp_path, as_frame(snapshots(300)))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    for reading in (lambda: list(parquet_batches(path)), lambda: parquet_source_kind(path)):
        with pytest.raises(InputError, match=rf"{NAME}\.parquet is cut or no Parquet file: copy it again"):
            reading()


def test_a_file_damaged_within_is_refused(tmp_path: Path) -> None:
    path = write_raw(tmp_path, as_frame(snapshots(3_000)))
    data = bytearray(path.read_bytes())
    data[100:2_000] = bytes(1_900)
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match="is damaged within: copy it again"):
        list(parquet_batches(path))


@pytest.mark.parametrize("name", ["volume", "bp0", "sq4"])
def test_a_missing_column_is_named(tmp_path: Path, name: str) -> None:
    path = write_raw(tmp_path, as_frame(snapshots(2)).drop(name))
    with pytest.raises(InputError, match=rf"{NAME}\.parquet lacks the column {name}: export it again"):
        list(parquet_batches(path))


def test_missing_clocks_are_named(tmp_path: Path) -> None:
    path = write_raw(tmp_path, as_frame(snapshots(2)).drop("timestamp", "ts", "sp1"))
    with pytest.raises(InputError, match="lacks the columns timestamp, sp1"):
        list(parquet_batches(path))


@pytest.mark.parametrize(
    ("name", "value"), [("symbol", "NIFTY"), ("opt_type", "PE"), ("strike", 59500), ("year", 2024), ("month", 11)]
)
def test_a_file_that_holds_another_contract_is_refused(tmp_path: Path, name: str, value: object) -> None:
    frame = as_frame(snapshots(3))
    wrong = frame.with_columns(pl.when(pl.int_range(pl.len()) == 2).then(pl.lit(value)).otherwise(name).alias(name))
    with pytest.raises(InputError, match=rf"says BANKNIFTY 2025-12-30 59400 CE by its name but holds {name} {value}"):
        list(parquet_batches(write_raw(tmp_path, wrong)))


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown contract name 'nasdaq25dec59400ce'"):
        list(parquet_batches(write_raw(tmp_path, as_frame(snapshots(1)), "nasdaq25dec59400ce")))


def test_a_name_of_several_readings_is_settled_by_the_first_day_or_refused(tmp_path: Path) -> None:
    """Dhan's names leave out the day: NIFTY of December 2025 expired on the 2nd, 9th, 16th, 23rd and 30th."""
    name = "NIFTY-Dec2025-26000-CE"
    early, late = (as_frame(snapshots(3, OPEN + timedelta(days=days))).select(COLUMNS) for days in (0, 9))
    with pytest.raises(InputError, match=rf"{name}\.parquet: contract name '{name}' can be read in 3 ways"):
        list(parquet_batches(write_raw(tmp_path, early, name)))
    (batch,) = parquet_batches(write_raw(tmp_path, late, name))
    assert str(batch.contract) == "NIFTY 2025-12-30 26000 CE"
    assert batch.rows.height == 3


def test_a_contract_of_which_all_rows_are_too_late_is_counted(tmp_path: Path) -> None:
    frame = as_frame(snapshots(3, OPEN + timedelta(days=16)))
    (batch,) = parquet_batches(write_raw(tmp_path, frame))
    assert counts(batch.refused) == {"after the expiry": 3}


@pytest.mark.parametrize("also", [["symbol", "year", "month"], ["symbol", "ts"], []])
def test_a_future_is_known_by_its_name(tmp_path: Path, also: list[str]) -> None:
    frame = as_frame(snapshots(5)).select(*COLUMNS, *also)
    (batch,) = parquet_batches(write_raw(tmp_path, frame, "banknifty25decfut"))
    assert (batch.kind, batch.contract) == ("futures", Contract("BANKNIFTY", date(2025, 12, 30), "FUT", None))
    assert dict(batch.rows.schema) == SNAPSHOT_SCHEMA
    assert batch.rows["volume"].to_list() == [0, 35, 70, 105, 140]


@pytest.mark.parametrize(("name", "wrong"), [("price", "numbers"), ("timestamp", "times")])
def test_a_column_of_a_senseless_type_is_refused(tmp_path: Path, name: str, wrong: str) -> None:
    frame = as_frame(snapshots(1)).with_columns(pl.Series(name, [[1.0]]))
    with pytest.raises(InputError, match=rf"column {name} holds List\(Float64\), not {wrong}"):
        list(parquet_batches(write_raw(tmp_path, frame)))


def test_other_parquet_files_are_refused_with_what_they_lack(tmp_path: Path) -> None:
    path = tmp_path / "greeks.parquet"
    pl.DataFrame({"collected_at": [OPEN], "price": [1.0]}).write_parquet(path)
    with pytest.raises(
        InputError,
        match=r"neither option snapshots \(missing timestamp, volume, bp0.*\) "
        r"nor index spot \(missing timestamp, symbol\)",
    ):
        list(parquet_batches(path))


def spot_file(folder: Path, frame: pl.DataFrame) -> Path:
    path = folder / "spot.parquet"
    frame.write_parquet(path)
    return path


@pytest.mark.parametrize("unit", ["ns", "us", "ms"])
def test_spot_of_several_underlyings(tmp_path: Path, unit: str) -> None:
    clocks = [OPEN + timedelta(seconds=second) for second in (0, 0, 1, 2, 2, 30_000)]
    frame = pl.DataFrame(
        {
            "symbol": ["NIFTY", "banknifty", "NIFTY", "RELIANCE25DEC1500CE", "NIFTY", "NIFTY"],
            "timestamp": pl.Series(clocks, dtype=pl.Datetime(unit)),  # type: ignore[arg-type]
            "price": [26023.05, 59400.1, 26023.1, 15.0, 26023.15, 26000.0],
            "source": "feed",
        }
    )
    nifty, banknifty, other = parquet_batches(spot_file(tmp_path, frame))
    assert (nifty.underlying, banknifty.underlying, other.underlying) == ("NIFTY", "BANKNIFTY", "RELIANCE25DEC1500CE")
    assert {batch.kind for batch in (nifty, banknifty, other)} == {"spot"}
    assert nifty.rows["price_paise"].to_list() == [2_602_305, 2_602_310, 2_602_315]
    assert (nifty.rows_read, counts(nifty.refused)) == (4, {"outside the session": 1})
    assert banknifty.rows["price_paise"].to_list() == [5_940_010]
    assert (other.rows_read, other.rows.height) == (1, 0)
    assert counts(other.refused) == {"not an index or an option of one": 1}
    assert {tuple(batch.rows.schema.items()) for batch in (nifty, banknifty, other)} == {tuple(SPOT_SCHEMA.items())}


def test_spot_with_prices_as_text_and_decimals(tmp_path: Path) -> None:
    frame = pl.DataFrame({"symbol": ["NIFTY"] * 2, "timestamp": [OPEN] * 2, "price": ["26023.05", "26023.1"]})
    for prices in (frame, frame.with_columns(pl.col("price").cast(pl.Decimal(19, 2)))):
        (batch,) = parquet_batches(spot_file(tmp_path, prices))
        assert batch.rows["price_paise"].to_list() == [2_602_305, 2_602_310]


def test_prices_below_zero_are_counted(tmp_path: Path) -> None:
    rows = [*snapshots(3), snapshot(OPEN, price=Decimal(-1))]
    (batch,) = parquet_batches(write_raw(tmp_path, as_frame(rows)))
    assert (batch.rows_read, batch.rows.height, counts(batch.refused)) == (4, 3, {"negative price": 1})
