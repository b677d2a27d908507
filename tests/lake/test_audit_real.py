"""The user's chains and index spot go in, and their known defects are told; nothing real is convicted."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from nfolab.base.snapshot import DataKind
from nfolab.lake import Lake
from nfolab.lake.auditing.audit import audit
from nfolab.lake.auditing.joint_findings import market_of, wrong_contracts
from nfolab.lake.auditing.joint_quotes import snapshots_of
from nfolab.lake.packing.pack import pack
from nfolab.market.lots import strike_step
from nfolab.vendor.sources import find_sources


@pytest.fixture(scope="module")
def lake(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    root = tmp_path_factory.mktemp("chains") / "lake"
    pack(find_sources([real_data / "chains", real_data / "spot", real_data / "das_nse_mod.sql.gz"]), root, 1)
    return Lake.open(root)


@pytest.fixture(scope="module")
def ledger(lake: Lake) -> pl.DataFrame:
    return audit(lake).filter(pl.col("count") > 0)


def test_no_real_contract_is_convicted_or_severe(lake: Lake, ledger: pl.DataFrame) -> None:
    assert ledger.filter(pl.col("severity") == "severe").is_empty()
    chains = {(entry.underlying, entry.day) for entry in lake.days(kind=DataKind.CHAIN)}
    joint = audit(lake).filter(pl.col("kind") == "joint chain")
    assert set(joint.select("underlying", "day").iter_rows()) == chains
    judged = 0
    for entry in lake.days(kind=DataKind.CHAIN):
        quotes = snapshots_of(entry.underlying, lake.contracts(DataKind.CHAIN, entry.underlying, entry.day))
        years = [max((one - entry.day).days, 0.3) / 365 for one in sorted({key[0] for key in quotes.contracts})]
        assert wrong_contracts(market_of(quotes, 0.055, years), strike_step(entry.underlying)) == set()
        judged += len(quotes.contracts)
    assert judged > 5_000


def test_the_gaps_and_the_late_start_of_the_minute_chain(ledger: pl.DataFrame) -> None:
    day = ledger.filter(
        pl.col("kind") == "chain", pl.col("contract").is_null(), pl.col("day") == date(2025, 8, 29),
        pl.col("underlying") == "BANKNIFTY",
    )  # fmt: skip
    assert day.filter(pl.col("check") == "gap")["worst"].sort().to_list() == [181.0, 185.0, 216.0, 1132.0]
    assert day.filter(pl.col("check") == "late start")["worst"].to_list() == [556.0]


def test_holiday_copies_and_rows_before_the_open_are_refused(ledger: pl.DataFrame) -> None:
    holidays = ledger.filter(pl.col("check") == "refused: no session that day")
    told = {one.date() for one in holidays["first"].to_list()}
    assert told == {date(2019, 9, 2), date(2025, 8, 27)}
    early = ledger.filter(pl.col("kind") == "chain", pl.col("check") == "refused: outside the session")
    assert early.filter(pl.col("first").dt.time() < pl.time(9, 15)).height > 0


def test_rows_without_volatility_are_those_of_a_plain_count(real_data: Path, ledger: pl.DataFrame) -> None:
    raw = pl.read_parquet(next((real_data / "chains").glob("nse_chain_1min*")))
    near = raw.filter(
        pl.col("collected_at").dt.date() == date(2025, 8, 29), pl.col("symbol") == "NIFTY",
        pl.col("expiry") == date(2025, 9, 2), pl.col("opt_type") == "CE",
    )  # fmt: skip
    without = near.filter(pl.col("iv_pct").fill_null(0) == 0)
    told = ledger.filter(
        pl.col("check") == "zero volatility", pl.col("contract").str.contains("^NIFTY 2025-09-02 .* CE$")
    )
    assert told["count"].sum() == without.height
    assert 0.15 < without.height / near.height < 0.25


def test_late_starts_early_ends_and_rows_over_midnight_of_spot(ledger: pl.DataFrame) -> None:
    spot = ledger.filter(pl.col("kind") == "spot")
    late = spot.filter(pl.col("check") == "late start", pl.col("day") == date(2021, 3, 26))
    assert late["worst"].to_list() == [49.0, 49.0]
    early = spot.filter(pl.col("check") == "early end")
    assert set(early["day"]) == {date(2021, 5, 27)}
    assert set(early["severity"]) == {"serious"}
    refused = spot.filter(pl.col("check") == "refused: outside the session")
    assert refused["count"].sum() > 1_000
    over_midnight = refused.filter(pl.col("last").dt.date() != pl.col("first").dt.date())
    assert over_midnight.height > 0
