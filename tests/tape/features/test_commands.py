"""`nfolab features`: what it lists, explains, exports and keeps."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lake_sources import MONDAY
from nfolab.lake import Lake
from nfolab.tape.features import DayFeatures, Premium, features
from nfolab.tape.tape import Day
from tape.features.tapes import CALL, NUMBERS, PUT, random_market


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return random_market(31).packed(tmp_path_factory.mktemp("commands"))


def nfolab(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nfolab", "features", *map(str, words)], capture_output=True, text=True, check=False
    )


def test_every_feature_is_listed() -> None:
    listed = json.loads(nfolab("--json").stdout)
    assert [one["name"] for one in listed] == list(features())
    assert {"feature", "unit", "of", "formula", "source", "parameters"} <= listed[0].keys()
    table = nfolab().stdout
    assert [name for name in features() if f"{name}(" not in table] == []


def test_one_is_explained_by_its_name_or_a_call() -> None:
    told = json.loads(nfolab("mean_volume(300s, before=30s)", "--json").stdout)
    assert told["example"] == "mean_volume(300s, 30s)"
    assert told["example_warm_up_seconds"] == 330
    assert told["unit"] == told["example_unit"] == "units per second"
    assert "formula    e += (x - e) * 2 / (k + 1)" in nfolab("ema").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("emma",), "there is no feature 'emma' (did you mean ema?)"),
        (("ema(5)",), "at character 5"),
        (("export", "ema(5s)", "--day", "2025-12-15", "--to", "x.txt"), "neither .parquet nor .csv nor .html"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(words: tuple[str, ...], told: str) -> None:
    done = nfolab(*words)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_an_export_holds_each_second_once(lake: Lake, tmp_path: Path, ending: str) -> None:
    to = tmp_path / f"told.{ending}"
    words = ["export", "mid", "ema(5s, of=mid)", "--day", "2025-12-15", "--of", "59400 CE + 59400 PE"]
    done = nfolab(*words, "--to", to, "--lake", lake.root, "--underlying", "banknifty", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == 22_501
    frame = pl.read_parquet(to) if ending == "parquet" else pl.read_csv(to)
    expected = DayFeatures(Day(lake, "BANKNIFTY", MONDAY)).get("mid", Premium((NUMBERS[CALL], NUMBERS[PUT])))
    found = frame["mid()"].fill_null(np.nan).to_numpy()
    assert np.array_equal(found, expected, equal_nan=True)
    first = str(frame["time"][0])
    assert first.startswith("2025-12-15")
    assert "09:15:00" in first
    assert frame["source"].unique().to_list() == ["vendor"]


def test_a_chart_shows_each_feature_with_its_unit(lake: Lake, tmp_path: Path) -> None:
    to = tmp_path / "told.html"
    done = nfolab("export", "last", "rv(30s)", "--day", "2025-12-15", "--to", to, "--lake", lake.root)
    assert done.returncode == 0, done.stderr
    page = to.read_text()
    assert all(words in page for words in ("rv(30s)", "log per second", "spot on 2025-12-15"))


def test_a_warm_cache_serves_what_was_chosen(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NFOLAB_CACHE", str(tmp_path))
    told = json.loads(nfolab("warm", "ema(5s)", "spot_return(5s)", "--lake", lake.root, "--json").stdout)
    assert told["days"] == ["2025-12-15"]
    assert told["series"] == 3 + 1 + 1
    assert told["cache_bytes"] > 5 * 22_501 * 8
    assert Path(told["cache"]) == tmp_path / "features"
    refused = nfolab("warm", "--lake", lake.root, "--from", "2026-01-01")
    assert refused.returncode == 2
    assert "no BANKNIFTY options between these days" in refused.stderr
