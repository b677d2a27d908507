"""Lots, strike steps, ticks, freeze limits and slices."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.answers import day
from nfolab.base.errors import InputError
from nfolab.market.lots import lot_size, strike_step
from nfolab.market.orders import freeze_limit, future_tick, option_tick, slices

LOTS = [
    # underlying, expiry, trade date, lot; the boundaries of each circular
    ("NIFTY", "2021-07-22", "2021-07-20", 75),  # July 2021 weeklies stay
    ("NIFTY", "2021-07-29", "2021-07-20", 50),  # the July monthly does not
    ("NIFTY", "2021-08-05", "2021-08-02", 50),
    ("NIFTY", "2021-09-30", "2021-06-25", 75),  # a quarterly switches after the end of 2021-06-25
    ("NIFTY", "2021-09-30", "2021-06-28", 50),
    ("NIFTY", "2024-04-25", "2024-04-25", 50),
    ("NIFTY", "2024-05-02", "2024-04-25", 50),  # in April 2024 all contracts after the 25th switched
    ("NIFTY", "2024-05-02", "2024-04-26", 25),
    ("NIFTY", "2024-05-30", "2024-04-25", 50),
    ("NIFTY", "2024-12-26", "2024-12-20", 25),
    ("NIFTY", "2025-01-02", "2024-12-30", 75),
    ("NIFTY", "2025-01-30", "2025-01-20", 25),  # the January monthly was open before
    ("NIFTY", "2025-02-27", "2025-01-20", 75),
    ("NIFTY", "2025-03-27", "2024-12-26", 25),
    ("NIFTY", "2025-03-27", "2024-12-27", 75),
    ("NIFTY", "2025-12-30", "2021-06-01", 75),  # a half-yearly goes through every lot
    ("NIFTY", "2025-12-30", "2022-06-01", 50),
    ("NIFTY", "2025-12-30", "2024-06-03", 25),
    ("NIFTY", "2025-12-30", "2025-06-02", 75),
    ("NIFTY", "2025-12-30", "2025-12-30", 75),
    ("NIFTY", "2026-03-30", "2025-12-30", 75),
    ("NIFTY", "2026-03-30", "2025-12-31", 65),
    ("NIFTY", "2026-01-06", "2025-12-30", 65),
    ("BANKNIFTY", "2020-07-23", "2020-07-20", 20),
    ("BANKNIFTY", "2020-07-30", "2020-07-20", 25),
    ("BANKNIFTY", "2023-07-20", "2023-07-18", 25),
    ("BANKNIFTY", "2023-07-27", "2023-07-18", 15),
    ("BANKNIFTY", "2023-09-28", "2023-06-30", 25),
    ("BANKNIFTY", "2023-09-28", "2023-07-03", 15),
    ("BANKNIFTY", "2025-01-30", "2025-01-20", 15),
    ("BANKNIFTY", "2025-02-27", "2025-01-20", 30),
    ("BANKNIFTY", "2025-03-27", "2024-12-24", 15),
    ("BANKNIFTY", "2025-03-27", "2024-12-26", 30),
    ("BANKNIFTY", "2025-06-26", "2025-06-20", 30),
    ("BANKNIFTY", "2025-07-31", "2025-06-20", 35),
    ("BANKNIFTY", "2025-09-30", "2025-04-24", 30),
    ("BANKNIFTY", "2025-09-30", "2025-04-25", 35),
    ("BANKNIFTY", "2025-12-30", "2025-12-15", 35),
    ("BANKNIFTY", "2026-01-27", "2026-01-05", 30),
    ("BANKNIFTY", "2026-03-30", "2025-12-30", 35),
    ("FINNIFTY", "2024-07-30", "2024-07-29", 25),
    ("FINNIFTY", "2024-07-23", "2024-07-22", 40),
    ("MIDCPNIFTY", "2025-07-31", "2025-07-01", 140),
    ("SENSEX", "2025-01-03", "2025-01-02", 10),
    ("SENSEX", "2025-01-07", "2025-01-06", 20),
    ("SENSEX", "2025-01-28", "2025-01-06", 10),
    ("SENSEX", "2025-03-25", "2024-12-27", 10),
    ("SENSEX", "2025-03-25", "2024-12-30", 20),
    ("BANKEX", "2025-02-25", "2025-02-03", 30),
]


@pytest.mark.parametrize(("underlying", "expiry", "traded", "lot"), LOTS)
def test_lots_go_by_contract_and_trade_date(underlying: str, expiry: str, traded: str, lot: int) -> None:
    assert lot_size(underlying, day(expiry), day(traded)) == lot


def test_lots_agree_with_the_bhavcopies_near_expiry(real_data: Path) -> None:
    theirs = pl.read_parquet(real_data / "ref" / "nifty_expiry_calendar_from_bhavcopies.parquet")
    checked = 0
    for expiry, lot in theirs.select("actual_expiry_date", "contract_lot_size").iter_rows():
        assert lot_size("NIFTY", day(expiry), day(expiry)) == lot
        checked += 1
    assert checked == 296


def test_lots_agree_with_the_rules_by_circular(real_data: Path) -> None:
    rules = pl.read_parquet(real_data / "ref" / "lot_rules.parquet")
    columns = ("underlying", "contract_expiry_from", "contract_expiry_to", "contract_lot_size", "expiry_type")
    from nfolab.market.expiries import expiries

    for underlying, first, last, lot, kind in rules.select(columns).iter_rows():
        for one in expiries(underlying, day(first), day(last or "2026-12-31")):
            if one.kind == kind:
                assert lot_size(underlying, one.expiry, one.expiry) == lot


def test_a_lot_that_nobody_traded_is_refused() -> None:
    with pytest.raises(InputError, match="2025-12-30 did not trade on 2025-12-31"):
        lot_size("NIFTY", day("2025-12-30"), day("2025-12-31"))
    with pytest.raises(InputError, match="no NIFTY contract expired on 2025-12-25"):
        lot_size("NIFTY", day("2025-12-25"), day("2025-12-01"))
    with pytest.raises(InputError, match="2019-01-01 to 2026-12-31"):
        lot_size("NIFTY", day("2019-01-31"), day("2018-12-31"))


def test_strike_steps_are_those_of_the_chains(real_data: Path) -> None:
    for path in (real_data / "chains").glob("*.parquet"):
        strikes = pl.read_parquet(path, columns=["symbol", "strike"]).unique().sort("symbol", "strike")
        gaps = strikes.group_by("symbol").agg(pl.col("strike").diff().min().alias("least"))
        assert len(gaps) == 2
        for underlying, least in gaps.iter_rows():
            assert strike_step(underlying) == least
    with pytest.raises(InputError, match="did you mean NIFTY"):
        strike_step("NIFTI")


def test_freeze_limits_by_notice() -> None:
    assert freeze_limit("NIFTY", day("2025-12-15")).units == 1800
    assert freeze_limit("BANKNIFTY", day("2025-08-29")).units == 600
    assert freeze_limit("BANKNIFTY", day("2025-09-01")).units == 900
    assert freeze_limit("BANKNIFTY", day("2026-04-01")).since == day("2026-04-01")
    with pytest.raises(InputError, match="first notice read is of 2021-08-01"):
        freeze_limit("NIFTY", day("2020-01-01"))
    with pytest.raises(InputError, match="no notice of it was read"):
        freeze_limit("BANKEX", day("2025-12-15"))


def test_an_order_above_the_limit_is_cut_into_whole_lots() -> None:
    # 1,800 units hold 27 lots of 65, 1,755 units.
    assert slices(40 * 65, 65, 1800) == [1755, 845]
    assert slices(1755, 65, 1800) == [1755]
    for units, lot, limit in ((0, 65, 1800), (-65, 65, 1800), (66, 65, 1800), (65, 65, 64), (65, 0, 1800)):
        with pytest.raises(InputError):
            slices(units, lot, limit)


@given(st.integers(1, 500), st.integers(1, 150), st.integers(1, 10_000))
def test_slices_add_up_and_none_is_too_large(lots: int, lot: int, limit: int) -> None:
    if lot > limit:
        return
    cut = slices(lots * lot, lot, limit)
    assert sum(cut) == lots * lot
    assert all(0 < order <= limit and order % lot == 0 for order in cut)
    # As few as can be: all but the last leave no room for another lot.
    assert all(order + lot > limit for order in cut[:-1])


@pytest.mark.parametrize(
    ("traded", "level", "paise"),
    [
        ("2025-04-11", 50_000, 5),
        ("2025-04-15", 15_000, 5),
        ("2025-04-15", 15_001, 10),
        ("2025-04-15", 30_000, 10),
        ("2025-04-15", 30_001, 20),
    ],
)
def test_ticks_of_futures_go_by_level(traded: str, level: int, paise: int) -> None:
    assert future_tick(day(traded), level) == paise
    assert option_tick() == 5


def test_a_tick_needs_a_day_and_a_level() -> None:
    with pytest.raises(InputError, match="2019-01-01 to 2026-12-31"):
        future_tick(day("2027-01-01"), 20_000)
    with pytest.raises(InputError, match="above 0"):
        future_tick(day("2026-01-01"), 0)
