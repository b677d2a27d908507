"""Writes one day: its file and, beside it, its ledger; in one go, or in parts that are joined."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from nfolab.base.files import TEMPORARY_SUFFIX, replacing
from nfolab.base.snapshot import SOURCE_KEY
from nfolab.lake.auditing.checks import Windows, chain_findings, option_findings, series_findings
from nfolab.lake.auditing.delay import FeedDelayMeter
from nfolab.lake.auditing.finding import Finding
from nfolab.lake.auditing.ledger import ledger, summary, write_table
from nfolab.lake.catalogue import Entry, entry_of
from nfolab.lake.contracts import ContractIndex, ContractKey, contract_name
from nfolab.lake.dayfile import CONTRACTS_KEY, FEED_DELAY_KEY, SHARES_KEY, DayFileWriter, Footer, footer_texts
from nfolab.lake.layout import audit_file, day_file
from nfolab.lake.packing.held import HeldRows
from nfolab.lake.packing.joined_file import join_files
from nfolab.lake.packing.merge import DayTask, MergedDay
from nfolab.lake.packing.repeats import repeats
from nfolab.lake.packing.row_groups import ContractLine, RowGroups, index_of, room_for
from nfolab.lake.packing.rows import defects, volume_delta
from nfolab.lake.packing.shards import SERIES_KEY
from nfolab.lake.packing.tally import Tally
from nfolab.lake.schema import SNAPSHOT_KINDS, file_types
from nfolab.vendor.block import Block, arrow_array


@dataclass(frozen=True)
class WrittenDay:
    """A day that was written.

    Attributes:
        entry: Its entry in the catalogue.
        rows_before: How many rows the lake had of it before.
        superseded: How many rows this writing took out because a later delivery has others, by the hash and the name of
            the source that had them.
    """

    entry: Entry
    rows_before: int
    superseded: Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class PartTask:
    """Some contracts of one day, whose row groups are to be written to a file of their own.

    Attributes:
        keys: Which, in lake order; the first of them begins a row group.
        number: Which part of the day it is, from 0 on, of so many `parts`.
    """

    day: DayTask
    keys: tuple[ContractKey, ...]
    number: int
    parts: int


@dataclass(frozen=True)
class WrittenPart:
    """A part of a day that was written, and what is known of its rows."""

    task: PartTask
    path: Path
    passed: "Passed"


@dataclass
class Passed:
    """What is known of rows once they were written.

    Attributes:
        lines: The contracts, in lake order; none of a series.
        clocks: The first and the last time.
    """

    tally: Tally
    meter: FeedDelayMeter
    lines: list[ContractLine]
    clocks: tuple[int, int]


def write_day(task: DayTask, root: Path) -> WrittenDay:
    """Write the day's file and its ledger under `root` (a staging folder, laid out as a lake).

    Raises:
        InputError: the existing file is damaged.
        OSError: the disk is full or the folder cannot be written.
    """
    merged = MergedDay(task)
    path = day_file(root, *task.key)
    with replacing(path) as temporary, _writer(task, merged, temporary) as writer:
        if task.key[0].by_contract:
            passed = _write_contracts(task, merged, merged.keys, writer)
        else:
            passed = _write_series(task, merged, writer)
        told = _told(task, merged, passed)
        writer.finish(told.footer, told.blocks)
    return _with_ledger(task, merged, passed, told, root)


def write_part(task: PartTask, root: Path) -> WrittenPart:
    """Write a part's row groups to a file beside the day's own; raises what `write_day` does."""
    merged = MergedDay(task.day)
    path = day_file(root, *task.day.key)
    path = path.with_name(f"{path.name}.{task.number}{TEMPORARY_SUFFIX}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with _writer(task.day, merged, path) as writer:
        return WrittenPart(task, path, _write_contracts(task.day, merged, task.keys, writer))


def join_parts(parts: Sequence[WrittenPart], root: Path) -> WrittenDay:
    """Make the day's file and its ledger of its parts, in their order: the bytes that `write_day` writes."""
    task = parts[0].task.day
    merged = MergedDay(task)
    passed = _together([part.passed for part in parts])
    told = _told(task, merged, passed)
    with replacing(day_file(root, *task.key)) as temporary:
        texts_of = partial(footer_texts, told.footer, told.blocks)
        join_files([part.path for part in parts], temporary, texts_of)
    for part in parts:
        part.path.unlink()
    return _with_ledger(task, merged, passed, told, root)


def _together(parts: Sequence[Passed]) -> Passed:
    whole = parts[0]
    rows, groups = sum(line[4] for line in whole.lines), whole.lines[-1][5] + 1
    for part in parts[1:]:
        whole.tally.add_all(part.tally)
        whole.meter.add_all(part.meter)
        for expiry, kind, strike, first_row, count, group, first, last in part.lines:
            whole.lines.append((expiry, kind, strike, first_row + rows, count, group + groups, first, last))
        rows, groups = rows + sum(line[4] for line in part.lines), whole.lines[-1][5] + 1
    whole.clocks = min(part.clocks[0] for part in parts), max(part.clocks[1] for part in parts)
    return whole


