"""Writes one day: its file and, beside it, its ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from nfolab.base.files import replacing
from nfolab.base.snapshot import SOURCE_KEY
from nfolab.lake.auditing.checks import chain_findings, option_findings, series_findings
from nfolab.lake.auditing.delay import FeedDelayMeter
from nfolab.lake.auditing.finding import Finding
from nfolab.lake.auditing.ledger import ledger, summary, write_table
from nfolab.lake.catalogue import Entry, entry_of
from nfolab.lake.contracts import ContractIndex, ContractKey, contract_name
from nfolab.lake.dayfile import CONTRACTS_KEY, FEED_DELAY_KEY, SHARES_KEY, DayFileWriter, Footer
from nfolab.lake.layout import audit_file, day_file
from nfolab.lake.packing.merge import DayTask, MergedDay
from nfolab.lake.packing.repeats import repeats
from nfolab.lake.packing.row_groups import RowGroups
from nfolab.lake.packing.rows import with_defects, with_volume_delta
from nfolab.lake.packing.tally import Tally
from nfolab.lake.schema import SNAPSHOT_KINDS, file_types
from nfolab.market.expiries import expiry_kind


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
    write = _write_contracts if task.key[0].by_contract else _write_series
    path = day_file(root, *task.key)
    with replacing(path) as temporary:
        tally = Tally(task.key, merged)
        findings = write(task, merged, tally, temporary)
    with replacing(audit_file(root, *task.key)) as temporary:
        write_table(ledger(*task.key, findings), temporary, {SOURCE_KEY.decode(): str(task.source)})
    return WrittenDay(entry_of(path), merged.rows_before, tally.superseded())


def _write_contracts(task: DayTask, merged: MergedDay, tally: Tally, path: Path) -> list[Finding]:
    kind, underlying, day = task.key
    meter = FeedDelayMeter() if kind in SNAPSHOT_KINDS else None
    nullable = merged.null_columns | {"volume_delta"}
    with DayFileWriter(path, file_types(kind, merged.columns), nullable) as writer:
        groups = RowGroups(writer)
        for one in merged.contracts():
            name = contract_name(underlying, one.key)
            if meter is None:
                rows = one.rows
                tally.add(name, one, chain_findings(name, rows, tally.windows))
            else:
                rows = with_volume_delta(one.rows)
                repeated = repeats(rows)
                meter.add(rows)
                tally.add(name, one, option_findings(name, rows, repeated, tally.windows))
                rows = with_defects(rows, repeated.row)
            groups.add(one.key, rows.with_columns(_constants(one.key, underlying)))
        index = groups.finished()
        delay = meter.result() if meter else None
        findings = tally.finish(delay)
        blocks = {CONTRACTS_KEY: index.to_json(day), SHARES_KEY: tally.shares()}
        blocks |= {FEED_DELAY_KEY: delay.to_json()} if delay else {}
        first, last = int(index.first_timestamp.min()), int(index.last_timestamp.max())
        writer.finish(_footer(task, findings, (first, last), index), blocks)
    return findings


def _constants(key: ContractKey, underlying: str) -> list[pl.Expr]:
    expiry, kind, strike = key
    return [
        pl.lit(expiry, dtype=pl.Date).alias("expiry"),
        pl.lit(kind).alias("kind"),
        pl.lit(strike, dtype=pl.Int32).alias("strike"),
        pl.lit(expiry_kind(underlying, expiry)).alias("expiry_type"),
    ]


def _write_series(task: DayTask, merged: MergedDay, tally: Tally, path: Path) -> list[Finding]:
    kind, underlying, _ = task.key
    with DayFileWriter(path, file_types(kind, merged.columns), merged.null_columns) as writer:
        one = next(merged.contracts())
        tally.add(underlying, one, series_findings(underlying, one.rows))
        writer.write_group(one.rows)
        findings = [replace(finding, contract="") for finding in tally.finish(None)]
        stamps = one.rows["timestamp"].to_physical()
        writer.finish(_footer(task, findings, (stamps[0], stamps[-1]), None), {SHARES_KEY: tally.shares()})
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
