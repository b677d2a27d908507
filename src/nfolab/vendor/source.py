"""What a source is: something that gives rows, once, whole, and known by its content."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from nfolab.base.errors import InputError
from nfolab.base.files import content_hash
from nfolab.base.snapshot import SourceKind
from nfolab.vendor.batch import Batch
from nfolab.vendor.dump import dump_batches, dump_source_kind
from nfolab.vendor.raw_parquet import parquet_batches, parquet_source_kind, told_by_path

PARQUET_SUFFIX = ".parquet"


class Source(Protocol):
    """One thing to be packed: a file, or a part of a database. It can be sent to another process."""

    @property
    def name(self) -> str:
        """What it is called where it is counted: without folders, hosts or passwords."""
        ...

    @property
    def place(self) -> str:
        """Where it is, for messages; never with a password."""
        ...

    @property
    def size(self) -> int:
        """About how many bytes reading it moves, to plan and to show progress by."""
        ...

    def source_kind(self) -> SourceKind:
        """Return whose data it is; raise InputError if it cannot be opened."""
        ...

    def identity(self) -> str:
        """Return a SHA-256 in hex that names its content; raise OSError or InputError if it cannot be read."""
        ...

    def state(self) -> Hashable:
        """Return something cheap that changes when the source does, to notice a change while it is read."""
        ...

    def batches(self) -> Iterator[Batch]:
        """Yield all rows in the source's order, in bounded batches; raise InputError if it cannot be read whole."""
        ...


@dataclass(frozen=True, order=True)
class FileSource:
    """A raw Parquet file or a dump.

    Attributes:
        path: Where it lies.
        given: The folder that the user named, in which it was found; None where the file itself was named. What the
            folders from there on say counts.
    """

    path: Path
    given: Path | None = None

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    @property
    def place(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def size(self) -> int:
        """The file's bytes."""
        return self.path.stat().st_size

    def source_kind(self) -> SourceKind:
        """Return whether the file is marked as synthetic inside; raise InputError if it cannot be opened."""
        return parquet_source_kind(self.path) if self._is_parquet else dump_source_kind(self.path)

    def identity(self) -> str:
        """Return the SHA-256 of the file's bytes, and of what its path decides of its rows.

        The same bytes under another contract's name are another source, and both are read; where the rows say all
        themselves, a new name for known bytes is nothing new.

        Raises:
            OSError: The file cannot be read.
        """
        content = content_hash(self.path)
        if not self._is_parquet:
            return content
        try:
            told = told_by_path(self.path, self.given)
        except InputError:
            told = f"in no way, at {self.path}"  # It will be refused, and so must not pass for another that is like it.
        return sha256(f"{content} {told}".encode()).hexdigest() if told else content

    def state(self) -> Hashable:
        """Return the file's size and the time of its last change."""
        status = self.path.stat()
        return status.st_size, status.st_mtime_ns

    def batches(self) -> Iterator[Batch]:
        """Yield all rows in the file's order, in batches of bounded size.

        Raises:
            InputError: The file cannot be read as a whole, see `parquet_batches` and `dump_batches`. Batches yielded
                before belong to a source that failed.
        """
        return parquet_batches(self.path, self.given) if self._is_parquet else dump_batches(self.path)

    @property
    def _is_parquet(self) -> bool:
        return self.path.name.lower().endswith(PARQUET_SUFFIX)
