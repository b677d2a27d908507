"""Dumps as several dumpers write them, read back exactly; and every way in which one is refused."""

import gzip
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nfolab.base.errors import InputError
from nfolab.base.snapshot import SNAPSHOT_SCHEMA, SPOT_SCHEMA, SourceKind
from nfolab.vendor.dump import dump_batches, dump_source_kind, text_pieces
from nfolab.vendor.sql_text import TableRows, table_rows
from nfolab.vendor.sql_values import DECIMAL, WHOLE
from vendor.vendor_rows import (
    COLUMNS,
    NAME,
    OPEN,
    PRICES,
    Row,
    counts,
    create,
    dump_of,
    insert,
    paise,
    snapshot,
    snapshots,
    write_dump,
)

TABLE = NAME.upper()
SPOT_COLUMNS = ["timestamp", "price", "qty"]


def read(folder: Path, text: str) -> pl.DataFrame:
    batches = list(dump_batches(write_dump(folder / "d.sql.gz", text)))
    assert {str(batch.contract) for batch in batches} == {"BANKNIFTY 2025-12-30 59400 CE"}
    return pl.concat([batch.rows for batch in batches])


def expected(rows: list[Row]) -> list[tuple[object, ...]]:
    """Stored values of rows that are all right, by plain Python; clocks naive."""
    return [
        tuple(
            paise(row[name]) if name in PRICES else float(str(row[name])) if name == "changeper" else row[name]
            for name in COLUMNS
        )
        for row in rows
    ]


def stored(rows: pl.DataFrame) -> list[tuple[object, ...]]:
    assert dict(rows.schema) == SNAPSHOT_SCHEMA
    return rows.with_columns(pl.col("timestamp", "lastTradeTime").dt.replace_time_zone(None)).rows()


@pytest.mark.parametrize(
    "verb", ["REPLACE INTO", "INSERT INTO", "INSERT IGNORE INTO", "insert into", "INSERT  IGNORE\nINTO"]
)
@pytest.mark.parametrize("border", [",\n", ",", ", ", ",\r\n", " ,\n  "])
def test_every_form_of_statement(tmp_path: Path, verb: str, border: str) -> None:
    rows = snapshots(60)
    text = dump_of(
        create(TABLE, COLUMNS),
        insert(TABLE, rows[:40], COLUMNS, verb=verb, border=border),
        "UNLOCK TABLES;\n",
        insert(TABLE, rows[40:], COLUMNS, verb=verb, border=border),
    )
    assert stored(read(tmp_path, text)) == expected(rows)


def test_one_statement_a_row(tmp_path: Path) -> None:
    rows = snapshots(30)
    text = dump_of(create(TABLE, COLUMNS), *(insert(TABLE, [row], COLUMNS) for row in rows))
    assert stored(read(tmp_path, text)) == expected(rows)


def test_quoted_numbers_and_blanks(tmp_path: Path) -> None:
    rows = snapshots(30)
    text = dump_of(create(TABLE, COLUMNS), insert(TABLE, rows, COLUMNS, quoted_numbers=True))
    assert stored(read(tmp_path, text)) == expected(rows)
    spaced = dump_of(create(TABLE, COLUMNS), insert(TABLE, rows, COLUMNS).replace(",35,", ", 35 ,"))
    assert stored(read(tmp_path, spaced)) == expected(rows)


def test_columns_by_list_without_structure(tmp_path: Path) -> None:
    rows = snapshots(5)
    backwards = COLUMNS[::-1]
    assert stored(read(tmp_path, dump_of(insert(TABLE, rows, backwards, listed=True)))) == expected(rows)


def test_a_list_goes_before_the_structure(tmp_path: Path) -> None:
    rows = snapshots(5)
    text = dump_of(create(TABLE, COLUMNS), insert(TABLE, rows, COLUMNS[::-1], listed=True))
    assert stored(read(tmp_path, text)) == expected(rows)


def test_plain_structure_and_names_with_their_database(tmp_path: Path) -> None:
    body = ", ".join(f"{name} decimal(19,2) COMMENT 'a, )' DEFAULT NULL" for name in COLUMNS)
    rows = snapshots(5)
    text = f"create table if not exists feed.{TABLE} ({body}, PRIMARY KEY (timestamp), UNIQUE KEY x (price, qty));\n"
    text += insert(TABLE, rows, COLUMNS).replace("`", "").replace(TABLE, f"feed.{TABLE}")
    assert stored(read(tmp_path, text)) == expected(rows)


def test_decimals_of_more_digits_and_integers_written_as_decimals(tmp_path: Path) -> None:
    rows = [snapshot(OPEN, price=Decimal("763.0499"), avgPrice=Decimal("1.005"), volume=Decimal("770.00"))]
    got = read(tmp_path, dump_of(create(TABLE, COLUMNS), insert(TABLE, rows, COLUMNS)))
    assert got.select("price_paise", "avgPrice_paise", "volume").row(0) == (76305, 101, 770)


