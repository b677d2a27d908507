"""Every reason to refuse a row, and that nothing is lost between kept and refused."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nfolab.base.snapshot import SNAPSHOT, SNAPSHOT_SCHEMA, SPOT
from nfolab.vendor.batch import RefusedRows, total_by_reason
from nfolab.vendor.raw_rows import RawRows
from nfolab.vendor.refuse import admit
from vendor.vendor_rows import COLUMNS, OPEN, as_frame, counts, snapshot, snapshots

EXPIRY = date(2025, 12, 30)


def refused(*rows: dict[str, object], last_day: date | None = EXPIRY) -> dict[str, int]:
    admitted = admit(RawRows.of_frame(as_frame(rows)), SNAPSHOT, last_day, "here")
    assert admitted.rows.height + sum(counts(admitted.refused).values()) == len(rows)
    return counts(admitted.refused)


def at(text: str) -> dict[str, object]:
    return snapshot(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1970-01-01 05:30:00", "before 2000"),
        ("1999-12-31 10:00:00", "before 2000"),
        ("1802-01-01 10:00:00", "before 2000"),
        ("2018-12-31 10:00:00", "no calendar for that day"),
        ("9999-12-31 10:00:00", "no calendar for that day"),
        ("2025-12-13 10:00:00", "no session that day"),  # a Saturday
        ("2025-12-25 10:00:00", "no session that day"),  # Christmas
        ("2025-12-15 09:14:59.999999", "outside the session"),
        ("2025-12-15 15:30:01", "outside the session"),
        ("2025-10-21 10:00:00", "outside the session"),  # Diwali: trading from 13:45 to 14:45 only
        ("2024-03-02 11:00:00", "outside the session"),  # between the two windows of a disaster-recovery Saturday
        ("2025-12-31 10:00:00", "after the expiry"),
    ],
)
def test_clocks_that_cannot_be_right(text: str, reason: str) -> None:
    assert refused(at(text), at("2025-12-15 10:00:00")) == {reason: 1}


@pytest.mark.parametrize(
    "text",
    [
        *("2025-12-15 09:15:00", "2025-12-15 15:30:00", "2025-12-15 15:30:00.999999", "2025-12-30 15:30:00"),
        *("2025-10-21 13:45:00", "2024-03-02 09:59:00", "2024-03-02 12:30:00", "2025-02-01 10:00:00"),
    ],
)
def test_clocks_within_a_session_are_kept(text: str) -> None:
    assert refused(at(text)) == {}


def test_the_close_moved_in_august_2026() -> None:
    """15:40 from 2026-08-03 on, NSE/FAOP/74467."""
    assert refused(at("2026-07-31 15:35:00"), at("2026-08-03 15:35:00"), last_day=None) == {"outside the session": 1}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"price": Decimal("-0.05")}, "negative price"),
        ({"sp4": Decimal("-12.00")}, "negative price"),
        ({"bq0": -35}, "negative price"),
        ({"so2": -1}, "negative price"),
        ({"oi": -1, "price": Decimal("99999999.00")}, "negative price"),
        ({"price": Decimal("21474836.48")}, "value out of range"),  # 2**31 paise
        ({"qty": 2**31}, "value out of range"),
    ],
)
def test_values_that_cannot_be_right(values: dict[str, object], reason: str) -> None:
    assert refused(snapshot(OPEN, **values), snapshot(OPEN)) == {reason: 1}


def test_values_at_the_limits_are_kept() -> None:
    rows = [snapshot(OPEN, price=Decimal("21474836.47"), qty=2**31 - 1, volume=2**40, bp0=Decimal(0), changeper=-99.5)]
    kept = admit(RawRows.of_frame(as_frame(rows)), SNAPSHOT, EXPIRY, "here").rows
    assert kept.select("price_paise", "qty", "volume", "bp0_paise").row(0) == (2**31 - 1, 2**31 - 1, 2**40, 0)


def test_nulls_are_no_reason_and_stay_null() -> None:
    empty = {name: None for name in COLUMNS if name != "timestamp"}
    frame = as_frame([snapshot(OPEN, **empty), snapshot(OPEN)])
    kept = admit(RawRows.of_frame(frame), SNAPSHOT, EXPIRY, "here")
    assert kept.refused == {}
    assert set(kept.rows.row(0)[1:]) == {None}


def test_of_several_reasons_the_first_is_told() -> None:
    worst = snapshot(datetime.fromisoformat("1970-01-01"), price=Decimal(-1), qty=2**40)
    holiday = snapshot(datetime.fromisoformat("2025-12-25 03:00:00"), price=Decimal(-1))
    assert refused(worst, holiday, snapshot(OPEN)) == {"before 2000": 1, "no session that day": 1}


def test_refused_rows_tell_their_first_and_last_time() -> None:
    late = ("2025-12-15 15:42:33", "2025-12-15 09:00:00", "2025-12-16 15:31:00")
    rows = [at("1970-01-01 05:30:00"), *map(at, late), snapshot(OPEN), snapshot(None), at("1802-01-01 10:00:00")]
    admitted = admit(RawRows.of_frame(as_frame(rows)), SNAPSHOT, EXPIRY, "here")
    assert admitted.refused == {
        "no timestamp": RefusedRows(1),
        # Of 1802 and 1970 only the latter is a time that nanoseconds can tell: 05:30 in India is midnight in Greenwich.
        "before 2000": RefusedRows(2, 0, 0),
        "outside the session": RefusedRows(3, ist("2025-12-15 09:00:00"), ist("2025-12-16 15:31:00")),
    }


def ist(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+05:30").timestamp()) * 10**9


counted = st.builds(RefusedRows, st.integers(1, 9)) | st.builds(
    lambda count, first, length: RefusedRows(count, first, first + length),
    st.integers(1, 9), st.integers(-(10**18), 10**18), st.integers(0, 10**15),
)  # fmt: skip


@given(st.lists(st.dictionaries(st.sampled_from("abc"), counted), max_size=6), st.randoms())
def test_counts_of_several_batches_are_one_count_in_any_order(
    parts: list[dict[str, RefusedRows]], random: Random
) -> None:
    total = total_by_reason(parts)
    mixed = random.sample(parts, len(parts))
    half = len(parts) // 2
    assert total_by_reason([total_by_reason(mixed[:half]), total_by_reason(mixed[half:])]) == total
    for reason, rows in total.items():
        of_reason = [part[reason] for part in parts if reason in part]
        assert rows.count == sum(one.count for one in of_reason)
        timed = [one for one in of_reason if one.first is not None]
        assert (rows.first is None) == (not timed)
        assert all(rows.first <= one.first <= one.last <= rows.last for one in timed)


def test_text_that_is_no_number_is_refused_and_empty_text_is_null() -> None:
    texts = pl.DataFrame({"timestamp": ["2025-12-15 10:00:00"] * 5, "price": ["59400.05", "", " 7 ", "12,5", "n/a"]})
    admitted = admit(RawRows.of_frame(texts), SPOT, None, "here")
    assert admitted.rows["price_paise"].to_list() == [5_940_005, None, 700]
    assert counts(admitted.refused) == {"unreadable value": 2}


def test_a_fraction_of_a_unit_is_refused() -> None:
    frame = as_frame(snapshots(3)).with_columns(pl.Series("qty", [35.0, 35.5, None]))
    admitted = admit(RawRows.of_frame(frame), SNAPSHOT, EXPIRY, "here")
    assert admitted.rows["qty"].to_list() == [35, None]
    assert counts(admitted.refused) == {"unreadable value": 1}


def test_a_count_that_wrapped_below_zero_is_refused_not_lost() -> None:
    frame = as_frame(snapshots(2)).with_columns(pl.Series("oi", [2**64 - 1, 35], dtype=pl.UInt64))
    admitted = admit(RawRows.of_frame(frame), SNAPSHOT, EXPIRY, "here")
    assert admitted.rows["oi"].to_list() == [35]
    assert counts(admitted.refused) == {"value out of range": 1}


def test_infinite_prices_are_refused_and_not_a_number_is_null() -> None:
    frame = pl.DataFrame({"timestamp": [OPEN] * 3, "price": [float("inf"), float("nan"), 1.0]})
    admitted = admit(RawRows.of_frame(frame), SPOT, None, "here")
    assert admitted.rows["price_paise"].to_list() == [None, 100]
    assert counts(admitted.refused) == {"value out of range": 1}


def test_floats_are_rounded_to_the_paisa() -> None:
    floats = [763.0499999, 763.05, 0.05, 1.005, 59363.44921875, 0.1 + 0.2]
    frame = pl.DataFrame({"timestamp": [OPEN] * len(floats), "price": floats})
    # 1.005 is half a paisa above a paisa as it is written, a little less as a float holds it
    kept = admit(RawRows.of_frame(frame), SPOT, None, "here").rows
    assert kept["price_paise"].to_list() == [76305, 76305, 5, 101, 5936345, 30]


@given(st.integers(0, 2**31 - 1))
def test_every_paisa_survives_floats(amount: int) -> None:
    frame = pl.DataFrame({"timestamp": [OPEN], "price": [amount / 100]})
    assert admit(RawRows.of_frame(frame), SPOT, None, "here").rows["price_paise"].item() == amount


any_clock = st.one_of(
    st.none(),
    st.datetimes(datetime.fromisoformat("1700-01-01"), datetime.fromisoformat("2250-01-01")),
    st.integers(0, 40 * 86_400).map(lambda n: datetime.fromisoformat("2025-11-25") + timedelta(seconds=n)),
)
any_price = st.one_of(st.none(), st.decimals(-1000, 1000, places=2), st.just(Decimal(10**9)))


@settings(max_examples=60)
@given(st.lists(st.tuples(any_clock, any_clock, any_price, any_price, st.integers(-(2**33), 2**33)), min_size=1))
def test_read_is_kept_and_refused(rows: list[tuple[datetime | None, datetime | None, Decimal, Decimal, int]]) -> None:
    frame = as_frame(
        [snapshot(first, price=p, bp3=q, sq1=n, volume=place) for place, (first, _, p, q, n) in enumerate(rows)]
    )
    frame = frame.with_columns(pl.Series("ts", [second for _, second, *_ in rows], dtype=pl.Datetime("us")))
    admitted = admit(RawRows.of_frame(frame), SNAPSHOT, EXPIRY, "here")
    assert dict(admitted.rows.schema) == SNAPSHOT_SCHEMA
    assert admitted.rows.height + sum(counts(admitted.refused).values()) == len(rows)
    assert all(rows.count > 0 for rows in admitted.refused.values())
    assert admitted.rows["volume"].is_sorted()
    kept = [rows[place] for place in admitted.rows["volume"]]
    for (first, second, price, bid, size), clock in zip(kept, admitted.rows["timestamp"], strict=True):
        assert clock.replace(tzinfo=None) == (first or second)
        assert min(price or 0, bid or 0, size) >= 0
        assert 9.25 * 3600 <= clock.hour * 3600 + clock.minute * 60 + clock.second <= 15.5 * 3600
        assert clock.date() <= EXPIRY
