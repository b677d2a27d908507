"""Packing in rounds: bounded scratch, the same lake, and nothing lost but the round under way."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from lake_sources import MONDAY, small_market, tree, walk, write_contract
from nfolab.base.errors import InputError
from nfolab.lake.packing.pack import pack
from nfolab.lake.packing.reading_order import in_reading_order, reading_place
from nfolab.vendor.source import FileSource
from nfolab.vendor.sources import find_sources

ROOM = 25_000


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return small_market(tmp_path_factory.mktemp("raw"))


@pytest.fixture(scope="module")
def undisturbed(market: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    root = tmp_path_factory.mktemp("undisturbed") / "lake"
    assert pack(find_sources(market), root, 1).rounds == 1
    return tree(root)


@pytest.mark.parametrize("workers", [1, 2])
def test_rounds_give_the_bytes_of_one(
    market: list[Path], undisturbed: dict[str, bytes], tmp_path: Path, workers: int
) -> None:
    whole = pack(find_sources(market), tmp_path / "whole", workers)
    result = pack(find_sources(market), tmp_path / "lake", workers, ROOM)
    assert result.rounds > 2
    assert tree(tmp_path / "lake") == undisturbed
    counts = ("files_read", "rows_read", "rows_written", "rows_refused", "rows_repeated", "days", "refused")
    assert [getattr(result, name) for name in counts] == [getattr(whole, name) for name in counts]


def test_a_source_beyond_the_scratch_is_refused_with_the_mend_and_the_rest_is_packed(tmp_path: Path) -> None:
    small = write_contract(tmp_path / "raw" / "banknifty25dec59400ce.parquet", walk(MONDAY, range(20), 1))
    big = write_contract(tmp_path / "raw" / "banknifty25dec59500ce.parquet", walk(MONDAY, range(3000), 1))
    result = pack(find_sources([small, big]), tmp_path / "lake", 1, 20_000)
    assert (result.files_read, result.unreadable) == (1, 1)
    assert f"{big} needs more than 0.0 GB of scratch" in result.refused[0].reason
    assert "give more with --scratch-gb" in result.refused[0].reason
    assert not (tmp_path / "lake" / ".packing").exists()
    assert pack(find_sources([small, big]), tmp_path / "lake", 1).files_read == 1


def _die_at_round(paths: Sequence[Path], root: Path, number: int) -> None:
    """Pack, and die as soon as so many rounds have been committed and the next one reads."""
    module = vars(sys.modules[pack.__module__])
    real = module["move_into_place"]
    done = 0

    def dying(root: Path, staged: Path, keys: list[object]) -> None:
        nonlocal done
        if done == number:
            os.kill(os.getpid(), signal.SIGKILL)
        real(root, staged, keys)
        done += 1

    module["move_into_place"] = dying
    pack(find_sources(paths), root, 1, ROOM)


def test_a_kill_costs_the_round_under_way_alone(
    market: list[Path], undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    context = multiprocessing.get_context("spawn")
    skipped = []
    for number in (1, 2):
        root = tmp_path / str(number)
        child = context.Process(target=_die_at_round, args=(market, root, number))
        child.start()
        child.join(60)
        assert child.exitcode == -signal.SIGKILL
        result = pack(find_sources(market), root, 1)
        skipped.append(result.files_skipped)
        assert result.files_read == len(market) - result.files_skipped
        assert tree(root) == undisturbed
    assert 0 < skipped[0] < skipped[1] < len(market)


def test_sources_of_neighbouring_expiries_and_days_come_together() -> None:
    names = {
        "a/dump.sql.gz": (date.min, "dump"),
        "a/banknifty25dec59400ce.parquet": (date(2025, 12, 30), "BANKNIFTY 2025-12-30 59400 CE"),
        "b/BANKNIFTY25DEC59400CE.parquet": (date(2025, 12, 30), "BANKNIFTY 2025-12-30 59400 CE"),
        "2025-12-15/BANKNIFTY/part-0.parquet": (date(2025, 12, 15), "part-0"),
        "exp=2021-01-07/type=CE/strike=31000.parquet": (date(2021, 1, 7), "strike=31000"),
        "spot 2025-13-45.parquet": (date.min, "spot 2025-13-45"),
    }
    for name, place in names.items():
        assert reading_place(FileSource(Path(name))) == place
    ordered = in_reading_order([FileSource(Path(name)) for name in names])
    assert [place for place, _ in ordered] == sorted(names.values())


def test_a_lake_that_cannot_have_room_is_refused_before_anything_is_read(
    market: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nfolab.lake.packing.space.free_bytes", lambda _: 10_000)
    with pytest.raises(InputError, match=r"^there is no room: .* make room or choose another disk$"):
        pack(find_sources(market), tmp_path / "lake", 1)
    assert not (tmp_path / "lake").exists()


def test_packing_again_starts_no_worker(market: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack(find_sources(market), tmp_path / "lake", 1)
    started = []
    monkeypatch.setattr("nfolab.base.workers.WorkerPool.submit", lambda *given: started.append(given))
    assert pack(find_sources(market), tmp_path / "lake", 2).files_skipped == len(market)
    assert not started
