"""Making days of a lake anew: from its own rows, or from a corrected source in the place of its earlier version."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nfolab.base.errors import InputError
from nfolab.base.progress import progress_bar
from nfolab.base.snapshot import SourceKind
from nfolab.lake.catalogue import Entry, entry_of
from nfolab.lake.layout import day_file
from nfolab.lake.lock import Workplace
from nfolab.lake.packing.merge import DayTask
from nfolab.lake.packing.pack import PackResult, pack
from nfolab.lake.packing.shards import DayKey
from nfolab.lake.packing.workers import running
from nfolab.lake.packing.write import write_day
from nfolab.lake.repair.drop import Chosen, Dropped, drop_sources, sources_of_days
from nfolab.lake.repair.standing import Standing, looked_at, replace_days, under_repair
from nfolab.lake.repair.take_out import DaySources, SourceName
from nfolab.vendor.source import Source


@dataclass(frozen=True)
class RepackedDay:
    """One day file made anew.

    Attributes:
        changed: Whether any byte of it, or of its ledger, is another now.
    """

    key: DayKey
    rows: int
    bytes_before: int
    bytes_now: int
    changed: bool


@dataclass(frozen=True)
class Repacked:
    """The days that were made anew from their own rows."""

    days: tuple[RepackedDay, ...]
    seconds: float


@dataclass(frozen=True)
class Replaced:
    """What a corrected source took the place of, and what its packing did.

    Attributes:
        dropped: What the earlier versions had given.
        packed: What packing the new ones did.
    """

    dropped: Dropped
    packed: PackResult


def repack_days(root: Path, chosen: Chosen, workers: int = 1) -> Repacked:
    """Write day files anew from their own rows: with this version's encodings, derived columns, footers and ledgers.

    No source is needed, and no row is added or lost.

    Raises:
        InputError: the lake has none of what is chosen; a day file is damaged or of another schema; there is no lake;
            a pack is at work; the disk is full.
    """
    started = time.perf_counter()
    with under_repair(root) as (lake, workplace), progress_bar() as progress:
        keys = chosen.among(lake)
        bar = progress.add_task("writing days", total=len(keys), rate="")
        days, written = [], []
        work = partial(_anew, root=root, source=lake.source, workplace=workplace)
        with running(min(workers, len(keys)), workplace) as run:
            for before, entry in run(work, keys):
                changed = before != entry
                days.append(RepackedDay(entry.key, entry.rows, before.bytes, entry.bytes, changed))
                written += [entry] if changed else []
                progress.update(bar, advance=1)
        replace_days(lake, workplace, written, (), ())
    return Repacked(tuple(days), round(time.perf_counter() - started, 3))


def _anew(key: DayKey, root: Path, source: SourceKind, workplace: Workplace) -> tuple[Entry, Entry]:
    path = day_file(root, *key)
    return entry_of(path), write_day(DayTask(key, source, path, ()), workplace.staged).entry


def repack_sources(root: Path, sources: Sequence[Source], workers: int | None = None) -> Replaced:
    """Put corrected sources in the place of the earlier versions that the lake holds under the same names.

    The new sources are read through once before anything is taken out, so that an unreadable one changes nothing. If
    the process dies between taking out and packing, the same command goes on from there.

    Raises:
        InputError: a source cannot be read; the lake holds several sources of one name; another source overlaps with an
            earlier version and is not given too; there is no lake; a pack is at work; the disk is full.
    """
    given = {source.identity(): source for source in sources}
    for source in given.values():
        _read_through(source)
    with looked_at(root) as lake, progress_bar() as progress:
        there = sources_of_days(lake, progress)
    earlier = _earlier_versions(lake, there, given)
    leaving = _with_overlapping(there, frozenset(one.sha256 for one in earlier), given)
    dropped = drop_sources(root, leaving, workers or 1) if leaving else Dropped((), (), 0.0)
    return Replaced(dropped, pack(list(given.values()), root, workers))


def _read_through(source: Source) -> None:
    for _ in source.batches():
        pass


def _earlier_versions(
    lake: Standing, there: Mapping[DayKey, DaySources], given: Mapping[str, Source]
) -> list[SourceName]:
    known = {one.sha256: SourceName(one.sha256, one.name) for one in lake.packed}
    known |= {one.sha256: one for day in there.values() for one in day.names}
    found = []
    for name in sorted({source.name for source in given.values()}):
        others = [one for one in known.values() if one.name == name and one.sha256 not in given]
        if len(others) > 1:
            hashes = ", ".join(sorted(one.sha256[:12] for one in others))
            raise InputError(
                f"the lake {lake.root} holds {len(others)} sources named {name} ({hashes}): take out the one to be "
                f"replaced with `nfolab lake drop --source HASH`, then pack {name}"
            )
        found += others
    return found


def _with_overlapping(
    there: Mapping[DayKey, DaySources], leaving: frozenset[str], given: Mapping[str, Source]
) -> frozenset[str]:
    """Return the sources to take out: those that leave, and those given that may have lost rows to them."""
    while True:
        more = {one.sha256: one for day in there.values() for one in day.entangled(leaving)}
        lacking = sorted(one.name for sha256, one in more.items() if sha256 not in given)
        if lacking:
            raise InputError(
                f"the earlier version shares rows with {', '.join(lacking)}, of which the lake kept only one each: "
                "name that source too, so that it is packed again"
            )
        if not more:
            return leaving
        leaving |= more.keys()
