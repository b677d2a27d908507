"""Packs killed outright at any moment, then the same command again: the same lake, byte for byte."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from lake_sources import small_market, tree
from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.vendor.sources import find_sources

RANDOM_KILLS = 20
ROOM = 40_000
"""Bytes of scratch that make a pack of the small market take several rounds."""


def _pack(paths: Sequence[Path], root: Path, workers: int = 1, room: int | None = None) -> None:
    pack(find_sources(paths), root, workers, room)


def _pack_until_rename(paths: Sequence[Path], root: Path, rename: int) -> None:
    """Pack, and die right after the n-th rename."""
    real = os.replace
    done = 0

    def dying(*given: str) -> None:
        nonlocal done
        real(*given)
        done += 1
        if done == rename:
            os.kill(os.getpid(), signal.SIGKILL)

    os.replace = dying  # type: ignore[assignment]
    _pack(paths, root)


@pytest.fixture(scope="module")
def context() -> multiprocessing.context.ForkServerContext:
    """Children that start at once: the server has imported what they need, and has no threads."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["nfolab.lake.packing.pack", "nfolab.vendor.sources", "lake_sources"])
    return found


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return small_market(tmp_path_factory.mktemp("raw"), seconds=60)


@pytest.fixture(scope="module")
def undisturbed(market: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    root = tmp_path_factory.mktemp("undisturbed") / "lake"
    _pack(market, root)
    return tree(root)


def _prepared(root: Path, market: list[Path], already: int) -> None:
    """Make a lake that holds the first sources, as a pack before would."""
    if already:
        _pack(market[:already], root)


def test_killed_at_random_moments(
    context: multiprocessing.context.ForkServerContext,
    market: list[Path],
    undisturbed: dict[str, bytes],
    tmp_path: Path,
) -> None:
    started = time.perf_counter()
    whole = context.Process(target=_pack, args=(market, tmp_path / "measured", 1, ROOM))
    whole.start()
    whole.join(60)
    usual = time.perf_counter() - started
    moments = random.Random(7)
    killed = 0
    for number in range(RANDOM_KILLS):
        root = tmp_path / str(number)
        _prepared(root, market, already=(0, 3, 5)[number % 3])
        child = context.Process(target=_pack, args=(market, root, 1, ROOM))
        child.start()
        time.sleep(moments.uniform(0, usual))
        child.kill()
        child.join(60)
        killed += child.exitcode == -signal.SIGKILL
        _pack(market, root)
        assert tree(root) == undisturbed
    assert killed > RANDOM_KILLS // 3


@pytest.mark.parametrize(("already", "first"), [(0, 1), (3, 11)])
def test_killed_at_every_rename(
    context: multiprocessing.context.ForkServerContext,
    market: list[Path],
    undisturbed: dict[str, bytes],
    tmp_path: Path,
    already: int,
    first: int,
) -> None:
    """Five day files and ledgers move into staging, then into the lake; then the tables, then three joint ledgers."""
    deaths = 0
    for rename in range(first, 40):
        root = tmp_path / str(rename)
        _prepared(root, market, already)
        child = context.Process(target=_pack_until_rename, args=(market, root, rename))
        child.start()
        child.join(60)
        if child.exitcode == 0:
            break
        assert child.exitcode == -signal.SIGKILL
        deaths += 1
        if (root / "catalogue.parquet").exists():
            for entry in Lake.open(root).days(kind="options"):
                file = Lake.open(root).options(entry.underlying, entry.day)
                assert len(file.read(range(len(file.contracts)), ["timestamp"])["timestamp"]) == file.rows
        _pack(market, root)
        assert tree(root) == undisturbed
    staged = moved = 2 * 5  # a day file and its ledger for each of five
    tables, joint_ledgers = 2, 3
    assert deaths == staged + moved + tables + joint_ledgers - (first - 1)


def test_killed_with_workers_whose_orphans_do_no_harm(
    market: list[Path], undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    context = multiprocessing.get_context("spawn")
    for number, scratch in enumerate(("shards", "staged")):
        root = tmp_path / str(number)
        child = context.Process(target=_pack, args=(market, root, 2))
        child.start()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not _any_file(root / ".packing" / scratch):
            time.sleep(0.001)
        child.kill()
        child.join(60)
        _pack(market, root)
        assert tree(root) == undisturbed
        time.sleep(0.3)
        assert tree(root) == undisturbed


def _any_file(folder: Path) -> bool:
    with suppress(OSError):
        return any(path.is_file() for path in folder.rglob("*"))
    return False