def test_values_that_are_no_numbers_are_counted(tmp_path: Path) -> None:
    rows = [snapshot(OPEN, volume=n) for n in range(4)]
    rows[1]["price"] = "dear"
    rows[2]["timestamp"] = "0000-00-00 00:00:00"
    text = dump_of(create(TABLE, COLUMNS), insert(TABLE, rows, COLUMNS))
    (batch,) = dump_batches(write_dump(tmp_path / "d.sql", text))
    assert counts(batch.refused) == {"unreadable value": 1, "no timestamp": 1}
    assert batch.rows["volume"].to_list() == [0, 3]
    assert batch.rows_read == 4


def test_tables_of_all_kinds_in_their_order(tmp_path: Path) -> None:
    ticks = [
        {"timestamp": OPEN + timedelta(seconds=n), "price": Decimal(f"59400.{n:02d}"), "qty": None} for n in range(9)
    ]
    other = TABLE.replace("59400CE", "59500PE")
    text = dump_of(
        create("BANKNIFTY", SPOT_COLUMNS),
        insert("BANKNIFTY", ticks, SPOT_COLUMNS),
        create(other, COLUMNS),
        insert(other, snapshots(4), COLUMNS),
        create(TABLE, COLUMNS),
        create("RELIANCE", SPOT_COLUMNS),
        create("RELIANCE25DEC1500CE", SPOT_COLUMNS),
        insert("RELIANCE25DEC1500CE", ticks[:2], SPOT_COLUMNS),
        create("BANKNIFTY25DECFUT", SPOT_COLUMNS),
        insert("BANKNIFTY25DECFUT", ticks[:3], SPOT_COLUMNS),
        create("nifty", ["timestamp", "price"]),
        insert("nifty", ticks[:1], ["timestamp", "price"]),
        create("NIFTY 30 DEC 26000 CALL", COLUMNS),
        insert("NIFTY 30 DEC 26000 CALL", snapshots(2), COLUMNS),
    )
    spot, option, share, future, nifty, call = dump_batches(write_dump(tmp_path / "d.sql.gz", text))
    assert (spot.kind, spot.underlying, spot.contract) == ("spot", "BANKNIFTY", None)
    assert dict(spot.rows.schema) == SPOT_SCHEMA
    assert spot.rows["price_paise"].to_list() == list(range(5_940_000, 5_940_009))
    assert (option.kind, str(option.contract), option.rows.height) == ("options", "BANKNIFTY 2025-12-30 59500 PE", 4)
    assert (share.underlying, share.rows.height) == ("RELIANCE25DEC1500CE", 0)
    assert counts(share.refused) == {"not an index or an option of one": 2}
    assert (future.kind, str(future.contract), future.rows.height) == ("futures", "BANKNIFTY 2025-12-30 FUT", 3)
    assert (nifty.underlying, nifty.rows.height) == ("NIFTY", 1)
    assert (str(call.contract), call.rows.height) == ("NIFTY 2025-12-30 26000 CE", 2)


def test_gzip_of_several_members(tmp_path: Path) -> None:
    rows = snapshots(50)
    text = dump_of(create(TABLE, COLUMNS), insert(TABLE, rows, COLUMNS)).encode()
    path = tmp_path / "d.sql.gz"
    path.write_bytes(gzip.compress(text[:5_000]) + gzip.compress(text[5_000:]) + bytes(100))
    assert b"".join(text_pieces(path)) == text
    (batch,) = dump_batches(path)
    assert stored(batch.rows) == expected(rows)


@pytest.mark.parametrize(
    ("opening", "kind"),
    [
        ("", SourceKind.VENDOR),
        ("-- nfolab_source=synthetic\n", SourceKind.SYNTHETIC),
        ("/*M!999999\\- sandbox */\n# a remark\n\n--\n-- nfolab_source=synthetic\n", SourceKind.SYNTHETIC),
        (create("BANKNIFTY", SPOT_COLUMNS).replace("x (y", "nfolab_source=synthetic"), SourceKind.SYNTHETIC),
    ],
)
def test_the_mark_in_the_opening_comments(tmp_path: Path, opening: str, kind: SourceKind) -> None:
    text = opening + dump_of(create("NIFTY", SPOT_COLUMNS))
    assert dump_source_kind(write_dump(tmp_path / "d.sql.gz", text)) is kind


