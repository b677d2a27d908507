"""What is counted while the rows of a day pass: for its footer and its ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from nfolab.base.snapshot import DataKind
from nfolab.lake.auditing.checks import chain_gap
from nfolab.lake.auditing.delay import FeedDelay
from nfolab.lake.auditing.finding import Finding
from nfolab.lake.auditing.ledger import SUPERSEDED, CoveredSeconds, counted_findings, session_windows
from nfolab.lake.packing.merge import MergedContract, MergedDay
from nfolab.lake.packing.repeats import plain_numbers
from nfolab.lake.packing.shards import DayKey
from nfolab.lake.provenance import SourceShare
from nfolab.vendor.batch import RefusedRows, total_by_reason

_ByContract = Mapping[str, Mapping[str, RefusedRows]]


class Tally:
    """Counts, while rows pass, what the footer and the ledger tell."""

    def __init__(self, key: DayKey, merged: MergedDay) -> None:
        self._kind, _, day = key
        self.windows = session_windows(day)
        self._merged = merged
        self._covered = CoveredSeconds(day, self.windows)
        self._findings: list[Finding] = []
        self._kept: dict[str, int] = {}
        self._by_source = np.zeros(len(merged.shares), dtype=np.int64)
        self._superseded: dict[int, dict[str, dict[str, RefusedRows]]] = {}

    def add(self, name: str, contract: MergedContract, findings: list[Finding]) -> None:
        """Take one contract and what the audit found in its rows."""
        rows = contract.rows
        self._findings += findings
        for one in contract.superseded:
            winners = self._superseded.setdefault(one.source, {}).setdefault(name, {})
            winner = self._merged.winner(one.rank)
            told = RefusedRows(one.count, one.first, one.last)
            winners[winner] = winners[winner] + told if winner in winners else told
        self._covered.add(plain_numbers(rows["timestamp"]))
        self._kept[name] = rows.height
        self._by_source += np.bincount(rows["source"].to_numpy(), minlength=len(self._by_source))

    def finish(self, delay: FeedDelay | None) -> list[Finding]:
        """Return all findings of the day."""
        shares = self._told_shares()
        return [
            *self._findings,
            *self._of_the_day(),
            *counted_findings(shares, self._kept),
            *_superseded_findings(shares, self._kept),
            *_noted_findings(shares, self._kept),
            *(delay.findings() if delay else []),
        ]

    def shares(self) -> list[dict[str, Any]]:
        """Return what each source gave, as the footer tells it."""
        return [share.to_json(int(rows)) for share, rows in zip(self._told_shares(), self._by_source, strict=True)]

    def superseded(self) -> dict[tuple[str, str], int]:
        """Return how many rows were taken out because a later delivery has others, by source: its hash and its name."""
        shares = self._merged.shares
        return {
            (shares[number].sha256, shares[number].name): sum(
                rows.count for winners in by_contract.values() for rows in winners.values()
            )
            for number, by_contract in sorted(self._superseded.items())
        }

    def _told_shares(self) -> list[SourceShare]:
        return [
            replace(share, superseded=_together(share.superseded, self._superseded[number]))
            if number in self._superseded
            else share
            for number, share in enumerate(self._merged.shares)
        ]

    def _of_the_day(self) -> list[Finding]:
        if self._kind != DataKind.CHAIN:
            return self._covered.findings()
        return self._covered.findings(chain_gap(self._covered.stamps(), self.windows))


def _superseded_findings(shares: Sequence[SourceShare], kept: Mapping[str, int]) -> list[Finding]:
    """Return a finding for each contract of which rows gave way to a later delivery's."""
    found = []
    for contract in sorted({name for share in shares for name in share.superseded}):
        winners = total_by_reason(share.superseded.get(contract, {}) for share in shares)
        rows = reduce(add, winners.values())
        note = f"rows of which {', '.join(winners)} came later with other values for the same time"
        found.append(Finding(contract, SUPERSEDED, rows.count, rows.first, rows.last, None, note, kept.get(contract)))
    return found


def _noted_findings(shares: Sequence[SourceShare], kept: Mapping[str, int]) -> list[Finding]:
    """Return what readers tell of rows that they let through, a finding a contract and note."""
    told: dict[tuple[str, str], int] = {}
    for share in shares:
        for contract, notes in share.notes.items():
            for note, rows in notes.items():
                told[contract, note] = told.get((contract, note), 0) + rows
    return [
        Finding(contract, f"noted: {note}", count, note="rows as they were read", rows=kept.get(contract))
        for (contract, note), count in sorted(told.items())
    ]


def _together(before: _ByContract, now: _ByContract) -> dict[str, dict[str, RefusedRows]]:
    return {name: total_by_reason([before.get(name, {}), now.get(name, {})]) for name in sorted({*before, *now})}
