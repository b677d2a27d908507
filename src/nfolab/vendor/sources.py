"""What a user names on the command line, as sources that can be read one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nfolab.base.errors import InputError
from nfolab.base.files import TEMPORARY_SUFFIX
from nfolab.base.snapshot import SourceKind
from nfolab.vendor.batch import Batch
from nfolab.vendor.dump import dump_batches, dump_source_kind
from nfolab.vendor.raw_parquet import parquet_batches, parquet_source_kind

PARQUET_SUFFIX = ".parquet"
DUMP_SUFFIXES = (".sql", ".sql.gz")
FAIR_VALUES = "fair_values"
"""Folders of this name hold what a synthetic market knows beyond its ticks; they are never read as data."""


@dataclass(frozen=True, order=True)
class Source:
    """One file of raw data.

    Attributes:
        path: Where it lies.
    """

    path: Path

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    def source_kind(self) -> SourceKind:
        """Return whether the file is marked as synthetic inside; raise InputError if it cannot be opened."""
        return parquet_source_kind(self.path) if self._is_parquet else dump_source_kind(self.path)

    def batches(self) -> Iterator[Batch]:
        """Yield all rows in the file's order, in batches of bounded size.

        Raises:
            InputError: The file cannot be read as a whole, see `parquet_batches` and `dump_batches`. Batches yielded
                before belong to a source that failed.
        """
        return parquet_batches(self.path) if self._is_parquet else dump_batches(self.path)

    @property
    def _is_parquet(self) -> bool:
        return self.path.name.lower().endswith(PARQUET_SUFFIX)


def find_sources(paths: Sequence[Path]) -> list[Source]:
    """Return the raw Parquet files and dumps that `paths` name or, as folders, hold at any depth; sorted, each once.

    Within folders, hidden and unfinished (`.partial`) files and folders named `fair_values` are passed over, and so is
    what is neither Parquet nor a dump.

    Raises:
        InputError: A path does not exist, is a file of another kind, or is a folder without a file to read; or it is
            the address of a database, which cannot be read yet.
    """
    found: dict[Path, Source] = {}
    for path in paths:
        for file in _files(path):
            found.setdefault(file.resolve(), Source(file))
    return sorted(found.values())


def _files(path: Path) -> list[Path]:
    if str(path).startswith("mysql:"):
        raise InputError(
            "reading from a running database is not supported yet: "
            "dump it with `mysqldump DATABASE | gzip > DATABASE.sql.gz` and give that file"
        )
    if path.is_dir():
        files = [file for file in path.rglob("*") if _is_raw(file.relative_to(path)) and file.is_file()]
        if not files:
            raise InputError(f"folder {path} holds no raw data: give one with .parquet, .sql or .sql.gz files")
        return files
    if not path.exists():
        raise InputError(f"{path} does not exist: give a raw Parquet file, a dump (.sql.gz), or a folder of them")
    if not _is_readable(path.name):
        raise InputError(f"{path} is neither a Parquet file nor a dump: its name must end in .parquet, .sql or .sql.gz")
    return [path]


def _is_raw(within: Path) -> bool:
    hidden = any(part.startswith(".") for part in within.parts)
    return not hidden and FAIR_VALUES not in within.parts and _is_readable(within.name)


def _is_readable(name: str) -> bool:
    return not name.endswith(TEMPORARY_SUFFIX) and name.lower().endswith((PARQUET_SUFFIX, *DUMP_SUFFIXES))
