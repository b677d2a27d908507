"""Answer files that the market's tests share; none of them comes from the code under test."""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

FOLDER = Path(__file__).parent / "answer_files"


def day(text: str) -> date:
    return date.fromisoformat(text)


@dataclass(frozen=True)
class ExpectedExpiry:
    underlying: str
    kind: str
    scheduled: date
    expiry: date
    lot: int


def table(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


EXPIRIES = [
    ExpectedExpiry(row["underlying"], row["kind"], day(row["scheduled"]), day(row["expiry"]), int(row["lot"]))
    for row in table("expiries")
]
"""The 1,148 contracts of NIFTY, BANKNIFTY, FINNIFTY and MIDCPNIFTY from 2019 to 2026."""

HOLIDAYS = {day(row["date"]) for row in table("holidays")}
"""The 118 weekdays from 2019 to 2026 on which the exchange was closed, Muhurat evenings included."""
