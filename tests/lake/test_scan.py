"""Every kind of data in SQL, Polars, Arrow and flat copies: the same rows, and nothing read that was not asked for."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from lake_given import GivenSource, batch, instant, numbered
from lake_sources import MONDAY, TUESDAY, lake_rows, row, small_market, write_contract
from nfolab.base.errors import InputError
from nfolab.base.snapshot import COLUMNS, DataKind
from nfolab.lake import Lake, arrow, scan
from nfolab.lake.packing.pack import pack
from nfolab.lake.repair.drop import Chosen
from nfolab.lake.sql import query
from nfolab.lake.telling.export import export_flat
from nfolab.market.contracts import Contract
from nfolab.vendor.sources import find_sources

DECEMBER = date(2025, 12, 30)
CALL = Contract("BANKNIFTY", DECEMBER, "CE", 59400)
PUT = Contract("BANKNIFTY", DECEMBER, "PE", 59400)
FUTURE = Contract("BANKNIFTY", DECEMBER, "FUT", None)
OWNERS: dict[DataKind, tuple[Contract | str, ...]] = {
    DataKind.OPTIONS: (CALL, PUT),
    DataKind.FUTURES: (FUTURE,),
    DataKind.CHAIN: (CALL, PUT),
    DataKind.SPOT: ("BANKNIFTY",),
    DataKind.VIX: ("INDIAVIX",),
    DataKind.EQUITY: ("RELIANCE",),
}
VIEW = {kind: "chains" if kind == DataKind.CHAIN else str(kind) for kind in DataKind}
ORDER = {kind: "day, kind, timestamp" if kind.by_contract else "day, timestamp" for kind in DataKind}
"""The order of the lake's rows, which SQL keeps only if asked to."""
SPOT = {"price_paise": 59_450_50}


def source_of(kind: DataKind, day: date) -> GivenSource:
    fixed = SPOT if kind == DataKind.SPOT else {}
    fixed = {"spot_paise": 59_390_00, "bp0_paise": 100_00, "sp0_paise": 101_00} if kind == DataKind.CHAIN else fixed
    parts = [batch(kind, owner, numbered(kind, day, range(20), **fixed)) for owner in OWNERS[kind]]
    return GivenSource(f"{kind} {day}", tuple(parts))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("kinds") / "lake"
    pack([source_of(kind, day) for kind in DataKind for day in (MONDAY, TUESDAY)], root, 1)
    return root


@pytest.mark.parametrize("kind", list(DataKind))
def test_every_view_has_the_vendors_columns_in_rupees(root: Path, kind: DataKind) -> None:
    stored = lake_rows(root, kind, Lake.open(root).days(kind=kind)[0].underlying, MONDAY)
    found = query(root, f"select * from {VIEW[kind]} where day = '2025-12-15' order by {ORDER[kind]}")
    assert (found.height, found.columns[:2]) == (stored.height, ["underlying", "day"])
    for column in COLUMNS[kind]:
        seen, kept = found[column.vendor], stored[column.stored]
        if column.unit == "paise":
            assert seen.to_list() == [int(paise) / 100 for paise in kept]
        elif column.unit == "time":
            assert seen.dt.epoch("us").to_list() == kept.dt.epoch("us").to_list()
        else:
            assert seen.to_list() == kept.to_list()
    assert "source" not in found.columns


@pytest.mark.parametrize("kind", list(DataKind))
def test_a_kind_that_the_lake_lacks_is_a_view_of_the_same_columns_without_rows(
    root: Path, tmp_path: Path, kind: DataKind
) -> None:
    other = DataKind.VIX if kind == DataKind.SPOT else DataKind.SPOT
    pack([source_of(other, MONDAY)], tmp_path / "lake", 1)
    ask = f"select column_name, column_type from (describe select * from {VIEW[kind]})"
    assert query(tmp_path / "lake", ask).rows() == query(root, ask).rows()
    assert query(tmp_path / "lake", f"select * from {VIEW[kind]}").height == 0


def test_what_is_computed_of_futures_and_chains(root: Path) -> None:
    # the first row of a future: price is the first number, 5 paise; the index stands at 59,450.50
    (future,) = query(
        root, "select price, spot, basis, dte, mid, bp0, sp0 from futures where day = '2025-12-15' limit 1"
    ).to_dicts()
    assert (future["price"], future["spot"], future["basis"], future["dte"]) == (0.05, 59450.5, -59450.45, 15)
    assert future["mid"] == (future["bp0"] + future["sp0"]) / 2
    call, put = query(
        root,
        "select mid, spread, spot, moneyness, distance_from_spot, intrinsic_value from chains "
        "where day = '2025-12-16' and timestamp = '2025-12-16 09:15:00+05:30' order by kind",
    ).to_dicts()
    assert (call["mid"], call["spread"], call["spot"], call["distance_from_spot"]) == (100.5, 1.0, 59390.0, 10.0)
    assert call["moneyness"] == 59390 / 59400
    assert (call["intrinsic_value"], put["intrinsic_value"]) == (0.0, 10.0)


