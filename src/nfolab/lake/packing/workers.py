"""Work on many sources or days: in this process, or in worker processes that end when the pack does."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import Final, Protocol, TypeVar

from nfolab.base.workers import WorkerPool
from nfolab.lake.lock import Workplace, join_pack

Task = TypeVar("Task")
Result = TypeVar("Result")

_TASKS_AHEAD: Final = 2
_RESULTS_KEPT: Final = 1024


class Run(Protocol):
    """Applies a function to tasks, here or in worker processes; tasks are taken only as they can be begun."""

    def __call__(self, function: Callable[[Task], Result], tasks: Iterable[Task], /) -> Iterator[Result]:
        """Yield the results, in order of the tasks."""


@contextmanager
def looking(threads: int) -> Iterator[Run]:
    """Give a way to look at many sources ahead of their use, in threads: to hash or to open them."""
    with ThreadPoolExecutor(threads) as pool:
        try:
            yield partial(_in_order, pool, _TASKS_AHEAD * threads)
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def running(workers: int, workplace: Workplace) -> Iterator[Run]:
    """Give a way to run tasks: one worker is this process, more are spawned with the first task."""
    if workers == 1:
        yield map
        return
    with WorkerPool(workers, partial(join_pack, workplace.workers_lock)) as pool:
        yield partial(_in_order, pool, _TASKS_AHEAD * workers)


def _in_order(
    pool: Executor, most_waiting: int, function: Callable[[Task], Result], tasks: Iterable[Task]
) -> Iterator[Result]:
    """Yield results in order; a long task does not keep the workers from those after it."""
    futures: deque[Future[Result]] = deque()
    waiting: set[Future[Result]] = set()
    try:
        for task in tasks:
            future = pool.submit(function, task)
            futures.append(future)
            waiting.add(future)
            while len(waiting) >= most_waiting or len(futures) > _RESULTS_KEPT:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                _raise_first(done)
                if not waiting:
                    break
            while futures and futures[0].done():
                yield futures.popleft().result()
        while futures:
            yield futures.popleft().result()
    finally:
        for future in futures:
            future.cancel()


def _raise_first(done: Iterable[Future[Result]]) -> None:
    """Raise what a task raised at once, not only when its turn comes."""
    for future in done:
        problem = future.exception()
        if problem is not None:
            raise problem
