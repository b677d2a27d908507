"""The example that runs strategies from Node: its figures are the command's own, its mistakes one sentence."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.conftest import Ask, Way

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "run_javascript"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example as a developer has it after `npm ci`."""
    for command in ("node", "npm"):
        if shutil.which(command) is None:
            pytest.skip(f"there is no {command}: install Node.js 18 or newer")
    folder = tmp_path_factory.mktemp("javascript") / "example"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules"))
    command = ["npm", "ci", "--cache", str(tmp_path_factory.mktemp("npm")), "--no-update-notifier"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    nfolab = folder / "nfolab"
    nfolab.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nfolab "$@"\n', encoding="utf-8")
    nfolab.chmod(0o755)
    return folder


def called(example: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", "run_strategy.js", *map(str, words)],
        cwd=example, capture_output=True, text=True, env={**os.environ, "NFOLAB": str(example / "nfolab")},
    )  # fmt: skip


def test_its_figures_are_those_of_the_commands(example: Path, way: Way, ask: Ask, tmp_path: Path) -> None:
    done = called(example, "short_straddle", way.lake, tmp_path, "stop=3%")
    assert (done.returncode, done.stderr) == (0, "")
    told = ask("run", "short_straddle", "--set", "stop=3%", "--lake", way.lake, "--runs", tmp_path, "--json").document
    assert len(list(tmp_path.glob("*/run.json"))) == 1
    trades = ask("trades", told["run"], "--runs", tmp_path, "--json").document
    by_day: dict[str, int] = {}
    for one in trades:
        by_day[one["day"]] = by_day.get(one["day"], 0) + round(100 * one["net"])
    head, *lines = done.stdout.splitlines()
    assert head.startswith("SYNTHETIC data")
    figures = [line.split("\t") for line in lines if "\t" in line]
    assert figures[:-2] == [[day, f"{paise / 100:.2f}"] for day, paise in by_day.items()]
    assert len(by_day) == 3
    assert figures[-2] == ["all", f"{told['net']:.2f}"]
    assert [float(one) for one in figures[-1][1:]] == [told["band"]["worst"], told["band"]["best"]]


def test_a_mistake_is_nfolabs_own_sentence(example: Path, way: Way, tmp_path: Path) -> None:
    wrong = called(example, "short_straddle", way.lake, tmp_path, "stpo=3%")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr == "nfolab: short_straddle has no parameter 'stpo' (did you mean stop?)\n"
    assert called(example).stderr.startswith("usage:")


def test_paise_become_rupees_exactly(example: Path) -> None:
    program = (
        "import('./nfolab.js').then(({ rupees }) => console.log([0n, 5n, -5n, 12345n, -10000n].map(rupees).join()))"
    )
    done = subprocess.run(["node", "-e", program], cwd=example, capture_output=True, text=True, check=True)
    assert done.stdout == "0.00,0.05,-0.05,123.45,-100.00\n"


def test_the_page_names_what_there_is(ask: Ask) -> None:
    text = (ROOT / "docs" / "javascript.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / "docs" / link).exists(), link
    module = (EXAMPLE / "nfolab.js").read_text(encoding="utf-8")
    (imported,) = re.findall(r"import \{ (.+?) \} from './nfolab.js'", text)
    assert all(re.search(rf"export (async )?function {name}\b", module) for name in imported.split(", "))
    for command in re.findall(r"^\| `nfolab (\w+)(?: (days))?", text, re.MULTILINE):
        help_ = ask(*filter(None, command), "--help")
        assert (help_.code, "--json" in help_.out) == (0, True), command


def test_the_lock_names_no_registry_and_only_exact_versions() -> None:
    lock = json.loads((EXAMPLE / "package-lock.json").read_text(encoding="utf-8"))
    asked = json.loads((EXAMPLE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    packages = {name.removeprefix("node_modules/"): one for name, one in lock["packages"].items() if name}
    assert {name: packages[name]["version"] for name in asked} == asked
    assert all("resolved" not in one and one["integrity"].startswith("sha512-") for one in packages.values())
