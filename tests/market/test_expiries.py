"""Expiries: regenerated from rules and held against answer files, bhavcopies and option chains."""

from bisect import bisect_left
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.answers import EXPIRIES, HOLIDAYS, day
from nfolab.base.errors import InputError
from nfolab.market.expiries import (
    calendar_days_to_expiry,
    expiries,
    expiries_verified,
    expiry_kind,
    expiry_of,
    monthly_expiry,
    nearest_expiry,
    next_expiry,
    next_monthly_expiry,
    trading_days_to_expiry,
)
from nfolab.market.moves import expiry_as_known, moved_from, moves

FIRST, LAST = date(2019, 1, 1), date(2026, 12, 31)
NSE = ("NIFTY", "BANKNIFTY", "FINNIFTY", "MIDCPNIFTY")

ANSWERS = defaultdict(list)
for one in sorted(EXPIRIES, key=lambda one: one.expiry):
    ANSWERS[one.underlying].append(one)


@pytest.mark.parametrize("underlying", NSE)
def test_every_contract_agrees_with_the_answer_file(underlying: str) -> None:
    found = [(e.underlying, e.kind, e.scheduled, e.expiry, e.lot) for e in expiries(underlying, FIRST, LAST)]
    assert found == [(a.underlying, a.kind, a.scheduled, a.expiry, a.lot) for a in ANSWERS[underlying]]


def test_the_bhavcopies_name_the_same_nifty_expiries(real_data: Path) -> None:
    """They were collected until late August 2026, so weeklies after that are missing there; nothing else is."""
    theirs = pl.read_parquet(real_data / "ref" / "nifty_expiry_calendar_from_bhavcopies.parquet")
    columns = ("actual_expiry_date", "original_scheduled_expiry", "expiry_type", "contract_lot_size")
    listed = {tuple(map(str, row)) for row in theirs.select(columns).iter_rows()}
    ours = {
        (str(one.expiry), str(one.scheduled), one.kind, str(one.lot))
        for one in expiries("NIFTY", date(2021, 1, 1), LAST)
    }
    assert listed <= ours
    assert {row for row in ours - listed if row[0] <= "2026-08-25"} == set()
    assert {row for row in ours - listed if row[2] == "monthly" and row[0] <= "2026-09-29"} == set()


@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("nse_chain_1min_2025-08-29_and_stale_2025-08-27.parquet", "exchange_time"),
        ("nse_chain_15min_2019-09-02_2019-09-06.parquet", "exchange_time"),
    ],
)
def test_the_chains_hold_no_other_expiries(real_data: Path, file: str, column: str) -> None:
    chain = pl.read_parquet(real_data / "chains" / file)
    seen = chain.select("symbol", "expiry", pl.col(column).dt.date().alias("day")).unique()
    assert len(seen) > 5
    for underlying, expiry, traded in seen.iter_rows():
        real = expiry_of(underlying, expiry)
        assert expiry_as_known(underlying, real.expiry, min(traded, real.expiry)) == expiry


def test_bse_expiries_follow_their_rules() -> None:
    sensex = {one.expiry: one.kind for one in expiries("SENSEX", FIRST, LAST)}
    assert min(sensex) == day("2023-05-19")
    assert sensex[day("2025-01-03")] == "weekly"
    assert sensex[day("2025-01-07")] == "weekly"
    assert sensex[day("2025-08-26")] == "monthly"
    assert sensex[day("2025-09-04")] == "weekly"
    assert sensex[day("2026-01-14")] == "weekly"
    assert day("2026-01-15") not in sensex
    assert expiries_verified("NIFTY")
    assert not expiries_verified("SENSEX")
    assert not expiries_verified("BANKEX")
    bankex = {one.expiry: one.kind for one in expiries("BANKEX", FIRST, LAST)}
    assert bankex[day("2024-01-20")] == "weekly"
    assert max(expiry for expiry, kind in bankex.items() if kind == "weekly") == day("2024-11-18")
    assert bankex[day("2025-09-25")] == "monthly"


@given(st.sampled_from(NSE), st.dates(FIRST, LAST))
def test_nearest_and_next_are_the_first_ones_ahead(underlying: str, today: date) -> None:
    """Worked from the answer file alone; where it ends, the facts refuse."""
    every = [one.expiry for one in ANSWERS[underlying]]
    monthly = [one.expiry for one in ANSWERS[underlying] if one.kind == "monthly"]
    asked = (
        (nearest_expiry, every, 0),
        (next_expiry, every, 1),
        (monthly_expiry, monthly, 0),
        (next_monthly_expiry, monthly, 1),
    )
    for call, answers, place in asked:
        ahead = bisect_left(answers, today) + place
        if ahead < len(answers):
            assert call(underlying, today) == answers[ahead]
        else:
            with pytest.raises(InputError, match=str(answers[-1])):
                call(underlying, today)


def test_christmas_2025_was_no_expiry() -> None:
    assert monthly_expiry("BANKNIFTY", day("2025-12-15")) == day("2025-12-30")
    assert monthly_expiry("BANKNIFTY", day("2025-11-20")) == day("2025-11-25")
    assert nearest_expiry("NIFTY", day("2025-12-24")) == day("2025-12-30")


def test_unknown_contracts_are_refused_with_the_neighbours() -> None:
    with pytest.raises(InputError, match=r"2025-12-25.*2025-11-25 and 2025-12-30"):
        expiry_of("BANKNIFTY", day("2025-12-25"))
    with pytest.raises(InputError, match="did you mean BANKNIFTY"):
        nearest_expiry("BANKNIFTI", day("2025-12-15"))
    with pytest.raises(InputError, match="2019-01-01 to 2026-12-31"):
        expiries("NIFTY", date(2018, 1, 1), LAST)
    with pytest.raises(InputError, match="exchange them"):
        expiries("NIFTY", LAST, FIRST)
    with pytest.raises(InputError, match="2019-01-01 to 2026-12-31"):
        monthly_expiry("NIFTY", date(2027, 1, 4))


