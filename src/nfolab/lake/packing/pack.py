"""Packing: sources in, a lake out, whose bytes depend on the set of sources alone.

Sources are read in rounds. In each round they are laid aside by contract and day, as many as the scratch has room for;
each day is written whole into a staging folder, merged with what the lake holds of it; then the finished files move
into place, the catalogue after them, the list of packed sources last. A pack killed at any moment loses the round under
way; it leaves either the lake as the last round left it, or some whole new day files that tell in their footers which
sources they hold; the next pack adopts those and writes the rest.

Where sources disagree about a contract and a timestamp the later delivery holds (see `lake.supersede`), and the bytes
depend on the order of the deliveries too.
"""

import errno
import os
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from nfolab.base.errors import InputError
from nfolab.base.files import why_not_written
from nfolab.base.snapshot import SourceKind
from nfolab.lake.auditing.joint import audit_days
from nfolab.lake.catalogue import Entry, PackedSource, entry_of, read_catalogue, write_catalogue
from nfolab.lake.dayfile import read_metadata, read_shares
from nfolab.lake.layout import day_file, day_files
from nfolab.lake.lock import Workplace, packing
from nfolab.lake.packing.given import (
    Refused,
    nothing_readable,
    readable_sources,
    refuse_other_folders,
    size_of,
    unreadable,
)
from nfolab.lake.packing.merge import DayTask
from nfolab.lake.packing.parts import jobs_of
from nfolab.lake.packing.progress import PackProgress, pack_progress
from nfolab.lake.packing.rounds import NewSource, Rounds
from nfolab.lake.packing.shards import DayKey, DayShard, SourceShards, shard
from nfolab.lake.packing.source_list import SourceList
from nfolab.lake.packing.space import allow_open_files, require_space, scratch_share
from nfolab.lake.packing.workers import Run, looking, running
from nfolab.lake.packing.write import PartTask, WrittenDay, WrittenPart, join_parts, write_day, write_part
from nfolab.lake.place import move_into_place
from nfolab.vendor.batch import RefusedRows, total_by_reason
from nfolab.vendor.source import FileSource, Source

SUPERSEDED: Final = "superseded by a later delivery"
"""Why rows that this pack read are not in the lake, where another of its sources has other values for their time."""

_WORTH_WORKERS: Final = 64_000_000
"""Bytes of sources below which starting worker processes costs more than it saves."""
_WORTH_A_WORKER: Final = 16_000_000
"""Bytes of sources that are worth one worker process more."""
_MOST_THREADS: Final = 8
_HELD_IN_MEMORY: Final = 600_000_000
"""Bytes of rows that a pack in one process keeps in memory before it lays them aside in files: a large day's."""


@dataclass(frozen=True)
class PackResult:
    """What a pack did; rows_read = rows_written + rows_refused + rows_repeated.

    Attributes:
        days: The days into which these sources went.
        unreadable: How many sources could not be read.
        rows_superseded: How many rows gave way to those of a later delivery: of sources packed earlier, and of this
            pack's own, which are refused rows too.
        rounds: In how many rounds.
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
    rows_superseded: int = 0
    rounds: int = 1


@dataclass
class _Lake:
    """What lies in the lake as the pack begins, kept up to date round by round."""

    entries: dict[DayKey, Entry]
    packed: SourceList
    catalogue_is_right: bool


@dataclass
class _Counts:
    files: int = 0
    rounds: int = 0
    read: int = 0
    written: int = 0
    repeated: int = 0
    superseded: int = 0
    days: set[date] = field(default_factory=set)
    refused: list[Refused] = field(default_factory=list)
    failed: list[Refused] = field(default_factory=list)
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Rows of this pack's own sources that gave way, by hash and name."""


def pack(
    sources: Sequence[Source], root: Path, workers: int | None = None, scratch_bytes: int | None = None
) -> PackResult:
    """Pack sources into the lake at `root`, which is made if it is not there.

    Args:
        sources: As `vendor.find_sources` gives them; what lies within `root` is passed over.
        root: The lake's folder.
        workers: Processes, fewer where there is little for each to do; by default as many as there are processors,
            one for little data.
        scratch_bytes: How much may lie aside in the lake's folder at a time; by default a quarter of the free space.

    Returns:
        What was done. Sources that could not be read are listed; the others are packed all the same.

    Raises:
        InputError: nothing could be read; vendor and synthetic data would share a lake; `root` is another kind of
            folder; another pack is at work; the disk is full, closed to us or cannot suffice; a file of the lake is
            damaged. The lake is then as the last whole round left it.
    """
    started = time.perf_counter()
    inside = root.resolve()
    outside = [one for one in sources if not _lies_within(one, inside)]
    if not outside:
        raise InputError(f"there is nothing to pack outside the lake {root} itself: name raw files or a folder of them")
    refuse_other_folders(root)
    count = _worth_starting(workers, outside) if workers else _worth_workers(outside)
    allow_open_files(count)
    with looking(min(max(count, 2), _MOST_THREADS)) as look:
        readable, source_kind, unopened = readable_sources(outside, root, look)
        total = sum(map(size_of, readable))
        try:
            with packing(root) as workplace, running(count, workplace) as run, pack_progress(total) as progress:
                lake = _lake_now(root, workplace)
                require_space(root, readable, lake.packed.has_name)
                room = scratch_bytes or scratch_share(root)
                one = _Pack(root, workplace, source_kind, lake, run, count, progress)
                memory = _HELD_IN_MEMORY if count == 1 else 0
                rounds = Rounds(readable, room, memory, lake.packed.__contains__, look)
                return one.pack(rounds, unopened, started)
        except OSError as problem:
            raise _cannot_write(problem, root) from problem


