"""Writes one day: its file and, beside it, its ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from nfolab.base.files import replacing
from nfolab.base.snapshot import SOURCE_KEY
from nfolab.lake.auditing.checks import Windows, chain_findings, option_findings, series_findings
from nfolab.lake.auditing.delay import FeedDelayMeter
from nfolab.lake.auditing.finding import Finding
from nfolab.lake.auditing.ledger import ledger, summary, write_table
from nfolab.lake.catalogue import Entry, entry_of
from nfolab.lake.contracts import ContractIndex, contract_name
from nfolab.lake.dayfile import CONTRACTS_KEY, FEED_DELAY_KEY, SHARES_KEY, DayFileWriter, Footer
from nfolab.lake.layout import audit_file, day_file
from nfolab.lake.packing.held import HeldRows
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


def write_day(task: DayTask, root: Path) -> WrittenDay:
    """Write the day's file and its ledger under `root` (a staging folder, laid out as a lake).

    Raises:
        InputError: the existing file is damaged.
        OSError: the disk is full or the folder cannot be written.
    """
    merged = MergedDay(task)
    path = day_file(root, *task.key)
    with replacing(path) as temporary, _writer(task, merged, temporary) as writer:
        write = _write_contracts if task.key[0].by_contract else _write_series
        passed = write(task, merged, writer)
        findings = _finish(task, merged, passed, writer)
    with replacing(audit_file(root, *task.key)) as temporary:
        write_table(ledger(*task.key, findings), temporary, {SOURCE_KEY.decode(): str(task.source)})
    return WrittenDay(entry_of(path), merged.rows_before, passed.tally.superseded(merged.shares))


@dataclass
class _Passed:
    """What is known of rows once they were written.

    Attributes:
        lines: The contracts, in lake order; none of a series.
        clocks: The first and the last time.
    """

    tally: Tally
    meter: FeedDelayMeter
    lines: list[ContractLine]
    clocks: tuple[int, int]


def _writer(task: DayTask, merged: MergedDay, path: Path) -> DayFileWriter:
    kind = task.key[0]
    derived = {"volume_delta"} if kind in SNAPSHOT_KINDS else set()
    return DayFileWriter(path, file_types(kind, merged.columns), merged.null_columns | derived)


def _write_contracts(task: DayTask, merged: MergedDay, writer: DayFileWriter) -> _Passed:
    kind, underlying, _ = task.key
    tally, meter = Tally(task.key, merged.winners, len(merged.shares)), FeedDelayMeter()
    held = HeldRows(merged.columns, room_for(merged.most_rows(key) for key in merged.keys))
    groups = RowGroups(writer, held, underlying)
    for key in merged.keys:
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
    return _Passed(tally, meter, groups.lines, clocks)


def _finish_snapshots(name: str, rows: Block, held: HeldRows, windows: Windows, meter: FeedDelayMeter) -> list[Finding]:
    """Fill in what is derived from one contract's rows, the last that are held, and return what is wrong in them."""
    there = slice(held.rows - rows.rows, held.rows)
    delta, known = volume_delta(rows)
    repeated = repeats(rows)
    held.volume_delta[there], held.delta_known[there] = delta, known
    held.defects[there] = defects(rows, repeated.row)
    meter.add(rows, delta > 0)
    return option_findings(name, rows, repeated, windows)


def _write_series(task: DayTask, merged: MergedDay, writer: DayFileWriter) -> _Passed:
    name = task.key[1]
    tally = Tally(task.key, merged.winners, len(merged.shares))
    held = HeldRows(merged.columns, merged.most_rows(SERIES_KEY))
    superseded = merged.put(SERIES_KEY, held)
    rows, source = held.part(0), held.source[: held.rows]
    stamps = rows["timestamp"]
    tally.add(name, stamps, source, superseded, series_findings(name, rows))
    writer.write_group({**dict(rows.arrays()), "source": arrow_array(source, pa.int32())})
    return _Passed(tally, FeedDelayMeter(), [], (int(stamps[0]), int(stamps[-1])))


def _finish(task: DayTask, merged: MergedDay, passed: _Passed, writer: DayFileWriter) -> list[Finding]:
    """Write the footer, and return the day's findings."""
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
    writer.finish(_footer(task, findings, passed.clocks, index), blocks)
    return findings


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
