"""Many workers on few rows, and many files told before a pack begins."""

import os
import time
from pathlib import Path

from lake_sources import MONDAY, row, small_market, tree, write_contract
from nfolab.lake.packing.pack import pack
from nfolab.lake.packing.preflight import preflight
from nfolab.vendor.sources import find_sources

FILES = 3000


def test_more_workers_than_there_is_work_for(tmp_path: Path) -> None:
    sources = find_sources(small_market(tmp_path / "raw"))
    pack(sources, tmp_path / "one", 1)
    many = pack(sources, tmp_path / "many", 64)
    assert many.files_read == len(sources)
    assert tree(tmp_path / "many") == tree(tmp_path / "one")


def test_thousands_of_files_are_told_in_seconds(tmp_path: Path) -> None:
    first = write_contract(tmp_path / "banknifty25dec30000ce.parquet", [row(MONDAY, second) for second in range(5)])
    for part in range(FILES // 600):
        folder = tmp_path / "raw" / f"part {part}"
        folder.mkdir(parents=True)
        for strike in range(30_000, 60_000, 100):
            for kind in ("ce", "pe"):
                os.link(first, folder / f"banknifty25dec{strike}{kind}.parquet")
    started = time.perf_counter()
    told = preflight(find_sources([tmp_path / "raw"]), tmp_path / "lake", 2)
    assert time.perf_counter() - started < 30  # a dry run of 85,000 may take a minute
    assert (told.files, told.sampled, told.unreadable) == (FILES, 40, 0)
    assert told.rows == 5 * FILES
    assert told.fits
    assert not (tmp_path / "lake").exists()
