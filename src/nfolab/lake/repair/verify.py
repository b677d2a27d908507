"""Whether a lake is whole: every byte as written, every sum right, nothing missing and nothing left over."""

import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nfolab.base.errors import InputError
from nfolab.base.progress import progress_bar
from nfolab.base.snapshot import SourceKind
from nfolab.base.workers import WorkerPool
from nfolab.lake.auditing.joint import joint_is_whole
from nfolab.lake.auditing.joint_findings import JOINTLY
from nfolab.lake.catalogue import Entry, PackedSource, read_catalogue, read_sources, write_catalogue, write_sources
from nfolab.lake.dayfile import OtherSchemaError
from nfolab.lake.layout import (
    AUDIT,
    CALENDAR,
    CATALOGUE,
    SOURCES,
    audit_file,
    calendar_file,
    catalogue_file,
    day_file,
    day_files,
    joint_file,
    scratch_folder,
    sources_file,
)
from nfolab.lake.lock import reading
from nfolab.lake.packing.calendar import calendar_name, read_differences, write_differences
from nfolab.lake.packing.shards import DayKey
from nfolab.lake.repair.verify_day import CheckedDay, DayCheck, Fault, check_day

_WORTH_WORKERS = 200_000_000
"""Bytes of day files below which starting worker processes costs more than it saves."""

_PACK_AGAIN = "delete it and pack its sources again, which makes it anew"


@dataclass(frozen=True)
class Verification:
    """What was looked at, and what is wrong with it.

    Attributes:
        files: How many day files.
        rows: How many rows they hold.
        bytes: How long they are together.
    """

    files: int
    rows: int
    bytes: int
    seconds: float
    faults: tuple[Fault, ...]


def verify(root: Path, workers: int | None = None) -> Verification:
    """Look at every byte and every row of a lake.

    Args:
        root: The lake's folder.
        workers: Processes; by default as many as there are processors, one for a small lake.

    Raises:
        InputError: there is no lake, it is of another schema, or a pack is writing to it.
    """
    started = time.perf_counter()
    if not root.is_dir():
        raise InputError(f"there is no lake at {root}: make one with `nfolab pack SOURCE --lake {root}`")
    with reading(root):
        catalogue = _readable(lambda: read_catalogue(root))
        listed = {entry.key: entry for entry in catalogue[1]} if catalogue else {}
        there = [(kind, underlying, day) for kind, underlying, day, _ in day_files(root)]
        checks = [DayCheck(root, key, listed.get(key)) for key in there]
        days = _checked(checks, workers)
        faults = [fault for day in days for fault in day.faults]
        faults += _catalogue_faults(root, catalogue, listed, there)
        faults += _source_faults(root, days)
        faults += _calendar_faults(root)
        faults += _leftovers(root)
    return Verification(
        len(days),
        sum(day.rows for day in days),
        sum(day.entry_bytes for day in days),
        round(time.perf_counter() - started, 3),
        tuple(sorted(faults, key=lambda one: (one.path, one.fault))),
    )


def _checked(checks: Sequence[DayCheck], workers: int | None) -> list[CheckedDay]:
    size = sum(day_file(one.root, *one.key).stat().st_size for one in checks)
    count = workers or (os.cpu_count() or 1 if size > _WORTH_WORKERS else 1)
    with ExitStack() as stack:
        progress = stack.enter_context(progress_bar())
        run = stack.enter_context(WorkerPool(count)).map if count > 1 else map
        bar = progress.add_task("verifying days", total=len(checks), rate="")
        started, done = time.perf_counter(), 0
        days = []
        for day in run(check_day, checks):
            days.append(day)
            done += day.entry_bytes
            rate = f"{done / 1e6 / max(time.perf_counter() - started, 1e-9):,.0f} MB/s"
            progress.update(bar, advance=1, rate=rate)
    return days