def _writer(task: DayTask, merged: MergedDay, path: Path) -> DayFileWriter:
    kind = task.key[0]
    derived = {"volume_delta"} if kind in SNAPSHOT_KINDS else set()
    return DayFileWriter(path, file_types(kind, merged.columns), merged.null_columns | derived)


def _write_contracts(task: DayTask, merged: MergedDay, keys: Sequence[ContractKey], writer: DayFileWriter) -> Passed:
    kind, underlying, _ = task.key
    tally, meter = Tally(task.key, merged.winners, len(merged.shares)), FeedDelayMeter()
    held = HeldRows(merged.columns, room_for(merged.most_rows(key) for key in keys))
    groups = RowGroups(writer, held, underlying)
    for key in keys:
        begin = groups.begin(key)
        superseded = merged.put(key, held)
        name, rows = contract_name(underlying, key), held.part(begin)
        if kind in SNAPSHOT_KINDS:
            findings = _finish_snapshots(name, rows, held, tally.windows, meter)
        else:
            findings = chain_findings(name, rows, tally.windows)
        tally.add(name, rows["timestamp"], held.source[begin : held.rows], superseded, findings)
        groups.end(key, begin)
    groups.flush()
    clocks = min(line[-2] for line in groups.lines), max(line[-1] for line in groups.lines)
    return Passed(tally, meter, groups.lines, clocks)


def _finish_snapshots(name: str, rows: Block, held: HeldRows, windows: Windows, meter: FeedDelayMeter) -> list[Finding]:
    """Fill in what is derived from one contract's rows, the last that are held, and return what is wrong in them."""
    there = slice(held.rows - rows.rows, held.rows)
    delta, known = volume_delta(rows)
    repeated = repeats(rows)
    held.volume_delta[there], held.delta_known[there] = delta, known
    held.defects[there] = defects(rows, repeated.row)
    meter.add(rows, delta > 0)
    return option_findings(name, rows, repeated, windows)


def _write_series(task: DayTask, merged: MergedDay, writer: DayFileWriter) -> Passed:
    name = task.key[1]
    tally = Tally(task.key, merged.winners, len(merged.shares))
    held = HeldRows(merged.columns, merged.most_rows(SERIES_KEY))
    superseded = merged.put(SERIES_KEY, held)
    rows, source = held.part(0), held.source[: held.rows]
    stamps = rows["timestamp"]
    tally.add(name, stamps, source, superseded, series_findings(name, rows))
    writer.write_group({**dict(rows.arrays()), "source": arrow_array(source, pa.int32())})
    return Passed(tally, FeedDelayMeter(), [], (int(stamps[0]), int(stamps[-1])))


@dataclass(frozen=True)
class _Told:
    """What the footer and the ledger tell of a day."""

    footer: Footer
    blocks: Mapping[bytes, Any]
    findings: Sequence[Finding]


def _told(task: DayTask, merged: MergedDay, passed: Passed) -> _Told:
    kind = task.key[0]
    delay = passed.meter.result() if kind in SNAPSHOT_KINDS else None
    findings = passed.tally.finish(merged.shares, delay)
    blocks: dict[bytes, Any] = {SHARES_KEY: passed.tally.shares(merged.shares)}
    index = index_of(passed.lines) if kind.by_contract else None
    if index is None:
        findings = [replace(finding, contract="") for finding in findings]
    else:
        blocks = {CONTRACTS_KEY: index.to_json(task.key[2]), **blocks}
    blocks |= {FEED_DELAY_KEY: delay.to_json()} if delay else {}
    return _Told(_footer(task, findings, passed.clocks, index), blocks, findings)


def _with_ledger(task: DayTask, merged: MergedDay, passed: Passed, told: _Told, root: Path) -> WrittenDay:
    """Write the ledger, and return the day."""
    with replacing(audit_file(root, *task.key)) as temporary:
        write_table(ledger(*task.key, told.findings), temporary, {SOURCE_KEY.decode(): str(task.source)})
    entry = entry_of(day_file(root, *task.key))
    return WrittenDay(entry, merged.rows_before, passed.tally.superseded(merged.shares))


def _footer(task: DayTask, findings: Sequence[Finding], clocks: tuple[int, int], index: ContractIndex | None) -> Footer:
    kind, underlying, day = task.key
    return Footer(
        kind=kind,
        underlying=underlying,
        day=day,
        source=task.source,
        contracts=None if index is None else len(index),
        expiries=None if index is None else len(np.unique(index.expiry)),
        first_timestamp=clocks[0],
        last_timestamp=clocks[1],
        findings=summary(kind, findings),
    )
