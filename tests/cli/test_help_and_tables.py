"""What people read: help in their own words, tables that fit 80 and 140 columns, places found without being named."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.conftest import Ask, Way

COMMANDS = [
    "demo", "synth", "pack", "lake", "lake days", "lake audit", "lake sql", "run", "trades", "explain", "strategies",
    "encyclopedia", "report", "price", "contract", "charges", "calendar", "calendar expiries", "calendar check",
    "calendar session",
]  # fmt: skip
HEAVY = {"numba", "duckdb", "polars", "pyarrow", "plotly", "pandas", "numpy"}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_speaks_the_users_words(ask: Ask, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    answer = ask(*command.split(), "--help")
    assert answer.code == 0
    assert answer.err == ""
    assert f"Usage: nfolab {command} " in answer.out
    for internal in ("{", "}", "<list[", "<%Y", "[[", "Path", "None"):
        assert internal not in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80


def test_usage_names_what_must_be_given(ask: Ask) -> None:
    assert "Usage: nfolab explain [OPTIONS] RUN TRADE" in ask("explain", "--help").out
    assert "Usage: nfolab pack [OPTIONS] SOURCE..." in ask("pack", "--help").out
    assert "Usage: nfolab demo [OPTIONS] [DIR]" in ask("demo", "--help").out


def test_every_command_is_told_by_the_first_help(ask: Ask) -> None:
    told = ask("--help").out
    assert all(f" {command} " in told for command in COMMANDS if " " not in command)
    assert ask().code == 2


def test_help_imports_nothing_heavy() -> None:
    seen = "import sys, nfolab.cli.app as it; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert "typer" in done.stdout.split()
    assert HEAVY.isdisjoint(done.stdout.split())


@pytest.mark.parametrize("width", [80, 140])
@pytest.mark.parametrize(
    "words",
    [
        "lake days", "lake audit --day 2025-07-08", "trades {name}", "explain {name} 1", "report {name}", "strategies",
        "run short_straddle --grid stop=none,3% --grid entry=09:20:00,10:05:00",
    ],
)  # fmt: skip
def test_tables_fit_the_terminal(way: Way, ask: Ask, monkeypatch: pytest.MonkeyPatch, words: str, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NFOLAB_LAKE", str(way.lake))
    monkeypatch.setenv("NFOLAB_RUNS", str(way.runs))
    answer = ask(*words.format(name=way.name).split())
    assert answer.code == 0
    paths = (str(way.lake), str(way.runs))
    lines = [line.rstrip() for line in answer.out.splitlines() if not any(path in line for path in paths)]
    assert max(map(len, lines)) <= width
    assert "…" not in answer.out
    assert "SYNTHETIC" in answer.out or words == "strategies"


def test_what_a_trader_looks_for_is_whole_at_80_columns(way: Way, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    first = ask("trades", way.name, "--runs", way.runs, "--json").document[0]
    shown = ask("trades", way.name, "--runs", way.runs).out
    told = ask("explain", way.name, 1, *way.places).out
    for leg in first["legs"]:
        named = leg["contract"].split("-", 1)[1]
        assert f"sell {named} {leg['entry_price']:.2f}→{leg['exit_price']:.2f}" in shown
        assert leg["entry_time"][11:19] in told
        assert leg["exit_time"][11:19] in told
    assert f"{first['net']:,.2f}" in shown
    assert f"{first['net_worst']:,.2f}" in told


def test_rows_too_wide_for_the_terminal_are_lists_of_values(
    way: Way, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    levels = [f"{side}{what}{level}" for side in "bs" for level in range(5) for what in "qp"]
    statement = f"select price, volume, volume_delta, {', '.join(levels)} from options limit 2"
    shown = ask("lake", "sql", statement, "--lake", way.lake).out
    assert shown.startswith("SYNTHETIC DATA\n")
    assert "row 2\n" in shown
    for name in ("price", "volume_delta", *levels):
        assert f"  {name} " in shown or f"{name} " in shown.splitlines()[1]


def test_places_are_found_without_being_named(
    way: Way, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NFOLAB_LAKE", "NFOLAB_RUNS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "lake").symlink_to(way.lake)
    monkeypatch.chdir(tmp_path)
    told = ask("run", "short_straddle", "--json").document
    assert (told["path"], told["days_with_data"], told["trades"]) == (f"runs/{told['run']}", 3, 3)
    assert len(ask("trades", told["run"][:5], "--json").document) == 3
    assert ask("explain", told["run"], 1, "--json").document["trade"]["underlying"] == "BANKNIFTY"
    monkeypatch.setenv("NFOLAB_RUNS", str(way.runs))
    assert len(ask("trades", way.name, "--json").document) == 12


def test_the_real_command_keeps_its_streams_apart(way: Way, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nfolab", "run", "short_straddle", "--runs", str(tmp_path), "--json"]
    environment = os.environ | {"NFOLAB_LAKE": str(way.lake)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert json.loads(done.stdout)["trades"] == 3
    assert done.stderr == ""
    done = subprocess.run([*command, "--set", "stpo=5%"], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "nfolab: short_straddle has no parameter 'stpo' (did you mean stop?)\n"