def _lies_within(source: Source, root: Path) -> bool:
    return isinstance(source, FileSource) and source.path.resolve().is_relative_to(root)


def _cannot_write(problem: OSError, root: Path) -> Exception:
    why = why_not_written(problem)
    if why is None:
        return problem
    return InputError(
        f"the lake {root} cannot be written because {why} (nothing half-written remains): "
        "make room or choose another folder"
    )


def _worth_workers(sources: Sequence[Source]) -> int:
    size = sum(map(size_of, sources))
    return os.cpu_count() or 1 if size > _WORTH_WORKERS else 1


def _worth_starting(workers: int, sources: Sequence[Source]) -> int:
    """Return how many of the workers asked for have enough to do: each takes a second and 300 MB to be there at all."""
    return min(workers, max(2, sum(map(size_of, sources)) // _WORTH_A_WORKER))


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
    packed = SourceList(root, entries.keys())
    return _Lake(entries, packed, catalogue_is_right=catalogue is not None and entries == listed)


def _sharded(task: NewSource, folder: Path) -> tuple[NewSource, SourceShards | Refused]:
    source = task.source
    try:
        return task, shard(source, task.sha256, folder, task.room, task.memory)
    except InputError as problem:
        return task, unreadable(source, problem)
    except OSError as problem:
        if problem.errno == errno.ENOENT or problem.filename == source.place:
            return task, unreadable(source, problem)
        raise


def _written(job: DayTask | PartTask, root: Path) -> WrittenDay | WrittenPart:
    return write_part(job, root) if isinstance(job, PartTask) else write_day(job, root)


class _Pack:
    """The steps of one pack, over what it was given and what the lake holds."""

    def __init__(
        self,
        root: Path,
        workplace: Workplace,
        source_kind: SourceKind,
        lake: _Lake,
        run: Run,
        workers: int,
        progress: PackProgress,
    ) -> None:
        self._root = root
        self._workplace = workplace
        self._source_kind = source_kind
        self._lake = lake
        self._run = run
        self._workers = workers
        self._progress = progress
        self._counts = _Counts()
        self._own: set[bytes] = set()
        self._passed = 0

    def pack(self, rounds: Rounds, unopened: Sequence[Refused], started: float) -> PackResult:
        """Round by round read what is new, write its days, and list it."""
        counts = self._counts
        while rounds.more():
            counts.rounds += 1
            shards = self._read(rounds)
            if shards:
                self._commit(self._write(self._tasks(shards)), shards)
                self._tell(shards)
            del shards  # They may hold the rows of the round in memory.
            self._workplace.clear()
            self._progress.source_passed(rounds.passed_bytes - self._passed)
            self._passed = rounds.passed_bytes
        counts.failed += rounds.failed
        failed = [*unopened, *counts.failed]
        if failed and not counts.files and not rounds.skipped:
            raise nothing_readable(failed)
        self._commit((), ())
        self._workplace.clear()
        self._audit_jointly()
        lost = [Refused(name, rows, SUPERSEDED) for (_, name), rows in sorted(counts.lost.items())]
        refused = [*sorted(counts.refused, key=lambda one: one.file), *lost]
        return PackResult(
            files_read=counts.files,
            files_skipped=rounds.skipped,
            rows_read=counts.read,
            rows_written=counts.written,
            rows_refused=sum(one.rows or 0 for one in refused),
            rows_repeated=counts.repeated,
            days=tuple(sorted(counts.days)),
            seconds=round(time.perf_counter() - started, 3),
            refused=(*failed, *refused),
            unreadable=len(failed),
            rows_superseded=counts.superseded,
            rounds=counts.rounds,
        )

    def _read(self, rounds: Rounds) -> list[SourceShards]:
        shards = []
        for task, result in self._run(partial(_sharded, folder=self._workplace.shards), rounds.round()):
            size = size_of(task.source)
            if isinstance(result, Refused):
                self._counts.failed.append(result)
                rounds.laid_aside(task.sha256, size, None)
                self._progress.source_failed(size)
            else:
                shards.append(result)
                rounds.laid_aside(task.sha256, size, result)
                self._own.add(bytes.fromhex(result.sha256))
                self._progress.source_read(size, result.rows_read)
        return sorted(shards, key=lambda one: one.sha256)

    def _tasks(self, shards: Sequence[SourceShards]) -> list[DayTask]:
        """Return the days to write: those for which a source has rows that the lake's file does not know of."""
        by_day: dict[DayKey, list[DayShard]] = defaultdict(list)
        for one in shards:
            for key, part in one.days.items():
                by_day[key].append(part)
        tasks = []
        for key, parts in by_day.items():
            self._counts.days.add(key[2])
            existing = day_file(self._root, *key) if key in self._lake.entries else None
            there = _shares_there(existing) if existing else {}
            fresh = [part for part in parts if part.share.sha256 not in there]
            for part in parts:
                if part.share.sha256 in there:
                    self._adopt(part, *there[part.share.sha256])
            if fresh:
                tasks.append(DayTask(key, self._source_kind, existing, tuple(fresh)))
        return sorted(tasks, key=lambda task: -sum(part.share.rows_passed for part in task.shards))

    def _adopt(self, part: DayShard, written: int, superseded: int) -> None:
        """Count rows of a source that the day file has already, because a pack died after writing it."""
        share = part.share
        self._counts.written += written
        self._counts.repeated += share.rows_passed - written - superseded
        if superseded:
            self._counts.superseded += superseded
            self._counts.lost[share.sha256, share.name] += superseded

    def _write(self, tasks: Sequence[DayTask]) -> list[WrittenDay]:
        written = []
        self._progress.writing(len(tasks))
        parts: list[WrittenPart] = []
        jobs = list(jobs_of(tasks, self._workers))
        for job, done in zip(jobs, self._run(partial(_written, root=self._workplace.staged), jobs), strict=True):
            if isinstance(done, WrittenPart):
                parts.append(done)
                if len(parts) < done.task.parts:
                    continue
                day, parts = join_parts(parts, self._workplace.staged), []
            else:
                day = done
            self._count(job.day if isinstance(job, PartTask) else job, day)
            written.append(day)
            self._progress.day_written(day.entry.rows)
        return written

    def _count(self, task: DayTask, day: WrittenDay) -> None:
        fresh = {part.share.sha256 for part in task.shards}
        of_fresh = sum(rows for (sha256, _), rows in day.superseded.items() if sha256 in fresh)
        of_before = sum(day.superseded.values()) - of_fresh
        written = day.entry.rows - day.rows_before + of_before
        self._counts.written += written
        self._counts.repeated += sum(part.share.rows_passed for part in task.shards) - written - of_fresh
        self._counts.superseded += of_fresh + of_before
        for (sha256, name), rows in day.superseded.items():
            if bytes.fromhex(sha256) in self._own:
                self._counts.lost[sha256, name] += rows
                self._counts.written -= 0 if sha256 in fresh else rows

    def _commit(self, written: Sequence[WrittenDay], shards: Sequence[SourceShards]) -> None:
        """Move finished files into place, each ledger before its day, then write the catalogue, then the sources."""
        if written:
            move_into_place(self._root, self._workplace.staged, [day.entry.key for day in written])
        self._lake.entries |= {day.entry.key: day.entry for day in written}
        if written or not self._lake.catalogue_is_right:
            write_catalogue(self._root, self._source_kind, self._lake.entries.values())
            self._lake.catalogue_is_right = True
        self._lake.packed.add(map(_packed, shards))

    def _audit_jointly(self) -> None:
        """Hold the contracts of a day against each other, on every day whose ledger of that is missing or stale."""
        if self._lake.entries:
            audit_days(self._root, None, self._run)

    def _tell(self, shards: Sequence[SourceShards]) -> None:
        for one in shards:
            self._counts.files += 1
            self._counts.read += one.rows_read
            self._counts.refused += [Refused(one.name, rows.count, why) for why, rows in _refused_of(one).items()]


def _packed(shards: SourceShards) -> PackedSource:
    return PackedSource(
        shards.sha256, shards.name, shards.rows_read, shards.refused_without_day, tuple(sorted(shards.days))
    )


def _refused_of(shards: SourceShards) -> dict[str, RefusedRows]:
    by_day = (part.share.refused_by_reason for part in shards.days.values())
    return total_by_reason([shards.refused_without_day, *by_day])


def _shares_there(path: Path) -> dict[str, tuple[int, int]]:
    """Return of each source of a day file how many rows it has there, and how many gave way to a later delivery."""
    return {share.sha256: (rows, share.rows_superseded) for share, rows in read_shares(read_metadata(path), path)}
