"""Work on many sources or days: in this process, or in worker processes that end when the pack does."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Protocol, TypeVar

from nfolab.base.workers import WorkerPool
from nfolab.lake.lock import Workplace, join_pack

Task = TypeVar("Task")
Result = TypeVar("Result")


class Run(Protocol):
    """Applies a function to tasks, in order of the tasks, here or in worker processes."""

    def __call__(self, function: Callable[[Task], Result], tasks: Sequence[Task], /) -> Iterator[Result]:
        """Yield the results."""


@contextmanager
def running(workers: int, workplace: Workplace) -> Iterator[Run]:
    """Give a way to run tasks: one worker is this process, more are spawned."""
    if workers == 1:
        yield map
        return
    with WorkerPool(workers, partial(join_pack, workplace.workers_lock)) as pool:
        yield pool.map
