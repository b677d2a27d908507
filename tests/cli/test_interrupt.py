"""Ctrl-C, as a terminal sends it to every process of a command: one sentence, exit code 130, nothing half-written."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from cli.conftest import Answer, Ask, Way
from lake_sources import tree

WORKERS = 2
STOPPED = "stopped at your wish; nothing half-written remains"


def interrupted(when: Callable[[], bool], *words: object) -> Answer:
    """Start the real command in a process group of its own and interrupt the group as soon as `when` holds."""
    command = [sys.executable, "-m", "nfolab", *map(str, words)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    until = time.monotonic() + 60
    while not when() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    with suppress(ProcessLookupError):  # it ended before it could be interrupted, which its answer then tells
        os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return Answer(process.returncode, out, err)


@pytest.mark.parametrize(
    ("workers", "reached"),
    [(1, "workers"), (1, "staged/options"), (2, "workers"), (2, "shards/*"), (2, "staged/options")],
)
def test_a_pack(way: Way, ask: Ask, tmp_path: Path, workers: int, reached: str) -> None:
    lake = tmp_path / "lake"
    answer = interrupted(
        lambda: any(lake.glob(f".packing/{reached}")), "pack", way.raw, "--lake", lake, "--workers", workers
    )
    assert (answer.code, answer.sentence) == (130, STOPPED)
    assert list(tmp_path.iterdir()) == []


def test_a_pack_into_a_lake_leaves_it_as_it_was(way: Way, ask: Ask, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    first, second = (way.raw / day for day in ("2025-07-07", "2025-07-08"))
    assert ask("pack", first, "--lake", lake).code == 0
    before = tree(lake)
    answer = interrupted(lambda: any(lake.glob(".packing/staged/*")), "pack", second, "--lake", lake)
    assert (answer.code, answer.sentence) == (130, STOPPED)
    assert tree(lake) == before


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run(way: Way, tmp_path: Path, workers: int) -> None:
    runs = tmp_path / "runs"
    many = [f"--grid={name}={','.join(f'{n}%' for n in range(1, 41))}" for name in ("stop", "leg_stop")]
    answer = interrupted(
        lambda: any(runs.glob(".*.partial")),
        "run", "short_straddle", *many, "--lake", way.lake, "--runs", runs, "--workers", workers,
    )  # fmt: skip
    assert (answer.code, answer.sentence) == (130, STOPPED)
    assert list(tmp_path.iterdir()) == []


def test_writing_a_market(tmp_path: Path) -> None:
    answer = interrupted(lambda: any(tmp_path.glob(".*.partial")), "synth", tmp_path / "raw", "--days", 3)
    assert (answer.code, answer.sentence) == (130, STOPPED)
    assert list(tmp_path.iterdir()) == []


def test_workers_end_with_a_run_that_is_killed(way: Way, tmp_path: Path) -> None:
    many = [f"--grid={name}={','.join(f'{n}%' for n in range(1, 13))}" for name in ("stop", "leg_stop")]
    words = ["run", "short_straddle", *many, "--lake", way.lake, "--runs", tmp_path, "--workers", WORKERS]
    process = subprocess.Popen([sys.executable, "-m", "nfolab", *map(str, words)], start_new_session=True)
    until = time.monotonic() + 60
    while len(_members(process.pid)) < 1 + WORKERS and time.monotonic() < until:
        time.sleep(0.01)
    assert len(_members(process.pid)) >= 1 + WORKERS
    process.kill()
    process.wait()
    while _members(process.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert _members(process.pid) == []


def _members(group: int) -> list[int]:
    """The processes of a group that are alive."""
    if not Path("/proc/self/stat").exists():
        listed = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,state="], capture_output=True, text=True, check=True)
        lines = [line.split() for line in listed.stdout.splitlines()]
        return [int(pid) for pid, pgid, state in lines if int(pgid) == group and state[0] != "Z"]
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, pgid = stat.read_text(encoding="utf-8").rpartition(") ")[2].split()[:3]
            if int(pgid) == group and state != "Z":
                found.append(int(stat.parent.name))
    return found
