"""Every way in which a raw file says what it holds, and that none of them is guessed."""

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from nfolab.base.errors import InputError
from nfolab.base.snapshot import SNAPSHOT_SCHEMA
from nfolab.market.contracts import Contract
from nfolab.vendor.batch import Batch
from nfolab.vendor.source import FileSource
from nfolab.vendor.sources import find_sources
from vendor.vendor_rows import COLUMNS, NAME, OPEN, Row, as_frame, counts, snapshots, write_raw

CALL = Contract("BANKNIFTY", date(2025, 12, 30), "CE", 59400)
PUT = Contract("BANKNIFTY", date(2025, 12, 30), "PE", 59500)
FUTURE = Contract("BANKNIFTY", date(2025, 12, 30), "FUT", None)


def usual(count: int = 6) -> pl.DataFrame:
    """The 46 columns alone."""
    return as_frame(snapshots(count)).select(COLUMNS)


def read(folder: Path) -> list[Batch]:
    """All batches of the files in a folder; nothing may be lost between kept and refused."""
    batches = [batch for source in find_sources([folder]) for batch in source.batches()]
    for batch in batches:
        assert batch.rows.height + sum(counts(batch.refused).values()) == batch.rows_read
    return batches


def put(folder: Path, path: str, frame: pl.DataFrame) -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(file)
    return file


@pytest.fixture
def expected(tmp_path: Path) -> pl.DataFrame:
    (tmp_path / "expected").mkdir()
    (batch,) = FileSource(write_raw(tmp_path / "expected", usual())).batches()
    assert (batch.rows.height, dict(batch.rows.schema)) == (6, SNAPSHOT_SCHEMA)
    return batch.rows


@pytest.mark.parametrize(
    "path",
    [
        "BANKNIFTY/exp=2025-12-30/type=CE/strike=59400.parquet",
        "raw/underlying=banknifty/expiry=2025-12-30/opt_type=ce/strike=59400.0/part-0.parquet",
        "symbol=BANKNIFTY/exp=20251230/right=CALL/strike_price=59400/2025-12-15.parquet",
        "BANKNIFTY/date=2025-12-15/exp=30-Dec-2025/kind=CE/strike=59400.parquet",
    ],
)
def test_the_contract_in_the_path(tmp_path: Path, expected: pl.DataFrame, path: str) -> None:
    put(tmp_path / "tree", path, usual())
    (batch,) = read(tmp_path / "tree")
    assert (batch.kind, batch.contract) == ("options", CALL)
    assert_frame_equal(batch.rows, expected)


def test_a_moved_or_scheduled_expiry_in_the_path_is_the_real_one(tmp_path: Path) -> None:
    """BANKNIFTY's monthly of June 2023 was scheduled for Thursday the 29th, a holiday, and expired on the 28th."""
    rows = as_frame(snapshots(3, datetime.fromisoformat("2023-06-27 10:00:00"))).select(COLUMNS)
    put(tmp_path, "BANKNIFTY/exp=2023-06-29/type=PE/strike=43000.parquet", rows)
    (batch,) = read(tmp_path)
    assert batch.contract == Contract("BANKNIFTY", date(2023, 6, 28), "PE", 43000)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("exp=2025-12-30/type=CE/strike=59400.parquet", "says expiry, kind and strike but not of which index"),
        ("BANKNIFTY/exp=2025-12-29/type=CE/strike=59400.parquet", "which is no known contract"),
        ("BANKNIFTY/exp=2025-12-30/type=CE/strike=59450.parquet", "which is no known contract"),
        ("NIFTY/BANKNIFTY/exp=2025-12-30/type=CE/strike=59400.parquet", "names BANKNIFTY and NIFTY: give the folder"),
    ],
)
def test_paths_that_do_not_settle_the_contract(tmp_path: Path, path: str, message: str) -> None:
    put(tmp_path / "tree", path, usual())
    with pytest.raises(InputError, match=message):
        read(tmp_path / "tree")


