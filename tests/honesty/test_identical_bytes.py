"""The same run twice, on any number of workers, leaves the same bytes; only the ledger knows the clock."""

import json
from pathlib import Path

import pytest

from honesty.markets import plan_of_all
from nfolab.research.results import TABLES, Run
from nfolab.research.run import run_plan

SAME = [name for name in TABLES if name != "ledger"]


def content(run: Run) -> dict[str, bytes]:
    return {name: (run.folder / f"{name}.parquet").read_bytes() for name in SAME}


def header(run: Run) -> dict:
    return {key: value for key, value in json.loads((run.folder / "run.json").read_text()).items() if key != "seconds"}


@pytest.fixture(scope="module")
def twice(traded, tmp_path_factory) -> tuple[Run, Path]:
    """The run of `run_of_all` made by two workers, in a folder of its own."""
    folder = tmp_path_factory.mktemp("two_workers")
    return run_plan(plan_of_all(traded.lake), folder, workers=2), folder


def test_two_workers_leave_the_bytes_of_one(run_of_all, twice):
    run, _ = twice
    assert run.header["run"] == run_of_all.header["run"]
    assert content(run) == content(run_of_all)
    assert header(run) == header(run_of_all)
    assert set(TABLES) == {path.stem for path in run.folder.glob("*.parquet")}


def test_asking_again_opens_the_same_run(traded, twice):
    run, folder = twice
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in run.folder.iterdir()}
    opened = run_plan(plan_of_all(traded.lake), folder, workers=1)
    assert opened.folder == run.folder
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in run.folder.iterdir()} == before
    assert [path.name for path in folder.iterdir()] == [run.folder.name]


def test_made_again_it_stands_beside_with_the_same_bytes(traded, twice):
    run, folder = twice
    again = run_plan(plan_of_all(traded.lake), folder, again=True)
    assert again.folder.name == f"{run.folder.name}-2"
    assert content(again) == content(run)
    ledgers = [one.table("ledger").drop("seconds") for one in (run, again)]
    assert ledgers[0].equals(ledgers[1])


def test_another_question_is_another_run(traded, twice):
    _, folder = twice
    plan = plan_of_all(traded.lake)
    fewer = type(plan)(plan.lake, plan.underlying, plan.days[:1], plan.recipes, plan.variants[:1])
    assert run_plan(fewer, folder / "other").header["run"] != twice[0].header["run"]
