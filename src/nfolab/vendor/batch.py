"""What every reader gives: rows of one contract or of one series, and what was refused of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from nfolab.base.snapshot import DataKind
from nfolab.market.contracts import Contract
from nfolab.vendor.block import Block


@dataclass(frozen=True, slots=True)
class RefusedRows:
    """Rows refused for one reason: how many, and between which times.

    Attributes:
        count: How many rows.
        first: The earliest of their timestamps, nanoseconds since 1970 UTC; None where none of them has one that can
            be read, and for what is neither an index nor an option of one, which is refused by its name, unread.
        last: The latest of their timestamps, likewise.
    """

    count: int
    first: int | None = None
    last: int | None = None

    def __add__(self, other: "RefusedRows") -> "RefusedRows":
        """Return both together."""
        firsts = [one for one in (self.first, other.first) if one is not None]
        lasts = [one for one in (self.last, other.last) if one is not None]
        return RefusedRows(self.count + other.count, min(firsts, default=None), max(lasts, default=None))


def total_by_reason(parts: Iterable[Mapping[str, RefusedRows]]) -> dict[str, RefusedRows]:
    """Return several countings by reason together, in the order of the reasons' names."""
    total: dict[str, RefusedRows] = {}
    for part in parts:
        for reason, rows in part.items():
            total[reason] = total[reason] + rows if reason in total else rows
    return dict(sorted(total.items()))


@dataclass(frozen=True)
class Batch:
    """Rows of one contract (or of one series: an index, its VIX, an equity) out of one source, in the source's order.

    Attributes:
        kind: What the rows are.
        underlying: `BANKNIFTY`, `RELIANCE`; `INDIAVIX` for VIX; for rows that are none of these, the vendor's own name.
        contract: The contract, for kinds that are by contract.
        block: The rows that can be right: exactly `schema_of(kind)`, and `volactual` as the last column where an
            options or futures source has it.
        rows_read: How many rows the source held here; `block.rows` is this less what was refused.
        refused: The refused rows by reason (see `vendor.refuse.Refusal`), without zeros.
        notes: What is to be told of kept rows, with how many of them it holds (see `vendor.notes`), without zeros.
    """

    kind: DataKind
    underlying: str
    contract: Contract | None
    block: Block
    rows_read: int
    refused: Mapping[str, RefusedRows]
    notes: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> pl.DataFrame:
        """The rows that can be right as a frame."""
        return self.block.frame()
