"""Packing a dump of more than a gigabyte of text; reading dumps and a database: against `gzip -dc FILE > /dev/null`."""

import gzip
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.mariadb_server import is_installed, mariadb_server

from benchmarks.figures import Figure, at_least
from benchmarks.market_of_a_day import DATA, DAY, UNDERLYING
from nfolab.lake.packing.pack import pack
from nfolab.vendor.dump import dump_batches, text_pieces
from nfolab.vendor.source import Source
from nfolab.vendor.sources import find_sources
from nfolab.vendor.synthetic import write_market

GROUP = "dump"
WORKERS = 2
REPEATS = 3
FLOOR, GOAL = 0.60, 0.85
TEXT_OF_DATABASE = 100_000_000
TOLD_ONLY = 0.0


def measure() -> list[Figure]:
    path = _dump()
    text = sum(map(len, text_pieces(path))) / 1e6
    limit = text / _seconds(lambda: _inflate(path))
    against = ("gzip -dc FILE > /dev/null", limit)
    packed = text / _seconds(lambda: _pack(path))
    read = text / _seconds(lambda: _read(path))
    figures = [
        at_least(GROUP, "pack a dump, 2 workers", packed, "MB/s of text", against, FLOOR * limit, GOAL * limit),
        at_least(GROUP, "read a dump, 1 process", read, "MB/s of text", against, TOLD_ONLY),
    ]
    return figures + _database(path)


def _dump() -> Path:
    """Return the options dump of two weeks, ten days with a table a contract; the first call makes it."""
    folder = DATA / "dump"
    if not folder.exists():
        print("making two synthetic weeks as dumps …", file=sys.stderr)
        write_market(folder, underlying=UNDERLYING, start=DAY, days=10, size="small", form="sql", seed=7)
    return folder / "das_bankopt_mod.sql.gz"


def _seconds(work: Callable[[], object]) -> float:
    """Return the least seconds of a few goes, none of them to warm up: files are large and kernels soon compiled."""
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def _inflate(path: Path) -> None:
    subprocess.run(["gzip", "-dc", path], check=True, stdout=subprocess.DEVNULL)


def _pack(path: Path) -> None:
    lake = DATA / "lake-of-dump"
    shutil.rmtree(lake, ignore_errors=True)
    pack(find_sources([path]), lake, WORKERS)
    shutil.rmtree(lake)


def _read(path: Path) -> int:
    return sum(batch.rows_read for batch in dump_batches(path))


def _database(path: Path) -> list[Figure]:
    """Restore the first tables of the dump into a server of our own; nothing where no server is installed."""
    if not is_installed():
        return []
    with tempfile.TemporaryDirectory() as folder, mariadb_server(Path(folder)) as server:
        with gzip.open(path) as whole:
            text = whole.read(TEXT_OF_DATABASE)
        part = Path(folder) / "part.sql"
        part.write_bytes(text[: text.rindex(b"\n--\n-- Table structure")])
        address = server.restore(part, "part")
        start = time.perf_counter()
        sources = find_sources([address])
        asked = time.perf_counter() - start
        rows = _read_all(sources)
        dump = rows / _seconds(lambda: _read(part)) / 1e6
        against = ("the same rows from a dump", dump)
        return [
            at_least(
                GROUP, "ask a database for counts and checksums", rows / asked / 1e6, "M rows/s", against, TOLD_ONLY
            ),
            at_least(
                GROUP,
                "read a database, 1 process",
                rows / _seconds(lambda: _read_all(sources)) / 1e6,
                "M rows/s",
                against,
                TOLD_ONLY,
            ),
        ]


def _read_all(sources: list[Source]) -> int:
    return sum(batch.rows_read for source in sources for batch in source.batches())
