"""What every reader gives: rows of one contract or of one underlying's spot, and what was refused of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from nfolab.market.contracts import Contract

BatchKind = Literal["options", "spot"]


@dataclass(frozen=True)
class Batch:
    """Rows of one contract (or of one underlying's spot) out of one source, in the order of the source.

    Attributes:
        kind: What the rows are.
        underlying: `BANKNIFTY`; for rows that are neither an index nor an option of one, the vendor's own name.
        contract: The contract, for options only.
        rows: The rows that can be right: exactly SNAPSHOT_SCHEMA (and `volactual` as the last column where the
            source has it) or SPOT_SCHEMA.
        rows_read: How many rows the source held here; `rows.height` is this less what was refused.
        refused: Reason (see `vendor.refuse.Refusal`) to number of rows, without zeros.
    """

    kind: BatchKind
    underlying: str
    contract: Contract | None
    rows: pl.DataFrame
    rows_read: int
    refused: Mapping[str, int]
