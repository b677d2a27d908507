"""The wheel, built and tried in a fresh environment: it holds all it needs, and goes the whole way."""

import json
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import polars as pl
import pytest


@pytest.fixture(scope="session")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(root)]
    subprocess.run(build, capture_output=True, check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a fresh environment: the wheel's own code, dependencies from where they are installed already."""
    environment = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel)], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    dependencies = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "dependencies.pth").write_text("\n".join(dependencies) + "\n", encoding="utf-8")
    where = subprocess.run(
        [str(python), "-c", "import nfolab; print(nfolab.__file__)"], capture_output=True, text=True, check=True,
        cwd=environment, env={},
    )  # fmt: skip
    assert Path(where.stdout.strip()).is_relative_to(environment)
    return environment / "bin" / "nfolab"


def called(command: Path, folder: Path, *words: str) -> str:
    done = subprocess.run([str(command), *words], capture_output=True, text=True, cwd=folder, env={}, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_holds_every_file_of_the_package(wheel: Path, texts: dict[Path, str]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.startswith("nfolab/")}
        licences = [name for name in archive.namelist() if name.endswith("LICENSE")]
    committed = {path.relative_to("src").as_posix() for path in texts if path.parts[:2] == ("src", "nfolab")}
    assert committed <= held
    assert {Path(name).suffix for name in held} >= {".py", ".csv", ".toml"}
    assert len(licences) == 1


def test_it_goes_the_whole_way(command: Path, tmp_path: Path) -> None:
    assert "Usage: nfolab" in called(command, tmp_path, "--help")
    told = json.loads(called(command, tmp_path, "demo", "way", "--json"))
    assert (told["source"], told["failed"]) == ("synthetic", 0)
    assert (tmp_path / told["path"] / "report.html").stat().st_size < 15_000_000
    trades = json.loads(called(command, tmp_path, "trades", told["run"], "--runs", "way/runs", "--json"))
    assert {"stop", "leg_stop", "target", "time"} <= {reason for trade in trades for reason in _reasons(trade)}
    assert any(trade["partial_exits"] for trade in trades)
    assert any(trade["flags"] for trade in trades)
    assert not all(trade["flags"] for trade in trades)
    days = pl.read_parquet(tmp_path / told["path"] / "days.parquet")
    assert days.filter(pl.col("trades") == 0)["note"].drop_nulls().len() > 0
    first = ("explain", told["run"], "1", "--runs", "way/runs", "--lake", "way/lake", "--json")
    assert json.loads(called(command, tmp_path, *first))["fills"]


def _reasons(trade: dict[str, object]) -> set[object]:
    legs = trade["legs"]
    assert isinstance(legs, list)
    return {trade["reason"], *(leg["reason"] for leg in legs)}
