"""What is counted while the rows of a day pass: for its footer and its ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nfolab.base.snapshot import DataKind
from nfolab.lake.auditing.checks import BACKWARD_TIME, chain_gap
from nfolab.lake.auditing.delay import FeedDelay
from nfolab.lake.auditing.finding import Finding
from nfolab.lake.auditing.ledger import SUPERSEDED, CoveredSeconds, counted_findings, session_windows
from nfolab.lake.packing.shards import DayKey
from nfolab.lake.packing.supersede import Superseded
from nfolab.lake.provenance import SourceShare
from nfolab.lake.schema import NANOSECONDS
from nfolab.vendor.batch import RefusedRows, total_by_reason
from nfolab.vendor.block import Int64

_ByContract = Mapping[str, Mapping[str, RefusedRows]]


class Tally:
    """Counts, while rows pass, what the footer and the ledger tell; it can be sent to another process."""

    def __init__(self, key: DayKey, winners: Sequence[str], sources: int) -> None:
        """Begin with nothing.

        Args:
            key: Which day.
            winners: The name of the source that is the delivery of a rank, in the order of the ranks from 1 on.
            sources: How many sources the day has.
        """
        self._kind, _, day = key
        self.windows = session_windows(day)
        self._winners = winners
        self._covered = CoveredSeconds(day, self.windows)
        self._findings: list[Finding] = []
        self._kept: dict[str, int] = {}
        self._by_source = np.zeros(sources, dtype=np.int64)
        self._superseded: dict[int, dict[str, dict[str, RefusedRows]]] = {}

    def add(
        self,
        name: str,
        stamps: Int64,
        source: NDArray[np.int32],
        superseded: Sequence[Superseded],
        findings: Sequence[Finding],
    ) -> None:
        """Take the rows of one contract (their times, and the numbers of their sources) and what was found in them."""
        self._findings += findings
        for one in superseded:
            winners = self._superseded.setdefault(one.source, {}).setdefault(name, {})
            winner = self._winners[one.rank - 1]
            told = RefusedRows(one.count, one.first, one.last)
            winners[winner] = winners[winner] + told if winner in winners else told
        self._covered.add(stamps)
        self._kept[name] = len(stamps)
        self._by_source += np.bincount(source, minlength=len(self._by_source))

    def add_all(self, other: "Tally") -> None:
        """Take what was counted of other contracts of the same day."""
        self._findings += other._findings
        self._covered.add(other._covered.stamps())
        self._kept |= other._kept
        self._by_source += other._by_source
        for number, by_contract in other._superseded.items():
            self._superseded.setdefault(number, {}).update(by_contract)

    def finish(self, shares: Sequence[SourceShare], delay: FeedDelay | None) -> list[Finding]:
        """Return all findings of the day."""
        told = self._told_shares(shares)
        return [
            *self._findings,
            *self._of_the_day(),
            *counted_findings(told, self._kept),
            *_superseded_findings(told, self._kept),
            *_noted_findings(told, self._kept),
            *_backward_findings(told, self._kept),
            *(delay.findings() if delay else []),
        ]

    def shares(self, shares: Sequence[SourceShare]) -> list[dict[str, Any]]:
        """Return what each source gave, as the footer tells it."""
        told = self._told_shares(shares)
        return [share.to_json(int(rows)) for share, rows in zip(told, self._by_source, strict=True)]

    def superseded(self, shares: Sequence[SourceShare]) -> dict[tuple[str, str], int]:
        """Return how many rows were taken out because a later delivery has others, by source: its hash and its name."""
        return {
            (shares[number].sha256, shares[number].name): sum(
                rows.count for winners in by_contract.values() for rows in winners.values()
            )
            for number, by_contract in sorted(self._superseded.items())
        }

    def _told_shares(self, shares: Sequence[SourceShare]) -> list[SourceShare]:
        return [
            replace(share, superseded=_together(share.superseded, self._superseded[number]))
            if number in self._superseded
            else share
            for number, share in enumerate(shares)
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


def _backward_findings(shares: Sequence[SourceShare], kept: Mapping[str, int]) -> list[Finding]:
    """Return a finding for each contract whose rows go back in time within a source."""
    found = []
    for contract in sorted({name for share in shares for name in share.backward}):
        rows = reduce(add, (share.backward[contract] for share in shares if contract in share.backward))
        worst, note = rows.worst / NANOSECONDS, "seconds, the largest step back within a source; sorted here"
        found.append(
            Finding(contract, BACKWARD_TIME, rows.count, rows.first, rows.last, worst, note, kept.get(contract))
        )
    return found


def _together(before: _ByContract, now: _ByContract) -> dict[str, dict[str, RefusedRows]]:
    return {name: total_by_reason([before.get(name, {}), now.get(name, {})]) for name in sorted({*before, *now})}
