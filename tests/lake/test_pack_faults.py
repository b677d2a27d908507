"""What goes wrong around a pack, made to go wrong: nothing lost, nothing half, and one sentence says what to do."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lake_sources import MONDAY, small_market, tree, walk, write_contract
from nfolab.base.errors import InputError
from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.vendor.batch import Batch
from nfolab.vendor.source import FileSource
from nfolab.vendor.sources import find_sources

NAME = "banknifty25dec59400ce.parquet"


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return small_market(tmp_path_factory.mktemp("raw"))


@pytest.fixture(scope="module")
def undisturbed(market: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    root = tmp_path_factory.mktemp("undisturbed") / "lake"
    pack(find_sources(market), root, 1)
    return tree(root)


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[bool]:
    """Mount a file system of so many kilobytes; say whether that was allowed."""
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and sys.platform == "linux"
        and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)], capture_output=True
        ).returncode
        == 0
    )
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


_PACK = """
import resource, sys
from pathlib import Path
from nfolab.base.errors import InputError
from nfolab.lake.packing.pack import pack
from nfolab.vendor.sources import find_sources
if int(sys.argv[2]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    pack(find_sources([Path(name) for name in sys.argv[3:]]), Path(sys.argv[1]), 1)
except InputError as mistake:
    print(mistake)
    sys.exit(2)
"""


def test_a_full_disk(market: list[Path], undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    """A mounted disk of 120 kB where that is allowed, else a limit to the size of a file, which the system enforces."""
    with small_disk(tmp_path / "disk", 120) as mounted:
        root = tmp_path / "disk" / "lake"
        pack(find_sources(market[4:5]), root, 1)
        held = len(tree(root))
        words = [sys.executable, "-c", _PACK, str(root), "0" if mounted else "20000", *map(str, market)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120)
        assert done.returncode == 2, done.stderr
        why = "the disk is full" if mounted else "a file would grow beyond the size allowed"
        assert done.stdout.startswith(f"the lake {root} cannot be written because {why}")
        assert len(done.stdout.strip().splitlines()) == 1
        left = tree(root)
        assert len(left) >= held  # so small a disk makes small rounds, of which some were done
        for entry in Lake.open(root).days(kind="options"):
            file = Lake.open(root).options(entry.underlying, entry.day)
            assert len(file.read(range(len(file.contracts)), ["timestamp"])["timestamp"]) == file.rows
    room = tmp_path / "room"
    for name, content in left.items():
        (room / name).parent.mkdir(parents=True, exist_ok=True)
        (room / name).write_bytes(content)
    pack(find_sources(market), room, 1)
    assert tree(room) == undisturbed


@dataclass(frozen=True)
class Disturbed:
    """A file to which something happens after its first batch."""

    file: FileSource
    what: str

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def place(self) -> str:
        return self.file.place

    @property
    def size(self) -> int:
        return self.file.size

    def source_kind(self) -> object:
        return self.file.source_kind()

    def identity(self) -> str:
        found = self.file.identity()
        if self.what == "gone before":
            self.file.path.unlink()
        return found

    def state(self) -> object:
        return self.file.state()

    def batches(self) -> Iterator[Batch]:
        for batch in self.file.batches():
            yield batch
            if self.what == "changed":
                with self.file.path.open("ab") as file:
                    file.write(b"more")
            elif self.what == "gone":
                self.file.path.unlink()


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("changed", "changed while it was read: pack it again when it is whole"),
        ("gone", "cannot be read ([Errno 2] No such file or directory"),
        ("gone before", "cannot be read ([Errno 2] No such file or directory"),
    ],
)
def test_a_source_that_does_not_hold_still(
    market: list[Path], undisturbed: dict[str, bytes], tmp_path: Path, what: str, told: str
) -> None:
    good = market[0].read_bytes()
    restless = tmp_path / market[0].name
    restless.write_bytes(good)
    source = Disturbed(FileSource(restless), what)
    others = find_sources(market[1:])
    result = pack([source, *others], tmp_path / "lake", 1)  # type: ignore[list-item]
    assert (result.files_read, result.unreadable) == (7, 1)
    assert told in result.refused[0].reason
    assert str(restless) in result.refused[0].reason
    without = pack(others, tmp_path / "without", 1)
    assert result.rows_written == without.rows_written
    assert tree(tmp_path / "lake") == tree(tmp_path / "without")
    restless.write_bytes(good)
    pack(find_sources([restless]), tmp_path / "lake", 1)
    assert tree(tmp_path / "lake") == undisturbed


def test_two_packs_at_once(market: list[Path], undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    root = tmp_path / "lake"
    words = [sys.executable, "-c", _PACK, str(root), "0", *map(str, market)]
    first = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (root / ".packing" / "workers").exists() and time.monotonic() < deadline:
        time.sleep(0.001)
    with pytest.raises(InputError, match=r"^another pack is writing to the lake .*: wait until it is done$"):
        pack(find_sources(market), root, 1)
    assert first.wait(60) == 0
    assert tree(root) == undisturbed


def test_a_corrupted_byte_stops_a_pack_that_meets_it_and_the_mend_works(tmp_path: Path) -> None:
    """The bytes of a column's page, which the codec's own checks or the decoder find; others are `lake verify`'s."""
    early, late = walk(MONDAY, range(200), 1), walk(MONDAY, range(200, 400), 2)
    first = write_contract(tmp_path / "a" / NAME, early)
    second = write_contract(tmp_path / "b" / NAME, late)
    root = tmp_path / "lake"
    pack(find_sources([first]), root, 1)
    victim = root / "options" / "BANKNIFTY" / f"{MONDAY}.parquet"
    content = bytearray(victim.read_bytes())
    column = pq.read_metadata(victim).row_group(0).column(4)
    start = column.data_page_offset
    content[start : start + column.total_compressed_size] = bytes(
        byte ^ 0xFF for byte in content[start : start + column.total_compressed_size]
    )
    victim.write_bytes(content)
    damaged = tree(root)
    with pytest.raises(InputError, match=rf"^the lake file {victim} is damaged .*delete it and pack its sources again"):
        pack(find_sources([second]), root, 1)
    assert tree(root) == damaged
    victim.unlink()
    pack(find_sources([first, second]), root, 1)
    pack(find_sources([first, second]), tmp_path / "undisturbed", 1)
    assert tree(root) == tree(tmp_path / "undisturbed")
    assert Lake.open(root).options("BANKNIFTY", MONDAY).rows == 400
