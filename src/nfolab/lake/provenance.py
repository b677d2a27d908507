"""Where the rows of a day file came from, counted so that nothing disappears."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SourceShare:
    """What one source gave to one day file.

    Attributes:
        sha256: The source's identity, see `lake.identity`.
        name: Its file name, without folders.
        passed: By contract (or underlying, for spot), how many rows the reader let through.
        refused: By contract, reason to number of rows.
    """

    sha256: str
    name: str
    passed: Mapping[str, int]
    refused: Mapping[str, Mapping[str, int]]

    @property
    def rows_passed(self) -> int:
        """How many rows the reader let through."""
        return sum(self.passed.values())

    @property
    def refused_by_reason(self) -> dict[str, int]:
        """Reason to number of rows, over all contracts."""
        return total_by_reason(self.refused.values())

    @property
    def rows_refused(self) -> int:
        """How many rows were refused."""
        return sum(self.refused_by_reason.values())

    def to_json(self, rows_written: int) -> dict[str, Any]:
        """Return the share as the footer tells it, `rows_written` being its rows that stayed."""
        return {
            "sha256": self.sha256,
            "name": self.name,
            "rows_read": self.rows_passed + self.rows_refused,
            "rows_written": rows_written,
            "rows_repeated": self.rows_passed - rows_written,
            "rows_refused": self.refused_by_reason,
            "contracts": {
                contract: {
                    "passed": self.passed.get(contract, 0),
                    "refused": dict(sorted(self.refused.get(contract, {}).items())),
                }
                for contract in sorted({*self.passed, *self.refused})
            },
        }

    @classmethod
    def from_json(cls, share: Mapping[str, Any]) -> "SourceShare":
        """Read what `to_json` wrote."""
        contracts: Mapping[str, Any] = share["contracts"]
        return cls(
            sha256=share["sha256"],
            name=share["name"],
            passed={contract: one["passed"] for contract, one in contracts.items() if one["passed"]},
            refused={contract: one["refused"] for contract, one in contracts.items() if one["refused"]},
        )


def total_by_reason(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the sums of several countings by reason, in the order of the reasons."""
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(sorted(total.items()))
