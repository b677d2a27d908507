"""The files are the vendor's own form, both forms hold the same rows, and the mark lies inside."""

import gzip
from datetime import date

import polars as pl
import pyarrow.parquet as pq
import pytest

from nfolab.market.contracts import parse_name


def parquet_files(folder):
    return sorted(file for file in folder.path.rglob("*.parquet"))


def test_columns_and_types_are_those_of_real_option_files(plain, real_data):
    real = pq.read_schema(real_data / "raw_options" / "banknifty25dec59400ce.parquet")
    files = sorted((plain.path / "2025-07-07").glob("*.parquet"))
    assert len(files) == 36
    for file in files:
        ours = pq.read_schema(file)
        assert ours.names == real.names
        assert ours.types == real.types


def test_columns_and_types_are_those_of_real_spot_files(plain, real_data):
    real = pq.read_schema(real_data / "spot" / "index_spot_ticks_1s_2021_2022.parquet")
    ours = pq.read_schema(plain.path / "spot" / "index_spot_BANKNIFTY_2025-07-07.parquet")
    assert (ours.names, ours.types) == (real.names, real.types)


def test_names_tell_the_contract(plain, nifty):
    for folder, day in ((plain, date(2025, 7, 7)), (nifty, date(2025, 7, 10))):
        for name, frame in folder.options(day).items():
            contract = parse_name(name, day)
            told = frame.select("symbol", "opt_type", "strike", "year", "month").unique().rows()
            expiry = contract.expiry
            assert told == [(contract.underlying, contract.kind, contract.strike, expiry.year, expiry.month)]
    assert "banknifty25jul57000ce" in plain.options()
    assert "nifty2571025400pe" in nifty.options(date(2025, 7, 10))


def test_every_parquet_file_carries_the_mark(plain, nifty, damaged):
    for folder in (plain, nifty, damaged):
        files = parquet_files(folder)
        assert len(files) > 30
        assert {pq.read_schema(file).metadata[b"nfolab_source"] for file in files} == {b"synthetic"}


@pytest.fixture(scope="module")
def texts(damaged_dump):
    return {file.name: gzip.decompress(file.read_bytes()).decode() for file in damaged_dump.path.glob("*.sql.gz")}


@pytest.fixture(scope="module")
def tables(texts):
    """Rows of each table of the dumps, as the texts between their brackets."""
    found, name = {}, ""
    for text in texts.values():
        for line in text.splitlines():
            if line.startswith("("):
                found[name].append(line[1:-2])
            elif line.startswith("REPLACE INTO"):
                name = line.split("`")[1]
                found[name] = []
    return found


def test_dumps_open_with_the_mark_and_repeat_it_in_every_table(texts):
    for text in texts.values():
        assert text.startswith("-- nfolab_source=synthetic\n")
        assert text.count("CREATE TABLE") == text.count("COMMENT='nfolab_source=synthetic'") > 0


def test_gzip_tells_no_time_and_no_name(damaged_dump):
    # RFC 1952: byte 3 holds the flags (8: a name follows), bytes 4 to 7 the time.
    for file in damaged_dump.path.glob("*.sql.gz"):
        assert file.read_bytes()[3:8] == b"\0\0\0\0\0"


def definitions(lines, table):
    """Return the columns of a table as its CREATE statement defines them."""
    found = []
    for line in lines:
        if line.startswith(f"CREATE TABLE `{table}`"):
            found.append(table)
        elif found and line.startswith(")"):
            return found[1:]
        elif found:
            found.append(line.strip())
    return []


@pytest.mark.parametrize(
    ("file", "ours", "real"),
    [
        ("das_bankopt_mod.sql.gz", "BANKNIFTY25JUL57000CE", "BANKNIFTY25DEC59400CE"),
        ("das_nse_mod.sql.gz", "BANKNIFTY", "BANKNIFTY"),
    ],
)
def test_tables_are_defined_as_in_real_dumps(texts, real_data, file, ours, real):
    with gzip.open(real_data / file, "rt") as dump:
        expected = definitions(dump, real)
    assert definitions(texts[file].splitlines(), ours) == expected
    assert len(expected) in (10, 47)


def as_text(value, column):
    if value is None:
        return "NULL"
    if column in ("timestamp", "lastTradeTime"):
        return f"'{value:%Y-%m-%d %H:%M:%S}'"
    if column == "changeper":
        return f"{value:.6f}0000"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def test_the_dump_holds_the_rows_of_the_files(damaged, tables):
    names = {file.stem for file in damaged.path.glob("2025*/*.parquet")}
    assert {name.lower() for name in tables} == names | {"banknifty", "banknifty25julfut", "indiavix"}
    both = [name for name in sorted(names) if len(list(damaged.path.glob(f"2025*/{name}.parquet"))) == 2]
    next_month = next(name for name in both if "aug" in name)
    for name, every in (("banknifty25jul57000ce", 9), (next_month, 1)):
        files = sorted(damaged.path.glob(f"2025*/{name}.parquet"))
        frame = pl.concat(pl.read_parquet(file) for file in files)
        frame = frame.select(frame.columns[:46])
        is_old = frame["timestamp"].dt.year() == 1970
        # A table has one row of 1970, at its end as in real dumps; a file of each day has its own, at the top.
        assert is_old.sum() == len(files) == 2
        rows = pl.concat([frame.filter(~is_old), frame.filter(is_old)[:1]])
        assert len(tables[name.upper()]) == rows.height
        expected = [
            ",".join(as_text(*pair) for pair in zip(row, rows.columns, strict=True))
            for row in rows.reverse().gather_every(every).rows()
        ]
        assert tables[name.upper()][::-1][::every] == expected


def test_the_spot_dump_holds_the_rows_of_the_spot_files(damaged, tables):
    frame = pl.concat(pl.read_parquet(file) for file in sorted((damaged.path / "spot").iterdir()))
    expected = [
        f"'{at:%Y-%m-%d %H:%M:%S}',{price:.2f}" + ",NULL" * 7 for at, price in frame.select("timestamp", "price").rows()
    ]
    assert tables["BANKNIFTY"] == expected


def test_both_forms_count_their_rows(damaged, damaged_dump, tables):
    files = [pq.read_metadata(file).num_rows for file in parquet_files(damaged) if "fair" not in str(file)]
    assert (damaged.written.files, damaged.written.rows) == (len(files), sum(files))
    assert (damaged_dump.written.files, damaged_dump.written.rows) == (2, sum(map(len, tables.values())))


def test_fair_values_cover_every_contract_and_second(plain):
    fair = plain.fair()
    assert fair.columns == ["underlying", "expiry", "kind", "strike", "second", "fair_paise"]
    contracts = fair.group_by("underlying", "expiry", "kind", "strike").agg(pl.col("second").sort())
    assert contracts.height == len(plain.options())
    assert all(seconds.to_list() == list(range(22_501)) for seconds in contracts["second"])
    assert fair["fair_paise"].dtype == pl.Float64
    assert fair["fair_paise"].null_count() == 0
