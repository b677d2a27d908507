"""What a user names on the command line, as sources that can be read one by one."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from nfolab.base.errors import InputError
from nfolab.base.files import TEMPORARY_SUFFIX
from nfolab.vendor.database import SCHEME
from nfolab.vendor.database_source import database_sources
from nfolab.vendor.instruments import is_instrument_map
from nfolab.vendor.source import PARQUET_SUFFIX, FileSource, Source

DUMP_SUFFIXES = (".sql", ".sql.gz")
FAIR_VALUES = "fair_values"
"""Folders of this name hold what a synthetic market knows beyond its ticks; they are never read as data."""


def find_sources(names: Sequence[str | Path]) -> list[Source]:
    """Return the raw Parquet files and dumps that `names` name or, as folders, hold at any depth; sorted, each once.

    A name `mysql://user:password@host:port/database` stands for the days of that database's tables; they come last.

    Within folders, hidden and unfinished (`.partial`) files, folders named `fair_values` and instrument maps are passed
    over, and so is what is neither Parquet nor a dump.

    Raises:
        InputError: A path does not exist, is a file of another kind, or is a folder without a file to read; or a
            database cannot be asked, or holds no rows.
    """
    found: dict[Path, FileSource] = {}
    databases: dict[str, list[Source]] = {}
    for name in names:
        if str(name).startswith(SCHEME):
            databases.setdefault(str(name), [*database_sources(str(name))])
            continue
        path = Path(name)
        for file in _files(name):
            found.setdefault(file.resolve(), FileSource(file, path if path.is_dir() else None))
    return [*sorted(found.values()), *chain.from_iterable(databases.values())]


def _files(name: str | Path) -> list[Path]:
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
    passed_over = hidden or FAIR_VALUES in within.parts or is_instrument_map(within.name)
    return not passed_over and _is_readable(within.name)


def _is_readable(name: str) -> bool:
    return not name.endswith(TEMPORARY_SUFFIX) and name.lower().endswith((PARQUET_SUFFIX, *DUMP_SUFFIXES))
