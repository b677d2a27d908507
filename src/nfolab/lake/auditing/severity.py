"""How much a finding of the audit matters to a backtest: a table from check to level.

The ledger beside a day holds what was found, raw. Its level is worked out when it is read, so that a bound can be moved
without packing again. The first rule that fits a finding decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

import polars as pl

from nfolab.base.errors import InputError, did_you_mean


class Severity(StrEnum):
    """What a finding means for trusting a backtest, from nothing to the worst."""

    CLEAN = "clean"
    NOTE = "note"
    WARNING = "warning"
    SERIOUS = "serious"
    SEVERE = "severe"


MEANING: Final[Mapping[Severity, str]] = {
    Severity.CLEAN: "the check was made and found nothing",
    Severity.NOTE: "told for completeness: no result is worse for it",
    Severity.WARNING: "these rows or seconds serve nobody: decisions and fills wait, nothing is priced wrongly",
    Severity.SERIOUS: "a trade that touches it can be wrong in price or time: look at results with and without it",
    Severity.SEVERE: "the rows are not what their name says, but another contract's or day's: trust no result of them",
}

About = Literal["contract", "day"]


@dataclass(frozen=True)
class Rule:
    """One line of the table: findings of `check` that reach every bound given have this level.

    Attributes:
        check: The check's name; a name that ends in a colon stands for every check that begins so.
        about: Whether the finding must be about one contract or about the whole day; None for either.
        percent: The least share of the rows looked at, 100 × `count` / `rows`.
        worst: The least `worst`, in the unit of the check.
        kind: Only findings about day files of this kind; None for any.
    """

    check: str
    level: Severity
    about: About | None = None
    count: int = 1
    percent: float | None = None
    worst: float | None = None
    kind: str | None = None


_NOTE, _WARNING, _SERIOUS, _SEVERE = Severity.NOTE, Severity.WARNING, Severity.SERIOUS, Severity.SEVERE

RULES: Final[tuple[Rule, ...]] = (
    Rule("refused: after the expiry", _SEVERE, count=10),
    Rule("refused: after the expiry", _SERIOUS),
    Rule("refused: before 2000", _NOTE),
    Rule("refused: outside the session", _NOTE),
    Rule("refused: not an index or an option of one", _NOTE),
    Rule("refused: negative price", _SERIOUS),
    Rule("refused: unreadable value", _SERIOUS),
    Rule("refused: value out of range", _SERIOUS),
    Rule("refused:", _WARNING),
    Rule("noted:", _NOTE),
    Rule("seconds covered", _NOTE),
    Rule("gap", _SERIOUS, about="day", worst=60.0),
    Rule("gap", _WARNING, about="day"),
    Rule("gap", _WARNING, worst=300.0),
    Rule("gap", _NOTE),
    Rule("late start", _SERIOUS, about="day", worst=60.0),
    Rule("late start", _WARNING, about="day"),
    Rule("late start", _WARNING, worst=300.0),
    Rule("late start", _NOTE),
    Rule("early end", _SERIOUS, about="day", worst=60.0),
    Rule("early end", _WARNING, about="day"),
    Rule("early end", _WARNING, worst=300.0),
    Rule("early end", _NOTE),
    Rule("changing close", _SEVERE, percent=2.0),
    Rule("changing close", _SERIOUS),
    Rule("changing open", _SEVERE, percent=2.0),
    Rule("changing open", _SERIOUS),
    Rule("shrinking range", _SEVERE, percent=2.0),
    Rule("shrinking range", _SERIOUS),
    Rule("outside the range", _SEVERE, percent=10.0),
    Rule("outside the range", _SERIOUS),
    Rule("backward volume", _SEVERE, percent=2.0),
    Rule("backward volume", _SERIOUS, percent=0.1),
    Rule("backward volume", _WARNING),
    Rule("backward time", _NOTE),
    Rule("two rows at one time", _SEVERE, percent=20.0),
    Rule("two rows at one time", _WARNING),
    Rule("stale stretch", _SERIOUS),
    Rule("repeated row", _NOTE, kind="chain"),
    Rule("repeated row", _SERIOUS, percent=50.0),
    Rule("repeated row", _WARNING, percent=5.0),
    Rule("repeated row", _NOTE),
    Rule("repeated book", _NOTE),
    Rule("exact duplicate", _NOTE),
    Rule("superseded", _NOTE),
    Rule("crossed book", _SERIOUS, percent=10.0),
    Rule("crossed book", _WARNING),
    Rule("locked book", _WARNING),
    Rule("empty book", _WARNING),
    Rule("zero price", _SERIOUS, about="day"),
    Rule("zero price", _WARNING),
    Rule("zero volatility", _WARNING),
    Rule("off tick", _SEVERE, percent=20.0),
    Rule("off tick", _SERIOUS, percent=1.0),
    Rule("off tick", _WARNING),
    Rule("feed delay", _SERIOUS, worst=30.0),
    Rule("feed delay", _WARNING),
    Rule("wrong contract", _SEVERE),
    Rule("same quotes as another contract", _SEVERE),
    Rule("ladder against itself", _SEVERE),
    Rule("ladder against spot", _SEVERE),
    Rule("ladder against futures", _SEVERE),
    Rule("call-put parity", _SERIOUS),
    Rule("monotone in strike", _SERIOUS),
    Rule("convex in strike", _SERIOUS),
    Rule("moneyness", _SERIOUS),
    Rule("dearer than a later expiry", _SERIOUS),
    Rule("missing strikes", _WARNING),
    Rule("unaccounted strikes", _SEVERE),
    Rule("feeds apart", _SERIOUS, worst=5.0),
    Rule("feeds apart", _WARNING),
    Rule("spot against forward", _SERIOUS),
    Rule("not judged", _NOTE),
)
"""The table. A check that is not in it would be `serious`: better too loud than too quiet."""

UNKNOWN: Final = Severity.SERIOUS


def severities(ledger: pl.DataFrame) -> pl.Series:
    """Return the level of each line of a ledger (`lake.ledger.LEDGER_SCHEMA`), as text."""
    levels = [pl.when(pl.col("count") == 0).then(pl.lit(Severity.CLEAN.value))]
    levels += [pl.when(_fits(rule)).then(pl.lit(rule.level.value)) for rule in RULES]
    return ledger.select(pl.coalesce(*levels, pl.lit(UNKNOWN.value)).alias("severity")).to_series()


def _fits(rule: Rule) -> pl.Expr:
    check = pl.col("check")
    fits = check.str.starts_with(rule.check) if rule.check.endswith(":") else check == rule.check
    fits &= pl.col("count") >= rule.count
    if rule.kind is not None:
        fits &= pl.col("kind") == rule.kind
    if rule.about is not None:
        fits &= pl.col("contract").is_null() == (rule.about == "day")
    if rule.percent is not None:
        fits &= (100.0 * pl.col("count") >= rule.percent * pl.col("rows")).fill_null(value=False)
    if rule.worst is not None:
        fits &= (pl.col("worst") >= rule.worst).fill_null(value=False)
    return fits


def severity_named(text: str) -> Severity:
    """Read a level's name; raise InputError for anything else."""
    try:
        return Severity(text)
    except ValueError:
        known = ", ".join(Severity)
        raise InputError(f"{text!r} is no level{did_you_mean(text, list(Severity))}: the levels are {known}") from None


def from_level_up(ledger: pl.DataFrame, least: Severity) -> pl.DataFrame:
    """Return the lines, with their `severity`, that have this level or a worse one."""
    levels = list(Severity)
    return ledger.filter(pl.col("severity").is_in([level.value for level in levels[levels.index(least) :]]))
