"""One pack at a time on a lake, and no worker of a dead pack left behind when the next begins."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nfolab.base.errors import InputError
from nfolab.base.files import TEMPORARY_SUFFIX
from nfolab.lake.layout import scratch_folder
from nfolab.lake.place import finish_moving, is_moving, moving_is_done

_WORKERS: Final = "workers"
_STAGED: Final = "staged"


@dataclass(frozen=True)
class Workplace:
    """Where a pack works.

    Attributes:
        scratch: The hidden folder, removed when the pack ends.
        after_death: Whether a pack died here before, so that files and catalogue may disagree.
    """

    scratch: Path
    after_death: bool

    @property
    def shards(self) -> Path:
        """Where sources lie aside."""
        return self.scratch / "shards"

    @property
    def staged(self) -> Path:
        """Where day files are written before they move into the lake."""
        return self.scratch / _STAGED

    def clear(self) -> None:
        """Remove what lies aside and what was staged, for the next round."""
        for folder in (self.shards, self.staged):
            shutil.rmtree(folder)
        moving_is_done(self.staged)
        self.prepare()

    def leave(self) -> None:
        """Remove everything; but if the disk was full while files moved into the lake, what the next pack must know."""
        shutil.rmtree(self.shards if is_moving(self.staged) else self.scratch, ignore_errors=True)

    def prepare(self) -> None:
        """Make the folders."""
        self.shards.mkdir(parents=True)
        self.staged.mkdir()

    @property
    def workers_lock(self) -> Path:
        """The file that every worker holds while it lives."""
        return self.scratch / _WORKERS


@contextmanager
def packing(root: Path) -> Iterator[Workplace]:
    """Hold the lake for one pack; on leaving, however that comes, the scratch folder is gone.

    Raises:
        InputError: another pack is writing to the lake.
        OSError: the folder cannot be written.
    """
    was_there = root.exists()
    root.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(root, os.O_RDONLY)
    try:
        _lock(descriptor, root, fcntl.LOCK_EX)
        workplace = Workplace(scratch_folder(root), after_death=_clear(root))
        try:
            workplace.prepare()
            workplace.workers_lock.touch()
            yield workplace
        except BaseException:
            workplace.leave()
            raise
        else:
            shutil.rmtree(workplace.scratch, ignore_errors=True)
        finally:
            if not was_there and not any(root.iterdir()):
                root.rmdir()
    finally:
        os.close(descriptor)


@contextmanager
def reading(root: Path) -> Iterator[None]:
    """Keep the lake as it is while it is looked at as a whole; others may look too.

    Raises:
        InputError: a pack is writing to the lake.
    """
    descriptor = os.open(root, os.O_RDONLY)
    try:
        _lock(descriptor, root, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, root: Path, how: int) -> None:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError(f"another pack is writing to the lake {root}: wait until it is done") from None


def _clear(root: Path) -> bool:
    """Finish and remove what a dead pack left, once its last worker is gone too; say whether there was anything."""
    left = [path for path in root.glob(f".*{TEMPORARY_SUFFIX}") if path.is_file()]
    for path in left:
        path.unlink()
    scratch = scratch_folder(root)
    if not scratch.exists():
        return bool(left)
    lock = scratch / _WORKERS
    if lock.exists():
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
    finish_moving(root, scratch / _STAGED)
    shutil.rmtree(scratch)
    return True


def join_pack(workers_lock: Path) -> None:
    """Make this worker process known to the lake for as long as it lives."""
    fcntl.flock(os.open(workers_lock, os.O_RDONLY), fcntl.LOCK_SH)
