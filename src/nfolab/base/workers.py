"""Worker processes that leave Ctrl-C to the process that started them, and end with it."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class WorkerPool(ProcessPoolExecutor):
    """Spawned worker processes, as many as asked for; tasks are submitted as to any executor.

    A terminal sends Ctrl-C to every process of a command; here only the first answers it, cancels what waits and lets
    running tasks end. If it is killed outright, its workers end at once.
    """

    def __init__(self, workers: int, joined: Callable[[], object] | None = None) -> None:
        """Make a pool whose workers call `joined`, if given, before their first task."""
        super().__init__(workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(joined,))

    def submit(
        self, fn: Callable[Arguments, Result], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Future[Result]:
        """Hand a task to the workers; the first ones start a worker each."""
        with _interrupts_held():
            return super().submit(fn, *args, **kwargs)

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Wait for the workers; after an error only for what is running."""
        self.shutdown(cancel_futures=kind is not None)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Block SIGINT, which processes started meanwhile inherit for good; here it arrives afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(joined: Callable[[], object] | None) -> None:
    if joined is not None:
        joined()
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
