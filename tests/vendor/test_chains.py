"""Option-chain snapshots: units, clocks, missing values, stale copies, and the real ones against plain sums."""

from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import pytest

from nfolab.base.errors import InputError
from nfolab.base.snapshot import DataKind, schema_of
from nfolab.market.contracts import Contract
from nfolab.vendor.batch import Batch
from nfolab.vendor.source import FileSource
from vendor.vendor_rows import counts

DAY = datetime.fromisoformat("2025-08-29 00:00:00")
AT = DAY.replace(hour=10)


def chain(**columns: object) -> pl.DataFrame:
    """Three contracts of one moment, as the source of 2025 writes them: counts in contracts, a late exchange clock."""
    usual: dict[str, object] = {
        "symbol": "NIFTY",
        "collected_at": AT,
        "exchange_time": AT - timedelta(seconds=72),
        "expiry": date(2025, 9, 2),
        "strike": [24_450, 24_450, 24_500],
        "opt_type": ["CE", "PE", "CE"],
        "ltp": [101.05, 98.5, 80.0],
        "net_change": [-12.35, 4.0, 0.0],
        "bid_qty": [75, 150, 0],
        "bid": [101.0, 98.45, 0.0],
        "ask": [101.1, 98.6, 80.5],
        "ask_qty": [75, 75, 225],
        "volume_contracts": [10, 20, 0],
        "oi_contracts": [3.0, 4.0, 0.0],
        "oi_change_contracts": [-1.0, 2.0, 0.0],
        "iv_pct": [11.5, 12.25, 0.0],
    }
    return pl.DataFrame({name: value for name, value in (usual | columns).items() if value is not None})


def read(folder: Path, frame: pl.DataFrame, name: str = "chain") -> list[Batch]:
    path = folder / f"{name}.parquet"
    frame.write_parquet(path)
    batches = list(FileSource(path).batches())
    for batch in batches:
        assert batch.kind == "chain"
        assert dict(batch.rows.schema) == schema_of(DataKind.CHAIN)
        assert batch.rows.height + sum(counts(batch.refused).values()) == batch.rows_read
    assert sum(batch.rows_read for batch in batches) == frame.height
    return batches


def refused(batches: list[Batch]) -> Counter[str]:
    total: Counter[str] = Counter()
    for batch in batches:
        total.update(counts(batch.refused))
    return total


def test_values_and_units(tmp_path: Path) -> None:
    """NIFTY's lot was 75 units that day: 10 contracts traded are 750 units."""
    call, put, idle = read(tmp_path, chain())
    assert call.contract == Contract("NIFTY", date(2025, 9, 2), "CE", 24450)
    row = call.rows.row(0, named=True)
    assert (row.pop("timestamp").replace(tzinfo=None), row.pop("exchangeTime").replace(tzinfo=None)) == (
        AT,
        AT - timedelta(seconds=72),
    )
    assert row == {
        "price_paise": 10_105, "netChange_paise": -1_235,
        "bq0": 75, "bp0_paise": 10_100, "sq0": 75, "sp0_paise": 10_110,
        "volume": 750, "oi": 225, "oiChange": -75, "iv": 11.5, "spot_paise": None,
    }  # fmt: skip
    assert (put.rows["oi"].item(), put.rows["oiChange"].item()) == (300, 150)
    assert (idle.rows["iv"].item(), idle.rows["volume"].item(), idle.rows["bq0"].item()) == (0.0, 0, 0)


def test_units_as_they_stand_and_the_index_in_the_row(tmp_path: Path) -> None:
    frame = chain(oi_contracts=None, oi_shares=[225, 300, 0], spot=24_431.5).rename(
        {"volume_contracts": "volume_units"}
    )
    call, *_ = read(tmp_path, frame)
    assert call.rows.select("volume", "oi", "spot_paise").row(0) == (10, 225, 2_443_150)


def test_the_clock_of_the_exchange_serves_where_there_is_no_other(tmp_path: Path) -> None:
    call, *_ = read(tmp_path, chain(collected_at=None))
    assert call.rows["timestamp"].item().replace(tzinfo=None) == AT - timedelta(seconds=72)
    assert (call.rows["timestamp"] == call.rows["exchangeTime"]).all()


def test_a_dash_is_missing_and_other_text_is_refused(tmp_path: Path) -> None:
    frame = chain(
        ltp=["101.05", "-", " - "], volume_contracts=["10", "-", "many"], oi_change_contracts=["-1", "-", "2"]
    )
    call, put, idle = read(tmp_path, frame)
    assert call.rows.select("price_paise", "volume", "oiChange").row(0) == (10_105, 750, -75)
    assert put.rows.select("price_paise", "volume", "oiChange").row(0) == (None, None, None)
    assert counts(idle.refused) == {"unreadable value": 1}


