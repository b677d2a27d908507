"""The kernel that reads values, against Python's own float, int and datetime; and the step that works ahead of it."""

import threading
import time
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfolab.base.snapshot import SourceKind
from nfolab.vendor.ahead import ahead
from nfolab.vendor.dump import dump_batches
from nfolab.vendor.sql_text import table_rows
from nfolab.vendor.sql_values import CLOCK, DECIMAL, WHOLE

FORMS = {"c": CLOCK, "d": DECIMAL, "w": WHOLE}
TABLE = b"CREATE TABLE t (c datetime, d decimal(30,12), skipped text, w bigint);\nINSERT INTO t VALUES\n"


def read(values: bytes, piece: int = 1 << 20) -> list[pl.DataFrame]:
    text = TABLE + values + b";\n"
    pieces = (text[start : start + piece] for start in range(0, len(text), piece))
    return [rows.rows.frame() for rows in table_rows(pieces, "here", SourceKind.VENDOR, lambda *_: FORMS)]


decimals = st.decimals(-(10**9), 10**9, places=4) | st.decimals(allow_nan=False, allow_infinity=False).filter(
    lambda number: len(f"{number:f}") < 40
)
wholes = st.integers(-(10**18) + 1, 10**18 - 1)
clocks = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)).map(lambda clock: clock.replace(microsecond=0))  # noqa: DTZ001
garbage = st.sampled_from(["NULL", "'a (b), ; c'", "'it''s'", r"'\\'", "'x\\'y'", "_binary 'z)'", "1e5", "-"])


def written(value: object, quoted: bool, blanks: str) -> str:
    text = "NULL" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
    text = f"'{text}'" if value is not None and (quoted or isinstance(value, datetime)) else text
    return blanks + text + blanks


@given(
    st.lists(st.tuples(st.none() | clocks, st.none() | decimals, garbage, st.none() | wholes), min_size=1, max_size=40),
    st.booleans(),
    st.sampled_from(["", " ", "\n  "]),
    st.integers(1, 300),
)
def test_values_are_those_that_python_reads(
    rows: list[tuple[datetime | None, Decimal | None, str, int | None]], quoted: bool, blanks: str, piece: int
) -> None:
    values = ",".join(
        "("
        + ",".join([written(c, quoted, blanks), written(d, quoted, blanks), other, written(w, quoted, blanks)])
        + ")"
        for c, d, other, w in rows
    )
    frames = [
        frame.with_columns(pl.col("d").cast(pl.Float64), pl.col("c").cast(pl.Datetime("us")))
        for frame in read(values.encode(), piece)
    ]
    found = pl.concat(frames)
    assert found["c"].to_list() == [c for c, *_ in rows]
    assert found["w"].to_list() == [w for *_, w in rows]
    for ours, (_, d, _, _) in zip(found["d"].to_list(), rows, strict=True):
        assert ours == (None if d is None else float(f"{d:f}"))


@pytest.mark.parametrize(
    ("value", "column"),
    [
        ("'2025-02-29 09:15:00'", "c"),
        ("'2025-12-15 24:00:00'", "c"),
        ("'2025-13-15 09:15:00'", "c"),
        ("'2025-12-15T09:15:00'", "c"),
        ("'2025-12-15 09:15:00.5'", "c"),
        ("'2025-12-15'", "c"),
        ("1765790100", "c"),
        ("1e2", "d"),
        ("12345678901234567890", "d"),
        ("9007199254740993", "d"),
        ("'dear'", "d"),
        ("1.5", "w"),
        ("1234567890123456789012", "w"),
        ("'12x'", "w"),
        ("12 3", "w"),
        ("TRUE", "w"),
    ],
)
def test_what_is_no_plain_value_of_its_form_is_handed_on_as_it_is_written(value: str, column: str) -> None:
    plain = {"c": "'2024-02-29 09:15:00'", "d": "1.05", "w": "7"}
    row = "({c},{d},NULL,{w})"
    odd = row.format(**(plain | {column: value}))
    (frame,) = read(",".join([row.format(**plain), odd]).encode())
    assert frame[column].to_list() == [plain[column].strip("'"), value.strip("'")]
    assert all(frame.schema[name] != pl.String for name in "cdw" if name != column)
    assert frame.drop(column).row(0) == frame.drop(column).row(1)


def test_rows_before_an_odd_one_keep_their_place_and_order() -> None:
    """The odd one has a batch of its own; whole batches before and after it stay numbers."""
    values = [f"(NULL,{n},NULL,{n})" for n in range(250_000)]
    values[120_000] = "(NULL,'dear',NULL,120000)"
    frames = read(",".join(values).encode(), 1 << 20)
    assert [number for frame in frames for number in frame["w"].to_list()] == list(range(250_000))
    kinds = [frame.schema["d"] for frame in frames]
    assert kinds.count(pl.String) == 1
    assert max(frame.height for frame in frames) <= 100_000


@pytest.mark.parametrize("nothing", ["NULL", "null", "''", "'0000-00-00 00:00:00'", "'0000-00-00'"])
def test_nothing_is_null(nothing: str) -> None:
    (frame,) = read(f"({nothing},NULL,'',''),('2025-12-15 09:15:00',-0.05,'',-3)".encode())
    assert frame.row(0) == (None, None, None)
    assert frame.row(1) == (datetime.fromisoformat("2025-12-15 09:15:00"), -0.05, -3)


def test_items_are_made_ahead_and_never_more_than_asked_for() -> None:
    made = []

    def items() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    taken = ahead(items(), 3)
    assert next(taken) == 0
    deadline = time.monotonic() + 10
    while len(made) < 4 and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.05)
    assert made == [0, 1, 2, 3]
    assert list(taken) == list(range(1, 100))


def test_an_error_ahead_is_raised_behind_what_came_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise EOFError("cut")

    found = []
    with pytest.raises(EOFError, match="cut"):
        found.extend(ahead(items(), 3))
    taken = ahead(items(), 3)
    assert [next(taken), next(taken)] == [1, 2]
    with pytest.raises(EOFError, match="cut"):
        next(taken)


def test_a_dump_that_is_not_read_to_its_end_leaves_no_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    path = tmp_path / "d.sql"
    ticks = b",".join(b"('2025-12-15 09:15:00',1,1)" for _ in range(200_000))
    path.write_bytes(
        b"CREATE TABLE NIFTY (timestamp datetime, price int, qty int);\nINSERT INTO NIFTY VALUES\n" + ticks + b";\n"
    )
    batches = dump_batches(path)
    assert next(batches).rows_read == 25_000
    assert threading.active_count() > before
    del batches
    assert threading.active_count() == before


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    taken = ahead(iter(range(1000)), 3)
    assert next(taken) == 0
    taken.close()
    assert threading.active_count() == before