def test_folders_above_the_named_one_do_not_count(tmp_path: Path) -> None:
    put(tmp_path / "BANKNIFTY", "tree/exp=2025-12-30/type=CE/strike=59400.parquet", usual())
    with pytest.raises(InputError, match="not of which index"):
        read(tmp_path / "BANKNIFTY" / "tree")
    (batch,) = read(tmp_path / "BANKNIFTY")
    assert batch.contract == CALL


def test_a_path_that_the_rows_gainsay_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "BANKNIFTY/exp=2025-12-30/type=CE/strike=59400.parquet", as_frame(snapshots(3), strike=59500))
    with pytest.raises(InputError, match="says strike 59400 by its path but holds 59500"):
        read(tmp_path)
    put(tmp_path, "BANKNIFTY/exp=2025-12-30/type=CE/strike=59400.parquet", as_frame(snapshots(3), expiry="2025-11-25"))
    with pytest.raises(InputError, match="says expiry 2025-12-30 by its path but holds 2025-11-25"):
        read(tmp_path)
    (tmp_path / "BANKNIFTY/exp=2025-12-30/type=CE/strike=59400.parquet").unlink()
    keyed = pl.concat([keyed_rows(CALL, 3), keyed_rows(PUT, 3)])
    put(tmp_path, "BANKNIFTY/exp=2025-11-25/part-0.parquet", keyed)
    with pytest.raises(InputError, match="says expiry 2025-11-25 by its path but holds 2025-12-30"):
        read(tmp_path)


def keyed_rows(contract: Contract, count: int) -> pl.DataFrame:
    """Rows with the parts of their contract, each contract with volumes of its own, and the index beside them."""
    keys = {
        "symbol": pl.lit(contract.underlying),
        "expiry": pl.lit(contract.expiry),
        "opt_type": pl.lit(contract.kind),
        "strike": pl.lit(contract.strike, dtype=pl.Int32),
        "spot": pl.lit(59_471.5),
        "volume": pl.col("volume") + 1_000_000 * (contract.strike or 0),
    }
    return usual(count).with_columns(**keys)


def mixed(*contracts: Contract) -> pl.DataFrame:
    """Rows of several contracts by turns, as a recorder writes them."""
    parts = [keyed_rows(contract, 50) for contract in contracts]
    return pl.concat([part[n : n + 1] for n in range(50) for part in parts])


