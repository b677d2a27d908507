"""Deliveries that disagree: the later one holds, and every row that gave way is told."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_given import GivenSource, batch, instant
from lake_sources import MONDAY, lake_rows, tree
from nfolab.base.snapshot import DataKind
from nfolab.lake import Lake
from nfolab.lake.packing.pack import SUPERSEDED, pack
from nfolab.market.contracts import Contract

CALL = Contract("BANKNIFTY", date(2025, 12, 30), "CE", 59400)
Row = tuple[int, int, int]
"""(second, volume, price in paise)."""


def source(name: str, rows: Sequence[Row]) -> GivenSource:
    lines = [
        {"timestamp": instant(MONDAY, second), "volume": volume, "price_paise": price} for second, volume, price in rows
    ]
    return GivenSource(name, (batch(DataKind.OPTIONS, CALL, lines),))


def in_lake(root: Path) -> list[Row]:
    rows = lake_rows(root, "options", "BANKNIFTY", MONDAY)
    opening = instant(MONDAY, 0)
    seconds = ((rows["timestamp"] - opening).dt.total_seconds()).to_list()
    return list(zip(seconds, rows["volume"].to_list(), rows["price_paise"].to_list(), strict=True))


def shares(root: Path) -> dict[str, dict[str, int]]:
    footer = pq.read_metadata(root / "options" / "BANKNIFTY" / f"{MONDAY}.parquet").metadata
    return {one["name"]: one for one in json.loads(footer[b"nfolab_sources"])}


def oracle(packs: Sequence[Sequence[GivenSource]], rows_of: Mapping[str, Sequence[Row]]) -> tuple[list[Row], list[int]]:
    """The rows that are left, and how many each pack takes out; sets and loops only."""
    held: dict[int, set[Row]] = defaultdict(set)
    taken_out = []
    for sources in packs:
        gone = 0
        for one in sorted(sources, key=GivenSource.identity):
            brought: dict[int, set[Row]] = defaultdict(set)
            for row in rows_of[one.name]:
                brought[row[0]].add(row)
            for second, rows in brought.items():
                if held[second] - rows and rows - held[second]:
                    gone += len(held[second] - rows)
                    held[second] = rows
                else:
                    held[second] = held[second] | rows
        taken_out.append(gone)
    return sorted(row for rows in held.values() for row in rows), taken_out


row_lists = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 2), st.integers(1, 2)), min_size=1, max_size=6)


@settings(max_examples=25)
@given(
    st.lists(st.lists(row_lists, min_size=1, max_size=3), min_size=1, max_size=3),
)
def test_against_sets_and_loops(tmp_path_factory: pytest.TempPathFactory, deliveries: list[list[list[Row]]]) -> None:
    rows_of = {f"{n}-{m}": rows for n, lists in enumerate(deliveries) for m, rows in enumerate(lists)}
    packs = [[source(f"{n}-{m}", rows) for m, rows in enumerate(lists)] for n, lists in enumerate(deliveries)]
    right, taken_out = oracle(packs, rows_of)
    root = tmp_path_factory.mktemp("oracle") / "lake"
    for sources, gone in zip(packs, taken_out, strict=True):
        result = pack(sources, root, 1, 10**9)
        assert result.rows_read == result.rows_written + result.rows_refused + result.rows_repeated
        assert result.rows_superseded == gone
    found = in_lake(root)
    assert sorted(found) == right
    told = shares(root)
    assert sum(one["rows_superseded"] for one in told.values()) == sum(taken_out)
    for name, one in told.items():
        assert one["rows_read"] == len(rows_of[name])
        assert one["rows_read"] == one["rows_written"] + one["rows_repeated"] + one["rows_superseded"]
        assert min(one["rows_written"], one["rows_repeated"], one["rows_superseded"]) >= 0


def test_the_later_delivery_wins_and_the_ledger_names_it(tmp_path: Path) -> None:
    first = source("first.parquet", [(0, 10, 100), (1, 11, 100), (2, 12, 100), (3, 13, 100)])
    second = source("second.parquet", [(1, 11, 105), (2, 12, 105), (3, 13, 100), (4, 14, 100)])
    root = tmp_path / "lake"
    assert pack([first], root, 1).rows_written == 4
    result = pack([second], root, 1)
    # of its four rows one was there; two take the place of others, one is new
    assert (result.rows_written, result.rows_repeated, result.rows_refused, result.rows_superseded) == (3, 1, 0, 2)
    assert in_lake(root) == [(0, 10, 100), (1, 11, 105), (2, 12, 105), (3, 13, 100), (4, 14, 100)]
    (line,) = Lake.open(root).options("BANKNIFTY", MONDAY).ledger().filter(pl.col("check") == "superseded").to_dicts()
    assert (line["contract"], line["count"]) == ("BANKNIFTY 2025-12-30 59400 CE", 2)
    assert (line["first"], line["last"]) == (instant(MONDAY, 1), instant(MONDAY, 2))
    assert "second.parquet" in line["note"]
    again = pack([first, second], root, 1)
    assert (again.files_read, again.files_skipped) == (0, 2)


def test_a_row_a_second_takes_nothing_out_of_many(tmp_path: Path) -> None:
    many = source("many", [(0, 10, 100), (1, 11, 100), (1, 12, 101), (1, 13, 102)])
    last = source("last", [(0, 10, 100), (1, 13, 102)])
    for name, packs in {"ab": [many, last], "ba": [last, many]}.items():
        results = [pack([one], tmp_path / name, 1) for one in packs]
        assert sum(one.rows_superseded for one in results) == 0
    assert in_lake(tmp_path / "ab") == [(0, 10, 100), (1, 11, 100), (1, 12, 101), (1, 13, 102)]
    assert tree(tmp_path / "ab") == tree(tmp_path / "ba")


def test_within_one_pack_the_loser_is_refused(tmp_path: Path) -> None:
    one, other = sorted((source("a", [(0, 1, 100)]), source("b", [(0, 1, 200)])), key=GivenSource.identity)
    result = pack([one, other], tmp_path / "lake", 1)
    assert (result.rows_read, result.rows_written, result.rows_refused, result.rows_superseded) == (2, 1, 1, 1)
    assert [(line.file, line.rows, line.reason) for line in result.refused] == [(one.name, 1, SUPERSEDED)]
    assert in_lake(tmp_path / "lake") == [(0, 1, 100 if other.name == "a" else 200)]


def test_prices_of_an_index_are_superseded_too(tmp_path: Path) -> None:
    def spot(name: str, price: int) -> GivenSource:
        lines = [{"timestamp": instant(MONDAY, second), "price_paise": price} for second in range(3)]
        return GivenSource(name, (batch(DataKind.SPOT, "NIFTY", lines),))

    pack([spot("first", 100)], tmp_path / "lake", 1)
    assert pack([spot("second", 200)], tmp_path / "lake", 1).rows_superseded == 3
    found = Lake.open(tmp_path / "lake").spot("NIFTY", MONDAY)
    assert found is not None
    assert found.price_paise.tolist() == [200, 200, 200]
