"""Writes one day: its file and, beside it, its ledger."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from nfolab.base.files import replacing
from nfolab.base.snapshot import SOURCE_KEY, DataKind
from nfolab.lake.catalogue import Entry, entry_of
from nfolab.lake.checks import chain_findings, chain_gap, option_findings, series_findings
from nfolab.lake.contracts import ContractIndex, ContractKey, contract_name
from nfolab.lake.dayfile import CONTRACTS_KEY, FEED_DELAY_KEY, SHARES_KEY, DayFileWriter, Footer
from nfolab.lake.delay import FeedDelay, FeedDelayMeter
from nfolab.lake.finding import Finding
from nfolab.lake.layout import audit_file, day_file
from nfolab.lake.ledger import CoveredSeconds, counted_findings, ledger, session_windows, summary, write_table
from nfolab.lake.merge import DayTask, MergedDay
from nfolab.lake.provenance import SourceShare
from nfolab.lake.repeats import repeats
from nfolab.lake.rows import ordered, with_defects, with_volume_delta
from nfolab.lake.schema import ROWS_IN_GROUP, SNAPSHOT_KINDS, file_types
from nfolab.market.expiries import expiry_kind


@dataclass(frozen=True)
class WrittenDay:
    """A day that was written: its entry in the catalogue, and how many rows the lake had of it before."""

    entry: Entry
    rows_before: int


class _Groups:
    """Gathers contracts into row groups, which end with a contract and with an expiry, and keeps the index."""

    def __init__(self, writer: DayFileWriter) -> None:
        self._writer = writer
        self._held: list[pl.DataFrame] = []
        self._held_rows = 0
        self._groups = 0
        self._lines: list[tuple[object, str, int, int, int, int, int, int]] = []
        self.rows = 0

    def add(self, key: ContractKey, rows: pl.DataFrame) -> None:
        """Take one contract's finished rows."""
        if self._lines and self._lines[-1][0] != key[0]:
            self._flush()
        stamps = rows["timestamp"].to_physical()
        self._lines.append((*key, self.rows, rows.height, self._groups, stamps[0], stamps[-1]))
        self._held.append(rows)
        self._held_rows += rows.height
        self.rows += rows.height
        if self._held_rows >= ROWS_IN_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            self._writer.write_group(pl.concat(self._held))
            self._groups += 1
        self._held, self._held_rows = [], 0

    def finished(self) -> ContractIndex:
        """Write what is held and return the index."""
        self._flush()
        expiry, kind, strike, first_row, rows, group, first, last = zip(*self._lines, strict=True)
        return ContractIndex(
            np.array(expiry, dtype="datetime64[D]"),
            np.array(kind, dtype=np.str_),
            np.array(strike, dtype=np.int32),
            np.array(first_row, dtype=np.int64),
            np.array(rows, dtype=np.int64),
            np.array(group, dtype=np.int32),
            np.array(first, dtype=np.int64),
            np.array(last, dtype=np.int64),
        )


class _Tally:
    """Counts, while rows pass, what the footer and the ledger tell."""

    def __init__(self, task: DayTask, shares: Sequence[SourceShare]) -> None:
        self._kind, self._underlying, self._day = task.key
        self.windows = session_windows(self._day)
        self._shares = shares
        self._covered = CoveredSeconds(self._day, self.windows)
        self._findings: list[Finding] = []
        self._kept: dict[str, int] = {}
        self._by_source: Counter[int] = Counter()

    def add(self, name: str, rows: pl.DataFrame, findings: list[Finding]) -> None:
        """Take one contract's ordered rows and what the audit found in them."""
        self._findings += findings
        self._covered.add(rows["timestamp"].to_physical().to_numpy())
        self._kept[name] = rows.height
        self._by_source.update(dict(rows["source"].value_counts().iter_rows()))

    def finish(self, delay: FeedDelay | None) -> list[Finding]:
        """Return all findings of the day."""
        return [
            *self._findings,
            *self._of_the_day(),
            *counted_findings(self._shares, self._kept),
            *(delay.findings() if delay else []),
        ]

    def _of_the_day(self) -> list[Finding]:
        if self._kind != DataKind.CHAIN:
            return self._covered.findings()
        return self._covered.findings(chain_gap(self._covered.stamps(), self.windows))

    def shares(self) -> list[dict[str, Any]]:
        """Return what each source gave, as the footer tells it."""
        return [share.to_json(self._by_source[number]) for number, share in enumerate(self._shares)]


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
        findings = write(task, merged, temporary)
    with replacing(audit_file(root, *task.key)) as temporary:
        write_table(ledger(*task.key, findings), temporary, {SOURCE_KEY.decode(): str(task.source)})
    return WrittenDay(entry_of(path), merged.rows_before)


def _write_contracts(task: DayTask, merged: MergedDay, path: Path) -> list[Finding]:
    kind, underlying, day = task.key
    tally = _Tally(task, merged.shares)
    meter = FeedDelayMeter() if kind in SNAPSHOT_KINDS else None
    nullable = merged.null_columns | {"volume_delta"}
    with DayFileWriter(path, file_types(kind, merged.columns), nullable) as writer:
        groups = _Groups(writer)
        for key, rows in merged.contracts():
            name = contract_name(underlying, key)
            finished = ordered(kind, rows)
            if meter is None:
                tally.add(name, finished, chain_findings(name, finished, tally.windows))
            else:
                finished = with_volume_delta(finished)
                repeated = repeats(finished)
                meter.add(finished)
                tally.add(name, finished, option_findings(name, finished, repeated, tally.windows))
                finished = with_defects(finished, repeated.row)
            groups.add(key, finished.with_columns(_constants(key, underlying)))
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


def _write_series(task: DayTask, merged: MergedDay, path: Path) -> list[Finding]:
    kind, underlying, _ = task.key
    tally = _Tally(task, merged.shares)
    with DayFileWriter(path, file_types(kind, merged.columns), merged.null_columns) as writer:
        _, rows = next(merged.contracts())
        finished = ordered(kind, rows)
        tally.add(underlying, finished, series_findings(underlying, finished))
        writer.write_group(finished)
        findings = [replace(finding, contract="") for finding in tally.finish(None)]
        stamps = finished["timestamp"].to_physical()
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
