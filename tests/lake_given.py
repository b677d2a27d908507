"""A source made of frames, for the kinds of data and the sizes that no small file has."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from nfolab.base.snapshot import COLUMNS, DataKind, SourceKind, schema_of
from nfolab.market.contracts import Contract
from nfolab.vendor.batch import Batch
from nfolab.vendor.block import Block

IST = ZoneInfo("Asia/Kolkata")


def instant(day: date, second: float) -> datetime:
    """The time in IST `second` seconds after 09:15:00."""
    return datetime.combine(day, time(9, 15), IST) + timedelta(seconds=second)


def rows_of(kind: DataKind, lines: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows in the stored types; a column that a line does not name is null."""
    return pl.DataFrame([{name: one.get(name) for name in schema_of(kind)} for one in lines], schema=schema_of(kind))


def batch(kind: DataKind, owner: Contract | str, lines: list[dict[str, Any]]) -> Batch:
    """A batch without refused rows."""
    rows = rows_of(kind, lines)
    contract = owner if isinstance(owner, Contract) else None
    return Batch(kind, contract.underlying if contract else str(owner), contract, Block.of_frame(rows), rows.height, {})


def numbered(kind: DataKind, day: date, seconds: range, **given: Any) -> list[dict[str, Any]]:
    """Rows of which every number is another one, and ones that a market could have."""
    numbers = [column for column in COLUMNS[kind] if column.unit != "time"]
    clocks = [column.stored for column in COLUMNS[kind] if column.unit == "time"]
    return [
        dict.fromkeys(clocks, instant(day, second))
        | {column.stored: 5 * (second + place + 1) for place, column in enumerate(numbers)}
        | given
        for second in seconds
    ]


@dataclass(frozen=True)
class GivenSource:
    """A source whose batches are given; `salt` makes two sources of equal rows differ."""

    name: str
    given: tuple[Batch, ...]
    salt: str = ""

    @property
    def place(self) -> str:
        return self.name

    @property
    def size(self) -> int:
        return sum(one.rows.estimated_size() for one in self.given)

    def source_kind(self) -> SourceKind:
        return SourceKind.VENDOR

    def identity(self) -> str:
        return sha256(f"{self.name} {self.salt}".encode()).hexdigest()

    def state(self) -> Hashable:
        return 0

    def batches(self) -> Iterator[Batch]:
        yield from self.given

    def __hash__(self) -> int:
        return hash((self.name, self.salt))
