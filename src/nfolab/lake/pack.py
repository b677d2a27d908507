"""Packing: sources in, a lake out, whose bytes depend on the set of sources alone.

Sources are read once and laid aside by contract and day; each day is written whole into a staging folder, merged with
what the lake holds of it; then the finished files move into place, the catalogue after them, the list of packed sources
last. A pack killed at any moment leaves either the lake as it was, or some whole new day files that tell in their
footers which sources they hold; the next pack adopts those and writes the rest.
"""

import errno
import os
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from rich.progress import Progress

from nfolab.base.errors import InputError
from nfolab.base.files import sync_folder, why_not_written
from nfolab.base.progress import progress_bar
from nfolab.base.snapshot import SourceKind
from nfolab.lake.catalogue import (
    Entry,
    PackedSource,
    entry_of,
    read_catalogue,
    read_sources,
    write_catalogue,
    write_sources,
)
from nfolab.lake.dayfile import read_metadata, read_shares
from nfolab.lake.given import (
    Refused,
    common_kind,
    nothing_readable,
    readable_sources,
    refuse_other_folders,
    unreadable,
)
from nfolab.lake.layout import audit_file, day_file, day_files
from nfolab.lake.lock import Workplace, packing
from nfolab.lake.merge import DayTask
from nfolab.lake.shards import DayKey, DayShard, SourceShards, shard
from nfolab.lake.workers import Run, running
from nfolab.lake.write import WrittenDay, write_day
from nfolab.vendor.batch import RefusedRows, total_by_reason
from nfolab.vendor.source import FileSource, Source

_WORTH_WORKERS = 64_000_000
"""Bytes of sources below which starting worker processes costs more than it saves."""


@dataclass(frozen=True)
class PackResult:
    """What a pack did; rows_read = rows_written + rows_refused + rows_repeated.

    Attributes:
        days: The days into which these sources went.
        unreadable: How many sources could not be read.
    """

    files_read: int
    files_skipped: int
    rows_read: int
    rows_written: int
    rows_refused: int
    rows_repeated: int
    days: tuple[date, ...]
    seconds: float
    refused: tuple[Refused, ...]
    unreadable: int


@dataclass
class _Lake:
    """What lies in the lake as the pack begins."""

    entries: dict[DayKey, Entry]
    packed: dict[str, PackedSource]
    catalogue_is_right: bool


@dataclass
class _Counts:
    written: int = 0
    repeated: int = 0
    days: set[date] = field(default_factory=set)


def pack(sources: Sequence[Source], root: Path, workers: int | None = None) -> PackResult:
    """Pack sources into the lake at `root`, which is made if it is not there.

    Args:
        sources: As `vendor.find_sources` gives them; what lies within `root` is passed over.
        root: The lake's folder.
        workers: Processes; by default as many as there are processors, one for little data.

    Returns:
        What was done. Sources that could not be read are listed; the others are packed all the same.

    Raises:
        InputError: nothing could be read; vendor and synthetic data would share a lake; `root` is another kind of
            folder; another pack is at work; the disk is full or closed to us; a file of the lake is damaged. The lake
            is then as it was.
    """
    started = time.perf_counter()
    outside = [one for one in sources if not _lies_within(one, root)]
    if not outside:
        raise InputError(f"there is nothing to pack outside the lake {root} itself: name raw files or a folder of them")
    readable, unopened = readable_sources(outside)
    source_kind = common_kind(readable, root)
    refuse_other_folders(root)
    count = workers or _worth_workers(readable)
    try:
        with packing(root) as workplace, running(count, workplace) as run, progress_bar() as progress:
            lake = _lake_now(root, workplace)
            return _Pack(root, workplace, source_kind, lake, run, progress).pack(list(readable), unopened, started)
    except OSError as problem:
        raise _cannot_write(problem, root) from problem


def _lies_within(source: Source, root: Path) -> bool:
    return isinstance(source, FileSource) and source.path.resolve().is_relative_to(root.resolve())


def _cannot_write(problem: OSError, root: Path) -> Exception:
    why = why_not_written(problem)
    if why is None:
        return problem
    return InputError(
        f"the lake {root} cannot be written because {why} (nothing half-written remains): "
        "make room or choose another folder"
    )


def _worth_workers(sources: Iterable[Source]) -> int:
    size = sum(source.size for source in sources)
    return os.cpu_count() or 1 if size > _WORTH_WORKERS else 1


def _lake_now(root: Path, workplace: Workplace) -> _Lake:
    """Return what the lake holds: by its catalogue, and by the files' own footers where the two may disagree."""
    catalogue = read_catalogue(root)
    listed = {entry.key: entry for entry in catalogue[1]} if catalogue else {}
    entries: dict[DayKey, Entry] = {}
    for kind, underlying, day, path in day_files(root):
        known = listed.get((kind, underlying, day))
        if known is None or workplace.after_death or known.bytes != path.stat().st_size:
            known = entry_of(path)
        entries[known.key] = known
    packed = {one.sha256: one for one in read_sources(root) if all(day in entries for day in one.days)}
    return _Lake(entries, packed, catalogue_is_right=catalogue is not None and entries == listed)


def _identified(source: Source) -> str | Refused:
    try:
        return source.identity()
    except OSError as problem:
        return unreadable(source, problem)


def _sharded(task: tuple[Source, str], folder: Path) -> SourceShards | Refused:
    source, sha256 = task
    try:
        return shard(source, sha256, folder)
    except InputError as problem:
        return unreadable(source, problem)
    except OSError as problem:
        if problem.errno == errno.ENOENT or problem.filename == source.place:
            return unreadable(source, problem)
        raise