@pytest.mark.parametrize("kind", list(DataKind))
def test_polars_and_arrow_give_the_rows_of_the_views(root: Path, kind: DataKind) -> None:
    framed = scan(root, kind=kind).collect()
    asked = query(root, f"select * from {VIEW[kind]} order by {ORDER[kind]}").select(framed.columns)
    clocks = [column.vendor for column in COLUMNS[kind] if column.unit == "time"]
    assert_frame_equal(framed.with_columns(pl.col(clocks).cast(asked.schema[clocks[0]])), asked)
    stored = pl.DataFrame(pl.from_arrow(arrow(root, kind=kind).to_table()))
    (name,) = {entry.underlying for entry in Lake.open(root).days(kind=kind)}
    for day in (MONDAY, TUESDAY):
        some = stored.filter(underlying=name, day=day).drop("underlying", "day")
        assert_frame_equal(some, lake_rows(root, kind, name, day))


def test_days_are_chosen_by_range_and_by_name(root: Path) -> None:
    for chosen in ({"first": TUESDAY}, {"days": [TUESDAY]}, {"underlying": "INDIAVIX", "last": MONDAY}):
        framed = scan(root, kind="vix", **chosen)
        stored = arrow(root, kind="vix", **chosen)
        assert isinstance(stored, ds.Dataset)
        assert framed.collect().height == stored.count_rows() == 20
    for ask in (scan, arrow):
        with pytest.raises(InputError, match=r"no kind of data called 'option' \(did you mean options\?\)"):
            ask(root, kind="option")
        with pytest.raises(InputError, match=r"has no such chains: .*lake days"):
            ask(root, kind="chain", days=[date(2025, 1, 1)])


def test_volactual_stands_in_all_rows_where_a_day_has_it(tmp_path: Path) -> None:
    rows = [row(MONDAY, 1), row(TUESDAY, 1)]
    write_contract(tmp_path / "raw" / "banknifty25dec59400ce.parquet", rows)
    write_contract(tmp_path / "raw" / "banknifty25dec59500ce.parquet", [rows[0] | {"volactual": 4.5}])
    pack(find_sources([tmp_path / "raw"]), tmp_path / "lake", 1)
    expected = [None, 4.5, None]
    assert scan(tmp_path / "lake").collect().sort("day", "strike")["volactual"].to_list() == expected
    assert (
        query(tmp_path / "lake", "select volactual from options order by day, strike").to_series().to_list() == expected
    )
    table = arrow(tmp_path / "lake").to_table(columns=["volactual", "day", "strike"])
    assert table.sort_by([("day", "ascending"), ("strike", "ascending")])["volactual"].to_pylist() == expected


def _only(lake: Path, wanted: dict[str, int]) -> None:
    """Damage every byte of Monday's options but some columns of one row group, and every other file of the lake."""
    for path in (lake / "options").rglob("*.parquet"):
        metadata = pq.read_metadata(path)
        content = bytearray(path.read_bytes())
        spared = set()
        for group in range(metadata.num_row_groups):
            for number in range(metadata.num_columns):
                chunk = metadata.row_group(group).column(number)
                begin = chunk.dictionary_page_offset or chunk.data_page_offset
                end = begin + chunk.total_compressed_size
                if path.stem == str(MONDAY) and "BANKNIFTY" in str(path) and wanted.get(chunk.path_in_schema) == group:
                    spared |= set(range(begin, end))
        for place in set(range(4, end)) - spared:
            content[place] ^= 0xFF
        path.write_bytes(content)


def _in_sql(lake: Path) -> float:
    return float(
        query(
            lake,
            "select sum(price) from options where underlying = 'BANKNIFTY' and day = '2025-12-15' "
            "and expiry = '2026-01-27' and strike = 59400 and kind = 'CE'",
        ).item()
    )


def _in_polars(lake: Path) -> float:
    chosen = scan(lake, "BANKNIFTY", days=[MONDAY]).filter(expiry=date(2026, 1, 27), strike=59400, kind="CE")
    return float(chosen.select(pl.col("price").sum()).collect().item())


