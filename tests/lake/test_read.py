"""Reading back: the right rows, from as few row groups as possible, and clear words where there is nothing."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_sources import (
    MONDAY,
    TUESDAY,
    bogus,
    clock,
    lake_rows,
    row,
    small_market,
    tree,
    walk,
    write_contract,
    write_spot,
)
from nfolab.base.errors import InputError
from nfolab.base.snapshot import DataKind, Defect
from nfolab.lake import ContractsFile, Lake, scan
from nfolab.lake.packing.pack import pack
from nfolab.lake.packing.rows import volume_delta
from nfolab.lake.schema import SCHEMA_VERSION
from nfolab.vendor.block import Block
from nfolab.vendor.sources import find_sources

COLUMNS = ["timestamp", "price_paise", "bq0", "bp0_paise", "sp4_paise", "volume", "volume_delta", "oiHigh", "strike"]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    folder = tmp_path_factory.mktemp("market")
    patch = pytest.MonkeyPatch()
    patch.setattr("nfolab.lake.packing.row_groups.ROWS_IN_GROUP", 150)
    pack(find_sources(small_market(folder / "raw")), folder / "lake", 1)
    patch.undo()
    return Lake.open(folder / "lake")


@pytest.fixture(scope="module")
def monday(lake: Lake) -> ContractsFile:
    return lake.options("BANKNIFTY", MONDAY)


def test_the_index_tells_where_every_contract_lies(lake: Lake, monday: ContractsFile) -> None:
    rows = lake_rows(lake.root, "options", "BANKNIFTY", MONDAY).with_row_index()
    by_contract = (
        rows.group_by("expiry", "kind", "strike", maintain_order=True)
        .agg(pl.len(), pl.col("index").first(), pl.col("timestamp").first(), pl.col("timestamp").last().alias("last"))
        .rows()
    )
    index = monday.contracts
    found = [
        (expiry, kind, strike, rows, first_row, first, last)
        for (expiry, kind, strike), rows, first_row, first, last in zip(
            index.keys(),
            index.rows.tolist(),
            index.first_row.tolist(),
            index.first_timestamp.tolist(),
            index.last_timestamp.tolist(),
            strict=True,
        )
    ]
    told = [(*line[:5], int(line[5].timestamp()) * 10**9, int(line[6].timestamp()) * 10**9) for line in by_contract]
    assert found == told
    assert index.row_group.tolist() == [0, 0, 1, 2]
    assert [str(index.expiry.dtype), str(index.strike.dtype), str(index.rows.dtype)] == [
        "datetime64[D]",
        "int32",
        "int64",
    ]
    assert monday.rows == rows.height


@settings(max_examples=40, deadline=None)
@given(
    numbers=st.lists(st.integers(0, 3), max_size=6), columns=st.lists(st.sampled_from(COLUMNS), min_size=1, unique=True)
)
def test_read_gives_the_contracts_in_the_order_asked(
    lake: Lake, monday: ContractsFile, numbers: list[int], columns: list[str]
) -> None:
    rows = lake_rows(lake.root, "options", "BANKNIFTY", MONDAY)
    strikes = monday.contracts.keys()
    parts = [
        rows.filter(
            pl.col("expiry") == strikes[n][0], pl.col("kind") == strikes[n][1], pl.col("strike") == strikes[n][2]
        )
        for n in numbers
    ]
    wanted = pl.concat([rows.clear(), *parts]).select(columns)
    found = monday.read(numbers, columns)
    assert list(found) == columns
    for name, values in found.items():
        right = wanted[name].to_physical().fill_null(0).to_list()
        assert values.tolist() == right
        assert values.flags.c_contiguous
        assert values.flags.writeable
        assert values.dtype == (np.int32 if name.endswith("paise") or name in ("bq0", "strike") else np.int64)


def test_only_the_row_groups_asked_for_are_read(lake: Lake, monday: ContractsFile, tmp_path: Path) -> None:
    copy = tmp_path / "lake" / "options" / "BANKNIFTY" / f"{MONDAY}.parquet"
    copy.parent.mkdir(parents=True)
    content = bytearray(monday.path.read_bytes())
    first_group = monday._metadata.row_group(0)
    start, end = first_group.column(0).dictionary_page_offset, first_group.total_byte_size // 4
    content[start : start + end] = bytes(end)
    copy.write_bytes(content)
    broken = ContractsFile(tmp_path / "lake", DataKind.OPTIONS, "BANKNIFTY", MONDAY)
    assert broken.read([2, 3], COLUMNS)["strike"].tolist() == monday.read([2, 3], COLUMNS)["strike"].tolist()
    with pytest.raises(InputError, match="damaged"):
        broken.read([0], ["expiry", "strike", "timestamp"])


def test_a_file_that_is_open_goes_on_being_read_when_a_pack_replaces_it(tmp_path: Path) -> None:
    folder, root = tmp_path / "raw", tmp_path / "lake"
    pack(find_sources([write_contract(folder / "banknifty25dec59400ce.parquet", walk(MONDAY, range(50), 1))]), root, 1)
    old = Lake.open(root).options("BANKNIFTY", MONDAY)
    before = old.read([0], ["price_paise"])["price_paise"].tolist()
    pack(find_sources([write_contract(folder / "banknifty25dec59300ce.parquet", walk(MONDAY, range(80), 2))]), root, 1)
    assert old.read([0], ["price_paise"])["price_paise"].tolist() == before
    new = Lake.open(root).options("BANKNIFTY", MONDAY)
    assert (len(new.contracts), new.rows) == (2, 130)
    assert new.content != old.content
    assert new.read([1], ["price_paise"])["price_paise"].tolist() == before


def test_content_names_the_rows(lake: Lake, tmp_path: Path) -> None:
    assert len(lake.options("BANKNIFTY", MONDAY).content) == 64
    assert lake.options("BANKNIFTY", MONDAY).content != lake.options("BANKNIFTY", TUESDAY).content


def test_days_and_underlyings(lake: Lake) -> None:
    assert lake.underlyings() == ["BANKNIFTY", "NIFTY"]
    assert [(one.day, one.underlying, one.kind, one.contracts, one.expiries) for one in lake.days()] == [
        (MONDAY, "BANKNIFTY", "options", 4, 2),
        (MONDAY, "BANKNIFTY", "spot", None, None),
        (MONDAY, "NIFTY", "options", 2, 1),
        (MONDAY, "NIFTY", "spot", None, None),
        (TUESDAY, "BANKNIFTY", "options", 4, 2),
    ]
    assert [one.day for one in lake.days("NIFTY", "options")] == [MONDAY]
    first = lake.days("BANKNIFTY", "options")[0]
    assert (first.first.isoformat(), first.last.isoformat()) == (
        "2025-12-15T09:15:00+05:30",
        "2025-12-15T09:16:59+05:30",
    )
    assert first.bytes == lake.options("BANKNIFTY", MONDAY).path.stat().st_size


def test_spot_is_there_or_none(lake: Lake) -> None:
    day = lake.spot("BANKNIFTY", MONDAY)
    assert day is not None
    opening = int(clock(MONDAY, 0).timestamp() - 19_800) * 10**9  # 09:15 IST is 03:45 UTC
    assert day.timestamp.tolist() == [opening + second * 10**9 for second in range(0, 120, 3)]
    assert day.price_paise.tolist() == [5_940_000 + 50 * second for second in range(0, 120, 3)]
    assert lake.spot("BANKNIFTY", TUESDAY) is None


def test_what_is_not_there_is_told_with_what_is(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the days nearest are 2025-12-15, 2025-12-16"):
        lake.options("BANKNIFTY", date(2025, 12, 19))
    with pytest.raises(InputError, match=r"did you mean BANKNIFTY\?"):
        lake.options("BANKNIFT", MONDAY)
    with pytest.raises(InputError, match=r"there is no lake at .*nfolab pack SOURCE"):
        Lake.open(tmp_path / "none")
    with pytest.raises(InputError, match="is no lake"):
        Lake.open(tmp_path)
    with pytest.raises(KeyError):
        lake.options("BANKNIFTY", MONDAY).read([0], ["bid"])


def test_volume_delta_is_the_rise_of_the_running_maximum(tmp_path: Path) -> None:
    # a step back at 3 s, the climb over the old maximum at 5 s; a wait of 5 s is none, one of 6 s is a gap
    volumes = {0: 100, 1: 150, 2: 150, 3: 120, 4: 140, 5: 180, 10: 200, 16: 300, 17: 310}
    rows = [row(MONDAY, second, volume=volume) for second, volume in volumes.items()]
    path = write_contract(tmp_path / "raw" / "banknifty25dec59400ce.parquet", rows)
    pack(find_sources([path]), tmp_path / "lake", 1)
    found = lake_rows(tmp_path / "lake", "options", "BANKNIFTY", MONDAY)["volume_delta"].to_list()
    assert found == [None, 50, 0, 0, 0, 30, 20, None, 10]


@given(st.lists(st.tuples(st.integers(1, 9), st.one_of(st.none(), st.integers(0, 50))), min_size=1, max_size=30))
def test_volume_delta_against_a_plain_loop(steps: list[tuple[int, int | None]]) -> None:
    seconds = np.cumsum([wait for wait, _ in steps]).tolist()
    stamps = pl.Series("timestamp", [clock(MONDAY, second) for second in seconds], dtype=pl.Datetime("ns"))
    rows = pl.DataFrame({"timestamp": stamps, "volume": pl.Series([volume for _, volume in steps], dtype=pl.Int64)})
    right: list[int | None] = []
    highest: int | None = None
    for number, (wait, volume) in enumerate(steps):
        before, highest = highest, highest if volume is None else max(volume, highest or 0)
        known = number > 0 and wait <= 5 and volume is not None and before is not None
        right.append(highest - before if known and highest is not None and before is not None else None)
    deltas, told = volume_delta(Block.of_frame(rows))
    assert [delta if known else None for delta, known in zip(deltas.tolist(), told.tolist(), strict=True)] == right


def test_scan_gives_the_vendors_names_in_rupees(lake: Lake) -> None:
    found = scan(lake.root, "BANKNIFTY").filter(pl.col("day") == TUESDAY).collect()
    stored = lake_rows(lake.root, "options", "BANKNIFTY", TUESDAY)
    assert found.columns[:8] == ["underlying", "day", "expiry", "kind", "strike", "expiry_type", "timestamp", "price"]
    assert found["bp0"].to_list() == [paise / 100 for paise in stored["bp0_paise"]]
    assert found["volume_delta"].to_list() == stored["volume_delta"].to_list()
    assert not [name for name in found.columns if name.endswith("paise") or name == "source"]
    assert scan(lake.root, first=TUESDAY).select(pl.len()).collect().item() == stored.height
    with pytest.raises(InputError, match="no such options"):
        scan(lake.root, "NIFTY", first=TUESDAY)


def test_a_lake_of_spot_alone(tmp_path: Path) -> None:
    pack(
        find_sources([write_spot(tmp_path / "spot.parquet", "NIFTY", [(clock(MONDAY, 0), 26_000.0)])]),
        tmp_path / "lake",
        1,
    )
    lake = Lake.open(tmp_path / "lake")
    assert lake.underlyings() == ["NIFTY"]
    with pytest.raises(InputError, match="has no options of 'NIFTY'"):
        lake.options("NIFTY", MONDAY)


def test_a_lake_of_another_schema_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_contract(tmp_path / "banknifty25dec59400ce.parquet", walk(MONDAY, range(5), 1))
    root, older = tmp_path / "lake", SCHEMA_VERSION - 1
    with monkeypatch.context() as patch:
        patch.setattr("nfolab.lake.dayfile.SCHEMA_VERSION", older)
        patch.setattr("nfolab.lake.catalogue.SCHEMA_VERSION", older)
        patch.setattr("nfolab.lake.catalogue._SCHEMA_MARK", {"nfolab_schema": str(older)})
        pack(find_sources([path]), root, 1)
    mend = "delete the lake or name another folder, and pack its sources again"
    says = rf"has schema {older} and this nfolab reads schema {SCHEMA_VERSION}: {mend}$"
    for ask in (lambda: Lake.open(root), lambda: pack(find_sources([path]), root, 1), lambda: scan(root)):
        with pytest.raises(InputError, match=rf"catalogue\.parquet {says}"):
            ask()
    before = tree(root)
    for name in ("catalogue.parquet", "sources.parquet"):  # as left by a pack that was killed, or by hand
        (root / name).unlink()
        with pytest.raises(InputError, match=says):
            pack(find_sources([path]), root, 1)
    assert {name: content for name, content in before.items() if (root / name).exists()} == tree(root)
    pack(find_sources([path]), tmp_path / "new", 1)
    assert Lake.open(tmp_path / "new").options("BANKNIFTY", MONDAY).rows == 5


def test_a_catalogue_of_the_first_schema_is_refused_by_its_age_not_as_damaged(tmp_path: Path) -> None:
    path = write_contract(tmp_path / "banknifty25dec59400ce.parquet", walk(MONDAY, range(5), 1))
    pack(find_sources([path]), tmp_path / "lake", 1)
    catalogue = tmp_path / "lake" / "catalogue.parquet"
    table = pq.read_table(catalogue).drop_columns("content")
    pq.write_table(table.replace_schema_metadata({"nfolab_source": "vendor"}), catalogue)
    with pytest.raises(InputError, match=f"has schema 1 and this nfolab reads schema {SCHEMA_VERSION}"):
        Lake.open(tmp_path / "lake")


def test_the_catalogue_tells_each_files_content(lake: Lake) -> None:
    kinds = set()
    for entry in lake.days():
        path = lake.root / entry.kind / entry.underlying / f"{entry.day}.parquet"
        assert entry.content == json.loads(pq.read_metadata(path).metadata[b"nfolab_lake"])["content"]
        if entry.kind == "options":
            assert entry.content == lake.options(entry.underlying, entry.day).content
        assert lake.content(entry) == entry.content
        kinds.add(entry.kind)
    assert kinds == {"options", "spot"}
    assert len({entry.content for entry in lake.days()}) == len(lake.days())


def test_content_is_told_without_opening_the_file(tmp_path: Path) -> None:
    path = write_contract(tmp_path / "banknifty25dec59400ce.parquet", walk(MONDAY, range(5), 1))
    pack(find_sources([path]), tmp_path / "lake", 1)
    lake = Lake.open(tmp_path / "lake")
    (entry,) = lake.days()
    content = lake.options("BANKNIFTY", MONDAY).content
    file = lake.root / "options" / "BANKNIFTY" / f"{MONDAY}.parquet"
    file.write_bytes(bytes(file.stat().st_size))
    assert lake.content(entry) == content


def test_a_file_that_the_catalogue_does_not_list_yet_tells_its_own_content(tmp_path: Path) -> None:
    name, root = "banknifty25dec59400ce.parquet", tmp_path / "lake"
    for part, seed, lakes in (("one", 1, ("lake", "more")), ("two", 2, ("more",))):
        rows = [(clock(MONDAY, second), 59_400.0 + seed) for second in range(seed, 20)]
        write_contract(tmp_path / part / name, walk(MONDAY, range(seed, 30), seed))
        write_spot(tmp_path / part / "spot.parquet", "BANKNIFTY", rows)
        for one in lakes:
            pack(find_sources([tmp_path / part]), tmp_path / one, 1)
    for kind in ("options", "spot", "audit/options", "audit/spot"):  # a pack killed between renaming and listing
        file = Path(kind) / "BANKNIFTY" / f"{MONDAY}.parquet"
        (root / file).write_bytes((tmp_path / "more" / file).read_bytes())
    lake = Lake.open(root)
    for ours, newer in zip(lake.days(), Lake.open(tmp_path / "more").days(), strict=True):
        assert lake.content(ours) == newer.content != ours.content
    assert lake.content(lake.days(kind="options")[0]) == lake.options("BANKNIFTY", MONDAY).content
    pack(find_sources([tmp_path / "one", tmp_path / "two"]), root, 1)
    assert tree(root) == tree(tmp_path / "more")
    for path in (
        root / "options" / "BANKNIFTY" / f"{MONDAY}.parquet",
        root / "spot" / "BANKNIFTY" / f"{MONDAY}.parquet",
    ):
        path.write_bytes(path.read_bytes()[:-9])
        (entry,) = Lake.open(root).days(kind=path.parts[-3])
        with pytest.raises(InputError, match="damaged"):
            lake.content(entry)
        path.unlink()
        with pytest.raises(InputError, match="damaged"):
            lake.content(entry)


def test_defects_are_planted_rows_and_no_others(tmp_path: Path) -> None:
    """Bits: 1 a repeat, 2 volume below an earlier one; lake order, whatever the order of the file."""
    rows = [row(MONDAY, second, volume=1000 + 10 * second) for second in range(12)]
    clocks = ("timestamp", "lastTradeTime")
    rows[3] = rows[2] | {name: rows[3][name] for name in clocks}  # a repeat
    rows[4] = rows[2] | {name: rows[4][name] for name in clocks} | {"oi": None}  # no repeat: the open interest is gone
    rows[5] = rows[4] | {name: rows[5][name] for name in clocks}  # a repeat, for nothing equals nothing
    rows[7]["volume"] = 1000 + 30  # below the 1060 before it
    rows[8] = rows[7] | {name: rows[8][name] for name in clocks}  # both: still below, and a repeat
    rows[9]["volume"] = None  # a volume that is not known is not below
    rows[10]["volume"] = 1000 + 60  # as much as before the fall: not below
    rows[11] = rows[11] | {"volume": 1000 + 59}  # below again, by one unit
    right = [0, 0, 0, 1, 0, 1, 0, 2, 3, 0, 0, 2]
    write_contract(tmp_path / "raw" / "banknifty25dec59400ce.parquet", [bogus(), *rows[6:], *rows[:6]])
    write_contract(tmp_path / "raw" / "banknifty25dec59400pe.parquet", [rows[0], rows[1]])
    pack(find_sources([tmp_path / "raw"]), tmp_path / "lake", 1)
    stored = lake_rows(tmp_path / "lake", "options", "BANKNIFTY", MONDAY)
    assert stored.filter(pl.col("kind") == "CE")["defects"].to_list() == right
    assert stored.filter(pl.col("kind") == "PE")["defects"].to_list() == [0, 0]
    assert stored.schema["defects"] == pl.Int32
    assert [int(Defect.REPEATED_ROW), int(Defect.BACKWARD_VOLUME)] == [1, 2]
    file = Lake.open(tmp_path / "lake").options("BANKNIFTY", MONDAY)
    assert file.read([1, 0], ["defects"])["defects"].tolist() == [0, 0, *right]
    assert scan(tmp_path / "lake").collect()["defects"].to_list() == [*right, 0, 0]