class _Pack:
    """The steps of one pack, over what it was given and what the lake holds."""

    def __init__(
        self, root: Path, workplace: Workplace, source_kind: SourceKind, lake: _Lake, run: Run, progress: Progress
    ) -> None:
        self._root = root
        self._workplace = workplace
        self._source_kind = source_kind
        self._lake = lake
        self._run = run
        self._progress = progress
        self._counts = _Counts()

    def pack(self, given: Sequence[Source], unopened: Sequence[Refused], started: float) -> PackResult:
        """Read what is new, write its days, and list it."""
        new, unhashed = self._new(given)
        shards, unread = self._read(new)
        failed = [*unopened, *unhashed, *unread]
        skipped = len(given) - len(unhashed) - len(new)
        if failed and not shards and not skipped:
            raise nothing_readable(failed)
        self._commit(self._write(self._tasks(shards)), shards)
        by_reason = [Refused(one.name, rows.count, why) for one in shards for why, rows in _refused_of(one).items()]
        return PackResult(
            files_read=len(shards),
            files_skipped=skipped,
            rows_read=sum(one.rows_read for one in shards),
            rows_written=self._counts.written,
            rows_refused=sum(one.rows or 0 for one in by_reason),
            rows_repeated=self._counts.repeated,
            days=tuple(sorted(self._counts.days)),
            seconds=round(time.perf_counter() - started, 3),
            refused=(*failed, *by_reason),
            unreadable=len(failed),
        )

    def _new(self, given: Sequence[Source]) -> tuple[dict[str, Source], list[Refused]]:
        """Return the sources that are not packed yet, by identity, and those that cannot be read."""
        new: dict[str, Source] = {}
        failed = []
        for source, found in zip(given, self._run(_identified, given), strict=True):
            if isinstance(found, Refused):
                failed.append(found)
            elif found not in self._lake.packed:
                new.setdefault(found, source)
        return new, failed

    def _read(self, new: Mapping[str, Source]) -> tuple[list[SourceShards], list[Refused]]:
        tasks = [(source, sha256) for sha256, source in new.items()]
        bar = self._progress.add_task("reading sources", total=len(tasks), rate="")
        started, rows = time.perf_counter(), 0
        shards: list[SourceShards] = []
        failed = []
        for result in self._run(partial(_sharded, folder=self._workplace.shards), tasks):
            if isinstance(result, Refused):
                failed.append(result)
            else:
                shards.append(result)
                rows += result.rows_read
            self._progress.update(bar, advance=1, rate=_rate(rows, started))
        return sorted(shards, key=lambda one: one.sha256), failed

    def _tasks(self, shards: Sequence[SourceShards]) -> list[DayTask]:
        """Return the days to write: those for which a source has rows that the lake's file does not know of."""
        by_day: dict[DayKey, list[DayShard]] = defaultdict(list)
        for one in shards:
            for key, part in one.days.items():
                by_day[key].append(part)
        tasks = []
        for key, parts in sorted(by_day.items()):
            self._counts.days.add(key[2])
            existing = day_file(self._root, *key) if key in self._lake.entries else None
            there = _rows_by_source(existing) if existing else {}
            fresh = [part for part in parts if part.share.sha256 not in there]
            for part in parts:
                if part.share.sha256 in there:
                    self._count(part.share.rows_passed, there[part.share.sha256])
            if fresh:
                tasks.append(DayTask(key, self._source_kind, existing, tuple(fresh)))
        return tasks

    def _count(self, passed: int, written: int) -> None:
        self._counts.written += written
        self._counts.repeated += passed - written

    def _write(self, tasks: Sequence[DayTask]) -> list[WrittenDay]:
        bar = self._progress.add_task("writing days", total=len(tasks), rate="")
        started, rows = time.perf_counter(), 0
        written = []
        for task, day in zip(tasks, self._run(partial(write_day, root=self._workplace.staged), tasks), strict=True):
            self._count(sum(part.share.rows_passed for part in task.shards), day.entry.rows - day.rows_before)
            written.append(day)
            rows += day.entry.rows
            self._progress.update(bar, advance=1, rate=_rate(rows, started))
        return written

    def _commit(self, written: Sequence[WrittenDay], shards: Sequence[SourceShards]) -> None:
        """Move finished files into place, each ledger before its day, then write the catalogue, then the sources."""
        for day in written:
            for place in (audit_file, day_file):
                final = place(self._root, *day.entry.key)
                final.parent.mkdir(parents=True, exist_ok=True)
                place(self._workplace.staged, *day.entry.key).replace(final)
                sync_folder(final.parent)
        entries = self._lake.entries | {day.entry.key: day.entry for day in written}
        if written or not self._lake.catalogue_is_right:
            write_catalogue(self._root, self._source_kind, entries.values())
        if shards:
            packed = self._lake.packed | {one.sha256: _packed(one) for one in shards}
            write_sources(self._root, packed.values())


def _packed(shards: SourceShards) -> PackedSource:
    return PackedSource(
        shards.sha256, shards.name, shards.rows_read, shards.refused_without_day, tuple(sorted(shards.days))
    )


def _refused_of(shards: SourceShards) -> dict[str, RefusedRows]:
    by_day = (part.share.refused_by_reason for part in shards.days.values())
    return total_by_reason([shards.refused_without_day, *by_day])


def _rows_by_source(path: Path) -> dict[str, int]:
    """Return how many rows of a day file each of its sources has there."""
    return {share.sha256: rows for share, rows in read_shares(read_metadata(path), path)}


def _rate(rows: int, started: float) -> str:
    return f"{rows / max(time.perf_counter() - started, 1e-9):,.0f} rows/s"
