"""Room on the disk and among open files, asked for before a pack begins."""

import resource
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from nfolab.base.errors import InputError
from nfolab.lake.packing.given import size_of
from nfolab.lake.packing.shards import GIGABYTE
from nfolab.vendor.source import Source

SCRATCH_SHARE: Final = 4
"""A pack may lay aside rows in this part of the free space: a quarter."""

_PACKED_KINDS: Final = (".parquet", ".gz")
_LEAST_LAKE_BYTES: Final = (0.25, 0.05)
"""The least that a byte of a source has come to in a lake: of compressed sources, and of plain text or a server."""
_FILES_A_WORKER: Final = 6
_FILES_AT_LEAST: Final = 256


def free_bytes(root: Path) -> int:
    """Return the free space where a lake is or will be."""
    there = root.absolute()
    while not there.exists():
        there = there.parent
    return shutil.disk_usage(there).free


def scratch_share(root: Path) -> int:
    """Return how much scratch a pack may use where nothing else is said."""
    return free_bytes(root) // SCRATCH_SHARE


def require_space(root: Path, sources: Sequence[Source], has_name: Callable[[str], bool]) -> None:
    """Raise InputError if even a low estimate of what the lake will need is more than the free space.

    Args:
        root: The lake's folder.
        sources: What is to be packed.
        has_name: Whether a source of that name is packed already, which is then taken to need nothing.
    """
    sizes: dict[bool, int] = {True: 0, False: 0}
    for source in sources:
        if not has_name(source.name):
            sizes[source.name.lower().endswith(_PACKED_KINDS)] += size_of(source)
    needed = sizes[True] * _LEAST_LAKE_BYTES[0] + sizes[False] * _LEAST_LAKE_BYTES[1]
    free = free_bytes(root)
    if needed > free:
        raise InputError(
            f"there is no room: {sum(sizes.values()) / GIGABYTE:,.1f} GB of sources need at least "
            f"{needed / GIGABYTE:,.1f} GB in the lake {root} and {free / GIGABYTE:,.1f} GB are free there: "
            "make room or choose another disk"
        )


def open_files(workers: int) -> tuple[int, int]:
    """Return how many open files so many workers need, and how many this process may be allowed."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return _FILES_AT_LEAST + _FILES_A_WORKER * workers, sys.maxsize if hard == resource.RLIM_INFINITY else hard


def allow_open_files(workers: int) -> None:
    """Raise this process's limit of open files to what so many workers need.

    Raises:
        InputError: the system does not allow it.
    """
    needed, allowed = open_files(workers)
    if needed > allowed:
        raise InputError(
            f"{workers} workers need {needed} open files and this shell allows {allowed}: "
            f"run `ulimit -n {needed}` first, or give fewer --workers"
        )
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
