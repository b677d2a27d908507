"""Futures, India VIX, equities and chains beside options and spot: each kind in day files of its own."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from lake_given import GivenSource, batch, instant, numbered, rows_of
from lake_sources import MONDAY, TUESDAY, lake_rows, tree
from nfolab.base.snapshot import DataKind, schema_of
from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.market.contracts import Contract

DECEMBER, JANUARY = date(2025, 12, 30), date(2026, 1, 27)
FUTURE = Contract("BANKNIFTY", DECEMBER, "FUT", None)
NEXT_FUTURE = Contract("BANKNIFTY", JANUARY, "FUT", None)
CALL = Contract("BANKNIFTY", DECEMBER, "CE", 59400)
PUT = Contract("BANKNIFTY", DECEMBER, "PE", 59400)
OWNERS: dict[DataKind, tuple[Contract | str, ...]] = {
    DataKind.OPTIONS: (CALL, PUT),
    DataKind.FUTURES: (FUTURE, NEXT_FUTURE),
    DataKind.CHAIN: (CALL, PUT),
    DataKind.SPOT: ("BANKNIFTY",),
    DataKind.VIX: ("INDIAVIX",),
    DataKind.EQUITY: ("RELIANCE",),
}


def source_of(kind: DataKind) -> GivenSource:
    wait = 60 if kind == DataKind.CHAIN else 1
    parts = [batch(kind, owner, numbered(kind, MONDAY, range(0, 30 * wait, wait))) for owner in OWNERS[kind]]
    return GivenSource(f"{kind}.given", tuple(parts))


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    root = tmp_path_factory.mktemp("kinds") / "lake"
    result = pack([source_of(kind) for kind in DataKind], root, 1)
    assert (result.rows_read, result.rows_written) == (9 * 30, 9 * 30)
    return Lake.open(root)


@pytest.mark.parametrize("kind", list(DataKind))
def test_every_kind_comes_back_as_it_went_in(lake: Lake, kind: DataKind) -> None:
    first = OWNERS[kind][0]
    name = first if isinstance(first, str) else first.underlying
    rows = lake_rows(lake.root, kind, name, MONDAY)
    given = source_of(kind).given
    assert_frame_equal(rows.select(list(schema_of(kind))), pl.concat([one.rows for one in given]))
    (entry,) = lake.days(kind=kind)
    assert (entry.kind, entry.underlying, entry.rows) == (kind, name, 30 * len(given))
    by_contract = (2, 2 if kind == DataKind.FUTURES else 1) if kind.by_contract else (None, None)
    assert (entry.contracts, entry.expiries) == by_contract


def test_what_stands_beside_the_vendors_columns(lake: Lake) -> None:
    beside = {
        kind: set(pq.read_schema(lake.root / kind / entry.underlying / f"{MONDAY}.parquet").names)
        - set(schema_of(kind))
        for kind in DataKind
        for entry in lake.days(kind=kind)
    }
    keys = {"expiry", "kind", "expiry_type", "source"}
    assert beside == {
        DataKind.OPTIONS: keys | {"strike", "volume_delta", "defects"},
        DataKind.FUTURES: keys | {"volume_delta", "defects"},
        DataKind.CHAIN: keys | {"strike"},
        DataKind.SPOT: {"source"},
        DataKind.VIX: {"source"},
        DataKind.EQUITY: {"source"},
    }


def test_futures_are_opened_by_contract(lake: Lake) -> None:
    file = lake.contracts(DataKind.FUTURES, "BANKNIFTY", MONDAY)
    assert file.contracts.keys() == [(DECEMBER, "FUT", 0), (JANUARY, "FUT", 0)]
    found = file.read([1], ["price_paise", "volume_delta", "defects"])
    assert found["price_paise"].tolist() == [5 * (second + 1) for second in range(30)]
    assert found["volume_delta"].tolist() == [0] + [5] * 29  # the first is null, which arrays tell as 0
    assert found["defects"].tolist() == [0] * 30
    contracts = set(file.ledger()["contract"].drop_nulls())
    assert contracts <= {"BANKNIFTY 2025-12-30 FUT", "BANKNIFTY 2026-01-27 FUT"}
    shares = json.loads(pq.read_metadata(file.path).metadata[b"nfolab_sources"])
    assert list(shares[0]["contracts"]) == ["BANKNIFTY 2025-12-30 FUT", "BANKNIFTY 2026-01-27 FUT"]


def test_a_chain_is_opened_by_contract_and_has_no_feed_delay(lake: Lake) -> None:
    file = lake.contracts(DataKind.CHAIN, "BANKNIFTY", MONDAY)
    assert file.contracts.keys() == [(DECEMBER, "CE", 59400), (DECEMBER, "PE", 59400)]
    assert file.read([0], ["iv"])["iv"][:2].tolist() == [50.0, 350.0]  # the tenth number: 5 × 10, then 5 × (60 + 10)
    assert file.feed_delay() is None
    assert file.ledger().filter(pl.col("check") == "gap")["count"].to_list() == [0]


def test_series_are_read_by_name(lake: Lake) -> None:
    vix = lake.series(DataKind.VIX, "INDIAVIX", MONDAY)
    share = lake.series(DataKind.EQUITY, "RELIANCE", MONDAY)
    assert vix is not None
    assert share is not None
    assert vix.price_paise.tolist() == share.price_paise.tolist() == [5 * (second + 1) for second in range(30)]
    assert vix.volume is None
    assert share.volume is not None
    assert share.volume.tolist() == [5 * (second + 2) for second in range(30)]
    assert lake.series(DataKind.VIX, "INDIAVIX", TUESDAY) is None
    assert lake.series(DataKind.EQUITY, "INDIAVIX", MONDAY) is None


def test_an_equity_without_volume_tells_none(tmp_path: Path) -> None:
    lines = [{"timestamp": instant(MONDAY, second), "price_paise": 100} for second in (0, 1, 1)]
    source = GivenSource("share", (batch(DataKind.EQUITY, "RELIANCE", lines),))
    assert pack([source], tmp_path / "lake", 1).rows_repeated == 1
    found = Lake.open(tmp_path / "lake").series(DataKind.EQUITY, "RELIANCE", MONDAY)
    assert found is not None
    assert found.volume is None
    assert found.price_paise.tolist() == [100, 100]


def test_what_a_reader_notes_of_kept_rows_is_told(tmp_path: Path) -> None:
    note = "last price taken from close"
    whole = batch(DataKind.OPTIONS, CALL, numbered(DataKind.OPTIONS, MONDAY, range(5)))
    source = GivenSource("noted", (replace(whole, notes={note: 5}), replace(whole, notes={note: 2})))
    pack([source], tmp_path / "lake", 1)
    pack(
        [GivenSource("later", (batch(DataKind.OPTIONS, PUT, numbered(DataKind.OPTIONS, MONDAY, range(5))),))],
        tmp_path / "lake",
        1,
    )
    ledger = Lake.open(tmp_path / "lake").options("BANKNIFTY", MONDAY).ledger()
    lines = ledger.filter(pl.col("check").str.starts_with("noted"))
    assert lines.select("contract", "check", "count").rows() == [(str(CALL), f"noted: {note}", 7)]


def test_kinds_in_many_packs_give_the_bytes_of_one(lake: Lake, tmp_path: Path) -> None:
    for kind in reversed(DataKind):
        whole = source_of(kind)
        for number, part in enumerate(reversed(whole.given)):
            pack([GivenSource(f"{kind} {number}", (part,))], tmp_path / "steps", 1)
    parts = [
        GivenSource(f"{kind} {number}", (part,))
        for kind in DataKind
        for number, part in enumerate(reversed(source_of(kind).given))
    ]
    pack(parts, tmp_path / "once", 1)
    assert tree(tmp_path / "steps") == tree(tmp_path / "once")
    kept = lake_rows(tmp_path / "once", "futures", "BANKNIFTY", MONDAY)
    assert_frame_equal(kept.drop("source"), lake_rows(lake.root, "futures", "BANKNIFTY", MONDAY).drop("source"))
    assert rows_of(DataKind.FUTURES, []).columns == list(schema_of(DataKind.FUTURES))
