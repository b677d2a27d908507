"""One step of a pipeline in a thread of its own: it works ahead of who takes, and never further than a few items."""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item], depth: int) -> Iterator[Item]:
    """Yield what `items` yields, none of it None; up to `depth` items are made before they are asked for.

    It pays where making an item and using it both leave the GIL. An error of `items` is raised here, behind what came
    before it. If this iterator is closed early, the thread ends with the item it is at, and `items`
    is closed too.
    """
    pool = ThreadPoolExecutor(1)
    try:
        waiting = deque(pool.submit(next, items, None) for _ in range(depth))
        while (item := waiting.popleft().result()) is not None:
            waiting.append(pool.submit(next, items, None))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)
        if isinstance(items, Generator):
            items.close()
