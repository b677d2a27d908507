"""Taking rows out of a lake: a day, an underlying, or all that one source gave."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from rich.progress import Progress

from nfolab.base.errors import InputError
from nfolab.base.progress import progress_bar
from nfolab.base.snapshot import SourceKind
from nfolab.lake.catalogue import Entry
from nfolab.lake.layout import day_file
from nfolab.lake.lock import Workplace
from nfolab.lake.packing.merge import DayTask
from nfolab.lake.packing.shards import DayKey
from nfolab.lake.packing.workers import running
from nfolab.lake.packing.write import write_day
from nfolab.lake.repair.standing import Standing, looked_at, replace_days, under_repair
from nfolab.lake.repair.take_out import DaySources, SourceName, write_without

_SHORTEST_HASH: Final = 8
_NAMED: Final = 3


@dataclass(frozen=True)
class DayLoss:
    """What one day file loses.

    Attributes:
        rows: How many rows it loses.
        rows_left: How many it keeps; 0 if the file goes.
        sources: The sources whose rows these are; none where the file cannot be read.
    """

    key: DayKey
    rows: int
    rows_left: int
    sources: tuple[SourceName, ...]


@dataclass(frozen=True)
class Dropped:
    """What was taken out of a lake, or would be.

    Attributes:
        days: The day files that lose rows.
        sources: The sources that are no longer wholly packed: give them again to have their rows back.
    """

    days: tuple[DayLoss, ...]
    sources: tuple[SourceName, ...]
    seconds: float

    @property
    def rows(self) -> int:
        """How many rows are lost."""
        return sum(day.rows for day in self.days)


@dataclass(frozen=True)
class Chosen:
    """Day files to be taken out whole: those of a day, an underlying and a kind, None meaning any."""

    day: date | None = None
    underlying: str | None = None
    kind: str | None = None

    def holds(self, key: DayKey) -> bool:
        """Tell whether a day file is chosen."""
        wanted = (self.kind, self.underlying, self.day)
        return all(one in (None, its) for one, its in zip(wanted, key, strict=True))

    def among(self, lake: Standing) -> list[DayKey]:
        """Return the day files that are chosen, in order; raise InputError if there are none."""
        found = [key for key in lake.keys if self.holds(key)]
        if not found:
            shows = f"`nfolab lake days --lake {lake.root}` shows what it has"
            raise InputError(f"the lake {lake.root} has nothing of that: {shows}")
        return found


@dataclass(frozen=True)
class _Plan:
    days: tuple[DayLoss, ...]
    gone: frozenset[DayKey]
    unlisted: Mapping[str, SourceName]


def drop_days(root: Path, chosen: Chosen, *, dry_run: bool = False) -> Dropped:
    """Take whole day files out of a lake, damaged ones too; their sources can then be packed again.

    Args:
        root: The lake's folder.
        chosen: Which.
        dry_run: Only tell what would be lost.

    Raises:
        InputError: nothing is chosen or the lake has none of it; there is no lake; a pack is at work.
    """
    if chosen == Chosen():
        raise InputError("nothing is named to be dropped: give --day, --underlying, --kind or --source")
    return _drop(root, partial(_plan_of_days, chosen=chosen), dry_run=dry_run, workers=1)


def drop_source(
    root: Path, source: str, *, with_overlapping: bool = False, dry_run: bool = False, workers: int = 1
) -> Dropped:
    """Take all rows of one source out of a lake, which is then as if that source had never been packed.

    Of rows that several sources have, a lake keeps one. Where that may be the dropped one's, the file cannot give back
    the other's: then nothing is done, unless the other source is to be taken out of these days too.

    Args:
        root: The lake's folder.
        source: The source's name, or at least 8 digits of its hash.
        with_overlapping: Take other sources out of the days on which they may have lost rows to this one.
        dry_run: Only tell what would be lost.
        workers: Processes.

    Raises:
        InputError: the lake knows no such source or several; another source overlaps; a day file is damaged; there is
            no lake; a pack is at work.
    """
    plan = partial(_plan_of_source, named=source, with_overlapping=with_overlapping)
    return _drop(root, plan, dry_run=dry_run, workers=workers)


def drop_sources(root: Path, sources: frozenset[str], workers: int = 1) -> Dropped:
    """Take all rows of several sources, by whole hash, out of a lake, which may hold none of some; see `drop_source`.

    Raises:
        InputError: a source that stays overlaps; a day file is damaged; there is no lake; a pack is at work.
    """
    return _drop(root, partial(_plan_of_sources, sources=sources), dry_run=False, workers=workers)


Planner = Callable[[Standing, Progress], _Plan]


def _drop(root: Path, planned: Planner, *, dry_run: bool, workers: int) -> Dropped:
    started = time.perf_counter()
    with progress_bar() as progress:
        if dry_run:
            with looked_at(root) as lake:
                plan = planned(lake, progress)
        else:
            with under_repair(root) as (lake, workplace):
                plan = planned(lake, progress)
                written = _rewritten(lake, workplace, plan, workers, progress)
                replace_days(lake, workplace, written, plan.gone, plan.unlisted.keys())
    names = sorted(plan.unlisted.values(), key=lambda one: (one.name, one.sha256))
    return Dropped(plan.days, tuple(names), round(time.perf_counter() - started, 3))


def _plan_of_days(lake: Standing, progress: Progress, chosen: Chosen) -> _Plan:  # noqa: ARG001 - quick enough
    gone = chosen.among(lake)
    days = tuple(_whole_loss(lake, key) for key in gone)
    unlisted = {
        one.sha256: SourceName(one.sha256, one.name) for one in lake.packed if not set(gone).isdisjoint(one.days)
    }
    return _Plan(days, frozenset(gone), unlisted)


def _whole_loss(lake: Standing, key: DayKey) -> DayLoss:
    try:
        there = DaySources(day_file(lake.root, *key), key)
    except InputError:
        return DayLoss(key, lake.listed[key].rows if key in lake.listed else 0, 0, ())
    return DayLoss(key, int(there.rows.sum()), 0, there.names)


def _plan_of_source(lake: Standing, progress: Progress, named: str, with_overlapping: bool) -> _Plan:
    there = sources_of_days(lake, progress)
    source = _find_source(lake, there, named)
    return _plan_without(lake, there, frozenset({source.sha256}), with_overlapping=with_overlapping)


def _plan_of_sources(lake: Standing, progress: Progress, sources: frozenset[str]) -> _Plan:
    return _plan_without(lake, sources_of_days(lake, progress), sources, with_overlapping=False)


def sources_of_days(lake: Standing, progress: Progress) -> dict[DayKey, DaySources]:
    """Return who gave what to each day file; raise InputError if one is damaged."""
    bar = progress.add_task("reading footers", total=len(lake.keys), rate="")
    found = {}
    for key in lake.keys:
        found[key] = DaySources(day_file(lake.root, *key), key)
        progress.update(bar, advance=1)
    return found


def _find_source(lake: Standing, there: Mapping[DayKey, DaySources], named: str) -> SourceName:
    """Return the source that a name or the beginning of a hash means; raise InputError for none or several."""
    known = {one.sha256: SourceName(one.sha256, one.name) for one in lake.packed}
    known |= {one.sha256: one for day in there.values() for one in day.names}
    found = [one for one in known.values() if one.name == named]
    if not found and len(named) >= _SHORTEST_HASH:
        found = [one for one in known.values() if one.sha256.startswith(named.lower())]
    if not found:
        raise InputError(
            f"the lake {lake.root} has no source {named!r}: "
            f"`nfolab lake manifest --lake {lake.root}` names them, by name and hash"
        )
    if len(found) > 1:
        hashes = ", ".join(sorted(one.sha256[:12] for one in found))
        raise InputError(
            f"the lake {lake.root} has {len(found)} sources named {named}: say which by its hash ({hashes})"
        )
    return found[0]


def _plan_without(
    lake: Standing, there: Mapping[DayKey, DaySources], sources: frozenset[str], *, with_overlapping: bool
) -> _Plan:
    """Return what becomes of each day file without some sources, by hash, and those that they overlap."""
    days, unlisted = [], {one.sha256: SourceName(one.sha256, one.name) for one in lake.packed if one.sha256 in sources}
    for key, day in there.items():
        leaving = sources & {one.sha256 for one in day.names}
        if not leaving:
            continue
        while more := day.entangled(leaving):
            if not with_overlapping:
                raise _overlap(key, more)
            leaving |= {one.sha256 for one in more}
        lost = sum(int(rows) for one, rows in zip(day.names, day.rows, strict=True) if one.sha256 in leaving)
        names = tuple(one for one in day.names if one.sha256 in leaving)
        days.append(DayLoss(key, lost, int(day.rows.sum()) - lost, names))
        unlisted |= {one.sha256: one for one in names}
    return _Plan(tuple(days), frozenset(loss.key for loss in days if not loss.rows_left), unlisted)


def _overlap(key: DayKey, others: Sequence[SourceName]) -> InputError:
    kind, underlying, day = key
    names = ", ".join(one.name for one in others[:_NAMED]) + (" and more" if len(others) > _NAMED else "")
    return InputError(
        f"of rows that it shares with {names} the lake kept only one each ({underlying} {kind} of {day}), "
        "so these cannot be given back: add --overlapping to take those sources out of such days too, "
        "and pack them again afterwards"
    )


def _rewritten(lake: Standing, workplace: Workplace, plan: _Plan, workers: int, progress: Progress) -> list[Entry]:
    """Write the day files that keep some rows anew, into the staging folder."""
    kept = [loss for loss in plan.days if loss.rows_left]
    work = partial(_without, root=lake.root, source=lake.source, workplace=workplace)
    bar = progress.add_task("writing days", total=len(kept), rate="")
    entries = []
    with running(min(workers, max(len(kept), 1)), workplace) as run:
        for entry in run(work, kept):
            entries.append(entry)
            progress.update(bar, advance=1)
    return entries


def _without(loss: DayLoss, root: Path, source: SourceKind, workplace: Workplace) -> Entry:
    rest = workplace.shards / "-".join(map(str, loss.key))
    gone = frozenset(one.sha256 for one in loss.sources)
    write_without(day_file(root, *loss.key), loss.key, gone, rest)
    written = write_day(DayTask(loss.key, source, rest, ()), workplace.staged)
    rest.unlink()
    return written.entry
