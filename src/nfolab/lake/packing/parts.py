"""A day in parts, so that several workers write one large day, into the same bytes as one of them would."""

from collections.abc import Iterator, Sequence

from nfolab.lake.contracts import ContractKey
from nfolab.lake.packing.merge import DayTask, MergedDay
from nfolab.lake.packing.row_groups import is_full
from nfolab.lake.packing.write import PartTask

_PARTS_A_WORKER = 2
LEAST_ROWS = 250_000
"""A part of fewer rows is not worth its own file."""


def jobs_of(tasks: Sequence[DayTask], workers: int) -> Iterator[DayTask | PartTask]:
    """Yield the days, in their order; those that would keep one worker long after the others are done in parts."""
    rows = {task.key: sum(part.share.rows_passed for part in task.shards) for task in tasks}
    most = max(sum(rows.values()) // (_PARTS_A_WORKER * workers), LEAST_ROWS)
    for task in tasks:
        parts = _parts_of(task, most) if workers > 1 and task.key[0].by_contract and rows[task.key] > most else []
        if len(parts) > 1:
            yield from (PartTask(task, keys, number, len(parts)) for number, keys in enumerate(parts))
        else:
            yield task


def _parts_of(task: DayTask, most: int) -> list[tuple[ContractKey, ...]]:
    """Cut a day where a row group begins, once a part has so many rows.

    Row groups begin anew with an expiry. Within one they can be told beforehand as long as no contract may lose rows
    when its sources are merged: then where the group ends that it stands in is known only afterwards.
    """
    merged = MergedDay(task)
    parts: list[list[ContractKey]] = [[]]
    held = rows = 0
    foreseen = True
    for key in merged.keys:
        starts_expiry = bool(parts[-1]) and parts[-1][-1][0] != key[0]
        foreseen = foreseen or starts_expiry
        if starts_expiry or (foreseen and is_full(held)):
            held = 0
            if rows >= most:
                parts.append([])
                rows = 0
        foreseen = foreseen and merged.stays_whole(key)
        parts[-1].append(key)
        held += merged.most_rows(key)
        rows += merged.most_rows(key)
    return [tuple(part) for part in parts]
