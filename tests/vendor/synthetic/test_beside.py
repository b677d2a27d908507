"""The future and India VIX: worth what they should be, the same in both forms, and read as what they are."""

import numpy as np
import polars as pl

from nfolab.base.snapshot import SourceKind
from nfolab.vendor.source import FileSource
from nfolab.vendor.sources import find_sources

DAYS = ("2025-07-07", "2025-07-08")


def batches_of(path):
    return [batch for source in find_sources([path]) for batch in source.batches()]


def test_a_file_of_futures_has_the_users_49_columns(plain):
    source = FileSource(plain.path / "futures" / "2025-07-07" / "banknifty25julfut.parquet")
    names = pl.read_parquet_schema(source.path)
    assert len(names) == 49
    assert {"symbol", "year", "month"} < set(names)
    assert source.source_kind() is SourceKind.SYNTHETIC
    (batch,) = source.batches()
    assert (batch.kind, str(batch.contract)) == ("futures", "BANKNIFTY 2025-07-31 FUT")
    assert (batch.refused, batch.rows.height > 15_000) == ({}, True)


def test_the_future_is_worth_the_forward(plain, nifty):
    """In the martingale the forward is the index; in the usual market above it by the rate of 5.5 % to 31 July."""
    for folder, name, day, years in (
        (plain, "banknifty25julfut", DAYS[0], 24 / 365),
        (nifty, "nifty25julfut", "2025-07-10", 0),
    ):
        future = pl.read_parquet(folder.path / "futures" / day / f"{name}.parquet")
        spot = pl.read_parquet(next((folder.path / "spot").glob(f"*{day}*")))
        middle = future.select(pl.col("timestamp").cast(pl.Datetime("ms")), middle=(pl.col("bp0") + pl.col("sp0")) / 2)
        both = middle.join_asof(spot.select("timestamp", "price"), on="timestamp")
        basis = (both["middle"] / both["price"]).log().drop_nulls()
        assert abs(basis.mean() - 0.055 * years) < 2e-5
        spread = future["sp0"] - future["bp0"]
        assert spread.min() > 0
        assert spread.median() < 0.0002 * future["price"].median()
        assert future["volume"].is_sorted()


def test_vix_is_the_volatility_at_the_money(plain, nifty):
    for folder, day, usual in ((plain, DAYS[0], 12.5), (nifty, "2025-07-10", None)):
        (batch,) = batches_of(folder.path / "vix" / f"india_vix_{day}.parquet")
        assert (batch.kind, batch.underlying, batch.refused) == ("vix", "INDIAVIX", {})
        assert batch.rows.height > 18_000
        if usual:
            assert abs(np.log(batch.rows["price_paise"].mean() / 100 / usual)) < 0.25


def test_both_forms_hold_the_same_futures_and_vix(damaged, damaged_dump):
    of_dump = batches_of(damaged_dump.path / "das_nse_mod.sql.gz")
    for kind, folder in (("futures", "futures"), ("vix", "vix")):
        filed = pl.concat(batch.rows for batch in batches_of(damaged.path / folder))
        dumped = pl.concat(batch.rows for batch in of_dump if batch.kind == kind)
        assert filed["timestamp"].dt.date().unique().len() == 2
        assert filed.equals(dumped)


def test_they_miss_what_the_recorder_missed(damaged):
    record = pl.read_json(damaged.path / "defects.json")["days"].struct.unnest()
    for day in DAYS:
        told = record[day].item()
        for file in (
            (damaged.path / "futures" / day).iterdir().__next__(),
            damaged.path / "vix" / f"india_vix_{day}.parquet",
        ):
            clocks = pl.read_parquet(file)["timestamp"].dt.to_string("%H:%M:%S")
            assert clocks.min() >= told["recorder_starts"]
            for first, last in told["gaps"]:
                assert not clocks.is_between(pl.lit(first), pl.lit(last)).any()