def _readable(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except OtherSchemaError:
        raise
    except InputError:
        return None


def _catalogue_faults(
    root: Path,
    catalogue: tuple[SourceKind, list[Entry]] | None,
    listed: Mapping[DayKey, Entry],
    there: Sequence[DayKey],
) -> Iterator[Fault]:
    if not catalogue_file(root).exists():
        yield Fault(CATALOGUE, "is gone", "pack a source again, which makes it anew")
        return
    if catalogue is None or not _rewritten(catalogue_file(root), lambda new: write_catalogue(new, *catalogue)):
        yield Fault(CATALOGUE, "is damaged", _PACK_AGAIN)
        return
    for key in sorted(listed.keys() - set(there)):
        lost = day_file(Path(), *key).as_posix()
        yield Fault(lost, "is in the catalogue and gone", "pack its sources again")
    for key in sorted(set(there) - listed.keys()):
        found = day_file(Path(), *key).as_posix()
        yield Fault(found, "is not in the catalogue", "pack its sources again, or any other, which takes it in")


def _rewritten(path: Path, write: Callable[[Path], None]) -> bool:
    """Tell whether a table's file has the very bytes that writing what it says gives, its hash of lines included."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        return path.read_bytes() == (Path(folder) / path.name).read_bytes()


def _source_faults(root: Path, days: Sequence[CheckedDay]) -> Iterator[Fault]:
    """Hold the list of sources against what the day files say they were made from.

    A source that is not listed is no fault: it is not wholly packed, as after a drop of one of its days.
    """
    if not sources_file(root).exists():
        yield Fault(SOURCES, "is gone", "pack the sources again, which makes it anew")
        return
    sources: list[PackedSource] | None = _readable(lambda: read_sources(root))
    if sources is None or not _rewritten(sources_file(root), lambda new: write_sources(new, sources)):
        yield Fault(SOURCES, "is damaged", _PACK_AGAIN)
        return
    trusted = {day.key for day in days if day.shares}
    told: dict[str, dict[DayKey, dict[str, Any]]] = defaultdict(dict)
    for day in days:
        for share in day.shares:
            told[share["sha256"]][day.key] = share
    for source in sources:
        yield from _faults_of(source, told.get(source.sha256, {}), trusted)


def _faults_of(
    source: PackedSource, shares: Mapping[DayKey, Mapping[str, Any]], trusted: set[DayKey]
) -> Iterator[Fault]:
    lacking = [key for key in source.days if key in trusted and key not in shares]
    if lacking:
        fault = f"lists {source.name} as a source of {_named(lacking)}, which know nothing of it"
        yield Fault(SOURCES, fault, "pack that source again")
    counted = sum(one["rows_read"] for one in shares.values())
    counted += sum(rows.count for rows in source.refused_without_day.values())
    if set(source.days) <= trusted and not lacking and counted != source.rows_read:
        fault = f"says that {source.rows_read:,} rows of {source.name} were read, and the day files count {counted:,}"
        yield Fault(SOURCES, fault, "pack that source again")


def _calendar_faults(root: Path) -> Iterator[Fault]:
    if not calendar_file(root).exists():
        return
    told = _readable(lambda: (calendar_name(root), read_differences(root)))
    if told is None or not _rewritten(calendar_file(root), lambda new: write_differences(new, *told)):
        yield Fault(CALENDAR, "is damaged", "delete it and give the calendar again, with `nfolab pack --calendar FILE`")


def _named(keys: Mapping[DayKey, Any] | Sequence[DayKey]) -> str:
    first, *others = sorted(keys)
    more = f" and {len(others)} more" if others else ""
    return day_file(Path(), *first).as_posix() + more


def _leftovers(root: Path) -> Iterator[Fault]:
    """Yield what lies in the lake and is no part of it."""
    known = {catalogue_file(root), sources_file(root), calendar_file(root)}
    for kind, underlying, day, path in day_files(root):
        known |= {path, audit_file(root, kind, underlying, day)}
        if kind in JOINTLY:
            joint = joint_file(root, underlying, day)
            known.add(joint)
            if joint.exists() and not joint_is_whole(root, underlying, day):
                place = joint.relative_to(root).as_posix()
                yield Fault(place, "is damaged", "delete it; the next pack makes it anew")
    if scratch_folder(root).exists():
        mend = "pack again, which clears it away and finishes what was begun"
        yield Fault(scratch_folder(root).name, "was left by a pack that died", mend)
    for path in sorted(root.rglob("*")):
        within = path.relative_to(root)
        if path.is_dir() or path in known or within.parts[0] == scratch_folder(root).name:
            continue
        what = "is a ledger without its day file" if within.parts[0] == AUDIT else "is no part of a lake"
        yield Fault(within.as_posix(), what, "delete it")
