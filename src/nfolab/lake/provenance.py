"""Where the rows of a day file came from, counted so that nothing disappears."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nfolab.vendor.batch import RefusedRows, total_by_reason


@dataclass(frozen=True, slots=True)
class BackwardTime:
    """Rows of one source and contract that are earlier than the row before them in the source.

    Attributes:
        count: How many rows.
        first: The earliest of their times, nanoseconds since 1970 UTC; `last` is the latest.
        worst: The largest step back, in nanoseconds.
    """

    count: int
    first: int
    last: int
    worst: int

    def __add__(self, other: "BackwardTime") -> "BackwardTime":
        """Return both together."""
        return BackwardTime(
            self.count + other.count,
            min(self.first, other.first),
            max(self.last, other.last),
            max(self.worst, other.worst),
        )


@dataclass(frozen=True)
class SourceShare:
    """What one source gave to one day file.

    Attributes:
        sha256: The source's identity, see `lake.identity`.
        name: Its file name, without folders.
        passed: By contract (or underlying, for spot), how many rows the reader let through.
        refused: By contract, the refused rows by reason.
        superseded: By contract, the rows that gave way to those of a later delivery, by the name of the source that
            has those.
        notes: By contract, what the reader tells of rows it let through, with how many.
        backward: By contract, the rows let through whose time goes back within the source.
    """

    sha256: str
    name: str
    passed: Mapping[str, int]
    refused: Mapping[str, Mapping[str, RefusedRows]]
    superseded: Mapping[str, Mapping[str, RefusedRows]] = field(default_factory=dict)
    notes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    backward: Mapping[str, BackwardTime] = field(default_factory=dict)

    @property
    def rows_passed(self) -> int:
        """How many rows the reader let through."""
        return sum(self.passed.values())

    @property
    def refused_by_reason(self) -> dict[str, RefusedRows]:
        """The refused rows by reason, over all contracts."""
        return total_by_reason(self.refused.values())

    @property
    def rows_refused(self) -> int:
        """How many rows were refused."""
        return sum(rows.count for rows in self.refused_by_reason.values())

    @property
    def rows_superseded(self) -> int:
        """How many rows gave way to those of later deliveries."""
        return sum(rows.count for winners in self.superseded.values() for rows in winners.values())

    def to_json(self, rows_written: int) -> dict[str, Any]:
        """Return the share as the footer tells it, `rows_written` being its rows that stayed."""
        return {
            "sha256": self.sha256,
            "name": self.name,
            "rows_read": self.rows_passed + self.rows_refused,
            "rows_written": rows_written,
            "rows_repeated": self.rows_passed - self.rows_superseded - rows_written,
            "rows_superseded": self.rows_superseded,
            "rows_refused": {reason: rows.count for reason, rows in self.refused_by_reason.items()},
            "contracts": {contract: self._of(contract) for contract in sorted({*self.passed, *self.refused})},
        }

    def _of(self, contract: str) -> dict[str, Any]:
        told: dict[str, Any] = {
            "passed": self.passed.get(contract, 0),
            "refused": refused_to_json(self.refused.get(contract, {})),
        }
        if contract in self.superseded:
            told["superseded"] = refused_to_json(self.superseded[contract])
        if contract in self.notes:
            told["notes"] = dict(sorted(self.notes[contract].items()))
        if contract in self.backward:
            told["backward_time"] = _backward_to_json(self.backward[contract])
        return told

    @classmethod
    def from_json(cls, share: Mapping[str, Any]) -> "SourceShare":
        """Read what `to_json` wrote."""
        contracts: Mapping[str, Any] = share["contracts"]
        return cls(
            sha256=share["sha256"],
            name=share["name"],
            passed={contract: one["passed"] for contract, one in contracts.items() if one["passed"]},
            refused={
                contract: refused_from_json(one["refused"]) for contract, one in contracts.items() if one["refused"]
            },
            superseded={
                contract: refused_from_json(one["superseded"])
                for contract, one in contracts.items()
                if "superseded" in one
            },
            notes={contract: one["notes"] for contract, one in contracts.items() if "notes" in one},
            backward={
                contract: _backward_from_json(one["backward_time"])
                for contract, one in contracts.items()
                if "backward_time" in one
            },
        )


def _backward_to_json(rows: BackwardTime) -> dict[str, int | str]:
    return {
        "rows": rows.count,
        "first_timestamp": str(rows.first),
        "last_timestamp": str(rows.last),
        "worst_nanoseconds": rows.worst,
    }


def _backward_from_json(told: Mapping[str, Any]) -> BackwardTime:
    return BackwardTime(
        told["rows"], int(told["first_timestamp"]), int(told["last_timestamp"]), told["worst_nanoseconds"]
    )


def refused_to_json(refused: Mapping[str, RefusedRows]) -> dict[str, dict[str, int | str | None]]:
    """Return plain values by reason, in the order of the reasons; times as text, which a double could not hold."""
    return {
        reason: {
            "rows": rows.count,
            "first_timestamp": None if rows.first is None else str(rows.first),
            "last_timestamp": None if rows.last is None else str(rows.last),
        }
        for reason, rows in sorted(refused.items())
    }


def refused_from_json(told: Mapping[str, Mapping[str, Any]]) -> dict[str, RefusedRows]:
    """Read what `refused_to_json` wrote."""
    return {
        reason: RefusedRows(
            one["rows"],
            None if one["first_timestamp"] is None else int(one["first_timestamp"]),
            None if one["last_timestamp"] is None else int(one["last_timestamp"]),
        )
        for reason, one in told.items()
    }
