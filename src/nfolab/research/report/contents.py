"""A run's tables, read once for its report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

import polars as pl

from nfolab.research.report.shown import day
from nfolab.research.results import Run

Row = dict[str, Any]


@dataclass(frozen=True)
class Contents:
    """Everything a report tells of a run, read once."""

    run: Run
    trades: list[Row]
    days: list[Row]
    ledger: list[Row]
    plan: list[Row]
    refusals: list[Row]
    """Events that led to no trade: missed and skipped entries."""

    @staticmethod
    def read(run: Run) -> "Contents":
        """Read the tables of `run` that the report sums up."""
        without_trade = run.table("events").filter(pl.col("event").is_in(["missed", "skipped"]))
        return Contents(
            run,
            run.table("trades").sort("trade").to_dicts(),
            run.table("days").sort("day", "strategy", "variant").to_dicts(),
            run.table("ledger").sort("day", "strategy", "variant").to_dicts(),
            run.table("plan").sort("strategy", "variant").to_dicts(),
            without_trade.sort("day", "strategy", "variant", "sequence").to_dicts(),
        )

    @property
    def synthetic(self) -> bool:
        """Whether the run was made from synthetic data."""
        return bool(self.run.header["source"] == "synthetic")

    @property
    def days_with_data(self) -> int:
        """How many days had data for at least one task."""
        return len({row["day"] for row in self.ledger})

    @property
    def days_with_trades(self) -> int:
        """How many days had at least one trade."""
        return len({row["day"] for row in self.trades})

    def tasks(self, state: str) -> list[Row]:
        """Return the tasks of the ledger that ended so."""
        return [row for row in self.ledger if row["state"] == state]


def days_of(contents: Contents) -> list[date]:
    """Return the days of the ledger and of the day table, in order, each once."""
    return sorted({row["day"] for row in chain(contents.ledger, contents.days)})


def span(contents: Contents) -> str:
    """Return the first and last day in words."""
    days = days_of(contents)
    if not days:
        return "no days"
    return day(days[0]) if days[0] == days[-1] else f"{day(days[0])} to {day(days[-1])}"


def total(rows: Sequence[Row], name: str) -> int:
    """Return the sum of a column of integers."""
    return sum(row[name] for row in rows)


def last_line(text: str | None) -> str:
    """Return the last line that says something, which of a traceback is the error."""
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    return lines[-1] if lines else ""
