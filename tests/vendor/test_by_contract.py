"""Rows of many contracts judged together are what each contract's are alone; and no value makes a reader fall over."""

from datetime import date, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from nfolab.base.snapshot import SNAPSHOT
from nfolab.market.contracts import Contract
from nfolab.vendor.by_contract import Owner
from nfolab.vendor.contract_keys import contract_told
from nfolab.vendor.layouts import judged_by_contract
from nfolab.vendor.path_facts import told_day
from nfolab.vendor.raw_rows import RawRows
from nfolab.vendor.refuse import Refusal, admit
from vendor.vendor_rows import COLUMNS, OPEN, as_frame, snapshot

CONTRACTS = (
    Contract("BANKNIFTY", date(2025, 12, 30), "CE", 59400),
    Contract("BANKNIFTY", date(2025, 11, 25), "PE", 59400),
    Contract("NIFTY", date(2025, 12, 16), "CE", 26000),
    Contract("NIFTY", date(2025, 12, 30), "FUT", None),
)

rows_of_some = st.lists(
    st.tuples(
        st.integers(0, len(CONTRACTS)),
        st.none() | st.integers(-90_000, 40 * 86_400).map(lambda n: OPEN + timedelta(seconds=n)),
        st.sampled_from([100.05, -1.0, 3e7, None]),
        st.integers(-1, 3),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=60)
@given(rows_of_some)
def test_together_as_alone(drawn: list[tuple[int, datetime | None, float | None, int]]) -> None:
    rows = [snapshot(at, price=price, bq1=size, volume=place) for place, (_, at, price, size) in enumerate(drawn)]
    frame = as_frame(rows).select(COLUMNS)
    keys = pl.DataFrame({"of": [owner for owner, *_ in drawn]})

    def owner(number: int) -> Owner:
        if number == len(CONTRACTS):
            return Owner(None, "STRANGER", Refusal.UNKNOWN_CONTRACT)
        return Owner(CONTRACTS[number])

    together = {batch.contract: batch for batch in judged_by_contract(frame, keys, owner, "here")}
    assert sum(batch.rows_read for batch in together.values()) == len(rows)
    for number in {number for number, *_ in drawn}:
        its = frame.filter(keys["of"] == number)
        if number == len(CONTRACTS):
            assert together[None].rows.height == 0
            assert {reason: rows.count for reason, rows in together[None].refused.items()} == {
                "no contract that is known": its.height
            }
            continue
        contract = CONTRACTS[number]
        alone = admit(RawRows.of_frame(its), SNAPSHOT, contract.expiry, "here")
        assert_frame_equal(together[contract].rows, alone.rows)
        assert together[contract].refused == alone.refused
        assert together[contract].kind == ("futures" if contract.kind == "FUT" else "options")


anything = st.none() | st.text(max_size=12) | st.integers() | st.floats() | st.dates() | st.datetimes()


@given(anything, anything, anything, anything)
def test_any_parts_are_a_contract_or_none(underlying: object, expiry: object, kind: object, strike: object) -> None:
    assert contract_told(underlying, expiry, kind, strike) is None
    assert contract_told("NIFTY", "2025-12-16", kind, 26_000) in (None, *_both("NIFTY", date(2025, 12, 16), 26_000))
    told = contract_told("NIFTY", expiry, "CE", 26_000)
    assert told is None or (told.underlying, told.kind, told.strike) == ("NIFTY", "CE", 26_000)


def _both(underlying: str, expiry: date, strike: int) -> tuple[Contract, Contract]:
    return Contract(underlying, expiry, "CE", strike), Contract(underlying, expiry, "PE", strike)


def test_futures_expire_with_the_monthlies() -> None:
    assert contract_told("NIFTY", "2025-12-16", "FUT", None) is None
    assert contract_told("NIFTY", "2025-12-30", "FUT", 0) == CONTRACTS[3]


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_day_is_read_in_every_form(day: date) -> None:
    forms = ("%Y-%m-%d", "%Y%m%d", "%d-%m-%Y", "%d-%b-%Y", "%d%b%Y", "%Y-%m-%d 00:00:00", "%Y-%m-%dT00:00:00")
    assert {told_day(day.strftime(form)) for form in forms} == {day}
    assert (
        told_day(day) == told_day(datetime.combine(day, datetime.min.time())) == told_day(int(f"{day:%Y%m%d}")) == day
    )


@given(anything)
def test_other_values_tell_no_day_or_one(value: object) -> None:
    told = told_day(value)
    assert told is None or isinstance(told, date)
