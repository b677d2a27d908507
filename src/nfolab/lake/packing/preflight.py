"""What a pack would do, how big it would be and how long it would take: told before it begins, from a sample."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from nfolab.base.errors import InputError
from nfolab.lake.catalogue import read_catalogue
from nfolab.lake.packing.given import size_of
from nfolab.lake.packing.reading_order import ReadingPlace, in_reading_order
from nfolab.lake.packing.source_list import SourceList
from nfolab.lake.packing.space import free_bytes, open_files, scratch_share
from nfolab.vendor.source import Source

_MOST_SAMPLED: Final = 40
_LARGEST_SAMPLED: Final = 64_000_000
_SECONDS_OF_SAMPLING: Final = 20.0
_WRITING_TAKES: Final = 1.5
"""Seconds of writing a second of reading, measured."""
_LAKE_BYTES_A_ROW: Final = {True: 30.0, False: 6.0}
_SCRATCH_BYTES_A_ROW: Final = {True: 90.0, False: 14.0}
"""Of rows by contract, and of a series."""
_TYPICAL: Final = {".gz": (47.0, 300_000.0), ".parquet": (66.0, 200_000.0), "": (300.0, 200_000.0)}
"""Bytes of a source a row and rows read a second by one process, for where nothing could be sampled."""


@dataclass(frozen=True)
class Preflight:
    """What a pack would do; figures from `rows` on are estimates from a sample of the sources.

    Attributes:
        files: How many sources are given; `bytes` is their size.
        files_to_skip: How many are thought to be packed already: by name, and as far as the sample's content bears out.
        days: The days named by the sources, in order; sources that name none are not counted.
        expiries: The expiries named by them.
        rows: How many rows would be read.
        lake_bytes: How much the lake would grow.
        scratch_bytes: How much would lie aside at a time, in so many `rounds`.
        free_bytes: The free space now.
        open_files: How many open files the workers need, and `open_files_allowed` are allowed.
        sampled: How many sources were read as a sample; none where all are too big.
        unreadable: How many of those could not be read.
        fits: Whether lake and scratch have room.
    """

    files: int
    bytes: int
    files_to_skip: int
    days: tuple[date, ...]
    expiries: tuple[date, ...]
    workers: int
    rows: int
    lake_bytes: int
    scratch_bytes: int
    rounds: int
    seconds: float
    free_bytes: int
    open_files: int
    open_files_allowed: int
    sampled: int
    unreadable: int
    fits: bool


@dataclass
class _Sample:
    """What reading some sources came to."""

    read: int = 0
    failed: int = 0
    known: int = 0
    named: int = 0
    bytes: int = 0
    rows: int = 0
    lake_bytes: float = 0.0
    scratch_bytes: float = 0.0
    seconds: float = 0.0


def preflight(
    sources: Sequence[Source], root: Path, workers: int | None = None, scratch_bytes: int | None = None
) -> Preflight:
    """Say what packing these sources into the lake at `root` would do; nothing is written.

    Args:
        sources: As for `lake.pack.pack`.
        root: The lake's folder, which need not be there.
        workers: Processes, by default as many as there are processors.
        scratch_bytes: As for `lake.pack.pack`.

    Raises:
        InputError: a table of the lake is damaged.
    """
    catalogue = read_catalogue(root) if root.is_dir() else None
    packed = SourceList(root, {entry.key for entry in catalogue[1]} if catalogue else set())
    ordered = in_reading_order(sources)
    sizes = [size_of(source) for _, source in ordered]
    sample = _sampled([source for _, source in ordered], sizes, packed)
    named = [packed.has_name(source.name) for _, source in ordered]
    bears_out = sample.known / sample.named if sample.named else 1.0
    fresh_bytes = sum(size * (1.0 - bears_out if known else 1.0) for size, known in zip(sizes, named, strict=True))
    count = workers or os.cpu_count() or 1
    rows, lake_bytes, laid_aside, seconds = _extended(sample, ordered, fresh_bytes, count)
    room = scratch_bytes or scratch_share(root)
    free = free_bytes(root)
    needed, allowed = open_files(count)
    days, expiries = _days_named(ordered)
    return Preflight(
        files=len(sources),
        bytes=sum(sizes),
        files_to_skip=round(sum(named) * bears_out),
        days=days,
        expiries=expiries,
        workers=count,
        rows=round(rows),
        lake_bytes=round(lake_bytes),
        scratch_bytes=round(min(laid_aside, room)),
        rounds=-(-round(laid_aside) // max(room, 1)) if laid_aside else 0,
        seconds=round(seconds, 1),
        free_bytes=free,
        open_files=needed,
        open_files_allowed=allowed,
        sampled=sample.read,
        unreadable=sample.failed,
        fits=lake_bytes + min(laid_aside, room) <= free and needed <= allowed,
    )


def _sampled(sources: Sequence[Source], sizes: Sequence[int], packed: SourceList) -> _Sample:
    """Read some sources of all sizes, evenly spread, until the time for it is up."""
    small = sorted((size, place) for place, size in enumerate(sizes) if size <= _LARGEST_SAMPLED)
    step = max(len(small) / _MOST_SAMPLED, 1.0)
    chosen = [small[int(number * step)][1] for number in range(min(len(small), _MOST_SAMPLED))]
    sample = _Sample()
    for place in chosen[:1]:
        _take(_Sample(), sources[place], sizes[place], packed)  # What the first reading loads is loaded once.
    started = time.perf_counter()
    for place in chosen:
        if time.perf_counter() - started > _SECONDS_OF_SAMPLING:
            break
        _take(sample, sources[place], sizes[place], packed)
    return sample


def _take(sample: _Sample, source: Source, size: int, packed: SourceList) -> None:
    begun = time.perf_counter()
    rows, lake_bytes, laid_aside = 0, 0.0, 0.0
    try:
        if packed.has_name(source.name):
            sample.named += 1
            sample.known += source.identity() in packed
        for batch in source.batches():
            rows += batch.rows_read
            lake_bytes += batch.rows.height * _LAKE_BYTES_A_ROW[batch.kind.by_contract]
            laid_aside += batch.rows.height * _SCRATCH_BYTES_A_ROW[batch.kind.by_contract]
    except (InputError, OSError):
        sample.failed += 1
        return
    sample.read += 1
    sample.bytes += size
    sample.rows += rows
    sample.lake_bytes += lake_bytes
    sample.scratch_bytes += laid_aside
    sample.seconds += time.perf_counter() - begun


def _extended(
    sample: _Sample, ordered: Sequence[tuple[ReadingPlace, Source]], fresh_bytes: float, workers: int
) -> tuple[float, float, float, float]:
    """Return rows, bytes in the lake, bytes laid aside and seconds of all that is to be read."""
    if sample.bytes:
        share = fresh_bytes / sample.bytes
        rows, lake_bytes, laid_aside = sample.rows * share, sample.lake_bytes * share, sample.scratch_bytes * share
        reading = sample.seconds * share
    else:
        name = ordered[0][1].name.lower() if ordered else ""
        bytes_a_row, rate = next(told for end, told in _TYPICAL.items() if name.endswith(end))
        rows = fresh_bytes / bytes_a_row
        lake_bytes, laid_aside = rows * _LAKE_BYTES_A_ROW[True], rows * _SCRATCH_BYTES_A_ROW[True]
        reading = rows / rate
    return rows, lake_bytes, laid_aside, reading * (1.0 + _WRITING_TAKES) / workers


def _days_named(ordered: Sequence[tuple[ReadingPlace, Source]]) -> tuple[tuple[date, ...], tuple[date, ...]]:
    """Return the days and the expiries that sources name."""
    days: set[date] = set()
    expiries: set[date] = set()
    for (day, label), source in ordered:
        if day == date.min:
            continue
        # A contract's place has its full name, which holds the expiry; any other has the source's own.
        (expiries if f" {day}" in label and day.isoformat() not in source.name else days).add(day)
    return tuple(sorted(days)), tuple(sorted(expiries))
