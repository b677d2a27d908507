"""One large day is written by several workers in parts, into the very bytes that one of them writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_sources import MONDAY, lake_rows, tree, walk, write_contract
from nfolab.lake.packing import parts
from nfolab.lake.packing.compact_thrift import read_structure, write_structure
from nfolab.lake.packing.joined_file import join_files
from nfolab.lake.packing.pack import pack
from nfolab.lake.packing.workers import Run
from nfolab.vendor.sources import find_sources

CONTRACTS = list(product(("25dec", "26jan"), (59_300, 59_400, 59_500, 59_600), ("ce", "pe")))


@contextmanager
def _here(*_: object) -> Iterator[Run]:
    yield map


def market(folder: Path) -> list[Path]:
    """Sixteen contracts of two expiries, 40 to 70 rows each."""
    return [
        write_contract(folder / f"banknifty{month}{strike}{kind}.parquet", walk(MONDAY, range(40 + 2 * number), number))
        for number, (month, strike, kind) in enumerate(CONTRACTS)
    ]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row groups of 100 rows, parts of 150, and workers in this process, in which alone that holds."""
    monkeypatch.setattr("nfolab.lake.packing.row_groups.ROWS_IN_GROUP", 100)
    monkeypatch.setattr("nfolab.lake.packing.parts.LEAST_ROWS", 150)
    monkeypatch.setattr("nfolab.lake.packing.pack.running", _here)


def parts_made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note how many contracts each part has that is made from now on."""
    made: list[int] = []
    cut = parts._parts_of

    def noted(*arguments: object) -> list[tuple[object, ...]]:
        found = cut(*arguments)  # type: ignore[arg-type]
        made.extend(map(len, found))
        return found  # type: ignore[return-value]

    monkeypatch.setattr(parts, "_parts_of", noted)
    return made


@pytest.mark.parametrize("workers", [2, 3, 64])
@pytest.mark.usefixtures("small_parts")
def test_parts_give_the_bytes_of_the_whole(tmp_path: Path, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = find_sources(market(tmp_path / "raw"))
    pack(sources, tmp_path / "whole", 1)
    made = parts_made(monkeypatch)
    pack(sources, tmp_path / "parts", workers)
    assert sum(made) == 16
    assert len(made) >= 4
    assert tree(tmp_path / "parts") == tree(tmp_path / "whole")
    written = next((tmp_path / "parts" / "options").rglob("*.parquet"))
    assert pq.ParquetFile(written).metadata.num_row_groups > len(made)
    assert lake_rows(tmp_path / "parts", "options", "BANKNIFTY", MONDAY).height == sum(40 + 2 * n for n in range(16))


@pytest.mark.usefixtures("small_parts")
def test_what_is_merged_is_not_cut_where_a_row_group_cannot_be_foreseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = market(tmp_path / "raw")
    # the same minute again, from its 20th second on: rows repeated, in the first contract of December alone
    again = write_contract(tmp_path / "again" / "banknifty25dec59300ce.parquet", walk(MONDAY, range(40), 0)[20:])
    pack(find_sources([*first, again]), tmp_path / "whole", 1)
    made = parts_made(monkeypatch)
    both = pack(find_sources([*first, again]), tmp_path / "parts", 4)
    assert both.rows_repeated == 20
    assert made[0] == 8  # December in one piece: nobody knows where its second row group will begin
    assert len(made) > 2
    assert tree(tmp_path / "parts") == tree(tmp_path / "whole")
    pack(find_sources(first), tmp_path / "later", 4)
    pack(find_sources([again]), tmp_path / "later", 4)
    assert tree(tmp_path / "later") == tree(tmp_path / "whole")


columns = st.dictionaries(
    st.sampled_from(["a", "b", "c"]), st.sampled_from([pa.int32(), pa.int64(), pa.float64(), pa.string()]), min_size=1
)


@settings(max_examples=25, deadline=None)
@given(columns, st.lists(st.integers(1, 60), min_size=2, max_size=5), st.integers(1, 4))
def test_joined_files_are_the_file_written_at_once(
    tmp_path_factory: pytest.TempPathFactory, types: dict[str, pa.DataType], groups: list[int], cut: int
) -> None:
    folder = tmp_path_factory.mktemp("joined")
    schema = pa.schema([pa.field(name, dtype, nullable=name == "a") for name, dtype in types.items()])
    tables = [
        pa.table({name: pa.array(range(seed, seed + rows)).cast(types[name]) for name in types}, schema=schema)
        for seed, rows in enumerate(groups)
    ]
    added = {b"first": "1" * 64, b"second": "two"}

    def write(path: Path, some: list[pa.Table], texts: dict[bytes, str]) -> None:
        with pq.ParquetWriter(path, schema, write_page_index=True, max_rows_per_page=7) as writer:
            for table in some:
                writer.write_table(table)
            if texts:
                writer.add_key_value_metadata(texts)

    cut = min(cut, len(tables) - 1)
    write(folder / "0", tables[:cut], {})
    write(folder / "1", tables[cut:], {})
    write(folder / "whole", tables, added)
    join_files([folder / "0", folder / "1"], folder / "joined", lambda _: added)
    assert (folder / "joined").read_bytes() == (folder / "whole").read_bytes()
    assert pl.read_parquet(folder / "joined").equals(pl.concat([pl.DataFrame(pl.from_arrow(one)) for one in tables]))


def test_a_footer_is_written_back_as_it_was_read(tmp_path: Path) -> None:
    frame = pl.DataFrame({"name": ["x"] * 40, "number": range(40), "flag": [True, None] * 20})
    frame.write_parquet(tmp_path / "polars.parquet", row_group_size=7)
    pq.write_table(frame.to_arrow(), tmp_path / "arrow.parquet", row_group_size=3, store_decimal_as_integer=True)
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        footer = data[-8 - int.from_bytes(data[-8:-4], "little") : -8]
        assert write_structure(read_structure(footer)) == footer
