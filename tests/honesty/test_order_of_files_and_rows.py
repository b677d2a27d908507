"""What a file is called, where it lies and in which order rows and contracts stand must not move a paisa."""

import datetime as dt
import random
from collections.abc import Mapping

import polars as pl
import pyarrow as pa
import pytest

from honesty.markets import packed_window, recipe, straddle
from nfolab.lake import Lake
from nfolab.market.contracts import parse_name
from nfolab.research.plan import Plan
from nfolab.research.results import Run
from nfolab.research.run import run_plan

DAY = dt.date(2025, 7, 9)
TABLES = ("trades", "legs", "events", "days", "plan")


def is_option(name: str) -> bool:
    return not name.startswith("index")


def renamed(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Other forms of the contracts' names, capitals, folders; the index under a name that tells nothing."""

    def other(name: str, number: int) -> str:
        if not is_option(name):
            return "an_index.parquet"
        contract = parse_name(name.removesuffix(".parquet"))
        day, month = f"{contract.expiry:%d}", f"{contract.expiry:%b}".upper()
        forms = (
            name.upper().replace(".PARQUET", ".parquet"),
            f"OPTIDXNIFTY{contract.expiry:%d-%m-%Y}{contract.kind}{contract.strike}.00.parquet",
            f"NIFTY{day}{month}{contract.expiry:%y}{contract.strike}{contract.kind}.parquet",
        )
        return f"deep/er/{number % 2}/{forms[number % 3]}"

    return {other(name, number): table for number, (name, table) in enumerate(tables.items())}


def shuffled_rows(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Rows of different timestamps in any order; those of one timestamp keep theirs."""
    rng = random.Random(1)
    result = {}
    for name, table in tables.items():
        places: dict[object, list[int]] = {}
        for place, time in enumerate(table["timestamp"].to_pylist()):
            places.setdefault(time, []).append(place)
        times = list(places)
        rng.shuffle(times)
        result[name] = table.take(pa.array([place for time in times for place in places[time]], pa.int64()))
    return result


def split_files(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Each contract in two files of different folders, the later rows in the folder that is read first."""
    result = {}
    for name, table in tables.items():
        times = table["timestamp"].to_pylist()
        half = next(place for place in range(len(times) // 2, len(times)) if times[place] > times[place - 1])
        result[f"z/{name}"], result[f"a/{name}"] = table.slice(0, half), table.slice(half)
    return result


def with_strangers(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """More contracts that nobody trades: cheaper strikes, another expiry, far from the money."""
    donor = tables[next(filter(is_option, tables))]
    own = {"nifty2571020000ce": ("CE", 20_000), "nifty2571731000pe": ("PE", 31_000)}
    result = dict(tables)
    for name, (kind, strike) in own.items():
        columns = {"opt_type": pa.array([kind] * donor.num_rows), "strike": pa.array([strike] * donor.num_rows)}
        table = donor
        for column, values in columns.items():
            place = table.column_names.index(column)
            table = table.set_column(place, table.schema.field(place), values.cast(table.schema.field(place).type))
        result[f"{name}.parquet"] = table
    return result


def run_of(lake: Lake, folder) -> Run:
    asked = [
        (straddle(), {"entry": "10:31:00", "exit": "10:46:00", "stop": "2%", "target": "2%"}),
        (straddle(), {"entry": "10:33:20", "exit": "10:40:00", "leg_stop": "4%", "lots": "18lots"}),
        (straddle(), {"entry": "10:35:00", "exit": "10:47:00", "spot": "parity", "strike": "atm_pair", "stop": "1%"}),
        (recipe("bought_call"), {"entry": "10:34:10", "exit": "10:45:00", "target": "3%", "leg_stop": "3%"}),
        (recipe("fly"), {"entry": "10:36:00", "exit": "10:44:00", "stop": "2pt"}),
    ]
    recipes = tuple({asker.id: asker for asker, _ in asked}.values())
    variants = tuple(asker.variant(given, number) for number, (asker, given) in enumerate(asked))
    return run_plan(Plan(lake, "NIFTY", (DAY,), recipes, variants), folder)


def content(run: Run) -> dict[str, bytes]:
    return {name: (run.folder / f"{name}.parquet").read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def as_it_came(window, tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("as_it_came")
    run = run_of(packed_window(folder, window), folder / "runs")
    assert run.header["totals"]["trades"] == 5
    return content(run)


@pytest.mark.parametrize("change", [renamed, shuffled_rows, split_files])
def test_names_and_order_change_nothing(as_it_came, window, tmp_path, change):
    changed = change(window)
    assert list(changed) != list(window) or any(not changed[name].equals(window[name]) for name in window)
    assert content(run_of(packed_window(tmp_path, changed), tmp_path / "runs")) == as_it_came


def test_contracts_that_nobody_trades_change_nothing_but_the_rows_numbers(as_it_came, window, tmp_path):
    run = run_of(packed_window(tmp_path, with_strangers(window)), tmp_path / "runs")
    found = content(run)
    assert {name: found[name] for name in TABLES if name != "events"} == {
        name: as_it_came[name] for name in TABLES if name != "events"
    }
    before, after = pl.read_parquet(as_it_came["events"]), run.table("events")
    assert after.drop("row").equals(before.drop("row"))
    assert set((after["row"] - before["row"]).drop_nulls()) == {window[next(filter(is_option, window))].num_rows}


def test_packing_in_two_goes_changes_nothing(as_it_came, window, tmp_path):
    names = list(window)
    packed_window(tmp_path, {name: window[name] for name in names[::2]})
    lake = packed_window(tmp_path, {name: window[name] for name in names[1::2]})
    assert content(run_of(lake, tmp_path / "runs")) == as_it_came
