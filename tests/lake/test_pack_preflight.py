"""What `pack` says before it packs: how much, how long, whether it fits, and what a calendar has wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from lake_sources import MONDAY, small_market, tree, walk, write_contract
from nfolab.base.errors import InputError
from nfolab.cli import pack as pack_command
from nfolab.lake.packing.calendar import read_differences
from nfolab.lake.packing.pack import pack
from nfolab.lake.packing.preflight import preflight
from nfolab.lake.packing.space import allow_open_files
from nfolab.vendor.sources import find_sources

app = typer.Typer()
app.callback()(lambda: None)
pack_command.register(app)


def answer(*words: object) -> tuple[Any, str]:
    done = CliRunner().invoke(app, ["pack", *map(str, words), "--json"])
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.stdout), done.stderr


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return small_market(tmp_path_factory.mktemp("raw"))


def test_a_dry_run_tells_and_writes_nothing(market: list[Path], tmp_path: Path) -> None:
    told, _ = answer(market[0].parent, "--lake", tmp_path / "lake", "--dry-run", "--workers", 1)
    assert not (tmp_path / "lake").exists()
    # every file is in the sample here, so that the estimate is exact: 4 × 2 days, 2 × 1 day, 2 indices, 4 rows of 1970
    by_hand = sum(2 * len([s for s in range(120) if (s + number) % 7]) for number in range(4)) + 2 * 120 + 2 * 40 + 4
    assert (told["files"], told["files_to_skip"], told["sampled"], told["rows"]) == (8, 0, 8, by_hand)
    assert told["bytes"] == sum(path.stat().st_size for path in market)
    assert told["expiries"] == ["2025-12-16", "2025-12-30", "2026-01-27"]
    assert (told["days"], told["rounds"], told["fits"], told["estimated"]) == ([], 1, True, True)


def test_a_dry_run_knows_what_is_packed(market: list[Path], tmp_path: Path) -> None:
    pack(find_sources(market[:5]), tmp_path / "lake", 1)
    before = tree(tmp_path / "lake")
    told = preflight(find_sources(market), tmp_path / "lake", 1)
    assert (told.files, told.files_to_skip) == (8, 5)
    assert tree(tmp_path / "lake") == before


def test_another_content_under_a_known_name_is_not_thought_packed(tmp_path: Path) -> None:
    path = tmp_path / "raw" / "banknifty25dec59400ce.parquet"
    pack(find_sources([write_contract(path, walk(MONDAY, range(20), 1))]), tmp_path / "lake", 1)
    write_contract(path, walk(MONDAY, range(20), 2))
    told = preflight(find_sources([path]), tmp_path / "lake", 1)
    assert (told.files_to_skip, told.rows) == (0, 20)


def test_rounds_and_room_are_told(market: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = preflight(find_sources(market), tmp_path / "lake", 1)
    told = preflight(find_sources(market), tmp_path / "lake", 1, whole.scratch_bytes // 3)
    assert (whole.rounds, told.rounds) == (1, 4)  # what is left of the division takes a round
    monkeypatch.setattr("nfolab.lake.packing.preflight.free_bytes", lambda _: whole.lake_bytes)
    assert not preflight(find_sources(market), tmp_path / "lake", 1).fits


def test_open_files_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nfolab.lake.packing.space.resource.getrlimit", lambda _: (100, 300))
    with pytest.raises(InputError, match=r"^64 workers need 640 open files and this shell allows 300: run `ulimit -n"):
        allow_open_files(64)


def test_scratch_must_be_something(market: list[Path], tmp_path: Path) -> None:
    words = ["pack", str(market[0]), "--lake", str(tmp_path / "lake"), "--scratch-gb", "0"]
    done = CliRunner().invoke(app, words)
    assert isinstance(done.exception, InputError)
    assert "0 GB of scratch" in str(done.exception)


def test_a_calendar_is_held_against_the_rules_and_kept(market: list[Path], tmp_path: Path) -> None:
    calendar = tmp_path / "mine.csv"
    # BANKNIFTY's December contract of 2025 expired on Tuesday the 30th; the file says Thursday the 25th
    calendar.write_text("instrument,expiry_type,final_expiry\nBANKNIFTY,monthly,2025-12-25\nNIFTY,monthly,2025-12-30\n")
    told, remarks = answer(market[0], "--lake", tmp_path / "lake", "--calendar", calendar)
    (wrong,) = told["calendar"]
    assert (wrong["line"], wrong["underlying"], wrong["in_file"]) == (2, "BANKNIFTY", "2025-12-25")
    assert "mine.csv, line 2: BANKNIFTY monthly 2025-12-25" in remarks
    assert "1 of 2 rows" in remarks
    kept = read_differences(tmp_path / "lake")
    assert kept is not None
    assert kept.select("line", "file", "why").rows() == [(2, "mine.csv", wrong["why"])]
    assert (tmp_path / "lake" / "options" / "BANKNIFTY" / f"{MONDAY}.parquet").exists()
    assert read_differences(tmp_path) is None