@pytest.mark.parametrize(
    "mark", ["-- nfolab_source=synthetic\n", "CREATE TABLE x (a int) COMMENT='nfolab_source=synthetic';"]
)
def test_synthetic_rows_behind_a_vendors_are_refused(tmp_path: Path, mark: str) -> None:
    ticks = insert("NIFTY", [{"timestamp": OPEN, "price": 26000, "qty": None}], SPOT_COLUMNS)
    text = dump_of(create("NIFTY", SPOT_COLUMNS), ticks, mark, ticks)
    with pytest.raises(InputError, match="begins as vendor data but holds some marked synthetic: give each kind"):
        list(dump_batches(write_dump(tmp_path / "d.sql", text)))


def test_an_unknown_mark_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nfolab_source=dreamt, which is neither vendor nor synthetic"):
        dump_source_kind(write_dump(tmp_path / "d.sql", "-- nfolab_source=dreamt\n"))


def whole() -> str:
    return dump_of(create(TABLE, COLUMNS), insert(TABLE, snapshots(200), COLUMNS))


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.999])
def test_a_packed_dump_cut_short_is_refused(tmp_path: Path, share: float) -> None:
    path = write_dump(tmp_path / "d.sql.gz", whole())
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match=r"d\.sql\.gz is cut: its gzip packing ends too early, so copy it again"):
        list(dump_batches(path))


def test_a_damaged_packing_is_refused(tmp_path: Path) -> None:
    path = write_dump(tmp_path / "d.sql.gz", whole())
    data = bytearray(path.read_bytes())
    data[-8] ^= 255  # the checksum of the text
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match="is damaged: its gzip packing does not add up"):
        list(dump_batches(path))


