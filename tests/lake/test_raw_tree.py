"""Two thousand raw files in all layouts: no row is lost, every plant is found, and nothing else is."""

import json
from collections import Counter, defaultdict
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from lake.raw_tree import RawTree, make_tree
from nfolab.lake.packing.pack import PackResult, pack
from nfolab.vendor.source import FileSource
from nfolab.vendor.sources import find_sources

TRUE_OF_ALL = {"seconds covered", "early end", "not judged"}
"""What is true of every contract with a minute of rows, and so no plant."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> RawTree:
    return make_tree(tmp_path_factory.mktemp("raw") / "tree")


@pytest.fixture(scope="module")
def packed(tree: RawTree, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PackResult]:
    lake = tmp_path_factory.mktemp("lake") / "lake"
    return lake, pack(find_sources([tree.root]), lake, workers=1)


def shares(lake: Path) -> dict[str, Counter[str]]:
    """What the footers say of each source, over all day files: rows by what became of them, and notes."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for path in lake.glob("*/*/*.parquet"):
        for share in json.loads(pq.read_metadata(path).metadata[b"nfolab_sources"]):
            counts = found[share["sha256"]]
            for name in ("rows_read", "rows_written", "rows_repeated", "rows_superseded"):
                counts[name] += share[name]
            counts.update({f"refused: {reason}": rows for reason, rows in share["rows_refused"].items()})
            for contract in share["contracts"].values():
                counts.update(contract.get("notes", {}))
    return found


def test_every_row_of_every_file_is_somewhere(tree: RawTree, packed: tuple[Path, PackResult]) -> None:
    lake, result = packed
    found = shares(lake)
    listed = {row["sha256"]: row for row in pl.read_parquet(lake / "sources.parquet").to_dicts()}
    repeated: Counter[str] = Counter()
    identities = set()
    for file in tree.files:
        if file.unreadable:
            continue
        identity = FileSource(tree.root / file.path, tree.root).identity()
        identities.add(identity)
        counts = found.get(identity, Counter())
        without_day = {
            f"refused: {reason}": told["rows"]
            for reason, told in json.loads(listed[identity]["refused_without_day"]).items()
        }
        counts.update(without_day)
        refused = {name: count for name, count in counts.items() if name.startswith("refused")}
        assert refused == {f"refused: {reason}": count for reason, count in file.refused.items()}, file.path
        assert listed[identity]["rows_read"] == file.rows, file.path
        assert file.rows == counts["rows_written"] + counts["rows_repeated"] + sum(refused.values()), file.path
        assert counts["rows_superseded"] == 0, file.path
        assert {note: counts[note] for note in file.notes} == dict(file.notes), file.path
        repeated[file.twins or file.path] += counts["rows_repeated"]
    assert +repeated == +tree.repeated
    readable = [file for file in tree.files if not file.unreadable]
    assert len(identities) == len(readable)
    assert result.files_read == len(readable)
    assert result.rows_read == sum(file.rows for file in readable)
    assert result.rows_read == result.rows_written + result.rows_refused + result.rows_repeated


def test_files_that_cannot_be_read_are_told_each_in_a_sentence(tree: RawTree, packed: tuple[Path, PackResult]) -> None:
    told = Counter(line.file for line in packed[1].refused if line.rows is None)
    assert told == Counter(Path(file.path).name for file in tree.files if file.unreadable)
    sentences = [line.reason for line in packed[1].refused if line.rows is None]
    for file in tree.files:
        if file.unreadable:
            assert any(f"/{file.path}" in line and file.unreadable in line for line in sentences), file.path


def findings(lake: Path) -> pl.DataFrame:
    """All lines of all ledgers that found something wrong with rows; what readers note of a layout is no fault."""
    ledgers = [pl.read_parquet(path) for path in (lake / "audit").glob("*/*/*.parquet")]
    faults = ~pl.col("check").is_in(list(TRUE_OF_ALL)) & ~pl.col("check").str.starts_with("noted: ")
    return pl.concat(ledgers).filter((pl.col("count") > 0) & faults)


def test_every_plant_is_found_and_nothing_else(tree: RawTree, packed: tuple[Path, PackResult]) -> None:
    found: Counter[tuple[str, str, str]] = Counter()
    mixed: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in findings(packed[0]).to_dicts():
        owner = (line["day"].isoformat(), line["contract"] or line["underlying"])
        if owner in tree.mixed:
            mixed[owner].add(line["check"])
        elif line["kind"] != "chain":
            found[(*owner, line["check"])] += line["count"]
    assert found - tree.findings == Counter()
    assert tree.findings - found == Counter()
    assert mixed.keys() == tree.mixed.keys()
    for owner, must in tree.mixed.items():
        assert must <= mixed[owner], owner
