"""Judging a column at one glance gives what judging it value by value gives, whatever is wrong with it."""

from datetime import date, timedelta
from unittest.mock import patch

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from nfolab.base.snapshot import CHAIN, SNAPSHOT, VOLACTUAL, Column
from nfolab.vendor.raw_rows import RawRows
from nfolab.vendor.refuse import Admitted, admit
from nfolab.vendor.stored import Glance
from vendor.vendor_rows import OPEN

EXPIRY = date(2025, 12, 30)
COLUMNS = (*SNAPSHOT[1:], VOLACTUAL, *(column for column in CHAIN if column.signed or column.dtype == pl.Float64()))
FORMS = (pl.Float64(), pl.Float32(), pl.Int64(), pl.Int32(), pl.UInt16(), pl.UInt64(), pl.Decimal(20, 4), pl.String())


def clean(rows: int, seed: int) -> dict[str, pl.Series]:
    """Values as the vendor has them: prices on the tick as floats, counts as integers."""
    random = np.random.default_rng(seed)
    found = {}
    for column in COLUMNS:
        if column.unit == "time":
            found[column.vendor] = pl.Series([OPEN + timedelta(seconds=n) for n in range(rows)])
        elif column.dtype.is_integer() and column.unit != "paise":
            found[column.vendor] = pl.Series(random.integers(0, 10**6, rows))
        else:
            found[column.vendor] = pl.Series(np.round(random.integers(0, 10**6, rows) * 0.05, 2))
    return found


wrong_values = st.sampled_from(
    [
        *(None, -0.05, -1.0, 0.004, 0.005, 0.0049999999, 1.005, 35.5, 2.0**31, 2.0**31 / 100, 2.0**53, 2.0**53 + 2),
        *(float("nan"), float("inf"), float("-inf"), -(2.0**31), -0.0, 21474836.47, 21474836.475, -21474836.48, 1e300),
    ]
)
damage = st.lists(st.tuples(st.sampled_from(COLUMNS), st.integers(0, 11), wrong_values), max_size=8)
forms = st.dictionaries(st.sampled_from([column.vendor for column in COLUMNS]), st.sampled_from(FORMS), max_size=12)
days = st.lists(st.sampled_from([0, 1, 10, 16, 400, -20_000]), min_size=12, max_size=12)


def either_way(frame: pl.DataFrame, columns: tuple[Column, ...]) -> tuple[Admitted, Admitted]:
    rows = RawRows.of_frame(frame)
    at_a_glance = admit(rows, columns, EXPIRY, "here")
    with patch("nfolab.vendor.refuse.at_a_glance", lambda *_: Glance(fine=False, missing=None)):
        return at_a_glance, admit(rows, columns, EXPIRY, "here")


@settings(max_examples=80)
@given(st.integers(0, 2**32), damage, forms, days)
def test_at_a_glance_is_as_value_by_value(
    seed: int, damages: list[tuple[Column, int, float | None]], types: dict[str, pl.DataType], late: list[int]
) -> None:
    values = clean(12, seed)
    for column, row, wrong in damages:
        if column.unit != "time":
            known = values[column.vendor].cast(pl.Float64).to_list()
            known[row] = wrong
            values[column.vendor] = pl.Series(known, dtype=pl.Float64)
    for name, dtype in types.items():
        if values[name].dtype.is_numeric():
            values[name] = values[name].cast(dtype, strict=False)
    clocks = pl.Series("timestamp", [OPEN + timedelta(days=day) for day in late])
    frame = pl.DataFrame({"timestamp": clocks, **values})
    fast, slow = either_way(frame, (SNAPSHOT[0], *COLUMNS))
    assert_frame_equal(fast.rows, slow.rows, check_exact=True)
    assert fast.refused == slow.refused
    assert fast.rows.height + sum(rows.count for rows in fast.refused.values()) == 12


@given(st.lists(st.floats(width=64) | st.integers(-50, 2**31 + 50).map(lambda n: n / 100), min_size=1, max_size=40))
def test_any_float_as_a_price(prices: list[float]) -> None:
    frame = pl.DataFrame({"timestamp": [OPEN] * len(prices), "price": prices, "qty": prices, "changeper": prices})
    fast, slow = either_way(frame, SNAPSHOT)
    assert_frame_equal(fast.rows, slow.rows, check_exact=True)
    assert fast.refused == slow.refused
