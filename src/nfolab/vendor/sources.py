"""What a user names on the command line, as sources that can be read one by one."""

from collections.abc import Sequence
from pathlib import Path

from nfolab.base.errors import InputError
from nfolab.base.files import TEMPORARY_SUFFIX
from nfolab.vendor.source import PARQUET_SUFFIX, FileSource, Source

DUMP_SUFFIXES = (".sql", ".sql.gz")
FAIR_VALUES = "fair_values"
"""Folders of this name hold what a synthetic market knows beyond its ticks; they are never read as data."""


def find_sources(names: Sequence[str | Path]) -> list[Source]:
    """Return the raw Parquet files and dumps that `names` name or, as folders, hold at any depth; sorted, each once.

    Within folders, hidden and unfinished (`.partial`) files and folders named `fair_values` are passed over, and so is
    what is neither Parquet nor a dump.

    Raises:
        InputError: A path does not exist, is a file of another kind, or is a folder without a file to read; or it is
            the address of a database, which cannot be read yet.
    """
    found: dict[Path, FileSource] = {}
    for name in names:
        for file in _files(name):
            found.setdefault(file.resolve(), FileSource(file))
    return [*sorted(found.values())]


def _files(name: str | Path) -> list[Path]:
    if str(name).startswith("mysql:"):
        raise InputError(
            "reading from a running database is not supported yet: "
            "dump it with `mysqldump DATABASE | gzip > DATABASE.sql.gz` and give that file"
        )
    path = Path(name)
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
