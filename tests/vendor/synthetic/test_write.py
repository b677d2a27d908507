"""Writing: the same bytes for the same arguments, nothing overwritten, nothing half-written."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from nfolab.base.errors import InputError
from nfolab.cli import synth
from nfolab.vendor.synthetic import write_market

SMALL = {
    "underlying": "NIFTY",
    "start": date(2025, 10, 18),
    "days": 1,
    "size": "small",
    "form": "parquet",
    "seed": 5,
}
"""The first session from then on is Monday 2025-10-20; on Tuesday is the Muhurat hour, 13:45 to 14:45."""


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.fixture(scope="module")
def muhurat(tmp_path_factory):
    """Two days as Parquet with defects, the second the Muhurat hour."""
    folder = tmp_path_factory.mktemp("muhurat") / "market"
    return folder, write_market(folder, **{**SMALL, "days": 2, "defects": True})


def test_the_same_arguments_give_the_same_bytes(tmp_path, muhurat):
    folder, written = muhurat
    again = write_market(tmp_path / "again", **{**SMALL, "days": 2, "defects": True})
    assert again == written
    assert hashes(tmp_path / "again") == hashes(folder)


def test_a_dump_has_the_same_bytes_again(tmp_path):
    for name in ("one", "two"):
        write_market(tmp_path / name, **{**SMALL, "start": date(2025, 10, 21), "form": "sql"})
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")


def test_a_day_does_not_depend_on_how_many_follow(tmp_path, muhurat):
    write_market(tmp_path / "one", **{**SMALL, "defects": True})
    one, two = hashes(tmp_path / "one"), hashes(muhurat[0])
    del one["defects.json"]
    assert one.items() <= two.items()
    assert all("2025-10-20" in name for name in one)


def test_another_seed_market_or_underlying_is_another_market(tmp_path):
    seen = []
    for change in ({}, {"seed": 6}, {"market": "martingale"}, {"underlying": "BANKNIFTY"}):
        folder = tmp_path / str(len(seen))
        write_market(folder, **{**SMALL, "start": date(2025, 10, 21), **change})
        seen.append(set(hashes(folder).values()))
    assert not set.intersection(*seen)
    assert len(set.union(*seen)) == sum(map(len, seen))


def test_days_are_sessions_and_rows_lie_within_their_hours(tmp_path):
    written = write_market(tmp_path / "market", **{**SMALL, "days": 2})
    assert written.days == (date(2025, 10, 20), date(2025, 10, 21))
    hours = {"2025-10-20": ("09:15:00", "15:30:00"), "2025-10-21": ("13:45:00", "14:45:00")}
    for day, (opening, closing) in hours.items():
        files = [*(tmp_path / "market" / day).iterdir(), *(tmp_path / "market" / "spot").glob(f"*{day}*")]
        clocks = pl.concat(pl.read_parquet(file, columns=["timestamp"]).cast(pl.Datetime("us")) for file in files)
        first, last = clocks["timestamp"].min(), clocks["timestamp"].max()
        assert (str(first), str(last)) == (f"{day} {opening}", f"{day} {closing}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"underlying": "BANKNFTY"}, "did you mean BANKNIFTY"),
        ({"underlying": "SENSEX"}, "the synthetic market has no 'SENSEX'"),
        ({"days": 0}, "at least one day"),
        ({"seed": -1}, "from 0 on"),
        ({"start": date(2026, 12, 30), "days": 30}, "known sessions"),
        ({"start": date(2030, 1, 1)}, "outside the market facts"),
    ],
)
def test_what_makes_no_market_is_refused_before_anything_is_written(tmp_path, change, said):
    with pytest.raises(InputError, match=said):
        write_market(tmp_path / "market", **{**SMALL, **change})
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "market").mkdir()
    (tmp_path / "market" / "mine.txt").write_text("kept")
    with pytest.raises(InputError, match="there already"):
        write_market(tmp_path / "market", **SMALL)
    assert [file.name for file in tmp_path.rglob("*")] == ["market", "mine.txt"]


def test_an_empty_folder_is_filled(tmp_path):
    write_market(tmp_path, **{**SMALL, "start": date(2025, 10, 21)})
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["2025-10-21", "fair_values", "futures", "spot", "vix"]


FULL = """
import sys
from datetime import date
from pathlib import Path
from nfolab.vendor.synthetic import write_market
arguments = dict(underlying="NIFTY", start=date(2025, 10, 20), days=3, size="full", form=sys.argv[2], seed=1)
write_market(Path(sys.argv[1]), **arguments)
"""


@pytest.mark.parametrize("form", ["parquet", "sql"])
def test_a_market_whose_writer_is_killed_is_not_there(tmp_path, form):
    process = subprocess.Popen([sys.executable, "-c", FULL, str(tmp_path / "market"), form], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not any(tmp_path.rglob("*.parquet" if form == "parquet" else "*.gz")):
        time.sleep(0.02)
    assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "market").exists()
    (left,) = tmp_path.iterdir()
    assert left.name.endswith(".partial")


@pytest.mark.parametrize("form", ["parquet", "sql"])
def test_a_full_disk_leaves_nothing(tmp_path, form):
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n" + FULL
    command = [sys.executable, "-c", limited, str(tmp_path / "market"), form]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    assert "File too large" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_command(tmp_path):
    app = typer.Typer()
    synth.register(app)
    app.callback()(lambda: None)
    command = ["synth", str(tmp_path / "market"), "--days", "1", "--start", "2025-10-21", "--underlying", "NIFTY"]
    done = CliRunner().invoke(app, [*command, "--format", "sql", "--json"])
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told == {"files": 2, "rows": told["rows"], "days": ["2025-10-21"]}
    assert told["rows"] > 10_000
    assert sorted(entry.name for entry in (tmp_path / "market").iterdir()) == [
        "das_niftyopt_mod.sql.gz",
        "das_nse_mod.sql.gz",
        "fair_values",
    ]


def test_the_command_says_synthetic(tmp_path):
    app = typer.Typer()
    synth.register(app)
    app.callback()(lambda: None)
    done = CliRunner().invoke(app, ["synth", str(tmp_path / "m"), "--days", "1", "--start", "2025-10-21", "--defects"])
    assert done.exit_code == 0
    assert done.stdout.startswith("SYNTHETIC BANKNIFTY: ")
    assert (tmp_path / "m" / "defects.json").is_file()