def test_kinds() -> None:
    assert expiry_kind("BANKNIFTY", day("2023-09-06")) == "weekly"
    assert expiry_kind("BANKNIFTY", day("2023-06-28")) == "monthly"


AS_KNOWN = [
    # underlying, final expiry, trade date, the day expected then
    ("NIFTY", "2023-06-28", "2023-06-26", "2023-06-29"),
    ("NIFTY", "2023-06-28", "2023-06-27", "2023-06-28"),
    ("BANKNIFTY", "2023-09-06", "2023-08-31", "2023-09-07"),
    ("BANKNIFTY", "2023-09-06", "2023-09-01", "2023-09-06"),
    ("BANKNIFTY", "2023-09-20", "2023-08-31", "2023-09-21"),
    ("BANKNIFTY", "2023-09-28", "2023-08-31", "2023-09-28"),
    ("MIDCPNIFTY", "2023-05-03", "2023-04-24", "2023-05-02"),
    ("MIDCPNIFTY", "2023-05-03", "2023-04-25", "2023-05-03"),
    ("MIDCPNIFTY", "2023-08-21", "2023-08-14", "2023-08-23"),
    ("MIDCPNIFTY", "2023-08-28", "2023-08-16", "2023-08-28"),
    ("MIDCPNIFTY", "2024-01-20", "2024-01-18", "2024-01-22"),
    ("BANKEX", "2024-01-20", "2024-01-19", "2024-01-20"),
    ("BANKNIFTY", "2024-03-27", "2023-12-28", "2024-03-28"),
    ("BANKNIFTY", "2024-03-27", "2023-12-29", "2024-03-27"),
    ("BANKNIFTY", "2024-12-24", "2023-12-28", "2024-12-26"),
    ("BANKNIFTY", "2025-01-30", "2024-12-31", "2025-01-29"),
    ("BANKNIFTY", "2025-01-30", "2025-01-01", "2025-01-30"),
    ("BANKNIFTY", "2025-09-30", "2024-12-31", "2025-09-24"),
    ("BANKNIFTY", "2025-09-30", "2025-03-03", "2025-09-25"),
    ("BANKNIFTY", "2025-09-30", "2025-08-26", "2025-09-30"),
    ("NIFTY", "2025-12-30", "2025-03-03", "2025-12-24"),
    ("SENSEX", "2026-01-14", "2026-01-09", "2026-01-15"),
    ("SENSEX", "2026-01-14", "2026-01-12", "2026-01-14"),
]


@pytest.mark.parametrize(("underlying", "final", "traded", "expected"), AS_KNOWN)
def test_expiries_are_known_as_the_trade_date_knew_them(
    underlying: str, final: str, traded: str, expected: str
) -> None:
    assert expiry_as_known(underlying, day(final), day(traded)) == day(expected)


def test_a_contract_that_has_expired_has_nothing_to_be_known() -> None:
    with pytest.raises(InputError, match=r"2025-12-30 did not trade on 2025-12-31"):
        expiry_as_known("NIFTY", day("2025-12-30"), day("2025-12-31"))


@pytest.mark.parametrize("underlying", [*NSE, "SENSEX", "BANKEX"])
def test_moves_end_on_real_expiries(underlying: str) -> None:
    real = {one.expiry for one in expiries(underlying, FIRST, LAST)}
    assert set(moved_from(underlying).values()) <= real
    assert not set(moved_from(underlying)) & real
    assert all(move.announced <= move.known for move in moves(underlying))


def test_days_to_expiry_by_hand() -> None:
    # Monday 2025-12-15 to Tuesday 2025-12-30: 15 days; 11 weekdays after it, one of them Christmas.
    assert calendar_days_to_expiry("BANKNIFTY", day("2025-12-30"), day("2025-12-15")) == 15
    assert trading_days_to_expiry("BANKNIFTY", day("2025-12-30"), day("2025-12-15")) == 10
    assert calendar_days_to_expiry("NIFTY", day("2025-12-30"), day("2025-12-30")) == 0
    assert trading_days_to_expiry("NIFTY", day("2025-12-30"), day("2025-12-30")) == 0
    # Before the closure moved, Monday 2023-06-26 expected the 29th, with the 27th and 29th ahead (the 28th was closed);
    # the calendar that came counts the 27th and 28th.
    assert calendar_days_to_expiry("NIFTY", day("2023-06-28"), day("2023-06-26")) == 3
    assert trading_days_to_expiry("NIFTY", day("2023-06-28"), day("2023-06-26")) == 2


@given(st.sampled_from(EXPIRIES), st.integers(0, 40))
def test_trading_days_to_expiry_count_open_weekdays(one: object, back: int) -> None:
    expiry, underlying = one.expiry, one.underlying  # type: ignore[attr-defined]
    today = expiry - timedelta(days=back)
    if today < FIRST or expiry_as_known(underlying, expiry, today) != expiry:
        return
    open_days = [
        ahead
        for ahead in (today + timedelta(days=n) for n in range(1, back + 1))
        if (ahead.weekday() < 5 and ahead not in HOLIDAYS)
        or ahead.isoformat() in ("2020-02-01", "2024-01-20", "2025-02-01", "2026-02-01")
    ]
    assert trading_days_to_expiry(underlying, expiry, today) == len(open_days)