FORMS = {
    "columns": lambda f: f,
    "expiry as text": lambda f: f.with_columns(pl.col("expiry").dt.to_string("%d-%b-%Y")),
    "expiry as a clock": lambda f: f.with_columns(pl.col("expiry").cast(pl.Datetime("us"))),
    "strike as a float": lambda f: f.with_columns(pl.col("strike").cast(pl.Float64)),
    "call and put": lambda f: f.with_columns(pl.col("opt_type").replace({"CE": "call", "PE": "put"})),
    "without the index": lambda f: f.drop("symbol", "spot"),
    "a contract's name": lambda f: f.with_columns(
        pl.format("BANKNIFTY25DEC{}{}", "strike", "opt_type").alias("tradingsymbol")
    ).drop("symbol", "expiry", "opt_type", "strike"),
    "the symbol a contract's name": lambda f: f.with_columns(
        pl.format("banknifty25dec{}{}", "strike", "opt_type").alias("symbol")
    ).drop("expiry", "opt_type", "strike"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_day_tree_of_many_contracts(tmp_path: Path, form: str) -> None:
    put(tmp_path, "2025-12-15/BANKNIFTY/part-0.parquet", FORMS[form](mixed(CALL, PUT)))
    batches = {batch.contract: batch for batch in read(tmp_path)}
    assert set(batches) == {CALL, PUT}
    for contract, batch in batches.items():
        assert (batch.kind, batch.underlying, batch.rows_read, counts(batch.refused)) == (
            "options",
            "BANKNIFTY",
            50,
            {},
        )
        assert batch.rows["volume"].to_list() == [1_000_000 * (contract.strike or 0) + 35 * n for n in range(50)]
        assert dict(batch.rows.schema) == SNAPSHOT_SCHEMA


def test_rows_of_no_known_contract_are_counted_by_row(tmp_path: Path) -> None:
    frame = mixed(CALL, PUT, FUTURE).with_columns(
        pl.when(pl.col("opt_type") == "PE").then(pl.lit(59_530)).otherwise("strike").alias("strike")
    )
    shares = keyed_rows(CALL, 4).with_columns(symbol=pl.lit("RELIANCE"))
    put(tmp_path, "part-0.parquet", pl.concat([frame, shares]))
    batches = read(tmp_path)
    assert [(b.kind, b.underlying, b.contract, b.rows.height, counts(b.refused)) for b in batches] == [
        ("options", "BANKNIFTY", CALL, 50, {}),
        ("options", "BANKNIFTY", None, 0, {"no contract that is known": 50}),
        ("futures", "BANKNIFTY", FUTURE, 50, {}),
        ("options", "RELIANCE", None, 0, {"not an index or an option of one": 4}),
    ]


def test_each_contract_of_a_day_tree_has_its_own_refusals(tmp_path: Path) -> None:
    late = Contract("BANKNIFTY", date(2025, 11, 25), "CE", 59400)
    bad = pl.when(pl.int_range(pl.len()) % 10 == 1).then(-1.0).otherwise("price").alias("price")
    put(tmp_path, "part-0.parquet", mixed(CALL, late).with_columns(bad))
    first, second = read(tmp_path)
    assert (first.contract, counts(first.refused), first.rows.height) == (CALL, {}, 50)
    assert (second.contract, counts(second.refused), second.rows.height) == (late, {"after the expiry": 50}, 0)


def test_batches_of_a_day_tree_keep_the_order_of_each_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nfolab.vendor.raw_parquet.ROWS_A_BATCH", 7)
    put(tmp_path, "part-0.parquet", mixed(CALL, PUT))
    rows = [batch.rows["volume"] for batch in read(tmp_path) if batch.contract == PUT]
    assert len(rows) > 5
    assert pl.concat(rows).to_list() == [59_500_000_000 + 35 * n for n in range(50)]


def test_options_of_an_index_without_their_expiry_are_refused(tmp_path: Path) -> None:
    """Never taken for index spot, whatever file or folder they lie in."""
    put(tmp_path, "BANKNIFTY.parquet", as_frame(snapshots(3)))
    with pytest.raises(InputError, match="unknown contract name 'BANKNIFTY'"):
        read(tmp_path)
    put(tmp_path, "BANKNIFTY.parquet", usual().with_columns(symbol=pl.lit("BANKNIFTY")))
    with pytest.raises(InputError, match="does not say of which contract"):
        read(tmp_path)


def test_futures_by_symbol_and_month(tmp_path: Path) -> None:
    """The user's 49 columns: the 46, symbol, year and month; here two months in one file of any name."""
    frames = [
        usual().with_columns(symbol=pl.lit("BANKNIFTY"), year=pl.lit(2025), month=pl.lit(month)) for month in (12, 11)
    ]
    put(tmp_path, "all.parquet", pl.concat(frames))
    december, november = read(tmp_path)
    assert (december.kind, december.contract, december.rows.height) == ("futures", FUTURE, 6)
    assert november.contract == Contract("BANKNIFTY", date(2025, 11, 25), "FUT", None)
    assert counts(november.refused) == {"after the expiry": 6}


@pytest.mark.parametrize(
    ("path", "kind", "underlying"),
    [
        ("2025-12-15/BANKNIFTY/part-0.parquet", "spot", "BANKNIFTY"),
        ("spot/index_spot_NIFTY_2025-12-15.parquet", "spot", "NIFTY"),
        ("INDIA_VIX_2025.parquet", "vix", "INDIAVIX"),
        ("vix/ticks-1.parquet", "vix", "INDIAVIX"),
        ("indiavix.parquet", "vix", "INDIAVIX"),
        ("stocks/reliance.parquet", "equity", "RELIANCE"),
        ("symbol=M&M/part-7.parquet", "equity", "M&M"),
    ],
)
def test_two_columns_and_the_series_in_the_path(tmp_path: Path, path: str, kind: str, underlying: str) -> None:
    put(tmp_path / "data", path, pl.DataFrame({"timestamp": [OPEN, OPEN], "price": [15.05, 15.1]}))
    (batch,) = read(tmp_path / "data")
    assert (batch.kind, batch.underlying, batch.contract) == (kind, underlying, None)
    assert batch.rows["price_paise"].to_list() == [1505, 1510]


@pytest.mark.parametrize(
    "path",
    [
        "2025-12-15/part-0.parquet",
        "nifty_bank_2025.parquet",
        "bank nifty futures.parquet",
        "NIFTY-I.parquet",
        "ticks.parquet",
    ],
)
def test_two_columns_of_nothing_that_is_told(tmp_path: Path, path: str) -> None:
    put(tmp_path / "data", path, pl.DataFrame({"timestamp": [OPEN], "price": [59_400.0]}))
    with pytest.raises(InputError, match=r"nor index spot \(missing symbol\)"):
        read(tmp_path / "data")


def test_shares_and_vix_by_symbol_with_their_volume(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"symbol": ["RELIANCE", "INDIA VIX", "RELIANCE"], "timestamp": [OPEN] * 3, "price": [1500.0, 13.25, 1500.5]}
    ).with_columns(volume=pl.Series([10, None, 30]))
    put(tmp_path, "feed.parquet", frame)
    share, vix = read(tmp_path)
    assert (share.kind, share.underlying, share.rows.columns) == (
        "equity", "RELIANCE", ["timestamp", "price_paise", "volume"],
    )  # fmt: skip
    assert share.rows.drop("timestamp").rows() == [(150_000, 10), (150_050, 30)]
    assert (vix.kind, vix.underlying, vix.rows["price_paise"].to_list()) == ("vix", "INDIAVIX", [1325])


INSTRUMENTS = """instrument_token,tradingsymbol,name,expiry,strike,instrument_type
12345,BANKNIFTY25DEC59400CE,BANKNIFTY,2025-12-30,59400.0,CE
12345,BANKNIFTY25JUN59400CE,BANKNIFTY,2025-06-26,59400.0,CE
777,BANKNIFTY25DECFUT,BANKNIFTY,2025-12-30,0,FUT
260105,NIFTY BANK,NIFTY BANK,,0,EQ
9,RELIANCE25DEC1500CE,RELIANCE,2025-12-30,1500,CE
"""


def test_ticks_by_token(tmp_path: Path, expected: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token of June's call was given to December's; the day of the rows says which it is."""
    folder = tmp_path / "ticks"
    put(folder, "2025-12-15/12345.parquet", usual())
    put(folder, "2025-12-15/777.parquet", usual())
    put(folder, "2025-12-15/260105.parquet", pl.DataFrame({"timestamp": [OPEN] * 2, "price": [1.0, 2.0]}))
    (folder / "instruments.csv").write_text(INSTRUMENTS)
    monkeypatch.setattr("nfolab.vendor.raw_parquet.ROWS_A_BATCH", 4)
    batches = read(folder)
    calls = [batch for batch in batches if batch.contract == CALL]
    assert_frame_equal(pl.concat(batch.rows for batch in calls), expected)
    assert {batch.contract for batch in batches} == {CALL, FUTURE, None}
    spot = next(batch for batch in batches if batch.contract is None)
    assert (spot.kind, spot.underlying) == ("spot", "BANKNIFTY")


def test_ticks_of_one_second_are_kept_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five ticks in each of six seconds, in batches of seven: 30 are kept, 24 are before the last of their second."""
    (tmp_path / "instruments.csv").write_text(INSTRUMENTS)
    ticks = pl.concat([usual()] * 5).sort("timestamp", maintain_order=True)
    quarter = pl.duration(milliseconds=150) * (pl.int_range(pl.len()) % 5)
    put(tmp_path, "12345.parquet", ticks.with_columns(pl.col("timestamp") + quarter))
    monkeypatch.setattr("nfolab.vendor.raw_parquet.ROWS_A_BATCH", 7)
    batches = read(tmp_path)
    assert sum(batch.rows.height for batch in batches) == 30
    assert sum(batch.notes.get("ticks before the last of their second", 0) for batch in batches) == 24


def test_tokens_that_mean_nothing_or_two_things(tmp_path: Path) -> None:
    put(tmp_path, "12345.parquet", usual())
    with pytest.raises(InputError, match="no instrument map is there that says what 12345 stands for"):
        read(tmp_path)
    (tmp_path / "instruments.csv").write_text(INSTRUMENTS.replace("12345", "12346"))
    with pytest.raises(InputError, match="the token 12345, which no instrument map knows"):
        read(tmp_path)
    twice = INSTRUMENTS + "12345,x,BANKNIFTY,2025-12-30,59500,CE\n"
    pl.read_csv(twice.encode()).write_parquet(tmp_path / "instruments_2025.parquet")
    with pytest.raises(InputError, match="gives to BANKNIFTY 2025-12-30 59400 CE or BANKNIFTY 2025-12-30 59500 CE at"):
        read(tmp_path)


def test_the_nearest_map_that_knows_the_token_counts(tmp_path: Path) -> None:
    (tmp_path / "instruments.csv").write_text(INSTRUMENTS)
    put(tmp_path, "day/12345.parquet", usual())
    (tmp_path / "day" / "instruments.csv").write_text(
        "token,underlying,expiry,kind,strike\n12345,BANKNIFTY,2025-12-30,PE,59500\n"
    )
    (batch,) = read(tmp_path)
    assert batch.contract == PUT
    (batch,) = FileSource(tmp_path / "day" / "12345.parquet").batches()
    assert batch.contract == PUT


def identity(path: Path, given: Path | None = None) -> str:
    return FileSource(path, given).identity()


def test_what_the_path_decides_belongs_to_the_identity(tmp_path: Path) -> None:
    rows = usual()
    one = put(tmp_path, "a/BANKNIFTY/exp=2025-12-30/type=CE/strike=59400.parquet", rows)
    other = put(tmp_path, "a/BANKNIFTY/exp=2025-12-30/type=CE/strike=59500.parquet", rows)
    again = put(tmp_path, "b/BANKNIFTY/expiry=2025-12-30/kind=CE/strike=59400/x.parquet", rows)
    assert identity(one, tmp_path / "a") != identity(other, tmp_path / "a")
    assert identity(one, tmp_path / "a") == identity(again, tmp_path / "b")
    keyed = keyed_rows(CALL, 3)
    wrong, right = (put(tmp_path, f"e/exp={day}/part-0.parquet", keyed) for day in ("2025-11-25", "2025-12-30"))
    assert identity(wrong, tmp_path / "e") != identity(right, tmp_path / "e")
    spot = pl.DataFrame({"timestamp": [OPEN], "price": [1.0]})
    files = [put(tmp_path, f"c/{name}/part-0.parquet", spot) for name in ("NIFTY", "BANKNIFTY")]
    assert len({identity(file, tmp_path / "c") for file in files}) == 2
    named = [put(tmp_path, f"d/{name}.parquet", spot.with_columns(symbol=pl.lit("NIFTY"))) for name in ("x", "y")]
    assert len({identity(file, tmp_path / "d") for file in named}) == 1


def test_a_token_that_means_something_else_is_another_source(tmp_path: Path) -> None:
    file = put(tmp_path, "12345.parquet", usual())
    (tmp_path / "instruments.csv").write_text(INSTRUMENTS)
    first = identity(file)
    (tmp_path / "instruments.csv").write_text(INSTRUMENTS + "5,NEW,BANKNIFTY,2025-12-30,59700,CE\n")
    assert identity(file) == first
    (tmp_path / "instruments.csv").write_text(INSTRUMENTS.replace("59400.0,CE", "59300.0,CE"))
    assert identity(file) != first


def priced_in_close(rows: list[Row]) -> pl.DataFrame:
    """Rows whose last price stands in `close`, as in some old files."""
    return as_frame(rows).with_columns(pl.col("price").alias("close"), pl.lit(None, dtype=pl.Float64).alias("price"))


@pytest.mark.parametrize("form", ["empty", "absent", "with a row of 1970"])
def test_the_last_price_in_close(tmp_path: Path, form: str) -> None:
    frame = priced_in_close(snapshots(6))
    if form == "absent":
        frame = frame.drop("price")
    if form == "with a row of 1970":
        bogus = as_frame(snapshots(1, datetime.fromisoformat("1970-01-01 05:30:00")))
        frame = pl.concat([bogus.with_columns(price=pl.lit(0.0)).select(frame.columns), frame])
    (batch,) = FileSource(write_raw(tmp_path, frame)).batches()
    assert batch.rows["price_paise"].to_list() == [10_000, 10_005, 10_010, 10_015, 10_020, 10_025]
    assert batch.rows["close_paise"].null_count() == 6
    assert batch.notes == {"last price taken from close": 6}


def test_close_is_the_previous_close_where_nothing_traded_or_a_price_is_there(tmp_path: Path) -> None:
    untraded = priced_in_close(snapshots(4)).with_columns(volume=pl.lit(0))
    one_price = priced_in_close(snapshots(4)).with_columns(
        price=pl.when(pl.int_range(pl.len()) == 3).then(101.5).otherwise(None)
    )
    for frame in (untraded, one_price):
        (batch,) = FileSource(write_raw(tmp_path, frame)).batches()
        assert batch.rows["close_paise"].to_list() == [10_000, 10_005, 10_010, 10_015]
        assert batch.rows["price_paise"].null_count() >= 3
        assert batch.notes == {}


def test_an_expiry_that_moved_is_one_contract_under_both_names(tmp_path: Path) -> None:
    """BANKNIFTY's weeklies went from Thursday to Wednesday in September 2023: that of the 7th ended on the 6th."""
    at = datetime.fromisoformat("2023-09-01 10:00:00")
    for name in ("banknifty2390744500ce", "banknifty2390644500ce"):
        as_frame(snapshots(2, at)).select(COLUMNS).write_parquet(tmp_path / f"{name}.parquet")
        at += timedelta(seconds=5)
    first, second = read(tmp_path)
    assert first.contract == second.contract == Contract("BANKNIFTY", date(2023, 9, 6), "CE", 44500)


def test_a_name_of_two_readings_is_settled_by_the_index_beside_it(tmp_path: Path) -> None:
    """NIFTY30DEC2524000CE: the 30th of December 2025 at 24000, or December 2030's 2524000, no strike at all."""
    put(tmp_path, "NIFTY30DEC2524000CE.parquet", usual().with_columns(spot=pl.lit(25_900.0)))
    (batch,) = read(tmp_path)
    assert batch.contract == Contract("NIFTY", date(2025, 12, 30), "CE", 24000)


def test_a_placeholder_without_rows_gives_nothing_whatever_its_columns(tmp_path: Path) -> None:
    put(tmp_path, f"{NAME}.parquet", pl.DataFrame(schema={"timestamp": pl.String}))
    put(tmp_path, "nothing.parquet", pl.DataFrame())
    assert read(tmp_path) == []
