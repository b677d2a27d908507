"""The example in JavaScript reads from a lake what Python reads: every number, and no other row group."""

import json
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from lake_sources import MONDAY, small_market, walk, write_contract
from nfolab.lake.packing.pack import pack
from nfolab.vendor.sources import find_sources

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "read_lake_javascript"
CALL = ("BANKNIFTY", str(MONDAY), "2025-12-30", "59400", "CE")
NEXT_MONTH = ("BANKNIFTY", str(MONDAY), "2026-01-27", "59400", "CE")


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example as a developer has it after `npm ci`."""
    for command in ("node", "npm"):
        if shutil.which(command) is None:
            pytest.skip(f"there is no {command}: install Node.js 18 or newer")
    folder = tmp_path_factory.mktemp("javascript") / "example"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules"))
    cache = tmp_path_factory.mktemp("npm")
    done = subprocess.run(
        ["npm", "ci", "--cache", str(cache), "--no-update-notifier"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    raw = tmp_path_factory.mktemp("raw")
    small_market(raw)
    with_volactual = [one | {"volactual": 0.1 * n} for n, one in enumerate(walk(MONDAY, range(90), 5))]
    with_volactual[3] |= {"volactual": None, "price": None, "bp4": None, "oi": 2**40, "lastTradeTime": None}
    write_contract(raw / "banknifty25dec59600ce.parquet", with_volactual)
    pack(find_sources([raw]), raw / "lake", 1)
    return raw / "lake"


def called(example: Path, *words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    words = ("node", "print_contract.js", *words)
    done = subprocess.run([str(word) for word in words], cwd=example, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done


def read_by_polars(lake: Path, contract: tuple[str, ...]) -> pl.DataFrame:
    underlying, day, expiry, strike, kind = contract
    rows = pl.read_parquet(lake / "options" / underlying / f"{day}.parquet")
    return rows.filter(expiry=date.fromisoformat(expiry), strike=int(strike), kind=kind)


def told_by_node(example: Path, lake: Path, contract: tuple[str, ...], columns: list[str]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(called(example, lake, *contract, "--json", *columns).stdout)
    return told


@pytest.mark.parametrize("strike", ["59400", "59600"])
def test_every_number_of_every_column_is_that_of_polars(example: Path, lake: Path, strike: str) -> None:
    contract = (*CALL[:3], strike, "CE")
    rows = read_by_polars(lake, contract)
    clocks = [name for name, dtype in rows.schema.items() if isinstance(dtype, pl.Datetime)]
    expected = rows.with_columns(
        pl.col("expiry").cast(pl.String), *(pl.col(name).to_physical().cast(pl.String) for name in clocks)
    )
    told = told_by_node(example, lake, contract, rows.columns)
    assert len(rows.columns) == 54
    assert told["source"] == "vendor"
    assert told["rows"] == expected.to_dicts()


def test_only_the_columns_of_its_row_group_are_read(example: Path, lake: Path, tmp_path: Path) -> None:
    columns = ["timestamp", "price_paise", "bp0_paise", "sp0_paise"]
    expected = told_by_node(example, lake, NEXT_MONTH, columns)
    path = Path("options") / "BANKNIFTY" / f"{MONDAY}.parquet"
    metadata = pq.read_metadata(lake / path)
    chunks = [metadata.row_group(1).column(n) for n in range(metadata.num_columns)]
    wanted = [chunk for chunk in chunks if chunk.path_in_schema in columns]
    last = metadata.row_group(metadata.num_row_groups - 1).column(metadata.num_columns - 1)
    damaged = bytearray((lake / path).read_bytes())
    spared = {n for one in wanted for n in range(_begin(one), _begin(one) + one.total_compressed_size)}
    for place in set(range(4, _begin(last) + last.total_compressed_size)) - spared:
        damaged[place] ^= 0xFF
    target = tmp_path / path
    target.parent.mkdir(parents=True)
    target.write_bytes(damaged)
    told = told_by_node(example, tmp_path, NEXT_MONTH, columns)
    assert told["contract"]["rowGroup"] == 1
    assert told["rows"] == expected["rows"]
    assert told["bytesRead"] < len(damaged) / 10


def _begin(chunk: pq.ColumnChunkMetaData) -> int:
    return chunk.dictionary_page_offset or chunk.data_page_offset


def test_people_read_the_newest_row_of_each_second_in_rupees(example: Path, tmp_path: Path) -> None:
    beats = walk(MONDAY, [10, 10, 11.5, 13], 1)
    beats[1] |= {"price": 150.05, "bp0": 150.0, "sp0": 150.1, "volume": 10**6}
    beats[2] |= {"price": 150.1, "bp0": None, "volume": 10**6}
    beats[3] |= {"price": 7.0, "bp0": 6.95, "sp0": 7.05, "volume": 10**6}
    path = write_contract(tmp_path / "raw" / "banknifty25dec59400ce.parquet", beats, synthetic=True)
    pack(find_sources([path]), tmp_path / "lake", 1)
    ask = f"{beats[2]['sp0']:.2f}"
    assert called(example, tmp_path / "lake", *CALL).stdout.splitlines() == [
        "SYNTHETIC DATA",
        "time\tprice\tbid\task",
        "2025-12-15 09:15:10\t150.05\t150.00\t150.10",
        f"2025-12-15 09:15:11\t150.10\t\t{ask}",
        "2025-12-15 09:15:13\t7.00\t6.95\t7.05",
    ]


def test_mistakes_are_told_in_a_sentence(example: Path, lake: Path) -> None:
    def mistake(*words: object) -> str:
        done = called(example, *words, code=2)
        assert done.stdout == ""
        return done.stderr

    assert "has no row on" in mistake(lake, *CALL[:3], "59450", "CE")
    assert "there is no" in mistake(lake, "SENSEX", *CALL[1:])
    assert "stores no column price" in mistake(lake, *CALL, "--json", "price")
    assert mistake(lake).startswith("usage:")
    assert mistake(lake, *CALL, "--help").startswith("usage:")
    assert len(mistake(lake / "none", *CALL).splitlines()) == 1


def test_the_lock_names_no_registry_and_only_exact_versions() -> None:
    lock = json.loads((EXAMPLE / "package-lock.json").read_text(encoding="utf-8"))
    asked = json.loads((EXAMPLE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    packages = {name.removeprefix("node_modules/"): one for name, one in lock["packages"].items() if name}
    assert {name: packages[name]["version"] for name in asked} == asked
    assert all("resolved" not in one and one["integrity"].startswith("sha512-") for one in packages.values())
