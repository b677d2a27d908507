"""`nfolab report`: tables for people, one JSON document for scripts, one sentence for mistakes."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from nfolab.base.errors import InputError
from nfolab.cli.report import register
from nfolab.research.results import Run
from research.run_folders import plausible_run

app = typer.Typer()
register(app)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return plausible_run(tmp_path / "runs", days=12)


def asked(run: Run, *more: str) -> str:
    runs, lake = str(run.folder.parent), str(run.folder.parent / "no-lake")
    result = CliRunner().invoke(
        app, [run.folder.name, "--runs", runs, "--lake", lake, *more], catch_exceptions=False, env={"COLUMNS": "140"}
    )
    assert result.exit_code == 0
    return result.stdout


def test_json_is_one_document(run: Run) -> None:
    told = json.loads(asked(run, "--json"))
    assert told["source"] == "synthetic"
    assert Path(told["html"]) == run.folder / "report.html"
    assert Path(told["html"]).is_file()
    assert told["tables"]["result"]["all"]["trades"] == run.header["totals"]["trades"]
    assert round(told["tables"]["result"]["all"]["net"] * 100) == run.header["totals"]["net_paise"]


def test_tables_are_printed(run: Run) -> None:
    told = asked(run)
    assert told.index("SYNTHETIC") < told.index("Net, likely")
    for title in ("The result", "From mid to net", "Exits by reason", "By day", "From days to trades"):
        assert f"{title}" in told
    assert "too few to conclude" in told
    assert "report.html" in told


def test_places_come_from_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NFOLAB_RUNS", str(run.folder.parent))
    monkeypatch.setenv("NFOLAB_LAKE", str(run.folder / "no-lake"))
    result = CliRunner().invoke(app, [run.folder.name[:5], "--json"], catch_exceptions=False)
    assert json.loads(result.stdout)["run"] == run.folder.name


def test_an_unknown_run_is_told_in_a_sentence(run: Run) -> None:
    with pytest.raises(InputError, match=r"no run 'other' in .*; there are made-up-run"):
        CliRunner().invoke(app, ["other", "--runs", str(run.folder.parent)], catch_exceptions=False)