def _in_arrow(lake: Path) -> float:
    field = ds.field
    one = (field("underlying") == "BANKNIFTY") & (field("day") == MONDAY) & (field("expiry") == date(2026, 1, 27))
    table = arrow(lake).to_table(columns=["price_paise"], filter=one & (field("strike") == 59400))
    return sum(table["price_paise"].to_pylist()) / 100


@pytest.mark.parametrize("ask", [_in_sql, _in_polars, _in_arrow])
def test_one_contracts_price_is_read_where_all_else_is_damaged(ask: Callable[[Path], float], tmp_path: Path) -> None:
    small_market(tmp_path / "raw", seconds=60)
    pack(find_sources([tmp_path / "raw"]), tmp_path / "lake", 1)
    stored = lake_rows(tmp_path / "lake", "options", "BANKNIFTY", MONDAY)
    expected = stored.filter(expiry=date(2026, 1, 27))["price_paise"].sum() / 100
    groups = pq.read_metadata(tmp_path / "lake" / "options" / "BANKNIFTY" / f"{MONDAY}.parquet").num_row_groups
    assert groups == 2  # the second is of January
    _only(tmp_path / "lake", dict.fromkeys(("expiry", "kind", "strike", "price_paise"), 1))
    assert ask(tmp_path / "lake") == pytest.approx(expected, abs=1e-6)


def test_the_join_with_spot_reads_the_days_asked_for_alone(root: Path) -> None:
    plan = query(root, "explain analyze select avg(moneyness) from options where day = '2025-12-16'").row(0)[1]
    assert plan.count("2025-12-16.parquet") >= 2
    assert "2025-12-15.parquet" not in plan


@pytest.mark.parametrize("kind", list(DataKind))
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_flat_copy_has_what_the_view_has(root: Path, tmp_path: Path, kind: DataKind, form: Any) -> None:
    done = export_flat(root, tmp_path / "flat", Chosen(day=TUESDAY, kind=str(kind)), form)
    (path,) = done.files
    (name,) = {entry.underlying for entry in Lake.open(root).days(kind=kind)}
    assert path == tmp_path / "flat" / kind / name / f"{TUESDAY}.{form}"
    asked = query(root, f"select * from {VIEW[kind]} where day = '2025-12-16' order by {ORDER[kind]}")
    asked = asked.drop("volactual", strict=False)
    if form == "csv":
        written = pl.read_csv(path, try_parse_dates=True)
        assert written.height == asked.height
        assert set(written.columns) == {*asked.columns, "source"}
        assert_frame_equal(written.select("price"), asked.select("price"))
        return
    copy = pl.read_parquet(path)
    assert set(copy["source"]) == {"vendor"}
    clocks = [column.vendor for column in COLUMNS[kind] if column.unit == "time"]
    same = copy.drop("source").with_columns(pl.col(clocks).cast(asked.schema["timestamp"]))
    assert_frame_equal(same, asked, check_column_order=False, check_dtypes=False)
    assert pq.read_metadata(path).metadata[b"nfolab_source"] == b"vendor"


def test_a_copy_keeps_the_lakes_order_and_takes_no_spot_from_the_future(tmp_path: Path) -> None:
    seconds = [instant(MONDAY, second) for second in (10, 10, 12, 13)]
    lines = [{"timestamp": at, "price_paise": 100 + n, "volume": 5} for n, at in enumerate(seconds)]
    spots = [
        {"timestamp": instant(MONDAY, at), "price_paise": paise} for at, paise in ((9, 1), (10, 2), (10, 3), (14, 4))
    ]
    given = [
        GivenSource("options", (batch(DataKind.OPTIONS, CALL, lines),)),
        GivenSource("spot", (batch(DataKind.SPOT, "BANKNIFTY", spots),)),
    ]
    pack(given, tmp_path / "lake", 1)
    done = export_flat(tmp_path / "lake", tmp_path / "flat", Chosen(kind="options"))
    copy = pl.read_parquet(done.files[0])
    assert copy["price"].to_list() == [1.0, 1.01, 1.02, 1.03]
    assert copy["spot"].to_list() == [0.03, 0.03, 0.03, None]  # the last of second 10, two seconds old, then three


def test_where_no_copy_can_go_is_told(root: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lies in the lake itself"):
        export_flat(root, root / "flat", Chosen())
    with pytest.raises(InputError, match="has nothing of that"):
        export_flat(root, tmp_path, Chosen(underlying="SENSEX"))
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written because"):
        export_flat(root, tmp_path / "file", Chosen())