@pytest.mark.parametrize("cut", ["),\n('2025-12-15 09:15:40'", "'2025-12-15 09:16:00'", ";\n\n-- Dump", " ENGINE"])
def test_a_dump_that_ends_within_a_statement_is_refused(tmp_path: Path, cut: str) -> None:
    text = whole()
    assert cut in text
    path = write_dump(tmp_path / "d.sql", text[: text.index(cut) + len(cut) // 2 if cut[0] != ";" else text.index(cut)])
    with pytest.raises(InputError, match=r"d\.sql ends in the middle of a statement.*: copy or dump it again"):
        list(dump_batches(path))


def test_a_dump_without_its_last_line_is_refused(tmp_path: Path) -> None:
    """A dumper that loses its server stops between statements; only the last line tells."""
    text = whole()
    stopped = text[: text.index("\n-- Dump completed")]
    with pytest.raises(InputError, match="lacks the last line of its dump"):
        list(dump_batches(write_dump(tmp_path / "d.sql", stopped)))
    with pytest.raises(InputError, match="holds a dump without its last line"):
        list(dump_batches(write_dump(tmp_path / "d.sql", stopped + whole())))
    assert len(list(dump_batches(write_dump(tmp_path / "d.sql", whole() + whole())))) == 1


@pytest.mark.parametrize("missing", ["price", "volume", "sp3", "timestamp"])
def test_a_missing_column_is_named_with_its_table(tmp_path: Path, missing: str) -> None:
    columns = [name for name in COLUMNS if name != missing]
    text = dump_of(create(TABLE, columns), insert(TABLE, snapshots(2), columns))
    with pytest.raises(InputError, match=rf"table {TABLE} lacks the column {missing}: export it again"):
        list(dump_batches(write_dump(tmp_path / "d.sql.gz", text)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (insert(TABLE, snapshots(1), COLUMNS), rf"does not say which columns table {TABLE} has: dump it with"),
        (create("NIFTY", SPOT_COLUMNS) + "INSERT INTO `NIFTY` SET price=1;", "has an INSERT without rows of values"),
        (create("NIFTY", SPOT_COLUMNS) + "INSERT INTO `NIFTY` VALUES (1,2);", "not every row has 3 values"),
        (create("NIFTY", SPOT_COLUMNS) + "INSERT INTO `NIFTY` VALUES (1,2,3,4);", "not every row has 3 values"),
        (create("NIFTY", SPOT_COLUMNS) + "INSERT INTO `NIFTY` VALUES (1,2),(1,2,3,4);", "not every row has 3 values"),
        (create("NIFTY", SPOT_COLUMNS) + "INSERT INTO `NIFTY` VALUES (1,2,3,4),(1,2);", "not every row has 3 values"),
        (create("NIFTY", SPOT_COLUMNS) + "INSERT INTO `NIFTY` VALUES (1,2,3) AS n;", "is not rows in parentheses"),
        (
            create("BANKNIFTY25FOO59400CE", COLUMNS) + insert("BANKNIFTY25FOO59400CE", snapshots(1), COLUMNS),
            "unknown contract name 'BANKNIFTY25FOO59400CE'",
        ),
    ],
)
def test_text_that_is_no_dump_of_ours(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        list(dump_batches(write_dump(tmp_path / "d.sql", text)))


nasty = st.text(alphabet="'\\\";(),\n\r\0é-/*`x1NUL ", max_size=12)
amounts = st.one_of(st.none(), st.integers(0, 2**31 - 1).map(lambda n: Decimal(n).scaleb(-2)))
row_of_table = st.tuples(
    st.integers(0, 22_500), amounts, amounts, st.one_of(st.none(), st.integers(0, 2**31 - 1)), nasty
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(row_of_table, min_size=1, max_size=30),
    order=st.permutations([*COLUMNS, "note"]),
    verb=st.sampled_from(["REPLACE INTO", "INSERT INTO", "INSERT IGNORE INTO"]),
    border=st.sampled_from([",\n", ",", ", "]),
    listed=st.booleans(),
    doubled=st.booleans(),
    quoted_numbers=st.booleans(),
    rows_a_statement=st.integers(1, 40),
)
def test_what_another_wrote_is_read_back_exactly(
    tmp_path: Path,
    values: list[tuple[int, Decimal | None, Decimal | None, int | None, str]],
    order: list[str],
    verb: str,
    border: str,
    listed: bool,
    doubled: bool,
    quoted_numbers: bool,
    rows_a_statement: int,
) -> None:
    rows = [
        snapshot(OPEN + timedelta(seconds=second), price=price, sp2=ask, bq1=size)
        for second, price, ask, size, _ in values
    ]
    noted = [row | {"note": note} for row, (*_, note) in zip(rows, values, strict=True)]
    statements = [
        insert(
            TABLE,
            noted[start : start + rows_a_statement],
            order,
            verb=verb,
            border=border,
            listed=listed,
            doubled=doubled,
            quoted_numbers=quoted_numbers,
        )
        for start in range(0, len(noted), rows_a_statement)
    ]
    assert stored(read(tmp_path, dump_of(create(TABLE, order), *statements))) == expected(rows)


NOTED = dump_of(
    *(
        create(table, [*SPOT_COLUMNS, "note"])
        + insert(
            table,
            [
                {"timestamp": OPEN, "price": n, "qty": None, "note": ("it's; (x),(\\" if n % 5 == 0 else "plain")}
                for n in range(700)
            ],
            [*SPOT_COLUMNS, "note"],
            border=border,
            doubled=doubled,
        )
        for table, border, doubled in (("NIFTY", ",\n", False), ("BANKNIFTY", ",", True), ("SENSEX", ",\r\n", False))
    )
).encode()


def as_text(table: str, columns: tuple[str, ...]) -> dict[str, int]:
    """Ask for prices and notes as whole numbers, which no note is."""
    return {"price": WHOLE, "note": WHOLE}


def frames_by_table(found: Iterator[TableRows]) -> dict[str, pl.DataFrame]:
    frames: dict[str, list[pl.DataFrame]] = {}
    for rows in found:
        frame = rows.rows.frame()
        assert rows.rows.height == frame.height
        frames.setdefault(rows.table, []).append(frame)
    return {table: pl.concat(parts) for table, parts in frames.items()}


@settings(max_examples=60)
@given(st.lists(st.integers(1, 9_000), min_size=1, max_size=30))
def test_where_the_text_is_cut_into_pieces_does_not_matter(lengths: list[int]) -> None:
    pieces, start = [], 0
    while start < len(NOTED):
        length = lengths[len(pieces) % len(lengths)]
        pieces.append(NOTED[start : start + max(length, 40)])
        start += max(length, 40)
    found = frames_by_table(table_rows(iter(pieces), "here", SourceKind.VENDOR, as_text))
    assert found.keys() == {"NIFTY", "BANKNIFTY", "SENSEX"}
    for rows in found.values():
        assert rows["price"].to_list() == list(range(700))
        assert rows["note"].to_list() == ["plain" if n % 5 else "it's; (x),(\\" for n in range(700)]


def prices_only(table: str, columns: tuple[str, ...]) -> dict[str, int]:
    return dict.fromkeys(PRICES, DECIMAL)


def test_a_long_dump_is_read_in_bounded_memory() -> None:
    """Five times the text takes no more memory, and a statement of any length comes in batches."""
    opening = create(TABLE, COLUMNS).encode() + f"INSERT INTO `{TABLE}` VALUES\n".encode()
    piece = insert(TABLE, snapshots(20_000), COLUMNS).encode().partition(b"VALUES\n")[2][:-2]

    def text(times: int) -> Iterator[bytes]:
        yield opening
        for _ in range(times - 1):
            yield piece + b",\n"
        yield piece + b";\n"

    def peak(times: int) -> int:
        tracemalloc.start()
        heights = [rows.rows.height for rows in table_rows(text(times), "here", SourceKind.VENDOR, prices_only)]
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert sum(heights) == 20_000 * times
        assert max(heights) <= 100_000
        return most

    assert len(piece) * 50 > 200_000_000
    assert peak(50) < 1.1 * peak(15) < 200_000_000
