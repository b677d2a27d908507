"""One measured figure beside the limit it is held against, and how both are timed."""

import time
from collections.abc import Callable
from dataclasses import dataclass

REPEATS = 7


@dataclass(frozen=True)
class Figure:
    """A line of the table; `ratio` is value ÷ against_value. It holds while `value` is on the right side of `floor`."""

    group: str
    name: str
    value: float
    unit: str
    against: str
    against_value: float
    ratio: float
    floor: float
    goal: float | None
    holds: bool


def at_most(
    group: str, name: str, value: float, unit: str, against: tuple[str, float], floor: float, goal: float | None = None
) -> Figure:
    """Return a figure that must not be above its floor: a time."""
    label, limit = against
    return Figure(group, name, value, unit, label, limit, value / limit, floor, goal, value <= floor)


def at_least(
    group: str, name: str, value: float, unit: str, against: tuple[str, float], floor: float, goal: float | None = None
) -> Figure:
    """Return a figure that must not be below its floor: a rate."""
    label, limit = against
    return Figure(group, name, value, unit, label, limit, value / limit, floor, goal, value >= floor)


def fastest(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the least seconds of several goes, after one that warms caches and compiles."""
    work()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)
