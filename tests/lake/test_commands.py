"""`nfolab pack` and `nfolab lake` as scripts see them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from lake_sources import MONDAY, small_market, walk, write_contract
from nfolab.base.errors import InputError
from nfolab.cli import audit as audit_command
from nfolab.cli import lake as lake_commands
from nfolab.cli import pack as pack_command

app = typer.Typer()
for commands in (pack_command, lake_commands, audit_command):
    commands.register(app)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return small_market(tmp_path_factory.mktemp("raw"))


@pytest.fixture(scope="module")
def lake(market: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("commands") / "lake"
    answer("pack", *market, "--lake", root)
    return root


def called(*words: object, code: int = 0) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == code, (done.output, done.exception)
    return done.stdout


def answer(*words: object, code: int = 0) -> Any:
    return json.loads(called(*words, "--json", code=code))


def test_pack_tells_what_it_did(market: list[Path], tmp_path: Path) -> None:
    told = answer("pack", *market, "--lake", tmp_path / "lake", "--workers", 1)
    assert list(told) == [
        "files_read",
        "files_skipped",
        "rows_read",
        "rows_written",
        "rows_refused",
        "rows_repeated",
        "rows_superseded",
        "days",
        "seconds",
        "refused",
    ]
    assert told["days"] == ["2025-12-15", "2025-12-16"]
    assert told["rows_read"] == told["rows_written"] + told["rows_refused"] + told["rows_repeated"]
    assert {"file": "banknifty25dec59400ce.parquet", "rows": 1, "reason": "before 2000"} in told["refused"]
    again = answer("pack", market[0].parent, "--lake", tmp_path / "lake")
    assert (again["files_read"], again["files_skipped"], again["days"], again["refused"]) == (0, 8, [], [])


def test_pack_ends_with_3_when_a_part_failed_and_2_when_all_did(market: list[Path], tmp_path: Path) -> None:
    half = tmp_path / "banknifty25dec59600ce.parquet"
    half.write_bytes(market[0].read_bytes()[:3000])
    told = answer("pack", half, market[1], "--lake", tmp_path / "lake", code=3)
    assert (told["files_read"], told["refused"][0]["file"], told["refused"][0]["rows"]) == (1, half.name, None)
    done = CliRunner().invoke(app, ["pack", str(half), "--lake", str(tmp_path / "other")])
    assert isinstance(done.exception, InputError)
    assert half.name in str(done.exception)


def test_days(lake: Path) -> None:
    first, *_ = answer("lake", "days", "--lake", lake)
    assert list(first) == [
        "day",
        "underlying",
        "kind",
        "source",
        "contracts",
        "expiries",
        "rows",
        "first",
        "last",
        "bytes",
    ]
    told = [first[name] for name in ("day", "underlying", "kind", "source", "contracts", "expiries", "first")]
    assert told == ["2025-12-15", "BANKNIFTY", "options", "vendor", 4, 2, "2025-12-15T09:15:00+05:30"]
    assert "BANKNIFTY" in called("lake", "days", "--lake", lake)


def test_audit(lake: Path) -> None:
    lines = answer("lake", "audit", "--lake", lake, "--day", "2025-12-16")
    assert list(lines[0])[:9] == ["day", "underlying", "contract", "check", "count", "first", "last", "worst", "note"]
    assert {line["day"] for line in lines} == {"2025-12-16"}
    late = [
        line for line in lines if line["check"] == "early end" and line["contract"] == "BANKNIFTY 2025-12-30 59400 CE"
    ]
    assert [(line["count"], line["last"]) for line in late] == [(1, "2025-12-16T09:16:58+05:30")]
    assert {line["count"] for line in lines if line["contract"] is None and line["check"] == "crossed book"} == {0}


def test_sql_and_the_environment(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NFOLAB_LAKE", str(lake))
    statement = "select day, max(timestamp) as last, 0.5 as half, null as gone, count(*) as n from spot group by day"
    assert answer("lake", "sql", statement) == [
        {"day": "2025-12-15", "last": "2025-12-15T09:16:57+05:30", "half": 0.5, "gone": None, "n": 80}
    ]


def test_synthetic_says_so(tmp_path: Path) -> None:
    path = write_contract(tmp_path / "banknifty25dec59400ce.parquet", walk(MONDAY, range(5), 1), synthetic=True)
    answer("pack", path, "--lake", tmp_path / "lake")
    assert answer("lake", "days", "--lake", tmp_path / "lake")[0]["source"] == "synthetic"
    assert "SYNTHETIC" in called("lake", "days", "--lake", tmp_path / "lake")


def test_asking_for_help_loads_neither_duckdb_nor_numba(tmp_path: Path) -> None:
    code = "import sys, nfolab.cli.lake; print([name for name in ('duckdb', 'numba', 'polars') if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=os.environ, check=True
    )
    assert done.stdout.strip() == "[]"
