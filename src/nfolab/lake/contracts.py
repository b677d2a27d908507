"""The index of a day's contracts: where the rows of each lie in the file, so that no reader scans."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from nfolab.base.snapshot import TIMEZONE
from nfolab.lake.schema import NANOSECONDS

ContractKey = tuple[date, str, int]
"""(expiry, kind, strike in rupees, 0 for a future); their order is the order of the file."""


def midnight(day: date) -> int:
    """Return the first instant of a day in IST, in nanoseconds since 1970 UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(TIMEZONE)).timestamp()) * NANOSECONDS


def contract_name(underlying: str, key: ContractKey) -> str:
    """Return a contract's name as the ledger and the footers tell it: that of `market.contracts.Contract`."""
    expiry, kind, strike = key
    return f"{underlying} {expiry}{f' {strike}' if strike else ''} {kind}"


@dataclass(frozen=True)
class ContractIndex:
    """The contracts of a day in file order; every array has one element a contract.

    Attributes:
        expiry: datetime64[D], the day the contract really expired.
        kind: str, `CE`, `PE` or `FUT`.
        strike: int32, rupees; 0 for a future.
        first_row: int64, the row of the file at which the contract's rows begin.
        rows: int64, how many there are.
        row_group: int32, the row group that holds them all.
        first_timestamp: int64, of the first row, nanoseconds since 1970 UTC.
        last_timestamp: int64, of the last row, likewise.
    """

    expiry: NDArray[np.datetime64]
    kind: NDArray[np.str_]
    strike: NDArray[np.int32]
    first_row: NDArray[np.int64]
    rows: NDArray[np.int64]
    row_group: NDArray[np.int32]
    first_timestamp: NDArray[np.int64]
    last_timestamp: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.strike)

    def keys(self) -> list[ContractKey]:
        """Return (expiry, kind, strike) of each contract."""
        return list(zip(self.expiry.tolist(), self.kind.tolist(), self.strike.tolist(), strict=True))

    def to_json(self, day: date) -> dict[str, list[str] | list[int]]:
        """Return plain lists; clocks count from the day's midnight, so that a double holds them exactly."""
        start = midnight(day)
        return {
            "expiry": [str(expiry) for expiry in self.expiry],
            "kind": self.kind.tolist(),
            "strike": self.strike.tolist(),
            "first_row": self.first_row.tolist(),
            "rows": self.rows.tolist(),
            "row_group": self.row_group.tolist(),
            "first_timestamp": (self.first_timestamp - start).tolist(),
            "last_timestamp": (self.last_timestamp - start).tolist(),
        }

    @classmethod
    def from_json(cls, lists: Mapping[str, list[str] | list[int]], day: date) -> "ContractIndex":
        """Read what `to_json` wrote."""
        start = midnight(day)
        return cls(
            expiry=np.array(lists["expiry"], dtype="datetime64[D]"),
            kind=np.array(lists["kind"], dtype=np.str_),
            strike=np.array(lists["strike"], dtype=np.int32),
            first_row=np.array(lists["first_row"], dtype=np.int64),
            rows=np.array(lists["rows"], dtype=np.int64),
            row_group=np.array(lists["row_group"], dtype=np.int32),
            first_timestamp=np.array(lists["first_timestamp"], dtype=np.int64) + start,
            last_timestamp=np.array(lists["last_timestamp"], dtype=np.int64) + start,
        )
