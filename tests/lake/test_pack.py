"""Packing: what goes in comes out, once, in one order, whatever the way."""

import itertools
import json
import multiprocessing
import os
import resource
import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lake_sources import MONDAY, TUESDAY, bogus, lake_rows, row, small_market, tree, walk, write_contract, write_spot
from nfolab.base.errors import InputError
from nfolab.lake import Lake
from nfolab.lake.packing.pack import PackResult, pack
from nfolab.vendor.sources import find_sources


def packed(root: Path, *paths: Path, workers: int = 1) -> PackResult:
    result = pack(find_sources(paths), root, workers)
    assert result.rows_read == result.rows_written + result.rows_refused + result.rows_repeated
    return result


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return small_market(tmp_path_factory.mktemp("raw"))


@pytest.fixture(scope="module")
def undisturbed(market: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    root = tmp_path_factory.mktemp("undisturbed") / "lake"
    packed(root, *market)
    return tree(root)


def test_counts_tell_every_row(market: list[Path], tmp_path: Path) -> None:
    result = packed(tmp_path / "lake", *market)
    # four contracts of BANKNIFTY: of 120 seconds those n with (s + number) % 7 == 0 are silent, on two days
    by_hand = sum(2 * len([s for s in range(120) if (s + number) % 7]) for number in range(4))
    by_hand += 2 * 120 + 2 * 40  # two contracts of NIFTY, two indices every third second
    assert (result.files_read, result.files_skipped, result.unreadable) == (8, 0, 0)
    assert (result.rows_written, result.rows_refused, result.rows_repeated) == (by_hand, 4, 0)
    assert result.days == (MONDAY, TUESDAY)
    assert {(one.reason, one.rows) for one in result.refused} == {("before 2000", 1)}


def test_nothing_in_the_lake_knows_the_machine_or_the_clock(undisturbed: dict[str, bytes], market: list[Path]) -> None:
    assert sorted(undisturbed) == [
        *(f"audit/joint/BANKNIFTY/{day}.parquet" for day in (MONDAY, TUESDAY)),
        f"audit/joint/NIFTY/{MONDAY}.parquet",
        *(f"audit/options/BANKNIFTY/{day}.parquet" for day in (MONDAY, TUESDAY)),
        f"audit/options/NIFTY/{MONDAY}.parquet",
        f"audit/spot/BANKNIFTY/{MONDAY}.parquet",
        f"audit/spot/NIFTY/{MONDAY}.parquet",
        "catalogue.parquet",
        *(f"options/BANKNIFTY/{day}.parquet" for day in (MONDAY, TUESDAY)),
        f"options/NIFTY/{MONDAY}.parquet",
        "sources.parquet",
        f"spot/BANKNIFTY/{MONDAY}.parquet",
        f"spot/NIFTY/{MONDAY}.parquet",
    ]
    assert not [name for name, content in undisturbed.items() if str(market[0].parent).encode() in content]


def test_two_workers_give_the_same_bytes(market: list[Path], undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    packed(tmp_path / "lake", *market, workers=2)
    assert tree(tmp_path / "lake") == undisturbed


def test_packing_again_does_nothing(market: list[Path], undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    root = tmp_path / "lake"
    packed(root, *market)
    stamps = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    again = packed(root, *market)
    assert (again.files_read, again.files_skipped, again.rows_read, again.days) == (0, 8, 0, ())
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == stamps
    assert tree(root) == undisturbed


@settings(max_examples=8, deadline=None)
@given(order=st.permutations(range(8)), cuts=st.sets(st.integers(1, 7), max_size=3))
def test_any_order_in_any_number_of_packs_gives_the_same_bytes(
    market: list[Path],
    undisturbed: dict[str, bytes],
    tmp_path_factory: pytest.TempPathFactory,
    order: list[int],
    cuts: set[int],
) -> None:
    root = tmp_path_factory.mktemp("order") / "lake"
    borders = [0, *sorted(cuts), 8]
    for first, last in itertools.pairwise(borders):
        packed(root, *(market[number] for number in order[first:last]))
    assert tree(root) == undisturbed


def test_a_source_under_another_name_is_known(
    market: list[Path], undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "copies"
    elsewhere.mkdir()
    for path in market:
        name = path.name.upper().replace(".PARQUET", ".parquet") if "_spot" not in path.name else f"x{path.name}"
        (elsewhere / name).write_bytes(path.read_bytes())
    root = tmp_path / "lake"
    packed(root, *market)
    again = packed(root, elsewhere)
    assert (again.files_read, again.files_skipped) == (0, 8)
    assert tree(root) == undisturbed


def test_the_same_bytes_under_another_contracts_name_are_another_source(tmp_path: Path) -> None:
    one = write_contract(tmp_path / "raw" / "banknifty25dec59400ce.parquet", walk(MONDAY, range(10), 1))
    (tmp_path / "raw" / "banknifty25dec59500ce.parquet").write_bytes(one.read_bytes())
    result = packed(tmp_path / "lake", tmp_path / "raw")
    assert (result.files_read, result.rows_written) == (2, 20)
    rows = lake_rows(tmp_path / "lake", "options", "BANKNIFTY", MONDAY)
    assert rows["strike"].unique().sort().to_list() == [59400, 59500]


def test_rows_in_another_order_give_the_same_rows(tmp_path: Path) -> None:
    rows = walk(MONDAY, range(50), 1)
    write_contract(tmp_path / "a" / "banknifty25dec59400ce.parquet", rows)
    write_contract(tmp_path / "b" / "banknifty25dec59400ce.parquet", rows[::-1])
    packed(tmp_path / "one", tmp_path / "a")
    packed(tmp_path / "two", tmp_path / "b")
    found = [lake_rows(tmp_path / lake, "options", "BANKNIFTY", MONDAY) for lake in ("one", "two")]
    assert_frame_equal(*found)
    assert found[0]["timestamp"].is_sorted()


def test_rows_of_one_second_stay_apart_in_their_order_and_only_exact_duplicates_go(tmp_path: Path) -> None:
    base = {"volume": 1000, "price": 10.0, "bp0": 9.95, "sp0": 10.05}
    rows = [
        row(MONDAY, 5, **base, oi=1),
        row(MONDAY, 5, **base, oi=2),
        row(MONDAY, 5, **(base | {"volume": 900}), oi=3),  # less volume: earlier in the second
        row(MONDAY, 5, **base, oi=1),  # equal to the first in every column: the later one stays
        row(MONDAY, 4, **base, oi=4),
    ]
    write_contract(tmp_path / "raw" / "banknifty25dec59400ce.parquet", rows)
    result = packed(tmp_path / "lake", tmp_path / "raw")
    assert (result.rows_written, result.rows_repeated) == (4, 1)
    assert lake_rows(tmp_path / "lake", "options", "BANKNIFTY", MONDAY)["oi"].to_list() == [4, 3, 2, 1]


def test_overlapping_deliveries_are_merged_whatever_came_first(tmp_path: Path) -> None:
    rows = walk(MONDAY, range(60), 3)
    first = write_contract(tmp_path / "a" / "banknifty25dec59400ce.parquet", rows[:40])
    second = write_contract(tmp_path / "b" / "banknifty25dec59400ce.parquet", rows[20:])
    third = write_contract(tmp_path / "c" / "banknifty25dec59400ce.parquet", [*rows[30:35], rows[31]])
    ways = {"all": [(first, second, third)], "abc": [(first,), (second,), (third,)], "cba": [(third,), (second, first)]}
    for name, packs in ways.items():
        results = [packed(tmp_path / name, *paths) for paths in packs]
        assert sum(one.rows_written for one in results) == 60
        assert sum(one.rows_repeated for one in results) == 40 + 40 + 6 - 60
    assert tree(tmp_path / "all") == tree(tmp_path / "abc") == tree(tmp_path / "cba")
    kept = lake_rows(tmp_path / "all", "options", "BANKNIFTY", MONDAY)
    assert kept.height == 60
    footer = pq.read_metadata(tmp_path / "all" / "options" / "BANKNIFTY" / f"{MONDAY}.parquet").metadata
    shares = json.loads(footer[b"nfolab_sources"])
    assert [one["rows_written"] for one in shares] == [kept.filter(pl.col("source") == n).height for n in range(3)]
    assert all(one["rows_read"] == one["rows_written"] + one["rows_repeated"] for one in shares)


def test_volactual_is_kept_where_it_is(tmp_path: Path) -> None:
    old = [one | {"volactual": 7.5} for one in walk(MONDAY, range(10), 1)]
    new = walk(MONDAY, range(10), 2)
    one = write_contract(tmp_path / "raw" / "banknifty25dec59400ce.parquet", old)
    other = write_contract(tmp_path / "raw" / "banknifty25dec59500ce.parquet", new)
    for name, packs in {
        "both": [(one, other)],
        "old first": [(one,), (other,)],
        "new first": [(other,), (one,)],
    }.items():
        for paths in packs:
            packed(tmp_path / name, *paths)
        rows = lake_rows(tmp_path / name, "options", "BANKNIFTY", MONDAY)
        assert rows["volactual"].to_list() == [7.5] * 10 + [None] * 10
    assert tree(tmp_path / "both") == tree(tmp_path / "old first") == tree(tmp_path / "new first")


def test_row_groups_begin_with_a_contract_and_never_mix_expiries(
    market: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nfolab.lake.packing.row_groups.ROWS_IN_GROUP", 150)
    packed(tmp_path / "lake", *market)
    file = pq.ParquetFile(tmp_path / "lake" / "options" / "BANKNIFTY" / f"{MONDAY}.parquet")
    groups = [pl.DataFrame(pl.from_arrow(file.read_row_group(n))) for n in range(file.num_row_groups)]
    # 103 rows a contract: two reach 150, the third ends with its expiry, the fourth is of January
    assert [len(group) // 100 for group in groups] == [2, 1, 1]
    contracts = [set(group.select("expiry", "kind", "strike").rows()) for group in groups]
    assert all(group["expiry"].n_unique() == 1 for group in groups)
    assert not (contracts[0] & contracts[1])
    assert file.metadata.row_group(0).column(3).has_column_index
    whole = pl.concat(groups)
    assert whole.select("expiry", "kind", "strike", "timestamp").rows() == sorted(
        whole.select("expiry", "kind", "strike", "timestamp").rows()
    )
    assert whole["expiry_type"].unique().to_list() == ["monthly"]


def test_weekly_expiries_are_told_apart(market: list[Path], tmp_path: Path) -> None:
    packed(tmp_path / "lake", *market)
    assert lake_rows(tmp_path / "lake", "options", "NIFTY", MONDAY)["expiry_type"].unique().to_list() == ["weekly"]


def test_synthetic_and_vendor_data_never_share_a_lake(tmp_path: Path) -> None:
    real = write_contract(tmp_path / "real" / "banknifty25dec59400ce.parquet", walk(MONDAY, range(5), 1))
    made = write_contract(
        tmp_path / "made" / "banknifty25dec59500ce.parquet", walk(MONDAY, range(5), 2), synthetic=True
    )
    with pytest.raises(InputError, match="never share a lake"):
        pack(find_sources([real, made]), tmp_path / "lake", 1)
    assert not (tmp_path / "lake").exists()
    packed(tmp_path / "lake", real)
    before = tree(tmp_path / "lake")
    with pytest.raises(InputError, match="holds vendor data"):
        pack(find_sources([made]), tmp_path / "lake", 1)
    assert tree(tmp_path / "lake") == before
    packed(tmp_path / "other", made)
    assert Lake.open(tmp_path / "other").source == "synthetic"
    with pytest.raises(InputError, match="holds synthetic data"):
        pack(find_sources([real]), tmp_path / "other", 1)


def test_what_cannot_be_read_is_told_and_the_rest_is_packed(market: list[Path], tmp_path: Path) -> None:
    half = tmp_path / "banknifty25dec59600ce.parquet"
    half.write_bytes(market[0].read_bytes()[:5000])
    with pytest.raises(InputError, match=half.name):
        pack(find_sources([half]), tmp_path / "lake", 1)
    assert not (tmp_path / "lake").exists()
    result = packed(tmp_path / "lake", half, *market)
    assert (result.files_read, result.unreadable) == (8, 1)
    assert [(one.file, one.rows) for one in result.refused if one.rows is None] == [(half.name, None)]
    good = write_contract(half, walk(MONDAY, range(5), 1))
    assert packed(tmp_path / "lake", good).rows_written == 5


def test_a_source_of_which_all_rows_are_refused_is_counted_once(tmp_path: Path) -> None:
    path = write_contract(tmp_path / "banknifty25dec59400ce.parquet", [bogus(), bogus()])
    assert packed(tmp_path / "lake", path).rows_refused == 2
    assert packed(tmp_path / "lake", path).files_skipped == 1
    with pytest.raises(InputError, match="is empty"):
        Lake.open(tmp_path / "lake")


def test_only_a_lake_or_a_new_folder_is_written_to(market: list[Path], tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match=r"thesis\.txt"):
        packed(tmp_path / "home", *market)
    with pytest.raises(InputError, match="is a file"):
        packed(tmp_path / "home" / "thesis.txt", *market)
    assert tree(tmp_path / "home") == {"thesis.txt": b"mine"}


def test_the_lake_within_a_folder_of_sources_is_no_source(market: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / market[0].name).write_bytes(market[0].read_bytes())
    packed(folder / "lake", folder)
    assert packed(folder / "lake", folder).files_skipped == 1


def test_a_damaged_lake_file_is_named_with_the_mend_and_the_mend_works(
    market: list[Path], undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    root = tmp_path / "lake"
    packed(root, *market[:6])
    victim = root / "options" / "BANKNIFTY" / f"{MONDAY}.parquet"
    victim.write_bytes(victim.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"2025-12-15\.parquet is damaged .*delete it and pack its sources again"):
        Lake.open(root).options("BANKNIFTY", MONDAY)
    with pytest.raises(InputError, match=r"2025-12-15\.parquet is damaged"):
        packed(root, *market)
    victim.unlink()
    packed(root, *market)
    assert tree(root) == undisturbed


@pytest.mark.parametrize("name", ["catalogue.parquet", "sources.parquet"])
def test_a_damaged_table_is_named_and_made_anew(
    market: list[Path], undisturbed: dict[str, bytes], tmp_path: Path, name: str
) -> None:
    root = tmp_path / "lake"
    packed(root, *market)
    (root / name).write_bytes(b"no table")
    with pytest.raises(InputError, match=name):
        packed(root, *market)
    (root / name).unlink()
    packed(root, *market)
    assert tree(root) == undisturbed


def _hold_the_lake(
    root: Path, held: "multiprocessing.synchronize.Event", done: "multiprocessing.synchronize.Event"
) -> None:
    from nfolab.lake.lock import packing

    with packing(root):
        held.set()
        done.wait(30)


def test_two_packs_at_once_are_refused(market: list[Path], tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    other = context.Process(target=_hold_the_lake, args=(tmp_path / "lake", held, done))
    other.start()
    try:
        assert held.wait(60)
        with pytest.raises(InputError, match="another pack is writing"):
            packed(tmp_path / "lake", *market)
    finally:
        done.set()
        other.join(30)
    assert packed(tmp_path / "lake", *market).files_read == 8


_LIMITED = """
import sys
from pathlib import Path
from nfolab.base.errors import InputError
from nfolab.lake.packing.pack import pack
from nfolab.vendor.sources import find_sources
try:
    pack(find_sources([Path(name) for name in sys.argv[3:]]), Path(sys.argv[1]), int(sys.argv[2]))
except InputError as mistake:
    print(mistake)
    sys.exit(2)
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_leaves_the_lake_as_it_was(
    market: list[Path], undisturbed: dict[str, bytes], tmp_path: Path, workers: int
) -> None:
    root = tmp_path / "lake"
    packed(root, *market[:3])
    before = tree(root)
    limit = 20_000

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    for folder in (root, tmp_path / "new"):
        done = subprocess.run(
            [sys.executable, "-c", _LIMITED, str(folder), str(workers), *map(str, market)],
            preexec_fn=limited,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 2, done.stderr
        assert "cannot be written because a file would grow beyond the size allowed" in done.stdout
        assert len(done.stdout.strip().splitlines()) == 1
    assert tree(root) == before
    assert not (tmp_path / "new").exists()
    packed(root, *market)
    assert tree(root) == undisturbed


def test_a_folder_closed_to_us_is_told(market: list[Path], tmp_path: Path) -> None:
    if os.geteuid() == 0:
        closed = Path("/sys/lake")
    else:
        tmp_path.chmod(0o500)
        closed = tmp_path / "lake"
    with pytest.raises(InputError, match="cannot be written because"):
        packed(closed, *market)


def test_spot_of_one_second_keeps_its_order(tmp_path: Path) -> None:
    from lake_sources import clock

    at = clock(MONDAY, 3)
    path = write_spot(tmp_path / "spot.parquet", "BANKNIFTY", [(at, 100.5), (at, 100.0), (at, 100.5), (at, 99.0)])
    result = packed(tmp_path / "lake", path)
    assert (result.rows_written, result.rows_repeated) == (3, 1)
    day = Lake.open(tmp_path / "lake").spot("BANKNIFTY", MONDAY)
    assert day is not None
    assert day.price_paise.tolist() == [10000, 10050, 9900]