@pytest.mark.parametrize(
    ("columns", "reasons"),
    [
        ({"exchange_time": DAY - timedelta(hours=9)}, {"stale copy of an earlier day": 3}),
        ({"collected_at": AT - timedelta(days=2)}, {"no session that day": 3}),  # a holiday
        ({"collected_at": DAY.replace(hour=9)}, {"outside the session": 3}),
        ({"collected_at": AT + timedelta(days=6)}, {"after the expiry": 3}),
        ({"expiry": date(2025, 9, 3)}, {"no contract that is known": 3}),
        ({"strike": [24_450, 24_475, 24_500]}, {"no contract that is known": 1}),
        ({"symbol": "RELIANCE"}, {"not an index or an option of one": 3}),
        ({"oi_contracts": [-1.0, 0.0, 0.0]}, {"negative price": 1}),
        ({"bid": [float("inf"), 0.0, 0.0]}, {"value out of range": 1}),
    ],
)
def test_what_is_refused(tmp_path: Path, columns: dict[str, object], reasons: dict[str, int]) -> None:
    assert refused(read(tmp_path, chain(**columns))) == reasons


def test_whose_chain_it_is_without_a_symbol(tmp_path: Path) -> None:
    """Only NIFTY had options of 2 September 2025 at 24450; a monthly at round strikes could be that of many."""
    assert {batch.underlying for batch in read(tmp_path, chain(symbol=None))} == {"NIFTY"}
    monthly = chain(symbol=None, expiry=date(2025, 9, 30), strike=[54_000, 54_000, 54_100])
    with pytest.raises(InputError, match=r"does not say whose chain it is, and .*BANKNIFTY.* could have these"):
        read(tmp_path, monthly)
    assert {batch.underlying for batch in read(tmp_path, monthly, "banknifty_chain_2025-08-29")} == {"BANKNIFTY"}


@pytest.mark.parametrize(("name", "mend"), [("volume", "volume_contracts or volume_shares"), ("iv", "iv_pct")])
def test_a_count_without_its_unit_is_refused(tmp_path: Path, name: str, mend: str) -> None:
    with pytest.raises(InputError, match=f"in which unit its column {name} counts: name it {mend}"):
        read(tmp_path, chain(**{name: [1.0, 2.0, 3.0]}))


def test_chains_without_a_clock_or_a_price_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lacks the column collected_at"):
        read(tmp_path, chain(collected_at=None, exchange_time=None))
    with pytest.raises(InputError, match="lacks the column ltp"):
        read(tmp_path, chain(ltp=None))


LOTS = {2019: {"NIFTY": 75, "BANKNIFTY": 20}, 2025: {"NIFTY": 75, "BANKNIFTY": 35}}
"""Units in a lot of contracts that expire within a month."""


@pytest.mark.parametrize(
    ("name", "clock", "year", "holiday"),
    [
        ("nse_chain_15min_2019-09-02_2019-09-06.parquet", "exchange_time", 2019, date(2019, 9, 2)),
        ("nse_chain_1min_2025-08-29_and_stale_2025-08-27.parquet", "collected_at", 2025, date(2025, 8, 27)),
    ],
)
def test_real_chains_against_plain_sums(real_data: Path, name: str, clock: str, year: int, holiday: date) -> None:
    path = real_data / "chains" / name
    batches = list(FileSource(path).batches())
    raw = pl.read_parquet(path)
    on_holiday = raw[clock].dt.date() == holiday
    outside = ~on_holiday & ~raw[clock].dt.time().is_between(time(9, 15), time(15, 30))
    expected = {"no session that day": int(on_holiday.sum()), "outside the session": int(outside.sum())}
    assert refused(batches) == {reason: count for reason, count in expected.items() if count}
    assert expected["no session that day"] > 10_000
    kept = raw.filter(~on_holiday & ~outside)
    assert sum(batch.rows.height for batch in batches) == kept.height
    assert sum(batch.rows["price_paise"].sum() for batch in batches) == round(kept["ltp"].sum() * 100)
    near = kept.filter(pl.col("expiry") < date(year, 10, 1))
    by_index = defaultdict(int)
    open_interest = defaultdict(int)
    for batch in batches:
        assert batch.contract is not None
        if batch.contract.expiry < date(year, 10, 1):
            by_index[batch.underlying] += batch.rows["volume"].sum()
            open_interest[batch.underlying] += batch.rows["oi"].sum()
    for index, lot in LOTS[year].items():
        of_index = near.filter(pl.col("symbol") == index)
        assert by_index[index] == of_index["volume_contracts"].sum() * lot > 0
        if "oi_contracts" in of_index.columns:
            assert open_interest[index] == of_index["oi_contracts"].sum() * lot > 0
        else:
            assert open_interest[index] == of_index["oi_shares"].sum() > 0
