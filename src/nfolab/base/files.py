"""Files that are either wholly there or not there at all."""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY_SUFFIX = ".partial"

_FULL_OR_CLOSED = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "a file would grow beyond the size allowed",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "the folder may not be written",
    errno.EPERM: "the folder may not be written",
    errno.ENOTDIR: "part of its path is a file",
    errno.EEXIST: "its path is a file",
}


def why_not_written(problem: OSError) -> str | None:
    """Return in words why nothing can be written, if the disk is full or closed to us; None for any other problem."""
    return _FULL_OR_CLOSED.get(problem.errno or 0)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on leaving without error, sync it and rename it into place.

    On an error (a full disk, a read-only folder, Ctrl-C) the temporary file is removed and `path` is untouched.
    A process killed outright leaves at most a `.partial` file, which no reader opens.

    Raises:
        OSError: what the file system said, unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY_SUFFIX}")
    try:
        yield temporary
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `path` that takes its name on leaving without error.

    On an error (a full disk, Ctrl-C) it is removed, and so is the parent if it was made for it. An empty folder at
    `path` gives way. A process killed outright leaves at most a hidden `.partial` folder.

    Raises:
        OSError: what the file system said, unchanged.
    """
    path = path.absolute()
    parent_was_there = path.parent.exists()
    temporary = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY_SUFFIX}")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if path.exists():
            path.rmdir()
        temporary.rename(path)
        sync_folder(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if not parent_was_there and path.parent.exists() and not any(path.parent.iterdir()):
            path.parent.rmdir()


def sync_folder(folder: Path) -> None:
    """Make renames within `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Write `text` (UTF-8) to `path` atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hex digits, read in pieces."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
